/*
 * notifier/ring.h -- the recent deltas, for streams whose map is a little older.
 *
 * A first map is made at some change; what was handed out since then is
 * replayed to the new stream from here.  The ring also answers whether a held
 * request missed its wake.  Bounded by memory: the oldest go.
 */
#ifndef NOTIFIER_RING_H
#define NOTIFIER_RING_H

#include "notifier/batch.h"

#define RING_BATCHES 1024		/* a power of two */
#define RING_BYTES (16u << 20)

struct ring {
	struct batch *v[RING_BATCHES];
	uint32_t head, n;
	size_t bytes;
	int64_t floor;		/* nothing is missing after this change */
	int64_t position;	/* handed out up to here */
};

void ring_init(struct ring *r, int64_t position);
void ring_fini(struct ring *r);

/*
 * Takes the batch that comes next.  Its 'from' must not be after the position
 * (ring_follows()).
 */
bool ring_follows(const struct ring *r, const struct batch *b);
void ring_push(struct ring *r, struct batch *b);

/* Is everything after 'seq' still here? */
bool ring_reaches(const struct ring *r, int64_t seq);

/* The first batch that has changes after 'seq', then the next; NULL at the end. */
struct batch *ring_after(const struct ring *r, int64_t seq);

/* Was 'topic' woken by a batch with changes after 'seq'? */
bool ring_woke(const struct ring *r, struct str topic, int64_t seq);

#endif
