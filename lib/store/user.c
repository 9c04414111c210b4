/*
 * lib/store/user.c -- the users table; no other file's SQL writes to it.
 *
 * Names are unique among local users only: an identity provider may vouch for
 * two people of the same name, and for one whom an admin has made by hand too.
 */
#include "lib/store/store.h"

#define USER_COLS "id, name, display_name, email, provider, provider_id, " \
	"picture_url, role, created_ms, status"

static void
user_read(struct stmt *s, struct arena *a, struct user *u)
{
	*u = (struct user){
		.id = col_i64(s, 0),
		.name = col_text(s, 1, a),
		.display_name = col_text(s, 2, a),
		.email = col_text(s, 3, a),
		.provider = col_text(s, 4, a),
		.provider_id = col_text_null(s, 5, a),
		.picture_url = col_text(s, 6, a),
		.role = col_text(s, 7, a),
		.created_ms = col_i64(s, 8),
		.status = col_text(s, 9, a),
	};
}

/* Whom an administrator makes is active; whom a provider sends may have to wait. */
static const char q_user_create[] =
	"INSERT INTO users (" USER_COLS ", tailnet_id)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, coalesce(?10,"
	" CASE WHEN ?5 <> '' AND EXISTS (SELECT 1 FROM settings WHERE tailnet_id = " TAILNET
	" AND name = 'usersApprovalOn' AND value = 'true')"
	" THEN 'needs-approval' ELSE 'active' END), " TAILNET ")";

enum err
store_user_create(struct db *db, const struct user *u, int64_t *id)
{
	struct stmt *s = db_stmt(db, q_user_create);
	enum err e;

	bind_id(s, 1, u->id);
	bind_text(s, 2, u->name);
	bind_text(s, 3, text_of(u->display_name));
	bind_text(s, 4, text_of(u->email));
	bind_text(s, 5, text_of(u->provider));
	bind_text(s, 6, u->provider_id);
	bind_text(s, 7, text_of(u->picture_url));
	bind_text(s, 8, u->role != NULL ? u->role : "member");
	bind_i64(s, 9, u->created_ms);
	bind_text(s, 10, u->status);
	if ((e = stmt_run(s)) == OK)
		*id = db_last_id(db);
	return e;
}

static const char q_user_by_id[] =
	"SELECT " USER_COLS " FROM users WHERE id = ?1";

enum err
store_user_by_id(struct db *db, struct arena *a, int64_t id, struct user *out)
{
	struct stmt *s = db_stmt(db, q_user_by_id);

	bind_i64(s, 1, id);
	if (stmt_row(s))
		user_read(s, a, out);
	return stmt_end_row(s);
}

/* The local user comes first, as '' sorts before every provider. */
static const char q_user_by_name[] =
	"SELECT " USER_COLS " FROM users WHERE tailnet_id = " TAILNET " AND name = ?1"
	" ORDER BY provider LIMIT 2";

enum err
store_user_by_name(struct db *db, struct arena *a, const char *name, struct user *out)
{
	struct stmt *s = db_stmt(db, q_user_by_name);
	bool several = false;
	enum err e;

	bind_text(s, 1, name);
	if (stmt_row(s)) {
		user_read(s, a, out);
		several = out->provider[0] != '\0' && stmt_row(s);
	}
	e = stmt_end_row(s);
	return e == OK && several ? ERR_CONFLICT : e;
}

static const char q_users[] =
	"SELECT " USER_COLS " FROM users WHERE +tailnet_id = " TAILNET " ORDER BY id";

enum err
store_users(struct db *db, struct arena *a, struct user **out, size_t *n)
{
	struct stmt *s = db_stmt(db, q_users);
	size_t cap = 0;

	*out = NULL;
	*n = 0;
	while (stmt_row(s)) {
		*out = arena_room(a, *out, *n, &cap, sizeof(**out));
		user_read(s, a, &(*out)[(*n)++]);
	}
	return stmt_end(s);
}

static const char q_user_rename[] = "UPDATE users SET name = ?2 WHERE id = ?1";

enum err
store_user_rename(struct db *db, int64_t id, const char *name)
{
	struct stmt *s = db_stmt(db, q_user_rename);

	bind_i64(s, 1, id);
	bind_text(s, 2, name);
	return stmt_end_change(s);
}

static const char q_user_set_role[] = "UPDATE users SET role = ?2 WHERE id = ?1";

enum err
store_user_set_role(struct db *db, int64_t id, const char *role)
{
	struct stmt *s = db_stmt(db, q_user_set_role);

	bind_i64(s, 1, id);
	bind_text(s, 2, role);
	return stmt_end_change(s);
}

static const char q_user_set_status[] = "UPDATE users SET status = ?2 WHERE id = ?1";

enum err
store_user_set_status(struct db *db, int64_t id, const char *status)
{
	struct stmt *s = db_stmt(db, q_user_set_status);

	bind_i64(s, 1, id);
	bind_text(s, 2, status);
	return stmt_end_change(s);
}

/* A trigger deletes the user's auth keys. */
static const char q_user_delete[] = "DELETE FROM users WHERE id = ?1";

enum err
store_user_delete(struct db *db, int64_t id)
{
	struct stmt *s = db_stmt(db, q_user_delete);

	bind_i64(s, 1, id);
	return stmt_end_change(s);
}

static const char q_user_node_count[] = "SELECT count(*) FROM nodes WHERE user_id = ?1";

enum err
store_user_node_count(struct db *db, int64_t id, int64_t *n)
{
	struct stmt *s = db_stmt(db, q_user_node_count);

	bind_i64(s, 1, id);
	if (stmt_row(s))
		*n = col_i64(s, 0);
	return stmt_end_row(s);
}

static void
devices_read(struct stmt *s, struct user_devices *d)
{
	*d = (struct user_devices){
		.user_id = col_i64(s, 0),
		.count = col_i64(s, 1),
		.last_seen_ms = col_i64(s, 2),
		.online = col_bool(s, 3),
	};
}

static const char q_users_devices[] =
	"SELECT user_id, count(*), max(last_seen_ms), max(online) FROM nodes"
	" WHERE user_id IS NOT NULL GROUP BY user_id ORDER BY user_id";

enum err
store_users_devices(struct db *db, struct arena *a, struct user_devices **out, size_t *n)
{
	struct stmt *s = db_stmt(db, q_users_devices);
	size_t cap = 0;

	*out = NULL;
	*n = 0;
	while (stmt_row(s)) {
		*out = arena_room(a, *out, *n, &cap, sizeof(**out));
		devices_read(s, &(*out)[(*n)++]);
	}
	return stmt_end(s);
}

static const char q_user_devices[] =
	"SELECT ?1, count(*), coalesce(max(last_seen_ms), 0), coalesce(max(online), 0)"
	" FROM nodes WHERE user_id = ?1";

enum err
store_user_devices(struct db *db, int64_t id, struct user_devices *out)
{
	struct stmt *s = db_stmt(db, q_user_devices);

	bind_i64(s, 1, id);
	if (stmt_row(s))
		devices_read(s, out);
	return stmt_end_row(s);
}
