/* notifier/inner.c -- an inner request: collected, asked, answered. */
#include "notifier/inner.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "notifier/call.h"
#include "notifier/conn.h"
#include "notifier/h2.h"
#include "notifier/limits.h"
#include "notifier/notifier.h"
#include "notifier/stream.h"

#define INTERNAL "/internal/"
#define MAP_PATH "/machine/map"
#define MAP_STREAMS "\"Stream\":true"

/* ---- reading ---- */

/* Bodies cost memory before anybody has looked who sends them. */
static void
body_count(struct inner *rq, int64_t n)
{
	if (rq->conn)
		rq->conn->body_bytes = (size_t)((int64_t)rq->conn->body_bytes +
		    n);
	rq->n->conns.body_bytes = (size_t)((int64_t)rq->n->conns.body_bytes +
	    n);
}

static void
body_free(struct inner *rq)
{
	body_count(rq, -(int64_t)rq->body.n);
	buf_fini(&rq->body);
}

static void
on_timer(struct wheel_timer *t)
{
	struct inner *rq = wheel_owner(t, struct inner, timer);

	if (!rq->answered)
		inner_text(rq, 408, "the request did not arrive in time");
}

struct inner *
inner_new(struct conn *c, int32_t id)
{
	struct inner *rq = xcalloc(1, sizeof(*rq));

	rq->n = c->n;
	rq->conn = c;
	rq->id = id;
	rq->serial = ++c->n->streams.serial;
	buf_init(&rq->path, H2_PATH_MAX + 1);
	buf_init(&rq->body, BODY_BYTES_MAX);
	rq->timer.fire = on_timer;
	wheel_set(&rq->n->wheel, &rq->timer, notifier_now(rq->n) + REQUEST_MS);
	rq->next = c->inners;
	if (rq->next)
		rq->next->prev = rq;
	c->inners = rq;
	return rq;
}

static void
inner_free(struct inner *rq)
{
	buf_fini(&rq->path);
	body_free(rq);
	queue_clear(&rq->out);
	free(rq);
}

void
inner_header(struct inner *rq, struct str name, struct str value)
{
	rq->header_bytes += name.n + value.n;
	if (rq->header_bytes > H2_HEADER_BYTES_MAX) {
		rq->refusal = 431;
	} else if (str_is(name, ":method")) {
		if (value.n >= sizeof(rq->method))
			rq->refusal = 501;
		else
			memcpy(rq->method, value.p, value.n);
	} else if (str_is(name, ":path")) {
		buf_put(&rq->path, value.p, value.n);
		if (value.n > H2_PATH_MAX)
			rq->refusal = 414;
	}
}

void
inner_data(struct inner *rq, struct span data)
{
	if (rq->answered)
		return;
	if (rq->body.n + data.n > BODY_BYTES_MAX) {
		inner_text(rq, 413, "request body over 1 MiB");
	} else if (rq->conn->body_bytes + data.n > BODIES_BYTES_CONN ||
	    rq->n->conns.body_bytes + data.n > BODIES_BYTES_ALL) {
		inner_text(rq, 503, "too many request bodies at a time");
	} else {
		buf_put(&rq->body, data.p, data.n);
		body_count(rq, (int64_t)data.n);
	}
}

bool
inner_is_whole(const struct inner *rq)
{
	return rq->whole;
}

/* What the workers need not be asked about; NULL: ask them. */
static const char *
inner_objection(struct inner *rq)
{
	struct str path = buf_as_str(&rq->path);

	if (rq->refusal)
		return "request head over a limit";
	if (rq->path.over || path.n == 0 || path.p[0] != '/' ||
	    memchr(path.p, 0, path.n) || str_starts(path, INTERNAL)) {
		rq->refusal = 404;
		return "no such page";
	}
	if (rq->n->stopping) {
		rq->refusal = 503;
		return "the server is stopping";
	}
	return NULL;
}

void
inner_ready(struct inner *rq)
{
	const char *text;

	rq->whole = true;
	rq->asked_ns = uv_hrtime();
	wheel_cancel(&rq->n->wheel, &rq->timer);
	if (rq->answered)
		return;
	if (rq->conn)
		conn_live(rq->conn);
	text = inner_objection(rq);
	if (text)
		inner_text(rq, rq->refusal, text);
	else
		inner_ask(rq, false);
}

/* ---- asking ---- */

/*
 * Will the answer be a first map?  That is for the worker to say; this only
 * decides in which queue the question waits.
 */
static enum call_class
inner_class(const struct inner *rq)
{
	if (str_starts(buf_as_str(&rq->path), MAP_PATH) && rq->body.n > 0 &&
	    memmem(rq->body.p, rq->body.n, MAP_STREAMS, strlen(MAP_STREAMS)))
		return CALL_MAP;
	return CALL_SMALL;
}

