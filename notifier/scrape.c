/*
 * notifier/scrape.c -- one request per connection: read its head, ask a worker, answer,
 * close.
 *
 * It lives beside clients' connections and must not cost them anything: few
 * connections, little time, and a call that does not wait in their queue, as
 * the numbers are wanted most when that is long.
 */
#include "notifier/scrape.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "notifier/gauges.h"
#include "notifier/head.h"
#include "notifier/notifier.h"

#define BACKLOG 16
#define ANSWER_MAX (4u << 20)
#define SOCKET_MODE 0660	/* who may read: the owner and the group */

struct scrape {
	struct notifier *n;
	struct scrape *next, *prev;
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_tcp_t tcp;
		uv_pipe_t pipe;
	} u;
	struct head head;
	struct http1 http;
	bool answered, closing;
	struct call *call;
	struct buf out;
	uv_write_t write;
	uv_shutdown_t shutdown;
	struct wheel_timer timer;
};

/* ---- the end ---- */

static void
on_closed(uv_handle_t *h)
{
	struct scrape *s = h->data;

	http1_fini(&s->http);
	head_fini(&s->head);
	buf_fini(&s->out);
	free(s);
}

static void
scrape_close(struct scrape *s)
{
	struct scrapes *all = &s->n->scrapes;

	if (s->closing)
		return;
	s->closing = true;
	wheel_cancel(&s->n->wheel, &s->timer);
	if (s->call)
		call_drop(s->call);
	if (s->next)
		s->next->prev = s->prev;
	if (s->prev)
		s->prev->next = s->next;
	else
		all->all = s->next;
	all->n_open--;
	uv_close(&s->u.handle, on_closed);
}

static void
on_timer(struct wheel_timer *t)
{
	scrape_close(wheel_owner(t, struct scrape, timer));
}

/* ---- the answer ---- */

static void
on_shut(uv_shutdown_t *req, int status)
{
	struct scrape *s = req->data;

	if (status < 0)
		scrape_close(s);	/* else the peer's EOF or the clock ends it */
}

static void
on_written(uv_write_t *w, int status)
{
	struct scrape *s = w->data;

	s->shutdown.data = s;
	if (status < 0 || uv_shutdown(&s->shutdown, &s->u.stream, on_shut) < 0)
		scrape_close(s);
}

static void
send_out(struct scrape *s)
{
	uv_buf_t b = uv_buf_init((char *)s->out.p, (unsigned)s->out.n);

	s->write.data = s;
	if (s->out.over || uv_write(&s->write, &s->u.stream, &b, 1, on_written) < 0)
		scrape_close(s);
}

static void
put_head(struct scrape *s, int status, size_t length)
{
	s->answered = true;
	buf_printf(&s->out, "HTTP/1.1 %d %s\r\nContent-Length: %zu\r\n", status,
	    http_status_str((enum http_status)status), length);
}

static void
answer_text(struct scrape *s, int status, const char *text)
{
	if (s->answered)
		return;
	put_head(s, status, strlen(text) + 1);
	buf_printf(&s->out, "%sContent-Type: text/plain; charset=utf-8\r\n"
	    "Connection: close\r\n\r\n%s\n", status == 405 ? "Allow: GET, HEAD\r\n" : "",
	    text);
	send_out(s);
}

static void
on_answer(struct call *c, enum err e)
{
	static const char *const passed[] = { "Content-Type", "WWW-Authenticate", "Retry-After" };
	struct scrape *s = c->owner;

	s->call = NULL;
	if (e != OK) {
		answer_text(s, 503, "no worker answers");
		return;
	}
	put_head(s, c->head.status, c->body.n);
	for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++) {
		struct str v = cgi_head_get(&c->head, passed[i]);

		if (v.p)
			buf_printf(&s->out, "%s: %.*s\r\n", passed[i], (int)v.n, v.p);
	}
	buf_str(&s->out, "Connection: close\r\n\r\n");
	if (!str_is(buf_as_str(&s->head.method), "HEAD"))
		buf_put(&s->out, c->body.p, c->body.n);
	send_out(s);
}

/* ---- the request ---- */

/* Where the question comes from, for the count of wrong tokens. */
static void
remote_of(struct scrape *s, char text[static IP_TEXT_SIZE])
{
	struct sockaddr_storage sa;
	int len = sizeof(sa);

	text[0] = '\0';
	if (s->u.handle.type == UV_TCP &&
	    uv_tcp_getpeername(&s->u.tcp, (struct sockaddr *)&sa, &len) == 0)
		(void)uv_ip_name((struct sockaddr *)&sa, text, IP_TEXT_SIZE);
}

