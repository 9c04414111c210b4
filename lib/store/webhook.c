/*
 * lib/store/webhook.c -- the tables webhooks, webhook_outbox and webhook_expiring.
 *
 * Triggers fill the outbox.  Whoever sends takes a claim on a webhook first (next_ms is
 * a little ahead), sends outside of any transaction, and then says how it went: events
 * that were not said to be sent are sent again.
 */
#include "lib/store/store.h"

#define WEBHOOK_COLS "id, url, provider, subscriptions, secret, creator, created_ms," \
	" updated_ms, failures, next_ms, error, dropped"

static void
webhook_read(struct stmt *s, struct arena *a, struct webhook *w)
{
	*w = (struct webhook){
		.id = col_i64(s, 0), .url = col_text(s, 1, a),
		.provider = col_text(s, 2, a), .subscriptions = col_text(s, 3, a),
		.secret = col_text(s, 4, a), .creator = col_text(s, 5, a),
		.created_ms = col_i64(s, 6), .updated_ms = col_i64(s, 7),
		.failures = col_i64(s, 8), .next_ms = col_i64(s, 9),
		.error = col_text(s, 10, a), .dropped = col_i64(s, 11),
	};
}

static enum err
read_all(struct stmt *s, struct arena *a, struct webhook **out, size_t *n)
{
	size_t room = 0;

	*out = NULL;
	for (*n = 0; stmt_row(s); ++*n) {
		*out = arena_room(a, *out, *n, &room, sizeof(**out));
		webhook_read(s, a, &(*out)[*n]);
	}
	return stmt_end(s);
}

/* ---- whom to tell ---- */

static const char q_webhook_create[] =
	"INSERT INTO webhooks (tailnet_id, url, provider, subscriptions, secret, creator,"
	" created_ms, updated_ms) VALUES (" TAILNET ", ?1, ?2, ?3, ?4, ?5, ?6, ?6)";

enum err
store_webhook_create(struct db *db, const struct webhook *w, int64_t *id)
{
	struct stmt *s = db_stmt(db, q_webhook_create);
	enum err e;

	bind_text(s, 1, w->url);
	bind_text(s, 2, text_of(w->provider));
	bind_text(s, 3, w->subscriptions);
	bind_text(s, 4, w->secret);
	bind_text(s, 5, text_of(w->creator));
	bind_i64(s, 6, w->created_ms);
	if ((e = stmt_run(s)) == OK)
		*id = db_last_id(db);
	return e;
}

static const char q_webhook_by_id[] = "SELECT " WEBHOOK_COLS " FROM webhooks WHERE id = ?1";

enum err
store_webhook_by_id(struct db *db, struct arena *a, int64_t id, struct webhook *out)
{
	struct stmt *s = db_stmt(db, q_webhook_by_id);

	bind_i64(s, 1, id);
	if (stmt_row(s))
		webhook_read(s, a, out);
	return stmt_end_row(s);
}

static const char q_webhooks[] =
	"SELECT " WEBHOOK_COLS " FROM webhooks WHERE +tailnet_id = " TAILNET " ORDER BY id";

enum err
store_webhooks(struct db *db, struct arena *a, struct webhook **out, size_t *n)
{
	return read_all(db_stmt(db, q_webhooks), a, out, n);
}

static const char q_webhook_subscribe[] =
	"UPDATE webhooks SET subscriptions = ?2, updated_ms = ?3 WHERE id = ?1";

enum err
store_webhook_subscribe(struct db *db, int64_t id, const char *subscriptions, int64_t now_ms)
{
	struct stmt *s = db_stmt(db, q_webhook_subscribe);

	bind_i64(s, 1, id);
	bind_text(s, 2, subscriptions);
	bind_i64(s, 3, now_ms);
	return stmt_end_change(s);
}

static const char q_webhook_rotate[] =
	"UPDATE webhooks SET secret = ?2, updated_ms = ?3, next_ms = 0 WHERE id = ?1";

enum err
store_webhook_rotate(struct db *db, int64_t id, const char *secret, int64_t now_ms)
{
	struct stmt *s = db_stmt(db, q_webhook_rotate);

	bind_i64(s, 1, id);
	bind_text(s, 2, secret);
	bind_i64(s, 3, now_ms);
	return stmt_end_change(s);
}

static const char q_webhook_delete[] = "DELETE FROM webhooks WHERE id = ?1";

enum err
store_webhook_delete(struct db *db, int64_t id)
{
	struct stmt *s = db_stmt(db, q_webhook_delete);

	bind_i64(s, 1, id);
	return stmt_end_change(s);
}

/* ---- what to tell ---- */

static const char q_webhook_test[] =
	"INSERT INTO webhook_outbox (webhook_id, type, at_ms) VALUES (?1, 'test', ?2)";
static const char q_webhook_hurry[] = "UPDATE webhooks SET next_ms = 0 WHERE id = ?1";

enum err
store_webhook_test(struct db *db, int64_t id, int64_t now_ms)
{
	struct stmt *s = db_stmt(db, q_webhook_test);
	enum err e;

	bind_i64(s, 1, id);
	bind_i64(s, 2, now_ms);
	if ((e = stmt_run(s)) != OK)
		return e;
	s = db_stmt(db, q_webhook_hurry);
	bind_i64(s, 1, id);
	return stmt_run(s);
}

