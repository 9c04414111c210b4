/* tests/unit/cgi_test.c -- heads of CGI answers. */
#include "lib/wire/cgi.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

static struct cgi_head h;

/* Feeds 'text' in pieces of 'step'; *used counts the bytes of the head. */
static enum err
feed(struct span text, size_t step, size_t *used)
{
	enum err e = OK;
	struct span in;

	cgi_head_fini(&h);
	cgi_head_init(&h);
	*used = 0;
	while (e == OK && !h.done && *used < text.n) {
		in.p = text.p + *used;
		in.n = text.n - *used < step ? text.n - *used : step;
		step = in.n;
		e = cgi_head_feed(&h, &in);
		*used += step - in.n;
	}
	return e;
}

static int
end(void **state)
{
	(void)state;
	cgi_head_fini(&h);
	return 0;
}

static void
whole_head(struct span in, size_t head_n)
{
	struct str name, value;
	size_t used;

	for (size_t step = 1; step <= in.n; step++) {
		assert_int_equal(feed(in, step, &used), OK);
		assert_true(h.done);
		assert_int_equal(used, head_n);
		assert_int_equal(h.status, 404);
		assert_str(cgi_head_get(&h, "content-TYPE"), "text/plain");
		assert_str(cgi_head_get(&h, "Headrace-Hold"), "login:x 12");
		assert_str(cgi_head_get(&h, "Empty"), "");
		assert_null(cgi_head_get(&h, "Status").p);
		assert_null(cgi_head_get(&h, "Content").p);
		assert_true(cgi_head_at(&h, 1, &name, &value));
		assert_str(name, "Headrace-Hold");
		assert_false(cgi_head_at(&h, 3, &name, &value));
		assert_false(cgi_head_at(&h, CGI_FIELDS_MAX, &name, &value));
	}
}

static void
both_line_ends(void **state)
{
	struct span crlf = SPAN("Status: 404 Not Found\r\nContent-Type: "
	    "text/plain\r\nHeadrace-Hold:login:x 12 \r\nEmpty:\r\n\r\nbody\r\n");
	struct span lf = SPAN("Content-Type: text/plain\nHeadrace-Hold:\tlogin:x 12"
	    "\nStatus: 404\nEmpty: \n\nbody\n");

	(void)state;
	whole_head(crlf, crlf.n - 6);
	whole_head(lf, lf.n - 5);
}

static void
default_status(void **state)
{
	size_t used;

	(void)state;
	assert_int_equal(feed(SPAN("A: b\n\n"), 99, &used), OK);
	assert_int_equal(h.status, 200);
	assert_int_equal(feed(SPAN("Location: /x\n\n"), 99, &used), OK);
	assert_int_equal(h.status, 302);
	assert_int_equal(feed(SPAN("Status: 301\nLocation: /x\n\n"), 99, &used), OK);
	assert_int_equal(h.status, 301);
	assert_int_equal(feed(SPAN("Status: 204 No Content\n\n"), 99, &used), OK);
	assert_int_equal(h.status, 204);
}

static void
refused(void **state)
{
	static const struct span bad[] = {
		SPAN("\n"), SPAN("\r\n\r\n"), SPAN("no colon\n"), SPAN(": v\n"),
		SPAN("a b: v\n"), SPAN("a : v\n"), SPAN("a: b\x01\n"),
		SPAN("a: b\rc\n"), SPAN("a: b\0c\n"), SPAN("a\0: b\n"),
		SPAN("a: b\n folded\n"), SPAN("a: b\x7f\n"), SPAN("\xc3\xa4: b\n"),
		SPAN("Status: abc\n"), SPAN("Status: 99\n"), SPAN("Status: 600\n"),
		SPAN("Status: 101 Switching\n"), SPAN("Status: 2000\n"),
		SPAN("Status:\n"), SPAN("Status: -20\n"), SPAN("Status: 200x\n"),
		SPAN("Status: 200\nStatus: 200\n"), SPAN("HTTP/1.1 200 OK\n"),
	};
	struct span more = SPAN("a: b\n\n");
	size_t used;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (feed(bad[i], 99, &used) != ERR_BADREQ)
			fail_msg("accepted \"%.*s\"", (int)bad[i].n, bad[i].p);
		assert_int_equal(cgi_head_feed(&h, &more), ERR_BADREQ);
		assert_false(h.done);
	}
}

static void
limits(void **state)
{
	uint8_t *text = malloc(CGI_HEAD_MAX + 1);
	struct buf b;
	size_t used;

	(void)state;
	memset(text, 'x', CGI_HEAD_MAX + 1);
	memcpy(text, "a:", 2);
	memcpy(text + CGI_HEAD_MAX - 2, "\n\n", 2);
	assert_int_equal(feed((struct span){ text, CGI_HEAD_MAX }, 1000, &used), OK);
	memcpy(text + CGI_HEAD_MAX - 2, "x\n\n", 3);
	assert_int_equal(feed((struct span){ text, CGI_HEAD_MAX + 1 }, 1000, &used),
	    ERR_TOOBIG);
	assert_false(h.done);
	free(text);

	buf_init(&b, 10000);
	for (int i = 0; i < CGI_FIELDS_MAX; i++)
		buf_str(&b, "a: b\n");
	assert_int_equal(feed(buf_span(&b), 10000, &used), OK);
	buf_str(&b, "a: b\n");
	assert_int_equal(feed(buf_span(&b), 10000, &used), ERR_TOOBIG);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(both_line_ends, end),
		cmocka_unit_test_teardown(default_status, end),
		cmocka_unit_test_teardown(refused, end),
		cmocka_unit_test_teardown(limits, end),
	};

	cgi_head_init(&h);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
