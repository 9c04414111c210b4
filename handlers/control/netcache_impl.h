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
	size_t len;
	char json[];
};

/* The same text twice: plain and, once somebody asked, as a zstd frame. */
struct ready {
	struct buf plain, z;
	bool fresh, z_fresh;
};

/*
 * NETCACHE_BLOCK ids.  form[0] starts with a peer, form[1] with a comma: the
 * first block of a map needs the one, all others the other.
 */
struct block {
	struct peer *slot[NETCACHE_BLOCK];
	unsigned used;
	struct ready form[2];
};

struct profile {
	int64_t id;
	char *json;
};

struct netcache {
	int64_t seq;		/* -1: nothing loaded yet */
	struct block **blocks;	/* block i holds ids [i * NETCACHE_BLOCK, …) */
	size_t n_blocks, n_peers;
	struct profile *profiles;	/* by id */
	size_t n_profiles;
	char *dns, *derpmap;
	struct ready tail;
	struct zframe *z;
	struct arena *scratch;
};

/* netcache_blocks.c: 'p' (malloc'ed, NULL removes) becomes the node of that id. */
void netcache_set_peer(struct netcache *c, int64_t id, struct peer *p);
void netcache_clear_peers(struct netcache *c);
const struct peer *netcache_find(const struct netcache *c, int64_t id);

/* netcache_shared.c: users and documents. */
must_check enum err netcache_load_users(struct req *rq);
must_check enum err netcache_load_documents(struct req *rq);
void netcache_clear_shared(struct netcache *c);

void ready_fini(struct ready *r);
/* Appends r->plain or its frame. */
void ready_put(struct netcache *c, struct ready *r, bool zstd, struct buf *out);

#endif
