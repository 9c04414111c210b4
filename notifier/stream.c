/* notifier/stream.c -- a stream's life: open, keep-alive, stale, end. */
#include "notifier/stream.h"

#include <inttypes.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/metrics/metrics.h"
#include "lib/wire/delta.h"
#include "notifier/call.h"
#include "notifier/fanout.h"
#include "notifier/inner.h"
#include "notifier/notifier.h"

void
streams_init(struct streams *s)
{
	*s = (struct streams){ 0 };
	slots_init(&s->slots);
	s->keepalive[0] = msg_constant(map_keepalive(false));
	s->keepalive[1] = msg_constant(map_keepalive(true));
}

void
streams_fini(struct streams *s)
{
	msg_unref(s->keepalive[0]);
	msg_unref(s->keepalive[1]);
	slots_fini(&s->slots);
}

static struct stream *
stream_find(struct notifier *n, int64_t node)
{
	struct stream *s;

	HASH_FIND(hh, n->streams.by_node, &node, sizeof(node), s);
	return s;
}

/* ---- the end ---- */

static void
stream_free(struct stream *s, enum metrics_end why)
{
	struct notifier *n = s->n;

	HASH_DEL(n->streams.by_node, s);
	wheel_cancel(&n->wheel, &s->timer);
	held_clear(&n->streams.slots, &s->held);
	if (s->refresh)
		call_drop(s->refresh);
	metrics_add(METRIC_STREAMS_ENDED, why, 1);
	free(s);
}

static void
stream_part(struct stream *s, enum metrics_end why)
{
	struct inner *rq = s->rq;

	stream_free(s, why);
	inner_end(rq);
}

void
stream_end(struct stream *s)
{
	presence_gone(&s->n->presence.set, s->node, clock_wall_ms(),
	    notifier_now(s->n));
	stream_part(s, METRICS_E_CLOSED);
}

void
stream_lost(struct stream *s)
{
	presence_gone(&s->n->presence.set, s->node, clock_wall_ms(),
	    notifier_now(s->n));
	s->rq->stream = NULL;
	stream_free(s, s->slow ? METRICS_E_SLOW : METRICS_E_CLIENT);
}

void
stream_stop(struct stream *s)
{
	stream_part(s, METRICS_E_STOPPED);
}

/* ---- the queue, keep-alive and stall ---- */

static void
enqueue(struct stream *s, struct msg *m, enum metrics_message kind)
{
	int64_t now = notifier_now(s->n);

	if (s->rq->out.bytes == 0)
		s->moved_ms = now;
	s->last_ms = now;
	metrics_add(METRIC_MESSAGES, kind, 1);
	inner_push(s->rq, m);
}

/* So that streams that were opened together do not stay together. */
static int64_t
jitter(const struct notifier *n)
{
	int64_t most = n->cfg.keepalive_ms / 5;

	if (most > KEEPALIVE_JITTER_MS)
		most = KEEPALIVE_JITTER_MS;
	return random_below((uint32_t)most + 1);
}

static void
timer_set(struct stream *s)
{
	int64_t due = s->last_ms + s->n->cfg.keepalive_ms + jitter(s->n);

	if (s->rq->out.bytes > 0 && s->moved_ms + STALL_MS < due)
		due = s->moved_ms + STALL_MS;
	if (s->state == STREAM_STALE && s->refresh == NULL)
		due = notifier_now(s->n) + REFRESH_RETRY_MS;
	wheel_set(&s->n->wheel, &s->timer, due);
}

/*
 * Messages do not move the timer; it looks how long the silence is when it
 * fires, and waits for the rest.
 */
static void
on_timer(struct wheel_timer *t)
{
	struct stream *s = wheel_owner(t, struct stream, timer);
	int64_t now = notifier_now(s->n);

	if (s->rq->out.bytes > 0 && s->moved_ms + STALL_MS <= now) {
		log_info("the stream of node %" PRId64 " is not read; ending it",
		    s->node);
		s->slow = true;
		h2_reset(s->rq);	/* stream_lost() follows */
		s->moved_ms = now;
	} else if (s->rq->out.bytes == 0 &&
	    s->last_ms + s->n->cfg.keepalive_ms <= now) {
		enqueue(s, s->n->streams.keepalive[s->zstd], METRICS_M_KEEPALIVE);
	}
	if (s->state == STREAM_STALE)
		stream_refresh(s);
	timer_set(s);
}

void
stream_push(struct stream *s, struct msg *m)
{
	if (s->rq->out.bytes + m->bytes.n <= s->queue_max) {
		enqueue(s, m, m->patch ? METRICS_M_PATCH : METRICS_M_DELTA);
		return;
	}
	log_info("node %" PRId64 " reads too slowly; it gets a new map",
	    s->node);
	stream_refresh(s);
}

void
stream_sent(struct stream *s)
{
	s->moved_ms = notifier_now(s->n);
	if (s->state == STREAM_STALE)
		stream_refresh(s);
}

/* ---- open ---- */

