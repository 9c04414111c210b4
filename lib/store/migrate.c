/*
 * lib/store/migrate.c -- schema_migrations; no other file's SQL touches it.
 *
 * The version is read again under the write lock: whoever comes second finds the
 * work done.  All steps are one transaction, so a file is never left in between.
 * Foreign keys are still off here, as SQLite's way of rebuilding a table needs it.
 * Tables that are not ours are neither looked at nor changed.
 */
#include "lib/store/migrate.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/model/model.h"
#include "lib/store/db_impl.h"

#define SUM_SIZE 17

/* What the file has: the highest version, -1 for none, and how many tables. */
struct state {
	int64_t version;
	int64_t tables;
};

/*
 * A checksum (FNV-1a) of the text without comments and blanks, so that a better
 * comment is not another schema.  It finds mistakes, not malice.
 */
static void
sum(const char *sql, char out[static SUM_SIZE])
{
	uint64_t h = 0xcbf29ce484222325u;

	for (const char *p = sql; *p != '\0'; p++) {
		if (p[0] == '-' && p[1] == '-') {
			p += strcspn(p, "\n");
			if (*p == '\0')
				break;
		}
		if (strchr(" \t\n", *p) == NULL)
			h = (h ^ (uint8_t)*p) * 0x100000001b3u;
	}
	(void)snprintf(out, SUM_SIZE, "%016" PRIx64, h);
}

/* One number from SQL that cannot be a db_stmt(): the schema is still moving. */
static enum err
one_number(struct db *db, const char *sql, int64_t *out)
{
	sqlite3_stmt *p = NULL;
	int rc = sqlite3_prepare_v2(db->h, sql, -1, &p, NULL);

	if (rc == SQLITE_OK && (rc = sqlite3_step(p)) == SQLITE_ROW)
		*out = sqlite3_column_int64(p, 0);
	sqlite3_finalize(p);
	return rc == SQLITE_ROW ? OK : db_fail(db, rc, "schema_migrations");
}

static enum err
state_read(struct db *db, struct state *st)
{
	int64_t have;
	enum err e;

	st->version = -1;
	if ((e = one_number(db, "SELECT count(*) FROM sqlite_schema "
	    "WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
	    &st->tables)) != OK ||
	    (e = one_number(db, "SELECT count(*) FROM sqlite_schema "
	    "WHERE type = 'table' AND name = 'schema_migrations'", &have)) != OK)
		return e;
	if (have == 0)
		return OK;
	return one_number(db, "SELECT max(version) FROM schema_migrations", &st->version);
}

/* Were the migrations that the file has made by the same text? */
static enum err
sums_check(struct db *db, const struct migration *v, size_t n)
{
	sqlite3_stmt *p = NULL;
	char want[SUM_SIZE];
	enum err e = OK;
	int rc = sqlite3_prepare_v2(db->h,
	    "SELECT checksum FROM schema_migrations WHERE version = ?1", -1, &p, NULL);

	for (size_t i = 0; i < n && e == OK && rc == SQLITE_OK; i++) {
		const char *have;

		(void)sqlite3_bind_int(p, 1, v[i].version);
		have = sqlite3_step(p) == SQLITE_ROW ?
		    (const char *)sqlite3_column_text(p, 0) : NULL;
		sum(v[i].sql, want);
		if (have != NULL && strcmp(have, want) != 0)
			e = db_error(db, ERR_CONFLICT, "database %s: its schema %s is not "
			    "the one of this program; it was made by an unreleased version: "
			    "use that program, or another file", db->path, v[i].name);
		rc = sqlite3_reset(p);
	}
	if (rc != SQLITE_OK)
		e = db_fail(db, rc, "schema_migrations");
	sqlite3_finalize(p);
	return e;
}

static enum err
newer(struct db *db, const struct state *st, const struct migration *last)
{
	return db_error(db, ERR_CONFLICT, "database %s was made by a newer headrace "
	    "(schema %" PRId64 ", this program knows %d); install that version or newer, "
	    "or put back a copy from before (%s.v*)", db->path, st->version,
	    last->version, db->path);
}

enum err
migrate_check(struct db *db, const struct migration *v, size_t n)
{
	struct state st;
	enum err e = state_read(db, &st);

	if (e != OK)
		return e;
	if (st.version > v[n - 1].version)
		return newer(db, &st, &v[n - 1]);
	if (st.version < v[n - 1].version)
		return db_error(db, ERR_CONFLICT, "database %s has schema %" PRId64
		    ", this program needs %d; `headrace serve` brings it up to date (and "
		    "keeps a copy)", db->path, st.version, v[n - 1].version);
	return sums_check(db, v, n);
}

/* ---- the copy ---- */

