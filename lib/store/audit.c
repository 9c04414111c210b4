/*
 * lib/store/audit.c -- the audit_log table: read here, written by triggers.
 *
 * The id grows with time and is never less than the time in microseconds: a page is a walk
 * backwards from the last one shown, and ends where ids are too small for "since".
 */
#include "lib/store/store.h"

#define AUDIT_COLS "id, at_ms, actor_kind, actor_id, actor, user, address, action, outcome, " \
	"target_kind, target_id, target, before, after"
#define DENIED_EVERY_MS 60000	/* the same refusal is noted once in this time */

static void
audit_read(struct stmt *s, struct arena *a, struct audit_row *r)
{
	*r = (struct audit_row){
		.id = col_i64(s, 0), .at_ms = col_i64(s, 1),
		.actor_kind = col_text(s, 2, a), .actor_id = col_text(s, 3, a),
		.actor = col_text(s, 4, a), .user = col_text(s, 5, a),
		.address = col_text(s, 6, a), .action = col_text(s, 7, a),
		.outcome = col_text(s, 8, a), .target_kind = col_text(s, 9, a),
		.target_id = col_text(s, 10, a), .target = col_text(s, 11, a),
		.before = col_text(s, 12, a), .after = col_text(s, 13, a),
	};
}

static const char q_audit_list[] =
	"SELECT " AUDIT_COLS " FROM audit_log WHERE tailnet_id = " TAILNET
	" AND id < ?1 AND id >= ?2 * 1000 AND at_ms >= ?2 AND at_ms < ?3"
	" AND (?4 = '' OR actor_id = ?4 OR actor = ?4 OR user = ?4 OR actor_kind = ?4)"
	" AND (?5 = '' OR target_id = ?5 OR target = ?5 OR target_kind = ?5)"
	" AND (?6 = '' OR action = ?6)"
	" ORDER BY id DESC LIMIT ?7";

enum err
store_audit(struct db *db, struct arena *a, const struct audit_filter *f, struct audit_row **out,
    size_t *n)
{
	struct stmt *s = db_stmt(db, q_audit_list);
	size_t room = 0;

	bind_i64(s, 1, f->before_id > 0 ? f->before_id : INT64_MAX);
	bind_i64(s, 2, f->since_ms != TIME_NONE ? f->since_ms : 0);
	bind_i64(s, 3, f->until_ms != TIME_NONE ? f->until_ms : INT64_MAX);
	bind_text(s, 4, text_of(f->actor));
	bind_text(s, 5, text_of(f->target));
	bind_text(s, 6, text_of(f->action));
	bind_i64(s, 7, (int64_t)f->max);
	*out = NULL;
	for (*n = 0; stmt_row(s); ++*n) {
		*out = arena_room(a, *out, *n, &room, sizeof(**out));
		audit_read(s, a, &(*out)[*n]);
	}
	return stmt_end(s);
}

static const char q_audit_denied[] =
	"INSERT INTO audit_log (id, at_ms, actor_kind, actor_id, actor, user, address, action,"
	" outcome, target_kind, target_id, target)"
	" SELECT max(coalesce((SELECT max(id) FROM audit_log), 0) + 1, ?1 * 1000), ?1, ?2, ?3,"
	" ?4, ?5, ?6, ?7, 'denied', 'path', '', ?8"
	" WHERE NOT EXISTS (SELECT 1 FROM audit_log WHERE outcome = 'denied' AND actor_id = ?3"
	" AND action = ?7 AND at_ms > ?1 - ?9)";

enum err
store_audit_denied(struct db *db, const struct actor *who, const char *path, int64_t now_ms)
{
	struct stmt *s = db_stmt(db, q_audit_denied);

	bind_i64(s, 1, now_ms);
	bind_text(s, 2, who->kind);
	bind_text(s, 3, who->id);
	bind_text(s, 4, who->name);
	bind_text(s, 5, who->user);
	bind_text(s, 6, who->address);
	bind_text(s, 7, who->action);
	bind_text(s, 8, path);
	bind_i64(s, 9, DENIED_EVERY_MS);
	return stmt_run(s);
}

/* What is younger a trigger would keep. */
static const char q_audit_prune[] =
	"DELETE FROM audit_log WHERE id <"
	" min(?1, CAST((julianday('now') - 2440587.5 - 30) * 86400000 AS INTEGER)) * 1000";

enum err
store_audit_prune(struct db *db, int64_t before_ms)
{
	struct stmt *s = db_stmt(db, q_audit_prune);

	bind_i64(s, 1, before_ms);
	return stmt_run(s);
}
