/* notifier/notifier.c -- the loop: turns, the wheel's tick, signals, the end. */
#include "notifier/notifier.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "notifier/gauges.h"

#define PLAIN_MAX (1u << 20)
#define WIRE_MAX (64u << 20)	/* with what a refused connection may have waiting */

/* ---- turns ---- */

/*
 * Before the poll: what timers made.  After it: what was read, before libuv
 * frees the connections that ended.
 */
static void
turn(struct notifier *n)
{
	calls_pump(n);
	conns_flush(n);
}

static void
before_poll(uv_prepare_t *h)
{
	turn(h->data);
}

static void
after_poll(uv_check_t *h)
{
	turn(h->data);
}

static void
on_wheel(uv_timer_t *t)
{
	struct notifier *n = t->data;

	wheel_advance(&n->wheel, notifier_now(n));
	gauges_set(n);
}

/* ---- signals ---- */

/*
 * Only what may change under way is taken over; the rest needs a restart, and
 * a file with a mistake changes nothing.
 */
static void
reload(struct notifier *n)
{
	struct arena *a = arena_new();
	struct buf errors;
	struct config cfg;

	buf_init(&errors, 64u << 10);
	if (config_load(a, n->config_path, &cfg, &errors) == OK) {
		n->cfg.keepalive_ms = cfg.keepalive_ms;
		n->cfg.offline_grace_ms = cfg.offline_grace_ms;
		n->cfg.connections_max = cfg.connections_max;
		n->presence.set.grace_ms = cfg.offline_grace_ms;
		log_init("notifier", (enum log_level)cfg.log_level);
		log_info("configuration read again");
	} else {
		log_err("the configuration was not read again: %.*s",
		    (int)errors.n, (const char *)errors.p);
	}
	buf_fini(&errors);
	arena_free(a);
}

static void
on_hup(uv_signal_t *s, int signum)
{
	(void)signum;
	reload(s->data);
	tick_now(s->data);	/* files are looked at, too */
}

static void
on_deadline(uv_timer_t *t)
{
	uv_stop(t->loop);
}

/* All connections are gone before the deadline. */
static void
stop_if_idle(uv_prepare_t *h)
{
	struct notifier *n = h->data;

	turn(n);
	if (n->conns.n == 0)
		uv_stop(&n->loop);
}

static void
on_stop(uv_signal_t *s, int signum)
{
	struct notifier *n = s->data;

	if (n->stopping) {
		uv_stop(&n->loop);
		return;
	}
	log_info("signal %d: stopping, %zu connections", signum, n->conns.n);
	n->stopping = true;
	listen_close(n);
	scrapes_stop(n);
	conns_shutdown(n);
	(void)uv_timer_start(&n->shutdown_timer, on_deadline, SHUTDOWN_MS, 0);
	(void)uv_prepare_stop(&n->before_poll);	/* an active one keeps its callback */
	(void)uv_prepare_start(&n->before_poll, stop_if_idle);
}

static void
signal_watch(struct notifier *n, uv_signal_t *s, uv_signal_cb cb, int signum)
{
	(void)uv_signal_init(&n->loop, s);
	s->data = n;
	(void)uv_signal_start(s, cb, signum);
}

/* ---- life ---- */

static void
scratch_init(struct scratch *s)
{
	*s = (struct scratch){ .read = xmalloc(READ_BYTES) };
	buf_init(&s->plain, PLAIN_MAX);
	buf_init(&s->sealed, WIRE_MAX);
	buf_init(&s->wire, WIRE_MAX);
	buf_init(&s->json, MESSAGE_BYTES_MAX);
}

static void
scratch_fini(struct scratch *s)
{
	free(s->read);
	free(s->ids);
	buf_fini(&s->plain);
	buf_fini(&s->sealed);
	buf_fini(&s->wire);
	buf_fini(&s->json);
}

static void
loop_init(struct notifier *n)
{
	int e = uv_loop_init(&n->loop);

	if (e < 0)
		fatal("cannot make an event loop: %s", uv_strerror(e));
	(void)uv_prepare_init(&n->loop, &n->before_poll);
	(void)uv_check_init(&n->loop, &n->after_poll);
	(void)uv_timer_init(&n->loop, &n->wheel_timer);
	(void)uv_timer_init(&n->loop, &n->shutdown_timer);
	n->before_poll.data = n->after_poll.data = n->wheel_timer.data = n;
	signal_watch(n, &n->sig_term, on_stop, SIGTERM);
	signal_watch(n, &n->sig_int, on_stop, SIGINT);
	signal_watch(n, &n->sig_hup, on_hup, SIGHUP);
	wheel_init(&n->wheel, notifier_now(n));
}

void
notifier_init(struct notifier *n)
{
	(void)signal(SIGPIPE, SIG_IGN);
	loop_init(n);
	scratch_init(&n->scratch);
	n->zstd = zframe_new();
	h2_shared_init(&n->h2);
	calls_init(n);
	streams_init(&n->streams);
	delta_init(n);
	presence_init(n);
	wake_init(n);
	tick_init(n);
	deliver_init(n);
}

void
notifier_start(struct notifier *n)
{
	(void)uv_prepare_start(&n->before_poll, before_poll);
	(void)uv_check_start(&n->after_poll, after_poll);
	(void)uv_timer_start(&n->wheel_timer, on_wheel, WHEEL_TICK_MS,
	    WHEEL_TICK_MS);
	delta_start(n);
	presence_start(n);
	scrapes_start(n);
	tick_now(n);
}

void
notifier_run(struct notifier *n)
{
	(void)uv_run(&n->loop, UV_RUN_DEFAULT);
}

static void
close_any(uv_handle_t *h, void *arg)
{
	(void)arg;
	if (!uv_is_closing(h))
		uv_close(h, NULL);
}

/* Connections and calls close themselves; then all other handles. */
static void
close_all(struct notifier *n)
{
	struct conn *c;

	for (c = n->conns.all; c; c = c->next)
		conn_fail(c, "the notifier stops");
	calls_fini(n);
	(void)uv_run(&n->loop, UV_RUN_NOWAIT);
	uv_walk(&n->loop, close_any, NULL);
	(void)uv_run(&n->loop, UV_RUN_DEFAULT);
	if (uv_loop_close(&n->loop) != 0)
		log_warn("something was left open");
}

void
notifier_fini(struct notifier *n)
{
	close_all(n);
	tick_fini(n);
	wake_fini(n);
	presence_fini(n);
	delta_fini(n);
	streams_fini(&n->streams);
	h2_shared_fini(&n->h2);
	zframe_free(n->zstd);
	scratch_fini(&n->scratch);
	noise_static_wipe(&n->noise);
}
