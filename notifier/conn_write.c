/*
 * notifier/conn_write.c -- output: sealed straight into one buffer, one write().
 *
 * All connections share the buffers.  Only what a write() does not take is
 * copied, so an idle connection owns no output memory; while a rest waits for
 * the socket nothing more is sealed.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/metrics/metrics.h"
#include "notifier/conn.h"
#include "notifier/h2.h"
#include "notifier/notifier.h"
#include "notifier/websock.h"

void
conn_dirty(struct conn *c)
{
	struct conns *all = &c->n->conns;

	if (c->dirty || c->dead)
		return;
	c->dirty = true;
	c->dirty_next = all->dirty;
	all->dirty = c;
}

void
conn_put(struct conn *c, struct span bytes)
{
	buf_put(&c->tail, bytes.p, bytes.n);
	conn_dirty(c);
}

void
conn_put_tunnel(struct conn *c, struct span bytes)
{
	if (c->ws)
		websock_put(c->ws, bytes, &c->tail);
	else
		buf_put(&c->tail, bytes.p, bytes.n);
	conn_dirty(c);
}

/* Gathers what goes out next in scratch.wire; false if the session is broken. */
static bool
gather(struct conn *c)
{
	struct scratch *s = &c->n->scratch;
	struct buf *sealed = c->ws ? &s->sealed : &s->wire;

	buf_clear(&s->wire);
	buf_clear(&s->sealed);
	buf_clear(&s->plain);
	buf_put(&s->wire, c->tail.p, c->tail.n);
	buf_fini(&c->tail);
	if (c->h2 && !h2_fill(c))
		return false;
	if (s->plain.n > 0 &&
	    ts2021_seal(&c->ts, buf_span(&s->plain), sealed) != OK)
		return false;
	if (c->ws)
		websock_put(c->ws, buf_span(sealed), &s->wire);
	return !s->wire.over;
}

static void
on_written(uv_write_t *w, int status)
{
	struct conn *c = w->data;

	free(c->writing);
	c->writing = NULL;
	if (c->dead)
		return;
	conn_write_clock(c, false);
	if (status < 0)
		conn_fail(c, uv_strerror(status));
	else
		conn_dirty(c);
}

/* What the socket did not take waits for it. */
static void
write_rest(struct conn *c, struct span rest)
{
	uv_buf_t b;

	c->writing = xmalloc(rest.n);
	memcpy(c->writing, rest.p, rest.n);
	b = uv_buf_init((char *)c->writing, (unsigned)rest.n);
	c->write.data = c;
	if (uv_write(&c->write, &c->u.stream, &b, 1, on_written) < 0) {
		conn_fail(c, "cannot be written");
		return;
	}
	conn_write_clock(c, true);
}

/* Writes scratch.wire; true if all went out and there may be more. */
static bool
write_some(struct conn *c)
{
	struct buf *wire = &c->n->scratch.wire;
	uv_buf_t b = uv_buf_init((char *)wire->p, (unsigned)wire->n);
	int n = uv_try_write(&c->u.stream, &b, 1);
	size_t done = n > 0 ? (size_t)n : 0;

	if (n < 0 && n != UV_EAGAIN) {
		conn_fail(c, uv_strerror(n));
		return false;
	}
	metrics_add(METRIC_BYTES_OUT, 0, wire->n);
	if (done < wire->n)
		write_rest(c, (struct span){ wire->p + done, wire->n - done });
	return done == wire->n;
}

static void
on_shut(uv_shutdown_t *req, int status)
{
	(void)req;
	(void)status;
}

static void
flush(struct conn *c)
{
	while (!c->dead && c->writing == NULL) {
		if (!gather(c)) {
			conn_fail(c, "the session is broken");
			return;
		}
		if (c->n->scratch.wire.n == 0)
			break;
		if (!write_some(c))
			return;
	}
	if (c->dead || c->writing || c->shut)
		return;
	if (c->finish || (c->h2 && h2_over(c))) {
		c->shut = true;
		(void)uv_shutdown(&c->shutdown, &c->u.stream, on_shut);
		conn_linger(c);
	}
}

void
conns_flush(struct notifier *n)
{
	struct conn *c;

	while ((c = n->conns.dirty) != NULL) {
		n->conns.dirty = c->dirty_next;
		c->dirty = false;
		flush(c);
	}
}
