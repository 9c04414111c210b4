/*
 * lib/store/node_attribute.c -- what is known of nodes beyond what they say; no other
 * file's SQL writes to node_attributes.
 *
 * Triggers tell of what a posture could see: a new time or comment is no change of a
 * node.
 */
#include "lib/store/store.h"

#define ATTRIBUTE_COLS "node_id, name, value, comment, expiry_ms"

static const char q_node_attribute_put[] =
	"INSERT INTO node_attributes (" ATTRIBUTE_COLS ", updated_ms, tailnet_id)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, " TAILNET ")"
	" ON CONFLICT (node_id, name) DO UPDATE SET value = excluded.value,"
	" comment = excluded.comment, expiry_ms = excluded.expiry_ms,"
	" updated_ms = excluded.updated_ms";

enum err
store_node_attribute_put(struct db *db, const struct node_attribute *v, int64_t now_ms)
{
	struct stmt *s = db_stmt(db, q_node_attribute_put);

	bind_i64(s, 1, v->node_id);
	bind_text(s, 2, v->name);
	bind_text(s, 3, v->value);
	bind_text(s, 4, text_of(v->comment));
	bind_time(s, 5, v->expiry_ms);
	bind_i64(s, 6, now_ms);
	return stmt_run(s);
}

static const char q_node_attribute_delete[] =
	"DELETE FROM node_attributes WHERE node_id = ?1 AND name = ?2";

enum err
store_node_attribute_delete(struct db *db, int64_t node_id, const char *name)
{
	struct stmt *s = db_stmt(db, q_node_attribute_delete);

	bind_i64(s, 1, node_id);
	bind_text(s, 2, name);
	return stmt_end_change(s);
}

static const char q_node_attributes[] =
	"SELECT " ATTRIBUTE_COLS " FROM node_attributes WHERE node_id = ?1 ORDER BY name";

enum err
store_node_attributes(struct db *db, struct arena *a, int64_t node_id,
    struct node_attribute **out, size_t *n)
{
	struct stmt *s = db_stmt(db, q_node_attributes);
	size_t cap = 0;

	*out = NULL;
	*n = 0;
	bind_i64(s, 1, node_id);
	while (stmt_row(s)) {
		*out = arena_room(a, *out, *n, &cap, sizeof(**out));
		(*out)[(*n)++] = (struct node_attribute){
			.node_id = col_i64(s, 0),
			.name = col_text(s, 1, a),
			.value = col_text(s, 2, a),
			.comment = col_text(s, 3, a),
			.expiry_ms = col_time(s, 4),
		};
	}
	return stmt_end(s);
}

static const char q_node_attributes_expire[] =
	"DELETE FROM node_attributes WHERE expiry_ms <= ?1";

enum err
store_node_attributes_expire(struct db *db, int64_t now_ms, int64_t *n)
{
	struct stmt *s = db_stmt(db, q_node_attributes_expire);

	bind_i64(s, 1, now_ms);
	return stmt_end_count(s, n);
}

static const char q_node_attributes_next_due[] =
	"SELECT min(expiry_ms) FROM node_attributes WHERE expiry_ms IS NOT NULL";

enum err
store_node_attributes_next_due(struct db *db, int64_t *at_ms)
{
	struct stmt *s = db_stmt(db, q_node_attributes_next_due);

	*at_ms = TIME_NONE;
	if (stmt_row(s))
		*at_ms = col_time(s, 0);
	return stmt_end_row(s);
}
