/* tests/unit/notifier_head_test.c -- heads of connections, and the verdict on them. */
#include "notifier/head.h"
#include "notifier/limits.h"
#include "tests/unit/unit.h"

#include <stdio.h>

#define UP "Connection: upgrade\r\nUpgrade: tailscale-control-protocol\r\n"
#define HS "X-Tailscale-Handshake: AAEC\r\n"
#define WS "Connection: upgrade\r\nUpgrade: websocket\r\n"		\
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n"
#define WSP "Sec-WebSocket-Protocol: chat, tailscale-control-protocol\r\n"

/* Reads a head in pieces of 'step' bytes; what http1_feed() said last. */
static ssize_t
read_head(struct head *h, struct span in, size_t step, struct span *rest)
{
	struct http1 p;
	ssize_t n = 0;

	head_init(h);
	http1_init(&p, h);
	while (in.n > 0 && !p.done && n >= 0) {
		struct span s = { in.p, in.n < step ? in.n : step };

		n = http1_feed(&p, s);
		if (n >= 0) {
			in.p += n;
			in.n -= (size_t)n;
		}
	}
	*rest = in;
	if (n >= 0 && !p.done)
		n = 0;
	http1_fini(&p);
	return n;
}

static void
verdicts(void **state)
{
	static const struct {
		const char *in;
		enum head_kind kind;
		int status;
		const char *handshake;
	} c[] = {
		{ "POST /ts2021 HTTP/1.1\r\n" UP HS "\r\n", HEAD_NOISE, 0,
		    "AAEC" },
		{ "POST /ts2021 HTTP/1.0\r\n" UP HS "\r\n", HEAD_NOISE, 0,
		    "AAEC" },
		{ "POST /ts2021?x=1 HTTP/1.1\r\n" UP HS "\r\n", HEAD_NOISE, 0,
		    "AAEC" },
		{ "POST /ts2021 HTTP/1.1\r\nUPGRADE: h2c, "
		    "Tailscale-Control-Protocol\r\n" HS "\r\n", HEAD_NOISE, 0,
		    "AAEC" },
		{ "POST /ts2021 HTTP/1.1\r\n" UP "\r\n", HEAD_REFUSED, 400,
		    NULL },
		{ "POST /ts2021 HTTP/1.1\r\nContent-Length: 0\r\n" UP HS "\r\n", HEAD_NOISE, 0,
		    "AAEC" },
		{ "POST /ts2021 HTTP/1.1\r\nContent-Length: 5\r\n" UP HS "\r\n", HEAD_REFUSED,
		    400, NULL },
		{ "POST /ts2021 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" UP HS "\r\n",
		    HEAD_REFUSED, 400, NULL },
		{ "GET /ts2021 HTTP/1.1\r\n" UP HS "\r\n", HEAD_REFUSED, 405,
		    NULL },
		{ "POST /ts2021 HTTP/1.1\r\n" HS "\r\n", HEAD_REFUSED, 426,
		    NULL },
		{ "GET /ts2021 HTTP/1.1\r\n\r\n", HEAD_REFUSED, 426, NULL },
		{ "GET /ts2021 HTTP/1.1\r\nUpgrade: h2c\r\n\r\n", HEAD_REFUSED,
		    400, NULL },
		{ "GET / HTTP/1.1\r\n\r\n", HEAD_REFUSED, 404, NULL },
		{ "GET /ts2021x HTTP/1.1\r\n\r\n", HEAD_REFUSED, 404, NULL },
		{ "GET /ts2021?X-Tailscale-Handshake=AA%2BC%3d HTTP/1.1\r\n" WS
		    WSP "\r\n", HEAD_WEBSOCKET, 0, "AA+C=" },
		{ "GET /ts2021?a=b&x-tailscale-handshake=AA+C% HTTP/1.1\r\n" WS
		    WSP "\r\n", HEAD_WEBSOCKET, 0, "AA+C%" },
		{ "GET /ts2021 HTTP/1.1\r\n" WS WSP "\r\n", HEAD_REFUSED, 400,
		    NULL },
		{ "GET /ts2021?X-Tailscale-Handshake=AA HTTP/1.1\r\n" WS "\r\n",
		    HEAD_REFUSED, 400, NULL },
	};
	struct verdict v;
	struct span rest;
	struct head h;

	(void)state;
	for (size_t i = 0; i < COUNT(c); i++) {
		for (size_t step = 1; step < 200; step += 33) {
			struct span in = { (const uint8_t *)c[i].in,
			    strlen(c[i].in) };

			assert_true(read_head(&h, in, step, &rest) > 0);
			assert_int_equal(rest.n, 0);
			head_judge(&h, &v);
			assert_int_equal(v.kind, c[i].kind);
			assert_int_equal(v.status, c[i].status);
			if (c[i].handshake)
				assert_str(buf_as_str(&v.handshake),
				    c[i].handshake);
			buf_fini(&v.handshake);
			head_fini(&h);
		}
	}
}

/* What comes behind the head is not touched. */
static void
leaves_the_rest(void **state)
{
	struct span in = SPAN("POST /ts2021 HTTP/1.1\r\nContent-Length: 5\r\n"
	    UP HS "\r\n\x04\0\x13NOISE"), rest;
	struct head h;

	(void)state;
	assert_true(read_head(&h, in, 1000, &rest) > 0);
	assert_int_equal(rest.n, 8);
	assert_memory_equal(rest.p, "\x04\0\x13NOISE", 8);
	head_fini(&h);
}

