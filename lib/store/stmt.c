/*
 * lib/store/stmt.c -- prepared statements, kept for the life of a connection.
 *
 * The key is the address of the SQL text: db_stmt() takes named constants only,
 * so an address is a statement, and SQL made at run time has no way in.  Errors
 * stick to the statement until its ending, which keeps store functions free of
 * error ladders.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/model/model.h"
#include "lib/store/db_impl.h"

/* The slot of 'sql', or the free one where it belongs. */
static struct stmt *
slot_of(struct db *db, const char *sql)
{
	size_t i = ((uintptr_t)sql >> 3) * 0x9e3779b97f4a7c15u >> 56;

	while (db->stmts[i].sql != NULL && db->stmts[i].sql != sql)
		i = (i + 1) & (DB_STMTS - 1);
	return &db->stmts[i];
}

static void
prepare(struct stmt *s)
{
	int rc = sqlite3_prepare_v3(s->db->h, s->sql, -1, SQLITE_PREPARE_PERSISTENT,
	    &s->p, NULL);

	if (rc == SQLITE_OK)
		return;
	s->err = db_fail(s->db, rc, NULL);
	if (rc == SQLITE_ERROR)
		fatal("program and schema disagree: %s (in: %s)", s->db->errmsg, s->sql);
}

struct stmt *
db_stmt_(struct db *db, const char *sql)
{
	struct stmt *s = slot_of(db, sql);

	assert(!s->busy);	/* a statement is not used inside itself */
	if (s->sql == NULL) {
		db->n_stmts++;
		assert(db->n_stmts < DB_STMTS);
		*s = (struct stmt){ .db = db, .sql = sql };
	}
	s->busy = true;
	s->row = s->done = false;
	s->err = OK;
	if (s->p == NULL)
		prepare(s);
	return s;
}

void
stmts_close(struct db *db)
{
	for (size_t i = 0; i < DB_STMTS; i++)
		sqlite3_finalize(db->stmts[i].p);
	memset(db->stmts, 0, sizeof(db->stmts));
	db->n_stmts = 0;
}

static void
bound(struct stmt *s, int rc)
{
	if (rc != SQLITE_OK && s->err == OK)
		s->err = db_fail(s->db, rc, "bind");
}

void
bind_i64(struct stmt *s, int i, int64_t v)
{
	if (s->err == OK)
		bound(s, sqlite3_bind_int64(s->p, i, v));
}

/* Text is borrowed until the ending. */
void
bind_str(struct stmt *s, int i, struct str v)
{
	if (s->err == OK)
		bound(s, sqlite3_bind_text64(s->p, i, v.p ? v.p : "", v.n,
		    SQLITE_STATIC, SQLITE_UTF8));
}

static void
bind_null(struct stmt *s, int i)
{
	if (s->err == OK)
		bound(s, sqlite3_bind_null(s->p, i));
}

void
bind_text(struct stmt *s, int i, const char *v)
{
	if (v == NULL)
		bind_null(s, i);
	else
		bind_str(s, i, str_of(v));
}

void
bind_bool(struct stmt *s, int i, bool v)
{
	bind_i64(s, i, v);
}

void
bind_time(struct stmt *s, int i, int64_t ms)
{
	if (ms == TIME_NONE)
		bind_null(s, i);
	else
		bind_i64(s, i, ms);
}

void
bind_id(struct stmt *s, int i, int64_t id)
{
	if (id == 0)
		bind_null(s, i);
	else
		bind_i64(s, i, id);
}

/*
 * A snapshot is for reading.  PRAGMA query_only would say so too, but changing
 * it makes SQLite compile every statement anew.
 */
static bool
writes_in_read(struct stmt *s)
{
	if (s->db->txn != TXN_READ || sqlite3_stmt_readonly(s->p))
		return false;
	s->err = db_error(s->db, ERR_INTERNAL, "database %s: a write inside a read "
	    "transaction: %.80s", s->db->path, s->sql);
	return true;
}

bool
stmt_row(struct stmt *s)
{
	int rc;

	if (s->err != OK || s->done || writes_in_read(s))
		return false;
	rc = sqlite3_step(s->p);
	if (rc == SQLITE_ROW)
		return s->row = true;
	s->done = true;
	if (rc != SQLITE_DONE)
		s->err = db_fail(s->db, rc, NULL);
	return false;
}

int64_t
col_i64(struct stmt *s, int i)
{
	return sqlite3_column_int64(s->p, i);
}

bool
col_bool(struct stmt *s, int i)
{
	return col_i64(s, i) != 0;
}

int64_t
col_time(struct stmt *s, int i)
{
	if (sqlite3_column_type(s->p, i) == SQLITE_NULL)
		return TIME_NONE;
	return col_i64(s, i);
}

const char *
col_text_null(struct stmt *s, int i, struct arena *a)
{
	const char *v = (const char *)sqlite3_column_text(s->p, i);

	if (v == NULL)
		return NULL;
	return arena_strndup(a, v, (size_t)sqlite3_column_bytes(s->p, i));
}

const char *
col_text(struct stmt *s, int i, struct arena *a)
{
	const char *v = col_text_null(s, i, a);

	return v != NULL ? v : "";
}

void
col_text_into(struct stmt *s, int i, char *out, size_t size)
{
	const char *v = (const char *)sqlite3_column_text(s->p, i);

	(void)snprintf(out, size, "%s", text_of(v));
}

enum err
stmt_end(struct stmt *s)
{
	if (s->p != NULL) {
		(void)sqlite3_reset(s->p);	/* stmt_row() has the error */
		(void)sqlite3_clear_bindings(s->p);
	}
	s->busy = false;
	return s->err;
}

enum err
stmt_end_row(struct stmt *s)
{
	enum err e = stmt_end(s);

	return e == OK && !s->row ? ERR_NOTFOUND : e;
}

enum err
stmt_run(struct stmt *s)
{
	while (stmt_row(s))
		;
	return stmt_end(s);
}

enum err
stmt_end_count(struct stmt *s, int64_t *n)
{
	enum err e = stmt_run(s);

	*n = e == OK ? sqlite3_changes64(s->db->h) : 0;
	return e;
}

enum err
stmt_end_change(struct stmt *s)
{
	int64_t n;
	enum err e = stmt_end_count(s, &n);

	return e == OK && n == 0 ? ERR_NOTFOUND : e;
}

int64_t
db_last_id(struct db *db)
{
	return sqlite3_last_insert_rowid(db->h);
}

bool
db_conflict_on(struct db *db, const char *column)
{
	const char *at = strstr(db->errmsg, "UNIQUE constraint failed: ");
	size_t n = strlen(column);

	/* "...failed: nodes.tailnet_id, nodes.name" */
	while (at != NULL && (at = strstr(at, column)) != NULL) {
		if (at[-1] == ' ' && strchr(",;) ", at[n]) != NULL)
			return true;
		at += n;
	}
	return false;
}

const char *
text_of(const char *text)
{
	return text != NULL ? text : "";
}
