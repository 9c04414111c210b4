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
#include "handlers/control/netload.h"
#include "lib/base/clock.h"
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
	c->policy = arena_new();
	return c;
}

void
netcache_free(struct netcache *c)
{
	if (c == NULL)
		return;
	netcache_clear_peers(c);
	netcache_clear_shared(c);
	netcache_steps_clear(c, 0);
	net_free(c->net);
	arena_free(c->policy);
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

struct net *
netcache_net(const struct netcache *c)
{
	return c->net;
}

struct attrs_base
netcache_caps(const struct req *rq)
{
	return (struct attrs_base){
		.taildrop = rq->cfg->taildrop, .auto_update = rq->cache->auto_update,
		.tailnet = rq->cfg->base_domain,
	};
}

/* Hostinfo is the longest part of a row, and the one that changes least. */
static uint64_t
host_of(const struct node *n)
{
	return netcache_hash(0, n->hostinfo, strlen(n->hostinfo));
}

/* The node as it was, if that was made of the same Hostinfo. */
static const struct peer *
same_host(const struct netcache *c, const struct node *n)
{
	const struct peer *p = netcache_find(c, n->id);

	return p != NULL && p->host == host_of(n) ? p : NULL;
}

/* What its Hostinfo says, if that has been read. */
static const struct net_posture *
known_posture(const struct netcache *c, const struct node *n)
{
	const struct net_node *as = net_node(c->net, n->id);

	return as != NULL && same_host(c, n) != NULL ? &as->posture : NULL;
}

static struct node_view
view_as(const struct req *rq, const struct node *n, const struct net_node *as)
{
	const struct peer *was = same_host(rq->cache, n);
	struct node_view v = {
		.base_domain = rq->cfg->base_domain,
		.expired = n->expired || node_key_expired(n, rq->now_ms),
		.no_ipv4 = node_admitted(n) && !attrs_ipv4_shown(rq->cache->net, as, as),
		.as = as,
	};

	if (was != NULL)
		v.hostinfo = (struct str){ was->json + was->at.hostinfo[0],
		    was->at.hostinfo[1] - was->at.hostinfo[0] };
	return v;
}

enum err
netcache_view(struct req *rq, struct arena *a, const struct node *n, struct node_view *out)
{
	struct net_node *as = arena_alloc(a, sizeof(*as));
	enum err e = netload_node(rq, a, n, known_posture(rq->cache, n), as);

	if (e == OK)
		*out = view_as(rq, n, as);
	return e;
}

/* ---- one node ---- */

bool
netcache_render(struct req *rq, const struct node *n)
{
	struct netcache *c = rq->cache;
	const struct net_node *as = net_node(c->net, n->id);
	struct node_view view = view_as(rq, n, as);
	struct node_marks marks;
	struct peer *p;
	struct buf out;
	struct jw w;

	buf_init(&out, MAP_BYTES_MAX);
	jw_init(&w, &out);
	node_json_peer(&w, c->scratch, n, &view, &marks);
	p = xmalloc(sizeof(*p) + out.n);
	*p = (struct peer){
		.id = n->id, .owner = n->user_id ? n->user_id : TAGGED_USER_ID,
		.router = as->n_routes > 0, .at = marks, .host = host_of(n), .len = out.n,
	};
	memcpy(p->json, out.p, out.n);
	buf_fini(&out);
	netcache_set_peer(c, n->id, p);
	return netcache_set_no_ipv4(c, n->id, view.no_ipv4);
}

/* A row that no client could decode is as good as none. */
static bool
showable(const struct node *n)
{
	if (node_showable(n))
		return true;
	log_warn("node %lld is left out of maps: its keys are malformed", (long long)n->id);
	return false;
}

static enum err
enter(struct req *rq, const struct node *n)
{
	struct net_node as;
	enum err e = netload_node(rq, rq->cache->scratch, n, NULL, &as);

	if (e == OK)
		net_set_node(rq->cache->net, &as);
	return e;
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

	if (l->e == OK && node_admitted(n) && showable(n) && (l->e = enter(l->rq, n)) == OK)
		(void)netcache_render(l->rq, n);
	arena_reset(l->rq->cache->scratch);
}

/* The policy comes last: one walk over the nodes instead of one change for each. */
static enum err
load_all(struct req *rq, int64_t seq)
{
	struct netcache *c = rq->cache;
	struct loading l = { rq, OK };
	enum err e;

	netcache_clear_peers(c);
	net_free(c->net);
	c->net = net_new();
	c->seq = -1;
	if ((e = netcache_load_users(rq)) != OK ||
	    (e = netload_users(rq, c->net)) != OK ||
	    (e = store_nodes_each(rq->db, c->scratch, load_one, &l)) != OK ||
	    (e = l.e) != OK || (e = netcache_load_settings(rq)) != OK ||
	    (e = netcache_load_policy(rq)) != OK ||
	    (e = netcache_load_documents(rq)) != OK)
		return e;
	netcache_steps_clear(c, seq);
	c->seq = seq;
	return OK;
}

/* ---- by changes ---- */

/* What happened to one node. */
struct touched {
	int64_t id;
	bool whole;		/* more than what changes all the time */
	bool itself;		/* what it sees itself, too */
};

static bool
texts_eq(const char *const *a, const char *const *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(a[i], b[i]) != 0)
			return false;
	return true;
}

