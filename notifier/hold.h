/*
 * notifier/hold.h -- requests that wait for something to happen.
 *
 * A worker that has nothing to say yet answers "Headrace-Hold: topic seq".  The
 * request is asked again when a change with FRAG_WAKE for that topic comes, or
 * has come after 'seq' while the answer was on its way, or after a minute.
 */
#ifndef NOTIFIER_HOLD_H
#define NOTIFIER_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/str.h"
#include "notifier/wheel.h"

struct notifier;
struct inner;
struct batch;
struct topic;

/* A request's place in the list of its topic. */
struct hold {
	struct topic *topic;	/* NULL if it is not held */
	struct hold *next, *prev;
	struct wheel_timer timer;
	int64_t asked_ms;	/* when it was last asked because of a wake */
};

struct holds {
	struct topic *topics;	/* uthash */
	size_t n;
};

/*
 * Holds the request of which 'h' is a part.  'value' is what stands in
 * Headrace-Hold.  False if that is malformed or too many are held.
 */
bool hold_begin(struct notifier *n, struct hold *h, struct str value);

/* Nothing if it is not held. */
void hold_end(struct notifier *n, struct hold *h);

/* Asks again what a delta wakes. */
void hold_wake(struct notifier *n, const struct batch *b);

#endif
