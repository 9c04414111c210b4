/*
 * tests/handlers/stream.h -- map streams as the notifier and a client would have them.
 *
 * A client here keeps what it is told, by the client's own rules, so that it can
 * be compared with a whole new map at any time.  Two workers answer, each with a
 * cache of its own: the first makes the deltas, as long as it can.
 */
#ifndef TESTS_HANDLERS_STREAM_H
#define TESTS_HANDLERS_STREAM_H

#include "tests/handlers/control.h"

#include "lib/base/log.h"
#include "notifier/batch.h"

#define CLIENTS_MAX 64
#define PEERS_MAX 64

struct known {			/* a peer or a profile that a client was told */
	int64_t id;
	const char *json;
};

struct client {
	int m, nk;
	int64_t node;
	bool alone;
	int64_t seq;		/* of its map */
	struct held held;
	struct known peers[PEERS_MAX], profiles[PEERS_MAX];
	size_t n_peers, n_profiles;
	const char *self, *filters, *ssh;
	size_t messages, refreshes;	/* since the last count */
};

struct lab {
	struct asker *k;
	struct netcache *worker[2];
	struct slots slots;
	struct client v[CLIENTS_MAX];
	size_t n;
	int64_t at;		/* the notifier's position */
};

/* ---- what a client knows ---- */

__attribute__((unused)) static struct known *
known_find(struct known *v, size_t n, int64_t id)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].id == id)
			return &v[i];
	return NULL;
}

__attribute__((unused)) static void
known_put(struct known *v, size_t *n, int64_t id, const char *json)
{
	struct known *k = known_find(v, *n, id);

	assert_true(k != NULL || *n < PEERS_MAX);
	if (k == NULL)
		k = &v[(*n)++];
	*k = (struct known){ id, json };
}

/* Without what patches change: that is another test's business. */
__attribute__((unused)) static const char *
lasting(struct arena *a, jv *peer)
{
	static const char *const passing[] = { "Online", "LastSeen", "Endpoints", "HomeDERP",
	    "KeyExpiry", "Expired" };
	jv *copy = json_parse(a, str_of(json_dump(a, peer)), 32, NULL);

	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		json_del(copy, passing[i]);
	return json_dump(a, copy);
}

/* Of itself a node hears what others decide: names, addresses, routes, capabilities. */
__attribute__((unused)) static const char *
own(struct arena *a, jv *self)
{
	static const char *const parts[] = { "Name", "User", "Addresses", "AllowedIPs", "Tags",
	    "PrimaryRoutes", "CapMap", "MachineAuthorized" };
	const char *out = "";

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		out = arena_printf(a, "%s%s=%s ", out, parts[i],
		    json_dump(a, json_get(self, parts[i])));
	return out;
}

__attribute__((unused)) static void
client_fields(struct client *c, struct arena *a, jv *map)
{
	jv *profiles = json_get(map, "UserProfiles");

	for (size_t i = 0; i < json_len(profiles); i++)
		known_put(c->profiles, &c->n_profiles,
		    json_get_i64(json_at(profiles, i), "ID", 0), "");
	if (json_get(map, "Node") != NULL)
		c->self = own(a, json_get(map, "Node"));
	if (json_get(map, "PacketFilters") != NULL)
		c->filters = json_dump(a, json_get(map, "PacketFilters"));
	if (json_get(map, "SSHPolicy") != NULL)
		c->ssh = json_dump(a, json_get(map, "SSHPolicy"));
}

/* A whole map: the first, or one that takes the place of all that was. */
__attribute__((unused)) static void
client_whole(struct lab *l, struct client *c, const struct stream_open *o, jv *map)
{
	jv *peers = json_get(map, "Peers");

	c->node = o->node_id;
	c->alone = o->alone;
	c->seq = o->seq;
	c->n_peers = 0;
	held_set(&l->slots, &c->held, o->peers, o->n_peers);
	assert_int_equal(json_len(peers), o->n_peers);
	client_fields(c, l->k->a, map);
	for (size_t i = 0; i < json_len(peers); i++) {
		jv *p = json_at(peers, i);
		assert_int_equal(json_get_i64(p, "ID", 0), o->peers[i]);
		assert_non_null(known_find(c->profiles, c->n_profiles,
		    json_get_i64(p, "User", 0)));
		known_put(c->peers, &c->n_peers, o->peers[i], lasting(l->k->a, p));
	}
}

/* A peer stands in one field of a message only. */
__attribute__((unused)) static void
once(int64_t *seen, size_t *n, int64_t id)
{
	for (size_t i = 0; i < *n; i++)
		assert_true(seen[i] != id);
	seen[(*n)++] = id;
}

__attribute__((unused)) static void
client_delta(struct lab *l, struct client *c, jv *map)
{
	jv *changed = json_get(map, "PeersChanged"), *gone = json_get(map, "PeersRemoved");
	jv *patches = json_get(map, "PeersChangedPatch");
	int64_t seen[3 * PEERS_MAX], id;
	size_t n = 0;

	c->messages++;
	client_fields(c, l->k->a, map);
	for (size_t i = 0; i < json_len(gone); i++) {
		struct known *p;
		once(seen, &n, id = json_int(json_at(gone, i)));
		assert_non_null(p = known_find(c->peers, c->n_peers, id));
		*p = c->peers[--c->n_peers];
	}
	for (size_t i = 0; i < json_len(changed); i++) {
		jv *p = json_at(changed, i);
		once(seen, &n, id = json_get_i64(p, "ID", 0));
		assert_true(id != c->node);
		assert_non_null(known_find(c->profiles, c->n_profiles,
		    json_get_i64(p, "User", 0)));
		known_put(c->peers, &c->n_peers, id, lasting(l->k->a, p));
	}
	for (size_t i = 0; i < json_len(patches); i++) {
		once(seen, &n, id = json_get_i64(json_at(patches, i), "NodeID", 0));
		assert_non_null(known_find(c->peers, c->n_peers, id));
	}
}

