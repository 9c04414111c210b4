/* tests/unit/ts2021_test.c -- the record layer of /ts2021. */
#include "lib/wire/ts2021.h"
#include "tests/unit/vector.h"

#include <stdlib.h>

static struct noise_session keys, client_keys;
static struct ts2021 server, client;
static struct buf wire, plain;

static int
begin(void **state)
{
	(void)state;
	vector_handshake(&keys, &client_keys);
	ts2021_init(&server, &keys);
	ts2021_init(&client, &client_keys);
	buf_init(&wire, 4 << 20);
	buf_init(&plain, 4 << 20);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	ts2021_fini(&server);
	ts2021_fini(&client);
	buf_fini(&wire);
	buf_fini(&plain);
	return 0;
}

static uint8_t *
pattern(size_t n)
{
	uint8_t *p = malloc(n + 1);

	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 7 + (i >> 8));
	return p;
}

static void
initiation(void **state)
{
	const char *text = vector_text("initiation", "x_tailscale_handshake_header");
	uint8_t msg[NOISE_INITIATION_SIZE];
	char *longer = malloc(1001);
	uint16_t version;

	(void)state;
	assert_int_equal(ts2021_initiation_read(str_of(text), msg, &version), OK);
	assert_hex(msg, sizeof(msg), vector_text("initiation", "message"));
	assert_int_equal(version, 142);
	assert_int_equal(ts2021_initiation_read(STR(""), msg, &version), ERR_TOOBIG);
	assert_int_equal(ts2021_initiation_read(STR("AAAA"), msg, &version),
	    ERR_TOOBIG);
	assert_int_equal(ts2021_initiation_read(STR("AAA"), msg, &version),
	    ERR_BADREQ);
	assert_int_equal(ts2021_initiation_read((struct str){ text, 135 }, msg,
	    &version), ERR_BADREQ);
	memset(longer, 'A', 1000);
	longer[1000] = '\0';
	assert_int_equal(ts2021_initiation_read(str_of(longer), msg, &version),
	    ERR_TOOBIG);
	longer[140] = '\0';
	assert_int_equal(ts2021_initiation_read(str_of(longer), msg, &version),
	    ERR_TOOBIG);
	free(longer);
}

/* Sizes around the borders of a record. */
static void
sealed_in_few_records(void **state)
{
	static const size_t sizes[] = { 0, 1, 4076, 4077, 4078, 2 * 4077,
	    2 * 4077 + 1, 1000000 };
	uint8_t *p = pattern(1000000);
	size_t n;

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		n = sizes[i];
		buf_clear(&wire);
		buf_clear(&plain);
		assert_int_equal(ts2021_seal(&server, (struct span){ p, n }, &wire),
		    OK);
		assert_int_equal(wire.n, n + (n + 4076) / 4077 * 19);
		assert_int_equal(wire.n, ts2021_sealed_size(n));
		assert_int_equal(ts2021_feed(&client, buf_span(&wire), &plain), OK);
		assert_int_equal(plain.n, n);
		if (n > 0)
			assert_memory_equal(plain.p, p, n);
	}
	free(p);
}

/* The same bytes in pieces of 1, 2, 3, … give the same text. */
static void
any_chunking(void **state)
{
	uint8_t *p = pattern(9000);
	struct span piece;

	(void)state;
	for (size_t step = 1; step < 9000; step = step * 5 / 3 + 1) {
		buf_clear(&wire);
		buf_clear(&plain);
		assert_int_equal(ts2021_seal(&client, (struct span){ p, 9000 },
		    &wire), OK);
		for (size_t at = 0; at < wire.n; at += piece.n) {
			piece.p = wire.p + at;
			piece.n = wire.n - at < step ? wire.n - at : step;
			assert_int_equal(ts2021_feed(&server, piece, &plain), OK);
		}
		assert_int_equal(plain.n, 9000);
		assert_memory_equal(plain.p, p, 9000);
		assert_null(server.part.p);	/* nothing kept, no memory held */
	}
	free(p);
}

