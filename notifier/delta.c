/* notifier/delta.c -- the loop that carries changes from workers to streams. */
#include "notifier/delta.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/metrics/metrics.h"
#include "lib/wire/delta.h"
#include "notifier/fanout.h"
#include "notifier/notifier.h"

#define NSEC_PER_MSEC 1000000

static void delta_ask(struct notifier *n);

static void
on_timer(uv_timer_t *t)
{
	delta_ask(t->data);
}

static void
ask_at(struct notifier *n, int64_t when_ms)
{
	int64_t wait = when_ms - notifier_now(n);

	(void)uv_timer_start(&n->delta.timer, on_timer,
	    wait > 0 ? (uint64_t)wait : 0, 0);
}

void
delta_want(struct notifier *n)
{
	struct delta *d = &n->delta;

	d->wanted = true;
	if (d->call || !d->ready || n->stopping)
		return;
	if (d->not_before_ms <= notifier_now(n))
		delta_ask(n);
	else if (!uv_is_active((uv_handle_t *)&d->timer))
		ask_at(n, d->not_before_ms);
}

void
delta_wake(struct notifier *n, int64_t seq)
{
	if (!n->delta.ready || seq > n->delta.ring.position)
		delta_want(n);
}

/* ---- answers ---- */

/* The database went back, or we fell out of its log: start from there. */
static void
start_over(struct notifier *n, struct batch *b)
{
	log_warn("changes %" PRId64 " to %" PRId64 " do not follow %" PRId64
	    "; every stream gets a new map", b->from, b->to,
	    n->delta.ring.position);
	ring_fini(&n->delta.ring);
	ring_init(&n->delta.ring, b->to);
	batch_free(b);
	fanout_refresh_all(n);
}

static void
take_batch(struct notifier *n, struct batch *b)
{
	struct ring *ring = &n->delta.ring;

	if (!ring_follows(ring, b)) {
		start_over(n, b);
		return;
	}
	if (b->n == 0) {
		ring->position = b->to;
		batch_free(b);
		return;
	}
	fanout(n, b);
	log_debug("handed out %u fragments up to change %" PRId64, b->n, b->to);
	hold_wake(n, b);
	ring_push(ring, b);	/* may free it if it is huge */
}

static void
become_ready(struct notifier *n, struct batch *b)
{
	ring_init(&n->delta.ring, b->to);
	batch_free(b);
	n->delta.ready = true;
	calls_open(n);
	log_info("ready at change %" PRId64, n->delta.ring.position);
}

/* NULL and a log line if the answer is none. */
static struct batch *
answer_batch(struct call *c, enum err e)
{
	struct batch *b = NULL;

	if (e != OK)
		return NULL;	/* was logged */
	if (c->head.status == 200 &&
	    str_is(cgi_head_get(&c->head, "Content-Type"), DELTA_CTYPE))
		b = batch_new(&c->body);
	if (b == NULL)
		log_err("a worker's delta cannot be used (status %d)",
		    c->head.status);
	return b;
}

/* Takes 'spent' from the budget; says how long to wait: as long, or until there is some again. */
static int64_t
budget_pause(struct delta *d, int64_t now, int64_t spent)
{
	d->budget_ms += (now - d->budget_at_ms) / DELTA_SHARE;
	d->budget_at_ms = now;
	if (d->budget_ms > DELTA_BURST_MS)
		d->budget_ms = DELTA_BURST_MS;
	d->budget_ms -= spent;
	return d->budget_ms < 0 ? -d->budget_ms * DELTA_SHARE : spent;
}

/* The streams have it, so how old had it become? */
static void
note_lag(const struct call *c)
{
	int64_t oldest_ms;

	if (str_i64(cgi_head_get(&c->head, DELTA_OLDEST), &oldest_ms))
		metrics_observe(METRIC_CHANGE_LAG_SECONDS, 0,
		    (clock_wall_ms() - oldest_ms) * NSEC_PER_MSEC);
}

static void
note_webhooks(const struct call *c)
{
	int64_t ms;

	if (str_i64(cgi_head_get(&c->head, DELTA_WEBHOOKS), &ms))
		deliver_want(c->n, ms);
}

static void
on_answer(struct call *c, enum err e)
{
	struct notifier *n = c->n;
	struct delta *d = &n->delta;
	struct batch *b = answer_batch(c, e);
	uint64_t begun = uv_hrtime();
	int64_t spent, pause, rest;

	d->call = NULL;
	if (b == NULL) {
		ask_at(n, notifier_now(n) + DELTA_RETRY_MS);
		return;
	}
	if (d->ready)
		take_batch(n, b);
	else
		become_ready(n, b);
	conns_flush(n);		/* so that the time of writing counts, too */
	note_lag(c);
	note_webhooks(c);
	spent = (int64_t)((uv_hrtime() - begun) / NSEC_PER_MSEC);
	uv_update_time(&n->loop);
	pause = d->asked_ms + DELTA_SPACING_MS - notifier_now(n);
	rest = budget_pause(d, notifier_now(n), spent);
	d->not_before_ms = notifier_now(n) + (rest > pause ? rest : pause);
	if (d->wanted)
		delta_want(n);
}

static void
delta_ask(struct notifier *n)
{
	struct delta *d = &n->delta;
	char uri[64];
	struct call_ask ask = { .cls = CALL_OWN, .delta = true, .method = "GET", .uri = uri };

	if (d->call || n->stopping)
		return;
	(void)snprintf(uri, sizeof(uri), "/internal/delta?since=%" PRId64,
	    d->ready ? d->ring.position : -1);
	d->wanted = false;
	d->asked_ms = notifier_now(n);
	d->asked_ns = uv_hrtime();
	d->call = call_new(n, &ask, on_answer, NULL);
}

/* ---- life ---- */

void
delta_init(struct notifier *n)
{
	struct delta *d = &n->delta;

	ring_init(&d->ring, -1);
	(void)uv_timer_init(&n->loop, &d->timer);
	d->timer.data = n;
}

void
delta_fini(struct notifier *n)
{
	ring_fini(&n->delta.ring);
}

void
delta_start(struct notifier *n)
{
	delta_ask(n);
}
