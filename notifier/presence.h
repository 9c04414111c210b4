/*
 * notifier/presence.h -- telling the workers who has a stream.
 *
 * Reports are batched and never overlap.  A stopping notifier reports nothing:
 * its clients will be back.  A starting one waits for them and then reports the
 * whole set.
 */
#ifndef NOTIFIER_PRESENCE_H
#define NOTIFIER_PRESENCE_H

#include <uv.h>

#include "notifier/presence_set.h"

struct notifier;

struct presence {
	struct presence_set set;
	uv_timer_t timer;
	int64_t sync_ms;	/* when the full report is due; 0: it was made */
	bool refused;		/* the last report was, and that was said */
};

void presence_init(struct notifier *n);
void presence_start(struct notifier *n);
void presence_fini(struct notifier *n);

#endif
