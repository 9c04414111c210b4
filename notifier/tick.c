/* notifier/tick.c -- calling the workers when something is due. */
#include "notifier/tick.h"

#include <stdlib.h>

#include "lib/base/log.h"
#include "notifier/notifier.h"

static void tick_ask(struct notifier *n);

static void
on_timer(uv_timer_t *t)
{
	tick_ask(t->data);
}

/* What the answer says, within reason. */
static int64_t
next_ms(const struct call *c, enum err e)
{
	int64_t ms;

	if (e != OK || c->head.status != 200 ||
	    !str_i64(str_trim(buf_as_str(&c->body)), &ms)) {
		log_err("a tick failed (status %d)", c->head.status);
		return TICK_MAX_MS / 4;
	}
	return ms < TICK_MIN_MS ? TICK_MIN_MS :
	    ms > TICK_MAX_MS ? TICK_MAX_MS : ms;
}

static void
on_answer(struct call *c, enum err e)
{
	struct notifier *n = c->n;
	struct tick *t = &n->tick;
	int64_t ms = t->again ? 0 : next_ms(c, e);

	t->under_way = t->again = false;
	(void)uv_timer_start(&t->timer, on_timer, (uint64_t)ms, 0);
	delta_want(n);		/* in case a wake and the watch both failed */
}

static void
tick_ask(struct notifier *n)
{
	struct call_ask ask = {
		.cls = CALL_OWN, .method = "POST", .uri = "/internal/tick",
	};
	struct tick *t = &n->tick;

	if (n->stopping)
		return;
	t->again = t->under_way;
	if (t->under_way)
		return;
	t->under_way = true;
	(void)call_new(n, &ask, on_answer, NULL);
}

static void
on_file(struct watch *w)
{
	tick_ask(w->owner);
}

void
tick_init(struct notifier *n)
{
	const struct text_list *derp = &n->cfg.derp_paths;
	const char *records = n->cfg.extra_records_path;
	struct tick *t = &n->tick;

	(void)uv_timer_init(&n->loop, &t->timer);
	t->timer.data = n;
	t->files = xcalloc(derp->n + 2, sizeof(*t->files));
	for (size_t i = 0; i < derp->n; i++)
		watch_init(&t->files[t->n_files++], &n->loop, derp->v[i],
		    FILES_DEBOUNCE_MS, on_file, n);
	if (records && *records)
		watch_init(&t->files[t->n_files++], &n->loop, records,
		    FILES_DEBOUNCE_MS, on_file, n);
	if (n->cfg.policy_mode == POLICY_FILE)
		watch_init(&t->files[t->n_files++], &n->loop, n->cfg.policy_path,
		    FILES_DEBOUNCE_MS, on_file, n);
}

void
tick_now(struct notifier *n)
{
	tick_ask(n);
}

void
tick_fini(struct notifier *n)
{
	for (size_t i = 0; i < n->tick.n_files; i++)
		watch_fini(&n->tick.files[i]);
	free(n->tick.files);
}
