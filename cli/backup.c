/*
 * cli/backup.c -- headrace backup, restore, db: the file that everything is in.
 *
 * These work on this machine's files and are no requests: what they are for is the
 * time when there is no server, or not the right one.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/store/backup.h"

static bool
is_same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
	    x.st_ino == y.st_ino;
}

/* ---- backup ---- */

static void
show_progress(void *arg, int done, int of)
{
	const struct cli *c = arg;

	if (c->mode == OUT_TEXT && of > 0 && isatty(STDERR_FILENO))
		fprintf(stderr, "\r%d %% of %d MiB ", (int)(100LL * done / of),
		    (int)((4096LL * of) >> 20));
}

static void
end_progress(const struct cli *c)
{
	if (c->mode == OUT_TEXT && isatty(STDERR_FILENO))
		fprintf(stderr, "\r%24s\r", "");
}

/* A server that has not been started yet has no key; then the copy has none. */
static enum err
read_key(struct cli *c, struct backup_file *key)
{
	const char *path = c->cfg->noise_key_path, *why;

	*key = (struct backup_file){ .name = BACKUP_KEY };
	if (access(path, F_OK) != 0)
		return OK;
	if ((why = file_read(c->arena, path, BACKUP_FILE_MAX, &key->content)) != NULL)
		return cli_fail(c, ERR_INTERNAL, "the server's key %s: %s", path, why);
	return OK;
}

/* With --force an older copy goes only once the new one is whole. */
static enum err
write_backup(struct cli *c, const char *to, const struct backup_file *key)
{
	bool force = cli_has(c, "force");
	enum err e;

	if (is_same_file(to, c->cfg->db_path) || is_same_file(to, c->cfg->noise_key_path))
		return cli_fail(c, ERR_CONFLICT, "%s is what a backup is made of; choose another "
		    "name", to);
	if (!force && access(to, F_OK) == 0)
		return cli_fail(c, ERR_CONFLICT, "%s is there already; choose another name, or "
		    "add --force to replace it", to);
	e = backup_write(c->db, to, force, key, key->content.p != NULL, show_progress, c);
	end_progress(c);
	return e == OK ? OK : cli_fail(c, e, "%s", db_errmsg(c->db));
}

static jv *
backup_answer(struct cli *c, const char *file, const char *key_member, bool key)
{
	struct body b;

	cli_body_begin(&b);
	jw_kstr(&b.w, "file", file);
	jw_kbool(&b.w, key_member, key);
	return json_parse(c->arena, str_of(cli_body_end(c, &b)), JSON_DEPTH_DEFAULT, NULL);
}

static enum err
backup(struct cli *c)
{
	const char *to = c->args[0];
	struct backup_file key;
	enum err e;

	if ((e = cli_local_only(c)) != OK || (e = cli_config(c)) != OK)
		return e;
	if (access(c->cfg->db_path, F_OK) != 0)
		return cli_fail(c, ERR_NOTFOUND, "there is no database %s; nothing to copy",
		    c->cfg->db_path);
	if ((e = cli_database(c)) != OK || (e = read_key(c, &key)) != OK ||
	    (e = write_backup(c, to, &key)) != OK)
		return e;
	cli_done(c, backup_answer(c, to, "key", key.content.p != NULL), "%s%s", to,
	    key.content.p != NULL ? " (with the server's private key: keep it as you keep that)" :
	    "");
	return OK;
}

const struct cli_cmd cli_backup = {
	"backup", "", "FILE", "copy the whole tailnet into one file, while everything runs\n"
	    "The copy is an SQLite database of its own and holds the server's private key, too;\n"
	    "`headrace restore FILE` brings both back.  --force replaces an older copy.", 1, 1, NULL, backup,
};

/* ---- restore ---- */

/* To the millisecond, so that no two are the same. */
static const char *
kept_name(struct cli *c, const char *path)
{
	int64_t ms = clock_wall_ms();
	time_t now = (time_t)(ms / 1000);
	struct tm tm;
	char when[32];

	(void)strftime(when, sizeof(when), "%Y-%m-%dT%H%M%S", gmtime_r(&now, &tm));
	return arena_printf(c->arena, "%s.before-restore-%s.%03dZ", path, when, (int)(ms % 1000));
}

/* What is there now keeps its content under another name. */
static enum err
put_in_place(struct cli *c, const char *from, const char *path)
{
	const char *kept = kept_name(c, path), *why;
	bool had;
	enum err e = backup_place(c->arena, from, path, kept, &had, &why);

	if (e != OK)
		return cli_fail(c, e, "%s", why);
	if (had && c->mode == OUT_TEXT)
		fprintf(stderr, "headrace: what was there is kept as %s\n", kept);
	return OK;
}

static enum err
write_key_file(struct cli *c, const char *path, struct str key)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && write(fd, key.p, key.n) == (ssize_t)key.n && fsync(fd) == 0;
	enum err e = ok ? OK : cli_fail(c, ERR_INTERNAL, "%s: %s", path, strerror(errno));

	if (fd >= 0)
		(void)close(fd);
	return e;
}

