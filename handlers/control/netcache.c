/*
 * handlers/control/netcache.c -- bringing the cache to the last change.
 *
 * Whatever was written, by us or by hand, left a row in changes; reading those
 * after the cache's own number is all it takes.  Too many of them, or a gap, and
 * the whole is loaded anew.
 */
#include "handlers/control/netcache.h"

#include <stdlib.h>
#include <string.h>

#include "handlers/control/netcache_impl.h"
#include "lib/base/ids.h"
#include "lib/base/log.h"
#include "lib/store/store.h"

#define CHANGES_MAX 20000	/* more than these at once: load the whole */

struct netcache *
netcache_new(void)
{
	struct netcache *c = xcalloc(1, sizeof(*c));

	c->seq = -1;
	c->z = zframe_new();
	c->scratch = arena_new();
	return c;
}

void
netcache_free(struct netcache *c)
{
	if (c == NULL)
		return;
	netcache_clear_peers(c);
	netcache_clear_shared(c);
	zframe_free(c->z);
	arena_free(c->scratch);
	free(c);
}

int64_t
netcache_seq(const struct netcache *c)
{
	return c->seq;
}

struct str
netcache_peer(const struct netcache *c, int64_t id)
{
	const struct peer *p = netcache_find(c, id);

	return p ? (struct str){ p->json, p->len } : (struct str){ "", 0 };
}

int64_t
netcache_owner(const struct netcache *c, int64_t id)
{
	const struct peer *p = netcache_find(c, id);

	return p ? p->owner : 0;
}

/* Of the routes in force: the default ones, and the subnets that were given to it. */
static enum err
routes_served(struct req *rq, const struct node *n, struct routes *out)
{
	struct routes announced, approved, force;
	const char **given;
	size_t n_given;
	enum err e;

	*out = (struct routes){ 0 };
	if (strcmp(n->approved, "[]") == 0 || strcmp(n->routes, "[]") == 0)
		return OK;
	announced = routes_parse(rq->arena, n->routes);
	approved = routes_parse(rq->arena, n->approved);
	routes_pair_defaults(rq->arena, &approved);	/* typed by hand it may be one */
	force = routes_both(rq->arena, &announced, &approved);
	if ((e = store_routes_served(rq->db, rq->arena, n->id, &given, &n_given)) != OK)
		return e;
	for (size_t i = 0; i < force.n; i++)
		if (prefix_is_default(&force.v[i]))
			routes_add(rq->arena, out, force.v[i]);
	for (size_t i = 0; i < n_given; i++) {
		struct prefix p;
		if (prefix_read(str_of(given[i]), &p) && routes_has(&force, &p))
			routes_add(rq->arena, out, p);
	}
	return OK;
}

enum err
netcache_view(struct req *rq, const struct node *n, struct node_view *out)
{
	*out = (struct node_view){
		.base_domain = rq->cfg->base_domain,
		.expired = n->expired || node_key_expired(n, rq->now_ms),
	};
	return routes_served(rq, n, &out->serving);
}

/* ---- one node ---- */

static enum err
render(struct req *rq, const struct node *n)
{
	struct netcache *c = rq->cache;
	struct node_view view;
	struct peer *p = NULL;
	struct buf out;
	struct jw w;
	enum err e = netcache_view(rq, n, &view);

	if (e != OK)
		return e;
	buf_init(&out, MAP_BYTES_MAX);
	if (node_showable(n)) {
		jw_init(&w, &out);
		node_json_peer(&w, c->scratch, n, &view);
		p = xmalloc(sizeof(*p) + out.n);
		p->id = n->id;
		p->owner = n->user_id ? n->user_id : TAGGED_USER_ID;
		p->len = out.n;
		memcpy(p->json, out.p, out.n);
	} else {
		log_warn("node %lld is left out of maps: its keys are malformed",
		    (long long)n->id);
	}
	netcache_set_peer(c, n->id, p);
	buf_fini(&out);
	return OK;
}

/* ---- from scratch ---- */

struct loading {
	struct req *rq;
	enum err e;
};

static void
load_one(void *arg, const struct node *n)
{
	struct loading *l = arg;

	if (l->e == OK)
		l->e = render(l->rq, n);
	arena_reset(l->rq->cache->scratch);
}

static enum err
load_all(struct req *rq, int64_t seq)
{
	struct netcache *c = rq->cache;
	struct loading l = { rq, OK };
	enum err e;

	netcache_clear_peers(c);
	c->seq = -1;
	if ((e = netcache_load_users(rq)) != OK ||
	    (e = netcache_load_documents(rq)) != OK ||
	    (e = store_nodes_each(rq->db, c->scratch, load_one, &l)) != OK || (e = l.e) != OK)
		return e;
	c->seq = seq;
	return OK;
}

/* ---- by changes ---- */

/* A node's row as it is now; gone if there is none. */
static enum err
reload_node(struct req *rq, int64_t id, struct node *n, bool *gone)
{
	enum err e = store_node_by_id(rq->db, rq->cache->scratch, id, n);

	*gone = e == ERR_NOTFOUND;
	return *gone ? OK : e;
}

static enum err
apply_node(struct req *rq, int64_t id)
{
	struct netcache *c = rq->cache;
	struct node n;
	bool gone;
	enum err e = reload_node(rq, id, &n, &gone);

	if (e != OK)
		return e;
	if (gone) {
		netcache_set_peer(c, id, NULL);
	} else {
		if (n.user_id != 0 && netcache_profile(c, n.user_id).n == 0)
			e = netcache_load_users(rq);
		if (e == OK)
			e = render(rq, &n);
	}
	arena_reset(c->scratch);
	return e;
}

static enum err
apply(struct req *rq, const struct change *v, size_t n)
{
	int64_t *nodes = arena_array(rq->arena, n, sizeof(*nodes));
	bool users = false, documents = false;
	size_t n_nodes = 0;
	enum err e = OK;

	for (size_t i = 0; i < n; i++) {
		users |= v[i].kind == CHANGE_USER;
		documents |= v[i].kind == CHANGE_DOCUMENT;
		if (v[i].kind <= CHANGE_NODE_GONE)
			nodes[n_nodes++] = v[i].id;
	}
	if (users)
		e = netcache_load_users(rq);
	if (e == OK && documents)
		e = netcache_load_documents(rq);
	n_nodes = ids_sort_unique(nodes, n_nodes);
	for (size_t i = 0; e == OK && i < n_nodes; i++)
		e = apply_node(rq, nodes[i]);
	return e;
}

enum err
netcache_sync(struct req *rq)
{
	struct netcache *c = rq->cache;
	struct change *v;
	int64_t last;
	size_t n;
	enum err e = store_change_last(rq->db, &last);

	if (e != OK || last == c->seq)
		return e;
	if (c->seq < 0)
		return load_all(rq, last);
	e = store_changes_since(rq->db, rq->arena, c->seq, CHANGES_MAX, &v, &n);
	if (e == ERR_TOOBIG)
		return load_all(rq, last);
	if (e == OK)
		e = apply(rq, v, n);
	if (e == OK)
		c->seq = last;
	else
		c->seq = -1;	/* half applied: next time from scratch */
	return e;
}