/* Replaced, not updated: that is what the trigger sees. */
static const char q_webhook_expiring[] =
	"INSERT OR REPLACE INTO webhook_expiring (node_id, expiry_ms)"
	" SELECT n.id, n.expiry_ms FROM nodes n"
	" WHERE n.expiry_ms > ?1 AND n.expiry_ms <= ?2 AND n.expired = 0"
	" AND EXISTS (SELECT 1 FROM webhooks) AND NOT EXISTS"
	" (SELECT 1 FROM webhook_expiring e WHERE e.node_id = n.id AND e.expiry_ms = n.expiry_ms)";

enum err
store_webhooks_note_expiring(struct db *db, int64_t now_ms, int64_t until_ms)
{
	struct stmt *s = db_stmt(db, q_webhook_expiring);

	bind_i64(s, 1, now_ms);
	bind_i64(s, 2, until_ms);
	return stmt_run(s);
}

/* ---- sending ---- */

static const char q_webhooks_due[] =
	"SELECT " WEBHOOK_COLS " FROM webhooks WHERE next_ms <= ?1"
	" AND EXISTS (SELECT 1 FROM webhook_outbox o WHERE o.webhook_id = webhooks.id)"
	" ORDER BY next_ms LIMIT ?2";

enum err
store_webhooks_due(struct db *db, struct arena *a, int64_t now_ms, size_t max,
    struct webhook **out, size_t *n)
{
	struct stmt *s = db_stmt(db, q_webhooks_due);

	bind_i64(s, 1, now_ms);
	bind_i64(s, 2, (int64_t)max);
	return read_all(s, a, out, n);
}

static const char q_webhooks_next[] =
	"SELECT min(next_ms) FROM webhooks"
	" WHERE EXISTS (SELECT 1 FROM webhook_outbox o WHERE o.webhook_id = webhooks.id)";

enum err
store_webhooks_next(struct db *db, int64_t *due_ms)
{
	struct stmt *s = db_stmt(db, q_webhooks_next);

	*due_ms = TIME_NONE;
	if (stmt_row(s))
		*due_ms = col_time(s, 0);
	return stmt_end(s);
}

static const char q_webhook_claim[] = "UPDATE webhooks SET next_ms = ?2 WHERE id = ?1";

enum err
store_webhook_claim(struct db *db, int64_t id, int64_t until_ms)
{
	struct stmt *s = db_stmt(db, q_webhook_claim);

	bind_i64(s, 1, id);
	bind_i64(s, 2, until_ms);
	return stmt_end_change(s);
}

static const char q_webhook_events[] =
	"SELECT id, webhook_id, type, subject, data, at_ms FROM webhook_outbox"
	" WHERE webhook_id = ?1 ORDER BY id LIMIT ?2";

enum err
store_webhook_events(struct db *db, struct arena *a, int64_t webhook_id, size_t max,
    struct webhook_event **out, size_t *n)
{
	struct stmt *s = db_stmt(db, q_webhook_events);
	size_t room = 0;

	bind_i64(s, 1, webhook_id);
	bind_i64(s, 2, (int64_t)max);
	*out = NULL;
	for (*n = 0; stmt_row(s); ++*n) {
		*out = arena_room(a, *out, *n, &room, sizeof(**out));
		(*out)[*n] = (struct webhook_event){
			.id = col_i64(s, 0), .webhook_id = col_i64(s, 1),
			.type = col_text(s, 2, a), .subject = col_text(s, 3, a),
			.data = col_text(s, 4, a), .at_ms = col_i64(s, 5),
		};
	}
	return stmt_end(s);
}

static const char q_webhook_outbox_sent[] =
	"DELETE FROM webhook_outbox WHERE webhook_id = ?1 AND id <= ?2";
static const char q_webhook_sent[] =
	"UPDATE webhooks SET failures = 0, error = '', next_ms = 0 WHERE id = ?1";

enum err
store_webhook_sent(struct db *db, int64_t id, int64_t last_event)
{
	struct stmt *s = db_stmt(db, q_webhook_outbox_sent);
	enum err e;

	bind_i64(s, 1, id);
	bind_i64(s, 2, last_event);
	if ((e = stmt_run(s)) != OK)
		return e;
	s = db_stmt(db, q_webhook_sent);
	bind_i64(s, 1, id);
	return stmt_run(s);
}

/* What is too old, and what is more than may wait. */
static const char q_webhook_outbox_drop[] =
	"DELETE FROM webhook_outbox WHERE webhook_id = ?1 AND (at_ms < ?2 OR id <= coalesce("
	"(SELECT id FROM webhook_outbox WHERE webhook_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?3), 0))";
static const char q_webhook_failed[] =
	"UPDATE webhooks SET failures = failures + 1, next_ms = ?2, error = ?3,"
	" dropped = dropped + ?4 WHERE id = ?1";

enum err
store_webhook_failed(struct db *db, int64_t id, const struct webhook_failure *f, int64_t *dropped)
{
	struct stmt *s = db_stmt(db, q_webhook_outbox_drop);
	enum err e;

	bind_i64(s, 1, id);
	bind_i64(s, 2, f->drop_before_ms);
	bind_i64(s, 3, WEBHOOK_WAITING_MAX);
	if ((e = stmt_end_count(s, dropped)) != OK)
		return e;
	s = db_stmt(db, q_webhook_failed);
	bind_i64(s, 1, id);
	bind_i64(s, 2, f->next_ms);
	bind_text(s, 3, f->error);
	bind_i64(s, 4, *dropped);
	return stmt_run(s);
}
