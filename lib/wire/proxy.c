/*
 * lib/wire/proxy.c -- the PROXY protocol, versions 1 and 2.
 *
 * Strict where the document is: what stands here says who a client is.  Only the source
 * is kept; what version 2 carries behind the addresses is counted and skipped.
 */
#include "lib/wire/proxy.h"

#include <string.h>

#include "lib/base/rd.h"

/* Does 'in', as far as it goes, begin like 'mark'? */
static bool
begins(struct span in, const void *mark, size_t n)
{
	return memcmp(in.p, mark, in.n < n ? in.n : n) == 0;
}

/* ---- version 1: a line ---- */

static const char mark1[] = { 'P', 'R', 'O', 'X', 'Y', ' ' };

static bool
is_port(struct str s)
{
	unsigned long n = 0;

	if (s.n == 0 || s.n > 5 || (s.n > 1 && s.p[0] == '0'))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		n = n * 10 + (unsigned long)(s.p[i] - '0');
	}
	return n <= UINT16_MAX;
}

/* "SOURCE TARGET PORT PORT", with one space between two. */
static bool
read_pair(struct str rest, uint8_t family, struct ip *source)
{
	struct str src, dst, from, to;
	struct ip target;

	return str_cut(&rest, ' ', &src) && str_cut(&rest, ' ', &dst) &&
	    str_cut(&rest, ' ', &from) && str_cut(&rest, ' ', &to) && rest.p == NULL &&
	    ip_read(src, source) && source->family == family &&
	    ip_read(dst, &target) && target.family == family && is_port(from) && is_port(to);
}

static ssize_t
decode_line(struct span in, struct ip *source)
{
	size_t max = in.n < PROXY_LINE_MAX - 1 ? in.n : PROXY_LINE_MAX - 1;
	const uint8_t *end = memchr(in.p, '\r', max);
	struct str rest, word;
	size_t size;

	if (end == NULL)
		return in.n < PROXY_LINE_MAX - 1 ? 0 : -1;
	size = (size_t)(end - in.p) + 2;
	if (in.n < size)
		return 0;
	if (end[1] != '\n')
		return -1;
	rest = (struct str){ (const char *)in.p + sizeof(mark1), size - sizeof(mark1) - 2 };
	if (!str_cut(&rest, ' ', &word))
		return -1;
	if (str_is(word, "TCP4"))
		return read_pair(rest, 4, source) ? (ssize_t)size : -1;
	if (str_is(word, "TCP6"))
		return read_pair(rest, 6, source) ? (ssize_t)size : -1;
	return str_is(word, "UNKNOWN") ? (ssize_t)size : -1;
}

/* ---- version 2: binary ---- */

static const uint8_t mark2[] = "\r\n\r\n\0\r\nQUIT\n";
#define MARK2_SIZE (sizeof(mark2) - 1)
#define HEAD2_SIZE (MARK2_SIZE + 4)

enum command { COMMAND_LOCAL = 0x20, COMMAND_PROXY = 0x21 };	/* with the version */

/* Family and transport in one byte.  Those with an address that we can use have 'ip'. */
static const struct shape {
	uint8_t id;
	uint8_t ip;
	uint16_t size;		/* of both addresses and ports, at least */
} shapes[] = {
	{ 0x00, 0, 0 },
	{ 0x11, 4, 12 }, { 0x12, 0, 12 },	/* TCP, UDP by IPv4 */
	{ 0x21, 6, 36 }, { 0x22, 0, 36 },	/* and by IPv6 */
	{ 0x31, 0, 216 }, { 0x32, 0, 216 },	/* unix sockets */
};

static const struct shape *
shape_of(uint8_t id)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (shapes[i].id == id)
			return &shapes[i];
	return NULL;
}

static ssize_t
decode_binary(struct span in, struct ip *source)
{
	struct rd r = rd_of(in);
	struct span body;
	const struct shape *sh;
	uint8_t command, id;
	uint16_t len;

	(void)rd_bytes(&r, MARK2_SIZE);
	command = rd_u8(&r);
	id = rd_u8(&r);
	len = rd_be16(&r);
	if (r.bad)
		return 0;
	sh = shape_of(id);
	if ((command != COMMAND_LOCAL && command != COMMAND_PROXY) || len > PROXY_WIRE_MAX - HEAD2_SIZE ||
	    (command == COMMAND_PROXY && (sh == NULL || len < sh->size)))
		return -1;
	body = rd_bytes(&r, len);
	if (r.bad)
		return 0;
	if (command == COMMAND_PROXY && sh->ip != 0) {
		source->family = sh->ip;
		(void)memcpy(source->b, body.p, sh->ip == 4 ? 4 : 16);
	}
	return r.p - in.p;
}

ssize_t
proxy_decode(struct span in, struct ip *source)
{
	ssize_t n = -1;
	struct ip found = { 0 };

	*source = found;
	if (in.n == 0)
		return 0;
	if (begins(in, mark1, sizeof(mark1)))
		n = decode_line(in, &found);
	else if (begins(in, mark2, MARK2_SIZE))
		n = decode_binary(in, &found);
	if (n > 0)
		*source = found;
	return n;
}
