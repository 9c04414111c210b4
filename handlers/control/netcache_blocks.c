/*
 * handlers/control/netcache_blocks.c -- peers in blocks that are ready to be sent.
 *
 * A block keeps its text and its zstd frame until one of its nodes changes, so
 * of a fleet that reconnects only the block of the viewer itself is compressed
 * afresh for each map.
 */
#include <stdlib.h>
#include <string.h>

#include "handlers/control/netcache_impl.h"
#include "lib/base/log.h"
#include "lib/policy/visible.h"

void
ready_fini(struct ready *r)
{
	buf_fini(&r->plain);
	buf_fini(&r->z);
	r->fresh = r->z_fresh = false;
}

void
ready_put(struct netcache *c, struct ready *r, bool zstd, struct buf *out)
{
	if (!zstd) {
		buf_put(out, r->plain.p, r->plain.n);
		return;
	}
	if (!r->z_fresh) {
		r->z.max = MAP_BYTES_MAX;
		buf_clear(&r->z);
		zframe_put(c->z, buf_span(&r->plain), &r->z);
		r->z_fresh = true;
	}
	buf_put(out, r->z.p, r->z.n);
}

void
netcache_put_text(struct netcache *c, struct str text, bool zstd, struct buf *out)
{
	struct span s = { (const uint8_t *)text.p, text.n };

	if (zstd)
		zframe_put(c->z, s, out);
	else
		buf_put(out, s.p, s.n);
}

static struct block *
block_of(struct netcache *c, int64_t id)
{
	size_t i = (size_t)id / NETCACHE_BLOCK, n;

	if (i >= c->n_blocks) {
		n = i + 1 + i / 2;
		c->blocks = xrealloc(c->blocks, n * sizeof(*c->blocks));
		memset(c->blocks + c->n_blocks, 0, (n - c->n_blocks) * sizeof(*c->blocks));
		c->n_blocks = n;
	}
	if (c->blocks[i] == NULL)
		c->blocks[i] = xcalloc(1, sizeof(struct block));
	return c->blocks[i];
}

static void
block_stale(struct block *b)
{
	for (size_t i = 0; i < 2; i++)
		b->form[i].fresh = b->form[i].z_fresh = false;
}

static void
block_free(struct block *b)
{
	for (size_t i = 0; i < NETCACHE_BLOCK; i++)
		free(b->slot[i]);
	ready_fini(&b->form[0]);
	ready_fini(&b->form[1]);
	free(b);
}

void
netcache_set_peer(struct netcache *c, int64_t id, struct peer *p)
{
	struct block *b;
	struct peer **slot;

	if (p == NULL && netcache_find(c, id) == NULL)
		return;
	b = block_of(c, id);
	slot = &b->slot[(size_t)id % NETCACHE_BLOCK];
	b->used += (p != NULL) - (unsigned)(*slot != NULL);
	c->n_peers += (p != NULL);
	c->n_peers -= (*slot != NULL);
	free(*slot);
	*slot = p;
	block_stale(b);
	if (b->used == 0) {
		block_free(b);
		c->blocks[(size_t)id / NETCACHE_BLOCK] = NULL;
	}
}

const struct peer *
netcache_find(const struct netcache *c, int64_t id)
{
	size_t i = (size_t)id / NETCACHE_BLOCK;

	if (id < 0 || i >= c->n_blocks || c->blocks[i] == NULL)
		return NULL;
	return c->blocks[i]->slot[(size_t)id % NETCACHE_BLOCK];
}

void
netcache_clear_peers(struct netcache *c)
{
	for (size_t i = 0; i < c->n_blocks; i++)
		if (c->blocks[i] != NULL)
			block_free(c->blocks[i]);
	free(c->blocks);
	c->blocks = NULL;
	c->n_blocks = c->n_peers = 0;
}

/* The peers of the block that 'viewer' sees, as text; 0 sees all. */
static void
block_text(const struct block *b, int64_t viewer, bool comma, struct buf *out)
{
	for (size_t i = 0; i < NETCACHE_BLOCK; i++) {
		const struct peer *p = b->slot[i];
		if (p == NULL || (viewer != 0 && !policy_visible(viewer, p->id)))
			continue;
		if (comma)
			buf_byte(out, ',');
		buf_put(out, p->json, p->len);
		comma = true;
	}
}

/* Notes the visible peers of a block; says how many of them there are. */
static unsigned
block_ids(const struct block *b, int64_t viewer, int64_t *ids, uint32_t *n)
{
	uint32_t before = *n;

	for (size_t i = 0; i < NETCACHE_BLOCK; i++)
		if (b->slot[i] != NULL && policy_visible(viewer, b->slot[i]->id))
			ids[(*n)++] = b->slot[i]->id;
	return *n - before;
}

/* A block that the viewer sees whole comes from the store of ready ones. */
static void
put_whole(struct netcache *c, struct block *b, bool comma, bool zstd, struct buf *out)
{
	struct ready *r = &b->form[comma];

	if (!r->fresh) {
		r->plain.max = MAP_BYTES_MAX;
		buf_clear(&r->plain);
		block_text(b, 0, comma, &r->plain);
		r->fresh = true;
	}
	ready_put(c, r, zstd, out);
}

static void
put_part(struct netcache *c, struct block *b, int64_t viewer, bool comma, bool zstd,
    struct buf *out)
{
	struct buf text;

	buf_init(&text, MAP_BYTES_MAX);
	block_text(b, viewer, comma, &text);
	netcache_put_text(c, buf_as_str(&text), zstd, out);
	buf_fini(&text);
}

void
netcache_put_peers(struct req *rq, int64_t viewer, bool zstd, struct buf *out,
    const int64_t **ids, uint32_t *n)
{
	struct netcache *c = rq->cache;
	int64_t *v = arena_array(rq->arena, c->n_peers, sizeof(*v));

	*n = 0;
	for (size_t i = 0; i < c->n_blocks; i++) {
		struct block *b = c->blocks[i];
		bool comma = *n > 0;
		unsigned seen;
		if (b == NULL || (seen = block_ids(b, viewer, v, n)) == 0)
			continue;
		if (seen == b->used)
			put_whole(c, b, comma, zstd, out);
		else
			put_part(c, b, viewer, comma, zstd, out);
	}
	*ids = v;
}
