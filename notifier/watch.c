/*
 * notifier/watch.c -- a watched folder.
 *
 * A database that is written to at full speed makes some thirty events per
 * transaction, and each costs the writer and us a wake-up.  So the first event
 * ends the watching for a while: its change is told after the debounce, and when
 * watching starts again, whatever went unseen meanwhile is told too.
 */
#include "notifier/watch.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "notifier/limits.h"

static void watch_try(struct watch *w);

/* Watching (again): what happened before is not known. */
static void
on_again(uv_timer_t *t)
{
	struct watch *w = t->data;

	watch_try(w);
	w->seen_ns = uv_hrtime();
	if (w->watching)
		w->changed(w);
}

static void
on_debounced(uv_timer_t *t)
{
	struct watch *w = t->data;

	w->changed(w);
	(void)uv_timer_start(t, on_again, WATCH_PAUSE_MS, 0);
}

static void
on_event(uv_fs_event_t *ev, const char *name, int events, int status)
{
	struct watch *w = ev->data;

	(void)events;
	if (status < 0 || (w->file && name && strcmp(name, w->file) != 0))
		return;
	w->seen_ns = uv_hrtime();
	w->watching = false;
	(void)uv_fs_event_stop(ev);
	(void)uv_timer_start(&w->timer, on_debounced, w->debounce_ms, 0);
}

static void
watch_try(struct watch *w)
{
	int e = uv_fs_event_start(&w->event, on_event, w->folder, 0);

	w->watching = e == 0;
	if (e == 0)
		return;
	log_debug("cannot watch %s yet: %s", w->folder, uv_strerror(e));
	(void)uv_timer_start(&w->timer, on_again, WATCH_RETRY_MS, 0);
}

void
watch_init(struct watch *w, uv_loop_t *loop, const char *path,
    uint64_t debounce_ms, void (*changed)(struct watch *), void *owner)
{
	const char *slash = strrchr(path, '/');

	*w = (struct watch){ .debounce_ms = debounce_ms, .changed = changed,
	    .owner = owner };
	w->folder = slash ? xstrdup(path) : xstrdup(".");
	if (slash)
		w->folder[slash == path ? 1 : slash - path] = '\0';
	w->file = xstrdup(slash ? slash + 1 : path);
	(void)uv_fs_event_init(loop, &w->event);
	(void)uv_timer_init(loop, &w->timer);
	w->event.data = w->timer.data = w;
	watch_try(w);
}

void
watch_fini(struct watch *w)
{
	free(w->folder);
	free(w->file);
}
