/* tests/unit/proxy_test.c -- headers of the PROXY protocol. */
#include "lib/wire/proxy.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

#define SIG "\r\n\r\n\0\r\nQUIT\n"
#define IN4 "\xc0\x00\x02\x01" "\xc6\x33\x64\x01" "\x12\x34\x01\xbb"
#define IN6 "\x20\x01\x0d\xb8" "\0\0\0\0" "\0\0\0\0" "\0\0\0\1" \
	"\x20\x01\x0d\xb8" "\0\0\0\0" "\0\0\0\0" "\0\0\0\2" "\x12\x34\x01\xbb"

#define LINE(s, source) { SPAN(s "\r\n"), source }
#define BINARY(s, source) { SPAN(SIG s), source }

/* The sizes are those of the whole input. */
static void
good(void **state)
{
	static const struct { struct span in; const char *source; } c[] = {
		LINE("PROXY TCP4 192.0.2.1 198.51.100.1 4660 443", "192.0.2.1"),
		LINE("PROXY TCP4 255.255.255.255 0.0.0.0 65535 0", "255.255.255.255"),
		LINE("PROXY TCP6 2001:db8::1 ::1 1 2", "2001:db8::1"),
		LINE("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2", "::ffff:192.0.2.1"),
		LINE("PROXY UNKNOWN", ""),
		LINE("PROXY UNKNOWN whatever it \x01 says", ""),
		LINE("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
		    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535",
		    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
		LINE("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
		    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535", ""),
		BINARY("\x21\x11\0\x0c" IN4, "192.0.2.1"),
		BINARY("\x21\x11\0\x13" IN4 "\x04\0\x04" "noop", "192.0.2.1"),
		BINARY("\x21\x21\0\x24" IN6, "2001:db8::1"),
		BINARY("\x21\x12\0\x0c" IN4, ""),		/* UDP: of no use to us */
		BINARY("\x21\x00\0\0", ""),
		BINARY("\x20\x00\0\0", ""),
		BINARY("\x20\x11\0\x0c" IN4, ""),		/* the proxy for itself */
		BINARY("\x20\x55\0\x03" "abc", ""),
	};
	char text[IP_TEXT_SIZE];
	struct ip ip;

	(void)state;
	for (size_t i = 0; i < COUNT(c); i++) {
		text[0] = '\0';
		if (proxy_decode(c[i].in, &ip) != (ssize_t)c[i].in.n)
			fail_msg("case %zu is refused", i);
		if (ip.family != 0)
			(void)ip_write(&ip, text);
		assert_string_equal(text, c[i].source);
	}
}

static void
bad(void **state)
{
	static const struct span c[] = {
		SPAN("GET / HTTP/1.1\r\n"), SPAN("\x16\x03\x01"), SPAN("70:CONTENT"), SPAN("X"),
		SPAN("proxy TCP4 192.0.2.1 198.51.100.1 1 2\r\n"),
		SPAN("PROXY\r\n"), SPAN("PROXY \r\n"), SPAN("PROXY  UNKNOWN\r\n"),
		SPAN("PROXY UNKNOWNS\r\n"), SPAN("PROXY UNKNOWN\rx"), SPAN("PROXY TCP4\r\n"),
		SPAN("PROXY TCP4 192.0.2.1 198.51.100.1 1\r\n"),
		SPAN("PROXY TCP4 192.0.2.1 198.51.100.1 1 2 \r\n"),
		SPAN("PROXY TCP4 192.0.2.1 198.51.100.1 1 2 3\r\n"),
		SPAN("PROXY TCP4  192.0.2.1 198.51.100.1 1 2\r\n"),
		SPAN("PROXY TCP4 192.0.2.1 198.51.100.1 01 2\r\n"),
		SPAN("PROXY TCP4 192.0.2.1 198.51.100.1 65536 2\r\n"),
		SPAN("PROXY TCP4 192.0.2.1 198.51.100.1 -1 2\r\n"),
		SPAN("PROXY TCP4 192.0.2.01 198.51.100.1 1 2\r\n"),
		SPAN("PROXY TCP4 192.0.2.1\0 198.51.100.1 1 2\r\n"),
		SPAN("PROXY TCP4 192.0.2 198.51.100.1 1 2\r\n"),
		SPAN("PROXY TCP4 ::1 ::1 1 2\r\n"), SPAN("PROXY TCP6 192.0.2.1 ::1 1 2\r\n"),
		SPAN("PROXY TCP6 ::1 192.0.2.1 1 2\r\n"), SPAN("PROXY TCP6 [::1] ::1 1 2\r\n"),
		SPAN("PROXY TCP6 fe80::1%lo ::1 1 2\r\n"), SPAN("PROXY TCP5 ::1 ::1 1 2\r\n"),
		SPAN(SIG "\x11\x11\0\x0c" IN4), SPAN(SIG "\x22\x11\0\x0c" IN4),
		SPAN(SIG "\x31\x11\0\x0c" IN4), SPAN(SIG "\x21\x13\0\x0c" IN4),
		SPAN(SIG "\x21\x41\0\x0c" IN4), SPAN(SIG "\x21\x11\0\x0b" IN4),
		SPAN(SIG "\x21\x21\0\x0c" IN4), SPAN(SIG "\x21\x11\x10\x00" IN4),
		SPAN("\r\n\r\n\0\r\nQUIX\n"), SPAN("\r\nGET"),
	};
	struct ip ip = { .family = 4 };

	(void)state;
	for (size_t i = 0; i < COUNT(c); i++) {
		if (proxy_decode(c[i], &ip) != -1)
			fail_msg("case %zu is taken", i);
		assert_int_equal(ip.family, 0);
	}
}

/* A cut header asks for more and never reads past its end. */
static void
cut(void **state)
{
	static const struct span whole[] = {
		SPAN("PROXY TCP4 192.0.2.1 198.51.100.1 4660 443\r\n"),
		SPAN(SIG "\x21\x11\0\x13" IN4 "\x04\0\x04" "noop"),
	};
	uint8_t *copy;
	struct ip ip;

	(void)state;
	for (size_t i = 0; i < COUNT(whole); i++)
		for (size_t n = 0; n < whole[i].n; n++) {
			copy = malloc(n + 1);
			memcpy(copy, whole[i].p, n);
			assert_int_equal(proxy_decode((struct span){ copy, n }, &ip), 0);
			free(copy);
		}
}

static void
limits(void **state)
{
	static uint8_t big[2 * PROXY_WIRE_MAX] = SIG "\x21\x11\x0f\xf0" IN4;
	char line[PROXY_LINE_MAX + 2];
	struct ip ip;

	(void)state;
	assert_int_equal(proxy_decode((struct span){ big, sizeof(big) }, &ip), PROXY_WIRE_MAX);
	big[15]++;
	assert_int_equal(proxy_decode((struct span){ big, sizeof(big) }, &ip), -1);
	memset(line, ' ', sizeof(line));
	memcpy(line, "PROXY UNKNOWN", 13);
	line[PROXY_LINE_MAX - 1] = '\r';
	line[PROXY_LINE_MAX] = '\n';
	assert_int_equal(proxy_decode((struct span){ (uint8_t *)line, sizeof(line) }, &ip), -1);
	line[PROXY_LINE_MAX - 2] = '\r';
	line[PROXY_LINE_MAX - 1] = '\n';
	assert_int_equal(proxy_decode((struct span){ (uint8_t *)line, sizeof(line) }, &ip),
	    PROXY_LINE_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(bad),
		cmocka_unit_test(cut),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
