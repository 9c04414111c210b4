/* notifier/watch.c -- a watched folder. */
#include "notifier/watch.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "notifier/limits.h"

static void watch_try(struct watch *w);

static void
on_timer(uv_timer_t *t)
{
	struct watch *w = t->data;

	if (w->watching) {
		w->changed(w);
		return;
	}
	watch_try(w);
	w->seen_ns = uv_hrtime();
	if (w->watching)
		w->changed(w);	/* whatever we have not seen */
}

static void
on_event(uv_fs_event_t *ev, const char *name, int events, int status)
{
	struct watch *w = ev->data;

	(void)events;
	if (status < 0 || (w->file && name && strcmp(name, w->file) != 0))
		return;
	w->seen_ns = uv_hrtime();
	if (!uv_is_active((uv_handle_t *)&w->timer))
		(void)uv_timer_start(&w->timer, on_timer, w->debounce_ms, 0);
}

static void
watch_try(struct watch *w)
{
	int e = uv_fs_event_start(&w->event, on_event, w->folder, 0);

	w->watching = e == 0;
	if (e == 0)
		return;
	log_debug("cannot watch %s yet: %s", w->folder, uv_strerror(e));
	(void)uv_timer_start(&w->timer, on_timer, WATCH_RETRY_MS, 0);
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
