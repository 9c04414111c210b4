/*
 * lib/store/login.c -- the logins table; no other file's SQL writes to it.
 *
 * Waiting logins are made by whoever can reach the server, so their number is
 * what a caller bounds; those that a person has answered go by themselves when
 * they expire.
 */
#include "lib/store/store.h"

#define LOGIN_COLS "id, machine_key, node_key, old_node_key, nl_key, cap, hostinfo, " \
	"ephemeral, want_expiry_ms, state, node_id, created_ms, expiry_ms"

static void
login_read(struct stmt *s, struct arena *a, struct login *l)
{
	*l = (struct login){
		.id = col_text(s, 0, a),
		.machine_key = col_text(s, 1, a),
		.node_key = col_text(s, 2, a),
		.old_node_key = col_text(s, 3, a),
		.nl_key = col_text(s, 4, a),
		.cap = col_i64(s, 5),
		.hostinfo = col_text(s, 6, a),
		.ephemeral = col_bool(s, 7),
		.want_expiry_ms = col_time(s, 8),
		.state = col_text(s, 9, a),
		.node_id = col_i64(s, 10),
		.created_ms = col_i64(s, 11),
		.expiry_ms = col_i64(s, 12),
	};
}

static const char q_login_create[] =
	"INSERT INTO logins (" LOGIN_COLS ", tailnet_id)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, " TAILNET ")";

enum err
store_login_create(struct db *db, const struct login *l)
{
	struct stmt *s = db_stmt(db, q_login_create);

	bind_text(s, 1, l->id);
	bind_text(s, 2, l->machine_key);
	bind_text(s, 3, l->node_key);
	bind_text(s, 4, text_of(l->old_node_key));
	bind_text(s, 5, text_of(l->nl_key));
	bind_i64(s, 6, l->cap);
	bind_text(s, 7, l->hostinfo != NULL ? l->hostinfo : "{}");
	bind_bool(s, 8, l->ephemeral);
	bind_time(s, 9, l->want_expiry_ms);
	bind_text(s, 10, l->state != NULL ? l->state : "waiting");
	bind_id(s, 11, l->node_id);
	bind_i64(s, 12, l->created_ms);
	bind_i64(s, 13, l->expiry_ms);
	return stmt_run(s);
}

static const char q_login_by_id[] =
	"SELECT " LOGIN_COLS " FROM logins WHERE id = ?1";

enum err
store_login_by_id(struct db *db, struct arena *a, const char *id, struct login *out)
{
	struct stmt *s = db_stmt(db, q_login_by_id);

	bind_text(s, 1, id);
	if (stmt_row(s))
		login_read(s, a, out);
	return stmt_end_row(s);
}

static const char q_login_waiting[] =
	"SELECT " LOGIN_COLS " FROM logins"
	" WHERE machine_key = ?1 AND node_key = ?2 AND state = 'waiting'";

enum err
store_login_waiting(struct db *db, struct arena *a, const char *machine_key,
    const char *node_key, struct login *out)
{
	struct stmt *s = db_stmt(db, q_login_waiting);

	bind_text(s, 1, machine_key);
	bind_text(s, 2, node_key);
	if (stmt_row(s))
		login_read(s, a, out);
	return stmt_end_row(s);
}

/* By expiry, which an index has in order: the oldest first, as one timeout rules all. */
static const char q_logins[] =
	"SELECT " LOGIN_COLS " FROM logins WHERE tailnet_id = " TAILNET " ORDER BY expiry_ms";

enum err
store_logins(struct db *db, struct arena *a, struct login **out, size_t *n)
{
	struct stmt *s = db_stmt(db, q_logins);
	size_t cap = 0;

	*out = NULL;
	*n = 0;
	while (stmt_row(s)) {
		*out = arena_room(a, *out, *n, &cap, sizeof(**out));
		login_read(s, a, &(*out)[(*n)++]);
	}
	return stmt_end(s);
}

static const char q_login_exists[] = "SELECT 1 FROM logins WHERE id = ?1";

/* Why no row changed: ERR_NOTFOUND or, if it does not wait any more, ERR_CONFLICT. */
static enum err
login_unchanged(struct db *db, const char *id)
{
	struct stmt *s = db_stmt(db, q_login_exists);
	enum err e;

	bind_text(s, 1, id);
	(void)stmt_row(s);
	e = stmt_end_row(s);
	return e == OK ? ERR_CONFLICT : e;
}

static const char q_login_answer[] =
	"UPDATE logins SET state = ?2, node_id = ?3 WHERE id = ?1 AND state = 'waiting'";

static enum err
login_answer(struct db *db, const char *id, const char *state, int64_t node_id)
{
	struct stmt *s = db_stmt(db, q_login_answer);
	enum err e;

	bind_text(s, 1, id);
	bind_text(s, 2, state);
	bind_id(s, 3, node_id);
	e = stmt_end_change(s);
	return e == ERR_NOTFOUND ? login_unchanged(db, id) : e;
}

enum err
store_login_done(struct db *db, const char *id, int64_t node_id)
{
	return login_answer(db, id, "done", node_id);
}

enum err
store_login_reject(struct db *db, const char *id)
{
	return login_answer(db, id, "rejected", 0);
}

static const char q_logins_expire[] = "DELETE FROM logins WHERE expiry_ms <= ?1";

enum err
store_logins_expire(struct db *db, int64_t now_ms, int64_t *n)
{
	struct stmt *s = db_stmt(db, q_logins_expire);

	bind_i64(s, 1, now_ms);
	return stmt_end_count(s, n);
}

static const char q_login_count[] = "SELECT count(*) FROM logins WHERE state = 'waiting'";

enum err
store_login_count(struct db *db, int64_t *n)
{
	struct stmt *s = db_stmt(db, q_login_count);

	if (stmt_row(s))
		*n = col_i64(s, 0);
	return stmt_end_row(s);
}

static const char q_login_drop_oldest[] =
	"DELETE FROM logins WHERE id ="
	" (SELECT id FROM logins WHERE state = 'waiting' ORDER BY created_ms LIMIT 1)";

enum err
store_login_drop_oldest(struct db *db)
{
	return stmt_end_change(db_stmt(db, q_login_drop_oldest));
}
