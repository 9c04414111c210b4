/* notifier/ring.c -- the recent deltas. */
#include "notifier/ring.h"

static struct batch *
ring_at(const struct ring *r, uint32_t i)
{
	return r->v[(r->head + i) % RING_BATCHES];
}

static void
ring_evict(struct ring *r)
{
	struct batch *b = ring_at(r, 0);

	r->floor = b->to;
	r->bytes -= batch_size(b);
	r->head = (r->head + 1) % RING_BATCHES;
	r->n--;
	batch_free(b);
}

void
ring_init(struct ring *r, int64_t position)
{
	*r = (struct ring){ .floor = position, .position = position };
}

void
ring_fini(struct ring *r)
{
	while (r->n > 0)
		ring_evict(r);
}

bool
ring_follows(const struct ring *r, const struct batch *b)
{
	return b->from <= r->position && b->to >= r->position;
}

void
ring_push(struct ring *r, struct batch *b)
{
	r->position = b->to;
	if (r->n == RING_BATCHES)
		ring_evict(r);
	r->v[(r->head + r->n++) % RING_BATCHES] = b;
	r->bytes += batch_size(b);
	while (r->n > 0 && r->bytes > RING_BYTES)
		ring_evict(r);
}

bool
ring_reaches(const struct ring *r, int64_t seq)
{
	return seq >= r->floor;
}

struct batch *
ring_after(const struct ring *r, int64_t seq)
{
	uint32_t lo = 0, hi = r->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (ring_at(r, mid)->to <= seq)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < r->n ? ring_at(r, lo) : NULL;
}

bool
ring_woke(const struct ring *r, struct str topic, int64_t seq)
{
	struct batch *b;

	while ((b = ring_after(r, seq)) != NULL) {
		if (batch_wakes(b, topic))
			return true;
		seq = b->to;
	}
	return false;
}
