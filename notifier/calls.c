/*
 * notifier/calls.c -- which call may start, and when.
 *
 * Only a few more calls run than there are workers: what waits, waits here,
 * where our own calls and small ones pass first maps, and not in the backlog of
 * a socket.  First maps are admitted by memory: a reconnect of everybody would
 * otherwise hold every map at once.
 */
#include "notifier/call.h"

#include <stdlib.h>

#include "lib/base/log.h"
#include "lib/metrics/metrics.h"
#include "notifier/limits.h"
#include "notifier/notifier.h"

#define FIRST_SIZE_GUESS (64u << 10)
#define RUNNING_MIN 4

/* ---- circular lists ---- */

static void
list_append(struct call **list, struct call *c)
{
	if (*list == NULL) {
		c->next = c->prev = c;
		*list = c;
		return;
	}
	c->next = *list;
	c->prev = (*list)->prev;
	c->prev->next = c->next->prev = c;
}

static void
list_remove(struct call **list, struct call *c)
{
	if (c->next == c)
		*list = NULL;
	else if (*list == c)
		*list = c->next;
	c->prev->next = c->next;
	c->next->prev = c->prev;
	c->next = c->prev = NULL;
}

/* ---- queue ---- */

static void
queue_add(struct calls *q, struct call *c)
{
	list_append(&q->queue[c->cls], c);
	q->n_queued++;
	q->queued_bytes += c->request.n;
}

static void
queue_take(struct calls *q, struct call *c)
{
	list_remove(&q->queue[c->cls], c);
	q->n_queued--;
	q->queued_bytes -= c->request.n;
}

static void
run(struct calls *q, struct call *c)
{
	list_append(&q->running, c);
	q->n_running[c->cls]++;
	c->running = true;
	call_start(c);
}

struct call *
call_new(struct notifier *n, const struct call_ask *ask,
    void (*done)(struct call *, enum err), void *owner)
{
	struct calls *q = &n->calls;
	struct call *c;

	if (ask->cls != CALL_OWN && (q->n_queued >= CALLS_QUEUED_MAX ||
	    q->queued_bytes + ask->body.n > CALLS_QUEUED_BYTES_MAX))
		return NULL;
	c = call_make(n, ask);
	if (c == NULL)
		return NULL;
	c->done = done;
	c->owner = owner;
	if (c->cls == CALL_OWN)
		run(q, c);
	else
		queue_add(q, c);
	return c;
}

void
call_drop(struct call *c)
{
	c->done = NULL;
	c->owner = NULL;
	if (c->running)
		return;
	queue_take(&c->n->calls, c);
	call_free(c);
}

/* ---- admission ---- */

static bool
map_fits(const struct calls *q)
{
	size_t each = q->first_size ? q->first_size : FIRST_SIZE_GUESS;
	size_t all = q->first_bytes + q->n_running[CALL_MAP] * each;

	return all == 0 || all + each <= FIRST_BYTES_MAX;
}

static struct call *
pick(struct calls *q)
{
	struct call *small = q->queue[CALL_SMALL], *map = q->queue[CALL_MAP];

	if (map && !map_fits(q))
		map = NULL;
	if (small && map)
		q->map_turn = !q->map_turn;
	return map && (!small || q->map_turn) ? map : small;
}

static void
refuse_queued(struct calls *q)
{
	for (int cls = 0; cls < CALL_CLASSES; cls++) {
		while (q->queue[cls]) {
			struct call *c = q->queue[cls];

			queue_take(q, c);
			metrics_add(METRIC_CALL_FAILURES, METRICS_X_DOWN, 1);
			if (c->done)
				c->done(c, ERR_BUSY);
			call_free(c);
		}
	}
}

void
calls_pump(struct notifier *n)
{
	struct calls *q = &n->calls;
	struct call *c;

	if (q->down_ms && notifier_now(n) - q->down_ms >= CALL_DOWN_MS)
		refuse_queued(q);
	while (q->open && q->n_running[CALL_SMALL] + q->n_running[CALL_MAP] <
	    q->running_max && (c = pick(q)) != NULL) {
		queue_take(q, c);
		metrics_observe(METRIC_CALL_WAIT_SECONDS, c->cls - CALL_SMALL,
		    (int64_t)(uv_hrtime() - c->asked_ns));
		run(q, c);
	}
}

void
calls_up(struct notifier *n)
{
	if (n->calls.down_ms && n->calls.open)
		log_info("workers accept again on %s", n->calls.path);
	n->calls.down_ms = 0;
}

void
calls_down(struct notifier *n, int why)
{
	if (n->calls.down_ms)
		return;
	log_warn("no worker accepts on %s: %s; waiting for one", n->calls.path,
	    uv_strerror(why));
	n->calls.down_ms = notifier_now(n);
}

static void
first_size_note(struct calls *q, size_t n)
{
	q->first_size -= q->first_size / 16;	/* forget slowly */
	if (n > q->first_size)
		q->first_size = n;
}

void
calls_end(struct call *c, enum err e)
{
	struct calls *q = &c->n->calls;

	list_remove(&q->running, c);
	q->n_running[c->cls]--;
	c->running = false;
	if (c->cls == CALL_MAP && e == OK)
		first_size_note(q, c->body.n);
	if (c->done)
		c->done(c, e);
	call_free(c);
}

void
calls_open(struct notifier *n)
{
	n->calls.open = true;
}

void
calls_init(struct notifier *n)
{
	struct calls *q = &n->calls;
	int64_t max = 2 * n->cfg.control_workers + 2;

	*q = (struct calls){ 0 };
	q->path = config_socket(n->arena, &n->cfg, "control.sock");
	q->delta_path = config_socket(n->arena, &n->cfg, "delta.sock");
	q->webhook_path = config_socket(n->arena, &n->cfg, "webhook.sock");
	q->running_max = max < RUNNING_MIN ? RUNNING_MIN :
	    max > CALLS_RUNNING_MAX ? CALLS_RUNNING_MAX : (unsigned)max;
}

void
calls_fini(struct notifier *n)
{
	struct calls *q = &n->calls;

	while (q->running)
		call_cancel(q->running);
	refuse_queued(q);
}