static void
ask(struct scrape *s)
{
	struct buf *header = &s->head.field[FIELD_AUTHORIZATION];
	bool any = header->n > 0;
	char remote[IP_TEXT_SIZE];
	struct call_ask question = {
		.cls = CALL_OWN, .method = "GET", .uri = "/internal/metrics", .remote = remote,
	};

	remote_of(s, remote);
	buf_byte(header, '\0');
	if (any && !header->over)
		question.authorization = (const char *)header->p;
	gauges_set(s->n);
	s->call = call_new(s->n, &question, on_answer, s);
	if (s->call == NULL)
		answer_text(s, 503, "the server is busy");
}

static void
head_done(struct scrape *s)
{
	struct str method = buf_as_str(&s->head.method), path;
	struct str target = buf_as_str(&s->head.target);

	(void)str_cut(&target, '?', &path);
	if (!str_is(path, "/metrics"))
		answer_text(s, 404, "there is only /metrics here");
	else if (!str_is(method, "GET") && !str_is(method, "HEAD"))
		answer_text(s, 405, "only GET and HEAD are answered");
	else
		ask(s);
}

static void
feed(struct scrape *s, struct span in)
{
	ssize_t n;

	if (s->http.done || s->answered)
		return;		/* a body, or a second request: not read */
	n = http1_feed(&s->http, in);
	if (n == -2)
		answer_text(s, 431, "the request's head is too big");
	else if (n < 0)
		answer_text(s, 400, "this is not HTTP");
	else if (s->http.done)
		head_done(s);
}

static void
on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
	struct scrape *s = stream->data;

	if (n < 0)
		scrape_close(s);
	else if (n > 0 && !s->closing)
		feed(s, (struct span){ (uint8_t *)b->base, (size_t)n });
}

static void
on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *b)
{
	struct scrape *s = h->data;

	(void)suggested;
	*b = notifier_read_buf(s->n);
}

/* ---- the beginning ---- */

static struct scrape *
scrape_new(struct notifier *n)
{
	struct scrape *s = xcalloc(1, sizeof(*s));
	int e = n->scrapes.listener->tcp ? uv_tcp_init(&n->loop, &s->u.tcp) :
	    uv_pipe_init(&n->loop, &s->u.pipe, 0);

	if (e < 0)
		fatal("cannot make a socket handle: %s", uv_strerror(e));
	s->n = n;
	s->u.handle.data = s;
	s->timer.fire = on_timer;
	head_init(&s->head);
	http1_init(&s->http, &s->head);
	buf_init(&s->out, ANSWER_MAX);
	s->next = n->scrapes.all;
	if (s->next)
		s->next->prev = s;
	n->scrapes.all = s;
	n->scrapes.n_open++;
	return s;
}

static void
on_connection(uv_stream_t *stream, int status)
{
	struct notifier *n = stream->data;
	struct scrape *s;

	if (status < 0)
		return;
	s = scrape_new(n);
	if (uv_accept(stream, &s->u.stream) < 0 || n->scrapes.n_open > SCRAPES_MAX ||
	    uv_read_start(&s->u.stream, on_alloc, on_read) < 0) {
		scrape_close(s);
		return;
	}
	wheel_set(&n->wheel, &s->timer, notifier_now(n) + SCRAPE_MS);
}

/* ---- listening ---- */

static void
listener_gone(uv_handle_t *h)
{
	free(wheel_owner(h, struct listener, u));
}

static void
open_listener(struct notifier *n, bool first)
{
	struct listener *l = xcalloc(1, sizeof(*l));
	int e = listen_bind(&n->loop, l, n->cfg.metrics_listen, SOCKET_MODE);

	l->u.handle.data = n;
	if (e == 0)
		e = uv_listen(&l->u.stream, BACKLOG, on_connection);
	if (e == 0) {
		n->scrapes.listener = l;
		log_info("metrics are at %s", n->cfg.metrics_listen);
		return;
	}
	if (first)
		log_err("metrics.listen: cannot listen on %s: %s; trying again",
		    n->cfg.metrics_listen, uv_strerror(e));
	uv_close(&l->u.handle, listener_gone);
	wheel_set(&n->wheel, &n->scrapes.retry, notifier_now(n) + SCRAPE_LISTEN_RETRY_MS);
}

static void
on_retry(struct wheel_timer *t)
{
	open_listener(wheel_owner(t, struct scrapes, retry)->n, false);
}

void
scrapes_start(struct notifier *n)
{
	n->scrapes = (struct scrapes){ .n = n, .retry.fire = on_retry };
	if (n->cfg.metrics_listen[0] != '\0')
		open_listener(n, true);
}

void
scrapes_stop(struct notifier *n)
{
	struct listener *l = n->scrapes.listener;

	wheel_cancel(&n->wheel, &n->scrapes.retry);
	while (n->scrapes.all)
		scrape_close(n->scrapes.all);
	n->scrapes.listener = NULL;
	if (l == NULL)
		return;
	if (l->path)
		(void)unlink(l->path);
	uv_close(&l->u.handle, listener_gone);
}
