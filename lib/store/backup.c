/*
 * lib/store/backup.c -- a copy of the whole tailnet in one file, and back.
 *
 * One read transaction lasts for the whole copy: in WAL mode it stops no writer, and no
 * writer can make SQLite begin anew.  The copy gets its name only when it is on the disk.
 */
#include "lib/store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/store/db_impl.h"
#include "lib/store/migrate.h"

#define STEP_PAGES 1024		/* 4 MiB between two calls of progress */

/* ---- from one connection into another ---- */

static int
copy_pages(sqlite3 *to, sqlite3 *from, backup_progress_fn *progress, void *arg)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
	int rc;

	if (b == NULL)
		return sqlite3_extended_errcode(to);
	while ((rc = sqlite3_backup_step(b, STEP_PAGES)) == SQLITE_OK)
		if (progress != NULL)
			progress(arg, sqlite3_backup_pagecount(b) - sqlite3_backup_remaining(b),
			    sqlite3_backup_pagecount(b));
	(void)sqlite3_backup_finish(b);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int
put_file(sqlite3 *h, const struct backup_file *f)
{
	sqlite3_stmt *p = NULL;
	int rc = sqlite3_prepare_v2(h, "INSERT INTO backup_files (name, content) VALUES (?1, ?2)",
	    -1, &p, NULL);

	if (rc != SQLITE_OK)
		return rc;
	(void)sqlite3_bind_text(p, 1, f->name, -1, SQLITE_STATIC);
	(void)sqlite3_bind_blob64(p, 2, f->content.p, f->content.n, SQLITE_STATIC);
	rc = sqlite3_step(p);
	sqlite3_finalize(p);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/*
 * A single file without a log beside it, so that it can be moved and read anywhere.  The table
 * is there already if somebody has put a copy in place without `headrace restore`.
 */
static int
finish_copy(sqlite3 *h, const struct backup_file *files, size_t n)
{
	int rc = sqlite3_exec(h, "PRAGMA journal_mode = DELETE;"
	    "DROP TABLE IF EXISTS backup_files;"
	    "CREATE TABLE backup_files (name TEXT PRIMARY KEY, content BLOB NOT NULL) STRICT;",
	    NULL, NULL, NULL);

	for (size_t i = 0; rc == SQLITE_OK && i < n; i++)
		rc = put_file(h, &files[i]);
	return rc;
}

static enum err
write_copy(struct db *db, const char *part, const struct backup_file *files, size_t n,
    backup_progress_fn *progress, void *arg)
{
	sqlite3 *to = NULL;
	enum err e = OK;
	int rc = sqlite3_open_v2(part, &to, SQLITE_OPEN_READWRITE, NULL);

	if (rc == SQLITE_OK)
		rc = copy_pages(to, db->h, progress, arg);
	if (rc == SQLITE_OK)
		rc = finish_copy(to, files, n);
	if (rc != SQLITE_OK)
		e = db_error(db, ERR_INTERNAL, "cannot write the copy %s: %s", part,
		    sqlite3_errmsg(to));
	(void)sqlite3_close(to);
	return e;
}

/* A file of ours that nobody writes, and that nobody has renamed while we asked. */
static bool
is_ours_alone(int fd, const char *part)
{
	struct stat st, named;

	return flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 &&
	    lstat(part, &named) == 0 && st.st_ino == named.st_ino && st.st_dev == named.st_dev &&
	    S_ISREG(st.st_mode) && st.st_nlink == 1 && st.st_uid == geteuid();
}

/*
 * The file in which the copy grows.  One that a killed backup has left is taken over; its
 * lock, which goes with a process, tells it from one that is being written.
 */
static int
open_part(const char *part)
{
	int fd = open(part, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -1;
	if (is_ours_alone(fd, part) && fchmod(fd, 0600) == 0 && ftruncate(fd, 0) == 0)
		return fd;
	(void)close(fd);
	errno = EEXIST;
	return -1;
}

enum err
backup_write(struct db *db, const char *to, bool replace, const struct backup_file *files,
    size_t n_files, backup_progress_fn *progress, void *arg)
{
	struct arena *a = arena_new();
	const char *part = arena_printf(a, "%s.part", to);
	int fd = open_part(part);
	enum err e;

	if (fd < 0) {
		e = db_error(db, errno == EEXIST ? ERR_CONFLICT : ERR_INTERNAL,
		    "cannot make %s: %s", part, errno == EEXIST ? "it is there already, and "
		    "another backup writes it, or it is somebody else's" : strerror(errno));
		arena_free(a);
		return e;
	}
	if ((e = db_begin_read(db)) == OK)
		e = write_copy(db, part, files, n_files, progress, arg);
	db_rollback(db);
	if (e == OK && (fsync(fd) != 0 || backup_name(a, part, to, replace) != 0))
		e = db_error(db, errno == EEXIST ? ERR_CONFLICT : ERR_INTERNAL,
		    "cannot write the copy %s: %s", to, strerror(errno));
	if (e != OK)
		(void)unlink(part);
	(void)close(fd);
	arena_free(a);
	return e;
}

/* ---- back ---- */

static enum err
say(struct arena *a, enum err e, const char **why, const char *what, sqlite3 *h)
{
	*why = arena_printf(a, "%s: %s", what, sqlite3_errmsg(h));
	return e;
}

static int64_t
number(sqlite3 *h, const char *sql)
{
	sqlite3_stmt *p = NULL;
	int64_t n = -1;

	if (sqlite3_prepare_v2(h, sql, -1, &p, NULL) == SQLITE_OK &&
	    sqlite3_step(p) == SQLITE_ROW)
		n = sqlite3_column_int64(p, 0);
	sqlite3_finalize(p);
	return n;
}

/* Every page, every index entry: this is the moment to find out. */
static bool
is_sound(sqlite3 *h)
{
	sqlite3_stmt *p = NULL;
	bool ok = false;

	if (sqlite3_prepare_v2(h, "PRAGMA integrity_check(1)", -1, &p, NULL) == SQLITE_OK &&
	    sqlite3_step(p) == SQLITE_ROW)
		ok = strcmp((const char *)sqlite3_column_text(p, 0), "ok") == 0;
	sqlite3_finalize(p);
	return ok;
}

static enum err
look_over(struct arena *a, const char *from, sqlite3 *h, struct backup_info *out,
    const char **why)
{
	int64_t newest = store_migrations[store_migrations_n - 1].version;

	if (!is_sound(h)) {
		*why = arena_printf(a, "%s is damaged, or no database at all", from);
		return ERR_INTERNAL;
	}
	out->version = number(h, "SELECT max(version) FROM schema_migrations");
	out->nodes = number(h, "SELECT count(*) FROM nodes");
	out->users = number(h, "SELECT count(*) FROM users");
	if (out->version < 1 || out->nodes < 0 || out->users < 0) {
		*why = arena_printf(a, "%s is no database of headrace", from);
		return ERR_CONFLICT;
	}
	if (out->version > newest) {
		*why = arena_printf(a, "%s was made by a newer headrace (schema %lld, this "
		    "program knows %lld); install that version or newer", from,
		    (long long)out->version, (long long)newest);
		return ERR_CONFLICT;
	}
	return OK;
}

static void
take_key(struct arena *a, sqlite3 *h, struct backup_file *out)
{
	sqlite3_stmt *p = NULL;
	int n;

	*out = (struct backup_file){ .name = BACKUP_KEY };
	if (sqlite3_prepare_v2(h, "SELECT content FROM backup_files WHERE name = '" BACKUP_KEY "'",
	    -1, &p, NULL) == SQLITE_OK && sqlite3_step(p) == SQLITE_ROW &&
	    (n = sqlite3_column_bytes(p, 0)) <= BACKUP_FILE_MAX) {
		out->content.p = arena_strndup(a, sqlite3_column_blob(p, 0), (size_t)n);
		out->content.n = (size_t)n;
	}
	sqlite3_finalize(p);
}

/* The copy in 'to' is ours now: without what the database does not hold. */
static enum err
extract(struct arena *a, const char *from, sqlite3 *src, sqlite3 *dst,
    struct backup_info *out, const char **why)
{
	enum err e;

	if (copy_pages(dst, src, NULL, NULL) != SQLITE_OK)
		return say(a, ERR_INTERNAL, why, from, dst);
	if ((e = look_over(a, from, dst, out, why)) != OK)
		return e;
	take_key(a, dst, &out->key);
	if (sqlite3_exec(dst, "PRAGMA journal_mode = DELETE; PRAGMA secure_delete = ON;"
	    "DROP TABLE IF EXISTS backup_files;", NULL, NULL, NULL) != SQLITE_OK)
		return say(a, ERR_INTERNAL, why, from, dst);
	return OK;
}

enum err
backup_extract(struct arena *a, const char *from, const char *to, struct backup_info *out,
    const char **why)
{
	int fd = open(to, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	sqlite3 *src = NULL, *dst = NULL;
	enum err e;

	*out = (struct backup_info){ 0 };
	if (fd < 0) {
		*why = arena_printf(a, "cannot make %s: %s", to, strerror(errno));
		return ERR_INTERNAL;
	}
	if (sqlite3_open_v2(from, &src, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
		e = say(a, ERR_NOTFOUND, why, from, src);
	else if (sqlite3_open_v2(to, &dst, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		e = say(a, ERR_INTERNAL, why, to, dst);
	else
		e = extract(a, from, src, dst, out, why);
	(void)sqlite3_close(src);
	(void)sqlite3_close(dst);
	if (e == OK && fsync(fd) != 0) {
		*why = arena_printf(a, "%s: %s", to, strerror(errno));
		e = ERR_INTERNAL;
	}
	(void)close(fd);
	if (e != OK)
		(void)unlink(to);
	return e;
}

/*
 * In exclusive mode SQLite wants the file for itself even to read it, and closing
 * then writes the log back and removes it.
 */
enum err
backup_settle(struct arena *a, const char *path, const char **why)
{
	sqlite3 *h = NULL;
	enum err e = OK;
	int rc;

	if (access(path, F_OK) != 0)
		return OK;
	rc = sqlite3_open_v2(path, &h, SQLITE_OPEN_READWRITE, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(h, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT;"
		    "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;",
		    NULL, NULL, NULL);
	if (rc == SQLITE_BUSY)
		e = say(a, ERR_BUSY, why, path, h);
	else if (rc != SQLITE_OK && rc != SQLITE_NOTADB && rc != SQLITE_CORRUPT)
		e = say(a, ERR_INTERNAL, why, path, h);
	(void)sqlite3_close(h);
	return e;
}
