/*
 * handlers/api/node_set.c -- /api/v1/node/{nodeId}/…: name, owner, address, routes.
 *
 * The last two of rename, tags, user, ip are ours: giving a node to another
 * user and choosing its address otherwise need an edit of the database.
 */
#include <inttypes.h>
#include <string.h>

#include "handlers/api/api.h"
#include "handlers/api/put.h"
#include "handlers/api/shapes.h"
#include "handlers/control/approve_net.h"
#include "handlers/control/approve_node.h"
#include "handlers/control/approve_tags.h"
#include "handlers/routes.h"
#include "lib/config/config.h"
#include "lib/netmap/name.h"
#include "lib/netmap/routes.h"

static enum err
node_rename(struct req *rq)
{
	const char *name = req_var(rq, "newName");
	struct node n, other;
	enum err e;

	if ((e = api_node_of_path(rq, &n)) != OK)
		return e;
	if (!name_label_valid(name))
		return req_fail(rq, ERR_BADREQ, "\"%.70s\" is no DNS label: 1 to 63 "
		    "of a-z, 0-9 and '-', no '-' at either end", name);
	if (strlen(name) + 1 + strlen(rq->cfg->base_domain) > NAME_FQDN_MAX)
		return req_fail(rq, ERR_BADREQ, "\"%s.%s\" is longer than %d characters",
		    name, rq->cfg->base_domain, NAME_FQDN_MAX);
	e = store_node_by_name(rq->db, rq->arena, name, &other);
	if (e == OK && other.id != n.id)
		return req_fail(rq, ERR_BADREQ, "node name is not unique: node %"
		    PRId64 " is called \"%s\"", other.id, name);
	if (e != OK && e != ERR_NOTFOUND)
		return e;
	e = store_node_rename(rq->db, n.id, name);
	return e != OK ? e : put_node_reply(rq, n.id);
}

const struct route route_node_rename = {
	.method = HTTP_POST,
	.path = "/api/v1/node/{nodeId}/rename/{newName}",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = node_rename,
	.op = &(const struct api_op){
		.id = "renameNode", .tag = "Nodes", .summary = "Rename node",
		.answer = &shape_node_reply, .errors = "400 409",
	},
};

/*
 * The first tag of a user's node makes it a tagged one; its expiry stays.  An
 * admin need not own a tag, but where there is a policy it must know the tag.
 */
static enum err
node_tags(struct req *rq)
{
	const char *tags;
	struct net *net;
	struct node n;
	jv *body;
	enum err e;

	if ((e = api_body(rq, &body)) != OK ||
	    (e = api_get_tags(rq, body, "tags", &tags)) != OK ||
	    (e = api_node_of_path(rq, &n)) != OK)
		return e;
	if (json_len(json_get(body, "tags")) == 0)
		return req_fail(rq, ERR_BADREQ, "cannot remove all tags from a node - "
		    "tagged nodes must have at least one tag; move the node to a "
		    "user to make it a user's node");
	if ((n.user_id != 0 && (e = api_owner_free(rq, &n, 0)) != OK) ||
	    (e = approve_net(rq, 0, &net)) != OK ||
	    (e = approve_tags_known(rq, net, tags)) != OK ||
	    (e = store_node_set_tags(rq->db, n.id, tags)) != OK ||
	    (e = approve_changed(rq, net, n.id)) != OK)
		return e;
	return put_node_reply(rq, n.id);
}

static const struct api_field tags_fields[] = {
	{ .name = "tags", .type = API_LIST, .item = API_TEXT },
	{ .name = NULL },
};
static const struct api_object tags_body = { "SetTagsRequest", tags_fields };

const struct route route_node_tags = {
	.method = HTTP_POST,
	.path = "/api/v1/node/{nodeId}/tags",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE,
	.txn = TXN_WRITE,
	.body_max = API_LIST_BODY_MAX,
	.handle = node_tags,
	.op = &(const struct api_op){
		.id = "setTags", .tag = "Nodes", .summary = "Set tags",
		.body = &tags_body, .answer = &shape_node_reply, .errors = "400 409 415 422",
	},
};

/* Gives the node to a user; a tagged node loses its tags. */
static enum err
node_user(struct req *rq)
{
	struct net *net;
	struct user u;
	struct node n;
	jv *body;
	enum err e;

	if ((e = api_body(rq, &body)) != OK ||
	    (e = api_node_of_path(rq, &n)) != OK ||
	    (e = api_user_by_id(rq, api_get_id(body, "user"), &u)) != OK ||
	    (e = api_owner_free(rq, &n, u.id)) != OK ||
	    (e = approve_net(rq, u.id, &net)) != OK ||
	    (e = store_node_set_user(rq->db, n.id, u.id)) != OK ||
	    (e = approve_changed(rq, net, n.id)) != OK)
		return e;
	return put_node_reply(rq, n.id);
}

static const struct api_field user_fields[] = {
	{ .name = "user", .type = API_ID, .flags = API_MUST },
	{ .name = NULL },
};
static const struct api_object user_body = { "SetUserRequest", user_fields };

const struct route route_node_user = {
	.method = HTTP_POST,
	.path = "/api/v1/node/{nodeId}/user",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = node_user,
	.op = &(const struct api_op){
		.id = "setUser", .tag = "Nodes", .summary = "Give a node to a user",
		.body = &user_body, .answer = &shape_node_reply, .errors = "400 409 415 422",
	},
};

