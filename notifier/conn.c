/* notifier/conn.c -- a connection's phases, its clock, its end. */
#include "notifier/conn.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/metrics/metrics.h"
#include "notifier/h2.h"
#include "notifier/inner.h"
#include "notifier/limits.h"
#include "notifier/notifier.h"
#include "notifier/opening.h"
#include "notifier/websock.h"

/* ---- phases ---- */

static void
input_wire(struct conn *c, struct span in)
{
	if (c->ws)
		websock_feed(c->ws, in);
	else
		(void)conn_tunnel(c, in);
}

static void
input_ignore(struct conn *c, struct span in)
{
	(void)c;
	(void)in;
}

static const struct phase {
	const char *name;
	void (*input)(struct conn *c, struct span in);
} phases[CONN_PHASES] = {
	[CONN_HEAD]    = { "head", opening_feed },
	[CONN_SESSION] = { "session", input_wire },
	[CONN_LIVE]    = { "live", input_wire },
	[CONN_REFUSED] = { "refused", input_ignore },
};

/* ---- the end ---- */

static void
undirty(struct conn *c)
{
	struct conn **at = &c->n->conns.dirty;

	if (!c->dirty)
		return;
	while (*at != c)
		at = &(*at)->dirty_next;
	*at = c->dirty_next;
}

static void
on_closed(uv_handle_t *h)
{
	struct conn *c = h->data;
	struct notifier *n = c->n;

	undirty(c);
	while (c->inners)
		inner_gone(c->inners);
	if (c->h2)
		nghttp2_session_del(c->h2);
	opening_free(c->opening);
	websock_free(c->ws);
	ts2021_fini(&c->ts);
	buf_fini(&c->tail);
	free(c->writing);
	if (c->next)
		c->next->prev = c->prev;
	if (c->prev)
		c->prev->next = c->next;
	else
		n->conns.all = c->next;
	n->conns.n--;
	free(c);
}

/*
 * Only marks and closes; memory goes when libuv calls back, after the dirty
 * list of this turn was served.
 */
void
conn_fail(struct conn *c, const char *why)
{
	if (c->dead)
		return;
	log_debug("connection of %s ends in phase '%s': %s",
	    c->remote[0] ? c->remote : "?", phases[c->phase].name, why);
	c->dead = true;
	wheel_cancel(&c->n->wheel, &c->timer);
	uv_close(&c->u.handle, on_closed);
}

void
conn_finish(struct conn *c)
{
	c->finish = true;
	conn_dirty(c);
}

void
conn_refuse(struct conn *c, int status, const char *text)
{
	struct buf b;

	buf_init(&b, 4096);
	opening_error(&b, c->opening, status, text);
	conn_put(c, buf_span(&b));
	buf_fini(&b);
	c->phase = CONN_REFUSED;
	conn_finish(c);
}

/* ---- the clock ---- */

static int64_t
earlier(int64_t a, int64_t b)
{
	return b && b < a ? b : a;
}

static void
clock_set(struct conn *c)
{
	int64_t due = notifier_now(c->n) + PING_MS;

	due = earlier(due, c->deadline_ms);
	due = earlier(due, c->ping_ms);
	due = earlier(due, c->write_ms ? c->write_ms + STALL_MS : 0);
	if (!c->dead)
		wheel_set(&c->n->wheel, &c->timer, due);
}

static bool
ping(struct conn *c)
{
	if (c->heard)
		c->misses = 0;
	else if (++c->misses >= PING_MISSES_MAX)
		return false;
	c->heard = false;
	h2_ping(c);
	return true;
}

static void
on_timer(struct wheel_timer *t)
{
	struct conn *c = wheel_owner(t, struct conn, timer);
	int64_t now = notifier_now(c->n);

	if (c->deadline_ms && c->deadline_ms <= now) {
		conn_fail(c, "too slow");
		return;
	}
	if (c->write_ms && c->write_ms + STALL_MS <= now) {
		conn_fail(c, "does not read what we write");
		return;
	}
	if (c->ping_ms && c->ping_ms <= now) {
		if (!ping(c)) {
			conn_fail(c, "answers no PING");
			return;
		}
		c->ping_ms = now + PING_MS;
	}
	clock_set(c);
}

