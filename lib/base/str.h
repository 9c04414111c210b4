/*
 * lib/base/str.h -- borrowed text and bytes: a pointer and a length.
 *
 * Neither owns memory.  Text that comes from outside stays a struct str until
 * somebody needs a NUL; then arena_strndup() makes one.
 */
#ifndef LIB_BASE_STR_H
#define LIB_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

struct str { const char *p; size_t n; };
struct span { const uint8_t *p; size_t n; };

#define STR(lit) ((struct str){ "" lit, sizeof(lit) - 1 })

struct str str_of(const char *s);		/* NULL gives an empty str */
bool str_eq(struct str a, struct str b);
bool str_is(struct str a, const char *s);
bool str_starts(struct str s, const char *prefix);
bool str_ends(struct str s, const char *suffix);

/*
 * Splits off what stands before the first 'sep' into 'head' and leaves the
 * rest in 's'.  Without 'sep' the whole goes to 'head'.  False once 's' is
 * used up.
 */
bool str_cut(struct str *s, char sep, struct str *head);

struct str str_trim(struct str s);		/* without blanks at both ends */

/* A decimal integer, the whole of 's', no sign but '-'; false if it is none. */
must_check bool str_i64(struct str s, int64_t *out);

/* False for overlong forms, surrogates, and code points over U+10FFFF. */
bool str_utf8_valid(struct str s);

#endif