static enum err
copy_into(struct db *db, const char *to)
{
	sqlite3 *src = NULL;
	sqlite3_stmt *p = NULL;
	enum err e = OK;
	int rc = sqlite3_open_v2(db->path, &src, SQLITE_OPEN_READONLY, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(src, "VACUUM INTO ?1", -1, &p, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(p, 1, to, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(p);
	if (rc != SQLITE_DONE)
		e = db_error(db, ERR_INTERNAL, "database %s: cannot copy it to %s before "
		    "the change of its schema: %s; make room in folder %s", db->path, to,
		    sqlite3_errmsg(src), db->dir);
	sqlite3_finalize(p);
	(void)sqlite3_close(src);
	return e;
}

/* A name that says version and date, made by us so that its mode is 0600. */
static int
copy_name(struct db *db, int64_t version, char *out, size_t size)
{
	time_t now = (time_t)(clock_wall_ms() / 1000);
	struct tm tm;
	char when[32];
	int fd = -1;

	(void)strftime(when, sizeof(when), "%Y-%m-%dT%H%M%SZ", gmtime_r(&now, &tm));
	for (int i = 0; i < 100 && fd < 0; i++) {
		(void)snprintf(out, size, i ? "%s.v%04d-%s.%d" : "%s.v%04d-%s",
		    db->path, (int)(version > 0 ? version : 0), when, i);
		fd = open(out, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	return fd;
}

/*
 * Copies the file as it is under our write lock; a second connection reads it,
 * as VACUUM INTO does not run inside a transaction.
 */
static enum err
copy_keep(struct db *db, int64_t version)
{
	char to[4200];
	int fd = copy_name(db, version, to, sizeof(to));
	enum err e;

	if (fd < 0)
		return db_error(db, ERR_INTERNAL, "database %s: cannot make its copy %s "
		    "before the change of its schema: %s", db->path, to, strerror(errno));
	e = copy_into(db, to);
	if (e == OK && fsync(fd) != 0)
		e = db_error(db, ERR_INTERNAL, "database %s: copy %s: %s", db->path, to,
		    strerror(errno));
	(void)close(fd);
	if (e != OK)
		(void)unlink(to);
	return e;
}

/* ---- applying ---- */

static enum err
record(struct db *db, const struct migration *m)
{
	sqlite3_stmt *p = NULL;
	char text[SUM_SIZE];
	int rc = sqlite3_prepare_v2(db->h, "INSERT INTO schema_migrations "
	    "(version, name, checksum, applied_ms) VALUES (?1, ?2, ?3, ?4)", -1, &p, NULL);

	sum(m->sql, text);
	if (rc == SQLITE_OK) {
		(void)sqlite3_bind_int(p, 1, m->version);
		(void)sqlite3_bind_text(p, 2, m->name, -1, SQLITE_STATIC);
		(void)sqlite3_bind_text(p, 3, text, -1, SQLITE_STATIC);
		(void)sqlite3_bind_int64(p, 4, clock_wall_ms());
		rc = sqlite3_step(p);
	}
	sqlite3_finalize(p);
	return rc == SQLITE_DONE ? OK : db_fail(db, rc, m->name);
}

static enum err
apply(struct db *db, const struct migration *m)
{
	int rc = sqlite3_exec(db->h, m->sql, NULL, NULL, NULL);

	if (rc == SQLITE_ERROR)
		return db_error(db, ERR_CONFLICT, "database %s: schema %s cannot be made: "
		    "%s; it seems to belong to another program, or was changed by hand: set "
		    "database.path to a file of its own, or put back a copy", db->path, m->name, sqlite3_errmsg(db->h));
	return rc != SQLITE_OK ? db_fail(db, rc, m->name) : record(db, m);
}

/* A file that was just made has nothing that could be lost. */
static bool
worth_a_copy(const struct state *st)
{
	return st->tables > (st->version >= 0 ? 1 : 0);
}

/* All steps that the file lacks, under the write lock. */
static enum err
steps(struct db *db, const struct migration *v, size_t n)
{
	struct state st;
	enum err e = state_read(db, &st);

	if (e != OK || st.version == v[n - 1].version)
		return e;
	if (st.version > v[n - 1].version)
		return newer(db, &st, &v[n - 1]);
	if (worth_a_copy(&st) && (e = copy_keep(db, st.version)) != OK)
		return e;
	for (const struct migration *m = v; e == OK && m < v + n; m++)
		if (m->version > st.version)
			e = apply(db, m);
	return e;
}

enum err
migrate_apply(struct db *db, const struct migration *v, size_t n)
{
	enum err e;

	/* The usual start changes nothing, and need not wait for a lock. */
	if (migrate_check(db, v, n) == OK)
		return OK;
	if ((e = db_exec(db, "BEGIN IMMEDIATE", "schema")) != OK)
		return e;
	if ((e = steps(db, v, n)) == OK)
		e = db_exec(db, "COMMIT", "schema");
	if (e != OK && !sqlite3_get_autocommit(db->h))
		(void)sqlite3_exec(db->h, "ROLLBACK", NULL, NULL, NULL);
	return e != OK ? e : migrate_check(db, v, n);
}
