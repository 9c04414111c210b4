/*
 * lib/metrics/table.h -- inside of lib/metrics, for its tests, and for whoever lists them:
 * the table of metrics.
 */
#ifndef LIB_METRICS_TABLE_H
#define LIB_METRICS_TABLE_H

#include "lib/metrics/metrics.h"

#define METRICS_BOUNDS_MAX 20
#define METRICS_LABELS 2

enum metric_kind {
	KIND_COUNTER,		/* one for all processes; never falls */
	KIND_HISTOGRAM,		/* of seconds, one for all processes */
	KIND_GAUGE,		/* of each process; shown is the sum of those alive */
	KIND_ASKED,		/* a gauge whose value comes with the question */
	KIND_ASKED_COUNTER	/* the same for a counter */
};

struct metric_label {
	const char *name;		/* NULL: none */
	const char *const *values;	/* NULL if they come with the question */
	unsigned n;
};

struct metric_row {
	const char *name;
	const char *help;
	enum metric_kind kind;
	struct metric_label label[METRICS_LABELS];
	const int64_t *bounds;		/* of a histogram, in ns, ascending; ends with 0 */
	bool sparse;			/* cells that were never touched are not shown */
};

extern const struct metric_row metrics_rows[METRIC_COUNT];
extern const char *const metrics_roles[METRICS_ROLES];

/* How many values the labels have together; 1 without labels. */
unsigned metrics_width(const struct metric_row *r);
unsigned metrics_bounds(const struct metric_row *r);

#endif
