/*
 * lib/store/authkey.c -- the authkeys table; no other file's SQL writes to it
 * (a trigger deletes the keys of a deleted user).
 */
#include "lib/store/store.h"

#define AUTHKEY_COLS "id, user_id, prefix, hash, description, tags, reusable, " \
	"ephemeral, used, created_ms, expiry_ms, revoked_ms, preauthorized"

static void
authkey_read(struct stmt *s, struct arena *a, struct authkey *k)
{
	*k = (struct authkey){
		.id = col_i64(s, 0),
		.user_id = col_i64(s, 1),
		.prefix = col_text(s, 2, a),
		.hash = col_text(s, 3, a),
		.description = col_text(s, 4, a),
		.tags = col_text(s, 5, a),
		.reusable = col_bool(s, 6),
		.ephemeral = col_bool(s, 7),
		.used = col_bool(s, 8),
		.created_ms = col_i64(s, 9),
		.expiry_ms = col_time(s, 10),
		.revoked_ms = col_time(s, 11),
		.preauthorized = col_bool(s, 12),
	};
}

static const char q_authkey_create[] =
	"INSERT INTO authkeys (" AUTHKEY_COLS ", tailnet_id)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, " TAILNET ")";

enum err
store_authkey_create(struct db *db, const struct authkey *k, int64_t *id)
{
	struct stmt *s = db_stmt(db, q_authkey_create);
	enum err e;

	bind_id(s, 1, k->id);
	bind_id(s, 2, k->user_id);
	bind_text(s, 3, k->prefix);
	bind_text(s, 4, k->hash);
	bind_text(s, 5, text_of(k->description));
	bind_text(s, 6, k->tags != NULL ? k->tags : "[]");
	bind_bool(s, 7, k->reusable);
	bind_bool(s, 8, k->ephemeral);
	bind_bool(s, 9, k->used);
	bind_i64(s, 10, k->created_ms);
	bind_time(s, 11, k->expiry_ms);
	bind_time(s, 12, k->revoked_ms);
	bind_bool(s, 13, k->preauthorized);
	if ((e = stmt_run(s)) == OK)
		*id = db_last_id(db);
	return e;
}

static const char q_authkey_by_prefix[] =
	"SELECT " AUTHKEY_COLS " FROM authkeys WHERE prefix = ?1";

enum err
store_authkey_by_prefix(struct db *db, struct arena *a, struct str prefix,
    struct authkey *out)
{
	struct stmt *s = db_stmt(db, q_authkey_by_prefix);

	bind_str(s, 1, prefix);
	if (stmt_row(s))
		authkey_read(s, a, out);
	return stmt_end_row(s);
}

static const char q_authkey_by_id[] =
	"SELECT " AUTHKEY_COLS " FROM authkeys WHERE id = ?1";

enum err
store_authkey_by_id(struct db *db, struct arena *a, int64_t id, struct authkey *out)
{
	struct stmt *s = db_stmt(db, q_authkey_by_id);

	bind_i64(s, 1, id);
	if (stmt_row(s))
		authkey_read(s, a, out);
	return stmt_end_row(s);
}

static const char q_authkeys[] =
	"SELECT " AUTHKEY_COLS " FROM authkeys WHERE tailnet_id = " TAILNET " ORDER BY id";

enum err
store_authkeys(struct db *db, struct arena *a, struct authkey **out, size_t *n)
{
	struct stmt *s = db_stmt(db, q_authkeys);
	size_t cap = 0;

	*out = NULL;
	*n = 0;
	while (stmt_row(s)) {
		*out = arena_room(a, *out, *n, &cap, sizeof(**out));
		authkey_read(s, a, &(*out)[(*n)++]);
	}
	return stmt_end(s);
}

static const char q_authkey_consume[] =
	"UPDATE authkeys SET used = 1 WHERE id = ?1 AND used = 0";

enum err
store_authkey_consume(struct db *db, int64_t id)
{
	struct stmt *s = db_stmt(db, q_authkey_consume);
	enum err e;

	bind_i64(s, 1, id);
	e = stmt_end_change(s);
	return e == ERR_NOTFOUND ? ERR_CONFLICT : e;
}

static const char q_authkey_expire[] =
	"UPDATE authkeys SET expiry_ms ="
	" CASE WHEN expiry_ms < ?2 THEN expiry_ms ELSE ?2 END WHERE id = ?1";

/* A key that had run out earlier keeps its time. */
enum err
store_authkey_expire(struct db *db, int64_t id, int64_t at_ms)
{
	struct stmt *s = db_stmt(db, q_authkey_expire);

	bind_i64(s, 1, id);
	bind_i64(s, 2, at_ms);
	return stmt_end_change(s);
}

static const char q_authkey_revoke[] =
	"UPDATE authkeys SET revoked_ms = ?2 WHERE id = ?1 AND revoked_ms IS NULL";

enum err
store_authkey_revoke(struct db *db, int64_t id, int64_t at_ms)
{
	struct stmt *s = db_stmt(db, q_authkey_revoke);

	bind_i64(s, 1, id);
	bind_i64(s, 2, at_ms);
	return stmt_end_change(s);
}

static const char q_authkeys_prune[] = "DELETE FROM authkeys WHERE revoked_ms < ?1";

enum err
store_authkeys_prune(struct db *db, int64_t before_ms)
{
	struct stmt *s = db_stmt(db, q_authkeys_prune);

	bind_i64(s, 1, before_ms);
	return stmt_run(s);
}

/* A trigger makes nodes forget the key that brought them. */
static const char q_authkey_delete[] = "DELETE FROM authkeys WHERE id = ?1";

enum err
store_authkey_delete(struct db *db, int64_t id)
{
	struct stmt *s = db_stmt(db, q_authkey_delete);

	bind_i64(s, 1, id);
	return stmt_end_change(s);
}
