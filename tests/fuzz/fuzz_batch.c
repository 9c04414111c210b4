/*
 * tests/fuzz/fuzz_batch.c -- a delta prepared for handing out.
 *
 * Whatever decodes can be chosen from, joined and applied for any viewer, and
 * what a viewer holds afterwards is bounded by what it was sent.
 */
#include <stdlib.h>

#include "lib/base/log.h"
#include "notifier/ring.h"
#include "tests/fuzz/fuzz.h"

static const int64_t peers[] = { 1, 2, 3, 5, 8, 13 };

static void
view(struct batch *b, struct slots *s, int64_t node, bool alone)
{
	struct held held = { 0 };
	struct viewer v = { node, alone, node % 2, &held };
	struct choice c = { .bits = xcalloc(b->words + 1, sizeof(uint64_t)) };
	const uint64_t *bits;
	struct buf out;

	held_set(s, &held, peers, (uint32_t)(node % 7));
	batch_resolve(b, s);
	batch_choose(b, &v, &c);
	bits = c.common ? b->common : c.bits;
	buf_init(&out, 1 << 24);
	if (batch_join(b, bits, &out))
		assert(out.n >= 4 && out.p[0] == '{' && out.p[out.n - 1] == '}');
	else
		assert(out.n == 0);
	buf_fini(&out);
	batch_apply(b, bits, s, &held);
	assert(slots_used(s) <= b->n + 7);
	held_clear(s, &held);
	assert(slots_used(s) == 0);
	free(c.bits);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slots slots;
	struct batch *b;
	struct buf in;

	buf_init(&in, n + 1);
	buf_put(&in, data, n);
	b = batch_new(&in);
	buf_fini(&in);
	if (b == NULL)
		return 0;
	slots_init(&slots);
	for (int64_t node = 1; node < 15; node++) {
		view(b, &slots, node, false);
		view(b, &slots, node, true);
	}
	(void)batch_wakes(b, STR("x"));
	slots_fini(&slots);
	batch_free(b);
	return 0;
}
