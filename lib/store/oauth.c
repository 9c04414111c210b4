/*
 * lib/store/oauth.c -- the tables oauth_clients and oauth_tokens; no other file's SQL
 * writes to them (triggers end a client's tokens, and a client's link to a deleted user).
 */
#include "lib/store/store.h"

#define CLIENT_COLS "id, user_id, hash, description, scopes, tags, created_ms"
#define TOKEN_COLS "prefix, client_id, hash, scopes, tags, created_ms, expiry_ms"

static void
client_read(struct stmt *s, struct arena *a, struct oauth_client *c)
{
	*c = (struct oauth_client){
		.id = col_text(s, 0, a),
		.user_id = col_i64(s, 1),
		.hash = col_text(s, 2, a),
		.description = col_text(s, 3, a),
		.scopes = col_text(s, 4, a),
		.tags = col_text(s, 5, a),
		.created_ms = col_i64(s, 6),
	};
}

static const char q_oauth_client_create[] =
	"INSERT INTO oauth_clients (" CLIENT_COLS ", tailnet_id)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, " TAILNET ")";

enum err
store_oauth_client_create(struct db *db, const struct oauth_client *c)
{
	struct stmt *s = db_stmt(db, q_oauth_client_create);

	bind_text(s, 1, c->id);
	bind_id(s, 2, c->user_id);
	bind_text(s, 3, c->hash);
	bind_text(s, 4, text_of(c->description));
	bind_text(s, 5, c->scopes);
	bind_text(s, 6, c->tags != NULL ? c->tags : "[]");
	bind_i64(s, 7, c->created_ms);
	return stmt_run(s);
}

static const char q_oauth_client_by_id[] =
	"SELECT " CLIENT_COLS " FROM oauth_clients WHERE id = ?1";

enum err
store_oauth_client_by_id(struct db *db, struct arena *a, struct str id,
    struct oauth_client *out)
{
	struct stmt *s = db_stmt(db, q_oauth_client_by_id);

	bind_str(s, 1, id);
	if (stmt_row(s))
		client_read(s, a, out);
	return stmt_end_row(s);
}

/* Ids are random, so the time says which is older. */
static const char q_oauth_clients[] =
	"SELECT " CLIENT_COLS " FROM oauth_clients WHERE tailnet_id = " TAILNET
	" ORDER BY created_ms, id";

enum err
store_oauth_clients(struct db *db, struct arena *a, struct oauth_client **out, size_t *n)
{
	struct stmt *s = db_stmt(db, q_oauth_clients);
	size_t cap = 0;

	*out = NULL;
	*n = 0;
	while (stmt_row(s)) {
		*out = arena_room(a, *out, *n, &cap, sizeof(**out));
		client_read(s, a, &(*out)[(*n)++]);
	}
	return stmt_end(s);
}

static const char q_oauth_client_set[] =
	"UPDATE oauth_clients SET description = ?2, scopes = ?3, tags = ?4 WHERE id = ?1";
static const char q_oauth_client_tokens_end[] =
	"DELETE FROM oauth_tokens WHERE client_id = ?1";

enum err
store_oauth_client_set(struct db *db, const struct oauth_client *c)
{
	struct stmt *s = db_stmt(db, q_oauth_client_set);
	enum err e;

	bind_text(s, 1, c->id);
	bind_text(s, 2, text_of(c->description));
	bind_text(s, 3, c->scopes);
	bind_text(s, 4, c->tags != NULL ? c->tags : "[]");
	if ((e = stmt_end_change(s)) != OK)
		return e;
	s = db_stmt(db, q_oauth_client_tokens_end);
	bind_text(s, 1, c->id);
	return stmt_run(s);
}

static const char q_oauth_client_delete[] = "DELETE FROM oauth_clients WHERE id = ?1";

enum err
store_oauth_client_delete(struct db *db, const char *id)
{
	struct stmt *s = db_stmt(db, q_oauth_client_delete);

	bind_text(s, 1, id);
	return stmt_end_change(s);
}

static const char q_oauth_token_create[] =
	"INSERT INTO oauth_tokens (" TOKEN_COLS ", tailnet_id)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, " TAILNET ")";

enum err
store_oauth_token_create(struct db *db, const struct oauth_token *t)
{
	struct stmt *s = db_stmt(db, q_oauth_token_create);

	bind_text(s, 1, t->prefix);
	bind_text(s, 2, t->client_id);
	bind_text(s, 3, t->hash);
	bind_text(s, 4, t->scopes);
	bind_text(s, 5, t->tags != NULL ? t->tags : "[]");
	bind_i64(s, 6, t->created_ms);
	bind_i64(s, 7, t->expiry_ms);
	return stmt_run(s);
}

static const char q_oauth_token_count[] =
	"SELECT count(*) FROM oauth_tokens WHERE client_id = ?1";

enum err
store_oauth_token_count(struct db *db, const char *client_id, int64_t *n)
{
	struct stmt *s = db_stmt(db, q_oauth_token_count);

	bind_text(s, 1, client_id);
	if (stmt_row(s))
		*n = col_i64(s, 0);
	return stmt_end_row(s);
}

static const char q_oauth_token_by_prefix[] =
	"SELECT " TOKEN_COLS " FROM oauth_tokens WHERE prefix = ?1";

enum err
store_oauth_token_by_prefix(struct db *db, struct arena *a, struct str prefix,
    struct oauth_token *out)
{
	struct stmt *s = db_stmt(db, q_oauth_token_by_prefix);

	bind_str(s, 1, prefix);
	if (stmt_row(s))
		*out = (struct oauth_token){
			.prefix = col_text(s, 0, a),
			.client_id = col_text(s, 1, a),
			.hash = col_text(s, 2, a),
			.scopes = col_text(s, 3, a),
			.tags = col_text(s, 4, a),
			.created_ms = col_i64(s, 5),
			.expiry_ms = col_i64(s, 6),
		};
	return stmt_end_row(s);
}

static const char q_oauth_tokens_prune[] = "DELETE FROM oauth_tokens WHERE expiry_ms <= ?1";

enum err
store_oauth_tokens_prune(struct db *db, int64_t now_ms)
{
	struct stmt *s = db_stmt(db, q_oauth_tokens_prune);

	bind_i64(s, 1, now_ms);
	return stmt_run(s);
}
