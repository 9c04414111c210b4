/*
 * fcgi/child.h -- the processes that `headrace serve` keeps alive.
 *
 * A crew is a fixed table of children.  Each wish (how many, which generation)
 * is a number in it, and crew_step() brings the processes nearer to it: start
 * what is missing, stop what is too many, replace what is old one at a time.
 */
#ifndef FCGI_CHILD_H
#define FCGI_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CREW_MAX 131		/* 64 web, 64 control, one each for deltas and webhooks, the notifier */

enum role { ROLE_WEB, ROLE_CONTROL, ROLE_DELTA, ROLE_WEBHOOK, ROLE_NOTIFIER, ROLE_COUNT };

struct child {
	enum role role;
	int number;		/* from 1, within its role */
	pid_t pid;		/* 0: not running */
	bool told_to_stop;
	int generation;		/* of the crew when it was started */
	int64_t started_ms, start_at_ms, backoff_ms;
};

struct crew {
	struct child child[CREW_MAX];
	size_t n;
	int64_t want[ROLE_COUNT];	/* how many should run */
	int generation;			/* raised: workers are replaced */
	int fd[ROLE_COUNT];		/* what each role listens on */
	const char *program;		/* of workers: this one, by its path at the start */
	const char *notifier;
	const char *config;		/* for -c; NULL: none was given */
};

/* Starts, stops and replaces; answers when to call it again, in ms (-1: never). */
int64_t crew_step(struct crew *c, int64_t now_ms);

/* A child has ended: waits for all that have, logs, plans the next start. */
void crew_reap(struct crew *c, int64_t now_ms);

/* Sends 'sig' to all, or to those of one role; the rest is up to crew_reap(). */
void crew_signal(struct crew *c, int sig);
void crew_signal_role(struct crew *c, enum role role, int sig);

size_t crew_running(const struct crew *c);

#endif
