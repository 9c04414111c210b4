/*
 * notifier/deliver.h -- has webhooks told what happens, by a worker of its own.
 *
 * A delta says when something waits, so nothing polls.  One call at a time: what comes
 * up meanwhile goes together with the next.
 */
#ifndef NOTIFIER_DELIVER_H
#define NOTIFIER_DELIVER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct notifier;

struct deliver {
	uv_timer_t timer;
	bool under_way;
	int64_t again_ms;	/* what was asked for meanwhile; -1: nothing */
};

void deliver_init(struct notifier *n);

/* Something has to be sent in 'ms' milliseconds. */
void deliver_want(struct notifier *n, int64_t ms);

#endif