/* Decodes an open answer; o->peers lives in scratch. */
static bool
open_decode(struct notifier *n, const struct buf *body, struct stream_open *o)
{
	struct scratch *sc = &n->scratch;
	uint32_t peers = stream_open_peek(buf_span(body));

	if (peers > sc->ids_room) {
		sc->ids = xrealloc(sc->ids, peers * sizeof(*sc->ids));
		sc->ids_room = peers;
	}
	return stream_open_decode(buf_span(body), sc->ids, sc->ids_room,
	    o) == OK && o->first.n > 0;
}

/* Memory beyond what an answer needs is given back: many wait at a time. */
static struct msg *
first_message(struct notifier *n, struct buf *body, const struct stream_open *o)
{
	size_t from = (size_t)(o->first.p - body->p);
	struct msg *m;

	body->p = xrealloc(body->p, body->n);
	body->cap = body->n;
	m = msg_take(body, from);
	msg_charge(m, &n->calls.first_bytes, from + m->bytes.n);
	return m;
}

/*
 * Sends a first map (the first or a later one) and what has changed since;
 * false if that ended the stream.
 */
static bool
stream_first(struct stream *s, struct buf *body, const struct stream_open *o,
    enum metrics_message kind)
{
	struct notifier *n = s->n;
	struct msg *m;

	s->alone = o->alone;
	s->seq = o->seq;
	held_set(&n->streams.slots, &s->held, o->peers, o->n_peers);
	m = first_message(n, body, o);
	s->queue_max = QUEUE_BYTES_MIN + m->bytes.n;
	enqueue(s, m, kind);
	msg_unref(m);
	return fanout_replay(s, o->seq);
}

static struct stream *
stream_new(struct inner *rq, const struct stream_open *o)
{
	struct stream *s = xcalloc(1, sizeof(*s));

	s->n = rq->n;
	s->node = o->node_id;
	s->rq = rq;
	s->zstd = o->zstd;
	s->timer.fire = on_timer;
	s->last_ms = s->moved_ms = notifier_now(rq->n);
	HASH_ADD(hh, rq->n->streams.by_node, node, sizeof(s->node), s);
	inner_stream(rq, s);
	metrics_add(METRIC_STREAMS_OPENED, 0, 1);
	return s;
}

void
stream_open(struct inner *rq, struct buf *body, int64_t started_ms)
{
	struct notifier *n = rq->n;
	struct stream_open o;
	struct stream *s;

	if (!open_decode(n, body, &o)) {
		log_err("a worker's open answer is malformed");
		inner_text(rq, 502, "the server failed to answer");
		return;
	}
	s = stream_find(n, o.node_id);
	if (s && s->rq->serial > rq->serial) {
		/* Overtaken by a later request of the same node. */
		inner_stream(rq, NULL);
		inner_end(rq);
		return;
	}
	if (s) {
		queue_cut(&s->rq->out);
		stream_part(s, METRICS_E_REPLACED);
	}
	presence_open(&n->presence.set, o.node_id, started_ms);
	s = stream_new(rq, &o);
	timer_set(s);
	(void)stream_first(s, body, &o, METRICS_M_FIRST);
	metrics_observe(METRIC_FIRST_MAP_SECONDS, 0, (int64_t)(uv_hrtime() - rq->asked_ns));
}

void
stream_never(struct notifier *n, const struct buf *body, int64_t started_ms)
{
	struct stream_open o;

	if (!open_decode(n, body, &o) || stream_find(n, o.node_id))
		return;
	presence_open(&n->presence.set, o.node_id, started_ms);
	presence_gone(&n->presence.set, o.node_id, clock_wall_ms(),
	    notifier_now(n));
}

/* ---- refresh ---- */

/*
 * A map without peers says nothing about those that the client still shows, so
 * they are taken away by hand.  If messages were dropped we do not know them
 * all: then the client starts over with a new stream.
 */
static void
refreshed(struct call *c, enum err e)
{
	struct stream *s = c->owner;
	struct stream_open o;
	bool lossy;

	s->refresh = NULL;
	if (e != OK || c->head.status != 200 ||
	    !str_is(cgi_head_get(&c->head, "Content-Type"), OPEN_CTYPE) ||
	    !open_decode(s->n, &c->body, &o) || o.node_id != s->node) {
		stream_end(s);	/* the client asks again at once */
		return;
	}
	s->state = STREAM_LIVE;
	lossy = s->lossy;
	s->lossy = false;
	if (o.n_peers == 0)
		fanout_remove_all(s);
	if (stream_first(s, &c->body, &o, METRICS_M_REFRESH) && o.n_peers == 0 && lossy)
		stream_end(s);
}

static void
refresh_ask(struct stream *s)
{
	char uri[128];
	struct call_ask ask = { .cls = CALL_MAP, .method = "POST", .uri = uri };

	(void)snprintf(uri, sizeof(uri), "/internal/refresh?node=%" PRId64
	    "&version=%u&zstd=%d", s->node, s->rq->conn->capver, s->zstd);
	s->refresh = call_new(s->n, &ask, refreshed, s);
	timer_set(s);		/* soon again if the queue of calls is full */
}

void
stream_refresh(struct stream *s)
{
	uint32_t queued = s->rq->out.n;

	s->state = STREAM_STALE;
	queue_cut(&s->rq->out);
	s->lossy = s->lossy || s->rq->out.n < queued;
	if (s->refresh == NULL && s->rq->out.bytes == 0)
		refresh_ask(s);
}