void
conn_live(struct conn *c)
{
	if (c->phase != CONN_SESSION)
		return;
	c->phase = CONN_LIVE;
	c->deadline_ms = 0;
	c->ping_ms = notifier_now(c->n) + PING_MS;
	c->heard = true;
	clock_set(c);
}

/* ---- input ---- */

static void
on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *b)
{
	struct conn *c = h->data;

	(void)suggested;
	*b = notifier_read_buf(c->n);
}

static void
on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
	struct conn *c = s->data;

	if (n < 0) {
		conn_fail(c, n == UV_EOF ? "the peer closed it" :
		    uv_strerror((int)n));
		return;
	}
	c->heard = true;
	metrics_add(METRIC_BYTES_IN, 0, (uint64_t)n);
	if (n > 0 && !c->dead)
		phases[c->phase].input(c, (struct span){
		    (uint8_t *)b->base, (size_t)n });
}

bool
conn_tunnel(struct conn *c, struct span in)
{
	struct buf *plain = &c->n->scratch.plain;

	if (c->dead || c->phase == CONN_REFUSED)
		return false;
	buf_clear(plain);
	if (ts2021_feed(&c->ts, in, plain) != OK) {
		log_info("a Noise record of %s cannot be opened; closing",
		    c->remote[0] ? c->remote : "?");
		conn_fail(c, "bad record");
		return false;
	}
	if (plain->n > 0 && !h2_feed(c, buf_span(plain))) {
		conn_fail(c, "bad HTTP/2");
		return false;
	}
	conn_dirty(c);
	return true;
}

void
conn_session(struct conn *c, const struct noise_session *s,
    const struct noise_peer *peer)
{
	c->machine = peer->machine;
	c->capver = peer->version;
	ts2021_init(&c->ts, s);
	opening_free(c->opening);
	c->opening = NULL;
	c->phase = CONN_SESSION;
	h2_open(c);
	conn_dirty(c);
}

/* ---- the beginning ---- */

struct conn *
conn_new(struct notifier *n, bool tcp)
{
	struct conn *c = xcalloc(1, sizeof(*c));
	int e = tcp ? uv_tcp_init(&n->loop, &c->u.tcp) :
	    uv_pipe_init(&n->loop, &c->u.pipe, 0);

	if (e < 0)
		fatal("cannot make a socket handle: %s", uv_strerror(e));
	c->n = n;
	c->u.handle.data = c;
	c->timer.fire = on_timer;
	c->known = !tcp;
	buf_init(&c->tail, SIZE_MAX / 2);
	c->opening = opening_new(n->cfg.notifier_proxy_protocol);
	c->next = n->conns.all;
	if (c->next)
		c->next->prev = c;
	n->conns.all = c;
	n->conns.n++;
	metrics_add(METRIC_CONNECTIONS_ALL, 0, 1);
	return c;
}

void
conn_start(struct conn *c)
{
	c->deadline_ms = notifier_now(c->n) + FIRST_REQUEST_MS;
	clock_set(c);
	if (uv_read_start(&c->u.stream, on_alloc, on_read) < 0)
		conn_fail(c, "cannot be read");
}

void
conns_shutdown(struct notifier *n)
{
	struct conn *c, *next;

	for (c = n->conns.all; c; c = next) {
		next = c->next;
		if (c->phase == CONN_SESSION || c->phase == CONN_LIVE)
			h2_goaway(c);
		else
			conn_fail(c, "the notifier stops");
	}
}

/* ---- output ---- */

/* The write in conn_write.c began or ended. */
void
conn_write_clock(struct conn *c, bool under_way)
{
	c->write_ms = under_way ? notifier_now(c->n) : 0;
	clock_set(c);
}

/* An EOF should follow soon. */
void
conn_linger(struct conn *c)
{
	c->deadline_ms = notifier_now(c->n) + LINGER_MS;
	clock_set(c);
}
