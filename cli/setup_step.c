/*
 * cli/setup_step.c -- steps that write no text: user, folders, links, the data, commands.
 */
#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/health.h"
#include "cli/setup.h"
#include "lib/crypto/key.h"
#include "lib/store/db.h"

#define ERRORS_MAX (64 * 1024)

static enum err
fail_at(struct setup *s, const char *what, const char *path)
{
	return cli_fail(s->c, ERR_INTERNAL, "cannot %s %s: %s", what, path, strerror(errno));
}

/* Runs a command that has to succeed. */
static enum err
must_run(struct setup *s, const char *const *argv)
{
	const char *out;

	if (setup_command(s, argv, &out))
		return OK;
	return cli_fail(s->c, ERR_UPSTREAM, "%s failed:\n%s", setup_words(s->arena, argv), out);
}

/* ---- the user ---- */

static const char *const add_user[] = { "adduser", "--system", "--group", "--quiet", "--home",
	"/var/lib/headrace", "--no-create-home", SETUP_USER, NULL };
static const char *const add_user_plainly[] = { "useradd", "--system", "--user-group", "--home-dir",
	"/var/lib/headrace", "--no-create-home", "--shell", "/usr/sbin/nologin", SETUP_USER, NULL };

static void
account_look(struct setup *s, struct setup_step *t)
{
	(void)s;
	t->found = getpwnam(SETUP_USER) != NULL ? SETUP_SAME : SETUP_NOTHING;
}

static enum err
account_carry_out(struct setup *s, struct setup_step *t)
{
	(void)t;
	if (access("/usr/sbin/adduser", X_OK) == 0)
		return must_run(s, add_user);
	return must_run(s, add_user_plainly);
}

static enum err
nothing(struct setup *s, struct setup_step *t)
{
	(void)s;
	(void)t;
	return OK;
}

/* ---- folders ---- */

static const struct passwd *
owner(const struct setup *s, const struct setup_step *t)
{
	return t->ours && s->root[0] == '\0' && geteuid() == 0 ? getpwnam(SETUP_USER) : NULL;
}

/* What others may do there is what counts; a group may have been let in on purpose. */
static void
folder_look(struct setup *s, struct setup_step *t)
{
	const struct passwd *pw = owner(s, t);
	struct stat st;

	if (stat(setup_at(s, t->path), &st) != 0)
		t->found = SETUP_NOTHING;
	else if (!S_ISDIR(st.st_mode))
		t->found = SETUP_FOREIGN;
	else if ((st.st_mode & 07) != (t->mode & 07u) || (pw != NULL && st.st_uid != pw->pw_uid) ||
	    (pw == NULL && t->ours && geteuid() == 0))
		t->found = SETUP_OTHER;
	else
		t->found = SETUP_SAME;
	t->was_there = t->found != SETUP_NOTHING;
	t->blocked = t->found == SETUP_FOREIGN;
	if (t->blocked)
		t->note = "it is no folder";
}

static bool
make_folders(struct setup *s, const char *at, mode_t mode)
{
	if (access(at, F_OK) == 0)
		return true;
	return make_folders(s, dirname(arena_strdup(s->arena, at)), 0755) && mkdir(at, mode) == 0;
}

static enum err
folder_carry_out(struct setup *s, struct setup_step *t)
{
	const char *at = setup_at(s, t->path);
	const struct passwd *pw = owner(s, t);

	if (!make_folders(s, at, t->mode) || chmod(at, t->mode) != 0 ||
	    (pw != NULL && chown(at, pw->pw_uid, pw->pw_gid) != 0))
		return fail_at(s, "make", at);
	return OK;
}

static enum err
folder_undo(struct setup *s, struct setup_step *t)
{
	const char *at = setup_at(s, t->path);

	if (rmdir(at) == 0 || errno == ENOENT)
		return OK;
	if (errno != ENOTEMPTY && errno != EEXIST && errno != EBUSY)
		return fail_at(s, "remove", at);
	t->state = SETUP_KEPT;
	t->note = "it is not empty";
	return OK;
}

static enum err
folder_put_back(struct setup *s, struct setup_step *t)
{
	return t->was_there ? OK : folder_undo(s, t);
}

/* ---- links ---- */

static void
link_look(struct setup *s, struct setup_step *t)
{
	const char *at = setup_at(s, t->path);
	struct stat st;
	char to[PATH_MAX];
	ssize_t n = readlink(at, to, sizeof(to) - 1);

	to[n > 0 ? n : 0] = '\0';
	if (lstat(at, &st) != 0)
		t->found = SETUP_NOTHING;
	else if (n > 0 && strcmp(basename(to), basename(arena_strdup(s->arena, t->to))) == 0)
		t->found = SETUP_SAME;		/* however its path is written */
	else {
		t->found = SETUP_FOREIGN;
		t->blocked = true;
		t->note = "it is something else, or leads elsewhere";
	}
}

