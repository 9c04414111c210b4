/*
 * lib/http/percent.h -- "%41" and "+", as addresses and forms have them.
 *
 * Strict: what is decoded twice or halfway is a way around somebody's check.
 */
#ifndef LIB_HTTP_PERCENT_H
#define LIB_HTTP_PERCENT_H

#include "lib/base/arena.h"
#include "lib/base/str.h"

/* The byte of the escape at s.p[i], or -1 if there is none. */
int percent_at(struct str s, size_t i);

/*
 * The decoded text in the arena, or NULL on a bad escape, a NUL or bad UTF-8.
 * In queries and forms ('form') a plus is a blank.
 */
const char *percent_decode(struct arena *a, struct str s, bool form);

#endif
