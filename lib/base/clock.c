/* lib/base/clock.c -- clocks, RFC 3339 and durations. */
#include "lib/base/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t
now_ns(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int64_t
now_ms(clockid_t id)
{
	return now_ns(id) / 1000000;
}

int64_t
clock_wall_ms(void)
{
	return now_ms(CLOCK_REALTIME);
}

int64_t
clock_mono_ms(void)
{
	return now_ms(CLOCK_MONOTONIC);
}

int64_t
clock_mono_ns(void)
{
	return now_ns(CLOCK_MONOTONIC);
}

#define YEAR_1_MS (-62135596800000)
#define YEAR_9999_MS 253402300799999

const char *
rfc3339_write(int64_t ms, char out[static RFC3339_SIZE])
{
	struct tm tm;
	time_t sec;

	ms = ms < YEAR_1_MS ? YEAR_1_MS : ms > YEAR_9999_MS ? YEAR_9999_MS : ms;
	sec = (time_t)(ms / 1000 - (ms % 1000 < 0));
	(void)gmtime_r(&sec, &tm);
	(void)snprintf(out, RFC3339_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
	    (unsigned)(tm.tm_year + 1900) % 10000, (unsigned)(tm.tm_mon + 1) % 100,
	    (unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100,
	    (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100,
	    (unsigned)(ms - (int64_t)sec * 1000) % 1000);
	return out;
}

/* Reads exactly 'n' digits at the start of 's'. */
static bool
digits(struct str *s, size_t n, int *out)
{
	int v = 0;

	if (s->n < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s->p[i] < '0' || s->p[i] > '9')
			return false;
		v = v * 10 + (s->p[i] - '0');
	}
	s->p += n;
	s->n -= n;
	*out = v;
	return true;
}

static bool
lit(struct str *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	s->p++;
	s->n--;
	return true;
}

/* ".986…" to milliseconds; digits past the third are dropped. */
static bool
fraction(struct str *s, int *ms)
{
	int scale = 100, d;

	*ms = 0;
	if (!lit(s, '.'))
		return true;
	if (s->n == 0 || s->p[0] < '0' || s->p[0] > '9')
		return false;
	while (s->n > 0 && s->p[0] >= '0' && s->p[0] <= '9') {
		(void)digits(s, 1, &d);
		*ms += d * scale;
		scale /= 10;
	}
	return true;
}

static bool
offset(struct str *s, int *sec)
{
	int h, m, sign;

	*sec = 0;
	if (lit(s, 'Z') || lit(s, 'z'))
		return true;
	sign = lit(s, '+') ? 1 : lit(s, '-') ? -1 : 0;
	if (sign == 0 || !digits(s, 2, &h) || !lit(s, ':') || !digits(s, 2, &m) ||
	    h > 23 || m > 59)
		return false;
	*sec = sign * (h * 3600 + m * 60);
	return true;
}

static int
days_in(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

bool
rfc3339_read(struct str s, int64_t *ms)
{
	struct tm tm = { 0 };
	int frac, off;

	if (!digits(&s, 4, &tm.tm_year) || !lit(&s, '-') ||
	    !digits(&s, 2, &tm.tm_mon) || !lit(&s, '-') ||
	    !digits(&s, 2, &tm.tm_mday) || !(lit(&s, 'T') || lit(&s, 't')) ||
	    !digits(&s, 2, &tm.tm_hour) || !lit(&s, ':') ||
	    !digits(&s, 2, &tm.tm_min) || !lit(&s, ':') ||
	    !digits(&s, 2, &tm.tm_sec) || !fraction(&s, &frac) ||
	    !offset(&s, &off) || s.n != 0)
		return false;
	if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 ||
	    tm.tm_mday > days_in(tm.tm_year, tm.tm_mon) ||
	    tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*ms = ((int64_t)timegm(&tm) - off) * 1000 + frac;
	return true;
}

static int64_t
unit_ms(struct str *s)
{
	static const struct { const char *name; int64_t ms; } units[] = {
		{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 },
		{ "d", 86400000 }, { "w", 7 * 86400000LL },
		{ "y", 365 * 86400000LL },
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (str_starts(*s, units[i].name)) {
			size_t n = str_of(units[i].name).n;
			s->p += n;
			s->n -= n;
			return units[i].ms;
		}
	}
	return 0;
}

bool
duration_read(struct str s, int64_t *ms)
{
	int64_t total = 0, v, part, unit;
	size_t n;

	if (str_is(s, "0")) {
		*ms = 0;
		return true;
	}
	if (s.n == 0)
		return false;
	while (s.n > 0) {
		for (n = 0; n < s.n && s.p[n] >= '0' && s.p[n] <= '9'; n++)
			;
		if (!str_i64((struct str){ s.p, n }, &v))
			return false;
		s.p += n;
		s.n -= n;
		unit = unit_ms(&s);
		if (unit == 0 || __builtin_mul_overflow(v, unit, &part) ||
		    __builtin_add_overflow(total, part, &total))
			return false;
	}
	*ms = total;
	return true;
}