static void
limits(void **state)
{
	static char big[2 * HEAD_BYTES_MAX];
	struct span rest;
	struct head h;
	int n;

	(void)state;
	n = snprintf(big, sizeof(big), "POST /%02000d HTTP/1.1\r\n\r\n", 1);
	assert_true(read_head(&h, (struct span){ (uint8_t *)big, (size_t)n },
	    1000, &rest) > 0);
	head_fini(&h);
	n = snprintf(big, sizeof(big), "POST /%03000d HTTP/1.1\r\n\r\n", 1);
	assert_int_equal(read_head(&h, (struct span){ (uint8_t *)big,
	    (size_t)n }, 1000, &rest), -2);
	head_fini(&h);
	n = snprintf(big, sizeof(big), "POST / HTTP/1.1\r\n"
	    "X-Tailscale-Handshake: %02000d\r\n\r\n", 1);
	assert_int_equal(read_head(&h, (struct span){ (uint8_t *)big,
	    (size_t)n }, 1000, &rest), -2);
	head_fini(&h);
	n = snprintf(big, sizeof(big), "POST / HTTP/1.1\r\nX: %020000d\r\n", 1);
	assert_int_equal(read_head(&h, (struct span){ (uint8_t *)big,
	    (size_t)n }, 1000, &rest), -2);
	head_fini(&h);
	assert_int_equal(read_head(&h, SPAN("\x16\x03\x01\x02\0"), 100, &rest),
	    -1);
	head_fini(&h);
}

static void
client_is(const struct head *h, bool local, const char *proxy, const char *want)
{
	struct prefix p = { { 0 }, 0 };
	struct prefix_list proxies = { &p, proxy != NULL };
	struct ip ip;
	char text[IP_TEXT_SIZE] = "";

	if (proxy != NULL)
		assert_true(prefix_read(str_of(proxy), &p));
	ip = head_client(h, local, &proxies);
	if (ip.family != 0)
		(void)ip_write(&ip, text);
	assert_string_equal(text, want);
}

static void
client_address(void **state)
{
	struct span in = SPAN("POST /ts2021 HTTP/1.1\r\n"
	    "X-Forwarded-For: 6.6.6.6, 192.0.2.1\r\n"
	    "X-Forwarded-For: 2001:db8::1\r\n\r\n"), rest;
	struct head h;

	(void)state;
	assert_true(read_head(&h, in, 1000, &rest) > 0);
	client_is(&h, true, NULL, "2001:db8::1");
	client_is(&h, true, "2001:db8::/64", "192.0.2.1");
	client_is(&h, true, "192.0.2.0/24", "2001:db8::1");
	client_is(&h, false, "2001:db8::/64", "");
	h.source = ip_of("198.51.100.3");	/* by the PROXY protocol */
	client_is(&h, true, NULL, "198.51.100.3");
	client_is(&h, true, "198.51.100.3/32", "2001:db8::1");
	client_is(&h, false, "198.51.100.3/32", "");
	head_fini(&h);
	assert_true(read_head(&h, SPAN("GET / HTTP/1.1\r\n\r\n"), 9, &rest) > 0);
	client_is(&h, true, NULL, "");
	head_fini(&h);
}

#define PAIRS "CONTENT_LENGTH\0" "0\0" "SCGI\0" "1\0"			\
	"REQUEST_METHOD\0" "POST\0" "REQUEST_URI\0" "/ts2021\0"		\
	"REMOTE_ADDR\0" "192.0.2.7\0" "HTTP_X_FORWARDED_FOR\0" "6.6.6.6\0" \
	"HTTP_UPGRADE\0" "tailscale-control-protocol\0"			\
	"HTTP_X_TAILSCALE_HANDSHAKE\0" "AAEC\0"

static void
scgi(void **state)
{
	char wire[600];
	struct verdict v;
	struct head h;
	size_t n;

	(void)state;
	n = (size_t)snprintf(wire, sizeof(wire), "%zu:", sizeof(PAIRS) - 1);
	memcpy(wire + n, PAIRS, sizeof(PAIRS) - 1);
	n += sizeof(PAIRS) - 1;
	wire[n++] = ',';
	for (size_t i = 0; i < n; i++) {
		head_init(&h);
		assert_int_equal(head_from_scgi(&h, (struct span){
		    (uint8_t *)wire, i }), 0);
		head_fini(&h);
	}
	head_init(&h);
	assert_int_equal(head_from_scgi(&h, (struct span){ (uint8_t *)wire, n }),
	    n);
	head_judge(&h, &v);
	assert_int_equal(v.kind, HEAD_NOISE);
	assert_str(buf_as_str(&v.handshake), "AAEC");
	client_is(&h, true, NULL, "192.0.2.7");
	client_is(&h, true, "192.0.2.7/32", "6.6.6.6");
	buf_fini(&v.handshake);
	head_fini(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts),
		cmocka_unit_test(leaves_the_rest),
		cmocka_unit_test(limits),
		cmocka_unit_test(client_address),
		cmocka_unit_test(scgi),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