/* An address that the tailnet may give to a node. */
static enum err
read_ip(struct req *rq, const char *text, struct ip *ip)
{
	const struct config *c = rq->cfg;
	char p4[PREFIX_TEXT_SIZE] = "", p6[PREFIX_TEXT_SIZE] = "";
	const struct prefix *in;

	if (!ip_read(str_of(text), ip))
		return req_fail(rq, ERR_BADREQ, "body.ip must be an address like "
		    "100.64.0.7 or fd7a:115c:a1e0::7, not \"%.64s\"", text);
	in = ip->family == 4 ? &c->v4 : &c->v6;
	if ((ip->family == 4 ? c->have_v4 : c->have_v6) && prefix_contains(in, ip))
		return store_address_allowed(in, ip) ? OK : req_fail(rq, ERR_BADREQ,
		    "%s is reserved and never given to a node", text);
	if (c->have_v4)
		(void)prefix_write(&c->v4, p4);
	if (c->have_v6)
		(void)prefix_write(&c->v6, p6);
	return req_fail(rq, ERR_BADREQ, "%s is outside the configured prefixes %s%s%s",
	    text, p4, c->have_v4 && c->have_v6 ? " and " : "", p6);
}

static enum err
ip_taken(struct req *rq, const char *text)
{
	struct node other;
	enum err e = store_node_by_address(rq->db, rq->arena, text, &other);

	if (e != OK)
		return e;
	return req_fail(rq, ERR_CONFLICT, "%s belongs to node %" PRId64 " \"%s\"",
	    text, other.id, other.name);
}

static enum err
node_ip(struct req *rq)
{
	char text[IP_TEXT_SIZE];
	struct node n;
	struct ip ip;
	jv *body;
	enum err e;

	if ((e = api_body(rq, &body)) != OK ||
	    (e = read_ip(rq, json_get_str(body, "ip", ""), &ip)) != OK ||
	    (e = api_node_of_path(rq, &n)) != OK)
		return e;
	e = store_node_set_address(rq->db, n.id, &ip);
	if (e == ERR_CONFLICT)
		return ip_taken(rq, ip_write(&ip, text));
	return e != OK ? e : put_node_reply(rq, n.id);
}

static const struct api_field ip_fields[] = {
	{ .name = "ip", .type = API_TEXT, .flags = API_MUST },
	{ .name = NULL },
};
static const struct api_object ip_body = { "SetIpRequest", ip_fields };

const struct route route_node_ip = {
	.method = HTTP_POST,
	.path = "/api/v1/node/{nodeId}/ip",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = node_ip,
	.op = &(const struct api_op){
		.id = "setIp", .tag = "Nodes", .summary = "Set the address of a node",
		.body = &ip_body, .answer = &shape_node_reply, .errors = "400 409 415 422",
	},
};

/* One route, which must be a network: a typing error must not approve another. */
static enum err
read_route(struct req *rq, const char *text, struct prefix *p)
{
	char right[PREFIX_TEXT_SIZE];
	struct prefix masked;

	if (text == NULL || !prefix_read(str_of(text), p))
		return req_fail(rq, ERR_BADREQ, "parsing route \"%.64s\": write an "
		    "address and a length, like 10.0.0.0/8 or 10.1.2.3/32",
		    text ? text : "");
	if (!prefix_has_host_bits(p))
		return OK;
	masked = prefix_masked(*p);
	return req_fail(rq, ERR_BADREQ, "parsing route \"%s\": it has bits beyond "
	    "its length; the network is %s", text, prefix_write(&masked, right));
}

static enum err
read_routes(struct req *rq, jv *list, struct routes *out)
{
	struct prefix p;
	enum err e;

	*out = (struct routes){ 0 };
	if (json_len(list) > ROUTES_MAX)
		return req_fail(rq, ERR_BADREQ, "at most %d routes", ROUTES_MAX);
	for (size_t i = 0; i < json_len(list); i++) {
		if ((e = read_route(rq, json_text(json_at(list, i)), &p)) != OK)
			return e;
		routes_add(rq->arena, out, p);
	}
	routes_pair_defaults(rq->arena, out);
	return OK;
}

/* The routes replace those approved before; an empty list approves none. */
static enum err
node_approve_routes(struct req *rq)
{
	struct routes routes;
	struct node n;
	jv *body;
	enum err e;

	if ((e = api_body(rq, &body)) != OK ||
	    (e = read_routes(rq, json_get(body, "routes"), &routes)) != OK ||
	    (e = api_node_of_path(rq, &n)) != OK)
		return e;
	e = store_node_set_approved(rq->db, n.id, routes_json(rq->arena, &routes));
	return e != OK ? e : put_node_reply(rq, n.id);
}

static const struct api_field routes_fields[] = {
	{ .name = "routes", .type = API_LIST, .item = API_TEXT },
	{ .name = NULL },
};
static const struct api_object routes_body = { "SetApprovedRoutesRequest", routes_fields };

const struct route route_node_approve_routes = {
	.method = HTTP_POST,
	.path = "/api/v1/node/{nodeId}/approve_routes",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_ROUTES,
	.txn = TXN_WRITE,
	.body_max = API_LIST_BODY_MAX,
	.handle = node_approve_routes,
	.op = &(const struct api_op){
		.id = "setApprovedRoutes", .tag = "Nodes", .summary = "Set approved routes",
		.body = &routes_body, .answer = &shape_node_reply, .errors = "400 415 422",
	},
};
