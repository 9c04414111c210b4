/*
 * tests/fuzz/fuzz_delta.c -- messages between worker and notifier.
 *
 * What was understood, written again, must be the bytes that were read: there
 * is one spelling of each message.
 */
#include "lib/wire/delta.h"
#include "tests/fuzz/fuzz.h"

#define ROOM 4096

static int64_t ids[ROOM];

static void
open_message(struct span in)
{
	struct stream_open o;
	struct buf again;
	enum err e = stream_open_decode(in, ids, ROOM, &o);

	assert(e != OK || stream_open_peek(in) == o.n_peers);
	if (e != OK)
		return;
	buf_init(&again, 1 << 22);
	stream_open_encode(&again, &o);
	buf_put(&again, o.first.p, o.first.n);
	assert(again.n == in.n && memcmp(again.p, in.p, in.n) == 0);
	buf_fini(&again);
}

static void
delta_message(struct span in)
{
	struct rd r = rd_of(in);
	struct delta_head h;
	struct fragment f;
	struct buf again;
	uint32_t n = 0;

	if (delta_head_decode(&r, &h) != OK)
		return;
	buf_init(&again, 1 << 22);
	delta_head_encode(&again, &h);
	while (n < h.count && fragment_decode(&r, ids, ROOM, &f) == OK) {
		assert(f.name.n <= DELTA_NAME_MAX && f.n_ids <= ROOM);
		fragment_encode(&again, &f);
		n++;
	}
	assert(again.n <= in.n && memcmp(again.p, in.p, again.n) == 0);
	buf_fini(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span in = { data, n };

	open_message(in);
	delta_message(in);
	return 0;
}
