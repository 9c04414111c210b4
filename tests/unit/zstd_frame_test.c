/* tests/unit/zstd_frame_test.c -- zstd frames and the framing of map streams. */
#include "lib/wire/zstd_frame.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <zstd.h>

static struct buf b;
static struct zframe *z;

static int
begin(void **state)
{
	(void)state;
	buf_init(&b, 8 << 20);
	z = zframe_new();
	return 0;
}

static int
end(void **state)
{
	(void)state;
	buf_fini(&b);
	zframe_free(z);
	zframe_free(NULL);
	return 0;
}

static size_t
le32(const uint8_t *p)
{
	return p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
}

/* All frames of 'in' must give exactly 'want'. */
static void
unpacks_to(struct span in, struct span want)
{
	uint8_t *out = malloc(want.n + 1);
	ZSTD_DCtx *d = ZSTD_createDCtx();
	ZSTD_inBuffer from = { in.p, in.n, 0 };
	ZSTD_outBuffer to = { out, want.n + 1, 0 };
	size_t rest;

	do {
		rest = ZSTD_decompressStream(d, &to, &from);
		assert_false(ZSTD_isError(rest));
	} while (from.pos < from.size);
	assert_int_equal(rest, 0);
	assert_int_equal(to.pos, want.n);
	assert_memory_equal(out, want.p, want.n);
	(void)ZSTD_freeDCtx(d);
	free(out);
}

static void
frames_join(void **state)
{
	struct span a = SPAN("{\"Peers\":["), c = SPAN("1,2,3]}"), none = { 0 };

	(void)state;
	zframe_put(z, a, &b);
	zframe_put(z, none, &b);
	zframe_put(z, c, &b);
	unpacks_to(buf_span(&b), SPAN("{\"Peers\":[1,2,3]}"));
}

/* Descriptor byte: no content size, no single segment, no checksum, no
 * dictionary. */
static void
frame_has_no_size(void **state)
{
	const size_t sizes[] = { 0, 1, 300, 70000, 3000000 };
	uint8_t *in = malloc(3000000);

	(void)state;
	for (size_t i = 0; i < 3000000; i++)
		in[i] = (uint8_t)(i * i >> 7);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		buf_clear(&b);
		zframe_put(z, (struct span){ in, sizes[i] }, &b);
		assert_int_equal(b.p[4], 0);
		assert_int_equal(ZSTD_getFrameContentSize(b.p, b.n),
		    ZSTD_CONTENTSIZE_UNKNOWN);
		unpacks_to(buf_span(&b), (struct span){ in, sizes[i] });
	}
	free(in);
}

static void
messages(void **state)
{
	struct span json = SPAN("{\"Node\":{\"ID\":1}}");
	size_t n, mark;

	(void)state;
	map_message_put(&b, NULL, json);
	assert_int_equal(b.n, 4 + json.n);
	assert_int_equal(le32(b.p), json.n);
	assert_memory_equal(b.p + 4, json.p, json.n);
	n = b.n;
	map_message_put(&b, z, json);
	assert_int_equal(le32(b.p + n), b.n - n - 4);
	unpacks_to((struct span){ b.p + n + 4, b.n - n - 4 }, json);

	buf_clear(&b);
	mark = map_message_begin(&b);
	buf_str(&b, "ab");
	buf_str(&b, "cd");
	map_message_end(&b, mark);
	assert_memory_equal(b.p, "\4\0\0\0abcd", 8);
}

static void
limit(void **state)
{
	struct buf small;
	size_t mark;

	(void)state;
	buf_init(&small, 10);
	map_message_put(&small, z, SPAN("{\"KeepAlive\":true}"));
	assert_true(small.over);
	buf_clear(&small);
	mark = map_message_begin(&small);
	buf_str(&small, "1234567");
	map_message_end(&small, mark);
	assert_true(small.over);
	buf_fini(&small);
	buf_init(&small, 2);
	mark = map_message_begin(&small);
	map_message_end(&small, mark);
	assert_true(small.over);
	buf_fini(&small);
}

static void
keepalive(void **state)
{
	struct span plain = map_keepalive(false), packed = map_keepalive(true);
	struct span want = SPAN("{\"KeepAlive\":true}\n");

	(void)state;
	assert_int_equal(plain.n, 4 + want.n);
	assert_int_equal(le32(plain.p), want.n);
	assert_memory_equal(plain.p + 4, want.p, want.n);
	assert_int_equal(packed.n, 4 + 28);
	assert_int_equal(le32(packed.p), 28);
	unpacks_to((struct span){ packed.p + 4, 28 }, want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(frames_join, begin, end),
		cmocka_unit_test_setup_teardown(frame_has_no_size, begin, end),
		cmocka_unit_test_setup_teardown(messages, begin, end),
		cmocka_unit_test_setup_teardown(limit, begin, end),
		cmocka_unit_test_setup_teardown(keepalive, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
