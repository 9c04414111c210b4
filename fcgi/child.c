/*
 * fcgi/child.c -- the processes that `headrace serve` keeps alive.
 *
 * A child that ran for a while is started again at once; one that dies young
 * waits, twice as long each time, so that a broken configuration or program
 * does not eat the machine.
 */
#include "fcgi/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fcgi/limits.h"
#include "lib/base/log.h"

#define CHILD_FD 3	/* where a child finds its listening socket */

static const char *const role_names[] = {
	[ROLE_WEB] = "web worker",
	[ROLE_CONTROL] = "control worker",
	[ROLE_DELTA] = "delta worker",
	[ROLE_WEBHOOK] = "webhook worker",
	[ROLE_NOTIFIER] = "notifier",
};

/* ---- starting ---- */

static void
exec_child(const struct crew *c, const struct child *ch)
{
	static const char *const flags[] = {
		[ROLE_WEB] = "--web", [ROLE_CONTROL] = "--control",
		[ROLE_DELTA] = "--deltas", [ROLE_WEBHOOK] = "--webhooks",
	};
	const char *argv[6] = { 0 };
	size_t n = 0;

	argv[n++] = ch->role == ROLE_NOTIFIER ? c->notifier : c->program;
	if (ch->role != ROLE_NOTIFIER) {
		argv[n++] = "worker";
		argv[n++] = flags[ch->role];
	}
	if (c->config != NULL) {
		argv[n++] = "-c";
		argv[n++] = c->config;
	}
	(void)execv(argv[0], (char *const *)(uintptr_t)argv);
	log_err("cannot start %s: %s", argv[0], strerror(errno));
	_exit(127);
}

/* In the child.  It must not outlive us, nor keep what is ours. */
static void
become_child(const struct crew *c, const struct child *ch, pid_t parent)
{
	sigset_t none;

	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(0);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGHUP, SIG_IGN);	/* until it has a handler of its own */
	(void)setpgid(0, 0);	/* Ctrl-C is for the parent, which asks in order */
	if (dup2(c->fd[ch->role], CHILD_FD) < 0 || fcntl(CHILD_FD, F_SETFD, 0) < 0)
		_exit(127);
	(void)setenv("HEADRACE_LISTEN_FD", "3", 1);
	exec_child(c, ch);
}

static void
start(struct crew *c, struct child *ch, int64_t now_ms)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0)
		become_child(c, ch, parent);
	ch->started_ms = now_ms;
	ch->told_to_stop = false;
	ch->generation = c->generation;
	if (pid < 0) {
		log_err("cannot start a process: %s", strerror(errno));
		ch->start_at_ms = now_ms + SERVE_BACKOFF_MAX_MS;
		return;
	}
	ch->pid = pid;
	log_debug("started %s %d (pid %d)", role_names[ch->role], ch->number, (int)pid);
}

static void
stop(struct child *ch)
{
	if (ch->pid == 0 || ch->told_to_stop)
		return;
	ch->told_to_stop = true;
	(void)kill(ch->pid, SIGTERM);
}

/* ---- ending ---- */

static void
log_end(const struct child *ch, int status)
{
	const char *name = role_names[ch->role];

	if (WIFSIGNALED(status))
		log_err("%s %d (pid %d) was killed by signal %d (%s); starting it again in "
		    "%d ms", name, ch->number, (int)ch->pid, WTERMSIG(status),
		    strsignal(WTERMSIG(status)), (int)ch->backoff_ms);
	else
		log_err("%s %d (pid %d) ended with status %d; starting it again in %d ms",
		    name, ch->number, (int)ch->pid, WEXITSTATUS(status), (int)ch->backoff_ms);
}

static void
note_end(struct child *ch, int status, int64_t now_ms)
{
	bool young = now_ms - ch->started_ms < SERVE_SETTLE_MS;

	if (!young || ch->told_to_stop)
		ch->backoff_ms = 0;
	else if (ch->backoff_ms == 0)
		ch->backoff_ms = SERVE_BACKOFF_MIN_MS;
	else
		ch->backoff_ms *= 2;
	if (ch->backoff_ms > SERVE_BACKOFF_MAX_MS)
		ch->backoff_ms = SERVE_BACKOFF_MAX_MS;
	ch->start_at_ms = now_ms + ch->backoff_ms;
	if (!ch->told_to_stop)
		log_end(ch, status);
	ch->pid = 0;
}

void
crew_reap(struct crew *c, int64_t now_ms)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < c->n; i++)
			if (c->child[i].pid == pid)
				note_end(&c->child[i], status, now_ms);
}

void
crew_signal_role(struct crew *c, enum role role, int sig)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->child[i].role == role && c->child[i].pid != 0)
			(void)kill(c->child[i].pid, sig);
}

void
crew_signal(struct crew *c, int sig)
{
	for (size_t i = 0; i < c->n; i++) {
		if (c->child[i].pid == 0)
			continue;
		c->child[i].told_to_stop = true;
		(void)kill(c->child[i].pid, sig);
	}
}

size_t
crew_running(const struct crew *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		n += c->child[i].pid != 0;
	return n;
}

/* ---- steps ---- */

/* The table has an entry for every child that is or was wanted. */
static void
make_entries(struct crew *c)
{
	int64_t have[ROLE_COUNT] = { 0 };

	for (size_t i = 0; i < c->n; i++)
		have[c->child[i].role]++;
	for (enum role r = 0; r < ROLE_COUNT; r++)
		while (have[r] < c->want[r] && c->n < CREW_MAX)
			c->child[c->n++] = (struct child){ .role = r, .number = (int)++have[r] };
}

static bool
is_old(const struct crew *c, const struct child *ch)
{
	return ch->role != ROLE_NOTIFIER && ch->pid != 0 && ch->generation != c->generation;
}

/* Is this worker ending, waiting for its start, or too young to be trusted? */
static bool
is_unsettled(const struct crew *c, const struct child *ch, int64_t now_ms)
{
	if (ch->role == ROLE_NOTIFIER || ch->number > c->want[ch->role])
		return false;
	return ch->pid == 0 || ch->told_to_stop || now_ms - ch->started_ms < SERVE_ROLL_MS;
}

/*
 * Replaces one old worker, once the one before has shown that it lives: a
 * program or configuration that does not start costs one worker, not all.
 */
static int64_t
roll(struct crew *c, int64_t now_ms)
{
	struct child *old = NULL;
	bool settled = true;

	for (size_t i = 0; i < c->n; i++) {
		if (is_unsettled(c, &c->child[i], now_ms))
			settled = false;
		if (old == NULL && is_old(c, &c->child[i]))
			old = &c->child[i];
	}
	if (old == NULL)
		return -1;
	if (settled)
		stop(old);
	return SERVE_ROLL_MS;
}

static int64_t
sooner(int64_t a, int64_t b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

int64_t
crew_step(struct crew *c, int64_t now_ms)
{
	int64_t next = -1;

	make_entries(c);
	for (size_t i = 0; i < c->n; i++) {
		struct child *ch = &c->child[i];

		if (ch->number > c->want[ch->role])
			stop(ch);
		else if (ch->pid == 0 && ch->start_at_ms <= now_ms)
			start(c, ch, now_ms);
		if (ch->pid == 0 && ch->number <= c->want[ch->role])
			next = sooner(next, ch->start_at_ms - now_ms);
	}
	return sooner(next, roll(c, now_ms));
}
