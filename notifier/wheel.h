/*
 * notifier/wheel.h -- many timers behind one clock tick.
 *
 * Thousands of streams each want a keep-alive, a ping and a deadline.  One
 * timer of the event loop per stream would mean thousands of wake-ups; here a
 * few ticks per second serve all.  A timer is due at the first tick at or
 * after its time, so it may be up to WHEEL_TICK_MS late.
 */
#ifndef NOTIFIER_WHEEL_H
#define NOTIFIER_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WHEEL_TICK_MS 250
#define WHEEL_SLOTS 256

struct wheel_timer {
	struct wheel_timer *next, *prev;	/* NULL while not set */
	int64_t due_ms;
	void (*fire)(struct wheel_timer *t);
};

struct wheel {
	struct wheel_timer slot[WHEEL_SLOTS];	/* heads of rings */
	int64_t tick;				/* the last one that was served */
	size_t n;
};

void wheel_init(struct wheel *w, int64_t now_ms);

/* Sets or moves a timer. */
void wheel_set(struct wheel *w, struct wheel_timer *t, int64_t due_ms);
void wheel_cancel(struct wheel *w, struct wheel_timer *t);
bool wheel_is_set(const struct wheel_timer *t);

/* Fires what is due.  A timer is unset before it fires and may set itself again. */
void wheel_advance(struct wheel *w, int64_t now_ms);

/* The object that a timer is part of. */
#define wheel_owner(t, type, member) \
	((type *)(void *)((char *)(t) - offsetof(type, member)))

#endif
