/* notifier/call.c -- one call: attempts on control.sock until an answer is there. */
#include "notifier/call.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "lib/base/log.h"
#include "lib/metrics/metrics.h"
#include "lib/wire/fcgi.h"
#include "notifier/limits.h"
#include "notifier/notifier.h"

#define REQUEST_BYTES_MAX (BODY_BYTES_MAX + (64u << 10))
#define STDERR_LOG_MAX 400

/* One connection.  It outlives its call until libuv has closed the handle. */
struct attempt {
	uv_pipe_t pipe;
	uv_connect_t connect;
	uv_write_t write;
	struct call *call;	/* NULL once it is given up */
	struct fcgi_answer fcgi;
	struct buf sent;	/* what did not go out with the first write() */
};

/* ---- ends of an attempt ---- */

static void
on_closed(uv_handle_t *h)
{
	struct attempt *a = h->data;

	buf_fini(&a->sent);
	free(a);
}

/* Parts call and attempt; the request goes back to the call. */
static void
attempt_end(struct attempt *a)
{
	struct call *c = a->call;

	if (c) {
		c->attempt = NULL;
		a->call = NULL;
		wheel_cancel(&c->n->wheel, &c->timer);
	}
	if (!uv_is_closing((uv_handle_t *)&a->pipe))
		uv_close((uv_handle_t *)&a->pipe, on_closed);
}

static void
call_over(struct call *c, enum err e)
{
	if (c->attempt)
		attempt_end(c->attempt);
	wheel_cancel(&c->n->wheel, &c->timer);
	calls_end(c, e);
}

static void
answer_reset(struct call *c)
{
	cgi_head_fini(&c->head);
	cgi_head_init(&c->head);
	buf_fini(&c->body);
	buf_init(&c->body, CALL_ANSWER_BYTES_MAX);
}

/* No worker accepts: wait a little, but not for ever. */
static void
attempt_refused(struct attempt *a, int status)
{
	struct call *c = a->call;
	struct notifier *n = c->n;

	attempt_end(a);
	if (c->path != n->calls.path) {	/* any other can do it, too */
		c->path = n->calls.path;
		call_start(c);
		return;
	}
	calls_down(n, status);
	if (c->done == NULL) {		/* nobody waits for it any more */
		call_over(c, ERR_BUSY);
		return;
	}
	if (notifier_now(n) - n->calls.down_ms >= CALL_DOWN_MS &&
	    c->cls != CALL_OWN) {
		log_warn("no worker accepts on %s: %s", n->calls.path,
		    uv_strerror(status));
		metrics_add(METRIC_CALL_FAILURES, METRICS_X_DOWN, 1);
		call_over(c, ERR_BUSY);
		return;
	}
	wheel_set(&n->wheel, &c->timer, notifier_now(n) + CALL_RETRY_MS);
}

static void
attempt_died(struct attempt *a)
{
	struct call *c = a->call;

	attempt_end(a);
	metrics_add(METRIC_CALL_FAILURES, METRICS_X_DIED, 1);
	if (++c->deaths >= CALL_DEATHS_MAX) {
		log_err("%u workers ended without an answer to one request",
		    c->deaths);
		call_over(c, ERR_UPSTREAM);
		return;
	}
	log_info("a worker ended without an answer; asking another");
	answer_reset(c);
	call_start(c);
}

static void
attempt_bad(struct attempt *a, const char *what)
{
	metrics_add(METRIC_CALL_FAILURES, METRICS_X_BAD, 1);
	log_err("a worker's answer %s", what);
	call_over(a->call, ERR_UPSTREAM);
}

/* ---- the answer ---- */

static bool
take_out(struct attempt *a, struct span out)
{
	struct call *c = a->call;

	if (!c->head.done && cgi_head_feed(&c->head, &out) != OK) {
		attempt_bad(a, "has no CGI head");
		return false;
	}
	buf_put(&c->body, out.p, out.n);
	if (c->body.over) {
		attempt_bad(a, "is too big");
		return false;
	}
	return true;
}

static void
take_end(struct attempt *a)
{
	struct call *c = a->call;

	if (a->fcgi.protocol_status != FCGI_COMPLETE)
		attempt_died(a);
	else if (!c->head.done)
		attempt_bad(a, "has no CGI head");
	else
		call_over(c, OK);
}

static void
take_stderr(struct span out)
{
	if (out.n > STDERR_LOG_MAX)
		out.n = STDERR_LOG_MAX;
	log_warn("worker: %.*s", (int)out.n, (const char *)out.p);
}

static void
take_answer(struct attempt *a, struct span in)
{
	struct span out;

	while (a->call) {
		switch (fcgi_answer_next(&a->fcgi, &in, &out)) {
		case FCGI_EV_OUT:
			if (!take_out(a, out))
				return;
			break;
		case FCGI_EV_ERR:
			take_stderr(out);
			break;
		case FCGI_EV_END:
			take_end(a);
			return;
		case FCGI_EV_MORE:
			return;
		case FCGI_EV_BAD:
			attempt_bad(a, "is not FastCGI");
			return;
		}
	}
}

/* ---- the connection ---- */

static void
on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
	struct attempt *a = s->data;

	if (a->call == NULL)
		return;
	if (n < 0)
		attempt_died(a);
	else if (n > 0)
		take_answer(a, (struct span){ (uint8_t *)b->base, (size_t)n });
}