static bool
is_type(const struct call *c, const char *type)
{
	return str_is(cgi_head_get(&c->head, "Content-Type"), type);
}

/* The client is gone: only what the request did to presence matters. */
static void
orphan_answered(struct inner *rq, struct call *c, enum err e)
{
	if (e == OK && is_type(c, OPEN_CTYPE))
		stream_never(rq->n, &c->body, c->started_ms);
	inner_free(rq);
}

/* A whole answer: passed on. */
static void
inner_pass(struct inner *rq, struct call *c)
{
	bool no_body = c->body.n == 0 || strcmp(rq->method, "HEAD") == 0;
	struct msg *m;

	rq->answered = rq->out_end = true;
	if (!no_body) {
		m = msg_take(&c->body, 0);
		queue_push(&rq->out, m);
		msg_unref(m);
	}
	body_free(rq);
	h2_answer(rq, c->head.status, &c->head, no_body);
}

static void
inner_answered(struct call *c, enum err e)
{
	struct inner *rq = c->owner;
	struct str hold = cgi_head_get(&c->head, "Headrace-Hold");

	rq->call = NULL;
	if (rq->conn == NULL)
		orphan_answered(rq, c, e);
	else if (e == ERR_BUSY)
		inner_text(rq, 503, "the server is restarting");
	else if (e != OK)
		inner_text(rq, 502, "the server failed to answer");
	else if (hold.p && hold_begin(rq->n, &rq->hold, hold))
		return;
	else if (hold.p)
		inner_text(rq, 503, "too many requests are waiting");
	else if (is_type(c, OPEN_CTYPE))
		stream_open(rq, &c->body, c->started_ms);
	else
		inner_pass(rq, c);
}

void
inner_ask(struct inner *rq, bool held)
{
	char mkey[KEY_TEXT_SIZE], path[H2_PATH_MAX + 1];
	struct call_ask ask = {
		.cls = inner_class(rq),
		.method = rq->method,
		.uri = path,
		.body = buf_span(&rq->body),
		.machine_key = key_write(&rq->conn->machine, MKEY_PREFIX, mkey),
		.capver = rq->conn->capver,
		.remote = rq->conn->remote,
		.held = held,
	};

	memcpy(path, rq->path.p, rq->path.n);
	path[rq->path.n] = '\0';
	rq->call = call_new(rq->n, &ask, inner_answered, rq);
	if (rq->call == NULL)
		inner_text(rq, 503, "the server is busy");
}

/* ---- answering ---- */

void
inner_text(struct inner *rq, int status, const char *text)
{
	bool no_body = strcmp(rq->method, "HEAD") == 0;
	struct msg *m;
	struct buf b;

	rq->answered = rq->out_end = true;
	if (!no_body) {
		buf_init(&b, 4096);
		buf_printf(&b, "%s\n", text);
		m = msg_take(&b, 0);
		queue_push(&rq->out, m);
		msg_unref(m);
	}
	body_free(rq);
	h2_answer(rq, status, NULL, no_body);
}

void
inner_stream(struct inner *rq, struct stream *s)
{
	rq->stream = s;
	rq->answered = true;
	body_free(rq);
	buf_fini(&rq->path);
	h2_answer(rq, 200, NULL, false);
}

void
inner_push(struct inner *rq, struct msg *m)
{
	queue_push(&rq->out, m);
	h2_resume(rq);
}

void
inner_end(struct inner *rq)
{
	rq->stream = NULL;
	rq->out_end = true;
	h2_resume(rq);
}

void
inner_sent(struct inner *rq)
{
	if (rq->stream)
		stream_sent(rq->stream);
}

/* ---- the end ---- */

void
inner_gone(struct inner *rq)
{
	struct conn *c = rq->conn;

	if (rq->stream)
		stream_lost(rq->stream);
	hold_end(rq->n, &rq->hold);
	wheel_cancel(&rq->n->wheel, &rq->timer);
	if (rq->next)
		rq->next->prev = rq->prev;
	if (rq->prev)
		rq->prev->next = rq->next;
	else
		c->inners = rq->next;
	body_free(rq);
	rq->conn = NULL;
	if (c->finish_idle && c->inners == NULL)
		conn_finish(c);
	if (rq->call && rq->call->running)
		return;		/* orphan_answered() frees it */
	if (rq->call)
		call_drop(rq->call);
	inner_free(rq);
}

void
inner_stop(struct inner *rq)
{
	if (rq->stream) {
		stream_stop(rq->stream);
	} else if (!rq->answered && rq->hold.topic) {
		hold_end(rq->n, &rq->hold);
		inner_text(rq, 503, "the server is stopping");
	}
}
