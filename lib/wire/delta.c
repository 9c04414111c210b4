/*
 * lib/wire/delta.c -- what a worker tells the notifier about map streams.
 *
 *   open   magic u32 | node i64 | seq i64 | flags u8 | n u32 | ids i64 * n | first
 *   delta  magic u32 | from i64 | to i64 | count u32 | fragment * count
 *   fragment  op u8 | seen_by u8 | subject i64 | with u32 | name: u8 + bytes
 *             | bytes: u32 + bytes | n u32 | ids i64 * n
 *
 * The magics hold a version, because worker and notifier may be of different
 * releases while an installation is replaced.  Counts are judged against what
 * is left of the input before anything is read, so no length costs more than
 * the bytes that were sent.
 */
#include "lib/wire/delta.h"

enum { OPEN_ZSTD = 1, OPEN_ALONE = 2 };	/* flags */

#include <assert.h>
#include <string.h>

#define OPEN_MAGIC 0x68724f31u		/* "hrO1" */
#define DELTA_MAGIC 0x68724431u		/* "hrD1" */
#define ID_SIZE 8u

/* ---- lists of ids ---- */

static void
ids_encode(struct buf *out, const int64_t *ids, uint32_t n)
{
	uint8_t *to;
	uint64_t be;

	assert(n <= DELTA_IDS_MAX);
	buf_be32(out, n);
	to = buf_room(out, (size_t)n * ID_SIZE);
	if (to == NULL)
		return;
	for (uint32_t i = 0; i < n; i++) {
		be = __builtin_bswap64((uint64_t)ids[i]);
		memcpy(to + (size_t)i * ID_SIZE, &be, ID_SIZE);
	}
	out->n += (size_t)n * ID_SIZE;
}

/* Reads a list that must be strictly ascending and positive. */
static enum err
ids_decode(struct rd *r, int64_t *ids, uint32_t room, uint32_t *n_out)
{
	uint32_t n = rd_be32(r);
	int64_t last = 0;

	if (r->bad || n > DELTA_IDS_MAX || n > rd_left(r) / ID_SIZE)
		return ERR_BADREQ;
	if (n > room)
		return ERR_TOOBIG;
	for (uint32_t i = 0; i < n; i++) {
		ids[i] = (int64_t)rd_be64(r);
		if (ids[i] <= last)
			return ERR_BADREQ;
		last = ids[i];
	}
	*n_out = n;
	return OK;
}

/* ---- open ---- */

void
stream_open_encode(struct buf *out, const struct stream_open *o)
{
	buf_be32(out, OPEN_MAGIC);
	buf_be64(out, (uint64_t)o->node_id);
	buf_be64(out, (uint64_t)o->seq);
	buf_byte(out, (o->zstd ? OPEN_ZSTD : 0) | (o->alone ? OPEN_ALONE : 0));
	ids_encode(out, o->peers, o->n_peers);
}

/* Reads what stands before the list of peers. */
static bool
open_head(struct rd *r, struct stream_open *o)
{
	uint32_t magic = rd_be32(r);
	uint8_t flags;

	o->node_id = (int64_t)rd_be64(r);
	o->seq = (int64_t)rd_be64(r);
	flags = rd_u8(r);
	o->zstd = flags & OPEN_ZSTD;
	o->alone = flags & OPEN_ALONE;
	return !r->bad && magic == OPEN_MAGIC && o->node_id > 0 &&
	    o->seq >= 0 && flags <= (OPEN_ZSTD | OPEN_ALONE);
}

enum err
stream_open_decode(struct span in, int64_t *ids, uint32_t ids_room,
    struct stream_open *o)
{
	struct rd r = rd_of(in);
	enum err e;

	*o = (struct stream_open){ .peers = ids };
	if (!open_head(&r, o))
		return ERR_BADREQ;
	if ((e = ids_decode(&r, ids, ids_room, &o->n_peers)) != OK)
		return e;
	o->first = rd_bytes(&r, rd_left(&r));
	return OK;
}

uint32_t
stream_open_peek(struct span in)
{
	struct rd r = rd_of(in);
	struct stream_open o = { 0 };
	uint32_t n;

	if (!open_head(&r, &o))
		return 0;
	n = rd_be32(&r);
	return n <= DELTA_IDS_MAX && n <= rd_left(&r) / ID_SIZE ? n : 0;
}