/* Without its key the devices would not know the server any more. */
static enum err
restore_key(struct cli *c, const struct backup_info *info)
{
	const char *path = c->cfg->noise_key_path;
	const char *fresh = arena_printf(c->arena, "%s.restoring", path);
	struct str now;
	enum err e;

	if (info->key.content.p == NULL)
		return OK;
	if (file_read(c->arena, path, BACKUP_FILE_MAX, &now) == NULL &&
	    str_eq(now, info->key.content))
		return OK;
	if ((e = write_key_file(c, fresh, info->key.content)) != OK ||
	    (e = put_in_place(c, fresh, path)) != OK)
		return e;
	cli_give_to_owner(path, dirname(arena_strdup(c->arena, path)));
	return OK;
}

/* Nobody may have the database open: a running server would go on with the old one. */
static enum err
must_be_free(struct cli *c)
{
	const char *why;
	enum err e = backup_settle(c->arena, c->cfg->db_path, &why);

	if (e == ERR_BUSY)
		return cli_fail(c, e, "a program has %s open; stop headrace first (systemctl stop "
		    "headrace, or whatever runs `headrace serve`; fuser -v shows who it is)",
		    c->cfg->db_path);
	return e == OK ? OK : cli_fail(c, e, "%s", why);
}

static enum err
restore_files(struct cli *c, const char *fresh, struct backup_info *info)
{
	const char *path = c->cfg->db_path, *why;
	enum err e = backup_extract(c->arena, c->args[0], fresh, info, &why);

	if (e != OK)
		return cli_fail(c, e, "%s", why);
	e = cli_confirm(c, "This puts %s (%lld users, %lld nodes) in the place of %s.",
	    c->args[0], (long long)info->users, (long long)info->nodes, path);
	if (e == OK)
		e = must_be_free(c);
	if (e == OK)
		e = restore_key(c, info);
	if (e == OK)
		e = put_in_place(c, fresh, path);
	if (e != OK)
		(void)unlink(fresh);
	return e;
}

static enum err
restore(struct cli *c)
{
	const char *folder, *fresh;
	struct backup_info info;
	enum err e;

	if ((e = cli_local_only(c)) != OK || (e = cli_config(c)) != OK)
		return e;
	folder = dirname(arena_strdup(c->arena, c->cfg->db_path));
	fresh = arena_printf(c->arena, "%s.restoring", c->cfg->db_path);
	if ((e = cli_make_folder(c, folder)) != OK)
		return e;
	if (is_same_file(c->args[0], fresh))
		return cli_fail(c, ERR_CONFLICT, "%s is from a restore that was interrupted; give "
		    "the copy itself, or rename this file", fresh);
	(void)unlink(fresh);
	if ((e = restore_files(c, fresh, &info)) != OK)
		return e;
	cli_give_to_owner(c->cfg->db_path, folder);
	cli_done(c, backup_answer(c, c->cfg->db_path, "key", info.key.content.p != NULL),
	    "%s is as the copy has it%s; start headrace again", c->cfg->db_path,
	    info.key.content.p != NULL ? ", and so is the server's key" : "");
	return OK;
}

const struct cli_cmd cli_restore = {
	"restore", "", "FILE", "put a copy made by `headrace backup` in place\n"
	    "headrace must not run.  What is there now is kept beside it.  A copy of an older\n"
	    "version is brought up to date when headrace starts.", 1, 1, NULL, restore,
};

/* ---- db ---- */

static enum err
db_findings(struct cli *c, struct buf *why)
{
	enum err e = db_check_all(c->db, why), f = backup_schema_check(c->db, why);

	return e != OK ? e : f;
}

static enum err
check(struct cli *c)
{
	struct buf why;
	enum err e;

	if ((e = cli_local_only(c)) != OK || (e = cli_config(c)) != OK)
		return e;
	if (access(c->cfg->db_path, F_OK) != 0)
		return cli_fail(c, ERR_NOTFOUND, "there is no database %s", c->cfg->db_path);
	if ((e = cli_database(c)) != OK)
		return e;
	buf_init(&why, 1024 * 1024);
	if ((e = db_findings(c, &why)) != OK)
		return cli_fail_with(c, e, &why);
	buf_fini(&why);
	cli_done(c, json_parse(c->arena, STR("{\"sound\":true}"), JSON_DEPTH_DEFAULT, NULL),
	    "%s is sound: pages, indices, references, schema", c->cfg->db_path);
	return OK;
}

static const struct cli_cmd db_cmds[] = {
	{ "check", "", "", "look over the whole database: pages, indices, references, schema\n"
	    "Tables, indices and triggers are compared with those that this version makes.",
	    0, 0, NULL, check },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL, NULL },
};

const struct cli_group cli_db = { "db", "database", "the database file", db_cmds };
