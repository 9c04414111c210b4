/*
 * lib/store/db.c -- transactions, health, and what to tell an administrator when
 * something fails.
 *
 * Which transaction is open is kept here rather than asked of SQLite: an error
 * such as a full disk may have rolled it back already, and the commit that
 * follows has to fail then.
 */
#include "lib/store/db.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/metrics/metrics.h"
#include "lib/store/db_impl.h"

#define CHECK_FINDINGS 5	/* db_check() reports so many, then stops */

enum err
db_error(struct db *db, enum err e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(db->errmsg, sizeof(db->errmsg), fmt, ap);
	va_end(ap);
	return e;
}

static enum err
constraint_err(int extended)
{
	switch (extended) {
	case SQLITE_CONSTRAINT_CHECK:
	case SQLITE_CONSTRAINT_NOTNULL:
	case SQLITE_CONSTRAINT_DATATYPE:
		return ERR_BADREQ;
	default:		/* UNIQUE, a primary key, a reference, RAISE() */
		return ERR_CONFLICT;
	}
}

/* What an administrator can do about each result. */
static const struct advice { int rc; enum err err; const char *text; } advices[] = {
	{ SQLITE_FULL, ERR_STORAGE, "the disk is full; make room in its folder" },
	{ SQLITE_READONLY, ERR_STORAGE, "it is read-only; check owner and mode of the "
	    "file, of those beside it (-wal, -shm) and of the folder, and that the file "
	    "system is mounted for writing" },
	{ SQLITE_BUSY, ERR_BUSY, "another program holds its lock; look for a sqlite3 "
	    "shell with an open transaction or a backup (fuser -v shows who has it open)" },
	{ SQLITE_LOCKED, ERR_BUSY, "it is locked by this program itself" },
	{ SQLITE_CANTOPEN, ERR_STORAGE, "it cannot be opened; check that its folder "
	    "exists and that this user may read and write both" },
	{ SQLITE_PERM, ERR_STORAGE, "this user may not read and write it" },
	{ SQLITE_AUTH, ERR_STORAGE, "this user may not read and write it" },
	{ SQLITE_NOTADB, ERR_INTERNAL, "it is not an SQLite database; set database.path "
	    "to another file or put a copy of the database there" },
	{ SQLITE_CORRUPT, ERR_INTERNAL, "it is damaged; stop headrace and put back a "
	    "copy, or save what is left with the sqlite3 shell's .recover" },
	{ SQLITE_PROTOCOL, ERR_BUSY, "its lock changes hands too fast; try again" },
	{ SQLITE_IOERR, ERR_STORAGE, "the disk or its file system fails; dmesg may say more" },
	{ SQLITE_TOOBIG, ERR_TOOBIG, "a value is too long" },
};

