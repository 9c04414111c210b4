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
	for (size_t i = 0; i < BLOCK_FORMS; i++)
		b->form[i].peers = 0;
}

static void
block_free(struct block *b)
{
	for (size_t i = 0; i < NETCACHE_BLOCK; i++)
		free(b->slot[i]);
	for (size_t i = 0; i < BLOCK_FORMS; i++)
		ready_fini(&b->form[i].text);
	free(b);
}

void
netcache_set_peer(struct netcache *c, int64_t id, struct peer *p)
{
	size_t at = (size_t)id % NETCACHE_BLOCK;
	uint64_t bit = (uint64_t)1 << at;
	struct block *b;

	if (p == NULL && netcache_find(c, id) == NULL)
		return;
	b = block_of(c, id);
	c->n_peers += (p != NULL);
	c->n_peers -= (b->slot[at] != NULL);
	c->n_routers += (p != NULL && p->router);
	c->n_routers -= (b->slot[at] != NULL && b->slot[at]->router);
	free(b->slot[at]);
	b->slot[at] = p;
	b->used = p != NULL ? b->used | bit : b->used & ~bit;
	block_stale(b);
	if (p == NULL) {
		c->n_no_ipv4 -= b->facts[at].no_ipv4;
		b->facts[at] = (struct facts){ 0 };
	}
	if (b->used == 0) {
		block_free(b);
		c->blocks[(size_t)id / NETCACHE_BLOCK] = NULL;
	}
}

struct facts *
netcache_facts(struct netcache *c, int64_t id)
{
	return &c->blocks[(size_t)id / NETCACHE_BLOCK]->facts[(size_t)id % NETCACHE_BLOCK];
}

bool
netcache_set_no_ipv4(struct netcache *c, int64_t id, bool no_ipv4)
{
	struct facts *f = netcache_facts(c, id);
	bool other = f->no_ipv4 != no_ipv4;

	c->n_no_ipv4 += no_ipv4;
	c->n_no_ipv4 -= f->no_ipv4;
	f->no_ipv4 = no_ipv4;
	return other;
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
	c->n_blocks = c->n_peers = c->n_no_ipv4 = c->n_routers = 0;
}

/* ---- blocks for a viewer ---- */

/* Those peers of the block, as most see them. */
static void
block_text(const struct block *b, uint64_t peers, bool comma, struct buf *out)
{
	for (; peers != 0; peers &= peers - 1) {
		const struct peer *p = b->slot[__builtin_ctzll(peers)];
		if (comma)
			buf_byte(out, ',');
		buf_put(out, p->json, p->len);
		comma = true;
	}
}

/* The ready text of these peers, made now if nobody wanted it before. */
static struct ready *
form_of(struct block *b, uint64_t peers, bool comma)
{
	struct form *f;

	for (size_t i = 0; i < BLOCK_FORMS; i++)
		if (b->form[i].peers == peers && b->form[i].comma == comma)
			return &b->form[i].text;
	f = &b->form[b->next_form++ % BLOCK_FORMS];
	f->peers = peers;
	f->comma = comma;
	f->text.plain.max = MAP_BYTES_MAX;
	f->text.z_fresh = false;
	buf_clear(&f->text.plain);
	block_text(b, peers, comma, &f->text.plain);
	return &f->text;
}

/* Whose map is made, and how far. */
struct viewing {
	struct req *rq;
	int64_t viewer;
	bool zstd, comma;
	struct buf *out;
};

/* Is one of these peers to look otherwise than most see it? */
static bool
any_varied(struct viewing *v, const struct block *b, uint64_t peers)
{
	for (; peers != 0; peers &= peers - 1) {
		const struct peer *p = b->slot[__builtin_ctzll(peers)];
		if (netcache_varied(v->rq->cache, p->id) &&
		    netcache_variant(v->rq->cache, v->rq->arena, v->viewer, p) != 0)
			return true;
	}
	return false;
}

/* A part that only this viewer sees so: nothing of it is kept. */
static void
put_own(struct viewing *v, const struct block *b, uint64_t peers)
{
	bool comma = v->comma;
	struct buf text;

	buf_init(&text, MAP_BYTES_MAX);
	for (; peers != 0; peers &= peers - 1) {
		if (comma)
			buf_byte(&text, ',');
		netcache_put_peer(v->rq, v->viewer, b->slot[__builtin_ctzll(peers)]->id, &text);
		comma = true;
	}
	netcache_put_text(v->rq->cache, buf_as_str(&text), v->zstd, v->out);
	buf_fini(&text);
}

static void
put_block(struct viewing *v, struct block *b, uint64_t peers, bool own_block)
{
	struct buf text;

	if (any_varied(v, b, peers)) {
		put_own(v, b, peers);
	} else if (!own_block) {
		ready_put(v->rq->cache, form_of(b, peers, v->comma), v->zstd, v->out);
	} else {	/* nobody else sees all of it but the viewer */
		buf_init(&text, MAP_BYTES_MAX);
		block_text(b, peers, v->comma, &text);
		netcache_put_text(v->rq->cache, buf_as_str(&text), v->zstd, v->out);
		buf_fini(&text);
	}
	v->comma = true;
}

void
netcache_put_peers(struct req *rq, int64_t viewer, bool zstd, struct buf *out,
    const int64_t **ids, uint32_t *n)
{
	struct netcache *c = rq->cache;
	struct viewing v = { .rq = rq, .viewer = viewer, .zstd = zstd, .out = out };
	int64_t *seen;
	size_t n_seen = net_visible_ids(c->net, rq->arena, viewer, &seen);

	for (size_t i = 0; i < n_seen;) {
		int64_t block = seen[i] / NETCACHE_BLOCK;
		uint64_t peers = 0;
		for (; i < n_seen && seen[i] / NETCACHE_BLOCK == block; i++)
			peers |= (uint64_t)1 << (seen[i] % NETCACHE_BLOCK);
		put_block(&v, c->blocks[block], peers, viewer / NETCACHE_BLOCK == block);
	}
	*ids = seen;
	*n = (uint32_t)n_seen;
}
