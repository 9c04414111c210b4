/* tests/fuzz/fuzz_scgi.c -- heads of SCGI requests. */
#include <stdio.h>

#include "lib/base/buf.h"
#include "lib/wire/scgi.h"
#include "tests/fuzz/fuzz.h"

/* The pairs, written again, are the bytes that were read. */
static void
check_pairs(const struct scgi_head *h, struct span wire)
{
	struct span rest = h->pairs;
	struct str name, value;
	struct buf again;

	buf_init(&again, 2 * SCGI_WIRE_MAX);
	buf_printf(&again, "%zu:", rest.n);
	while (scgi_next(&rest, &name, &value)) {
		assert(name.p[name.n] == '\0' && value.p[value.n] == '\0');
		buf_put(&again, name.p, name.n + 1);
		buf_put(&again, value.p, value.n + 1);
	}
	buf_byte(&again, ',');
	assert(again.n == wire.n && memcmp(again.p, wire.p, wire.n) == 0);
	buf_fini(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span in = { data, n };
	struct scgi_head h, again;
	ssize_t size = scgi_decode(in, &h);

	if (size > 0) {
		assert((size_t)size <= n && size <= SCGI_WIRE_MAX);
		assert(h.content_length >= 0);
		check_pairs(&h, (struct span){ data, (size_t)size });
		in.n = (size_t)size;
		assert(scgi_decode(in, &again) == size);
		in.n--;
		assert(scgi_decode(in, &again) == 0);
	} else if (size == 0) {
		assert(n < SCGI_WIRE_MAX);
	}
	return 0;
}
