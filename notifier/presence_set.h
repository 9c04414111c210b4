/*
 * notifier/presence_set.h -- who came and went, and what to tell the workers of it.
 *
 * The map request that opens a stream sets a node online in the database; we
 * report '-' when its last stream has been gone for a grace.  The two may
 * cross: a '-' that is under way while a stream opens would leave the node
 * offline for good.  So whenever a stream opens whose request was started
 * before a '-' (or a full report) was known to be done, a '+' follows.
 *
 * Pure: times are given by the caller (monotonic, but for gone_wall_ms).
 */
#ifndef NOTIFIER_PRESENCE_SET_H
#define NOTIFIER_PRESENCE_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"

#define PRESENCE_RETRY_MS 1000
#define PRESENCE_MEMORY_MS (5 * 60 * 1000)	/* longer than any request lasts */

struct presence_node;

struct presence_set {
	struct presence_node *nodes;	/* uthash: who has something pending or recent */
	int64_t grace_ms;
	bool reporting;			/* a report is under way */
	bool sync_reporting;		/* it is the full one */
	int64_t sync_done_ms;		/* INT64_MIN before the first */
};

void presence_set_init(struct presence_set *p, int64_t grace_ms);
void presence_set_fini(struct presence_set *p);

/* The last stream of 'node' ended. */
void presence_gone(struct presence_set *p, int64_t node, int64_t wall_ms,
    int64_t now_ms);

/* A stream of 'node' opened; its request was started at 'started_ms'. */
void presence_open(struct presence_set *p, int64_t node, int64_t started_ms);

/*
 * Appends the lines that are due and remembers them as under way; false if
 * there are none.  presence_done() must follow before the next call.
 */
bool presence_collect(struct presence_set *p, int64_t now_ms, struct buf *out);

/* The same for a full report, whose lines the caller writes. */
void presence_sync_begin(struct presence_set *p);

/* The report is done; what failed is kept for the next. */
void presence_done(struct presence_set *p, bool ok, int64_t now_ms);

/* Is there anything that presence_collect() has to be called for, now or later? */
bool presence_pending(const struct presence_set *p);

#endif
