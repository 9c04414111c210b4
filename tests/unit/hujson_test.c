/*
 * tests/unit/hujson_test.c -- what HuJSON is read as, and what is refused, where and why.
 */
#include "lib/json/hujson.h"

#include <stdio.h>
#include <time.h>

#include "lib/base/buf.h"
#include "tests/unit/unit.h"

#define ROOM (1u << 22)
#define BIG 1000000u

static struct arena *a;
static struct buf text;		/* made documents */

static int
setup(void **state)
{
	(void)state;
	a = arena_new();
	buf_init(&text, ROOM);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_fini(&text);
	arena_free(a);
	return 0;
}

static const struct hj *
parse(struct str s)
{
	struct place at;
	const char *why;
	const struct hj *v = hujson_parse(a, s, &at, &why);

	if (v == NULL)
		fail_msg("refused: line %u, column %u: %s", at.line, at.col, why);
	assert_null(why);
	assert_int_equal(at.line, 0);
	return v;
}

static void
refused(struct str s, uint32_t line, uint32_t col, const char *want)
{
	struct place at;
	const char *why;

	assert_null(hujson_parse(a, s, &at, &why));
	assert_string_equal(why, want);
	assert_int_equal(at.line, line);
	assert_int_equal(at.col, col);
}

/* A document of 'n' times 'part', whose '#', if any, becomes the number. */
static struct str
repeated(const char *head, const char *part, size_t n, const char *tail)
{
	struct str left, right = str_of(part);

	(void)str_cut(&right, '#', &left);
	buf_clear(&text);
	buf_str(&text, head);
	for (size_t i = 0; i < n; i++) {
		buf_put(&text, left.p, left.n);
		if (right.p != NULL)
			buf_printf(&text, "%zu", i);
		buf_put(&text, right.p, right.n);
	}
	buf_str(&text, tail);
	assert_false(text.over);
	return buf_as_str(&text);
}

