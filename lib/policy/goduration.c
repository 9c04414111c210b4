/*
 * lib/policy/goduration.c -- durations as Go reads and writes them.
 *
 * Error texts of policies quote durations in Go's form, so that form is needed
 * to the letter; the configuration has another one (duration_read()).
 */
#include "lib/policy/goduration.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"

#define NS_PER_SECOND INT64_C(1000000000)

static const struct {
	const char *name;
	int64_t ns;
} units[] = {
	{ "ns", 1 }, { "us", 1000 }, { "\xc2\xb5s", 1000 }, { "\xce\xbcs", 1000 },
	{ "ms", 1000000 }, { "s", NS_PER_SECOND }, { "m", 60 * NS_PER_SECOND },
	{ "h", 3600 * NS_PER_SECOND },
};

/* Digits as a number; false if it does not fit. */
static bool
take_digits(const char **s, int64_t *out)
{
	for (*out = 0; isdigit((unsigned char)**s); (*s)++)
		if (__builtin_mul_overflow(*out, (int64_t)10, out) ||
		    __builtin_add_overflow(*out, (int64_t)(**s - '0'), out))
			return false;
	return true;
}

/* What stands behind the point, in parts of a unit; digits below 1 ns do not count. */
static int64_t
take_fraction(const char **s, int64_t unit, const char *unit_at)
{
	int64_t sum = 0;

	for (; *s < unit_at; (*s)++) {
		unit /= 10;
		sum += unit * (**s - '0');
	}
	return sum;
}

static int64_t
unit_of(struct str name)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (str_is(name, units[i].name))
			return units[i].ns;
	return 0;
}

enum fault { FINE, INVALID, NO_UNIT, BAD_UNIT };

/* "1h", "1.5h", ".5h": one number and its unit, added to *sum. */
static enum fault
take_part(const char **s, int64_t *sum, struct str *unit_name)
{
	const char *fraction, *begin = *s;
	int64_t whole, unit;

	if (!take_digits(s, &whole))
		return INVALID;
	fraction = *s;
	if (**s == '.') {
		fraction = ++*s;
		*s += strspn(*s, "0123456789");
		if (*s - begin == 1)
			return INVALID;
	} else if (*s == begin)
		return INVALID;
	*unit_name = (struct str){ *s, strcspn(*s, ".0123456789") };
	if (unit_name->n == 0)
		return NO_UNIT;
	unit = unit_of(*unit_name);
	if (unit == 0)
		return BAD_UNIT;
	if (__builtin_mul_overflow(whole, unit, &whole) ||
	    __builtin_add_overflow(*sum, whole, sum) ||
	    __builtin_add_overflow(*sum, take_fraction(&fraction, unit, *s), sum))
		return INVALID;
	*s += unit_name->n;
	return FINE;
}

bool
goduration_read(struct arena *a, const char *text, int64_t *ns, const char **why)
{
	const char *s = text;
	bool minus = *s == '-';
	struct str unit = { "", 0 };
	enum fault f = INVALID;

	*ns = 0;
	if (*s == '-' || *s == '+')
		s++;
	if (strcmp(s, "0") == 0)
		return true;
	do
		f = take_part(&s, ns, &unit);
	while (f == FINE && *s != '\0');
	if (f == FINE) {
		*ns = minus ? -*ns : *ns;
		return true;
	}
	if (f == NO_UNIT)
		*why = arena_printf(a, "time: missing unit in duration \"%s\"", text);
	else if (f == BAD_UNIT)
		*why = arena_printf(a, "time: unknown unit \"%.*s\" in duration \"%s\"",
		    (int)unit.n, unit.p, text);
	else
		*why = arena_printf(a, "time: invalid duration \"%s\"", text);
	return false;
}

/* "1.5" of 1500 thousandths. */
static const char *
decimal(struct arena *a, uint64_t whole, uint64_t rest, int digits)
{
	char *text = arena_printf(a, "%ju.%0*ju", (uintmax_t)whole, digits, (uintmax_t)rest);
	size_t n = strlen(text);

	while (text[n - 1] == '0')
		text[--n] = '\0';
	if (text[n - 1] == '.')
		text[n - 1] = '\0';
	return text;
}

const char *
goduration_write(struct arena *a, int64_t ns)
{
	uint64_t u = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
	uint64_t s = u / (uint64_t)NS_PER_SECOND, h = s / 3600, m = s / 60 % 60;
	const char *minus = ns < 0 ? "-" : "", *sec;

	if (u == 0)
		return "0s";
	if (u < 1000)
		return arena_printf(a, "%s%juns", minus, (uintmax_t)u);
	if (u < 1000000)
		return arena_printf(a, "%s%s\xc2\xb5s", minus, decimal(a, u / 1000, u % 1000, 3));
	if (s == 0)
		return arena_printf(a, "%s%sms", minus,
		    decimal(a, u / 1000000, u % 1000000, 6));
	sec = decimal(a, s % 60, u % (uint64_t)NS_PER_SECOND, 9);
	if (h > 0)
		return arena_printf(a, "%s%juh%jum%ss", minus, (uintmax_t)h, (uintmax_t)m, sec);
	if (m > 0)
		return arena_printf(a, "%s%jum%ss", minus, (uintmax_t)m, sec);
	return arena_printf(a, "%s%ss", minus, sec);
}
