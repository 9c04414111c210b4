/* lib/base/clock.h -- the two clocks and the two text forms of a time. */
#ifndef LIB_BASE_CLOCK_H
#define LIB_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/str.h"

int64_t clock_wall_ms(void);		/* Unix time in milliseconds */
int64_t clock_mono_ms(void);		/* for intervals; survives clock changes */
int64_t clock_mono_ns(void);		/* the same, for short ones */

#define RFC3339_SIZE 32

/* "2026-11-22T13:07:53.986Z" into 'out'; years outside 1..9999 are clamped. */
const char *rfc3339_write(int64_t ms, char out[static RFC3339_SIZE]);

/*
 * RFC 3339 with 'T', optional fraction and any offset, to Unix milliseconds.
 * Go's zero time (0001-01-01T00:00:00Z) gives a large negative number.
 */
must_check bool rfc3339_read(struct str s, int64_t *ms);

/* "90s", "30m", "24h", "90d", "2w", "1y", "1h30m" to milliseconds; "0" is 0. */
must_check bool duration_read(struct str s, int64_t *ms);

#endif
