/*
 * lib/store/route.c -- the route_primaries table: which node a subnet goes to.
 *
 * Its rows are written by triggers alone (schema/), so that an approval typed
 * into the sqlite3 shell decides like any other.
 */
#include "lib/store/db_impl.h"
#include "lib/store/store.h"

static const char q_routes_served[] =
	"SELECT prefix FROM route_primaries WHERE node_id = ?1";

enum err
store_routes_served(struct db *db, struct arena *a, int64_t node_id,
    const char ***out, size_t *n)
{
	struct stmt *s = db_stmt(db, q_routes_served);
	size_t cap = 0;

	*out = NULL;
	*n = 0;
	bind_i64(s, 1, node_id);
	while (stmt_row(s)) {
		*out = arena_room(a, *out, *n, &cap, sizeof(**out));
		(*out)[(*n)++] = col_text(s, 0, a);
	}
	return stmt_end(s);
}
