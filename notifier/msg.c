/* notifier/msg.c -- shared messages and queues of them. */
#include "notifier/msg.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/log.h"

#define QUEUE_SMALL 4	/* a queue of this size is kept while empty */

struct msg *
msg_constant(struct span bytes)
{
	struct msg *m = xcalloc(1, sizeof(*m));

	assert(bytes.n > 0);
	m->refs = 1;
	m->bytes = bytes;
	return m;
}

struct msg *
msg_take(struct buf *b, size_t from)
{
	struct msg *m = msg_constant((struct span){ b->p + from, b->n - from });

	m->memory = b->p;
	*b = (struct buf){ .max = b->max };
	return m;
}

struct msg *
msg_ref(struct msg *m)
{
	m->refs++;
	return m;
}

void
msg_unref(struct msg *m)
{
	if (m == NULL || --m->refs > 0)
		return;
	if (m->budget)
		*m->budget -= m->charge;
	free(m->memory);
	free(m);
}

void
msg_charge(struct msg *m, size_t *budget, size_t n)
{
	assert(m->budget == NULL);
	m->budget = budget;
	m->charge = n;
	*budget += n;
}

static struct msg **
queue_at(const struct queue *q, uint32_t i)
{
	return &q->v[(q->head + i) & (q->cap - 1)];
}

static void
queue_grow(struct queue *q)
{
	uint32_t cap = q->cap ? 2 * q->cap : QUEUE_SMALL;
	struct msg **v = xcalloc(cap, sizeof(*v));

	for (uint32_t i = 0; i < q->n; i++)
		v[i] = *queue_at(q, i);
	free(q->v);
	q->v = v;
	q->cap = cap;
	q->head = 0;
}

void
queue_push(struct queue *q, struct msg *m)
{
	if (q->n == q->cap)
		queue_grow(q);
	*queue_at(q, q->n++) = msg_ref(m);
	q->bytes += m->bytes.n;
}

struct span
queue_next(const struct queue *q)
{
	struct span s;

	if (q->n == 0)
		return (struct span){ 0 };
	s = (*queue_at(q, 0))->bytes;
	return (struct span){ s.p + q->sent, s.n - q->sent };
}

static void
queue_shrink(struct queue *q)
{
	if (q->n > 0 || q->cap <= QUEUE_SMALL)
		return;
	free(q->v);
	*q = (struct queue){ 0 };
}

void
queue_sent(struct queue *q, size_t n)
{
	struct msg *m = *queue_at(q, 0);

	assert(q->n > 0 && q->sent + n <= m->bytes.n);
	q->sent += n;
	q->bytes -= n;
	if (q->sent < m->bytes.n)
		return;
	q->sent = 0;
	q->head = (q->head + 1) & (q->cap - 1);
	q->n--;
	msg_unref(m);
	queue_shrink(q);
}

void
queue_cut(struct queue *q)
{
	uint32_t keep = q->sent > 0 ? 1 : 0;

	while (q->n > keep) {
		struct msg *m = *queue_at(q, --q->n);

		q->bytes -= m->bytes.n;
		msg_unref(m);
	}
	queue_shrink(q);
}

void
queue_clear(struct queue *q)
{
	q->sent = 0;
	queue_cut(q);
	free(q->v);
	*q = (struct queue){ 0 };
}
