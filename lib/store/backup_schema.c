/*
 * lib/store/backup_schema.c -- is the schema of a file the one that this program makes?
 *
 * The right one is made afresh in memory, so there is no second list of tables that
 * could be out of date.
 */
#include <string.h>

#include "lib/store/backup.h"
#include "lib/store/db_impl.h"

static const char q_schema[] =
	"SELECT type, name, coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%'"
	" ESCAPE '\\' ORDER BY name";
static const char q_schema_of[] =
	"SELECT coalesce(sql, '') FROM sqlite_schema WHERE type = ?1 AND name = ?2";

/* Looks one thing up in 'db'; a line if it is not the same there. */
static enum err
compare_one(struct db *db, struct arena *a, const char *type, const char *name,
    const char *sql, struct buf *why)
{
	struct stmt *s = db_stmt(db, q_schema_of);

	bind_text(s, 1, type);
	bind_text(s, 2, name);
	if (!stmt_row(s))
		buf_printf(why, "database %s: %s %s is missing\n", db->path, type, name);
	else if (strcmp(col_text(s, 0, a), sql) != 0)
		buf_printf(why, "database %s: %s %s is not the one that headrace makes\n",
		    db->path, type, name);
	return stmt_end(s);
}

enum err
backup_schema_check(struct db *db, struct buf *why)
{
	struct arena *a = arena_new();
	struct db *right = NULL;
	size_t before = why->n;
	struct stmt *s;
	enum err e = db_open(NULL, DB_MEMORY, &right, why);

	if (e == OK) {
		s = db_stmt(right, q_schema);
		while (e == OK && stmt_row(s))
			e = compare_one(db, a, col_text(s, 0, a), col_text(s, 1, a),
			    col_text(s, 2, a), why);
		if (e == OK)
			e = stmt_end(s);
	}
	db_close(right);
	arena_free(a);
	return e == OK && why->n != before ? ERR_INTERNAL : e;
}