static bool
prefixes_eq(const struct prefix *a, const struct prefix *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!prefix_eq(&a[i], &b[i]))
			return false;
	return true;
}

static bool
custom_eq(const struct net_posture *a, const struct net_posture *b)
{
	if (a->n_custom != b->n_custom)
		return false;
	for (size_t i = 0; i < a->n_custom; i++)
		if (strcmp(a->custom[i].name, b->custom[i].name) != 0 ||
		    strcmp(a->custom[i].value, b->custom[i].value) != 0)
			return false;
	return true;
}

static bool
posture_eq(const struct net_posture *a, const struct net_posture *b)
{
	return strcmp(a->os, b->os) == 0 && strcmp(a->os_version, b->os_version) == 0 &&
	    strcmp(a->ts_version, b->ts_version) == 0 &&
	    strcmp(a->ts_track, b->ts_track) == 0 && a->ts_auto_update == b->ts_auto_update &&
	    a->ts_state_encrypted == b->ts_state_encrypted && custom_eq(a, b);
}

/* Is it all the same to a policy? */
static bool
same(const struct net_node *a, const struct net_node *b)
{
	return a->user_id == b->user_id && strcmp(a->name, b->name) == 0 &&
	    a->n_tags == b->n_tags && texts_eq(a->tags, b->tags, a->n_tags) &&
	    memcmp(&a->ip4, &b->ip4, sizeof(a->ip4)) == 0 &&
	    memcmp(&a->ip6, &b->ip6, sizeof(a->ip6)) == 0 &&
	    a->n_routes == b->n_routes && prefixes_eq(a->routes, b->routes, a->n_routes) &&
	    a->n_primary == b->n_primary &&
	    prefixes_eq(a->primary, b->primary, a->n_primary) &&
	    posture_eq(&a->posture, &b->posture);
}

/*
 * The node's new place in the net, and what that does to its own view.  One that
 * is new to us has no stream that knew less, unless more happened to it than its
 * coming.
 */
static enum err
move(struct req *rq, const struct node *n, const struct touched *t, struct step *s)
{
	struct netcache *c = rq->cache;
	const struct net_node *was = net_node(c->net, n->id);
	struct sight before, after;
	struct net_node as;
	bool see = was != NULL && !net_all_visible(c->net);
	enum err e = netload_node(rq, c->scratch, n, known_posture(c, n), &as);

	s->events += was == NULL;
	if (e != OK || (was != NULL && same(was, &as)))
		return e;
	if (see)
		netcache_sight(c, c->net, c->scratch, n->id, &before);
	else if (was == NULL && t->itself && !net_all_visible(c->net))
		netcache_list_add(&s->refreshed, n->id);
	net_set_node(c->net, &as);
	if (see) {
		netcache_sight(c, c->net, c->scratch, n->id, &after);
		netcache_compare(n->id, &before, &after, s);
	}
	return OK;
}

static void
forget(struct netcache *c, int64_t id, struct step *s)
{
	s->events += net_node(c->net, id) == NULL;	/* it came, too */
	net_drop_node(c->net, id);
	netcache_set_peer(c, id, NULL);
}

/* A user who came with it; one who changed is another matter (netcache_replace_net()). */
static enum err
meet_user(struct req *rq, int64_t id)
{
	enum err e;

	if (id == 0 || (net_user(rq->cache->net, id) != NULL &&
	    netcache_profile(rq->cache, id).n > 0))
		return OK;
	if ((e = netcache_load_users(rq)) != OK)
		return e;
	return netload_users(rq, rq->cache->net);
}

static enum err
apply_node(struct req *rq, const struct touched *t, struct step *s)
{
	struct netcache *c = rq->cache;
	struct node n;
	enum err e = store_node_by_id(rq->db, c->scratch, t->id, &n);

	if (e == OK)
		e = meet_user(rq, n.user_id);
	if (e == ERR_NOTFOUND || (e == OK && (!node_admitted(&n) || !showable(&n)))) {
		forget(c, t->id, s);
		return OK;
	}
	if (e == OK && (t->whole || net_node(c->net, n.id) == NULL))
		e = move(rq, &n, t, s);
	if (e == OK && netcache_render(rq, &n))
		netcache_list_add(&s->refreshed, n.id);
	return e;
}

