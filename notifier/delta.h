/*
 * notifier/delta.h -- asking for what changed, one question at a time.
 *
 * A wake while a question is under way makes the next one follow, so changes
 * batch by themselves under load.  Handing out may take a share of the time, with
 * some saved up for bursts: while a whole fleet connects, each of its devices is
 * a change for all others, and fewer, larger batches are cheaper for everybody.
 */
#ifndef NOTIFIER_DELTA_H
#define NOTIFIER_DELTA_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "notifier/ring.h"

struct notifier;
struct call;

struct delta {
	struct ring ring;
	bool ready;		/* we know where we are */
	bool wanted;		/* ask again when the present answer is here */
	struct call *call;
	uv_timer_t timer;	/* until the next question */
	int64_t not_before_ms;
	int64_t budget_ms;	/* time that handing out may still take */
	int64_t budget_at_ms;	/* when that was so */
	int64_t asked_ms;	/* when the last question went out */
	uint64_t asked_ns;	/* the same, by uv_hrtime() */
};

void delta_init(struct notifier *n);
void delta_fini(struct notifier *n);

/* Asks where we are; then streams may open. */
void delta_start(struct notifier *n);

/* Somebody says that there is a change 'seq'. */
void delta_wake(struct notifier *n, int64_t seq);

/* There may be changes. */
void delta_want(struct notifier *n);

#endif
