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

/*
 * In 'n' things of 'size' bytes that begin with an id (int64_t) and are sorted by
 * it: the index of the first whose id is not below 'id'; 'n' if there is none.
 */
size_t ids_lower(const void *v, size_t n, size_t size, int64_t id);

#endif
