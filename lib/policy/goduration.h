/* lib/policy/goduration.h -- durations as Go reads and writes them ("1h30m", "168h0m1s"). */
#ifndef LIB_POLICY_GODURATION_H
#define LIB_POLICY_GODURATION_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"

/* Nanoseconds; false, with *why in Go's words, if it is none. */
must_check bool goduration_read(struct arena *a, const char *text, int64_t *ns, const char **why);

const char *goduration_write(struct arena *a, int64_t ns);

#endif
