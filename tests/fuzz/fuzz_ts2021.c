/*
 * tests/fuzz/fuzz_ts2021.c -- handshakes and records.
 *
 * The first byte chooses: an initiation, its header, records from a stranger,
 * or a text that is sealed, cut, damaged if so chosen, and opened.
 */
#include "lib/crypto/noise.h"
#include "lib/wire/ts2021.h"
#include "tests/fuzz/fuzz.h"

#define ROOM (1u << 20)

static void
initiation(struct span in)
{
	uint8_t msg[NOISE_INITIATION_SIZE] = { 0 }, out[NOISE_RESPONSE_SIZE];
	struct noise_static self;
	struct key32 priv;
	struct noise_session s;
	struct noise_peer peer;

	if (in.n > 0)
		memcpy(msg, in.p, in.n < sizeof(msg) ? in.n : sizeof(msg));
	for (uint8_t i = 0; i < KEY_BYTES; i++)
		priv.b[i] = i + 1;	/* as in the worked example */
	noise_static_init(&self, &priv);
	if (noise_respond(&self, msg, out, &s, &peer) != OK)
		assert(key_is_zero(&peer.machine));
}

static void
header(struct span in)
{
	struct str text = { (const char *)in.p, in.n };
	uint8_t msg[NOISE_INITIATION_SIZE];
	uint16_t version;
	struct buf again;

	if (ts2021_initiation_read(text, msg, &version) != OK)
		return;
	buf_init(&again, ROOM);
	base64_write(&again, msg, sizeof(msg));
	assert(str_eq(buf_as_str(&again), text));
	buf_fini(&again);
}

/* Feeds 'in' in pieces; after an error every call must fail. */
static enum err
feed(struct ts2021 *t, struct span in, size_t step, struct buf *plain)
{
	enum err e = OK, now;

	while (in.n > 0) {
		now = ts2021_feed(t, take_piece(&in, step), plain);
		assert(e == OK || now != OK);
		e = now;
	}
	return e;
}

static void
stranger(struct span in)
{
	const struct noise_session s = { .recv_key = { 1 } };
	size_t step = (size_t)take_byte(&in) * 17 + 1;
	struct buf plain;
	struct ts2021 t;

	buf_init(&plain, ROOM);
	ts2021_init(&t, &s);
	(void)feed(&t, in, step, &plain);
	assert(plain.n == 0);
	ts2021_fini(&t);
	buf_fini(&plain);
}

static void
both_ways(struct span in)
{
	const struct noise_session a = { .send_key = { 1 } };
	const struct noise_session b = { .recv_key = { 1 } };
	size_t step = (size_t)take_byte(&in) * 17 + 1;
	uint8_t hurt = take_byte(&in);
	struct buf wire, plain;
	struct ts2021 from, to;

	buf_init(&wire, ROOM);
	buf_init(&plain, ROOM);
	ts2021_init(&from, &a);
	ts2021_init(&to, &b);
	assert(ts2021_seal(&from, in, &wire) == OK || in.n > ROOM / 2);
	if (hurt % 2 == 1 && wire.n > 0) {
		wire.p[hurt * 251u % wire.n] ^= hurt;
		/* A longer length may leave the record waiting for more. */
		if (feed(&to, buf_span(&wire), step, &plain) == OK)
			assert(plain.n < in.n || in.n == 0);
	} else {
		assert(feed(&to, buf_span(&wire), step, &plain) == OK);
		assert(plain.n == in.n || wire.over);
		assert(plain.n == 0 || memcmp(plain.p, in.p, in.n) == 0);
	}
	ts2021_fini(&from);
	ts2021_fini(&to);
	buf_fini(&wire);
	buf_fini(&plain);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static void (*const modes[])(struct span) = { initiation, header,
	    stranger, both_ways };
	struct span in = { data, n };

	modes[take_byte(&in) % 4](in);
	return 0;
}
