/*
 * handlers/internal/delta_peers.c -- peers of a delta: each to those who see it, as they see it.
 *
 * No stream may find one peer in two fields of a message (lib/wire/delta.h): of
 * each peer the audiences here are disjoint.
 */
#include <stdlib.h>
#include <string.h>

#include "handlers/internal/delta_impl.h"
#include "lib/base/ids.h"

/* ---- one peer to some viewers ---- */

/* A viewer and how the peer looks to it. */
struct look {
	uint64_t look;
	int64_t viewer;
};

static int
by_look(const void *pa, const void *pb)
{
	const struct look *a = pa, *b = pb;

	if (a->look != b->look)
		return a->look < b->look ? -1 : 1;
	return a->viewer < b->viewer ? -1 : a->viewer > b->viewer;
}

static void
upsert(struct delta *d, int64_t id, enum audience seen_by, const int64_t *ids, size_t n)
{
	struct req *rq = d->rq;
	struct fragment f = {
		.op = FRAG_UPSERT, .seen_by = seen_by, .subject = id, .ids = ids,
		.n_ids = (uint32_t)n,
		.with = delta_companion(d, netcache_owner(rq->cache, id)),
	};
	struct buf json;

	buf_init(&json, DELTA_BYTES_MAX);
	netcache_put_peer(rq, n > 0 ? ids[0] : 0, id, &json);
	delta_emit_json(d, &f, &json);
}

/* One fragment for those that see it alike. */
static void
upsert_list(struct delta *d, int64_t id, const int64_t *ids, size_t n)
{
	struct look *v;
	int64_t *list;

	if (n == 0 || !netcache_varied(d->rq->cache, id)) {
		if (n > 0)
			upsert(d, id, SEEN_BY_LIST, ids, n);
		return;
	}
	v = arena_array(d->rq->arena, n, sizeof(*v));
	list = arena_array(d->rq->arena, n, sizeof(*list));
	for (size_t i = 0; i < n; i++)
		v[i] = (struct look){ netcache_look(d->rq, ids[i], id), ids[i] };
	qsort(v, n, sizeof(*v), by_look);
	for (size_t i = 0; i < n; i++)
		list[i] = v[i].viewer;
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && v[end].look == v[i].look; end++)
			;
		upsert(d, id, SEEN_BY_LIST, list + i, end - i);
	}
}

static void
remove_from(struct delta *d, int64_t id, enum audience seen_by, const int64_t *ids, size_t n)
{
	delta_emit(d, &(struct fragment){ .op = FRAG_REMOVE, .seen_by = seen_by,
	    .subject = id, .ids = ids, .n_ids = (uint32_t)n });
}

void
delta_peer_gone(struct delta *d, int64_t id)
{
	remove_from(d, id, SEEN_BY_ALL, NULL, 0);
}

void
delta_peer(struct delta *d, int64_t id, bool new_owner)
{
	struct net *t = netcache_net(d->rq->cache);
	int64_t *ids;
	size_t n;

	if (netcache_peer(d->rq->cache, id).n == 0) {	/* its row cannot be shown */
		delta_peer_gone(d, id);
		return;
	}
	if (net_all_visible(t) && !netcache_varied(d->rq->cache, id)) {
		upsert(d, id, SEEN_BY_ALL, NULL, 0);
		if (new_owner)
			delta_rebuild(d, SEEN_BY_ALL, NULL, 0);
		return;
	}
	n = net_visible_ids(t, d->rq->arena, id, &ids);
	upsert_list(d, id, ids, n);
	if (new_owner && n > 0)
		delta_rebuild(d, SEEN_BY_LIST, ids, n);
	if (n + 1 < net_count(t))
		remove_from(d, id, SEEN_BY_OTHERS, ids, n);
}

/* ---- lists of viewers ---- */

/* Ascending. */
struct viewers {
	int64_t *ids;
	size_t n;
};

