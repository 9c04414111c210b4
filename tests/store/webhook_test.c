/* tests/store/webhook_test.c -- what triggers put into the outbox, and who takes it out. */
#include "tests/store/fixture.h"

#define ALL "[\"categoryTailnetManagement\"]"

static int64_t
hook(struct fixture *f, const char *subscriptions)
{
	struct webhook w = { .url = "https://h.example/x", .provider = "", .creator = "ann",
	    .subscriptions = subscriptions, .secret = "s", .created_ms = T0 };
	int64_t id;

	assert_ok(store_webhook_create(f->db, &w, &id));
	return id;
}

/* "type subject data" of what waits for this webhook; then nothing does. */
static const char *
waiting(struct fixture *f, int64_t id)
{
	struct webhook_event *v;
	const char *out = "";
	size_t n;

	assert_ok(store_webhook_events(f->db, f->a, id, 100, &v, &n));
	for (size_t i = 0; i < n; i++)
		out = arena_printf(f->a, "%s%s%s %s %s", out, i ? "; " : "", v[i].type,
		    v[i].subject, v[i].data);
	if (n > 0)
		assert_ok(store_webhook_sent(f->db, id, v[n - 1].id));
	return out;
}

static void
every_event(void **state)
{
	struct fixture *f = *state;
	int64_t id = hook(f, ALL);
	static const struct { const char *sql, *want; } edits[] = {
		{ "INSERT INTO users (name, created_ms) VALUES ('bob', 1)", "userCreated bob"
		    " {\"userID\":\"1\",\"user\":\"bob\",\"actor\":\"sqlite3 shell\"}" },
		{ "INSERT INTO users (name, created_ms, status) VALUES ('eve', 1, 'needs-approval')",
		    "userCreated eve {\"userID\":\"2\",\"user\":\"eve\",\"actor\":\"sqlite3 shell\"}; "
		    "userNeedsApproval eve {\"userID\":\"2\",\"user\":\"eve\",\"actor\":\"sqlite3 shell\"}" },
		{ "UPDATE users SET status = 'active' WHERE id = 2", "userApproved eve"
		    " {\"userID\":\"2\",\"user\":\"eve\",\"actor\":\"sqlite3 shell\"}" },
		{ "UPDATE users SET status = 'suspended' WHERE id = 2", "userSuspended eve"
		    " {\"userID\":\"2\",\"user\":\"eve\",\"actor\":\"sqlite3 shell\"}" },
		{ "UPDATE users SET status = 'active' WHERE id = 2", "userRestored eve"
		    " {\"userID\":\"2\",\"user\":\"eve\",\"actor\":\"sqlite3 shell\"}" },
		{ "UPDATE users SET role = 'auditor' WHERE id = 2", "userRoleUpdated eve"
		    " {\"userID\":\"2\",\"user\":\"eve\",\"oldRoles\":\"member\",\"newRoles\":\"auditor\","
		    "\"actor\":\"sqlite3 shell\"}" },
		{ "UPDATE users SET email = 'a@b' WHERE id = 2", "" },
		{ "DELETE FROM users WHERE id = 2", "userDeleted eve"
		    " {\"userID\":\"2\",\"user\":\"eve\",\"actor\":\"sqlite3 shell\"}" },
		{ "INSERT INTO nodes (user_id, machine_key, node_key, name, created_ms, last_seen_ms)"
		    " VALUES (1, 'mkey:1', 'nodekey:1', 'pi', 1, 1)", "nodeCreated pi"
		    " {\"nodeID\":\"1\",\"deviceName\":\"pi\",\"managedBy\":\"bob\",\"actor\":\"sqlite3 shell\"}" },
		{ "UPDATE nodes SET authorized = 0", "nodeNeedsApproval pi"
		    " {\"nodeID\":\"1\",\"deviceName\":\"pi\",\"managedBy\":\"bob\",\"actor\":\"sqlite3 shell\"}" },
		{ "UPDATE nodes SET authorized = 1", "nodeApproved pi"
		    " {\"nodeID\":\"1\",\"deviceName\":\"pi\",\"managedBy\":\"bob\",\"actor\":\"sqlite3 shell\"}" },
		{ "UPDATE nodes SET user_id = NULL, tags = '[\"tag:a\",\"tag:b\"]', expiry_ms = 1800000000000", "" },
		{ "UPDATE nodes SET online = 1, endpoints = '[\"1\"]', name = 'pie'", "" },
		{ "UPDATE nodes SET expired = 1", "nodeKeyExpired pie {\"nodeID\":\"1\",\"deviceName\":\"pie\","
		    "\"managedBy\":\"tag:a,tag:b\",\"expiration\":\"2027-01-15T08:00:00Z\"}" },
		{ "DELETE FROM nodes", "nodeDeleted pie {\"nodeID\":\"1\",\"deviceName\":\"pie\","
		    "\"managedBy\":\"tag:a,tag:b\",\"actor\":\"sqlite3 shell\"}" },
		{ "INSERT INTO policies (text) VALUES ('{}')",
		    "policyUpdate  {\"newVersion\":1,\"actor\":\"sqlite3 shell\"}" },
		{ "INSERT INTO policies (text) VALUES ('{}')",
		    "policyUpdate  {\"oldVersion\":1,\"newVersion\":2,\"actor\":\"sqlite3 shell\"}" },
		{ "INSERT INTO webhooks (url, subscriptions, secret) VALUES ('https://o/p', '[]', 's')", "" },
		{ "UPDATE webhooks SET secret = 't' WHERE url = 'https://o/p'", "webhookUpdated https://o"
		    " {\"endpointID\":\"2\",\"endpointURL\":\"https://o\",\"actor\":\"sqlite3 shell\"}" },
		{ "DELETE FROM webhooks WHERE url = 'https://o/p'", "webhookDeleted https://o"
		    " {\"endpointID\":\"2\",\"endpointURL\":\"https://o\",\"actor\":\"sqlite3 shell\"}" },
	};

	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		assert_int_equal(sql(f->db, edits[i].sql), SQLITE_OK);
		assert_string_equal(waiting(f, id), edits[i].want);
	}
}

