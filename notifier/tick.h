/*
 * notifier/tick.h -- the workers' clock: they have none of their own.
 *
 * A worker does what is due and says when it wants to be called again.  Files
 * that the configuration names (extra DNS records, DERP maps) are watched, so
 * that an edit counts at once.
 */
#ifndef NOTIFIER_TICK_H
#define NOTIFIER_TICK_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "notifier/watch.h"

struct notifier;

struct tick {
	uv_timer_t timer;
	bool under_way, again;
	struct watch *files;
	size_t n_files;
};

void tick_init(struct notifier *n);
void tick_now(struct notifier *n);	/* asks at once; the first time starts the clock */
void tick_fini(struct notifier *n);	/* after the handles are closed */

#endif
