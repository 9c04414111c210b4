/* notifier/wheel.c -- a hashed timing wheel; far timers go round several times. */
#include "notifier/wheel.h"

static void
ring_init(struct wheel_timer *head)
{
	head->next = head->prev = head;
}

static void
ring_remove(struct wheel_timer *t)
{
	t->prev->next = t->next;
	t->next->prev = t->prev;
	t->next = t->prev = NULL;
}

static void
ring_append(struct wheel_timer *head, struct wheel_timer *t)
{
	t->next = head;
	t->prev = head->prev;
	head->prev->next = t;
	head->prev = t;
}

/* Moves the whole ring of 'from' to the empty ring 'to'. */
static void
ring_take(struct wheel_timer *to, struct wheel_timer *from)
{
	ring_init(to);
	if (from->next == from)
		return;
	*to = *from;
	to->next->prev = to;
	to->prev->next = to;
	ring_init(from);
}

void
wheel_init(struct wheel *w, int64_t now_ms)
{
	for (size_t i = 0; i < WHEEL_SLOTS; i++)
		ring_init(&w->slot[i]);
	w->tick = now_ms / WHEEL_TICK_MS;
	w->n = 0;
}

bool
wheel_is_set(const struct wheel_timer *t)
{
	return t->next != NULL;
}

static void
wheel_place(struct wheel *w, struct wheel_timer *t)
{
	int64_t tick = (t->due_ms + WHEEL_TICK_MS - 1) / WHEEL_TICK_MS;

	if (tick <= w->tick)
		tick = w->tick + 1;
	ring_append(&w->slot[tick % WHEEL_SLOTS], t);
}

void
wheel_set(struct wheel *w, struct wheel_timer *t, int64_t due_ms)
{
	wheel_cancel(w, t);
	t->due_ms = due_ms;
	wheel_place(w, t);
	w->n++;
}

void
wheel_cancel(struct wheel *w, struct wheel_timer *t)
{
	if (!wheel_is_set(t))
		return;
	ring_remove(t);
	w->n--;
}

static void
wheel_serve(struct wheel *w, int64_t now_ms)
{
	struct wheel_timer due, *t;

	ring_take(&due, &w->slot[w->tick % WHEEL_SLOTS]);
	while ((t = due.next) != &due) {
		ring_remove(t);
		if (t->due_ms > now_ms) {
			wheel_place(w, t);	/* another round */
			continue;
		}
		w->n--;
		t->fire(t);
	}
}

void
wheel_advance(struct wheel *w, int64_t now_ms)
{
	int64_t tick = now_ms / WHEEL_TICK_MS;

	if (tick - w->tick > WHEEL_SLOTS)	/* slept long: once round is all */
		w->tick = tick - WHEEL_SLOTS;
	while (w->tick < tick) {
		w->tick++;
		wheel_serve(w, now_ms);
	}
}