static void
subscriptions(void **state)
{
	struct fixture *f = *state;
	int64_t one = hook(f, "[\"userDeleted\",\"userCreated\"]"), none = hook(f, "[]");

	add_user(f->db, "bob");
	assert_ok(store_user_delete(f->db, 1));
	assert_int_equal(number(f->db, "SELECT count(*) FROM webhook_outbox"), 2);
	assert_string_equal(waiting(f, none), "");
	assert_ok(store_webhook_subscribe(f->db, one, "[\"nodeCreated\"]", T0));
	add_user(f->db, "eve");
	assert_int_equal(number(f->db, "SELECT count(*) FROM webhook_outbox"), 2);
	assert_ok(store_webhook_delete(f->db, one));
	assert_int_equal(number(f->db, "SELECT count(*) FROM webhook_outbox"), 0);
	assert_int_equal(store_webhook_delete(f->db, one), ERR_NOTFOUND);
	assert_int_equal(store_webhook_rotate(f->db, one, "x", T0), ERR_NOTFOUND);
}

/* A key that runs out within a day is told once, and again with another time. */
static void
expiring(void **state)
{
	struct fixture *f = *state;
	int64_t day = 86400000, id = hook(f, ALL), node;

	node = add_node(f, add_user(f->db, "bob"), 1);
	(void)waiting(f, id);
	assert_ok(store_node_set_expiry(f->db, node, T0 + day + 1, false));
	assert_ok(store_webhooks_note_expiring(f->db, T0, T0 + day));
	assert_string_equal(waiting(f, id), "");
	assert_ok(store_webhooks_note_expiring(f->db, T0 + 1, T0 + 1 + day));
	assert_non_null(strstr(waiting(f, id), "nodeKeyExpiringInOneDay n1 {\"nodeID\":\"1\""));
	assert_ok(store_webhooks_note_expiring(f->db, T0 + 2, T0 + 2 + day));
	assert_string_equal(waiting(f, id), "");
	assert_ok(store_node_set_expiry(f->db, node, T0 + day / 2, false));
	assert_ok(store_webhooks_note_expiring(f->db, T0 + 2, T0 + 2 + day));
	assert_non_null(strstr(waiting(f, id), "nodeKeyExpiringInOneDay"));
	assert_ok(store_node_delete(f->db, node));
	assert_int_equal(number(f->db, "SELECT count(*) FROM webhook_expiring"), 0);
}

