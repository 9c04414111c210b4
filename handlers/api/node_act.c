/*
 * handlers/api/node_act.c -- what an administrator may do to a device: one set of rules
 * for v1 and v2.
 */
#include "handlers/api/node_act.h"

#include <inttypes.h>
#include <string.h>

#include "handlers/api/api.h"
#include "handlers/api/user_act.h"
#include "handlers/api/v2.h"
#include "handlers/control/approve_net.h"
#include "handlers/control/approve_node.h"
#include "handlers/control/approve_tags.h"
#include "lib/config/config.h"
#include "lib/netmap/name.h"
#include "lib/netmap/routes.h"

/* ---- name ---- */

static enum err
name_free(struct req *rq, const struct node *n, const char *name, const char *at)
{
	struct node other;
	enum err e = store_node_by_name(rq->db, rq->arena, name, &other);

	if (e == OK && other.id != n->id)
		return req_fail_at(rq, ERR_BADREQ, at, "node name is not unique: node %"
		    PRId64 " is called \"%s\"", other.id, name);
	return e == ERR_NOTFOUND ? OK : e;
}

enum err
node_act_rename(struct req *rq, const struct node *n, const char *name, const char *at)
{
	enum err e;

	if (!name_label_valid(name))
		return req_fail_at(rq, ERR_BADREQ, at, "\"%.70s\" is no DNS label: 1 to 63 "
		    "of a-z, 0-9 and '-', no '-' at either end", name);
	if (strlen(name) + 1 + strlen(rq->cfg->base_domain) > NAME_FQDN_MAX)
		return req_fail_at(rq, ERR_BADREQ, at, "\"%s.%s\" is longer than %d characters",
		    name, rq->cfg->base_domain, NAME_FQDN_MAX);
	if ((e = name_free(rq, n, name, at)) != OK)
		return e;
	return store_node_rename(rq->db, n->id, name);
}

/* ---- owner ---- */

enum err
node_act_tags(struct req *rq, const struct node *n, jv *body)
{
	const char *tags;
	struct net *net;
	enum err e;

	if ((e = api_get_tags(rq, body, "tags", &tags)) != OK)
		return e;
	if (json_len(json_get(body, "tags")) == 0)
		return req_fail_at(rq, ERR_BADREQ, "body.tags",
		    "cannot remove all tags from a node - "
		    "tagged nodes must have at least one tag; move the node to a "
		    "user to make it a user's node");
	if ((n->user_id != 0 && (e = api_owner_free(rq, n, 0)) != OK) ||
	    (e = approve_net(rq, 0, &net)) != OK ||
	    (e = approve_tags_known(rq, net, tags)) != OK ||
	    (e = v2_tags_allowed(rq, net, tags)) != OK ||
	    (e = store_node_set_tags(rq->db, n->id, tags)) != OK)
		return e;
	return approve_changed(rq, net, n->id);
}

enum err
node_act_user(struct req *rq, const struct node *n, int64_t user_id)
{
	struct net *net;
	struct user u;
	enum err e;

	if ((e = api_user_by_id(rq, user_id, &u)) != OK ||
	    (e = user_act_may_own(rq, &u)) != OK ||
	    (e = api_owner_free(rq, n, u.id)) != OK ||
	    (e = approve_net(rq, u.id, &net)) != OK ||
	    (e = store_node_set_user(rq->db, n->id, u.id)) != OK)
		return e;
	return approve_changed(rq, net, n->id);
}

/* ---- address ---- */

