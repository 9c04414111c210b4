/* notifier/presence.c -- the presence reports. */
#include "notifier/presence.h"

#include <inttypes.h>

#include "lib/base/log.h"
#include "notifier/notifier.h"

#define PRESENCE_URI "/internal/presence"

/* While a disk is full each report fails, several a second: that is said once. */
static bool
report_taken(const struct call *c, enum err e)
{
	struct presence *p = &c->n->presence;
	bool taken = e == OK && c->head.status < 300;

	if (!taken && e == OK && !p->refused)
		log_err("a presence report was refused (status %d); trying until one is taken",
		    c->head.status);
	if (taken && p->refused)
		log_info("presence reports are taken again");
	p->refused = !taken && (p->refused || e == OK);
	return taken;
}

static void
on_answer(struct call *c, enum err e)
{
	struct notifier *n = c->n;

	presence_done(&n->presence.set, report_taken(c, e), notifier_now(n));
}

static void
on_sync_answer(struct call *c, enum err e)
{
	struct notifier *n = c->n;
	bool taken = report_taken(c, e);

	if (!taken)
		n->presence.sync_ms = notifier_now(n) + PRESENCE_RETRY_MS;
	presence_done(&n->presence.set, taken, notifier_now(n));
}

static void
send_report(struct notifier *n, const struct buf *lines, bool sync)
{
	struct call_ask ask = {
		.cls = CALL_OWN, .method = "POST",
		.uri = sync ? PRESENCE_URI "?sync=1" : PRESENCE_URI,
		.body = buf_span(lines),
	};

	(void)call_new(n, &ask, sync ? on_sync_answer : on_answer, NULL);
}

static void
sync_report(struct notifier *n)
{
	struct stream *s, *tmp;
	struct buf lines;

	buf_init(&lines, SIZE_MAX / 2);
	HASH_ITER(hh, n->streams.by_node, s, tmp)
		buf_printf(&lines, "+%" PRId64 "\n", s->node);
	presence_sync_begin(&n->presence.set);
	n->presence.sync_ms = 0;
	send_report(n, &lines, true);
	buf_fini(&lines);
}

static void
on_timer(uv_timer_t *t)
{
	struct notifier *n = t->data;
	struct presence *p = &n->presence;
	struct buf lines;

	if (p->set.reporting || !n->delta.ready || n->stopping)
		return;
	if (p->sync_ms && p->sync_ms <= notifier_now(n)) {
		sync_report(n);
		return;
	}
	if (!presence_pending(&p->set))
		return;
	buf_init(&lines, SIZE_MAX / 2);
	if (presence_collect(&p->set, notifier_now(n), &lines))
		send_report(n, &lines, false);
	buf_fini(&lines);
}

void
presence_init(struct notifier *n)
{
	struct presence *p = &n->presence;

	presence_set_init(&p->set, n->cfg.offline_grace_ms);
	(void)uv_timer_init(&n->loop, &p->timer);
	p->timer.data = n;
}

void
presence_start(struct notifier *n)
{
	struct presence *p = &n->presence;

	p->sync_ms = notifier_now(n) + n->cfg.offline_grace_ms +
	    PRESENCE_SYNC_EXTRA_MS;
	(void)uv_timer_start(&p->timer, on_timer, PRESENCE_BATCH_MS,
	    PRESENCE_BATCH_MS);
}

void
presence_fini(struct notifier *n)
{
	presence_set_fini(&n->presence.set);
}
