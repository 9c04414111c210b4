/* tests/unit/scgi_test.c -- heads of SCGI requests. */
#include "lib/wire/scgi.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#define PAIRS "CONTENT_LENGTH\0" "27\0" "SCGI\0" "1\0" \
	"REQUEST_METHOD\0" "POST\0" "REQUEST_URI\0" "/deepthought\0"
#define EXAMPLE "70:" PAIRS ","

static void
example(void **state)
{
	struct span in = SPAN(EXAMPLE "What is the answer to life?"), rest;
	struct str name, value;
	struct scgi_head h;
	int n = 0;

	(void)state;
	assert_int_equal(scgi_decode(in, &h), 74);
	assert_int_equal(h.content_length, 27);
	assert_str(scgi_get(&h, "REQUEST_METHOD"), "POST");
	assert_str(scgi_get(&h, "REQUEST_URI"), "/deepthought");
	assert_null(scgi_get(&h, "REQUEST").p);
	assert_null(scgi_get(&h, "POST").p);
	rest = h.pairs;
	while (scgi_next(&rest, &name, &value))
		n++;
	assert_int_equal(n, 4);
}

/* A cut head asks for more and never reads past its end. */
static void
cut(void **state)
{
	struct span in = SPAN(EXAMPLE);
	struct scgi_head h;
	uint8_t *copy;

	(void)state;
	for (size_t n = 0; n < in.n; n++) {
		copy = malloc(n + 1);
		memcpy(copy, in.p, n);
		assert_int_equal(scgi_decode((struct span){ copy, n }, &h), 0);
		free(copy);
	}
}

#define OK_HEAD(s) { SPAN(s), true }
#define BAD(s) { SPAN(s), false }

static void
cases(void **state)
{
	static const struct { struct span in; bool good; } c[] = {
		OK_HEAD("24:CONTENT_LENGTH\0" "0\0" "SCGI\0" "1\0,"),
		OK_HEAD("27:CONTENT_LENGTH\0" "0\0" "SCGI\0" "1\0" "A\0\0,"),
		BAD("24:CONTENT_LENGTH\0" "0\0" "SCGI\0" "1\0;"),
		BAD("024:CONTENT_LENGTH\0" "0\0" "SCGI\0" "1\0,"),
		BAD("00:,"), BAD("0:,"), BAD(":"), BAD("x"), BAD("-1:"), BAD(" 24:"),
		BAD("16385:"), BAD("99999"), BAD("100000"), BAD("24;"),
		BAD("24:SCGI\0" "1\0" "CONTENT_LENGTH\0" "0\0,"),
		BAD("17:CONTENT_LENGTH\0" "0\0,"),
		BAD("24:CONTENT_LENGTH\0" "0\0" "SCGI\0" "2\0,"),
		BAD("24:content_length\0" "0\0" "SCGI\0" "1\0,"),
		BAD("23:CONTENT_LENGTH\0" "\0" "SCGI\0" "1\0,"),
		BAD("25:CONTENT_LENGTH\0" "-1\0" "SCGI\0" "1\0,"),
		BAD("25:CONTENT_LENGTH\0" "-0\0" "SCGI\0" "1\0,"),
		BAD("25:CONTENT_LENGTH\0" "1 \0" "SCGI\0" "1\0,"),
		BAD("25:CONTENT_LENGTH\0" "+1\0" "SCGI\0" "1\0,"),
		BAD("43:CONTENT_LENGTH\0" "99999999999999999999\0" "SCGI\0" "1\0,"),
		BAD("31:CONTENT_LENGTH\0" "0\0" "SCGI\0" "1\0" "SCGI\0" "1\0,"),
		BAD("32:CONTENT_LENGTH\0" "0\0" "SCGI\0" "1\0" "A\0" "1\0" "A\0" "2\0,"),
		BAD("27:CONTENT_LENGTH\0" "0\0" "SCGI\0" "1\0" "\0A\0,"),
		BAD("26:CONTENT_LENGTH\0" "0\0" "SCGI\0" "1\0" "A\0,"),
		BAD("27:CONTENT_LENGTH\0" "0\0" "SCGI\0" "1\0" "A\0B,"),
	};
	struct scgi_head h;
	ssize_t n;

	(void)state;
	for (size_t i = 0; i < COUNT(c); i++) {
		n = scgi_decode(c[i].in, &h);
		if (n != (c[i].good ? (ssize_t)c[i].in.n : -1))
			fail_msg("case %zu (%.12s): %zd", i, c[i].in.p, n);
	}
}

/* A head with 'n' further pairs of 'size' bytes each. */
static ssize_t
many(size_t n, int size)
{
	static char text[2 * SCGI_HEAD_MAX], all[2 * SCGI_HEAD_MAX + 16];
	struct scgi_head h;
	size_t len = 24;
	int k;

	memcpy(text, "CONTENT_LENGTH\0" "0\0" "SCGI\0" "1\0", len);
	for (size_t i = 0; i < n; i++)
		len += (size_t)sprintf(text + len, "N%03zu%c%0*d%c", i, '\0',
		    size - 6, 0, '\0');
	k = sprintf(all, "%zu:", len);
	memcpy(all + k, text, len);
	all[(size_t)k + len] = ',';
	return scgi_decode((struct span){ (uint8_t *)all, (size_t)k + len + 1 }, &h);
}

static void
limits(void **state)
{
	(void)state;
	assert_true(many(SCGI_PAIRS_MAX - 2, 8) > 0);
	assert_int_equal(many(SCGI_PAIRS_MAX - 1, 8), -1);
	assert_true(many(1, SCGI_HEAD_MAX - 24) > 0);
	assert_int_equal(many(1, SCGI_HEAD_MAX - 23), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(example),
		cmocka_unit_test(cut),
		cmocka_unit_test(cases),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
