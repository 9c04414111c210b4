/* notifier/batch.c -- choosing the fragments of a delta for a viewer. */
#include "notifier/batch.h"

#include <string.h>

static void
bit_set(uint64_t *bits, uint32_t i)
{
	bits[i / 64] |= (uint64_t)1 << (i % 64);
}

static void
bit_clear(uint64_t *bits, uint32_t i)
{
	bits[i / 64] &= ~((uint64_t)1 << (i % 64));
}

static bool
ids_have(const int64_t *ids, uint32_t n, int64_t id)
{
	uint32_t lo = 0, hi = n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (ids[mid] < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && ids[lo] == id;
}

void
batch_resolve(struct batch *b, const struct slots *s)
{
	for (uint32_t i = 0; i < b->n_needs; i++)
		b->needs[i].slot = slots_find(s,
		    b->frags[b->needs[i].frag].subject);
}

/* ---- a viewer that the batch does not name ---- */

/* The common choice without what is about peers that the viewer lacks. */
static void
choose_common(const struct batch *b, const struct viewer *v,
    struct choice *out)
{
	const struct need *nd;

	out->common = true;
	out->refresh = b->common_refresh;
	out->close = b->common_close;
	for (uint32_t i = 0; i < b->n_needs_common; i++) {
		nd = &b->needs[i];
		if (nd->slot != SLOT_NONE && held_has(v->held, nd->slot))
			continue;
		if (out->common)
			memcpy(out->bits, b->common,
			    b->words * sizeof(*out->bits));
		out->common = false;
		bit_clear(out->bits, nd->frag);
	}
}

/* ---- a viewer that it names ---- */

static bool
may_see(const struct fragment *f, const struct viewer *v)
{
	switch (f->seen_by) {
	case SEEN_BY_ALL:
		return v->node != f->subject && !v->alone;
	case SEEN_BY_SUBJECT:
		return v->node == f->subject;
	case SEEN_BY_LIST:
		return v->node != f->subject && !v->alone &&
		    ids_have(f->ids, f->n_ids, v->node);
	case SEEN_BY_EVERYONE:
		return true;
	case SEEN_BY_NEWCOMERS:
		return v->newcomer;
	case SEEN_BY_OTHERS:
		return v->node != f->subject && !v->alone &&
		    !ids_have(f->ids, f->n_ids, v->node);
	}
	return false;
}

static void
choose_one(const struct batch *b, uint32_t i, struct choice *out)
{
	const struct fragment *f = &b->frags[i];

	switch (f->op) {
	case FRAG_REFRESH:
		out->refresh = true;
		break;
	case FRAG_CLOSE:
		out->close = true;
		break;
	case FRAG_WAKE:
		break;
	default:
		bit_set(out->bits, i);
		if (f->with)
			bit_set(out->bits, f->with - 1);
	}
}

static void
choose_named(const struct batch *b, const struct viewer *v, struct choice *out)
{
	memset(out->bits, 0, b->words * sizeof(*out->bits));
	for (uint32_t i = 0; i < b->n; i++)
		if (may_see(&b->frags[i], v))
			choose_one(b, i, out);
	for (uint32_t i = 0; i < b->n_needs; i++)
		if (b->needs[i].slot == SLOT_NONE ||
		    !held_has(v->held, b->needs[i].slot))
			bit_clear(out->bits, b->needs[i].frag);
}

void
batch_choose(const struct batch *b, const struct viewer *v, struct choice *out)
{
	out->common = out->refresh = out->close = false;
	if (v->alone || ids_have(b->special, b->n_special, v->node))
		choose_named(b, v, out);
	else
		choose_common(b, v, out);
	out->refresh |= v->newcomer && b->newcomers_refresh;
}

void
batch_apply(const struct batch *b, const uint64_t *bits, struct slots *s,
    struct held *h)
{
	const struct fragment *f;
	uint32_t slot;

	for (uint32_t w = 0; w < b->words; w++) {
		for (uint64_t left = bits[w]; left; left &= left - 1) {
			f = &b->frags[w * 64 +
			    (uint32_t)__builtin_ctzll(left)];
			if (f->op == FRAG_UPSERT) {
				held_add(s, h, slots_intern(s, f->subject));
			} else if (f->op == FRAG_REMOVE) {
				slot = slots_find(s, f->subject);
				if (slot != SLOT_NONE)
					held_remove(s, h, slot);
			}
		}
	}
}

bool
batch_wakes(const struct batch *b, struct str topic)
{
	for (uint32_t i = 0; i < b->n; i++)
		if (b->frags[i].op == FRAG_WAKE &&
		    str_eq(b->frags[i].name, topic))
			return true;
	return false;
}
