/*
 * handlers/control/netcache_impl.h -- the insides, for the netcache_*.c files only.
 */
#ifndef HANDLERS_CONTROL_NETCACHE_IMPL_H
#define HANDLERS_CONTROL_NETCACHE_IMPL_H

#include "handlers/control/netcache.h"
#include "lib/wire/zstd_frame.h"

#define MAP_BYTES_MAX (256u * 1024 * 1024)	/* of anything that is built here */

/* One node as its peers see it. */
struct peer {
	int64_t id, owner;
	bool router;		/* it has routes: not all see the same of them */
	struct node_marks at;
	uint64_t host;		/* hash of the Hostinfo that it was made of */
	size_t len;
	char json[];
};

/* What the policy gives a node, as hashes: to know whether it has changed. */
struct facts {
	uint64_t filter, ssh, caps;
	bool no_ipv4;
};

/* The same text twice: plain and, once somebody asked, as a zstd frame. */
struct ready {
	struct buf plain, z;
	bool fresh, z_fresh;
};

/* Some peers of a block; after a comma unless it is the first of a map. */
struct form {
	uint64_t peers;		/* a bit for each slot; 0: unused */
	bool comma;
	struct ready text;
};

/*
 * NETCACHE_BLOCK ids.  Viewers mostly see the whole of a block or, by the same
 * rules, the same part of it.
 */
#define BLOCK_FORMS 4
struct block {
	struct peer *slot[NETCACHE_BLOCK];
	struct facts facts[NETCACHE_BLOCK];
	uint64_t used;		/* a bit for each slot */
	struct form form[BLOCK_FORMS];
	unsigned next_form;
};

struct profile {
	int64_t id;
	char *json;
};

struct netcache_list {
	int64_t *v;
	size_t n, cap;
};

/*
 * What one step of the cache made different for streams.  Only whose, not what:
 * that is made from the cache as it is when a delta is made.
 */
struct step {
	int64_t from, to;	/* changes in (from, to] */
	struct netcache_list filters, ssh, selves, moved, refreshed;
	struct netcache_pair *pairs;
	size_t n_pairs, cap_pairs;
	bool derpmap;
	size_t events;		/* that can change what a policy gives to whom */
};

#define STEPS_MAX 256
#define STEPS_IDS_MAX 1000000u	/* in all of them */
struct steps {
	struct step *v[STEPS_MAX];
	size_t head, n, ids;
	int64_t floor;		/* all steps after this change are here */
};

struct netcache {
	int64_t seq;		/* -1: nothing loaded yet */
	struct block **blocks;	/* block i holds ids [i * NETCACHE_BLOCK, …) */
	size_t n_blocks, n_peers, n_no_ipv4, n_routers;
	struct profile *profiles;	/* by id */
	size_t n_profiles;
	char *dns, *derpmap;
	bool auto_update;	/* a setting (handlers/control/setting.h) */
	struct net *net;	/* all nodes that are shown; never NULL once loaded */
	struct arena *policy;	/* owns the policy in force */
	struct steps steps;
	struct ready tail;
	struct zframe *z;
	struct arena *scratch;
};

/* ---- netcache.c ---- */

/* Makes a node's text, of its row and its place in the net; true if its IPv4 address came or went. */
bool netcache_render(struct req *rq, const struct node *n);

/* ---- netcache_blocks.c ---- */

/* 'p' (malloc'ed, NULL removes) becomes the node of that id. */
void netcache_set_peer(struct netcache *c, int64_t id, struct peer *p);
void netcache_clear_peers(struct netcache *c);
const struct peer *netcache_find(const struct netcache *c, int64_t id);
/* Of a node that netcache_find() finds. */
struct facts *netcache_facts(struct netcache *c, int64_t id);
/* Notes facts.no_ipv4; true if it was otherwise. */
bool netcache_set_no_ipv4(struct netcache *c, int64_t id, bool no_ipv4);

/* ---- netcache_shared.c: users and documents ---- */

must_check enum err netcache_load_users(struct req *rq);
must_check enum err netcache_load_documents(struct req *rq);
/* What the capabilities of nodes are made of: before those are. */
must_check enum err netcache_load_settings(struct req *rq);
void netcache_clear_shared(struct netcache *c);

void ready_fini(struct ready *r);
/* Appends r->plain or its frame. */
void ready_put(struct netcache *c, struct ready *r, bool zstd, struct buf *out);

/* ---- netcache_policy.c ---- */

/* The policy in force into c->net, which has its users and nodes; no step is noted. */
must_check enum err netcache_load_policy(struct req *rq);
/*
 * The users' roles or names, or the policy, changed: a second net is made,
 * compared with the first viewer by viewer, and takes its place.
 */
must_check enum err netcache_replace_net(struct req *rq, bool policy, struct step *s);
/* What net_set_node() and net_drop_node() did since the last call, into the step. */
void netcache_settle(struct req *rq, struct step *s);

/* ---- netcache_sight.c: what one viewer sees ---- */

#define STEP_PAIRS_MAX 50000u	/* in one step; then it is new maps */

/* Ids, ascending; for each what it sees of the routes, as a hash (0: it has none). */
struct sight {
	int64_t *ids;
	uint64_t *routes;
	size_t n;
};

void netcache_sight(const struct netcache *c, struct net *t, struct arena *a,
    int64_t viewer, struct sight *out);
/* Notes for the viewer what is new, gone, or has other routes; or that it gets a new map. */
void netcache_compare(int64_t viewer, const struct sight *before, const struct sight *after,
    struct step *s);
/* How 'viewer' sees the peer: 0 as most do; equal numbers, the same text. */
uint64_t netcache_variant(struct netcache *c, struct arena *a, int64_t viewer,
    const struct peer *p);
uint64_t netcache_hash(uint64_t seed, const void *p, size_t n);

/* ---- netcache_steps.c ---- */

void netcache_list_add(struct netcache_list *l, int64_t id);
void netcache_pair_add(struct step *s, int64_t viewer, int64_t peer);
struct step *netcache_step_new(int64_t from, int64_t to);
void netcache_step_free(struct step *s);
void netcache_steps_push(struct netcache *c, struct step *s);
void netcache_steps_clear(struct netcache *c, int64_t floor);

#endif
