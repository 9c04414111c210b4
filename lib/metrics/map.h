/*
 * lib/metrics/map.h -- inside of lib/metrics: the mapped file.
 *
 * Who uses the file has compiled the same table, or has another file: the head holds a
 * hash of all that decides what a cell means.
 */
#ifndef LIB_METRICS_MAP_H
#define LIB_METRICS_MAP_H

#include <stdatomic.h>

#include "lib/metrics/table.h"

#define METRICS_SLOTS 160	/* processes with gauges; serve runs 131 at most */
#define METRICS_GAUGES 32	/* cells of gauges of one process */
#define METRICS_CELLS 1024	/* cells of all counters and histograms */
#define METRICS_MAGIC "hrmetric"

/* A process: written by itself, read by all. */
struct metrics_slot {
	_Atomic int32_t pid;		/* 0: free */
	uint32_t role;
	uint64_t start;			/* of the process, to tell it from a later one of this pid */
	int64_t since_ms;		/* when it took the slot */
	_Atomic int64_t gauge[METRICS_GAUGES];
};

struct metrics_map {
	char magic[8];
	uint64_t layout;
	int64_t since_ms;
	_Alignas(64) struct metrics_slot slot[METRICS_SLOTS];
	_Alignas(64) _Atomic uint64_t cell[METRICS_CELLS];
};

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "counters are shared by processes");

/*
 * What is mapped, or NULL.  Where each metric's cells begin, in the map or in a slot, and
 * how many each value of its label has: a histogram has the sum in ns, one per bound, and
 * one for what is above all.
 */
extern struct metrics_map *metrics_map;
extern struct metrics_slot *metrics_own;
extern struct metrics_place { uint32_t base, stride; } metrics_place[METRIC_COUNT];

#define METRICS_SUM 0		/* cells of a histogram */
#define METRICS_BUCKETS 1

/* ---- processes (process.c) ---- */

struct metrics_process {
	uint64_t start;			/* clock ticks since the system started */
	uint64_t cpu_ticks;
	uint64_t resident_pages;
};

/* Of /proc/PID/stat; false if there is no such process. */
bool metrics_process_read(int32_t pid, struct metrics_process *out);

/* Does the process of this slot live? */
bool metrics_slot_alive(const struct metrics_slot *s, struct metrics_process *p);

/* Adds what the system says of all that live to 's'; alive[] tells which slots count. */
void metrics_processes(struct metrics_samples *s, bool alive[static METRICS_SLOTS]);

#endif