static void
empty_records(void **state)
{
	uint8_t record[NOISE_OVERHEAD + 1];
	struct buf full;

	(void)state;
	buf_init(&full, 0);
	assert_int_equal(noise_seal(&client.session, NULL, 0, record), OK);
	assert_int_equal(ts2021_feed(&server,
	    (struct span){ record, NOISE_OVERHEAD }, &full), OK);
	assert_int_equal(noise_seal(&client.session, NULL, 0, record), OK);
	assert_int_equal(ts2021_feed(&server, (struct span){ record, 5 }, &full), OK);
	assert_int_equal(ts2021_feed(&server,
	    (struct span){ record + 5, NOISE_OVERHEAD - 5 }, &full), OK);
	assert_int_equal(full.n, 0);
	assert_int_equal(ts2021_feed(&server, (struct span){ NULL, 0 }, &full), OK);
	assert_int_equal(noise_seal(&client.session, (const uint8_t *)"x", 1,
	    record), OK);
	assert_int_equal(ts2021_feed(&server,
	    (struct span){ record, NOISE_OVERHEAD + 1 }, &full), ERR_TOOBIG);
	buf_fini(&full);
}

/* Feeds one bad head to a fresh session. */
static void
head_refused(const char *head, size_t n, enum err want)
{
	struct ts2021 t;

	ts2021_init(&t, &keys);
	assert_int_equal(ts2021_feed(&t, (struct span){ (const uint8_t *)head, n },
	    &plain), want);
	assert_int_equal(ts2021_feed(&t, (struct span){ NULL, 0 }, &plain),
	    want == OK ? OK : ERR_BADREQ);
	ts2021_fini(&t);
}

static void
bad_heads(void **state)
{
	(void)state;
	head_refused("\x04", 1, OK);
	head_refused("\x04\x00", 2, OK);
	head_refused("\x04\x00\x10", 3, OK);
	head_refused("\x04\x0f\xfd", 3, OK);
	head_refused("\x03", 1, ERR_BADREQ);
	head_refused("\x05\x00\x10", 3, ERR_BADREQ);
	head_refused("\x04\x00\x0f", 3, ERR_BADREQ);	/* no room for a tag */
	head_refused("\x04\x0f\xfe", 3, ERR_BADREQ);	/* 4097 bytes */
	head_refused("\x04\xff\xff", 3, ERR_BADREQ);
	assert_int_equal(plain.n, 0);
}

static void
forged(void **state)
{
	struct span in;

	(void)state;
	assert_int_equal(ts2021_seal(&client, SPAN("hello"), &wire), OK);
	wire.p[wire.n - 1] ^= 1;
	in = buf_span(&wire);
	assert_int_equal(ts2021_feed(&server, in, &plain), ERR_AUTH);
	wire.p[wire.n - 1] ^= 1;
	assert_int_equal(ts2021_feed(&server, in, &plain), ERR_BADREQ);
	assert_int_equal(ts2021_seal(&server, SPAN("x"), &wire), ERR_TOOBIG);
	assert_int_equal(plain.n, 0);
}

static void
replayed(void **state)
{
	(void)state;
	assert_int_equal(ts2021_seal(&client, SPAN("hello"), &wire), OK);
	assert_int_equal(ts2021_feed(&server, buf_span(&wire), &plain), OK);
	assert_int_equal(ts2021_feed(&server, buf_span(&wire), &plain), ERR_AUTH);
	assert_str(buf_as_str(&plain), "hello");
}

static void
output_full(void **state)
{
	struct buf small;

	(void)state;
	buf_init(&small, 20);
	assert_int_equal(ts2021_seal(&server, SPAN("ab"), &small), ERR_TOOBIG);
	buf_clear(&small);
	assert_int_equal(ts2021_seal(&server, SPAN("a"), &small), OK);
	assert_int_equal(server.session.send_n, 1);
	buf_clear(&small);
	server.session.send_n = UINT64_MAX;
	assert_int_equal(ts2021_seal(&server, SPAN("a"), &small), ERR_TOOBIG);
	buf_fini(&small);
}

static void
early_payload(void **state)
{
	struct key32 priv, pub;

	(void)state;
	unhex(vector_text("early_payload", "challenge_priv"), priv.b, 32);
	key_public(&priv, &pub);
	ts2021_early_payload(&wire, &pub);
	assert_hex(wire.p, wire.n, vector_text("early_payload", "full"));
}

static void
error_frame(void **state)
{
	(void)state;
	ts2021_error(&wire, "unsupported client");
	assert_hex(wire.p, wire.n, vector_text("error_frame_example", "frame"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(initiation), T(sealed_in_few_records), T(any_chunking),
		T(empty_records), T(bad_heads), T(forged), T(replayed),
		T(output_full), T(early_payload), T(error_frame),
	};

	crypto_init();
	return cmocka_run_group_tests(tests, vector_open, vector_close);
}
