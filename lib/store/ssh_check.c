/*
 * lib/store/ssh_check.c -- the ssh_checks table; no other file's SQL writes to it.
 *
 * A row answers two questions: what became of this one session (by its id), and
 * whether such a session was approved lately (by its two nodes and login).  So a
 * decision outlives the session that asked for it.
 */
#include "lib/store/store.h"

/* As long as a policy can let an approval hold. */
#define APPROVED_KEEP_MS (168LL * 60 * 60 * 1000)
/* A client asks for at most half an hour what became of its session. */
#define REJECTED_KEEP_MS (30LL * 60 * 1000)

#define CHECK_COLS "id, src_node, dst_node, local_user, state, created_ms, decided_ms, expiry_ms"

static void
check_read(struct stmt *s, struct arena *a, struct ssh_check *c)
{
	*c = (struct ssh_check){
		.id = col_text(s, 0, a),
		.src_node = col_i64(s, 1),
		.dst_node = col_i64(s, 2),
		.local_user = col_text(s, 3, a),
		.state = col_text(s, 4, a),
		.created_ms = col_i64(s, 5),
		.decided_ms = col_time(s, 6),
		.expiry_ms = col_i64(s, 7),
	};
}

static const char q_check_create[] =
	"INSERT INTO ssh_checks (id, src_node, dst_node, local_user, created_ms, expiry_ms, tailnet_id)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, " TAILNET ")";

enum err
store_ssh_check_create(struct db *db, const struct ssh_check *c)
{
	struct stmt *s = db_stmt(db, q_check_create);

	bind_text(s, 1, c->id);
	bind_i64(s, 2, c->src_node);
	bind_i64(s, 3, c->dst_node);
	bind_text(s, 4, c->local_user);
	bind_i64(s, 5, c->created_ms);
	bind_i64(s, 6, c->expiry_ms);
	return stmt_run(s);
}

static const char q_check_by_id[] =
	"SELECT " CHECK_COLS " FROM ssh_checks WHERE id = ?1";

enum err
store_ssh_check_by_id(struct db *db, struct arena *a, const char *id, struct ssh_check *out)
{
	struct stmt *s = db_stmt(db, q_check_by_id);

	bind_text(s, 1, id);
	if (stmt_row(s))
		check_read(s, a, out);
	return stmt_end_row(s);
}

static const char q_check_waiting[] =
	"SELECT " CHECK_COLS " FROM ssh_checks"
	" WHERE src_node = ?1 AND dst_node = ?2 AND local_user = ?3 AND state = 'waiting' LIMIT 1";

enum err
store_ssh_check_waiting(struct db *db, struct arena *a, int64_t src, int64_t dst,
    const char *local_user, struct ssh_check *out)
{
	struct stmt *s = db_stmt(db, q_check_waiting);

	bind_i64(s, 1, src);
	bind_i64(s, 2, dst);
	bind_text(s, 3, local_user);
	if (stmt_row(s))
		check_read(s, a, out);
	return stmt_end_row(s);
}

static const char q_check_passed[] =
	"SELECT EXISTS (SELECT 1 FROM ssh_checks WHERE src_node = ?1 AND dst_node = ?2"
	" AND local_user = ?3 AND state = 'approved' AND decided_ms > ?4)";

enum err
store_ssh_check_passed(struct db *db, int64_t src, int64_t dst, const char *local_user,
    int64_t since_ms, bool *passed)
{
	struct stmt *s = db_stmt(db, q_check_passed);

	bind_i64(s, 1, src);
	bind_i64(s, 2, dst);
	bind_text(s, 3, local_user);
	bind_i64(s, 4, since_ms);
	if (stmt_row(s))
		*passed = col_bool(s, 0);
	return stmt_end_row(s);
}

/* By expiry, which an index has in order, as one timeout rules all. */
static const char q_checks[] =
	"SELECT " CHECK_COLS " FROM ssh_checks WHERE state = 'waiting' ORDER BY expiry_ms";

