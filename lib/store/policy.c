/*
 * lib/store/policy.c -- the policies table; no other file's SQL writes to it.
 *
 * Versions are only added.  Which of them is in force is not in the database but
 * follows from it (handlers/control/policy_load.h): the newest that reads.
 */
#include "lib/store/store.h"

#define POLICY_COLS "id, length(CAST(text AS BLOB)), author, source, comment, " \
	"rollback_of, created_ms"

static void
policy_read(struct stmt *s, struct arena *a, struct policy_version *p)
{
	*p = (struct policy_version){
		.id = col_i64(s, 0),
		.bytes = col_i64(s, 1),
		.author = col_text(s, 2, a),
		.source = col_text(s, 3, a),
		.comment = col_text(s, 4, a),
		.rollback_of = col_i64(s, 5),
		.created_ms = col_i64(s, 6),
	};
}

/* The same, of a statement that has the text as its last column. */
static enum err
read_whole(struct stmt *s, struct arena *a, struct policy_version *out)
{
	if (stmt_row(s)) {
		policy_read(s, a, out);
		out->text = col_text(s, 7, a);
	}
	return stmt_end_row(s);
}

static const char q_policy_add[] =
	"INSERT INTO policies (tailnet_id, text, author, source, comment, rollback_of,"
	" created_ms) VALUES (" TAILNET ", ?1, ?2, ?3, ?4, ?5, ?6)";

enum err
store_policy_add(struct db *db, const struct policy_version *p, int64_t *id)
{
	struct stmt *s = db_stmt(db, q_policy_add);
	enum err e;

	bind_text(s, 1, p->text);
	bind_text(s, 2, text_of(p->author));
	bind_text(s, 3, p->source);
	bind_text(s, 4, text_of(p->comment));
	bind_id(s, 5, p->rollback_of);
	bind_i64(s, 6, p->created_ms);
	if ((e = stmt_run(s)) == OK)
		*id = db_last_id(db);
	return e;
}

static const char q_policy_by_id[] =
	"SELECT " POLICY_COLS ", text FROM policies WHERE id = ?1";

enum err
store_policy_by_id(struct db *db, struct arena *a, int64_t id, struct policy_version *out)
{
	struct stmt *s = db_stmt(db, q_policy_by_id);

	bind_i64(s, 1, id);
	return read_whole(s, a, out);
}

static const char q_policy_newest[] =
	"SELECT " POLICY_COLS ", text FROM policies"
	" WHERE id < ?1 AND +tailnet_id = " TAILNET " ORDER BY id DESC LIMIT 1";

enum err
store_policy_newest(struct db *db, struct arena *a, int64_t below, struct policy_version *out)
{
	struct stmt *s = db_stmt(db, q_policy_newest);

	bind_i64(s, 1, below);
	return read_whole(s, a, out);
}

static const char q_policy_last[] = "SELECT coalesce(max(id), 0) FROM policies";

enum err
store_policy_last(struct db *db, int64_t *id)
{
	struct stmt *s = db_stmt(db, q_policy_last);

	if (stmt_row(s))
		*id = col_i64(s, 0);
	return stmt_end_row(s);
}

static const char q_policies[] =
	"SELECT " POLICY_COLS " FROM policies"
	" WHERE +tailnet_id = " TAILNET " ORDER BY id DESC LIMIT ?1";

enum err
store_policies(struct db *db, struct arena *a, size_t max, struct policy_version **out, size_t *n)
{
	struct stmt *s = db_stmt(db, q_policies);
	size_t cap = 0;

	*out = NULL;
	*n = 0;
	bind_i64(s, 1, (int64_t)max);
	while (stmt_row(s)) {
		*out = arena_room(a, *out, *n, &cap, sizeof(**out));
		policy_read(s, a, &(*out)[(*n)++]);
	}
	return stmt_end(s);
}
