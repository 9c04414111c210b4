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
	c->routers = routers_new();
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
	routers_free(c->routers);
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

struct node_view
netcache_view(const struct req *rq, const struct node *n)
{
	return (struct node_view){
		.base_domain = rq->cfg->base_domain,
		.serving = routers_serving(rq->cache->routers, n->id),
		.expired = n->expired || node_key_expired(n, rq->now_ms),
	};
}

void
netcache_rerouted(const struct netcache *c, int64_t seq,
    void (*fn)(void *, int64_t), void *arg)
{
	routers_changed(c->routers, seq, fn, arg);
}

/* ---- one node ---- */

static void
set_offers(struct netcache *c, const struct node *n)
{
	struct routes announced, approved, offers = { 0 };

	if (strcmp(n->approved, "[]") != 0 && strcmp(n->routes, "[]") != 0) {
		announced = routes_parse(c->scratch, n->routes);
		approved = routes_parse(c->scratch, n->approved);
		offers = routes_both(c->scratch, &announced, &approved);
	}
	routers_set(c->routers, n->id, n->online, &offers);
}

static void
render(struct req *rq, const struct node *n)
{
	struct netcache *c = rq->cache;
	struct node_view view = netcache_view(rq, n);
	struct peer *p = NULL;
	struct buf out;
	struct jw w;

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
}

/* ---- from scratch ---- */

static void
offer_one(void *arg, const struct node *n)
{
	struct netcache *c = arg;

	set_offers(c, n);
	arena_reset(c->scratch);
}

static void
render_one(void *arg, const struct node *n)
{
	struct req *rq = arg;

	render(rq, n);
	arena_reset(rq->cache->scratch);
}

/* Routes first: a node's JSON says which of them go to it. */
static enum err
load_all(struct req *rq, int64_t seq)
{
	struct netcache *c = rq->cache;
	enum err e;

	netcache_clear_peers(c);
	routers_clear(c->routers);
	c->seq = -1;
	if ((e = netcache_load_users(rq)) != OK ||
	    (e = netcache_load_documents(rq)) != OK ||
	    (e = store_nodes_each(rq->db, c->scratch, offer_one, c)) != OK)
		return e;
	routers_elect(c->routers, seq);
	if ((e = store_nodes_each(rq->db, c->scratch, render_one, rq)) != OK)
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
	struct routes none = { 0 };
	struct node n;
	bool gone;
	enum err e = reload_node(rq, id, &n, &gone);

	if (e != OK)
		return e;
	if (gone) {
		routers_set(c->routers, id, false, &none);
		netcache_set_peer(c, id, NULL);
	} else {
		set_offers(c, &n);
		if (n.user_id != 0 && netcache_profile(c, n.user_id).n == 0)
			e = netcache_load_users(rq);
		render(rq, &n);
	}
	arena_reset(c->scratch);
	return e;
}

struct rerender {
	struct req *rq;
	enum err e;
};

static void
rerender(void *arg, int64_t id)
{
	struct rerender *r = arg;

	if (r->e == OK)
		r->e = apply_node(r->rq, id);
}

static enum err
apply(struct req *rq, const struct change *v, size_t n, int64_t seq)
{
	struct netcache *c = rq->cache;
	int64_t *nodes = arena_array(rq->arena, n, sizeof(*nodes));
	struct rerender again = { rq, OK };
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
	if (e != OK)
		return e;
	routers_elect(c->routers, seq);
	routers_changed(c->routers, c->seq, rerender, &again);
	return again.e;
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
		e = apply(rq, v, n, last);
	if (e == OK)
		c->seq = last;
	else
		c->seq = -1;	/* half applied: next time from scratch */
	return e;
}