enum err
store_ssh_checks(struct db *db, struct arena *a, struct ssh_check **out, size_t *n)
{
	struct stmt *s = db_stmt(db, q_checks);
	size_t cap = 0;

	*out = NULL;
	*n = 0;
	while (stmt_row(s)) {
		*out = arena_room(a, *out, *n, &cap, sizeof(**out));
		check_read(s, a, &(*out)[(*n)++]);
	}
	return stmt_end(s);
}

static const char q_check_exists[] = "SELECT 1 FROM ssh_checks WHERE id = ?1";

/* Why no row changed: ERR_NOTFOUND or, if it does not wait any more, ERR_CONFLICT. */
static enum err
check_unchanged(struct db *db, const char *id)
{
	struct stmt *s = db_stmt(db, q_check_exists);
	enum err e;

	bind_text(s, 1, id);
	(void)stmt_row(s);
	e = stmt_end_row(s);
	return e == OK ? ERR_CONFLICT : e;
}

static const char q_check_decide[] =
	"UPDATE ssh_checks SET state = ?2, decided_ms = ?3, expiry_ms = ?4"
	" WHERE id = ?1 AND state = 'waiting'";

enum err
store_ssh_check_decide(struct db *db, const char *id, bool approve, int64_t now_ms)
{
	struct stmt *s = db_stmt(db, q_check_decide);
	enum err e;

	bind_text(s, 1, id);
	bind_text(s, 2, approve ? "approved" : "rejected");
	bind_i64(s, 3, now_ms);
	bind_i64(s, 4, now_ms + (approve ? APPROVED_KEEP_MS : REJECTED_KEEP_MS));
	e = stmt_end_change(s);
	return e == ERR_NOTFOUND ? check_unchanged(db, id) : e;
}

static const char q_checks_run_out[] =
	"UPDATE ssh_checks SET state = 'rejected', decided_ms = ?1, expiry_ms = ?2"
	" WHERE state = 'waiting' AND expiry_ms <= ?1";

static enum err
checks_run_out(struct db *db, int64_t now_ms, int64_t *n)
{
	struct stmt *s = db_stmt(db, q_checks_run_out);

	bind_i64(s, 1, now_ms);
	bind_i64(s, 2, now_ms + REJECTED_KEEP_MS);
	return stmt_end_count(s, n);
}

static const char q_checks_remove[] =
	"DELETE FROM ssh_checks WHERE state IN ('approved', 'rejected') AND expiry_ms <= ?1";

enum err
store_ssh_checks_expire(struct db *db, int64_t now_ms, int64_t *n)
{
	struct stmt *s;
	enum err e = checks_run_out(db, now_ms, n);

	if (e != OK)
		return e;
	s = db_stmt(db, q_checks_remove);
	bind_i64(s, 1, now_ms);
	return stmt_run(s);
}

static const char q_check_count[] = "SELECT count(*) FROM ssh_checks WHERE state = 'waiting'";

enum err
store_ssh_check_count(struct db *db, int64_t *n)
{
	struct stmt *s = db_stmt(db, q_check_count);

	if (stmt_row(s))
		*n = col_i64(s, 0);
	return stmt_end_row(s);
}

static const char q_check_drop_oldest[] =
	"UPDATE ssh_checks SET state = 'rejected', decided_ms = ?1, expiry_ms = ?2 WHERE id ="
	" (SELECT id FROM ssh_checks WHERE state = 'waiting' ORDER BY expiry_ms LIMIT 1)";

enum err
store_ssh_check_drop_oldest(struct db *db, int64_t now_ms)
{
	struct stmt *s = db_stmt(db, q_check_drop_oldest);

	bind_i64(s, 1, now_ms);
	bind_i64(s, 2, now_ms + REJECTED_KEEP_MS);
	return stmt_end_change(s);
}
