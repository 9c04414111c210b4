/* notifier/slots.c -- node ids to slots, sets of slots. */
#include "notifier/slots.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "lib/base/log.h"

#define WORDS_STEP 8	/* sets grow by this many words */

struct slot {
	int64_t id;
	uint32_t n;		/* its place in slots.v */
	uint32_t holders;
	UT_hash_handle hh;
};

void
slots_init(struct slots *s)
{
	*s = (struct slots){ 0 };
}

void
slots_fini(struct slots *s)
{
	struct slot *e, *tmp;

	HASH_ITER(hh, s->by_id, e, tmp) {
		HASH_DEL(s->by_id, e);
		free(e);
	}
	free(s->v);
	free(s->unused);
	slots_init(s);
}

uint32_t
slots_find(const struct slots *s, int64_t id)
{
	struct slot *e;

	HASH_FIND(hh, s->by_id, &id, sizeof(id), e);
	return e ? e->n : SLOT_NONE;
}

static uint32_t
slot_number_new(struct slots *s)
{
	if (s->n_unused > 0)
		return s->unused[--s->n_unused];
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 64;
		s->v = xrealloc(s->v, s->cap * sizeof(*s->v));
		s->unused = xrealloc(s->unused, s->cap * sizeof(*s->unused));
	}
	return s->n++;
}

uint32_t
slots_intern(struct slots *s, int64_t id)
{
	struct slot *e;

	HASH_FIND(hh, s->by_id, &id, sizeof(id), e);
	if (e)
		return e->n;
	e = xcalloc(1, sizeof(*e));
	e->id = id;
	e->n = slot_number_new(s);
	s->v[e->n] = e;
	HASH_ADD(hh, s->by_id, id, sizeof(e->id), e);
	return e->n;
}

void
slots_release(struct slots *s, uint32_t slot)
{
	struct slot *e = s->v[slot];

	if (e == NULL || e->holders > 0)
		return;
	HASH_DEL(s->by_id, e);
	s->v[slot] = NULL;
	s->unused[s->n_unused++] = slot;
	free(e);
	if (s->by_id == NULL)		/* from here on in order again */
		s->n = s->n_unused = 0;
}

uint32_t
slots_used(const struct slots *s)
{
	return HASH_COUNT(s->by_id);
}

bool
held_has(const struct held *h, uint32_t slot)
{
	return slot / 64 < h->n_words &&
	    (h->words[slot / 64] >> (slot % 64) & 1);
}

static void
held_grow(struct held *h, uint32_t slot)
{
	uint32_t want = slot / 64 + 1, old = h->n_words;

	if (want <= old)
		return;
	h->n_words = (want + WORDS_STEP - 1) / WORDS_STEP * WORDS_STEP;
	h->words = xrealloc(h->words, h->n_words * sizeof(*h->words));
	memset(h->words + old, 0, (h->n_words - old) * sizeof(*h->words));
}

void
held_add(struct slots *s, struct held *h, uint32_t slot)
{
	assert(slot < s->n && s->v[slot]);
	if (held_has(h, slot))
		return;
	held_grow(h, slot);
	h->words[slot / 64] |= (uint64_t)1 << (slot % 64);
	s->v[slot]->holders++;
}

void
held_remove(struct slots *s, struct held *h, uint32_t slot)
{
	if (!held_has(h, slot))
		return;
	h->words[slot / 64] &= ~((uint64_t)1 << (slot % 64));
	s->v[slot]->holders--;
	slots_release(s, slot);
}

static bool
slot_is(const struct slots *s, uint32_t slot, int64_t id)
{
	return slot < s->n && s->v[slot] && s->v[slot]->id == id;
}

void
held_set(struct slots *s, struct held *h, const int64_t *ids, uint32_t n)
{
	struct held old = *h;
	uint32_t slot = SLOT_NONE;

	*h = (struct held){ 0 };
	for (uint32_t i = 0; i < n; i++) {
		/*
		 * Slots were mostly given in the order of ids: guess the next
		 * one (0 after SLOT_NONE) before hashing.
		 */
		slot++;
		if (!slot_is(s, slot, ids[i]))
			slot = slots_intern(s, ids[i]);
		held_add(s, h, slot);
	}
	held_clear(s, &old);
}

bool
held_next(const struct slots *s, const struct held *h, uint32_t *slot,
    int64_t *id)
{
	uint32_t w = *slot / 64;
	uint64_t left;

	if (w >= h->n_words)
		return false;
	left = h->words[w] & UINT64_MAX << (*slot % 64);
	while (left == 0 && ++w < h->n_words)
		left = h->words[w];
	if (left == 0)
		return false;
	*slot = w * 64 + (uint32_t)__builtin_ctzll(left);
	*id = s->v[*slot]->id;
	return true;
}

void
held_clear(struct slots *s, struct held *h)
{
	uint32_t slot = 0;
	int64_t id;

	while (held_next(s, h, &slot, &id))
		held_remove(s, h, slot);
	free(h->words);
	*h = (struct held){ 0 };
}
