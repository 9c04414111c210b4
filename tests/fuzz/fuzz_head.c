/*
 * tests/fuzz/fuzz_head.c -- the head of a connection to the notifier, HTTP/1 or SCGI.
 *
 * The first byte says in which pieces the rest arrives; where it is cut must
 * not matter.
 */
#include "notifier/head.h"
#include "tests/fuzz/fuzz.h"

/* Reads HTTP/1 in pieces; how many bytes belong to the head, 0 or negative if none. */
static ssize_t
read_http(struct head *h, struct span in, size_t step)
{
	const uint8_t *start = in.p;
	struct http1 p;
	ssize_t n = 0;

	http1_init(&p, h);
	while (in.n > 0 && !p.done && n >= 0) {
		n = http1_feed(&p, (struct span){ in.p,
		    in.n < step ? in.n : step });
		if (n >= 0) {
			assert((size_t)n <= in.n);
			in.p += n;
			in.n -= (size_t)n;
		}
	}
	if (n >= 0)
		n = p.done ? in.p - start : 0;
	http1_fini(&p);
	return n;
}

static ssize_t
read_any(struct head *h, struct span in, size_t step)
{
	head_init(h);
	if (in.n > 0 && in.p[0] >= '0' && in.p[0] <= '9')
		return head_from_scgi(h, in);
	return read_http(h, in, step);
}

static void
judge(const struct head *h)
{
	struct verdict v;
	struct prefix any = { { .family = 4 }, 1 };
	struct prefix_list proxies = { &any, 1 };
	struct ip client = head_client(h, true, &proxies);

	assert(client.family == 0 || client.family == 4 || client.family == 6);
	assert(head_client(h, false, &proxies).family == 0);
	head_judge(h, &v);
	assert((v.kind == HEAD_REFUSED) == (v.status >= 400));
	assert(v.kind == HEAD_REFUSED || v.handshake.n > 0);
	buf_fini(&v.handshake);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span in = { data, n };
	size_t step = 1 + take_byte(&in);
	struct head whole, cut;
	ssize_t a = read_any(&whole, in, in.n + 1);
	ssize_t b = read_any(&cut, in, step);

	assert((a > 0) == (b > 0));
	if (a > 0) {
		assert(a == b);
		assert(str_eq(buf_as_str(&whole.target),
		    buf_as_str(&cut.target)));
		judge(&whole);
	}
	head_fini(&whole);
	head_fini(&cut);
	return 0;
}
