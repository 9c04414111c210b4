/*
 * lib/store/token_failure.c -- the token_failures table: who shows wrong keys, and how often.
 *
 * It is in the database because a CGI process remembers nothing.  What an attacker can
 * write is bounded: there are so many rows, and nobody counts on for an address that is
 * over its limit.  A row that a changed clock has put into the future counts no more.
 */
#include "lib/store/store.h"

static const char q_token_failures[] =
	"SELECT coalesce("
	"(SELECT failures FROM token_failures"
	"	WHERE address = ?1 AND since_ms > ?2 AND since_ms <= ?3),"
	"(SELECT failures FROM token_failures"
	"	WHERE address = 'other' AND since_ms > ?2 AND since_ms <= ?3), 0)";

enum err
store_token_failures(struct db *db, const char *address, int64_t now_ms, int64_t *n)
{
	struct stmt *s = db_stmt(db, q_token_failures);

	*n = 0;
	bind_text(s, 1, address);
	bind_i64(s, 2, now_ms - TOKEN_FAILURE_WINDOW_MS);
	bind_i64(s, 3, now_ms);
	if (stmt_row(s))
		*n = col_i64(s, 0);
	return stmt_end_row(s);
}

static const char q_token_failure_note[] =
	"INSERT INTO token_failures (address, failures, since_ms, tailnet_id)"
	" VALUES (CASE WHEN EXISTS (SELECT 1 FROM token_failures WHERE address = ?1)"
	"	OR NOT EXISTS (SELECT 1 FROM token_failures ORDER BY since_ms LIMIT 1 OFFSET ?3)"
	"	THEN ?1 ELSE 'other' END, 1, ?2, " TAILNET ")"
	" ON CONFLICT (address) DO UPDATE SET failures = failures + 1";

/* Makes room itself: under plain CGI there may be no tick. */
enum err
store_token_failure_note(struct db *db, const char *address, int64_t now_ms)
{
	struct stmt *s;
	enum err e;

	if ((e = store_token_failures_prune(db, now_ms)) != OK)
		return e;
	s = db_stmt(db, q_token_failure_note);
	bind_text(s, 1, address);
	bind_i64(s, 2, now_ms);
	bind_i64(s, 3, TOKEN_FAILURE_ROWS_MAX - 1);
	return stmt_run(s);
}

static const char q_token_failures_prune[] =
	"DELETE FROM token_failures WHERE since_ms <= ?1 OR since_ms > ?2";

enum err
store_token_failures_prune(struct db *db, int64_t now_ms)
{
	struct stmt *s = db_stmt(db, q_token_failures_prune);

	bind_i64(s, 1, now_ms - TOKEN_FAILURE_WINDOW_MS);
	bind_i64(s, 2, now_ms);
	return stmt_run(s);
}