/* ---- delta ---- */

void
delta_head_encode(struct buf *out, const struct delta_head *h)
{
	assert(h->count <= DELTA_FRAGMENTS_MAX);
	buf_be32(out, DELTA_MAGIC);
	buf_be64(out, (uint64_t)h->from);
	buf_be64(out, (uint64_t)h->to);
	buf_be32(out, h->count);
}

enum err
delta_head_decode(struct rd *r, struct delta_head *h)
{
	uint32_t magic = rd_be32(r);

	h->from = (int64_t)rd_be64(r);
	h->to = (int64_t)rd_be64(r);
	h->count = rd_be32(r);
	if (r->bad || magic != DELTA_MAGIC || h->from > h->to ||
	    h->count > DELTA_FRAGMENTS_MAX)
		return ERR_BADREQ;
	return OK;
}

static bool
takes_ids(enum audience seen_by)
{
	return seen_by == SEEN_BY_LIST || seen_by == SEEN_BY_OTHERS;
}

void
fragment_encode(struct buf *out, const struct fragment *f)
{
	assert(f->name.n <= DELTA_NAME_MAX);
	assert(f->bytes.n <= UINT32_MAX);
	assert(takes_ids(f->seen_by) || f->n_ids == 0);
	buf_byte(out, (uint8_t)f->op);
	buf_byte(out, (uint8_t)f->seen_by);
	buf_be64(out, (uint64_t)f->subject);
	buf_be32(out, f->with);
	buf_byte(out, (uint8_t)f->name.n);
	buf_put(out, f->name.p, f->name.n);
	buf_be32(out, (uint32_t)f->bytes.n);
	buf_put(out, f->bytes.p, f->bytes.n);
	ids_encode(out, f->ids, f->n_ids);
}

/* What each operation must and must not carry. */
static const struct shape { bool known, name, bytes, subject; } shapes[] = {
	[FRAG_VALUE]   = { true, true, true, false },
	[FRAG_ITEM]    = { true, true, true, false },
	[FRAG_UPSERT]  = { true, false, true, true },
	[FRAG_PATCH]   = { true, false, true, true },
	[FRAG_REMOVE]  = { true, false, false, true },
	[FRAG_REFRESH] = { true, false, false, false },
	[FRAG_CLOSE]   = { true, false, false, false },
	[FRAG_WAKE]    = { true, true, false, false },
};

/* A name is written into JSON without escaping. */
static bool
name_plain(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] < 0x21 || name.p[i] > 0x7e ||
		    name.p[i] == '"' || name.p[i] == '\\')
			return false;
	return name.n <= DELTA_NAME_MAX;
}

static bool
fragment_sound(uint8_t op, uint8_t seen_by, const struct fragment *f)
{
	const struct shape *sh = &shapes[op < sizeof(shapes) / sizeof(shapes[0]) ?
	    op : 0];

	return sh->known && seen_by >= SEEN_BY_ALL &&
	    seen_by <= SEEN_BY_NEWCOMERS && f->subject >= 0 &&
	    (seen_by != SEEN_BY_NEWCOMERS || op == FRAG_REFRESH) &&
	    (!sh->subject || f->subject > 0) &&
	    f->with <= DELTA_FRAGMENTS_MAX &&
	    name_plain(f->name) && (!sh->name || f->name.n > 0) &&
	    (f->bytes.n > 0) == sh->bytes &&
	    (takes_ids((enum audience)seen_by) || f->n_ids == 0);
}

enum err
fragment_decode(struct rd *r, int64_t *scratch, uint32_t scratch_room,
    struct fragment *f)
{
	uint8_t op = rd_u8(r), seen_by = rd_u8(r);
	struct span name;
	enum err e;

	*f = (struct fragment){ .ids = scratch };
	f->subject = (int64_t)rd_be64(r);
	f->with = rd_be32(r);
	name = rd_bytes(r, rd_u8(r));
	f->name = (struct str){ (const char *)name.p, name.n };
	f->bytes = rd_bytes(r, rd_be32(r));
	if ((e = ids_decode(r, scratch, scratch_room, &f->n_ids)) != OK)
		return e;
	if (!fragment_sound(op, seen_by, f))
		return ERR_BADREQ;
	f->op = (enum frag_op)op;
	f->seen_by = (enum audience)seen_by;
	return OK;
}
