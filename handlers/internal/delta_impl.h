/*
 * handlers/internal/delta_impl.h -- a delta in the making; for the delta*.c files only.
 */
#ifndef HANDLERS_INTERNAL_DELTA_IMPL_H
#define HANDLERS_INTERNAL_DELTA_IMPL_H

#include "handlers/control/netcache.h"
#include "lib/wire/delta.h"

#define DELTA_BYTES_MAX (256u * 1024 * 1024)

/* What happened to one node. */
struct touched {
	int64_t id;
	unsigned kinds;		/* bits 1 << enum change_kind */
	unsigned fields;	/* PATCH_* */
};

/* A UserProfile that upserts of this delta refer to. */
struct companion {
	int64_t user_id;
	uint32_t index;		/* 1 + index of its fragment */
};

struct delta {
	struct req *rq;
	struct buf out;		/* fragments */
	uint32_t count;
	struct touched *nodes;	/* by id */
	size_t n_nodes;
	struct companion *companions;
	size_t n_companions, cap_companions;
	struct netcache_news news;
	int64_t oldest_ms;	/* when the first of the changes was; 0: none */
	enum err e;
};

/* ---- delta.c ---- */

uint32_t delta_emit(struct delta *d, const struct fragment *f);
/* With the JSON as its bytes, which are freed. */
void delta_emit_json(struct delta *d, const struct fragment *as, struct buf *json);
/* The fragment index of a user's profile, made at its first use; 0: there is none. */
uint32_t delta_companion(struct delta *d, int64_t user_id);
/*
 * Says Domain again, so that those who see it rebuild their map whole: a client
 * takes a UserProfile at once, but "tailscale status" shows the owner, or their new
 * name, only from the next rebuild on (protocol guide, 6.5).
 */
void delta_rebuild(struct delta *d, enum audience seen_by, const int64_t *ids, size_t n);

/* ---- delta_peers.c: who sees whom ---- */

/*
 * To all who see the node how it is, to all others that they do not.  'new_owner':
 * they have not seen its user before.
 */
void delta_peer(struct delta *d, int64_t id, bool new_owner);
/* The node is gone. */
void delta_peer_gone(struct delta *d, int64_t id);
/* All pairs of the news whose peer is not told to all anyway. */
void delta_pairs(struct delta *d);
/*
 * The viewers of news pairs with this peer, ascending: they get it whole, and
 * no patch.
 */
size_t delta_pair_viewers(const struct delta *d, int64_t peer, const int64_t **ids);
/* Everybody who sees one of the user's nodes or has one; false if that is simply everybody. */
bool delta_knows_user(struct delta *d, int64_t user, const int64_t **ids, size_t *n);

/* ---- delta_values.c: fields of a node's own map ---- */

/* PacketFilters and SSHPolicy of those for whom they changed. */
void delta_values(struct delta *d);

#endif
