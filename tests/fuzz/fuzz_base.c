/*
 * tests/fuzz/fuzz_base.c -- readers of small texts: numbers, times, addresses,
 * keys, tokens, base64.
 *
 * Whatever a reader accepts is written and read again and must be the same.
 */
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/ip.h"
#include "lib/base/rd.h"
#include "lib/crypto/key.h"
#include "lib/crypto/token.h"
#include "tests/fuzz/fuzz.h"

static void
times(struct str s)
{
	char text[RFC3339_SIZE];
	int64_t ms, again;

	if (rfc3339_read(s, &ms) && ms >= -62135596800000 && ms <= 253402300799999) {
		assert(rfc3339_read(str_of(rfc3339_write(ms, text)), &again));
		assert(ms == again);
	}
	if (duration_read(s, &ms))
		assert(ms >= 0);
}

static void
addresses(struct str s)
{
	char text[PREFIX_TEXT_SIZE];
	struct prefix p, p2;
	struct ip a, a2, last;

	if (ip_read(s, &a)) {
		assert(ip_read(str_of(ip_write(&a, text)), &a2));
		assert(ip_eq(&a, &a2));
		ip_next(&a2);
		assert(!ip_eq(&a, &a2));
	}
	if (!prefix_read(s, &p))
		return;
	assert(prefix_read(str_of(prefix_write(&p, text)), &p2));
	assert(prefix_eq(&p, &p2) && prefix_contains(&p, &p.ip));
	last = prefix_last(&p);
	p2 = prefix_masked(p);
	assert(prefix_contains(&p, &last) && ip_cmp(&p2.ip, &last) <= 0);
}

static void
keys(struct str s)
{
	char text[KEY_TEXT_SIZE], brief[32];
	struct str prefix, secret;
	struct key32 k, again;

	if (key_read(s, NODEKEY_PREFIX, &k)) {
		(void)key_write(&k, NODEKEY_PREFIX, text);
		assert(key_read(str_of(text), NODEKEY_PREFIX, &again));
		assert(memcmp(&k, &again, sizeof(k)) == 0);
		assert(strlen(key_short(text, brief)) == 16);
	}
	if (token_parse(s, "auth", &prefix, &secret))
		assert(s.n == 5 + 1 + 4 + 1 + prefix.n + 1 + secret.n);
	assert(!login_id_valid(s) || s.n == LOGIN_ID_SIZE - 2);
}

static void
base64(struct str s)
{
	uint8_t out[256];
	struct buf again;
	size_t n;

	if (!base64_read(s, out, sizeof(out), &n))
		return;
	buf_init(&again, 1024);
	base64_write(&again, out, n);
	assert(str_eq(buf_as_str(&again), s));
	buf_fini(&again);
}

static void
pieces(struct str s)
{
	struct str rest = s, head;
	size_t n = 0, parts = 0;
	int64_t v;

	while (str_cut(&rest, ',', &head)) {
		n += head.n;
		parts++;
		if (str_utf8_valid(s))
			assert(str_utf8_valid(head));
	}
	assert(s.p == NULL || n + parts - 1 == s.n);
	assert(str_trim(s).n <= s.n);
	if (str_i64(s, &v))
		assert(s.n > 0 && (v >= 0 || s.p[0] == '-'));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str s = { (const char *)data, n };

	times(s);
	addresses(s);
	keys(s);
	base64(s);
	pieces(s);
	return 0;
}
