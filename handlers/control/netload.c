/*
 * handlers/control/netload.c -- rows of the database as what the policy engine takes.
 *
 * The database is open to the sqlite3 shell, so what does not read (an address,
 * a route) is left out rather than an error: one slip must not end the tailnet.
 */
#include "handlers/control/netload.h"

#include <string.h>

#include "handlers/control/policy_load.h"
#include "lib/netmap/routes.h"
#include "lib/netmap/tags.h"
#include "lib/store/store.h"

/* ---- routes ---- */

/* Announced and approved; an exit node has both default routes or none. */
static struct routes
routes_in_force(struct arena *a, const struct node *n)
{
	struct routes announced, approved;

	if (strcmp(n->approved, "[]") == 0 || strcmp(n->routes, "[]") == 0 ||
	    !node_admitted(n))
		return (struct routes){ 0 };
	announced = routes_parse(a, n->routes);
	approved = routes_parse(a, n->approved);
	routes_pair_defaults(a, &approved);	/* typed by hand it may be one */
	return routes_both(a, &announced, &approved);
}

/* Of those the ones that go to it: default routes, and the subnets that it was given. */
static enum err
routes_served(struct req *rq, struct arena *a, const struct node *n,
    const struct routes *force, struct routes *out)
{
	const char **given;
	size_t n_given;
	enum err e;

	*out = (struct routes){ 0 };
	if (force->n == 0)
		return OK;
	if ((e = store_routes_served(rq->db, a, n->id, &given, &n_given)) != OK)
		return e;
	for (size_t i = 0; i < force->n; i++)
		if (prefix_is_default(&force->v[i]))
			routes_add(a, out, force->v[i]);
	for (size_t i = 0; i < n_given; i++) {
		struct prefix p;
		if (prefix_read(str_of(given[i]), &p) && routes_has(force, &p))
			routes_add(a, out, p);
	}
	return OK;
}

/* ---- one node ---- */

/* The release track follows from the version; clients do not say it. */
void
netload_posture(struct arena *a, const struct node *n, struct net_posture *out)
{
	jv *h = json_parse(a, str_of(n->hostinfo), JSON_DEPTH_DEFAULT, NULL);

	*out = (struct net_posture){
		.os = json_get_str(h, "OS", ""),
		.os_version = json_get_str(h, "OSVersion", ""),
		.ts_version = json_get_str(h, "IPNVersion", ""),
		.ts_track = "",
		.ts_auto_update = json_get_bool(h, "AllowsUpdate", false),
		.ts_state_encrypted = json_get_bool(h, "StateEncrypted", false),
	};
}

/* The value as a policy has it: text without its quotes, else as it is written. */
static const char *
plain(struct arena *a, const char *json)
{
	const char *text = json_text(json_parse(a, str_of(json), 1, NULL));

	return text != NULL ? text : json;
}

/* What an administrator says of it. */
static enum err
read_custom(struct req *rq, struct arena *a, int64_t id, struct net_posture *out)
{
	struct node_attribute *v;
	struct net_custom *custom;
	enum err e = store_node_attributes(rq->db, a, id, &v, &out->n_custom);

	if (e != OK || out->n_custom == 0)
		return e;
	out->custom = custom = arena_array(a, out->n_custom, sizeof(*custom));
	for (size_t i = 0; i < out->n_custom; i++)
		custom[i] = (struct net_custom){ v[i].name, plain(a, v[i].value) };
	return OK;
}

enum err
netload_node(struct req *rq, struct arena *a, const struct node *n,
    const struct net_posture *posture, struct net_node *out)
{
	struct routes force = routes_in_force(a, n), served;
	size_t n_tags;
	enum err e = routes_served(rq, a, n, &force, &served);

	if (e != OK)
		return e;
	*out = (struct net_node){
		.id = n->id, .user_id = n->user_id, .name = n->name,
		.tags = tags_list(a, n->tags, &n_tags),
		.ip4 = ip_of(n->ipv4), .ip6 = ip_of(n->ipv6),
		.routes = force.v, .n_routes = force.n,
		.primary = served.v, .n_primary = served.n,
	};
	out->n_tags = n_tags;
	if (posture != NULL)
		out->posture = *posture;
	else
		netload_posture(a, n, &out->posture);
	return read_custom(rq, a, n->id, &out->posture);
}

/* ---- all ---- */

static void
drop(void *net)
{
	net_free(net);
}

struct net *
netload_new(struct req *rq)
{
	struct net *t = net_new();

	arena_defer(rq->arena, drop, t);
	return t;
}

static struct net_user
user_of(const struct req *rq, const struct user *u)
{
	return (struct net_user){
		.id = u->id, .name = u->name, .email = u->email,
		.provider_id = u->provider_id ? u->provider_id : "",
		.role = policy_load_role(rq, u),
	};
}

enum err
netload_users(struct req *rq, struct net *t)
{
	struct net_user *users;
	struct user *v;
	size_t n;
	enum err e = store_users(rq->db, rq->arena, &v, &n);

	if (e != OK)
		return e;
	users = arena_array(rq->arena, n, sizeof(*users));
	for (size_t i = 0; i < n; i++)
		users[i] = user_of(rq, &v[i]);
	net_set_users(t, users, n);
	return OK;
}

struct loading {
	struct req *rq;
	struct net *t;
	struct arena *a;	/* of one row at a time */
	enum err e;
};

static void
load_one(void *arg, const struct node *n)
{
	struct loading *l = arg;
	struct net_node node;

	if (l->e == OK && node_admitted(n) && (l->e = netload_node(l->rq, l->a, n, NULL, &node)) == OK)
		net_set_node(l->t, &node);
	arena_reset(l->a);
}

enum err
netload(struct req *rq, struct net *t)
{
	struct loading l = { .rq = rq, .t = t, .a = arena_new(), .e = OK };
	enum err e = netload_users(rq, t);

	if (e == OK)
		e = store_nodes_each(rq->db, l.a, load_one, &l);
	arena_free(l.a);
	return e != OK ? e : l.e;
}
