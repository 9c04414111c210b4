/* tests/unit/base_test.c -- memory, text, cursors and times of lib/base. */
#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/rd.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

/* ---- arena ---- */

static char order[8];

static void
note(void *p)
{
	strncat(order, p, 1);
}

static void
arena_pieces(void **state)
{
	static const size_t sizes[] = { 1, 15, 16, 17, 0, 4000, 9000, 1, 600000,
	    3, 8000, 300000, 1 };
	struct arena *a = arena_new();
	uint8_t *p[COUNT(sizes)];

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < COUNT(sizes); i++) {
			p[i] = arena_alloc(a, sizes[i]);
			assert_int_equal((uintptr_t)p[i] % 16, 0);
			for (size_t k = 0; k < sizes[i]; k++)
				assert_int_equal(p[i][k], 0);
			memset(p[i], (int)i + 1, sizes[i]);
		}
		for (size_t i = 0; i < COUNT(sizes); i++)
			for (size_t k = 0; k < sizes[i]; k++)
				assert_int_equal(p[i][k], i + 1);
		arena_reset(a);
	}
	arena_free(a);
	arena_free(NULL);
}

static void
arena_text(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	assert_string_equal(arena_strdup(a, "hello"), "hello");
	assert_string_equal(arena_strndup(a, "hello", 2), "he");
	assert_string_equal(arena_strndup(a, NULL, 0), "");
	assert_string_equal(arena_printf(a, "%d-%s", 7, "x"), "7-x");
	assert_non_null(arena_array(a, 3, 7));
	arena_free(a);
}

static void
arena_deferred(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	order[0] = '\0';
	arena_defer(a, note, (void *)"1");
	arena_defer(a, note, (void *)"2");
	arena_reset(a);
	assert_string_equal(order, "21");
	arena_defer(a, note, (void *)"3");
	arena_free(a);
	assert_string_equal(order, "213");
}

/* ---- buf ---- */

static void
buf_writes(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	buf_put(&b, NULL, 0);
	assert_int_equal(b.cap, 0);
	assert_non_null(buf_room(&b, 0));
	buf_be16(&b, 0x0102);
	buf_be32(&b, 0x03040506);
	buf_be64(&b, 0x0708090a0b0c0d0e);
	buf_le32(&b, 0x01020304);
	buf_byte(&b, 'x');
	assert_hex(b.p, b.n, "0102030405060708090a0b0c0d0e0403020178");
	buf_clear(&b);
	buf_str(&b, "hello ");
	buf_printf(&b, "%s %d", "world", 42);
	assert_str(buf_as_str(&b), "hello world 42");
	buf_drop(&b, 6);
	assert_str(buf_as_str(&b), "world 42");
	buf_drop(&b, 0);
	buf_drop(&b, 8);
	assert_int_equal(b.n, 0);
	buf_fini(&b);
	buf_drop(&b, 0);
	assert_int_equal(b.max, 1000);
}

static void
buf_maximum(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 5);
	buf_str(&b, "hello");
	assert_false(b.over);
	buf_byte(&b, '!');
	assert_true(b.over);
	buf_str(&b, "");
	assert_str(buf_as_str(&b), "hello");
	assert_null(buf_room(&b, 0));
	buf_clear(&b);
	buf_printf(&b, "%s", "12345");
	assert_false(b.over);
	assert_str(buf_as_str(&b), "12345");
	buf_clear(&b);
	buf_printf(&b, "%s", "123456");
	assert_true(b.over);
	assert_int_equal(b.n, 0);
	buf_clear(&b);
	assert_null(buf_room(&b, SIZE_MAX));
	buf_fini(&b);
}

static void
buf_grows(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, SIZE_MAX);
	for (uint32_t i = 0; i < 10000; i++)
		buf_be32(&b, i);
	for (uint32_t i = 0; i < 10000; i++)
		assert_int_equal(b.p[4 * i + 3], (uint8_t)i);
	assert_int_equal(buf_span(&b).n, 40000);
	buf_fini(&b);
}

/* ---- rd ---- */

