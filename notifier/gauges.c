/*
 * notifier/gauges.c -- what the notifier holds now, for the metrics.
 *
 * Set a few times per second from what is known anyway, and not where it changes: a
 * gauge that was forgotten in one branch would be wrong for ever.
 */
#include "notifier/gauges.h"

#include "lib/metrics/metrics.h"
#include "notifier/notifier.h"

static unsigned
queued(const struct call *list)
{
	const struct call *c = list;
	unsigned n = 0;

	if (list == NULL)
		return 0;
	do {
		n++;
		c = c->next;
	} while (c != list);
	return n;
}

void
gauges_set(const struct notifier *n)
{
	const struct calls *q = &n->calls;
	unsigned running = 0, small = queued(q->queue[CALL_SMALL]);

	for (int cls = 0; cls < CALL_CLASSES; cls++)
		running += q->n_running[cls];
	metrics_set(METRIC_CONNECTIONS, 0, (int64_t)n->conns.n);
	metrics_set(METRIC_STREAMS, 0, HASH_COUNT(n->streams.by_node));
	metrics_set(METRIC_CALLS_RUNNING, 0, running);
	metrics_set(METRIC_CALLS_WAITING, METRICS_C_SMALL, small);
	metrics_set(METRIC_CALLS_WAITING, METRICS_C_MAP, q->n_queued - small);
	metrics_set(METRIC_HELD, 0, (int64_t)n->holds.n);
	metrics_set(METRIC_FIRST_MAP_BYTES, 0, (int64_t)q->first_bytes);
}
