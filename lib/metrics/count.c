/*
 * lib/metrics/count.c -- what costs when nobody looks: a comparison and an addition.
 *
 * Relaxed order is enough: each cell is a number of its own, and a reader who sees
 * one a moment before another has asked a moment earlier.
 */
#include <assert.h>

#include "lib/metrics/map.h"

static void
add(uint32_t cell, uint64_t n)
{
	(void)atomic_fetch_add_explicit(&metrics_map->cell[cell], n, memory_order_relaxed);
}

void
metrics_add(enum metric m, unsigned cell, uint64_t n)
{
	assert(metrics_rows[m].kind == KIND_COUNTER);
	if (metrics_map != NULL)
		add(metrics_place[m].base + cell, n);
}

void
metrics_set(enum metric m, unsigned cell, int64_t value)
{
	assert(metrics_rows[m].kind == KIND_GAUGE);
	if (metrics_own != NULL)
		atomic_store_explicit(&metrics_own->gauge[metrics_place[m].base + cell], value,
		    memory_order_relaxed);
}

void
metrics_observe(enum metric m, unsigned cell, int64_t ns)
{
	const int64_t *bounds = metrics_rows[m].bounds;
	uint32_t at = metrics_place[m].base + cell * metrics_place[m].stride, i = 0;

	assert(metrics_rows[m].kind == KIND_HISTOGRAM);
	if (metrics_map == NULL)
		return;
	ns = ns < 0 ? 0 : ns;
	while (bounds[i] != 0 && ns > bounds[i])
		i++;
	add(at + METRICS_BUCKETS + i, 1);
	add(at + METRICS_SUM, (uint64_t)ns);
}
