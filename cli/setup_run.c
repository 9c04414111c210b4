/*
 * cli/setup_run.c -- carries a plan out, or goes through it backwards.
 *
 * What cannot be finished is put back: a web server must not be left with files
 * that it does not accept.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/setup.h"

/* ---- processes ---- */

static _Noreturn void
be_child(void (*child)(void *), void *arg, int to)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	const char *path = getenv("PATH");
	char all[4096];

	(void)snprintf(all, sizeof(all), "%s:/usr/sbin:/usr/bin:/sbin:/bin", path != NULL ? path : "");
	if (null >= 0 && dup2(null, 0) == 0 && dup2(to, 1) == 1 && dup2(to, 2) == 2 && setenv("PATH", all, 1) == 0)
		child(arg);
	(void)fflush(stdout);
	_exit(1);
}

/* All that is said, of which so much is kept. */
static const char *
read_output(struct setup *s, int from)
{
	struct buf b;
	char part[4096];
	ssize_t n;

	buf_init(&b, SETUP_OUTPUT_MAX);
	while ((n = read(from, part, sizeof(part))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			buf_put(&b, part, (size_t)n);
	return buf_text(&b, s->arena);
}

bool
setup_process(struct setup *s, void (*child)(void *), void *arg, const char **out)
{
	int fds[2], status = -1;
	pid_t pid;

	*out = "no process can be started";
	(void)fflush(stdout);
	if (pipe2(fds, O_CLOEXEC) != 0)
		return false;
	if ((pid = fork()) == 0)
		be_child(child, arg, fds[1]);
	(void)close(fds[1]);
	if (pid > 0)
		*out = read_output(s, fds[0]);
	(void)close(fds[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void
execute(void *arg)
{
	const char *const *argv = arg;
	char *words[16];
	size_t n = 0;

	while (argv[n] != NULL && n + 1 < sizeof(words) / sizeof(words[0])) {
		words[n] = strdup(argv[n]);
		n++;
	}
	words[n] = NULL;
	(void)execvp(words[0], words);
	printf("%s: %s\n", words[0], strerror(errno));
}

bool
setup_command(struct setup *s, const char *const *argv, const char **out)
{
	return setup_process(s, execute, (void *)(uintptr_t)argv, out);
}

const char *
setup_words(struct arena *a, const char *const *argv)
{
	const char *all = "";

	for (; *argv != NULL; argv++)
		all = arena_printf(a, "%s%s%s", all, *all != '\0' ? " " : "", *argv);
	return all;
}

/* ---- looking ---- */

static enum setup_state
state_of(const struct setup *s, const struct setup_step *t)
{
	const char *const *argv = s->undo ? t->undo_argv : t->argv;

	if (t->found == SETUP_FOREIGN)
		return SETUP_KEPT;
	if (t->found == (s->undo ? SETUP_NOTHING : SETUP_SAME))
		return SETUP_THERE;
	if (s->undo && t->stays)
		return SETUP_STAYS;
	if (t->kind == SETUP_COMMAND && argv == NULL)
		return s->undo && !t->after_web ? SETUP_THERE : SETUP_BY_HAND;
	return SETUP_TO_DO;
}

/* Would the step act outside of --root, by a link in the tree that begins with '/'? */
static bool
leads_out(const struct setup *s, const struct setup_step *t)
{
	char *at = arena_printf(s->arena, "%s%s", s->root, t->path), real[PATH_MAX];
	size_t n = strlen(s->root);

	if (t->kind == SETUP_LINK)	/* which itself may lead anywhere */
		at = dirname(at);
	while (realpath(at, real) == NULL && strcmp(at, "/") != 0)
		at = dirname(at);
	return strncmp(real, s->root, n) != 0 || (real[n] != '/' && real[n] != '\0');
}

enum err
setup_look_all(struct setup *s)
{
	for (struct setup_step *t = s->steps; t < s->steps + s->n; t++) {
		if (s->root[0] != '\0' && t->path != NULL && leads_out(s, t))
			return cli_fail(s->c, ERR_CONFLICT, "%s%s leads out of that tree", s->root, t->path);
		setup_kinds[t->kind]->look(s, t);
		t->state = state_of(s, t);
		if (t->blocked && !s->undo)
			setup_problem(s, "%s%s: %s.  Take it away first", s->root, t->path, t->note);
	}
	return OK;
}

/* ---- forwards ---- */

static bool
is_due(const struct setup_step *t)
{
	return t->state == SETUP_TO_DO || t->offer;
}

/* Puts back what the steps before this one have done. */
static void
put_back(struct setup *s, const struct setup_step *failed)
{
	const char *why = s->c->errmsg, *more = "";
	const struct setup_kind_row *kind;

	for (struct setup_step *t = s->steps + (failed - s->steps); t-- > s->steps;) {
		kind = setup_kinds[t->kind];
		if (t->state != SETUP_DONE && !t->offer)
			continue;
		if ((kind->put_back != NULL ? kind->put_back : kind->undo)(s, t) != OK)
			more = arena_printf(s->arena, "%s\n%s", more, s->c->errmsg);
	}
	s->c->errmsg = arena_printf(s->arena, "%s\n%s%s", why, *more != '\0' ? "Not all could be put back:" :
	    "What was written has been put back.", more);
}

static enum err
carry_out(struct setup *s, struct setup_step *t)
{
	enum err e = setup_kinds[t->kind]->carry_out(s, t);

	if (e == OK) {
		s->changed += !t->is_check;
		t->state = t->offer ? SETUP_KEPT : SETUP_DONE;
		return OK;
	}
	if (t->kind != SETUP_COMMAND || t->is_check)
		put_back(s, t);
	else
		s->c->errmsg = arena_printf(s->arena, "%s\nThe files are in place; run it again when that is cured.",
		    s->c->errmsg);
	return e;
}

enum err
setup_carry_out(struct setup *s)
{
	enum err e;

	for (struct setup_step *t = s->steps; t < s->steps + s->n; t++)
		if (is_due(t) && (e = carry_out(s, t)) != OK)
			return e;
	return OK;
}

/* ---- backwards ---- */

static enum err
undo(struct setup *s, struct setup_step *t)
{
	enum err e;

	if (t->state != SETUP_TO_DO)
		return OK;
	t->state = SETUP_DONE;
	if ((e = setup_kinds[t->kind]->undo(s, t)) != OK)
		return e;
	s->changed += t->state == SETUP_DONE && !t->is_check;
	return OK;
}

/* The web server is asked and told last, when its files are gone. */
enum err
setup_undo(struct setup *s)
{
	enum err e;

	for (size_t i = s->n; i-- > 0;)
		if (!s->steps[i].after_web && (e = undo(s, &s->steps[i])) != OK)
			return e;
	for (size_t i = 0; i < s->n; i++)
		if (s->steps[i].after_web && (e = undo(s, &s->steps[i])) != OK)
			return e;
	return OK;
}
