/* notifier/wake.c -- noticing commits. */
#include "notifier/wake.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/wake/wake.h"
#include "notifier/notifier.h"

static void
on_datagram(uv_poll_t *p, int status, int events)
{
	struct notifier *n = p->data;
	int64_t seq;

	(void)events;
	if (status == 0 && wake_drain(n->wake.fd, &seq))
		delta_wake(n, seq);
}

/*
 * A worker's commit shows in the WAL, too, and its datagram mostly has made us
 * ask since: a question that went out after the change has seen it.
 */
static void
on_wal(struct watch *w)
{
	struct notifier *n = w->owner;

	if (n->delta.asked_ns <= w->seen_ns)
		delta_want(n);
}

void
wake_init(struct notifier *n)
{
	struct wake *w = &n->wake;
	const char *path = config_socket(n->arena, &n->cfg, "wake.sock");
	const char *wal = arena_printf(n->arena, "%s-wal", n->cfg.db_path);

	w->fd = wake_listen(path);
	if (w->fd < 0)
		fatal("cannot listen on %s: %s", path, strerror(errno));
	if (uv_poll_init(&n->loop, &w->poll, w->fd) < 0)
		fatal("cannot watch %s", path);
	w->poll.data = n;
	(void)uv_poll_start(&w->poll, UV_READABLE, on_datagram);
	watch_init(&w->wal, &n->loop, wal, WAL_DEBOUNCE_MS, on_wal, n);
}

void
wake_fini(struct notifier *n)
{
	(void)close(n->wake.fd);
	watch_fini(&n->wake.wal);
}
