/* lib/base/ids.c -- sorted sets of ids. */
#include "lib/base/ids.h"

#include <stdlib.h>

static int
by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

size_t
ids_sort_unique(int64_t *v, size_t n)
{
	size_t kept = 0;

	if (n > 1)
		qsort(v, n, sizeof(*v), by_value);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || v[kept - 1] != v[i])
			v[kept++] = v[i];
	return kept;
}

bool
ids_has(const int64_t *v, size_t n, int64_t id)
{
	return n > 0 && bsearch(&id, v, n, sizeof(*v), by_value) != NULL;
}

size_t
ids_lower(const void *v, size_t n, size_t size, int64_t id)
{
	const char *base = v;
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (*(const int64_t *)(const void *)(base + mid * size) < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}
