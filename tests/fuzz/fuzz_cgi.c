/*
 * tests/fuzz/fuzz_cgi.c -- heads of CGI answers.
 *
 * The first byte is the size of pieces; what comes out must not depend on it,
 * and no name or value may end a line.
 */
#include "lib/wire/cgi.h"
#include "tests/fuzz/fuzz.h"

/* Returns how many bytes were taken. */
static size_t
run(struct cgi_head *h, struct span in, size_t step, enum err *e)
{
	size_t before = in.n, left = 0;
	struct span piece;

	*e = OK;
	cgi_head_init(h);
	while (in.n > 0 && *e == OK && !h->done) {
		piece = take_piece(&in, step);
		*e = cgi_head_feed(h, &piece);
		assert(*e != OK || h->done || piece.n == 0);
		left = piece.n;
	}
	return before - in.n - left;
}

static void
check_fields(const struct cgi_head *h)
{
	struct str name, value;

	for (size_t i = 0; cgi_head_at(h, i, &name, &value); i++) {
		assert(name.n > 0 && memchr(name.p, ':', name.n) == NULL);
		assert(memchr(name.p, '\n', name.n) == NULL);
		assert(memchr(value.p, '\n', value.n) == NULL);
		assert(memchr(value.p, '\r', value.n) == NULL);
		assert(memchr(value.p, '\0', value.n) == NULL);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span in = { data, n };
	size_t step = (size_t)take_byte(&in) + 1, a, b;
	struct cgi_head whole, cut;
	enum err ea, eb;

	a = run(&whole, in, SIZE_MAX, &ea);
	b = run(&cut, in, step, &eb);
	/* Over the limit one may see a bad line first, the other the size. */
	assert((ea == OK) == (eb == OK) && whole.done == cut.done);
	if (whole.done) {
		assert(a == b && whole.status == cut.status);
		assert(whole.status >= 200 && whole.status <= 599);
		assert(whole.n_fields == cut.n_fields);
		assert(whole.text.n == a && a <= CGI_HEAD_MAX);
		check_fields(&whole);
	}
	cgi_head_fini(&whole);
	cgi_head_fini(&cut);
	return 0;
}
