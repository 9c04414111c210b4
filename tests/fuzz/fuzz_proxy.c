/* tests/fuzz/fuzz_proxy.c -- headers of the PROXY protocol. */
#include "lib/wire/proxy.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span in = { data, n };
	struct ip source, again;
	ssize_t size = proxy_decode(in, &source);

	if (size > 0) {
		assert((size_t)size <= n && size <= PROXY_WIRE_MAX);
		assert(data[0] != 'P' || size <= PROXY_LINE_MAX);
		in.n = (size_t)size;	/* what follows plays no part */
		assert(proxy_decode(in, &again) == size && ip_eq(&source, &again));
		in.n--;
		assert(proxy_decode(in, &again) == 0 && again.family == 0);
	} else {
		assert(source.family == 0);
		assert(size == -1 || n < PROXY_WIRE_MAX);
	}
	return 0;
}
