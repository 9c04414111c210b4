/* tests/unit/json_test.c -- what is written, what is read, what is refused. */
#include "lib/json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct arena *a;
static struct buf out;

static int
setup(void **state)
{
	(void)state;
	a = arena_new();
	buf_init(&out, 1 << 20);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_fini(&out);
	arena_free(a);
	return 0;
}

static void
assert_written(const char *want)
{
	buf_byte(&out, '\0');
	assert_string_equal((char *)out.p, want);
	buf_clear(&out);
}

static void
writer_puts_commas(void **state)
{
	struct jw w;

	(void)state;
	jw_init(&w, &out);
	jw_obj(&w);
	jw_kstr(&w, "a", "x");
	jw_key(&w, "b");
	jw_arr(&w);
	jw_i64(&w, 1);
	jw_arr(&w);
	jw_end_arr(&w);
	jw_obj(&w);
	jw_end_obj(&w);
	jw_null(&w);
	jw_end_arr(&w);
	jw_kbool(&w, "c", true);
	jw_kraw(&w, "d", "{\"x\":1}");
	jw_kstr(&w, "e", NULL);
	jw_ki64(&w, "f", -5);
	jw_ktime(&w, "g", 0);
	jw_end_obj(&w);
	assert_written("{\"a\":\"x\",\"b\":[1,[],{},null],\"c\":true,\"d\":{\"x\":1},"
	    "\"e\":null,\"f\":-5,\"g\":\"1970-01-01T00:00:00.000Z\"}");
}

static void
writer_writes_every_integer(void **state)
{
	struct jw w;

	(void)state;
	jw_init(&w, &out);
	jw_arr(&w);
	jw_i64(&w, 0);
	jw_i64(&w, INT64_MAX);
	jw_i64(&w, INT64_MIN);
	jw_end_arr(&w);
	assert_written("[0,9223372036854775807,-9223372036854775808]");
}

static const char *
written(struct str s)
{
	struct jw w;

	buf_clear(&out);
	jw_init(&w, &out);
	jw_strn(&w, s);
	return arena_strndup(a, (char *)out.p, out.n);
}

static void
writer_escapes(void **state)
{
	(void)state;
	assert_string_equal(written(STR("")), "\"\"");
	assert_string_equal(written(STR("a\"b\\c/")), "\"a\\\"b\\\\c/\"");
	assert_string_equal(written(STR("\b\t\n\f\r\x01\x1f\x7f")),
	    "\"\\b\\t\\n\\f\\r\\u0001\\u001f\x7f\"");
	assert_string_equal(written((struct str){ "a\0b", 3 }), "\"a\\u0000b\"");
	assert_string_equal(written(STR("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80")),
	    "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"");
}

#define FFFD "\xef\xbf\xbd"

static void
writer_replaces_bad_utf8(void **state)
{
	(void)state;
	assert_string_equal(written(STR("a\xff" "b")), "\"a" FFFD "b\"");
	assert_string_equal(written(STR("\xc3")), "\"" FFFD "\"");
	assert_string_equal(written(STR("\xe2\x82")), "\"" FFFD FFFD "\"");
	assert_string_equal(written(STR("\xc0\x80")), "\"" FFFD FFFD "\"");
	assert_string_equal(written(STR("\xed\xa0\x80")), "\"" FFFD FFFD FFFD "\"");
	assert_string_equal(written(STR("\xc3\"x")), "\"" FFFD "\\\"x\"");
}

static jv *
parse(const char *text)
{
	return json_parse(a, str_of(text), 4, NULL);
}

static void
reader_gives_what_is_there(void **state)
{
	jv *o = parse("{\"s\":\"x\",\"i\":-7,\"b\":true,\"n\":null,\"l\":[1,\"y\"],\"o\":{}}");

	(void)state;
	assert_non_null(o);
	assert_string_equal(json_get_str(o, "s", "-"), "x");
	assert_string_equal(json_get_str(o, "i", "-"), "-");
	assert_string_equal(json_get_str(o, "none", "-"), "-");
	assert_int_equal(json_get_i64(o, "i", 1), -7);
	assert_int_equal(json_get_i64(o, "s", 1), 1);
	assert_true(json_get_bool(o, "b", false));
	assert_true(json_get_bool(o, "i", true));
	assert_null(json_get(o, "n"));
	assert_false(json_wrong(o, "n", JSON_STR));
	assert_false(json_wrong(o, "none", JSON_STR));
	assert_true(json_wrong(o, "i", JSON_STR));
	assert_false(json_wrong(o, "l", JSON_ARR));
	assert_int_equal(json_len(json_get(o, "l")), 2);
	assert_int_equal(json_len(o), 0);
	assert_int_equal(json_int(json_at(json_get(o, "l"), 0)), 1);
	assert_string_equal(json_text(json_at(json_get(o, "l"), 1)), "y");
	assert_null(json_at(json_get(o, "l"), 2));
	assert_null(json_get(json_get(o, "s"), "x"));
	assert_null(json_get(NULL, "x"));
}

static void
reader_takes_scalars(void **state)
{
	(void)state;
	assert_int_equal(json_int(parse("12")), 12);
	assert_int_equal(json_int(parse(" 12 \n")), 12);
	assert_string_equal(json_text(parse("\"x\"")), "x");
	assert_true(json_is(parse("true"), JSON_BOOL));
	assert_true(json_is(parse("[]"), JSON_ARR));
}

static void
reader_refuses(void **state)
{
	static const char *const bad[] = {
		"", " ", "null", "{", "[", "\"", "tru", "{}x", "{} {}", "[1,]", "{\"a\":1,}",
		"{'a':1}", "{a:1}", "[1 2]", "{\"a\" 1}", "/**/{}", "[01]", "[1.]", "[-]",
		"NaN", "[Infinity]", "[-Infinity]", "[1e999]", "[\"\xff\"]", "[\"\xc0\x80\"]",
		"[[[[[1]]]]]", "{\"a\":\"\n\"}", "[True]", "[\"\\x\"]", "[nul]",
		"[99999999999999999999999]", "[-9223372036854775809]",
	};
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why = NULL;
		if (json_parse(a, str_of(bad[i]), 4, &why) != NULL)
			fail_msg("'%s' was taken", bad[i]);
		assert_non_null(strstr(why, "not valid JSON"));
	}
	assert_null(json_parse(a, (struct str){ "1\0", 2 }, 4, NULL));
	assert_null(json_parse(a, (struct str){ "[\"a\0\"]", 6 }, 4, NULL));
}

