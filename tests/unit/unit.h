/* tests/unit/unit.h -- what every unit test includes: cmocka, hex, spans. */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/str.h"

#define SPAN(lit) ((struct span){ (const uint8_t *)"" lit, sizeof(lit) - 1 })
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static inline unsigned
hex_digit(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10);
}

/* Lower-case hex to bytes; returns their number. */
static inline size_t
unhex(const char *hex, uint8_t *out, size_t room)
{
	size_t n = strlen(hex) / 2;

	assert_true(n <= room);
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 |
		    hex_digit(hex[2 * i + 1]));
	return n;
}

static inline void
assert_hex(const uint8_t *got, size_t n, const char *hex)
{
	uint8_t want[8192];

	assert_int_equal(unhex(hex, want, sizeof(want)), n);
	assert_memory_equal(got, want, n);
}

static inline void
assert_str(struct str got, const char *want)
{
	if (!str_is(got, want))
		fail_msg("got \"%.*s\", wanted \"%s\"", (int)got.n,
		    got.p ? got.p : "", want);
}

#endif
