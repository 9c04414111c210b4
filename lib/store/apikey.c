/*
 * lib/store/apikey.c -- the apikeys table; no other file's SQL writes to it
 * (a trigger deletes the keys of a deleted user).
 */
#include "lib/store/store.h"

#define APIKEY_COLS "id, user_id, prefix, hash, description, scopes, created_ms, " \
	"expiry_ms, last_used_ms"

static void
apikey_read(struct stmt *s, struct arena *a, struct apikey *k)
{
	*k = (struct apikey){
		.id = col_i64(s, 0),
		.user_id = col_i64(s, 1),
		.prefix = col_text(s, 2, a),
		.hash = col_text(s, 3, a),
		.description = col_text(s, 4, a),
		.scopes = col_text(s, 5, a),
		.created_ms = col_i64(s, 6),
		.expiry_ms = col_time(s, 7),
		.last_used_ms = col_time(s, 8),
	};
}

static const char q_apikey_create[] =
	"INSERT INTO apikeys (" APIKEY_COLS ", tailnet_id)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, " TAILNET ")";

enum err
store_apikey_create(struct db *db, const struct apikey *k, int64_t *id)
{
	struct stmt *s = db_stmt(db, q_apikey_create);
	enum err e;

	bind_id(s, 1, k->id);
	bind_id(s, 2, k->user_id);
	bind_text(s, 3, k->prefix);
	bind_text(s, 4, k->hash);
	bind_text(s, 5, text_of(k->description));
	bind_text(s, 6, k->scopes);
	bind_i64(s, 7, k->created_ms);
	bind_time(s, 8, k->expiry_ms);
	bind_time(s, 9, k->last_used_ms);
	if ((e = stmt_run(s)) == OK)
		*id = db_last_id(db);
	return e;
}

static const char q_apikey_by_prefix[] =
	"SELECT " APIKEY_COLS " FROM apikeys WHERE prefix = ?1";

enum err
store_apikey_by_prefix(struct db *db, struct arena *a, struct str prefix,
    struct apikey *out)
{
	struct stmt *s = db_stmt(db, q_apikey_by_prefix);

	bind_str(s, 1, prefix);
	if (stmt_row(s))
		apikey_read(s, a, out);
	return stmt_end_row(s);
}

static const char q_apikey_by_id[] =
	"SELECT " APIKEY_COLS " FROM apikeys WHERE id = ?1";

enum err
store_apikey_by_id(struct db *db, struct arena *a, int64_t id, struct apikey *out)
{
	struct stmt *s = db_stmt(db, q_apikey_by_id);

	bind_i64(s, 1, id);
	if (stmt_row(s))
		apikey_read(s, a, out);
	return stmt_end_row(s);
}

static const char q_apikeys[] =
	"SELECT " APIKEY_COLS " FROM apikeys WHERE tailnet_id = " TAILNET " ORDER BY id";

enum err
store_apikeys(struct db *db, struct arena *a, struct apikey **out, size_t *n)
{
	struct stmt *s = db_stmt(db, q_apikeys);
	size_t cap = 0;

	*out = NULL;
	*n = 0;
	while (stmt_row(s)) {
		*out = arena_room(a, *out, *n, &cap, sizeof(**out));
		apikey_read(s, a, &(*out)[(*n)++]);
	}
	return stmt_end(s);
}

static const char q_apikey_expire[] =
	"UPDATE apikeys SET expiry_ms ="
	" CASE WHEN expiry_ms < ?2 THEN expiry_ms ELSE ?2 END WHERE id = ?1";

enum err
store_apikey_expire(struct db *db, int64_t id, int64_t at_ms)
{
	struct stmt *s = db_stmt(db, q_apikey_expire);

	bind_i64(s, 1, id);
	bind_i64(s, 2, at_ms);
	return stmt_end_change(s);
}

static const char q_apikey_delete[] = "DELETE FROM apikeys WHERE id = ?1";

enum err
store_apikey_delete(struct db *db, int64_t id)
{
	struct stmt *s = db_stmt(db, q_apikey_delete);

	bind_i64(s, 1, id);
	return stmt_end_change(s);
}

static const char q_apikey_used[] = "UPDATE apikeys SET last_used_ms = ?2 WHERE id = ?1";

enum err
store_apikey_used(struct db *db, int64_t id, int64_t at_ms)
{
	struct stmt *s = db_stmt(db, q_apikey_used);

	bind_i64(s, 1, id);
	bind_i64(s, 2, at_ms);
	return stmt_run(s);
}
