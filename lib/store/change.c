/*
 * lib/store/change.c -- the changes table: what happened, in order.
 *
 * Triggers write nearly all of its rows (schema/).  The newest row is never
 * dropped, so max(seq) says where the tailnet is, whatever has been pruned.
 */
#include "lib/store/store.h"

#include <string.h>

static const char *const kinds[] = {
	[CHANGE_NODE] = "node",
	[CHANGE_NODE_PATCH] = "node.patch",
	[CHANGE_NODE_EXPIRY] = "node.expiry",
	[CHANGE_NODE_SELF] = "node.self",
	[CHANGE_NODE_ADMISSION] = "node.admission",
	[CHANGE_NODE_GONE] = "node.gone",
	[CHANGE_USER] = "user",
	[CHANGE_LOGIN] = "login",
	[CHANGE_DOCUMENT] = "document",
	[CHANGE_POLICY] = "policy",
	[CHANGE_OTHER] = "other",
};

static enum change_kind
kind_of(const char *text)
{
	int k = 0;

	while (k < CHANGE_OTHER && strcmp(kinds[k], text) != 0)
		k++;
	return (enum change_kind)k;
}

static const char q_change_ends[] =
	"SELECT coalesce((SELECT min(seq) FROM changes), 1),"
	" coalesce((SELECT max(seq) FROM changes), 0)";

static enum err
change_ends(struct db *db, int64_t *first, int64_t *last)
{
	struct stmt *s = db_stmt(db, q_change_ends);

	if (stmt_row(s)) {
		*first = col_i64(s, 0);
		*last = col_i64(s, 1);
	}
	return stmt_end_row(s);
}

enum err
store_change_last(struct db *db, int64_t *seq)
{
	int64_t first;

	return change_ends(db, &first, seq);
}

static const char q_changes_since[] =
	"SELECT seq, kind, id, subject, at_ms FROM changes WHERE seq > ?1 ORDER BY seq LIMIT ?2";

static enum err
changes_read(struct db *db, struct arena *a, int64_t seq, size_t max,
    struct change **out, size_t *n)
{
	struct stmt *s = db_stmt(db, q_changes_since);
	struct change *c;
	size_t cap = 0;

	bind_i64(s, 1, seq);
	bind_i64(s, 2, (int64_t)max + 1);
	while (stmt_row(s)) {
		*out = arena_room(a, *out, *n, &cap, sizeof(**out));
		c = &(*out)[(*n)++];
		c->seq = col_i64(s, 0);
		c->kind = kind_of(col_text(s, 1, a));
		c->id = col_i64(s, 2);
		c->subject = col_text(s, 3, a);
		c->at_ms = col_i64(s, 4);
	}
	return stmt_end(s);
}

enum err
store_changes_since(struct db *db, struct arena *a, int64_t seq, size_t max,
    struct change **out, size_t *n)
{
	int64_t first, last;
	enum err e = change_ends(db, &first, &last);

	*out = NULL;
	*n = 0;
	if (e != OK || seq == last)
		return e;
	/* Pruned, or a file that was put back from an older copy. */
	if (seq < first - 1 || seq > last)
		return ERR_TOOBIG;
	if ((e = changes_read(db, a, seq, max, out, n)) != OK)
		return e;
	return *n > max ? ERR_TOOBIG : OK;
}

static const char q_changes_have[] =
	"SELECT 1 FROM changes WHERE seq > ?1 AND kind = ?2 LIMIT 1";

enum err
store_changes_have(struct db *db, int64_t seq, enum change_kind kind, bool *yes)
{
	int64_t first, last;
	struct stmt *s;
	enum err e = change_ends(db, &first, &last);

	*yes = seq < first - 1 || seq > last;
	if (e != OK || *yes || seq == last)
		return e;
	s = db_stmt(db, q_changes_have);
	bind_i64(s, 1, seq);
	bind_text(s, 2, kinds[kind]);
	*yes = stmt_row(s);
	return stmt_end(s);
}

/* Time follows seq nearly enough, so the first row that is young enough ends it. */
static const char q_changes_prune[] =
	"DELETE FROM changes WHERE seq < coalesce("
	"(SELECT seq FROM changes WHERE at_ms >= ?1 ORDER BY seq LIMIT 1),"
	" (SELECT max(seq) FROM changes))";

enum err
store_changes_prune(struct db *db, int64_t before_ms)
{
	struct stmt *s = db_stmt(db, q_changes_prune);

	bind_i64(s, 1, before_ms);
	return stmt_run(s);
}

static const char q_change_note[] =
	"INSERT INTO changes (tailnet_id, kind, id, subject) VALUES (" TAILNET ", ?1, ?2, ?3)";

enum err
store_change_note(struct db *db, enum change_kind kind, int64_t id, const char *subject)
{
	struct stmt *s = db_stmt(db, q_change_note);

	bind_text(s, 1, kinds[kind]);
	bind_i64(s, 2, id);
	bind_text(s, 3, text_of(subject));
	return stmt_run(s);
}
