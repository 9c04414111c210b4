/* lib/base/ids.h -- sorted sets of ids. */
#ifndef LIB_BASE_IDS_H
#define LIB_BASE_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sorts and drops doubles in place; returns how many are left. */
size_t ids_sort_unique(int64_t *v, size_t n);

/* Is 'id' in the sorted 'v'? */
bool ids_has(const int64_t *v, size_t n, int64_t id);

#endif