static void
reads_what_it_allows(void **state)
{
	static const struct { const char *in, *json; } t[] = {
		{ "{}", "{}" },
		{ " [ ] ", "[]" },
		{ "null", "null" },
		{ "[true,false,null]", "[true,false,null]" },
		{ "\"\"", "\"\"" },
		{ "{\"\":{}}", "{\"\":{}}" },
		{ "{\"b\":1,\"a\":[1,2,{\"c\":\"d\"}]}", "{\"b\":1,\"a\":[1,2,{\"c\":\"d\"}]}" },
		{ "[1,]", "[1]" },
		{ "{\"a\":1,}", "{\"a\":1}" },
		{ "{\"a\":[{},],\t}", "{\"a\":[{}]}" },
		{ "// x\n1", "1" },
		{ "1 // x", "1" },
		{ "1 //", "1" },
		{ "1 // x\r\n\r\n", "1" },
		{ "/**/1/***/", "1" },
		{ "/* * / // \n */1/*/*/", "1" },
		{ "[/*a*/1/*b*/,/*c*/2/*d*/,/*e*/]", "[1,2]" },
		{ "[// \xe2\x82\xac\n1// ]\n]", "[1]" },
		{ "{/**/\"a\"/**/:/**/1/**/,/**/}", "{\"a\":1}" },
		{ "{//\n\"a\"//\n:// \"\n1//\n}", "{\"a\":1}" },
		{ "\"/* no */ // comment\"", "\"/* no */ // comment\"" },
		{ "\xef\xbb\xbf{}", "{}" },
		{ "\xef\xbb\xbf // x\n1", "1" },
		{ "{\"aa\":1,\"ab\":2,\"a\":3,\"b\":4}", "{\"aa\":1,\"ab\":2,\"a\":3,\"b\":4}" },
		{ "[{\"a\":1},{\"a\":2},{\"A\":{\"a\":3}}]", "[{\"a\":1},{\"a\":2},{\"A\":{\"a\":3}}]" },
		{ "{\"\xc3\xa4\":1,\"\xc3\x84\":2}", "{\"\xc3\xa4\":1,\"\xc3\x84\":2}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		assert_string_equal(hujson_json(a, parse(str_of(t[i].in))), t[i].json);
}

static void
numbers_stay_as_written(void **state)
{
	static const char *const t[] = { "0", "-0", "1", "-1", "10", "0.5", "-0.0", "1e5", "1E+5",
		"1.25e-7", "0e0", "123456789012345678901234567890", "1e999", "9007199254740993" };
	const struct hj *v;

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		v = parse(str_of(t[i]));
		assert_int_equal(v->type, HJ_NUMBER);
		assert_string_equal(v->text, t[i]);
		assert_string_equal(hujson_json(a, v), t[i]);
	}
}

static void
strings_are_decoded(void **state)
{
	static const struct { const char *in, *text; } t[] = {
		{ "\"a b\"", "a b" },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
		{ "\"\\\\\"", "\\" },
		{ "\"x\\\\\\\"y\"", "x\\\"y" },
		{ "\"\\u0041\\u00e4\\u20AC\\uD83D\\uDE00!\"", "A\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80!" },
		{ "\"\\u0001\\u007f\\u0080\\u07ff\\u0800\\uffff\"",
		    "\x01\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf" },
		{ "\"\\ud800\\udc00\\udbff\\udfff\"", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf" },
		{ "\"\xc3\xa4\xf0\x9f\x98\x80\x7f\"", "\xc3\xa4\xf0\x9f\x98\x80\x7f" },
	};
	const struct hj *v;

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		v = parse(str_of(t[i].in));
		assert_int_equal(v->type, HJ_STRING);
		assert_string_equal(v->text, t[i].text);
	}
	v = parse(STR("{\"\\u0061\":\"\\u0062\"}"));
	assert_string_equal(v->child->key, "a");
	assert_string_equal(hujson_json(a, v), "{\"a\":\"b\"}");
	assert_string_equal(hujson_json(a, parse(STR("\"\\u001f\\/\\u000a\""))), "\"\\u001f/\\n\"");
}

static void
assert_place(struct place p, uint32_t line, uint32_t col)
{
	assert_int_equal(p.line, line);
	assert_int_equal(p.col, col);
}

static void
places_are_kept(void **state)
{
	const struct hj *o = parse(STR("\xef\xbb\xbf/* 1\n2 */ {\n"
	    "\t\"\xc3\xa4\": 1, \"b\" :\n"
	    "\t  [ true, // x\r\n"
	    "\"c\"]\n"
	    "}"));
	const struct hj *b = hujson_get(o, "b");

	(void)state;
	assert_place(o->at, 2, 6);
	assert_int_equal(o->n, 2);
	assert_null(o->key);
	assert_place(o->child->key_at, 3, 2);
	assert_place(o->child->at, 3, 8);
	assert_place(b->key_at, 3, 11);
	assert_place(b->at, 4, 4);
	assert_int_equal(b->n, 2);
	assert_place(b->child->at, 4, 6);
	assert_place(b->child->next->at, 5, 1);
	assert_null(b->child->key);
	assert_null(b->next);
	assert_str(b->raw, "[ true, // x\r\n\"c\"]");
	assert_str(b->child->next->raw, "\"c\"");
	assert_str(o->child->raw, "1");
}

static void
members_by_name(void **state)
{
	const struct hj *o = parse(STR("{\"Acls\":1,\"x\":null,\"[\":3,\"{\":4}"));

	(void)state;
	assert_string_equal(hujson_get(o, "acls")->text, "1");
	assert_string_equal(hujson_get(o, "ACLS")->key, "Acls");
	assert_int_equal(hujson_get(o, "X")->type, HJ_NULL);
	assert_string_equal(hujson_get(o, "{")->text, "4");
	assert_null(hujson_get(o, "acl"));
	assert_null(hujson_get(o, "aclss"));
	assert_null(hujson_get(o, ""));
	assert_null(hujson_get(o->child, "x"));
	assert_null(hujson_get(NULL, "x"));
}

static void
empty_is_nowhere(void **state)
{
	static const char *const t[] = { "", " \n\t", "// x", "/* x */\n", "\xef\xbb\xbf", "//" };

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		refused(str_of(t[i]), 0, 0, "the document is empty");
	refused((struct str){ NULL, 0 }, 0, 0, "the document is empty");
}

struct bad {
	const char *in;
	uint32_t line, col;
	const char *why;
};

static void
all_refused(const struct bad *t, size_t n)
{
	for (size_t i = 0; i < n; i++)
		refused(str_of(t[i].in), t[i].line, t[i].col, t[i].why);
}

#define DIGITS "a number cannot begin with 0: leave it out, or write a string"
#define MEMBER "expected \",\" or \"}\" after a member, found "
#define ELEMENT "expected \",\" or \"]\" after an element, found "
#define KEY "expected a key in double quotes or \"}\", found "
#define ENDS " that begins on line 1: "

static void
refuses_what_is_out_of_place(void **state)
{
	static const struct bad t[] = {
		{ "{\"a\":1 \"b\":2}", 1, 8, MEMBER "a string" },
		{ "{\"a\":1]", 1, 7, MEMBER "\"]\"" },
		{ "{\"a\":1;}", 1, 7, MEMBER "\";\"" },
		{ "[1 2]", 1, 4, ELEMENT "\"2\"" },
		{ "[1}", 1, 3, ELEMENT "\"}\"" },
		{ "[\n1x]", 2, 2, ELEMENT "\"x\"" },
		{ "[0x1F]", 1, 3, ELEMENT "\"x1F\"" },
		{ "[1 / 2]", 1, 4, ELEMENT "\"/\"" },
		{ "[1 # x\n]", 1, 4, ELEMENT "\"#\"" },
		{ "[,]", 1, 2, "expected a value or \"]\", found \",\"" },
		{ "[1,,]", 1, 4, "expected a value or \"]\", found \",\"" },
		{ "{,}", 1, 2, KEY "\",\"" },
		{ "{\"a\":1,,}", 1, 8, KEY "\",\"" },
		{ "{a:1}", 1, 2, KEY "\"a\"" },
		{ "{'a':1}", 1, 2, KEY "\"'\"" },
		{ "{1:1}", 1, 2, KEY "\"1\"" },
		{ "{\xe2\x80\x9c" "a\":1}", 1, 2, KEY "the character U+201C" },
		{ "{\xc2\xa0}", 1, 2, KEY "the character U+00A0" },
		{ "{\xf0\x9f\x98\x80}", 1, 2, KEY "the character U+1F600" },
		{ "{\x7f}", 1, 2, KEY "the character U+007F" },
		{ "{\"a\"}", 1, 5, "expected \":\" after the key, found \"}\"" },
		{ "{\"a\" 1}", 1, 6, "expected \":\" after the key, found \"1\"" },
		{ "{\"a\":}", 1, 6, "expected a value, found \"}\"" },
		{ "{\"a\":True}", 1, 6, "expected a value, found \"True\"" },
		{ "truefalse", 1, 1, "expected a value, found \"truefalse\"" },
		{ "falsey", 1, 1, "expected a value, found \"falsey\"" },
		{ "nul", 1, 1, "expected a value, found \"nul\"" },
		{ "NaN", 1, 1, "expected a value, found \"NaN\"" },
		{ "+1", 1, 1, "expected a value, found \"+1\"" },
		{ ".5", 1, 1, "expected a value, found \".5\"" },
		{ "]", 1, 1, "expected a value, found \"]\"" },
		{ "`x`", 1, 1, "expected a value, found \"`\"" },
		{ "\x01", 1, 1, "expected a value, found the character U+0001" },
		{ "abcdefghijklmnopqrstuvwxyz", 1, 1,
		    "expected a value, found \"abcdefghijklmnopqrstuvwx\"" },
		{ "{} {}", 1, 4, "expected nothing more after the value, found \"{\"" },
		{ "1,", 1, 2, "expected nothing more after the value, found \",\"" },
		{ "{}\n\n x", 3, 2, "expected nothing more after the value, found \"x\"" },
		{ "\xef\xbb\xbf\xef\xbb\xbf{}", 1, 1, "expected a value, found the character U+FEFF" },
	};

	(void)state;
	all_refused(t, COUNT(t));
	refused((struct str){ "[1\0]", 4 }, 1, 3, ELEMENT "the character U+0000");
	refused((struct str){ "1\0", 2 }, 1, 2,
	    "expected nothing more after the value, found the character U+0000");
}

static void
refuses_what_is_not_finished(void **state)
{
	static const struct bad t[] = {
		{ "{", 1, 2, "the text ends inside the object" ENDS "\"}\" is missing" },
		{ "[\n1, //", 2, 6, "the text ends inside the array" ENDS "\"]\" is missing" },
		{ "[{\"a\":[1,2]\n", 2, 1, "the text ends inside the object" ENDS "\"}\" is missing" },
		{ "{\"a\"", 1, 5, "expected \":\" after the key, found the end of the text" },
		{ "{\"a\":", 1, 6, "expected a value, found the end of the text" },
		{ "1 /*", 1, 3, "comment is not closed: \"*/\" is missing" },
		{ "/*/", 1, 1, "comment is not closed: \"*/\" is missing" },
		{ "[1,\n /* x\n\n ]", 2, 2, "comment is not closed: \"*/\" is missing" },
		{ "\n{\"a\": /* \"b\" }", 2, 7, "comment is not closed: \"*/\" is missing" },
		{ "[\"a", 1, 2, "string is not closed on its line" },
		{ "[\"a\\", 1, 2, "string is not closed on its line" },
		{ "[\"a\\\"", 1, 2, "string is not closed on its line" },
		{ "[\n \"a\n\"]", 2, 2, "string is not closed on its line" },
		{ "[\"a\\\r\n\"]", 1, 2, "string is not closed on its line" },
		{ "[\"a\\\n\"]", 1, 2, "string is not closed on its line" },
		{ "[-]", 1, 3, "expected a digit after \"-\", found \"]\"" },
		{ "-", 1, 2, "expected a digit after \"-\", found the end of the text" },
		{ "-Infinity", 1, 2, "expected a digit after \"-\", found \"Infinity\"" },
		{ "1.", 1, 3, "expected a digit after \".\", found the end of the text" },
		{ "[1.e5]", 1, 4, "expected a digit after \".\", found \"e5\"" },
		{ "1e", 1, 3, "expected a digit in the exponent, found the end of the text" },
		{ "[1E+]", 1, 5, "expected a digit in the exponent, found \"]\"" },
		{ "[1e+-2]", 1, 5, "expected a digit in the exponent, found \"-2\"" },
		{ "007", 1, 2, DIGITS },
		{ "-01", 1, 3, DIGITS },
	};

	(void)state;
	all_refused(t, COUNT(t));
}

#define HALF " is half a character: expected two, \\ud800 to \\udbff and then \\udc00 to \\udfff"
#define HEX "expected four hexadecimal digits after \\u"
#define ESCAPE "unknown escape in a string: a backslash itself is written \\\\"

static void
refuses_bad_strings(void **state)
{
	static const struct bad t[] = {
		{ "[\"a\tb\"]", 1, 4, "control character in a string: write it as \\u0009" },
		{ "[\"a\x1f\"]", 1, 4, "control character in a string: write it as \\u001f" },
		{ "\"\\x41\"", 1, 2, ESCAPE },
		{ "\"ab\\'\"", 1, 4, ESCAPE },
		{ "\"\\\xc3\xa4\"", 1, 2, ESCAPE },
		{ "\"\\U0041\"", 1, 2, ESCAPE },
		{ "\"\\u\"", 1, 2, HEX },
		{ "\"\\u004\"", 1, 2, HEX },
		{ "\"a\\u00g1\"", 1, 3, HEX },
		{ "\"\\u+041\"", 1, 2, HEX },
		{ "\"a\\u0000\"", 1, 3, "\\u0000 is not allowed in a string" },
		{ "\"\\ud83d\"", 1, 2, "\\ud83d" HALF },
		{ "\"\\ude00\"", 1, 2, "\\ude00" HALF },
		{ "\"\\ud83dx\\ude00\"", 1, 2, "\\ud83d" HALF },
		{ "\"\\uD83D\\uD83D\"", 1, 2, "\\ud83d" HALF },
		{ "\"\\ud83d\\u0041\"", 1, 2, "\\ud83d" HALF },
		{ "\"\\ud83d\\ude0\"", 1, 2, "\\ud83d" HALF },
		{ "{\"\\u0000\":1}", 1, 3, "\\u0000 is not allowed in a string" },
	};

	(void)state;
	all_refused(t, COUNT(t));
	refused((struct str){ "\"a\0\"", 4 }, 1, 3,
	    "control character in a string: write it as \\u0000");
}

static void
refuses_what_is_not_utf8(void **state)
{
	static const struct { const char *in; uint32_t line, col; unsigned byte; } t[] = {
		{ "\xff", 1, 1, 0xff },
		{ "{\n\"\xc3\xa4\": \"\x80\"}", 2, 8, 0x80 },
		{ "// \xc3(\n1", 1, 4, 0xc3 },
		{ "1 /* \n\n \xe2\x82", 3, 2, 0xe2 },
		{ "\"\xc0\x80\"", 1, 2, 0xc0 },
		{ "\"\xed\xa0\x80\"", 1, 2, 0xed },
		{ "\"\xf4\x90\x80\x80\"", 1, 2, 0xf4 },
		{ "\xfe\xff{}", 1, 1, 0xfe },
		{ "{]\n\xf0\x9f\x98", 2, 1, 0xf0 },
	};
	char why[64];

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		(void)snprintf(why, sizeof(why), "byte 0x%02x is not UTF-8: the text has to be",
		    t[i].byte);
		refused(str_of(t[i].in), t[i].line, t[i].col, why);
	}
}

