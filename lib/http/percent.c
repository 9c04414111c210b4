/* lib/http/percent.c -- "%41" and "+", as addresses and forms have them. */
#include "lib/http/percent.h"

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
percent_at(struct str s, size_t i)
{
	int hi, lo;

	if (s.n - i < 3)
		return -1;
	hi = hex_digit(s.p[i + 1]);
	lo = hex_digit(s.p[i + 2]);
	return hi < 0 || lo < 0 ? -1 : hi << 4 | lo;
}

const char *
percent_decode(struct arena *a, struct str s, bool form)
{
	char *to = arena_alloc(a, s.n + 1);
	size_t i, n = 0;
	int c;

	for (i = 0; i < s.n; i++) {
		c = (unsigned char)s.p[i];
		if (c == '+' && form)
			c = ' ';
		if (c == '%') {
			c = percent_at(s, i);
			i += 2;
		}
		if (c <= 0)
			return NULL;
		to[n++] = (char)c;
	}
	return str_utf8_valid((struct str){ to, n }) ? to : NULL;
}
