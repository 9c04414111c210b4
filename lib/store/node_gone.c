/*
 * lib/store/node_gone.c -- the nodes_gone table, which a trigger fills when a
 * node's row goes, whoever deletes it.
 */
#include "lib/store/store.h"

#define GONE_COLS "id, node_key, machine_key, name, ipv4, ipv6, gone_ms"

static void
gone_read(struct stmt *s, struct arena *a, struct node_gone *g)
{
	*g = (struct node_gone){
		.id = col_i64(s, 0),
		.node_key = col_text(s, 1, a),
		.machine_key = col_text(s, 2, a),
		.name = col_text(s, 3, a),
		.ipv4 = col_text_null(s, 4, a),
		.ipv6 = col_text_null(s, 5, a),
		.gone_ms = col_i64(s, 6),
	};
}

/* A key may have come and gone more than once. */
static const char q_gone_by_key[] =
	"SELECT " GONE_COLS " FROM nodes_gone WHERE node_key = ?1 ORDER BY id DESC LIMIT 1";

enum err
store_node_gone_by_key(struct db *db, struct arena *a, const char *node_key,
    struct node_gone *out)
{
	struct stmt *s = db_stmt(db, q_gone_by_key);

	bind_text(s, 1, node_key);
	if (stmt_row(s))
		gone_read(s, a, out);
	return stmt_end_row(s);
}

static const char q_gone_by_id[] =
	"SELECT " GONE_COLS " FROM nodes_gone WHERE id = ?1";

enum err
store_node_gone_by_id(struct db *db, struct arena *a, int64_t id, struct node_gone *out)
{
	struct stmt *s = db_stmt(db, q_gone_by_id);

	bind_i64(s, 1, id);
	if (stmt_row(s))
		gone_read(s, a, out);
	return stmt_end_row(s);
}

static const char q_gone_prune[] = "DELETE FROM nodes_gone WHERE gone_ms < ?1";

enum err
store_nodes_gone_prune(struct db *db, int64_t before_ms)
{
	struct stmt *s = db_stmt(db, q_gone_prune);

	bind_i64(s, 1, before_ms);
	return stmt_run(s);
}