/* An address that the tailnet may give to a node. */
static enum err
read_ip(struct req *rq, const char *text, const char *at, struct ip *ip)
{
	const struct config *c = rq->cfg;
	char p4[PREFIX_TEXT_SIZE] = "", p6[PREFIX_TEXT_SIZE] = "";
	const struct prefix *in;

	if (!ip_read(str_of(text), ip))
		return req_fail_at(rq, ERR_BADREQ, at, "%s must be an address like "
		    "100.64.0.7 or fd7a:115c:a1e0::7, not \"%.64s\"", at, text);
	in = ip->family == 4 ? &c->v4 : &c->v6;
	if ((ip->family == 4 ? c->have_v4 : c->have_v6) && prefix_contains(in, ip))
		return store_address_allowed(in, ip) ? OK : req_fail_at(rq, ERR_BADREQ, at,
		    "%s is reserved and never given to a node", text);
	if (c->have_v4)
		(void)prefix_write(&c->v4, p4);
	if (c->have_v6)
		(void)prefix_write(&c->v6, p6);
	return req_fail_at(rq, ERR_BADREQ, at,
	    "%s is outside the configured prefixes %s%s%s", text, p4, c->have_v4 && c->have_v6 ? " and " : "", p6);
}

static enum err
ip_taken(struct req *rq, const char *text, const char *at)
{
	struct node other;
	enum err e = store_node_by_address(rq->db, rq->arena, text, &other);

	if (e != OK)
		return e;
	return req_fail_at(rq, ERR_CONFLICT, at, "%s belongs to node %" PRId64 " \"%s\"",
	    text, other.id, other.name);
}

enum err
node_act_ip(struct req *rq, const struct node *n, const char *text, const char *at)
{
	char canonical[IP_TEXT_SIZE];
	struct ip ip;
	enum err e;

	if ((e = read_ip(rq, text, at, &ip)) != OK)
		return e;
	e = store_node_set_address(rq->db, n->id, &ip);
	return e == ERR_CONFLICT ? ip_taken(rq, ip_write(&ip, canonical), at) : e;
}

/* ---- routes ---- */

/* One route, which must be a network: a typing error must not approve another. */
static enum err
read_route(struct req *rq, const char *text, const char *at, struct prefix *p)
{
	char right[PREFIX_TEXT_SIZE];
	struct prefix masked;

	if (text == NULL || !prefix_read(str_of(text), p))
		return req_fail_at(rq, ERR_BADREQ, at, "parsing route \"%.64s\": write an "
		    "address and a length, like 10.0.0.0/8 or 10.1.2.3/32",
		    text ? text : "");
	if (!prefix_has_host_bits(p))
		return OK;
	masked = prefix_masked(*p);
	return req_fail_at(rq, ERR_BADREQ, at, "parsing route \"%s\": it has bits beyond "
	    "its length; the network is %s", text, prefix_write(&masked, right));
}

static enum err
read_routes(struct req *rq, jv *list, struct routes *out)
{
	struct prefix p;
	enum err e;

	*out = (struct routes){ 0 };
	if (json_len(list) > ROUTES_MAX)
		return req_fail_at(rq, ERR_BADREQ, "body.routes", "at most %d routes",
		    ROUTES_MAX);
	for (size_t i = 0; i < json_len(list); i++) {
		const char *at = arena_printf(rq->arena, "body.routes[%zu]", i);

		if ((e = read_route(rq, json_text(json_at(list, i)), at, &p)) != OK)
			return e;
		routes_add(rq->arena, out, p);
	}
	routes_pair_defaults(rq->arena, out);
	return OK;
}

enum err
node_act_route_list(struct req *rq, jv *body, const char **json)
{
	struct routes routes;
	enum err e = read_routes(rq, json_get(body, "routes"), &routes);

	if (e == OK)
		*json = routes_json(rq->arena, &routes);
	return e;
}

enum err
node_act_routes(struct req *rq, const struct node *n, jv *body)
{
	const char *routes;
	enum err e = node_act_route_list(rq, body, &routes);

	return e != OK ? e : store_node_set_approved(rq->db, n->id, routes);
}

/* ---- key ---- */

enum err
node_act_expiry(struct req *rq, const struct node *n, int64_t expiry_ms)
{
	struct node as = { .expiry_ms = expiry_ms };

	if (expiry_ms != TIME_NONE && expiry_ms < rq->now_ms)
		as.expiry_ms = rq->now_ms;
	return store_node_set_expiry(rq->db, n->id, as.expiry_ms,
	    node_key_expired(&as, rq->now_ms));
}
