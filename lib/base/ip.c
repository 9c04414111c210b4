/* lib/base/ip.c -- IP addresses and prefixes as values. */
#include "lib/base/ip.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static size_t
width(const struct ip *a)
{
	return a->family == 4 ? 4 : a->family == 6 ? 16 : 0;
}

bool
ip_read(struct str s, struct ip *out)
{
	char text[IP_TEXT_SIZE];

	*out = (struct ip){ 0 };
	if (s.n == 0 || s.n >= sizeof(text) || memchr(s.p, 0, s.n) != NULL)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (inet_pton(AF_INET, text, out->b) == 1)
		out->family = 4;
	else if (inet_pton(AF_INET6, text, out->b) == 1)
		out->family = 6;
	return out->family != 0;
}

struct ip
ip_of(const char *text)
{
	struct ip ip;

	if (text == NULL || !ip_read(str_of(text), &ip))
		return (struct ip){ 0 };
	return ip;
}

const char *
ip_write(const struct ip *a, char out[static IP_TEXT_SIZE])
{
	if (width(a) == 0 || inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->b,
	    out, IP_TEXT_SIZE) == NULL)
		out[0] = '\0';
	return out;
}

int
ip_cmp(const struct ip *a, const struct ip *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->b, b->b, width(a));
}

bool
ip_eq(const struct ip *a, const struct ip *b)
{
	return ip_cmp(a, b) == 0;
}

void
ip_add(struct ip *a, uint64_t n)
{
	unsigned sum = 0;

	for (size_t i = width(a); i > 0 && (n > 0 || sum > 0xff); i--) {
		sum = (sum >> 8) + a->b[i - 1] + (unsigned)(n & 0xff);
		a->b[i - 1] = (uint8_t)sum;
		n >>= 8;
	}
}

void
ip_next(struct ip *a)
{
	ip_add(a, 1);
}

bool
prefix_read(struct str s, struct prefix *out)
{
	struct str addr, bits = s;
	int64_t n;

	if (!str_cut(&bits, '/', &addr) || bits.p == NULL || bits.n > 3 ||
	    (bits.n > 1 && bits.p[0] == '0') || str_starts(bits, "-") ||
	    !ip_read(addr, &out->ip) || !str_i64(bits, &n))
		return false;
	if (n > (int64_t)width(&out->ip) * 8)
		return false;
	out->bits = (uint8_t)n;
	return true;
}

const char *
prefix_write(const struct prefix *p, char out[static PREFIX_TEXT_SIZE])
{
	char a[IP_TEXT_SIZE];

	(void)snprintf(out, PREFIX_TEXT_SIZE, "%s/%u", ip_write(&p->ip, a), p->bits);
	return out;
}

/* The network mask of byte 'i' in a prefix of 'bits'. */
static uint8_t
mask_byte(unsigned bits, size_t i)
{
	if (bits >= (i + 1) * 8)
		return 0xff;
	if (bits <= i * 8)
		return 0;
	return (uint8_t)(0xff << (8 - (bits - i * 8)));
}

struct prefix
prefix_masked(struct prefix p)
{
	for (size_t i = 0; i < width(&p.ip); i++)
		p.ip.b[i] &= mask_byte(p.bits, i);
	return p;
}

bool
prefix_has_host_bits(const struct prefix *p)
{
	struct prefix m = prefix_masked(*p);

	return !ip_eq(&m.ip, &p->ip);
}

bool
prefix_contains(const struct prefix *p, const struct ip *a)
{
	if (p->ip.family != a->family || width(a) == 0)
		return false;
	for (size_t i = 0; i < width(a); i++)
		if ((p->ip.b[i] ^ a->b[i]) & mask_byte(p->bits, i))
			return false;
	return true;
}

int
prefix_cmp(const struct prefix *a, const struct prefix *b)
{
	int c = ip_cmp(&a->ip, &b->ip);

	return c != 0 ? c : (int)a->bits - (int)b->bits;
}

bool
prefix_eq(const struct prefix *a, const struct prefix *b)
{
	return prefix_cmp(a, b) == 0;
}

struct ip
prefix_last(const struct prefix *p)
{
	struct ip a = p->ip;

	for (size_t i = 0; i < width(&a); i++)
		a.b[i] |= (uint8_t)~mask_byte(p->bits, i);
	return a;
}

bool
prefix_is_default(const struct prefix *p)
{
	return p->bits == 0 && width(&p->ip) != 0;
}