static void
refuses_duplicate_keys(void **state)
{
	static const struct bad t[] = {
		{ "{\"a\":1,\"a\":1}", 1, 8, "duplicate key \"a\" (first on line 1)" },
		{ "{\"\":1,\"\":1}", 1, 7, "duplicate key \"\" (first on line 1)" },
		{ "{\n\n\"acls\":1,\n \"ACLs\":2}", 4, 2, "duplicate key \"ACLs\" (first on line 3)" },
		{ "{\"a\":1,\n\"b\":1,\n\"b\":2,\n\"a\":2}", 3, 1,
		    "duplicate key \"b\" (first on line 2)" },
		{ "{\"a\":1,\n\"a\":1,\n\"a\":2}", 2, 1, "duplicate key \"a\" (first on line 1)" },
		{ "{\"a\":1,\"\\u0041\":1}", 1, 8, "duplicate key \"A\" (first on line 1)" },
		{ "[{\"x\":{\"y\":1,\"y\":2}}]", 1, 14, "duplicate key \"y\" (first on line 1)" },
		{ "{\"\\u001b\\\"\":1,\"\\u001b\\\"\":2}", 1, 15,
		    "duplicate key \"\\u001b\\\"\" (first on line 1)" },
	};
	char key[80] = "", doc[256], why[160];

	(void)state;
	all_refused(t, COUNT(t));
	memset(key, 'k', 63);		/* a character across the cut is left out */
	(void)snprintf(doc, sizeof(doc), "{\"%s\xc3\xa4zz\":1,\"%s\xc3\xa4zz\":2}", key, key);
	(void)snprintf(why, sizeof(why), "duplicate key \"%s\" (first on line 1)", key);
	refused(str_of(doc), 1, 74, why);
}

