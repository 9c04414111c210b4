/*
 * fcgi/serve.c -- `headrace serve`: runs workers and notifier.
 *
 * It answers no request and holds no state that matters: it makes the sockets,
 * which its children inherit, so that a connection made while a child is being
 * replaced waits instead of failing.  Children are started by the program's
 * path, so a SIGHUP after an upgrade brings the new workers in.
 */
#include "fcgi/serve.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "fcgi/backend.h"
#include "fcgi/child.h"
#include "fcgi/limits.h"
#include "fcgi/place.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"

struct serve {
	struct arena *arena;		/* as long as the process */
	const char *config_path;
	struct arena *cfg_arena;
	struct config *cfg;		/* in cfg_arena */
	struct place place;
	struct crew crew;
	int signals;			/* signalfd */
	int64_t stop_by_ms;		/* 0: not stopping */
};

/* ---- programs ---- */

static const char notifier_name[] = "headrace-notifier";

/* Our own path now: after an upgrade /proc/self/exe names the deleted file. */
static const char *
own_path(struct arena *a)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0)
		return NULL;
	return arena_strndup(a, path, (size_t)n);
}

static const char *
find_in_path(struct arena *a, const char *name)
{
	struct str left = str_of(getenv("PATH")), dir;
	const char *path;

	while (str_cut(&left, ':', &dir)) {
		path = arena_printf(a, "%.*s/%s", (int)dir.n, dir.p, name);
		if (dir.n > 0 && access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}

/* Beside ourselves, so that a build finds its own notifier, else in PATH. */
static const char *
find_notifier(struct arena *a, const char *own)
{
	const char *slash = strrchr(own, '/');
	const char *beside = arena_printf(a, "%.*s/%s", (int)(slash - own), own, notifier_name);

	return access(beside, X_OK) == 0 ? beside : find_in_path(a, notifier_name);
}

static bool
find_programs(struct serve *s)
{
	s->crew.program = own_path(s->arena);
	if (s->crew.program == NULL) {
		log_err("cannot find my own program: is /proc mounted?");
		return false;
	}
	s->crew.notifier = find_notifier(s->arena, s->crew.program);
	if (s->crew.notifier == NULL)
		log_err("cannot find %s, neither beside %s nor in PATH", notifier_name,
		    s->crew.program);
	return s->crew.notifier != NULL;
}

/* ---- configuration ---- */

static void
log_warnings(const struct config *cfg)
{
	for (size_t i = 0; i < cfg->warnings.n; i++)
		log_warn("%s", cfg->warnings.v[i]);
}

static void
take_config(struct serve *s)
{
	log_init("serve", (enum log_level)s->cfg->log_level);
	log_warnings(s->cfg);
	s->crew.want[ROLE_WEB] = s->cfg->web_workers;
	s->crew.want[ROLE_CONTROL] = s->cfg->control_workers;
	s->crew.want[ROLE_DELTA] = 1;
	s->crew.want[ROLE_WEBHOOK] = 1;
	s->crew.want[ROLE_NOTIFIER] = 1;
}

/* What was opened at the start stays as it is until a restart. */
static void
note_fixed(const struct config *old, const struct config *new)
{
	const struct { const char *key, *old, *new; } fixed[] = {
		{ "server.run", old->run_dir, new->run_dir },
		{ "server.data", old->data_dir, new->data_dir },
		{ "database.path", old->db_path, new->db_path },
		{ "noise.private_key", old->noise_key_path, new->noise_key_path },
		{ "notifier.listen", old->notifier_listen, new->notifier_listen },
		{ "metrics.listen", old->metrics_listen, new->metrics_listen },
	};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (strcmp(fixed[i].old, fixed[i].new) != 0)
			log_warn("%s has changed from %s to %s: restart headrace serve for that",
			    fixed[i].key, fixed[i].old, fixed[i].new);
}

static void
reload(struct serve *s)
{
	struct arena *a;
	struct config *cfg;

	if (!backend_config(s->config_path, &a, &cfg)) {
		log_err("the configuration is not taken over; the old one stays in use");
		return;
	}
	note_fixed(s->cfg, cfg);
	arena_free(s->cfg_arena);
	s->cfg_arena = a;
	s->cfg = cfg;
	take_config(s);
	s->crew.generation++;
	crew_signal_role(&s->crew, ROLE_NOTIFIER, SIGHUP);
	log_info("configuration read again; replacing the workers one by one");
}

/* ---- signals ---- */

static bool
catch_signals(struct serve *s)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGCHLD);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	s->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (s->signals < 0)
		log_err("cannot watch for signals: %s", strerror(errno));
	return s->signals >= 0;
}

