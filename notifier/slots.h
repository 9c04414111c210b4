/*
 * notifier/slots.h -- which peers each stream holds, as bitmaps over dense slots.
 *
 * A patch for a peer that a client does not hold makes it drop the whole
 * message, so for every stream we must know exactly what it has been told.
 * Node ids are interned to slots, small numbers that are used again once
 * nobody holds that node: five thousand streams that hold five thousand peers
 * each cost 625 bytes per stream.
 */
#ifndef NOTIFIER_SLOTS_H
#define NOTIFIER_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLOT_NONE UINT32_MAX

struct slot;

struct slots {
	struct slot **v;		/* by slot; NULL if unused */
	uint32_t n, cap;		/* slots ever used, room in 'v' */
	uint32_t *unused;		/* stack of slots to use again */
	uint32_t n_unused;
	struct slot *by_id;		/* uthash */
};

/* One stream's set; zeroed memory is the empty set. */
struct held {
	uint64_t *words;
	uint32_t n_words;
};

void slots_init(struct slots *s);
void slots_fini(struct slots *s);	/* after all sets were cleared */

/* The slot of a node that somebody holds, or SLOT_NONE. */
uint32_t slots_find(const struct slots *s, int64_t id);

/*
 * The same, but makes one if there is none.  A slot that nobody came to hold
 * must be given back with slots_release(), which does nothing to others.
 */
uint32_t slots_intern(struct slots *s, int64_t id);
void slots_release(struct slots *s, uint32_t slot);

/* How many nodes are held by somebody. */
uint32_t slots_used(const struct slots *s);

bool held_has(const struct held *h, uint32_t slot);
void held_add(struct slots *s, struct held *h, uint32_t slot);
void held_remove(struct slots *s, struct held *h, uint32_t slot);

/* Replaces the whole set; 'ids' ascend as they do in an open answer. */
void held_set(struct slots *s, struct held *h, const int64_t *ids, uint32_t n);

/*
 * Walks the set: the first held slot at or after '*slot', and its node; false
 * at the end.  Add one to '*slot' for the next.
 */
bool held_next(const struct slots *s, const struct held *h, uint32_t *slot,
    int64_t *id);

/* Empties the set and frees its memory. */
void held_clear(struct slots *s, struct held *h);

#endif