static void
reader_says_what_is_wrong(void **state)
{
	static const struct { const char *text, *why; } cases[] = {
		{ "{\"a\":1,}", "expected a string (at byte 7)" },
		{ "{\"a\":", "it ends too early (at byte 5)" },
		{ "[1 2]", "expected ',' or a closing bracket (at byte 3)" },
		{ "[[[[[1]]]]]", "nested too deeply (at byte 5)" },
		{ "[-9223372036854775809]", "number out of range (at byte 1)" },
		{ "{} x", "more after the value (at byte 3)" },
		{ "null", "it is null (at byte 4)" },
	};
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_null(json_parse(a, str_of(cases[i].text), 4, &why));
		assert_string_equal(why + strlen("not valid JSON: "), cases[i].why);
	}
}

static void
reader_counts_depth(void **state)
{
	(void)state;
	assert_non_null(json_parse(a, STR("[[],[1],{\"a\":1},[]]"), 2, NULL));
	assert_null(json_parse(a, STR("[[[1]]]"), 2, NULL));
	assert_null(json_parse(a, STR("[{\"a\":[]}]"), 2, NULL));
	assert_null(json_parse(a, STR("[]"), 0, NULL));
}

static void
reader_does_not_saturate(void **state)
{
	jv *o = parse("{\"max\":9223372036854775807,\"min\":-9223372036854775808,"
	    "\"over\":9223372036854775808,\"top\":18446744073709551615,\"f\":1.0,\"e\":1e3}");

	(void)state;
	assert_true(json_get_i64(o, "max", 0) == INT64_MAX);
	assert_true(json_get_i64(o, "min", 0) == INT64_MIN);
	assert_int_equal(json_get_i64(o, "over", -1), -1);
	assert_true(json_wrong(o, "over", JSON_INT));
	assert_true(json_wrong(o, "top", JSON_INT));
	assert_true(json_wrong(o, "f", JSON_INT));
	assert_true(json_wrong(o, "e", JSON_INT));
}

static void
text_with_a_nul_is_no_text(void **state)
{
	jv *o = parse("{\"a\":\"x\\u0000y\"}");

	(void)state;
	assert_non_null(o);
	assert_true(json_wrong(o, "a", JSON_STR));
	assert_string_equal(json_get_str(o, "a", "-"), "-");
}

static void
last_of_equal_keys_wins(void **state)
{
	(void)state;
	assert_int_equal(json_get_i64(parse("{\"a\":1,\"a\":2}"), "a", 0), 2);
}

static void
append_key(void *arg, const char *key, jv *value)
{
	struct buf *b = arg;

	buf_str(b, key);
	buf_byte(b, value == NULL ? '0' : '1');
}

static void
documents_can_be_changed_and_dumped(void **state)
{
	jv *o = parse("{ \"a\" : 1.50, \"b\": [ \"x/y\", \"\\u00e4\" ], \"c\": null }");

	(void)state;
	assert_string_equal(json_dump(a, o),
	    "{\"a\":1.50,\"b\":[\"x/y\",\"\xc3\xa4\"],\"c\":null}");
	json_each(o, append_key, &out);
	assert_written("a1b1c0");
	json_del(o, "a");
	json_del(o, "none");
	json_del(parse("1"), "a");
	assert_string_equal(json_dump(a, o), "{\"b\":[\"x/y\",\"\xc3\xa4\"],\"c\":null}");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(writer_puts_commas),
		T(writer_writes_every_integer),
		T(writer_escapes),
		T(writer_replaces_bad_utf8),
		T(reader_gives_what_is_there),
		T(reader_takes_scalars),
		T(reader_refuses),
		T(reader_says_what_is_wrong),
		T(reader_counts_depth),
		T(reader_does_not_saturate),
		T(text_with_a_nul_is_no_text),
		T(last_of_equal_keys_wins),
		T(documents_can_be_changed_and_dumped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
