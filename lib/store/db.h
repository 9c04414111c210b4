/*
 * lib/store/db.h -- a connection, its statements and transactions.
 *
 * The only folder with SQL.  Statements are static text above the one function
 * that runs them; binds and reads remember the first error, which the ending
 * returns.  db->errmsg says what happened, with the file's name and what to do,
 * fit for an administrator's log; never for a client.
 */
#ifndef LIB_STORE_DB_H
#define LIB_STORE_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/str.h"
#include "lib/config/config.h"

struct db;
struct stmt;

#define TAILNET_ID 1		/* the one that is served today */
#define TAILNET "1"		/* the same, inside SQL */

enum db_mode {
	DB_SERVE,	/* open, create if missing, migrate (a copy is kept first) */
	DB_USE,		/* open; ERR_CONFLICT if the schema is older or newer */
	DB_MEMORY	/* for tests: an empty, migrated database in memory */
};

/* On failure *out is NULL and 'why' holds what to tell the administrator. */
must_check enum err db_open(const struct config *cfg, enum db_mode mode,
    struct db **out, struct buf *why);
void db_close(struct db *db);

/* What went wrong last; "" if nothing. */
const char *db_errmsg(const struct db *db);

/* A cheap number that differs when another connection has committed. */
must_check enum err db_data_version(struct db *db, int64_t *out);

/* Transactions; the dispatcher calls these, handlers with TXN_OWN too. */
must_check enum err db_begin_read(struct db *db);
must_check enum err db_begin_write(struct db *db);
/* The same for a note that is not worth a wait: ERR_BUSY after 'ms' milliseconds. */
must_check enum err db_begin_write_within(struct db *db, int ms);
must_check enum err db_commit(struct db *db);
void db_rollback(struct db *db);	/* harmless if no transaction is open */

/* Who is at work, as the audit log has it; the text is the caller's. */
struct actor {
	const char *kind;	/* "key", "token", "cli", "node", "server" */
	const char *id, *name, *user, *address;
	const char *action;	/* "setTags" */
};

/*
 * Write transactions from here on are this actor's, until db_actor(db, NULL).  Without
 * one the audit log takes a change for an edit in the sqlite3 shell.
 */
void db_actor(struct db *db, const struct actor *who);
/* The same for one transaction that is open, where it turns out to be worth a write. */
must_check enum err db_actor_note(struct db *db, const struct actor *who);

/* Ends what db_begin_write() began: keeps it if 'e' is OK, else undoes it; the first error. */
must_check enum err db_end_write(struct db *db, enum err e);
bool db_in_txn(const struct db *db);

/* How many committed transactions changed a row; for "did anything happen since". */
int64_t db_writes(const struct db *db);

/* How long a lock is waited for before ERR_BUSY; ten seconds unless set. */
void db_set_busy(struct db *db, int ms);

/* Looks over the whole file; ERR_INTERNAL and lines in 'why' if it finds anything. */
must_check enum err db_check(struct db *db, struct buf *why);
/* The same, and every index against its table, which takes several times as long. */
must_check enum err db_check_all(struct db *db, struct buf *why);

/* ---- for the files of lib/store only ---- */

#define db_stmt(db, q) ((void)sizeof(char[__builtin_types_compatible_p( \
    __typeof__(&(q)), const char (*)[sizeof(q)]) ? 1 : -1]), db_stmt_((db), (q)))
struct stmt *db_stmt_(struct db *db, const char *sql);

void bind_i64(struct stmt *s, int i, int64_t v);
void bind_text(struct stmt *s, int i, const char *v);	/* NULL binds NULL */
void bind_str(struct stmt *s, int i, struct str v);
void bind_bool(struct stmt *s, int i, bool v);
void bind_time(struct stmt *s, int i, int64_t ms);	/* TIME_NONE binds NULL */
void bind_id(struct stmt *s, int i, int64_t id);	/* 0 binds NULL */

/* Steps; true while there is a row. */
bool stmt_row(struct stmt *s);

int64_t col_i64(struct stmt *s, int i);			/* NULL reads as 0 */
bool col_bool(struct stmt *s, int i);
int64_t col_time(struct stmt *s, int i);		/* NULL reads as TIME_NONE */
const char *col_text(struct stmt *s, int i, struct arena *a);	/* NULL reads as "" */
const char *col_text_null(struct stmt *s, int i, struct arena *a);	/* NULL stays */
void col_text_into(struct stmt *s, int i, char *out, size_t size);	/* cut to fit */

/*
 * Endings: each resets the statement and returns the first error.  ERR_CONFLICT
 * is a UNIQUE column or a reference, ERR_BADREQ a value that a CHECK refuses.
 */
must_check enum err stmt_end(struct stmt *s);		/* ran through; any number of rows */
must_check enum err stmt_end_row(struct stmt *s);	/* ERR_NOTFOUND if there was no row */
must_check enum err stmt_end_change(struct stmt *s);	/* runs it; ERR_NOTFOUND if nothing changed */
must_check enum err stmt_run(struct stmt *s);		/* runs it */
must_check enum err stmt_end_count(struct stmt *s, int64_t *n);	/* runs it; *n rows changed */

/* Writes db_errmsg(); returns 'e'. */
enum err db_error(struct db *db, enum err e, const char *fmt, ...) printf_like(3, 4);

/* NULL as "". */
const char *text_of(const char *text);

int64_t db_last_id(struct db *db);
bool db_conflict_on(struct db *db, const char *column);	/* which UNIQUE failed: "nodes.name" */

#endif
