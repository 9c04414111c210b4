/* lib/store/document.c -- the documents table; no other file's SQL writes to it. */
#include "lib/store/store.h"

static const char q_document[] =
	"SELECT content FROM documents WHERE tailnet_id = " TAILNET " AND name = ?1";

enum err
store_document(struct db *db, struct arena *a, const char *name, const char **out)
{
	struct stmt *s = db_stmt(db, q_document);

	*out = NULL;
	bind_text(s, 1, name);
	if (stmt_row(s))
		*out = col_text(s, 0, a);
	return stmt_end(s);
}

/* The same content again is no change, so no stream hears of it. */
static const char q_document_put[] =
	"INSERT INTO documents (tailnet_id, name, content, updated_ms)"
	" VALUES (" TAILNET ", ?1, ?2, ?3)"
	" ON CONFLICT (tailnet_id, name) DO UPDATE"
	" SET content = excluded.content, updated_ms = excluded.updated_ms"
	" WHERE documents.content <> excluded.content";

enum err
store_document_put(struct db *db, const char *name, const char *content, int64_t now_ms)
{
	struct stmt *s = db_stmt(db, q_document_put);

	bind_text(s, 1, name);
	bind_text(s, 2, content);
	bind_i64(s, 3, now_ms);
	return stmt_run(s);
}