/* ---- the lab ---- */

__attribute__((unused)) static struct lab *
lab_new(struct asker *k)
{
	struct lab *l = xcalloc(1, sizeof(*l));

	l->k = k;
	l->worker[0] = k->cache;
	l->worker[1] = netcache_new();
	for (int i = 0; i < 2; i++)
		netcache_prime(l->worker[i], k->db, &k->cfg);
	slots_init(&l->slots);
	l->at = change_now(k);
	return l;
}

__attribute__((unused)) static void
lab_free(struct lab *l)
{
	for (size_t i = 0; i < l->n; i++)
		held_clear(&l->slots, &l->v[i].held);
	slots_fini(&l->slots);
	l->k->cache = l->worker[0];
	netcache_free(l->worker[1]);
	free(l);
}

__attribute__((unused)) static void
lab_ask(struct lab *l, int worker)
{
	l->k->cache = l->worker[worker];
}

__attribute__((unused)) static jv *
whole_map(struct lab *l, int64_t node, struct stream_open *o)
{
	assert_int_equal(ask_as(l->k, ORIGIN_CONTROL, NULL, "POST", arena_printf(l->k->a,
	    "/internal/refresh?node=%lld&zstd=0", (long long)node), (struct str){ "", 0 }), 200);
	return opened(l->k, o);
}

/* Machine 'm' opens the stream of its node key. */
__attribute__((unused)) static struct client *
lab_open(struct lab *l, int m, int nk)
{
	struct client *c = &l->v[l->n++];
	struct stream_open o;

	assert_true(l->n <= CLIENTS_MAX);
	*c = (struct client){ .m = m, .nk = nk, .ssh = "{\"rules\":[]}" };
	assert_int_equal(do_map(l->k, m, nk, ",\"Stream\":true"), 200);
	client_whole(l, c, &o, opened(l->k, &o));
	return c;
}

__attribute__((unused)) static void
lab_refresh(struct lab *l, struct client *c)
{
	struct stream_open o;
	jv *map = whole_map(l, c->node, &o);

	c->refreshes++;
	assert_non_null(json_get(map, "SSHPolicy"));
	client_whole(l, c, &o, map);
}

__attribute__((unused)) static void
give(struct lab *l, struct batch *b, struct client *c)
{
	struct viewer v = { c->node, c->alone, c->seq > b->from, &c->held };
	struct choice ch = { .bits = xcalloc(b->words + 1, sizeof(uint64_t)) };
	const uint64_t *bits;
	struct buf out;

	batch_resolve(b, &l->slots);
	batch_choose(b, &v, &ch);
	bits = ch.common ? b->common : ch.bits;
	buf_init(&out, 1 << 24);
	if (ch.refresh) {
		lab_refresh(l, c);
	} else if (batch_join(b, bits, &out)) {
		batch_apply(b, bits, &l->slots, &c->held);
		client_delta(l, c, json_parse(l->k->a, buf_as_str(&out), 32, NULL));
	}
	buf_fini(&out);
	free(ch.bits);
}

/* A delta, asked of this worker, to all streams. */
__attribute__((unused)) static void
lab_delta(struct lab *l, int worker)
{
	struct batch *b;
	struct buf answer;

	lab_ask(l, worker);
	assert_int_equal(ask_as(l->k, ORIGIN_CONTROL, NULL, "GET", arena_printf(l->k->a,
	    "/internal/delta?since=%lld", (long long)l->at), (struct str){ "", 0 }), 200);
	buf_init(&answer, 1 << 26);
	buf_put(&answer, l->k->rq.out.p, l->k->rq.out.n - 1);
	b = batch_new(&answer);
	buf_fini(&answer);
	assert_non_null(b);
	assert_int_equal(b->from, l->at);
	l->at = b->to;
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].seq < b->to)
			give(l, b, &l->v[i]);
	batch_free(b);
}

/* The client knows exactly what a new map would tell it. */
__attribute__((unused)) static void
assert_current(struct lab *l, const struct client *c)
{
	struct client fresh = { .node = c->node };
	struct stream_open o;

	client_whole(l, &fresh, &o, whole_map(l, c->node, &o));
	held_clear(&l->slots, &fresh.held);
	assert_int_equal(c->alone, fresh.alone);
	assert_string_equal(c->self, fresh.self);
	if (c->alone)	/* it gets the rest with its next map, when it is not any more */
		return;
	assert_string_equal(c->filters, fresh.filters);
	assert_string_equal(c->ssh, fresh.ssh);
	assert_int_equal(c->n_peers, fresh.n_peers);
	for (size_t i = 0; i < fresh.n_peers; i++) {
		struct known *p = known_find((struct known *)c->peers, c->n_peers,
		    fresh.peers[i].id);
		assert_non_null(p);
		assert_string_equal(p->json, fresh.peers[i].json);
	}
}

__attribute__((unused)) static void
lab_count_from_here(struct lab *l)
{
	for (size_t i = 0; i < l->n; i++)
		l->v[i].messages = l->v[i].refreshes = 0;
}

__attribute__((unused)) static void
set_policy(struct lab *l, const char *text)
{
	struct policy_version v = { .text = text, .author = "", .source = "cli",
	    .comment = "", .created_ms = ASK_NOW };

	STORE(l->k, store_policy_add(l->k->db, &v, &v.id));
}

#endif
