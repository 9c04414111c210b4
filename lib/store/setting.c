/*
 * lib/store/setting.c -- the settings table; no other file's SQL writes to it.
 *
 * Names and values are JSON as handlers/control/setting.c knows them; what stands here
 * goes before the configuration file, and what does not is as that file says.
 */
#include "lib/store/store.h"

static const char q_setting[] =
	"SELECT value FROM settings WHERE tailnet_id = " TAILNET " AND name = ?1";

enum err
store_setting(struct db *db, struct arena *a, const char *name, const char **json)
{
	struct stmt *s = db_stmt(db, q_setting);

	*json = NULL;
	bind_text(s, 1, name);
	if (stmt_row(s))
		*json = col_text(s, 0, a);
	return stmt_end(s);
}

static const char q_settings[] =
	"SELECT name, value, updated_ms FROM settings WHERE tailnet_id = " TAILNET
	" ORDER BY name";

enum err
store_settings(struct db *db, struct arena *a, struct setting **out, size_t *n)
{
	struct stmt *s = db_stmt(db, q_settings);
	size_t cap = 0;

	*out = NULL;
	*n = 0;
	while (stmt_row(s)) {
		*out = arena_room(a, *out, *n, &cap, sizeof(**out));
		(*out)[(*n)++] = (struct setting){
			.name = col_text(s, 0, a),
			.value = col_text(s, 1, a),
			.updated_ms = col_i64(s, 2),
		};
	}
	return stmt_end(s);
}

/* The same value again keeps its time. */
static const char q_setting_put[] =
	"INSERT INTO settings (tailnet_id, name, value, updated_ms)"
	" VALUES (" TAILNET ", ?1, ?2, ?3)"
	" ON CONFLICT (tailnet_id, name) DO UPDATE"
	" SET value = excluded.value, updated_ms = excluded.updated_ms"
	" WHERE settings.value <> excluded.value";

enum err
store_setting_put(struct db *db, const char *name, const char *json, int64_t now_ms)
{
	struct stmt *s = db_stmt(db, q_setting_put);

	bind_text(s, 1, name);
	bind_text(s, 2, json);
	bind_i64(s, 3, now_ms);
	return stmt_run(s);
}

static const char q_setting_delete[] =
	"DELETE FROM settings WHERE tailnet_id = " TAILNET " AND name = ?1";

enum err
store_setting_delete(struct db *db, const char *name)
{
	struct stmt *s = db_stmt(db, q_setting_delete);

	bind_text(s, 1, name);
	return stmt_run(s);
}
