/*
 * handlers/control/netcache_sight.c -- what one viewer sees, and how it looks to it.
 *
 * Nearly all viewers see a node alike.  Two things differ: the routes that a
 * viewer may use, and IPv4 addresses where the policy takes them away.
 */
#include <string.h>

#include "handlers/control/netcache_impl.h"

#define GAINS_FEW 32	/* new peers that are always told one by one */

/* No adversary chooses what is hashed so that it stays the same: it is our own text. */
uint64_t
netcache_hash(uint64_t seed, const void *p, size_t n)
{
	uint64_t h = (seed + n + 1) * 0x9e3779b97f4a7c15u, word;
	const uint8_t *at = p;

	for (; n > 0; at += sizeof(word), n -= n < sizeof(word) ? n : sizeof(word)) {
		word = 0;
		memcpy(&word, at, n < sizeof(word) ? n : sizeof(word));
		h = (h ^ word) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
	}
	return h | 1;
}

/* ---- the whole ---- */

static uint64_t
routes_hash(const struct prefix *v, size_t n)
{
	uint64_t h = 1;

	for (size_t i = 0; i < n; i++)
		h = netcache_hash(h, &v[i], sizeof(v[i]));
	return h;
}

void
netcache_sight(const struct netcache *c, struct net *t, struct arena *a, int64_t viewer,
    struct sight *out)
{
	struct prefix *routes;
	size_t n;

	out->n = net_visible_ids(t, a, viewer, &out->ids);
	out->routes = arena_array(a, out->n, sizeof(*out->routes));
	for (size_t i = 0; c->n_routers > 0 && i < out->n; i++) {
		const struct peer *p = netcache_find(c, out->ids[i]);
		if (p == NULL || !p->router)
			continue;
		n = net_routes_seen(t, a, viewer, p->id, &routes);
		out->routes[i] = routes_hash(routes, n);
	}
}

/*
 * Notes (unless NULL) each peer that is only in one of them, or there with other
 * routes; says how many of these are in sight.
 */
static size_t
differing(const struct sight *before, const struct sight *after, int64_t viewer,
    struct step *note)
{
	size_t i = 0, k = 0, gained = 0;

	while (i < before->n || k < after->n) {
		bool was = i < before->n && (k == after->n || before->ids[i] <= after->ids[k]);
		bool is = k < after->n && (i == before->n || after->ids[k] <= before->ids[i]);
		if (!was || !is || before->routes[i] != after->routes[k]) {
			gained += is;
			if (note != NULL)
				netcache_pair_add(note, viewer,
				    was ? before->ids[i] : after->ids[k]);
		}
		i += was;
		k += is;
	}
	return gained;
}

static bool
sights_eq(const struct sight *a, const struct sight *b)
{
	return a->n == b->n && (a->n == 0 ||
	    (memcmp(a->ids, b->ids, a->n * sizeof(*a->ids)) == 0 &&
	    memcmp(a->routes, b->routes, a->n * sizeof(*a->routes)) == 0));
}

/*
 * A viewer that gains most of what it sees gets a new map: that is no more to
 * send, and takes no part in the message that others wait for.
 */
void
netcache_compare(int64_t viewer, const struct sight *before, const struct sight *after,
    struct step *s)
{
	size_t gained;

	if (sights_eq(before, after))
		return;
	gained = differing(before, after, viewer, NULL);
	if (gained > GAINS_FEW && (gained > after->n / 2 || s->n_pairs > STEP_PAIRS_MAX))
		netcache_list_add(&s->refreshed, viewer);
	else
		(void)differing(before, after, viewer, s);
}

/* ---- one peer ---- */

bool
netcache_varied(const struct netcache *c, int64_t peer)
{
	const struct peer *p = netcache_find(c, peer);

	if (c->n_no_ipv4 > 0)
		return true;
	return p != NULL && p->router && !net_all_visible(c->net);
}

static bool
no_ipv4(struct netcache *c, int64_t id)
{
	return c->n_no_ipv4 > 0 && netcache_find(c, id) != NULL &&
	    netcache_facts(c, id)->no_ipv4;
}

/* Does the viewer lack the IPv4 address that most see? */
static bool
cuts_ipv4(struct netcache *c, int64_t viewer, const struct peer *p)
{
	return no_ipv4(c, viewer) && !no_ipv4(c, p->id);
}

static bool
are_primary(const struct net_node *n, const struct prefix *v, size_t count)
{
	if (count != n->n_primary)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!prefix_eq(&v[i], &n->primary[i]))
			return false;
	return true;
}

uint64_t
netcache_variant(struct netcache *c, struct arena *a, int64_t viewer, const struct peer *p)
{
	const struct net_node *n = net_node(c->net, p->id);
	uint64_t h = cuts_ipv4(c, viewer, p) ? 2 : 0;
	struct prefix *routes;
	size_t count;

	if (!p->router || net_all_visible(c->net))
		return h;
	count = net_routes_seen(c->net, a, viewer, p->id, &routes);
	return are_primary(n, routes, count) ? h : h ^ routes_hash(routes, count) << 2;
}

uint64_t
netcache_look(struct req *rq, int64_t viewer, int64_t peer)
{
	const struct peer *p = netcache_find(rq->cache, peer);

	return p != NULL && netcache_varied(rq->cache, peer) ?
	    netcache_variant(rq->cache, rq->arena, viewer, p) : 0;
}

/* Appends the text, with the viewer's own in the places that 'at' marks. */
static void
splice(struct netcache *c, struct arena *a, int64_t viewer, const struct peer *p,
    struct buf *out)
{
	const struct net_node *n = net_node(c->net, p->id);
	bool ipv4 = !no_ipv4(c, viewer) && !no_ipv4(c, p->id);
	const struct node_marks *at = &p->at;
	struct prefix *routes;
	size_t count = net_routes_seen(c->net, a, viewer, p->id, &routes);

	buf_put(out, p->json, at->addresses[0]);
	node_json_addresses(out, n, ipv4, NULL, 0);
	buf_put(out, p->json + at->addresses[1], at->allowed[0] - at->addresses[1]);
	node_json_addresses(out, n, ipv4, routes, count);
	buf_put(out, p->json + at->allowed[1], at->primary[0] - at->allowed[1]);
	node_json_primary(out, routes, count);
	buf_put(out, p->json + at->primary[1], p->len - at->primary[1]);
}

void
netcache_put_peer(struct req *rq, int64_t viewer, int64_t peer, struct buf *out)
{
	const struct peer *p = netcache_find(rq->cache, peer);

	if (p == NULL)
		return;
	if (netcache_look(rq, viewer, peer) != 0)
		splice(rq->cache, rq->arena, viewer, p, out);
	else
		buf_put(out, p->json, p->len);
}