static void
depth_has_a_limit(void **state)
{
	char why[64];

	(void)state;
	buf_clear(&text);
	for (int i = 0; i < HUJSON_DEPTH_MAX; i++)
		buf_str(&text, i % 2 ? "[" : "{\"a\":");
	for (int i = HUJSON_DEPTH_MAX; i-- > 0;)
		buf_str(&text, i % 2 ? "]" : "}");
	assert_string_equal(hujson_json(a, parse(buf_as_str(&text))),
	    arena_strndup(a, (const char *)text.p, text.n));
	(void)snprintf(why, sizeof(why), "nested deeper than %d levels", HUJSON_DEPTH_MAX);
	refused(repeated("", "[", HUJSON_DEPTH_MAX + 1, ""), 1, HUJSON_DEPTH_MAX + 1, why);
	refused(repeated("", "[", BIG, ""), 1, HUJSON_DEPTH_MAX + 1, why);
	refused(repeated("", "{\"a\":\n", BIG / 10, ""), HUJSON_DEPTH_MAX + 1, 1, why);
	assert_int_equal(parse(repeated("[", "[[]],", BIG / 10, "]"))->n, BIG / 10);
}

static double
seconds_of(struct str s, const struct hj **v)
{
	struct place at;
	const char *why;
	clock_t from = clock();

	*v = hujson_parse(a, s, &at, &why);
	return (double)(clock() - from) / CLOCKS_PER_SEC;
}

