/* lib/base/str.c -- borrowed text. */
#include "lib/base/str.h"

#include <string.h>

struct str
str_of(const char *s)
{
	return (struct str){ s, s ? strlen(s) : 0 };
}

bool
str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
str_is(struct str a, const char *s)
{
	return str_eq(a, str_of(s));
}

bool
str_starts(struct str s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.n >= n && (n == 0 || memcmp(s.p, prefix, n) == 0);
}

bool
str_ends(struct str s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.n >= n && (n == 0 || memcmp(s.p + s.n - n, suffix, n) == 0);
}

bool
str_cut(struct str *s, char sep, struct str *head)
{
	const char *at;

	if (s->p == NULL)
		return false;
	at = s->n ? memchr(s->p, sep, s->n) : NULL;
	if (at == NULL) {
		*head = *s;
		*s = (struct str){ NULL, 0 };
		return true;
	}
	*head = (struct str){ s->p, (size_t)(at - s->p) };
	s->n -= head->n + 1;
	s->p = at + 1;
	return true;
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str
str_trim(struct str s)
{
	while (s.n > 0 && blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool
str_i64(struct str s, int64_t *out)
{
	bool neg = s.n > 0 && s.p[0] == '-';
	int64_t v = 0;
	size_t i;

	if (s.n == (size_t)neg)
		return false;
	for (i = neg; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		if (__builtin_mul_overflow(v, (int64_t)10, &v) ||
		    __builtin_sub_overflow(v, (int64_t)(s.p[i] - '0'), &v))
			return false;
	}
	if (!neg && v == INT64_MIN)
		return false;
	*out = neg ? v : -v;
	return true;
}

/* The length of the sequence that starts with 'c', and its lowest code point. */
static size_t
utf8_shape(uint8_t c, uint32_t *min, uint32_t *bits)
{
	if (c < 0x80) {
		*min = 0, *bits = c;
		return 1;
	}
	if ((c & 0xe0) == 0xc0) {
		*min = 0x80, *bits = c & 0x1f;
		return 2;
	}
	if ((c & 0xf0) == 0xe0) {
		*min = 0x800, *bits = c & 0x0f;
		return 3;
	}
	*min = 0x10000, *bits = c & 0x07;
	return (c & 0xf8) == 0xf0 ? 4 : 0;
}

bool
str_utf8_valid(struct str s)
{
	uint32_t min, cp;
	size_t i = 0, k, n;

	while (i < s.n) {
		n = utf8_shape((uint8_t)s.p[i], &min, &cp);
		if (n == 0 || n > s.n - i)
			return false;
		for (k = 1; k < n; k++) {
			if (((uint8_t)s.p[i + k] & 0xc0) != 0x80)
				return false;
			cp = cp << 6 | ((uint8_t)s.p[i + k] & 0x3f);
		}
		if (cp < min || cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000))
			return false;
		i += n;
	}
	return true;
}