static enum err
link_carry_out(struct setup *s, struct setup_step *t)
{
	const char *at = setup_at(s, t->path);

	if (!make_folders(s, dirname(arena_strdup(s->arena, at)), 0755) || symlink(t->to, at) != 0)
		return fail_at(s, "make", at);
	return OK;
}

static enum err
link_undo(struct setup *s, struct setup_step *t)
{
	const char *at = setup_at(s, t->path);

	return unlink(at) == 0 || errno == ENOENT ? OK : fail_at(s, "remove", at);
}

/* ---- database and key ---- */

static void
data_look(struct setup *s, struct setup_step *t)
{
	bool both = access(s->cfg.db_path, F_OK) == 0 && access(s->cfg.noise_key_path, F_OK) == 0;

	t->found = both ? SETUP_SAME : SETUP_NOTHING;
}

/* In a process of its own, which ends as the user that will serve. */
static void
make_data(void *arg)
{
	const struct setup *s = arg;
	const struct passwd *pw = geteuid() == 0 && s->server != SETUP_CGI ? getpwnam(SETUP_USER) : NULL;
	struct key32 key;
	struct buf why;
	struct db *db;

	if (pw != NULL && (setgid(pw->pw_gid) != 0 || initgroups(SETUP_USER, pw->pw_gid) != 0 ||
	    setuid(pw->pw_uid) != 0)) {
		printf("cannot become " SETUP_USER ": %s\n", strerror(errno));
		return;
	}
	(void)umask(077);
	buf_init(&why, ERRORS_MAX);
	if (db_open(&s->cfg, DB_SERVE, &db, &why) != OK) {
		printf("%.*s\n", (int)why.n, (const char *)why.p);
		return;
	}
	db_close(db);
	if (key_file_load_or_make(s->cfg.noise_key_path, &key) != OK) {
		printf("%s: %s\n", s->cfg.noise_key_path, strerror(errno));
		return;
	}
	key_wipe(&key);
	_exit(0);
}

static enum err
data_carry_out(struct setup *s, struct setup_step *t)
{
	const char *out;

	(void)t;
	if (!setup_process(s, make_data, s, &out))
		return cli_fail(s->c, ERR_INTERNAL, "cannot make the database: %s", out);
	return OK;
}

/* ---- commands ---- */

/* Does a step have something to do that this command is for? */
static bool
is_needed(const struct setup *s, const struct setup_step *t)
{
	for (const struct setup_step *o = s->steps; o < t; o++)
		if ((o->state == SETUP_TO_DO && !o->offer) &&
		    ((t->after_web && o->web) || (t->after_ini && o->kind == SETUP_INI)))
			return true;
	return false;
}

/* `headrace serve` need not be systemd's: somebody who answers is as good. */
static bool
already_runs(struct setup *s, const struct setup_step *t)
{
	const char *out;

	if (t->probe != NULL)
		return setup_command(s, t->probe, &out);
	s->c->cfg = &s->cfg;
	return health_look(s->c, HEALTH_WEB).why == NULL;
}

static void
command_look(struct setup *s, struct setup_step *t)
{
	bool needed = is_needed(s, t);

	if (!needed && !t->after_web && !s->undo)
		needed = !already_runs(s, t);
	if (s->undo && t->undo_argv != NULL && t->probe != NULL)
		needed = already_runs(s, t);
	t->found = needed == !s->undo ? SETUP_NOTHING : SETUP_SAME;
}

static enum err
command_carry_out(struct setup *s, struct setup_step *t)
{
	return must_run(s, t->argv);
}

static enum err
command_undo(struct setup *s, struct setup_step *t)
{
	return must_run(s, t->undo_argv);
}

static const struct setup_kind_row account_kind = { account_look, account_carry_out, nothing, nothing };
static const struct setup_kind_row folder_kind = { folder_look, folder_carry_out, folder_undo, folder_put_back };
static const struct setup_kind_row link_kind = { link_look, link_carry_out, link_undo, NULL };
static const struct setup_kind_row data_kind = { data_look, data_carry_out, nothing, nothing };
static const struct setup_kind_row command_kind = { command_look, command_carry_out, command_undo, nothing };

const struct setup_kind_row *const setup_kinds[SETUP_KINDS] = {
	[SETUP_ACCOUNT] = &account_kind,
	[SETUP_FOLDER] = &folder_kind,
	[SETUP_FILE] = &setup_file_kind,
	[SETUP_INI] = &setup_ini_kind,
	[SETUP_LINK] = &link_kind,
	[SETUP_LINE] = &setup_line_kind,
	[SETUP_DATA] = &data_kind,
	[SETUP_COMMAND] = &command_kind,
};
