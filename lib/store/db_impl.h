/*
 * lib/store/db_impl.h -- what db.c, stmt.c and migrate.c share of a connection.
 *
 * Private to these and to tests; everybody else sees db.h.
 */
#ifndef LIB_STORE_DB_IMPL_H
#define LIB_STORE_DB_IMPL_H

#include <sqlite3.h>

#include "lib/store/db.h"

#define DB_BUSY_MS 10000	/* how long a lock is waited for */
#define DB_STMTS 256		/* slots for statements, a power of two */

enum db_txn { TXN_NONE, TXN_READ, TXN_WRITE };

struct stmt {
	struct db *db;
	const char *sql;	/* whose address is the key; NULL: a free slot */
	sqlite3_stmt *p;	/* NULL if it could not be prepared */
	enum err err;		/* the first error since the last ending */
	bool busy;		/* between db_stmt() and its ending */
	bool row;		/* a row has been seen */
	bool done;		/* there are no more */
};

struct db {
	sqlite3 *h;
	char *path, *dir;	/* ":memory:" and "" for DB_MEMORY */
	enum db_txn txn;
	int64_t begun_ns;	/* when it began */
	int64_t writes;		/* transactions that wrote */
	int64_t changes_at_begin;
	const struct actor *actor;	/* NULL: none */
	bool actor_noted;	/* audit_context says who, in this transaction */
	int busy_ms;
	int64_t busy_since_ms;
	char errmsg[1536];
	size_t n_stmts;
	struct stmt stmts[DB_STMTS];
};

/*
 * Turns SQLite's result 'rc' of the last call into an enum err and writes
 * db->errmsg, which begins with 'what' (NULL: nothing) and names the file.
 */
enum err db_fail(struct db *db, int rc, const char *what);

/* Runs SQL without parameters and rows: pragmas, migrations. */
must_check enum err db_exec(struct db *db, const char *sql, const char *what);

/* Finalizes all statements. */
void stmts_close(struct db *db);

#endif