/* What grows with the square would take minutes: the limit is far from both. */
static void
large_documents_take_no_time(void **state)
{
	static const struct { const char *head, *part, *tail; size_t n; bool ok; } t[] = {
		{ "{", "\"k#\":0,", "}", 100000, true },
		{ "{", "\"k#\":0,", "\"k0\":1}", 100000, false },
		{ "{", "\"k\":#,", "}", 100000, false },
		{ "[", "{\"a\":#,\"b\":1},", "]", 50000, true },
		{ "[", "0,", "]", BIG / 2, true },
		{ "\"", "\\\\", "\"", BIG / 2, true },
		{ "\"", "a", "", BIG, false },
		{ "", "//\n", "1", BIG / 3, true },
		{ "", "/**/", "1", BIG / 4, true },
		{ "", "/*", "1", BIG / 2, false },
		{ "", "\n", "\xff", BIG, false },
		{ "", "\xc3\xa4", "\xc3", BIG / 2, false },
		{ "-", "1", "", BIG, true },
	};
	const struct hj *v;
	double s;

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		s = seconds_of(repeated(t[i].head, t[i].part, t[i].n, t[i].tail), &v);
		if (s > 2)
			fail_msg("document %zu took %.3f s", i, s);
		assert_int_equal(v != NULL, t[i].ok);
		arena_reset(a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_it_allows),
		cmocka_unit_test(numbers_stay_as_written),
		cmocka_unit_test(strings_are_decoded),
		cmocka_unit_test(places_are_kept),
		cmocka_unit_test(members_by_name),
		cmocka_unit_test(empty_is_nowhere),
		cmocka_unit_test(refuses_what_is_out_of_place),
		cmocka_unit_test(refuses_what_is_not_finished),
		cmocka_unit_test(refuses_bad_strings),
		cmocka_unit_test(refuses_what_is_not_utf8),
		cmocka_unit_test(refuses_duplicate_keys),
		cmocka_unit_test(depth_has_a_limit),
		cmocka_unit_test(large_documents_take_no_time),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
