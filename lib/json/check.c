/*
 * lib/json/check.c -- is this text JSON, to the letter of RFC 8259?
 *
 * json-c is lenient even in its strict mode: it takes quotes of the wrong kind,
 * raw control characters, "1." and NaN, and integers that do not fit saturate.
 * What we store is sent on to Go clients, whose decoder drops the connection
 * over such a value, so it has to stop here.
 */
#include "lib/json/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_LEN_MAX 64

struct scan {
	const char *p, *end;
	int depth;		/* levels that may still be opened */
	const char *why;	/* set once, at the first fault */
};

static bool value(struct scan *s);

static bool
fault(struct scan *s, const char *why)
{
	if (s->why == NULL)
		s->why = s->p == s->end ? "it ends too early" : why;
	return false;
}

static void
skip_blanks(struct scan *s)
{
	while (s->p < s->end && strchr(" \t\r\n", *s->p) != NULL && *s->p != '\0')
		s->p++;
}

static bool
take(struct scan *s, char c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* What follows a backslash. */
static bool
escape(struct scan *s)
{
	int i;

	if (s->p == s->end || *s->p == '\0' || strchr("\"\\/bfnrtu", *s->p) == NULL)
		return fault(s, "unknown escape");
	if (*s->p++ != 'u')
		return true;
	for (i = 0; i < 4; i++, s->p++)
		if (s->p == s->end || !is_hex(*s->p))
			return fault(s, "bad \\u escape");
	return true;
}

static bool
string(struct scan *s)
{
	if (!take(s, '"'))
		return fault(s, "expected a string");
	while (s->p < s->end && *s->p != '"') {
		if ((unsigned char)*s->p < 0x20)
			return fault(s, "raw control character in a string");
		if (*s->p++ == '\\' && !escape(s))
			return false;
	}
	return take(s, '"') || fault(s, "unterminated string");
}

static size_t
digits(struct scan *s)
{
	const char *from = s->p;

	while (s->p < s->end && is_digit(*s->p))
		s->p++;
	return (size_t)(s->p - from);
}

/* Integers up to 20 digits are compared as text with what 64 bits hold. */
static bool
integer_fits(const char *from, size_t n)
{
	bool neg = *from == '-';
	const char *max = neg ? "9223372036854775808" : "18446744073709551615";
	size_t len = strlen(max);

	from += neg;
	n -= neg;
	return n < len || (n == len && memcmp(from, max, len) <= 0);
}

static bool
number_fits(struct scan *s, const char *from, bool integer)
{
	char text[NUMBER_LEN_MAX + 1] = "";
	size_t n = (size_t)(s->p - from);

	if (integer ? integer_fits(from, n) : n <= NUMBER_LEN_MAX &&
	    isfinite(strtod(memcpy(text, from, n), NULL)))
		return true;
	s->p = from;
	return fault(s, "number out of range");
}

static bool
number(struct scan *s)
{
	const char *from = s->p;
	bool integer = true;

	(void)take(s, '-');
	if (!take(s, '0') && digits(s) == 0)
		return fault(s, "expected a value");
	if (take(s, '.')) {
		integer = false;
		if (digits(s) == 0)
			return fault(s, "expected a digit");
	}
	if (take(s, 'e') || take(s, 'E')) {
		integer = false;
		(void)(take(s, '-') || take(s, '+'));
		if (digits(s) == 0)
			return fault(s, "expected a digit");
	}
	return number_fits(s, from, integer);
}

static bool
word(struct scan *s, const char *w)
{
	size_t n = strlen(w);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, w, n) != 0)
		return fault(s, "expected a value");
	s->p += n;
	return true;
}

static bool
member(struct scan *s)
{
	skip_blanks(s);
	if (!string(s))
		return false;
	skip_blanks(s);
	return (take(s, ':') || fault(s, "expected ':'")) && value(s);
}

/* The inside of an array or object, whose opening bracket has been taken. */
static bool
items(struct scan *s, char close, bool (*item)(struct scan *))
{
	if (s->depth-- == 0)
		return fault(s, "nested too deeply");
	skip_blanks(s);
	if (!take(s, close)) {
		do {
			if (!item(s))
				return false;
		} while (take(s, ','));
		if (!take(s, close))
			return fault(s, "expected ',' or a closing bracket");
	}
	s->depth++;
	return true;
}

static bool
bare_value(struct scan *s)
{
	if (take(s, '{'))
		return items(s, '}', member);
	if (take(s, '['))
		return items(s, ']', value);
	if (s->p == s->end)
		return fault(s, "expected a value");
	switch (*s->p) {
	case '"':
		return string(s);
	case 't':
		return word(s, "true");
	case 'f':
		return word(s, "false");
	case 'n':
		return word(s, "null");
	default:
		return number(s);
	}
}

/* Blanks around it belong to a value. */
static bool
value(struct scan *s)
{
	skip_blanks(s);
	if (!bare_value(s))
		return false;
	skip_blanks(s);
	return true;
}

bool
json_check(struct str text, int depth, size_t *at, const char **why)
{
	struct scan s = { .p = text.p, .end = text.p + text.n, .depth = depth };
	bool ok = value(&s) && (s.p == s.end || fault(&s, "more after the value"));

	if (ok && !str_utf8_valid(text)) {
		ok = false;
		s.why = "it is not UTF-8";
		s.p = text.p;
	}
	*at = (size_t)(s.p - text.p);
	*why = s.why;
	return ok;
}