static void
cursor(void **state)
{
	struct rd r = rd_of(SPAN("\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17rest"));
	struct span s;

	(void)state;
	assert_int_equal(rd_u8(&r), 1);
	assert_int_equal(rd_be16(&r), 0x0203);
	assert_int_equal(rd_be32(&r), 0x04050607);
	assert_int_equal(rd_be64(&r), 0x08090a0b0c0d0e0f);
	assert_int_equal(rd_left(&r), 4);
	s = rd_bytes(&r, 4);
	assert_memory_equal(s.p, "rest", 4);
	assert_int_equal(rd_bytes(&r, 0).n, 0);
	assert_false(r.bad);
	assert_int_equal(rd_u8(&r), 0);
	assert_true(r.bad);
}

/* After an error nothing is read, not even what would fit. */
static void
cursor_error_sticks(void **state)
{
	struct rd r = rd_of(SPAN("\1\2\3"));

	(void)state;
	assert_int_equal(rd_be32(&r), 0);
	assert_int_equal(rd_u8(&r), 0);
	assert_int_equal(rd_left(&r), 0);
	assert_null(rd_bytes(&r, SIZE_MAX).p);
	r = rd_of((struct span){ NULL, 0 });
	assert_int_equal(rd_bytes(&r, 0).n, 0);
	assert_false(r.bad);
	assert_int_equal(rd_u8(&r), 0);
	assert_true(r.bad);
}

/* ---- str ---- */

static void
str_compares(void **state)
{
	struct str none = str_of(NULL);

	(void)state;
	assert_true(str_eq(none, STR("")));
	assert_true(str_is(STR("ab"), "ab"));
	assert_false(str_is(STR("ab\0"), "ab"));
	assert_true(str_starts(STR("abc"), "ab") && str_starts(none, ""));
	assert_false(str_starts(STR("a"), "ab"));
	assert_true(str_ends(STR("abc"), "bc") && str_ends(none, ""));
	assert_false(str_ends(STR("c"), "bc"));
	assert_str(str_trim(STR(" \t a b\r\n")), "a b");
	assert_str(str_trim(STR("  ")), "");
	assert_str(str_trim(none), "");
}

static void
str_cuts(void **state)
{
	struct str s = STR("a,,b,"), head;

	(void)state;
	assert_true(str_cut(&s, ',', &head));
	assert_str(head, "a");
	assert_true(str_cut(&s, ',', &head));
	assert_str(head, "");
	assert_true(str_cut(&s, ',', &head));
	assert_str(head, "b");
	assert_true(str_cut(&s, ',', &head));
	assert_str(head, "");
	assert_false(str_cut(&s, ',', &head));
}

static void
str_integers(void **state)
{
	static const char *const bad[] = { "", "-", "+1", "1 ", " 1", "1.0", "0x1",
	    "9223372036854775808", "-9223372036854775809", "99999999999999999999",
	    "--1", "1-" };
	int64_t v;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(str_i64(str_of(bad[i]), &v));
	assert_true(str_i64(STR("9223372036854775807"), &v) && v == INT64_MAX);
	assert_true(str_i64(STR("-9223372036854775808"), &v) && v == INT64_MIN);
	assert_true(str_i64(STR("-5"), &v) && v == -5);
	assert_true(str_i64(STR("0"), &v) && v == 0);
	assert_false(str_i64(str_of(NULL), &v));
}