/* The first asks everybody to finish, the second does not ask. */
static void
begin_stop(struct serve *s, int64_t now_ms)
{
	if (s->stop_by_ms != 0) {
		s->stop_by_ms = now_ms;
		return;
	}
	log_info("stopping");
	s->stop_by_ms = now_ms + SERVE_STOP_MS;
	crew_signal(&s->crew, SIGTERM);
}

static void
take_signals(struct serve *s, int64_t now_ms)
{
	struct signalfd_siginfo si;

	while (read(s->signals, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == SIGTERM || si.ssi_signo == SIGINT)
			begin_stop(s, now_ms);
		else if (si.ssi_signo == SIGHUP && s->stop_by_ms == 0)
			reload(s);
	}
	crew_reap(&s->crew, now_ms);
}

/* ---- the loop ---- */

/* How long to sleep while stopping; kills what did not stop in time. */
static int64_t
stop_step(struct serve *s, int64_t now_ms)
{
	if (now_ms < s->stop_by_ms)
		return s->stop_by_ms - now_ms;
	log_warn("%zu processes did not end in time; killing them", crew_running(&s->crew));
	crew_signal(&s->crew, SIGKILL);
	s->stop_by_ms = now_ms + SERVE_STOP_MS;
	return SERVE_STOP_MS;
}

static void
loop(struct serve *s)
{
	struct pollfd p = { .fd = s->signals, .events = POLLIN };
	int64_t wait_ms;

	while (s->stop_by_ms == 0 || crew_running(&s->crew) > 0) {
		wait_ms = s->stop_by_ms != 0 ? stop_step(s, clock_mono_ms()) :
		    crew_step(&s->crew, clock_mono_ms());
		if (poll(&p, 1, (int)wait_ms) < 0 && errno != EINTR)
			fatal("cannot wait for signals: %s", strerror(errno));
		take_signals(s, clock_mono_ms());
	}
}

/* ---- the start ---- */

static const char usage[] =
	"usage: headrace serve [-c FILE]\n"
	"Runs the workers and headrace-notifier, and starts again what dies.\n"
	"SIGHUP reads the configuration again and replaces the workers one by one;\n"
	"SIGTERM ends all.  A web server has to pass requests on: see docs/.\n"
	"  -c FILE    configuration (default $HEADRACE_CONFIG, else\n"
	"             " CONFIG_FILE_DEFAULT ")\n";

static int
read_options(int argc, char **argv, struct serve *s)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' }, { 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		if (c == 'c') {
			s->config_path = optarg;
		} else {
			(void)fputs(usage, c == 'h' ? stdout : stderr);
			return c == 'h' ? 0 : 2;
		}
	}
	if (optind < argc) {
		(void)fprintf(stderr, "headrace serve: unexpected argument: %s\n%s",
		    argv[optind], usage);
		return 2;
	}
	return -1;
}

/* A stream of the notifier is a file descriptor. */
static void
raise_file_limit(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) == 0) {
		lim.rlim_cur = lim.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &lim);
	}
}

static bool
prepare(struct serve *s)
{
	if (!backend_config(s->config_path, &s->cfg_arena, &s->cfg) || !find_programs(s))
		return false;
	s->crew.config = s->config_path;
	take_config(s);
	if (!catch_signals(s) || !place_make(s->cfg, &s->place))
		return false;
	backend_metrics(s->cfg, METRICS_SERVE);
	s->crew.fd[ROLE_WEB] = s->place.web;
	s->crew.fd[ROLE_CONTROL] = s->place.control;
	s->crew.fd[ROLE_DELTA] = s->place.delta;
	s->crew.fd[ROLE_WEBHOOK] = s->place.webhook;
	s->crew.fd[ROLE_NOTIFIER] = s->place.notifier;
	raise_file_limit();
	return true;
}

int
serve_main(int argc, char **argv)
{
	struct serve s = { .arena = arena_new() };
	int status = read_options(argc, argv, &s);

	if (status >= 0)
		return status;
	log_init("serve", LOG_INFO);
	if (prepare(&s)) {
		log_info("headrace %s serves %s", HEADRACE_VERSION, s.cfg->url);
		loop(&s);
		status = 0;
	} else {
		status = 1;
	}
	place_end(&s.place);
	if (s.cfg_arena != NULL)
		arena_free(s.cfg_arena);
	arena_free(s.arena);
	return status;
}
