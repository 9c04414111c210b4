/* tests/unit/fcgi_test.c -- FastCGI, the side of the web server. */
#include "lib/wire/fcgi.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

static struct buf b, out, err;

static int
begin(void **state)
{
	(void)state;
	buf_init(&b, 1 << 20);
	buf_init(&out, 1 << 20);
	buf_init(&err, 1 << 20);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	buf_fini(&b);
	buf_fini(&out);
	buf_fini(&err);
	return 0;
}

/* ---- request ---- */

static void
request_bytes(void **state)
{
	struct buf params;

	(void)state;
	buf_init(&params, 1000);
	fcgi_param(&params, STR("A"), STR("bc"));
	fcgi_param(&params, STR("EMPTY"), STR(""));
	fcgi_request_head(&b, buf_span(&params));
	fcgi_stdin(&b, SPAN("body"));
	fcgi_stdin(&b, SPAN(""));
	fcgi_stdin_end(&b);
	assert_hex(b.p, b.n,
	    "0101000100080000" "0001000000000000"
	    "01040001000c0000" "0102416263" "0500454d505459"
	    "0104000100000000"
	    "0105000100040000" "626f6479"
	    "0105000100000000");
	buf_fini(&params);
}

static void
long_lengths(void **state)
{
	char *text = malloc(300);

	(void)state;
	memset(text, 'x', 300);
	fcgi_param(&b, (struct str){ text, 127 }, (struct str){ text, 128 });
	assert_hex(b.p, 5, "7f80000080");
	assert_int_equal(b.n, 5 + 127 + 128);
	buf_clear(&b);
	fcgi_param(&b, (struct str){ text, 300 }, (struct str){ text, 0 });
	assert_hex(b.p, 5, "8000012c00");
	fcgi_param(&b, STR("A"), (struct str){ text, (size_t)1 << 31 });
	assert_true(b.over);
	free(text);
}

/* A stream of over 64 KiB becomes several records. */
static void
long_streams(void **state)
{
	uint8_t *body = calloc(1, 200000);
	size_t at = 0, sum = 0, n;

	(void)state;
	fcgi_stdin(&b, (struct span){ body, 200000 });
	while (at < b.n) {
		assert_hex(b.p + at, 4, "01050001");
		n = (size_t)(b.p[at + 4] << 8 | b.p[at + 5]);
		assert_true(n > 0);
		sum += n;
		at += 8 + n;
	}
	assert_int_equal(at, b.n);
	assert_int_equal(sum, 200000);
	assert_int_equal(b.n, 200000 + 4 * 8);
	free(body);
}

/* ---- answer ---- */

static void
record(uint8_t type, const char *text, uint8_t pad)
{
	const uint8_t head[] = { 1, type, 0, 1, (uint8_t)(strlen(text) >> 8),
	    (uint8_t)strlen(text), pad, 0 };

	buf_put(&b, head, sizeof(head));
	buf_str(&b, text);
	buf_put(&b, "pppppppp", pad);
}

static void
end_record(uint8_t pad)
{
	const uint8_t r[] = { 1, 3, 0, 1, 0, 8, pad, 0, 0x12, 0x34, 0x56, 0x78,
	    0, 0, 0, 0 };

	buf_put(&b, r, sizeof(r));
	buf_put(&b, "pppppppp", pad);
}

/* Feeds b in pieces of 'step'; the last event that is not FCGI_EV_MORE. */
static enum fcgi_event
feed(struct fcgi_answer *a, size_t step)
{
	enum fcgi_event ev, last = FCGI_EV_MORE;
	struct span in, got;

	buf_clear(&out);
	buf_clear(&err);
	fcgi_answer_init(a);
	for (size_t at = 0; at < b.n; at += step) {
		in = (struct span){ b.p + at, b.n - at < step ? b.n - at : step };
		while ((ev = fcgi_answer_next(a, &in, &got)) != FCGI_EV_MORE) {
			last = ev;
			if (ev == FCGI_EV_BAD)
				return ev;
			if (ev != FCGI_EV_END)
				assert_true(got.n > 0);
			buf_put(ev == FCGI_EV_OUT ? &out : &err, got.p, got.n);
		}
	}
	return last;
}

static void
answer_in_any_pieces(void **state)
{
	struct fcgi_answer a;

	(void)state;
	record(6, "Status: 200\r\n\r\nhel", 5);
	record(7, "oops", 0);
	record(6, "", 3);
	record(6, "lo", 0);
	record(6, "", 0);
	record(7, "", 0);
	end_record(4);
	for (size_t step = 1; step <= b.n; step++) {
		assert_int_equal(feed(&a, step), FCGI_EV_END);
		assert_str(buf_as_str(&out), "Status: 200\r\n\r\nhello");
		assert_str(buf_as_str(&err), "oops");
		assert_true(a.ended);
		assert_int_equal(a.app_status, 0x12345678);
		assert_int_equal(a.protocol_status, FCGI_COMPLETE);
	}
}

/* Standard output is not copied. */
static void
answer_borrows(void **state)
{
	struct fcgi_answer a;
	struct span in, got;

	(void)state;
	record(6, "hello", 0);
	in = buf_span(&b);
	fcgi_answer_init(&a);
	assert_int_equal(fcgi_answer_next(&a, &in, &got), FCGI_EV_OUT);
	assert_ptr_equal(got.p, b.p + 8);
	assert_int_equal(got.n, 5);
	assert_int_equal(fcgi_answer_next(&a, &in, &got), FCGI_EV_MORE);
	assert_false(a.ended);
}

static void
answer_refused(void **state)
{
	static const char *const bad[] = {
		"0206000100000000",	/* version */
		"0106000200000000",	/* another request */
		"010a000000080000",	/* management record */
		"0101000100080000",	/* a request */
		"0103000100070000",	/* END_REQUEST of 7 bytes */
		"0103000100000000",
		"0100000100000000",
	};
	struct fcgi_answer a;
	struct span in, got;
	uint8_t head[8];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		buf_clear(&b);
		unhex(bad[i], head, sizeof(head));
		buf_put(&b, head, sizeof(head));
		assert_int_equal(feed(&a, 8), FCGI_EV_BAD);
		in = (struct span){ NULL, 0 };
		assert_int_equal(fcgi_answer_next(&a, &in, &got), FCGI_EV_BAD);
	}
}

static void
nothing_after_the_end(void **state)
{
	struct fcgi_answer a;

	(void)state;
	end_record(0);
	assert_int_equal(feed(&a, 100), FCGI_EV_END);
	record(6, "more", 0);
	assert_int_equal(feed(&a, 100), FCGI_EV_BAD);
	assert_int_equal(feed(&a, 1), FCGI_EV_BAD);
	assert_int_equal(out.n, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(request_bytes), T(long_lengths), T(long_streams),
		T(answer_in_any_pieces), T(answer_borrows), T(answer_refused),
		T(nothing_after_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
