/*
 * lib/store/open.c -- from a path to a connection with the right schema.
 *
 * What can be wrong with a path is looked at before SQLite says "unable to open
 * database file".  Pages are read through mmap and hardly cached per connection:
 * with several writers SQLite drops a connection's cache at every commit of
 * another, while mapped pages are shared by all processes.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/store/db_impl.h"
#include "lib/store/migrate.h"

/* Says what is wrong with the folder, before SQLite says "unable to open". */
static enum err
folder_check(struct db *db)
{
	struct stat st;

	if (stat(db->dir, &st) != 0)
		return db_error(db, ERR_STORAGE, "database %s: folder %s: %s; make the "
		    "folder or set database.path", db->path, db->dir, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return db_error(db, ERR_STORAGE, "database %s: %s is not a folder; set "
		    "database.path", db->path, db->dir);
	if (access(db->dir, W_OK | X_OK) != 0)
		return db_error(db, ERR_STORAGE, "database %s: user %ld cannot write to "
		    "folder %s (%s); SQLite keeps two more files beside the database",
		    db->path, (long)geteuid(), db->dir, strerror(errno));
	return OK;
}

/* Makes the file if there is none, so that its mode is ours and not SQLite's 0644. */
static enum err
file_check(struct db *db, enum db_mode mode)
{
	int fd;

	if (access(db->path, F_OK) == 0)
		return OK;
	if (mode == DB_USE)
		return db_error(db, ERR_STORAGE, "database %s: %s; `headrace serve` makes "
		    "it, or set database.path", db->path, strerror(errno));
	fd = open(db->path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0 && errno != EEXIST)
		return db_error(db, ERR_STORAGE, "database %s: cannot make it: %s",
		    db->path, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return OK;
}

/*
 * Waits in short steps: SQLite's own handler soon sleeps 25 ms and more, many
 * times what a transaction takes.
 */
static int
on_busy(void *arg, int times)
{
	struct db *db = arg;
	int64_t now = clock_mono_ms();

	if (times == 0)
		db->busy_since_ms = now;
	else if (now - db->busy_since_ms >= db->busy_ms)
		return 0;
	(void)usleep(times < 10 ? 100u : times < 50 ? 500u : 2000u);
	return 1;
}

/*
 * TRUSTED_SCHEMA stays on: with it off SQLite 3.40 refuses json_valid() in a
 * CHECK.  We define no functions that a forged schema could call.
 */
static enum err
handle_open(struct db *db)
{
	int rc = sqlite3_open_v2(db->path, &db->h, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);

	if (db->h == NULL)
		fatal("out of memory");
	if (rc != SQLITE_OK)
		return db_fail(db, rc, NULL);
	(void)sqlite3_busy_handler(db->h, on_busy, db);
	(void)sqlite3_db_config(db->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(db->h, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	if (sqlite3_db_readonly(db->h, "main") == 1)
		return db_error(db, ERR_STORAGE, "database %s: user %ld cannot write to "
		    "the file; check its owner and mode", db->path, (long)geteuid());
	return OK;
}

/* The first column of the pragma's first row, in 'out'. */
static enum err
pragma_text(struct db *db, const char *sql, char *out, size_t size)
{
	sqlite3_stmt *p = NULL;
	int rc = sqlite3_prepare_v2(db->h, sql, -1, &p, NULL);

	out[0] = '\0';
	if (rc == SQLITE_OK && (rc = sqlite3_step(p)) == SQLITE_ROW)
		(void)snprintf(out, size, "%s", (const char *)sqlite3_column_text(p, 0));
	sqlite3_finalize(p);
	return rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE ? OK :
	    db_fail(db, rc, NULL);
}

/*
 * The change to WAL needs the file for itself and asks no busy handler, so two
 * programs that start together on a new file both have to try again.
 */
static enum err
wal_on(struct db *db)
{
	int64_t until = clock_mono_ms() + db->busy_ms;
	char mode[16];
	enum err e;

	for (;;) {
		e = pragma_text(db, "PRAGMA journal_mode = WAL", mode, sizeof(mode));
		if (e == OK && strcmp(mode, "wal") == 0)
			return OK;
		if (e != ERR_BUSY || clock_mono_ms() >= until)
			break;
		(void)usleep(2000);
	}
	if (e != OK)
		return e;
	return db_error(db, ERR_INTERNAL, "database %s: SQLite cannot use a write-ahead "
	    "log here; folder %s must be on a local file system", db->path, db->dir);
}

static enum err
pragmas(struct db *db, enum durability sync)
{
	static const char common[] =
		"PRAGMA cache_size = -4000;"		/* KiB */
		"PRAGMA temp_store = MEMORY;"
		"PRAGMA wal_autocheckpoint = 4000;"	/* pages: an fsync per 16 MiB */
		"PRAGMA journal_size_limit = 16777216;"	/* what stays of the WAL */
		"PRAGMA foreign_keys = ON;";
	enum err e = db_exec(db, common, "settings");

	if (e != OK)
		return e;
	return db_exec(db, sync == SYNC_FULL ? "PRAGMA synchronous = FULL" :
	    "PRAGMA synchronous = NORMAL", "settings");
}

static enum err
open_file(struct db *db, enum db_mode mode)
{
	enum err e;

	if ((e = folder_check(db)) != OK || (e = file_check(db, mode)) != OK ||
	    (e = handle_open(db)) != OK || (e = wal_on(db)) != OK)
		return e;
	return mode == DB_SERVE ?
	    migrate_apply(db, store_migrations, store_migrations_n) :
	    migrate_check(db, store_migrations, store_migrations_n);
}

static enum err
open_memory(struct db *db)
{
	enum err e = handle_open(db);

	return e != OK ? e : migrate_apply(db, store_migrations, store_migrations_n);
}

static struct db *
db_new(const char *path)
{
	struct db *db = xcalloc(1, sizeof(*db));
	char *copy = xstrdup(path);

	db->path = xstrdup(path);
	db->dir = xstrdup(dirname(copy));
	db->busy_ms = DB_BUSY_MS;
	free(copy);
	return db;
}

enum err
db_open(const struct config *cfg, enum db_mode mode, struct db **out, struct buf *why)
{
	struct db *db = db_new(mode == DB_MEMORY ? ":memory:" : cfg->db_path);
	enum err e = mode == DB_MEMORY ? open_memory(db) : open_file(db, mode);

	*out = NULL;
	if (e == OK)
		e = pragmas(db, cfg != NULL ? cfg->sync : SYNC_NORMAL);
	if (e != OK) {
		buf_str(why, db->errmsg);
		db_close(db);
		return e;
	}
	*out = db;
	return OK;
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	db_rollback(db);
	stmts_close(db);
	(void)sqlite3_close_v2(db->h);
	free(db->path);
	free(db->dir);
	free(db);
}