static void
str_utf8(void **state)
{
	static const char *const good[] = { "", "abc", "\x7f", "\xc2\x80",
	    "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
	    "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "a\xc3\xa4z" };
	static const char *const bad[] = { "\x80", "\xbf", "\xc0\x80", "\xc1\xbf",
	    "\xc2", "\xc2\xc2", "\xc2z", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xe0\xa0",
	    "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf",
	    "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80", "\xff",
	    "\xfe", "a\xc3", "\xf0\x90\x80" };

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (!str_utf8_valid(str_of(good[i])))
			fail_msg("good %zu", i);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (str_utf8_valid(str_of(bad[i])))
			fail_msg("bad %zu", i);
	assert_true(str_utf8_valid(STR("a\0b")));
}

/* ---- clock ---- */

static void
time_read(void **state)
{
	static const struct { const char *text; int64_t ms; } good[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1969-12-31T23:59:59.999Z", -1 },
		{ "2026-11-22T13:07:53.986Z", 1795352873986 },
		{ "2026-11-22T13:07:53.9869999Z", 1795352873986 },
		{ "2026-11-22t15:07:53+02:00", 1795352873000 },
		{ "2026-11-22T07:37:53.5-05:30", 1795352873500 },
		{ "0001-01-01T00:00:00Z", -62135596800000 },
		{ "2024-02-29T00:00:00Z", 1709164800000 },
		{ "2000-02-29T00:00:00Z", 951782400000 },
		{ "9999-12-31T23:59:59.999Z", 253402300799999 },
	};
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (!rfc3339_read(str_of(good[i].text), &ms) || ms != good[i].ms)
			fail_msg("%s: %lld", good[i].text, (long long)ms);
}

static void
time_refused(void **state)
{
	static const char *const bad[] = { "", "2026-11-22", "2026-11-22T13:07:53",
	    "2026-11-22 13:07:53Z", "2026-11-22T13:07Z", "2026-13-01T00:00:00Z",
	    "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-04-31T00:00:00Z",
	    "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-01-01T24:00:00Z",
	    "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:00.Z",
	    "2026-01-01T00:00:00Zx", "2026-01-01T00:00:00+0200",
	    "2026-01-01T00:00:00+24:00", "+026-01-01T00:00:00Z",
	    "26-01-01T00:00:00Z" };
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (rfc3339_read(str_of(bad[i]), &ms))
			fail_msg("accepted %s", bad[i]);
}

static void
time_written(void **state)
{
	char out[RFC3339_SIZE];

	(void)state;
	assert_string_equal(rfc3339_write(0, out), "1970-01-01T00:00:00.000Z");
	assert_string_equal(rfc3339_write(-1, out), "1969-12-31T23:59:59.999Z");
	assert_string_equal(rfc3339_write(1795352873986, out),
	    "2026-11-22T13:07:53.986Z");
	assert_string_equal(rfc3339_write(INT64_MIN, out),
	    "0001-01-01T00:00:00.000Z");
	assert_string_equal(rfc3339_write(INT64_MAX, out),
	    "9999-12-31T23:59:59.999Z");
	assert_true(clock_wall_ms() > 1700000000000);
	assert_true(clock_mono_ms() > 0);
}

static void
durations(void **state)
{
	static const char *const bad[] = { "", "5", "s", "1x", "1 h", "-1h", "1h30",
	    "1mo", "9223372036854775807y", "1.5h", "00", "1h 30m" };
	static const struct { const char *text; int64_t ms; } good[] = {
		{ "0", 0 }, { "0s", 0 }, { "250ms", 250 }, { "90s", 90000 },
		{ "30m", 1800000 }, { "24h", 86400000 }, { "90d", 7776000000 },
		{ "2w", 1209600000 }, { "1y", 31536000000 }, { "1h30m", 5400000 },
	};
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (!duration_read(str_of(good[i].text), &ms) || ms != good[i].ms)
			fail_msg("%s", good[i].text);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (duration_read(str_of(bad[i]), &ms))
			fail_msg("accepted \"%s\"", bad[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_pieces),
		cmocka_unit_test(arena_text),
		cmocka_unit_test(arena_deferred),
		cmocka_unit_test(buf_writes),
		cmocka_unit_test(buf_maximum),
		cmocka_unit_test(buf_grows),
		cmocka_unit_test(cursor),
		cmocka_unit_test(cursor_error_sticks),
		cmocka_unit_test(str_compares),
		cmocka_unit_test(str_cuts),
		cmocka_unit_test(str_integers),
		cmocka_unit_test(str_utf8),
		cmocka_unit_test(time_read),
		cmocka_unit_test(time_refused),
		cmocka_unit_test(time_written),
		cmocka_unit_test(durations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