static void
on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *b)
{
	struct attempt *a = h->data;

	(void)suggested;
	*b = a->call ? notifier_read_buf(a->call->n) : uv_buf_init(NULL, 0);
}

/* A failed write shows as the end of the connection, too. */
static void
on_written(uv_write_t *w, int status)
{
	struct attempt *a = w->data;

	(void)status;
	buf_fini(&a->sent);
}

/* Mostly one write() does; only what is left over is copied. */
static bool
request_send(struct attempt *a, const struct buf *request)
{
	uv_stream_t *s = (uv_stream_t *)&a->pipe;
	uv_buf_t b = uv_buf_init((char *)request->p, (unsigned)request->n);
	int n = uv_try_write(s, &b, 1);
	size_t done = n > 0 ? (size_t)n : 0;

	if (n < 0 && n != UV_EAGAIN)
		return false;
	if (done == request->n)
		return true;
	buf_init(&a->sent, request->n);
	buf_put(&a->sent, request->p + done, request->n - done);
	b = uv_buf_init((char *)a->sent.p, (unsigned)a->sent.n);
	a->write.data = a;
	return uv_write(&a->write, s, &b, 1, on_written) == 0;
}

static void
on_connected(uv_connect_t *req, int status)
{
	struct attempt *a = req->data;

	if (a->call == NULL)
		return;
	if (status < 0) {
		attempt_refused(a, status);
		return;
	}
	calls_up(a->call->n);
	if (uv_read_start((uv_stream_t *)&a->pipe, on_alloc, on_read) < 0 ||
	    !request_send(a, &a->call->request))
		attempt_died(a);
}

static void
on_timer(struct wheel_timer *t)
{
	struct call *c = wheel_owner(t, struct call, timer);

	if (c->attempt == NULL) {
		call_start(c);
		return;
	}
	metrics_add(METRIC_CALL_FAILURES, METRICS_X_TIMEOUT, 1);
	log_err("a worker gave no answer within %d s", CALL_MS / 1000);
	call_over(c, ERR_UPSTREAM);
}

void
call_start(struct call *c)
{
	struct attempt *a = xcalloc(1, sizeof(*a));
	struct notifier *n = c->n;

	if (c->started_ms == 0)
		c->started_ms = notifier_now(n);
	a->call = c;
	c->attempt = a;
	fcgi_answer_init(&a->fcgi);
	if (uv_pipe_init(&n->loop, &a->pipe, 0) < 0)
		fatal("cannot make a pipe handle");
	a->pipe.data = a->connect.data = a;
	wheel_set(&n->wheel, &c->timer, notifier_now(n) + CALL_MS);
	uv_pipe_connect(&a->connect, &a->pipe, c->path, on_connected);
}

void
call_cancel(struct call *c)
{
	call_over(c, ERR_BUSY);
}

/* ---- the request ---- */

static void
param(struct buf *b, const char *name, const char *value)
{
	fcgi_param(b, str_of(name), str_of(value));
}

static void
param_number(struct buf *b, const char *name, uint64_t v)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, v);
	param(b, name, text);
}

static void
params_put(struct buf *b, const struct call_ask *ask)
{
	const char *query = strchr(ask->uri, '?');

	param(b, "REQUEST_METHOD", ask->method);
	param(b, "REQUEST_URI", ask->uri);
	param(b, "QUERY_STRING", query ? query + 1 : "");
	param(b, "SERVER_PROTOCOL", "HTTP/2.0");
	param_number(b, "CONTENT_LENGTH", ask->body.n);
	param(b, "REMOTE_ADDR", ask->remote ? ask->remote : "");
	if (ask->machine_key) {
		param(b, "HEADRACE_MACHINE_KEY", ask->machine_key);
		param_number(b, "HEADRACE_CAPVER", ask->capver);
	}
	if (ask->authorization)
		param(b, "HTTP_AUTHORIZATION", ask->authorization);
	if (ask->held)
		param(b, "HEADRACE_HELD", "1");
}

static bool
request_make(struct buf *out, const struct call_ask *ask)
{
	struct buf params;

	buf_init(&params, 64u << 10);
	params_put(&params, ask);
	fcgi_request_head(out, buf_span(&params));
	fcgi_stdin(out, ask->body);
	fcgi_stdin_end(out);
	out->over = out->over || params.over;
	buf_fini(&params);
	return !out->over;
}

/* ---- life ---- */

struct call *
call_make(struct notifier *n, const struct call_ask *ask)
{
	struct call *c = xcalloc(1, sizeof(*c));

	c->n = n;
	c->cls = ask->cls;
	c->asked_ns = uv_hrtime();
	c->path = ask->delta ? n->calls.delta_path :
	    ask->webhook ? n->calls.webhook_path : n->calls.path;
	c->timer.fire = on_timer;
	/* A full presence report is longer than any client's request. */
	buf_init(&c->request, ask->cls == CALL_OWN ? SIZE_MAX / 2 :
	    REQUEST_BYTES_MAX);
	cgi_head_init(&c->head);
	buf_init(&c->body, CALL_ANSWER_BYTES_MAX);
	if (!request_make(&c->request, ask)) {
		call_free(c);
		return NULL;
	}
	return c;
}

void
call_free(struct call *c)
{
	buf_fini(&c->request);
	buf_fini(&c->body);
	cgi_head_fini(&c->head);
	free(c);
}