static const struct advice *
advice_for(struct db *db, int rc)
{
	int why = sqlite3_system_errno(db->h);

	if ((rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN)
		rc = why == ENOSPC || why == EDQUOT ? SQLITE_FULL :
		    why == EROFS ? SQLITE_READONLY : rc;
	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
		if (advices[i].rc == (rc & 0xff))
			return &advices[i];
	return NULL;
}

enum err
db_fail(struct db *db, int rc, const char *what)
{
	const struct advice *ad = advice_for(db, rc);
	const char *sys = "", *sep = "";

	if ((rc & 0xff) == SQLITE_CONSTRAINT)
		return db_error(db, constraint_err(sqlite3_extended_errcode(db->h)),
		    "database %s: %s%s%s", db->path, what ? what : "", what ? ": " : "",
		    sqlite3_errmsg(db->h));
	if (((rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN) &&
	    sqlite3_system_errno(db->h) != 0) {
		sys = strerror(sqlite3_system_errno(db->h));
		sep = ": ";
	}
	return db_error(db, ad ? ad->err : ERR_INTERNAL, "database %s: %s%s%s%s%s%s%s",
	    db->path, what ? what : "", what ? ": " : "", sqlite3_errmsg(db->h),
	    sep, sys, ad ? ": " : "", ad ? ad->text : "");
}

const char *
db_errmsg(const struct db *db)
{
	return db->errmsg;
}

enum err
db_exec(struct db *db, const char *sql, const char *what)
{
	int rc = sqlite3_exec(db->h, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? OK : db_fail(db, rc, what);
}

void
db_set_busy(struct db *db, int ms)
{
	db->busy_ms = ms;
}

/* ---- transactions ---- */

static void
begun(struct db *db, enum db_txn txn)
{
	db->txn = txn;
	db->begun_ns = clock_mono_ns();
}

/* Whichever way it ends. */
static void
ended(struct db *db)
{
	metrics_observe(METRIC_DB_TXN_SECONDS, db->txn == TXN_READ ? METRICS_READ : METRICS_WRITE,
	    clock_mono_ns() - db->begun_ns);
	db->txn = TXN_NONE;
	db->actor_noted = false;
}

static const char q_begin[] = "BEGIN";

enum err
db_begin_read(struct db *db)
{
	enum err e;

	assert(db->txn == TXN_NONE);
	db->errmsg[0] = '\0';
	if ((e = stmt_run(db_stmt(db, q_begin))) != OK)
		return e;
	begun(db, TXN_READ);	/* stmt.c refuses to write now */
	return OK;
}

/* ---- who is at work ---- */

void
db_actor(struct db *db, const struct actor *who)
{
	db->actor = who;
}

static const char q_actor_write[] =
	"UPDATE audit_context SET kind = ?1, id = ?2, name = ?3, user = ?4, address = ?5,"
	" action = ?6 WHERE tailnet_id = " TAILNET;

static enum err
actor_write(struct db *db, const struct actor *who)
{
	struct stmt *s = db_stmt(db, q_actor_write);

	bind_text(s, 1, who->kind);
	bind_text(s, 2, who->id);
	bind_text(s, 3, who->name);
	bind_text(s, 4, who->user);
	bind_text(s, 5, who->address);
	bind_text(s, 6, who->action);
	return stmt_run(s);
}

enum err
db_actor_note(struct db *db, const struct actor *who)
{
	assert(db->txn == TXN_WRITE);
	db->actor_noted = true;
	return actor_write(db, who);
}

/* What others find between two transactions: what they do themselves is the shell's. */
static enum err
actor_forget(struct db *db)
{
	static const struct actor nobody = { "shell", "", "sqlite3 shell", "", "", "edit" };

	return db->actor_noted ? actor_write(db, &nobody) : OK;
}

static const char q_begin_immediate[] = "BEGIN IMMEDIATE";

/* Waits for the lock. */
static enum err
begin_immediate(struct db *db)
{
	int64_t asked_ns = clock_mono_ns();
	enum err e = stmt_run(db_stmt(db, q_begin_immediate));

	if (e == OK)
		begun(db, TXN_WRITE);
	else if (e == ERR_BUSY)
		metrics_add(METRIC_DB_BUSY, 0, 1);
	metrics_observe(METRIC_DB_WAIT_SECONDS, 0, clock_mono_ns() - asked_ns);
	return e;
}

enum err
db_begin_write(struct db *db)
{
	enum err e;

	assert(db->txn == TXN_NONE);
	db->errmsg[0] = '\0';
	if ((e = begin_immediate(db)) != OK)
		return e;
	if (db->actor != NULL && (e = db_actor_note(db, db->actor)) != OK) {
		db_rollback(db);
		return e;
	}
	db->changes_at_begin = sqlite3_total_changes64(db->h);
	return OK;
}

enum err
db_begin_write_within(struct db *db, int ms)
{
	int usual = db->busy_ms;
	enum err e;

	db->busy_ms = ms;
	e = db_begin_write(db);
	db->busy_ms = usual;
	return e;
}

static const char q_commit[] = "COMMIT";

static enum err
commit(struct db *db)
{
	int64_t asked_ns = clock_mono_ns();
	enum err e = stmt_run(db_stmt(db, q_commit));

	if (db->txn == TXN_WRITE)
		metrics_observe(METRIC_DB_COMMIT_SECONDS, 0, clock_mono_ns() - asked_ns);
	return e;
}

enum err
db_commit(struct db *db)
{
	bool wrote;
	enum err e;

	assert(db->txn != TXN_NONE);
	if (sqlite3_get_autocommit(db->h)) {	/* an error has rolled it back already */
		ended(db);
		return db_error(db, ERR_INTERNAL, "database %s: the transaction was "
		    "rolled back after an error", db->path);
	}
	wrote = db->txn == TXN_WRITE && sqlite3_total_changes64(db->h) != db->changes_at_begin;
	if (db->actor_noted && !wrote) {
		db_rollback(db);	/* the actor's name is all that is new */
		return OK;
	}
	if ((e = actor_forget(db)) != OK || (e = commit(db)) != OK) {
		db_rollback(db);
		return e;
	}
	db->writes += wrote;
	ended(db);
	return OK;
}

static const char q_rollback[] = "ROLLBACK";

void
db_rollback(struct db *db)
{
	char kept[sizeof(db->errmsg)];

	if (db->txn == TXN_NONE)
		return;
	ended(db);
	if (sqlite3_get_autocommit(db->h))
		return;
	memcpy(kept, db->errmsg, sizeof(kept));	/* why it is rolled back matters more */
	if (stmt_run(db_stmt(db, q_rollback)) == OK)
		memcpy(db->errmsg, kept, sizeof(kept));
}

enum err
db_end_write(struct db *db, enum err e)
{
	if (e == OK)
		e = db_commit(db);
	if (e != OK)
		db_rollback(db);
	return e;
}

bool
db_in_txn(const struct db *db)
{
	return db->txn != TXN_NONE;
}

int64_t
db_writes(const struct db *db)
{
	return db->writes;
}

static const char q_data_version[] = "PRAGMA data_version";

enum err
db_data_version(struct db *db, int64_t *out)
{
	struct stmt *s = db_stmt(db, q_data_version);

	if (stmt_row(s))
		*out = col_i64(s, 0);
	return stmt_end_row(s);
}

/* ---- health ---- */

static const char q_quick_check[] = "PRAGMA quick_check(5)";	/* CHECK_FINDINGS */

static const char q_integrity_check[] = "PRAGMA integrity_check(5)";

static enum err
check_pages(struct db *db, struct stmt *s, struct arena *a, struct buf *why)
{
	while (stmt_row(s)) {
		const char *line = col_text(s, 0, a);

		if (strcmp(line, "ok") != 0)
			buf_printf(why, "database %s: %s\n", db->path, line);
	}
	return stmt_end(s);
}

static const char q_foreign_key_check[] = "PRAGMA foreign_key_check";

static enum err
check_references(struct db *db, struct arena *a, struct buf *why)
{
	struct stmt *s = db_stmt(db, q_foreign_key_check);

	for (int n = 0; n < CHECK_FINDINGS && stmt_row(s); n++)
		buf_printf(why, "database %s: row %lld of %s refers to a row of %s that "
		    "is not there\n", db->path, (long long)col_i64(s, 1),
		    col_text(s, 0, a), col_text(s, 2, a));
	return stmt_end(s);
}

static enum err
check(struct db *db, struct stmt *pages, struct buf *why)
{
	struct arena *a = arena_new();
	size_t before = why->n;
	enum err e = check_pages(db, pages, a, why);

	if (e == OK)
		e = check_references(db, a, why);
	arena_free(a);
	if (e != OK)
		buf_printf(why, "%s\n", db->errmsg);
	return e == OK && why->n != before ? ERR_INTERNAL : e;
}

enum err
db_check(struct db *db, struct buf *why)
{
	return check(db, db_stmt(db, q_quick_check), why);
}

enum err
db_check_all(struct db *db, struct buf *why)
{
	return check(db, db_stmt(db, q_integrity_check), why);
}
