/* notifier/hold.c -- held requests by topic. */
#include "notifier/hold.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "lib/base/log.h"
#include "lib/wire/delta.h"
#include "notifier/batch.h"
#include "notifier/inner.h"
#include "notifier/limits.h"
#include "notifier/notifier.h"

struct topic {
	struct hold *first;
	size_t name_n;
	UT_hash_handle hh;
	char name[];
};

/* ---- topics ---- */

static struct topic *
topic_find(struct holds *hs, struct str name)
{
	struct topic *t;

	HASH_FIND(hh, hs->topics, name.p, name.n, t);
	return t;
}

static struct topic *
topic_make(struct holds *hs, struct str name)
{
	struct topic *t = topic_find(hs, name);

	if (t)
		return t;
	t = xcalloc(1, sizeof(*t) + name.n);
	memcpy(t->name, name.p, name.n);
	t->name_n = name.n;
	HASH_ADD_KEYPTR(hh, hs->topics, t->name, t->name_n, t);
	return t;
}

static void
hold_link(struct notifier *n, struct hold *h, struct str name)
{
	struct topic *t = topic_make(&n->holds, name);

	h->topic = t;
	h->prev = NULL;
	h->next = t->first;
	if (h->next)
		h->next->prev = h;
	t->first = h;
	n->holds.n++;
}

void
hold_end(struct notifier *n, struct hold *h)
{
	struct topic *t = h->topic;

	wheel_cancel(&n->wheel, &h->timer);
	if (t == NULL)
		return;
	if (h->next)
		h->next->prev = h->prev;
	if (h->prev)
		h->prev->next = h->next;
	else
		t->first = h->next;
	h->topic = NULL;
	n->holds.n--;
	if (t->first == NULL) {
		HASH_DEL(n->holds.topics, t);
		free(t);
	}
}

/* ---- asking again ---- */

static void
hold_again(struct hold *h)
{
	struct inner *rq = wheel_owner(h, struct inner, hold);

	hold_end(rq->n, h);
	h->asked_ms = notifier_now(rq->n);
	inner_ask(rq, true);
}

static void
on_timer(struct wheel_timer *t)
{
	hold_again(wheel_owner(t, struct hold, timer));
}

bool
hold_begin(struct notifier *n, struct hold *h, struct str value)
{
	const struct ring *ring = &n->delta.ring;
	int64_t seq, now = notifier_now(n), due = now + HOLD_MS;
	struct str topic;

	if (!str_cut(&value, ' ', &topic) || topic.n == 0 ||
	    topic.n > DELTA_NAME_MAX || !str_i64(value, &seq) ||
	    n->holds.n >= HOLDS_MAX)
		return false;
	hold_link(n, h, topic);
	h->timer.fire = on_timer;
	/* The wake may have passed while the answer was on its way. */
	if (!ring_reaches(ring, seq) || ring_woke(ring, topic, seq))
		due = h->asked_ms ? h->asked_ms + HOLD_AGAIN_MS : now;
	wheel_set(&n->wheel, &h->timer, due);
	return true;
}

static void
topic_wake(struct notifier *n, struct str name)
{
	struct topic *t = topic_find(&n->holds, name);
	struct hold *h = t ? t->first : NULL, *next;

	for (; h; h = next) {
		next = h->next;		/* the topic goes with its last hold */
		hold_again(h);
	}
}

void
hold_wake(struct notifier *n, const struct batch *b)
{
	for (uint32_t i = 0; i < b->n; i++)
		if (b->frags[i].op == FRAG_WAKE)
			topic_wake(n, b->frags[i].name);
}
