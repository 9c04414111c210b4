/*
 * lib/store/counts.c -- how many there are of what; for the metrics.
 *
 * One look over each table.  The states of nodes are those of the view show_nodes, each
 * node in one of them.
 */
#include "lib/store/store.h"

static const char q_count_nodes[] =
	"SELECT sum(suspended = 1), sum(suspended = 0 AND authorized = 0),"
	" sum(suspended = 0 AND authorized = 1 AND expired = 1),"
	" sum(suspended = 0 AND authorized = 1 AND expired = 0 AND online = 1),"
	" sum(suspended = 0 AND authorized = 1 AND expired = 0 AND online = 0),"
	" sum(ephemeral = 1), sum(user_id IS NULL)"
	" FROM nodes WHERE +tailnet_id = " TAILNET;

static enum err
count_nodes(struct db *db, struct counts *c)
{
	struct stmt *s = db_stmt(db, q_count_nodes);

	if (stmt_row(s)) {	/* sum() of no rows is NULL, which reads as 0 */
		c->suspended = col_i64(s, 0);
		c->waiting = col_i64(s, 1);
		c->expired = col_i64(s, 2);
		c->online = col_i64(s, 3);
		c->offline = col_i64(s, 4);
		c->ephemeral = col_i64(s, 5);
		c->tagged = col_i64(s, 6);
	}
	return stmt_end_row(s);
}

static const char q_count_users[] =
	"SELECT sum(status = 'active'), sum(status = 'suspended'), sum(status = 'needs-approval')"
	" FROM users WHERE +tailnet_id = " TAILNET;

static enum err
count_users(struct db *db, struct counts *c)
{
	struct stmt *s = db_stmt(db, q_count_users);

	if (stmt_row(s)) {
		c->users_active = col_i64(s, 0);
		c->users_suspended = col_i64(s, 1);
		c->users_waiting = col_i64(s, 2);
	}
	return stmt_end_row(s);
}

static const char q_count_authkeys[] =
	"SELECT count(*) FROM authkeys WHERE tailnet_id = " TAILNET
	" AND revoked_ms IS NULL AND (expiry_ms IS NULL OR expiry_ms > ?1)"
	" AND (reusable = 1 OR used = 0)";

static enum err
count_authkeys(struct db *db, int64_t now_ms, struct counts *c)
{
	struct stmt *s = db_stmt(db, q_count_authkeys);

	bind_i64(s, 1, now_ms);
	if (stmt_row(s))
		c->authkeys = col_i64(s, 0);
	return stmt_end_row(s);
}

static const char q_count_apikeys[] =
	"SELECT count(*) FROM apikeys WHERE tailnet_id = " TAILNET
	" AND (expiry_ms IS NULL OR expiry_ms > ?1)";

static enum err
count_apikeys(struct db *db, int64_t now_ms, struct counts *c)
{
	struct stmt *s = db_stmt(db, q_count_apikeys);

	bind_i64(s, 1, now_ms);
	if (stmt_row(s))
		c->apikeys = col_i64(s, 0);
	return stmt_end_row(s);
}

static const char q_count_webhooks[] =
	"SELECT sum(failures = 0), sum(failures > 0), sum(dropped)"
	" FROM webhooks WHERE +tailnet_id = " TAILNET;

static enum err
count_webhooks(struct db *db, struct counts *c)
{
	struct stmt *s = db_stmt(db, q_count_webhooks);

	if (stmt_row(s)) {
		c->webhooks_ok = col_i64(s, 0);
		c->webhooks_failing = col_i64(s, 1);
		c->webhooks_dropped = col_i64(s, 2);
	}
	return stmt_end_row(s);
}

static const char q_count_outbox[] =
	"SELECT (SELECT count(*) FROM webhook_outbox),"
	" (SELECT at_ms FROM webhook_outbox ORDER BY id LIMIT 1)";

static enum err
count_outbox(struct db *db, struct counts *c)
{
	struct stmt *s = db_stmt(db, q_count_outbox);

	if (stmt_row(s)) {
		c->outbox = col_i64(s, 0);
		c->outbox_since_ms = col_time(s, 1);
	}
	return stmt_end_row(s);
}

enum err
store_counts(struct db *db, int64_t now_ms, struct counts *out)
{
	enum err e;

	*out = (struct counts){ 0 };
	if ((e = count_nodes(db, out)) != OK || (e = count_users(db, out)) != OK ||
	    (e = count_authkeys(db, now_ms, out)) != OK ||
	    (e = count_apikeys(db, now_ms, out)) != OK ||
	    (e = count_webhooks(db, out)) != OK || (e = count_outbox(db, out)) != OK ||
	    (e = store_login_count(db, &out->logins)) != OK ||
	    (e = store_ssh_check_count(db, &out->ssh_checks)) != OK ||
	    (e = store_change_last(db, &out->change_seq)) != OK)
		return e;
	return store_policy_last(db, &out->policy_version);
}
