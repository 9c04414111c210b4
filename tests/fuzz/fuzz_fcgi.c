/*
 * tests/fuzz/fuzz_fcgi.c -- answers of FastCGI workers.
 *
 * The first byte is the size of pieces; what comes out must not depend on it.
 */
#include "lib/base/buf.h"
#include "lib/wire/fcgi.h"
#include "tests/fuzz/fuzz.h"

struct result {
	struct fcgi_answer a;
	struct buf out, err;
};

static void
run(struct result *r, struct span in, size_t step)
{
	enum fcgi_event ev;
	struct span piece, got;

	fcgi_answer_init(&r->a);
	buf_init(&r->out, 1 << 20);
	buf_init(&r->err, 1 << 20);
	while (in.n > 0 && !r->a.bad) {
		piece = take_piece(&in, step);
		while ((ev = fcgi_answer_next(&r->a, &piece, &got)) !=
		    FCGI_EV_MORE && ev != FCGI_EV_BAD) {
			assert(ev == FCGI_EV_END || got.n > 0);
			buf_put(ev == FCGI_EV_OUT ? &r->out : &r->err, got.p,
			    got.n);
		}
		assert(ev == FCGI_EV_BAD || piece.n == 0);
	}
}

static void
same(const struct buf *a, const struct buf *b)
{
	assert(str_eq(buf_as_str(a), buf_as_str(b)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span in = { data, n };
	size_t step = (size_t)take_byte(&in) + 1;
	struct result whole, cut;

	run(&whole, in, SIZE_MAX);
	run(&cut, in, step);
	assert(whole.a.bad == cut.a.bad && whole.a.ended == cut.a.ended);
	assert(whole.a.app_status == cut.a.app_status);
	assert(whole.out.n + whole.err.n <= n);
	same(&whole.out, &cut.out);
	same(&whole.err, &cut.err);
	buf_fini(&whole.out);
	buf_fini(&whole.err);
	buf_fini(&cut.out);
	buf_fini(&cut.err);
	return 0;
}
