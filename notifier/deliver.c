/* notifier/deliver.c -- has webhooks told what happens, by a worker of its own. */
#include "notifier/deliver.h"

#include "lib/base/log.h"
#include "notifier/notifier.h"

static void deliver_ask(struct notifier *n);

static void
on_timer(uv_timer_t *t)
{
	deliver_ask(t->data);
}

/* When the worker wants to be called again; -1: nothing waits. */
static int64_t
next_ms(const struct call *c, enum err e)
{
	int64_t ms;

	if (e == OK && c->head.status == 200 && str_i64(str_trim(buf_as_str(&c->body)), &ms))
		return ms;
	log_err("telling webhooks failed (status %d)", c->head.status);
	return DELIVER_RETRY_MS;
}

static int64_t
sooner(int64_t a, int64_t b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

static void
on_answer(struct call *c, enum err e)
{
	struct notifier *n = c->n;
	struct deliver *d = &n->deliver;
	int64_t ms;

	if (n->stopping)
		return;
	ms = sooner(next_ms(c, e), d->again_ms);
	d->under_way = false;
	d->again_ms = -1;
	if (ms >= 0)
		deliver_want(n, ms);
}

static void
deliver_ask(struct notifier *n)
{
	struct call_ask ask = {
		.cls = CALL_OWN, .webhook = true, .method = "POST", .uri = "/internal/deliver",
	};

	if (n->stopping || n->deliver.under_way)
		return;
	n->deliver.under_way = true;
	(void)call_new(n, &ask, on_answer, NULL);
}

void
deliver_want(struct notifier *n, int64_t ms)
{
	struct deliver *d = &n->deliver;

	if (d->under_way) {
		d->again_ms = sooner(d->again_ms, ms);
		return;
	}
	if (ms < DELIVER_SPACING_MS)
		ms = DELIVER_SPACING_MS;
	if (ms > DELIVER_MAX_MS)
		ms = DELIVER_MAX_MS;
	if (!uv_is_active((uv_handle_t *)&d->timer) ||
	    uv_timer_get_due_in(&d->timer) > (uint64_t)ms)
		(void)uv_timer_start(&d->timer, on_timer, (uint64_t)ms, 0);
}

void
deliver_init(struct notifier *n)
{
	n->deliver.again_ms = -1;
	(void)uv_timer_init(&n->loop, &n->deliver.timer);
	n->deliver.timer.data = n;
}