static size_t
due(struct fixture *f, int64_t now)
{
	struct webhook *v;
	size_t n;

	assert_ok(store_webhooks_due(f->db, f->a, now, 9, &v, &n));
	return n;
}

static void
sending(void **state)
{
	struct fixture *f = *state;
	int64_t id = hook(f, ALL), at, dropped;
	struct webhook_failure fail = { T0 + 60000, T0 - 86400000, "it answered with status 500" };
	struct webhook w;

	assert_int_equal(due(f, T0), 0);
	assert_ok(store_webhooks_next(f->db, &at));
	assert_int_equal(at, TIME_NONE);
	assert_ok(store_webhook_test(f->db, id, T0));
	assert_int_equal(due(f, T0), 1);
	assert_ok(store_webhook_claim(f->db, id, T0 + 15000));
	assert_int_equal(due(f, T0), 0);
	assert_int_equal(due(f, T0 + 15000), 1);	/* whoever had it has died */

	assert_ok(store_webhook_failed(f->db, id, &fail, &dropped));
	assert_int_equal(dropped, 0);
	assert_ok(store_webhooks_next(f->db, &at));
	assert_int_equal(at, T0 + 60000);
	assert_ok(store_webhook_by_id(f->db, f->a, id, &w));
	assert_int_equal(w.failures, 1);
	assert_string_equal(w.error, "it answered with status 500");

	fail.drop_before_ms = T0 + 1;
	assert_ok(store_webhook_failed(f->db, id, &fail, &dropped));
	assert_int_equal(dropped, 1);
	assert_ok(store_webhook_test(f->db, id, T0));
	assert_int_equal(due(f, T0), 1);		/* a test does not wait */
	assert_string_equal(waiting(f, id), "test  {}");
	assert_ok(store_webhook_by_id(f->db, f->a, id, &w));
	assert_true(w.failures == 0 && w.dropped == 1 && *w.error == '\0');
}

/* One that is away for long keeps the newest. */
static void
bounded(void **state)
{
	struct fixture *f = *state;
	int64_t id = hook(f, ALL), dropped;
	struct webhook_failure fail = { T0, 0, "x" };

	assert_int_equal(sql(f->db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	    " WHERE i < 10005) INSERT INTO webhook_outbox (webhook_id, type) SELECT 1, 'test' FROM n"),
	    SQLITE_OK);
	assert_ok(store_webhook_failed(f->db, id, &fail, &dropped));
	assert_int_equal(dropped, 5);
	assert_int_equal(number(f->db, "SELECT min(id) FROM webhook_outbox"), 6);
}

static void
refused(void **state)
{
	struct fixture *f = *state;
	static const char *const bad[] = { "ftp://x", "https://", "https://u:p@h/x", "http://u@h", "" };
	struct webhook w = { .subscriptions = "[]", .secret = "s" };
	int64_t id;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		w.url = bad[i];
		assert_int_equal(store_webhook_create(f->db, &w, &id), ERR_BADREQ);
	}
	w.url = "https://h.example/@user";
	assert_ok(store_webhook_create(f->db, &w, &id));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_event, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(subscriptions, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(expiring, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(sending, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(bounded, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(refused, setup_memory, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