/* 'to' and 'v' as one list. */
static void
merge(struct delta *d, struct viewers *to, const int64_t *v, size_t n)
{
	int64_t *out;
	size_t i = 0, j = 0, used = 0;

	if (n == 0)
		return;
	out = arena_array(d->rq->arena, to->n + n, sizeof(*out));
	while (i < to->n || j < n) {
		if (j == n || (i < to->n && to->ids[i] <= v[j])) {
			j += j < n && to->ids[i] == v[j];
			out[used++] = to->ids[i++];
		} else {
			out[used++] = v[j++];
		}
	}
	to->ids = out;
	to->n = used;
}

/* ---- pairs ---- */

size_t
delta_pair_viewers(const struct delta *d, int64_t peer, const int64_t **ids)
{
	const struct netcache_pair *v = d->news.pairs;
	size_t lo = 0, hi = d->news.n_pairs, n = 0;
	int64_t *list;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (v[mid].peer < peer)
			lo = mid + 1;
		else
			hi = mid;
	}
	while (lo + n < d->news.n_pairs && v[lo + n].peer == peer)
		n++;
	list = arena_array(d->rq->arena, n, sizeof(*list));
	for (size_t i = 0; i < n; i++)
		list[i] = v[lo + i].viewer;
	*ids = list;
	return n;
}

/* Is the node told to all that see it, or gone? */
static bool
told_to_all(const struct delta *d, int64_t id)
{
	size_t i = ids_lower(d->nodes, d->n_nodes, sizeof(*d->nodes), id);

	return netcache_peer(d->rq->cache, id).n == 0 || (i < d->n_nodes &&
	    d->nodes[i].id == id && (d->nodes[i].kinds &
	    (1u << CHANGE_NODE | 1u << CHANGE_NODE_ADMISSION)));
}

/* 'told' grows by those that get the peer. */
static void
pairs_of(struct delta *d, int64_t peer, struct viewers *told)
{
	const int64_t *viewers;
	size_t n = delta_pair_viewers(d, peer, &viewers), n_seen, n_lost = 0, n_kept = 0;
	int64_t *lost = arena_array(d->rq->arena, n, sizeof(*lost));
	int64_t *kept = arena_array(d->rq->arena, n, sizeof(*kept)), *seen;

	n_seen = net_visible_ids(netcache_net(d->rq->cache), d->rq->arena, peer, &seen);
	for (size_t i = 0; i < n; i++) {
		if (ids_has(seen, n_seen, viewers[i]))
			kept[n_kept++] = viewers[i];
		else
			lost[n_lost++] = viewers[i];
	}
	upsert_list(d, peer, kept, n_kept);
	merge(d, told, kept, n_kept);
	if (n_lost > 0)
		remove_from(d, peer, SEEN_BY_LIST, lost, n_lost);
}

void
delta_pairs(struct delta *d)
{
	const struct netcache_pair *v = d->news.pairs;
	struct viewers told = { 0 };

	for (size_t i = 0; i < d->news.n_pairs; i++)
		if ((i == 0 || v[i].peer != v[i - 1].peer) && !told_to_all(d, v[i].peer))
			pairs_of(d, v[i].peer, &told);
	if (told.n > 0)		/* they may see users whom they did not see before */
		delta_rebuild(d, SEEN_BY_LIST, told.ids, told.n);
}

/* ---- users ---- */

struct knowing {
	struct delta *d;
	int64_t user;
	struct viewers all;
	struct arena *a;	/* of one node at a time */
};

static void
add_node(void *arg, const struct net_node *n)
{
	struct knowing *k = arg;
	struct net *t = netcache_net(k->d->rq->cache);
	int64_t *ids, id = n->id;
	size_t count;

	if (n->user_id != k->user || k->all.n == net_count(t))
		return;
	count = net_visible_ids(t, k->a, n->id, &ids);
	merge(k->d, &k->all, ids, count);
	merge(k->d, &k->all, &id, 1);
	arena_reset(k->a);
}

bool
delta_knows_user(struct delta *d, int64_t user, const int64_t **ids, size_t *n)
{
	struct net *t = netcache_net(d->rq->cache);
	struct knowing k = { .d = d, .user = user };

	if (net_all_visible(t))
		return false;
	k.a = arena_new();
	net_each(t, add_node, &k);
	arena_free(k.a);
	*ids = k.all.ids;
	*n = k.all.n;
	return true;
}