static int
by_id(const void *pa, const void *pb)
{
	const struct touched *a = pa, *b = pb;

	return a->id < b->id ? -1 : a->id > b->id;
}

/* The nodes that changes are about, once each. */
static struct touched *
collect(struct arena *a, const struct change *v, size_t n, size_t *out)
{
	struct touched *t = arena_array(a, n, sizeof(*t));
	size_t used = 0, kept = 0;

	for (size_t i = 0; i < n; i++)
		if (v[i].kind <= CHANGE_NODE_GONE)
			t[used++] = (struct touched){
				.id = v[i].id,
				.whole = v[i].kind != CHANGE_NODE_PATCH &&
				    v[i].kind != CHANGE_NODE_EXPIRY,
				.itself = v[i].kind == CHANGE_NODE_SELF ||
				    v[i].kind == CHANGE_NODE_ADMISSION,
			};
	if (used > 1)
		qsort(t, used, sizeof(*t), by_id);
	for (size_t i = 0; i < used; i++) {
		if (kept == 0 || t[kept - 1].id != t[i].id) {
			t[kept++] = t[i];
			continue;
		}
		t[kept - 1].whole |= t[i].whole;
		t[kept - 1].itself |= t[i].itself;
	}
	*out = kept;
	return t;
}

static bool
has_kind(const struct change *v, size_t n, enum change_kind k)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].kind == k)
			return true;
	return false;
}

/* What postures ask of can change without the node seeing a change of itself. */
static size_t
events(const struct netcache *c, const struct change *v, size_t n)
{
	bool postures = net_policy(c->net) != NULL && net_policy(c->net)->n_postures > 0;
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += v[i].kind == CHANGE_NODE_SELF || v[i].kind == CHANGE_NODE_GONE ||
		    v[i].kind == CHANGE_NODE_ADMISSION || v[i].kind == CHANGE_USER || v[i].kind == CHANGE_POLICY ||
		    (postures && v[i].kind == CHANGE_NODE);
	return count;
}

static enum err
apply_nodes(struct req *rq, const struct change *v, size_t n, struct step *s)
{
	struct touched *t;
	size_t n_t;
	enum err e = OK;

	t = collect(rq->arena, v, n, &n_t);
	for (size_t i = 0; e == OK && i < n_t; i++) {
		e = apply_node(rq, &t[i], s);
		arena_reset(rq->cache->scratch);
	}
	if (e == OK && n_t > 0)
		netcache_settle(rq, s);
	return e;
}

static enum err
apply(struct req *rq, const struct change *v, size_t n, struct step *s)
{
	bool users = has_kind(v, n, CHANGE_USER), policy = has_kind(v, n, CHANGE_POLICY);
	enum err e = OK;

	if (has_kind(v, n, CHANGE_DOCUMENT))
		e = netcache_load_settings(rq);
	if (e == OK && users)
		e = netcache_load_users(rq);
	if (e == OK)
		e = apply_nodes(rq, v, n, s);
	if (e == OK && (users || policy))
		e = netcache_replace_net(rq, policy, s);
	if (e == OK && (s->derpmap || has_kind(v, n, CHANGE_DOCUMENT)))
		e = netcache_load_documents(rq);
	return e;
}

/* Presence and the like do not change what a policy gives to whom. */
bool
netcache_harmless(const struct change *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].kind != CHANGE_NODE_PATCH && v[i].kind != CHANGE_NODE_EXPIRY &&
		    v[i].kind != CHANGE_LOGIN && v[i].kind != CHANGE_DOCUMENT)
			return false;
	return true;
}

static enum err
step_to(struct req *rq, int64_t to, const struct change *v, size_t n)
{
	struct netcache *c = rq->cache;
	struct step *s = netcache_step_new(c->seq, to);
	enum err e = apply(rq, v, n, s);

	s->events += events(c, v, n);
	if (netcache_harmless(v, n))
		netcache_step_free(s);
	else
		netcache_steps_push(c, s);
	c->seq = e == OK ? to : -1;	/* half applied: next time from scratch */
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
	return e == OK ? step_to(rq, last, v, n) : e;
}

void
netcache_prime(struct netcache *c, struct db *db, const struct config *cfg)
{
	struct req rq = { .arena = arena_new(), .db = db, .cfg = cfg, .cache = c,
		.now_ms = clock_wall_ms(), .origin = ORIGIN_LOCAL, .query = "" };
	enum err e;

	req_begin(&rq);
	if ((e = db_begin_read(db)) == OK)
		e = netcache_sync(&rq);
	db_rollback(db);
	if (e != OK)
		log_warn("the map cache is not ready yet: %s", err_name(e));
	req_end(&rq);
	arena_free(rq.arena);
}
