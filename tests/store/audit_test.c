/*
 * tests/store/audit_test.c -- who changed what: by the store, with and without an actor,
 * and by hand on another connection.
 */
#include "tests/store/fixture.h"

#define SECRET "s3cret-that-nobody-shall-see"

static const struct actor ann = {
	"key", "7", "hskey-api-0123456789ab", "ann", "192.0.2.1", "setTags",
};

static struct audit_row *
rows(struct fixture *f, const struct audit_filter *filter, size_t *n)
{
	struct audit_row *v;

	assert_ok(store_audit(f->db, f->a, filter, &v, n));
	return v;
}

static struct audit_row
newest(struct fixture *f)
{
	struct audit_filter one = { .since_ms = TIME_NONE, .until_ms = TIME_NONE, .max = 1 };
	size_t n;
	struct audit_row *v = rows(f, &one, &n);

	assert_int_equal(n, 1);
	return v[0];
}

/* What one edit by hand leaves: "kind target before after" of each row. */
static const char *
edited(struct fixture *f, const char *text)
{
	int64_t last = number(f->db, "SELECT coalesce(max(id), 0) FROM audit_log");
	struct audit_filter all = { .since_ms = TIME_NONE, .until_ms = TIME_NONE, .max = 9 };
	const char *out = "";
	size_t n;
	struct audit_row *v;

	if (sql(f->db, text) != SQLITE_OK)
		return arena_strdup(f->a, sqlite3_errmsg(f->db->h));
	v = rows(f, &all, &n);
	for (size_t i = n; i > 0; i--)
		if (v[i - 1].id > last)
			out = arena_printf(f->a, "%s%s%s %s %s %s", out, *out ? "; " : "",
			    v[i - 1].target_kind, v[i - 1].target, v[i - 1].before, v[i - 1].after);
	return out;
}

/* Each audited table: made, changed, not changed, gone. */
static void
every_table(void **state)
{
	struct fixture *f = *state;
	static const struct { const char *sql, *want; } edits[] = {
		{ "INSERT INTO users (name, created_ms) VALUES ('bob', 1)",
		    "user bob {} {\"name\":\"bob\",\"displayName\":\"\",\"email\":\"\",\"pictureUrl\":\"\","
		    "\"role\":\"member\",\"status\":\"active\",\"provider\":\"\"}" },
		{ "UPDATE users SET role = 'admin', email = 'b@x' WHERE name = 'bob'",
		    "user bob {\"email\":\"\",\"role\":\"member\"} {\"email\":\"b@x\",\"role\":\"admin\"}" },
		{ "UPDATE users SET role = 'admin'  WHERE name = 'bob'", "" },
		{ "UPDATE users SET name = 'Bob' WHERE name = 'bob'",
		    "user Bob {\"name\":\"bob\"} {\"name\":\"Bob\"}" },
		{ "UPDATE nodes SET name = 'N1' WHERE id = 1", "node N1 {\"name\":\"n1\"} {\"name\":\"N1\"}" },
		{ "UPDATE nodes SET user_id = NULL, tags = '[\"tag:a\"]' WHERE id = 1",
		    "node N1 {\"user\":\"alice\",\"tags\":[]} {\"user\":\"\",\"tags\":[\"tag:a\"]}" },
		{ "UPDATE nodes SET approved = '[\"10.0.0.0/8\"]' WHERE id = 1",
		    "node N1 {\"approvedRoutes\":[]} {\"approvedRoutes\":[\"10.0.0.0/8\"]}" },
		{ "UPDATE nodes SET expiry_ms = 1800000000000 WHERE id = 1",
		    "node N1 {\"expiry\":\"never\"} {\"expiry\":\"2027-01-15T08:00:00Z\"}" },
		{ "UPDATE nodes SET authorized = 0, ipv6 = NULL WHERE id = 1",
		    "node N1 {\"ipv6\":\"fd7a:115c:a1e0::1\",\"authorized\":true}"
		    " {\"ipv6\":\"\",\"authorized\":false}" },
		{ "UPDATE nodes SET online = 1, endpoints = '[]', hostinfo = '{}', netinfo = '{}',"
		    " last_seen_ms = 9, os = 'x', home_derp = 3, hostname = 'y', expired = 1", "" },
		{ "INSERT INTO authkeys (user_id, prefix, hash, created_ms) VALUES (1, 'aaaaaaaaaaaa', '"
		    SECRET "', 1)",
		    "authkey hskey-auth-aaaaaaaaaaaa {} {\"user\":\"alice\",\"tags\":[],\"reusable\":false,"
		    "\"ephemeral\":false,\"preauthorized\":false,\"description\":\"\"}" },
		{ "UPDATE authkeys SET used = 1", "" },
		{ "UPDATE authkeys SET revoked_ms = 1800000000000",
		    "authkey hskey-auth-aaaaaaaaaaaa {\"revoked\":\"never\"}"
		    " {\"revoked\":\"2027-01-15T08:00:00Z\"}" },
		{ "INSERT INTO apikeys (prefix, hash, created_ms) VALUES ('bbbbbbbbbbbb', '" SECRET "', 1)",
		    "apikey hskey-api-bbbbbbbbbbbb {} {\"scopes\":\"all\",\"description\":\"\"}" },
		{ "UPDATE apikeys SET last_used_ms = 5", "" },
		{ "UPDATE apikeys SET hash = 'x'", "" },
		{ "INSERT INTO oauth_clients (id, hash, scopes, created_ms) VALUES ('cc', '" SECRET "', 'dns', 1)",
		    "oauth-client cc {} {\"scopes\":\"dns\",\"tags\":[],\"description\":\"\"}" },
		{ "DELETE FROM oauth_clients",
		    "oauth-client cc {\"scopes\":\"dns\",\"tags\":[],\"description\":\"\"} {}" },
		{ "INSERT INTO settings (name, value) VALUES ('devicesApprovalOn', 'true')",
		    "setting devicesApprovalOn {} {\"value\":true}" },
		{ "UPDATE settings SET value = 'false'",
		    "setting devicesApprovalOn {\"value\":true} {\"value\":false}" },
		{ "INSERT INTO node_attributes (node_id, name, value) VALUES (1, 'custom:a', '\"x\"')",
		    "attribute custom:a {} {\"node\":\"N1\",\"value\":\"x\",\"comment\":\"\"}" },
		{ "DELETE FROM node_attributes",
		    "attribute custom:a {\"node\":\"N1\",\"value\":\"x\",\"comment\":\"\"} {}" },
		{ "INSERT INTO policies (text, comment) VALUES ('{\"" SECRET "\":1}', 'why')",
		    "policy version 1 {} {\"version\":1,\"bytes\":34,\"author\":\"\",\"comment\":\"why\"}" },
		{ "INSERT INTO policies (text, rollback_of) VALUES ('{}', 1)",
		    "policy version 2 {\"version\":1} {\"version\":2,\"bytes\":2,\"author\":\"\","
		    "\"comment\":\"\",\"rollbackOf\":1}" },
		{ "INSERT INTO webhooks (url, subscriptions, secret) VALUES ('https://h.example/" SECRET
		    "', '[\"test\"]', '" SECRET "')",
		    "webhook https://h.example {} {\"provider\":\"\",\"subscriptions\":[\"test\"]}" },
		{ "UPDATE webhooks SET failures = 3, next_ms = 5, error = 'x'", "" },
		{ "UPDATE webhooks SET secret = 'y', url = 'https://h.example/" SECRET "2'",
		    "webhook https://h.example {\"url\":\"old\",\"secret\":\"old\"}"
		    " {\"url\":\"new\",\"secret\":\"new\"}" },
		{ "INSERT INTO logins (id, machine_key, node_key, hostinfo, created_ms, expiry_ms)"
		    " VALUES ('hskey-authreq-x', 'm', 'n', '{\"Hostname\":\"pi\"}', 1, 2)", "" },
		{ "UPDATE logins SET state = 'rejected'",
		    "login pi {\"state\":\"waiting\"} {\"state\":\"rejected\"}" },
		{ "INSERT INTO ssh_checks (id, src_node, dst_node, local_user, created_ms, expiry_ms)"
		    " VALUES ('y', 1, 2, 'root', 1, 2)", "" },
		{ "UPDATE ssh_checks SET state = 'approved'",
		    "ssh-check root@n2 {\"state\":\"waiting\"} {\"state\":\"approved\",\"sourceId\":1,"
		    "\"destinationId\":2,\"localUser\":\"root\"}" },
		{ "DELETE FROM apikeys",
		    "apikey hskey-api-bbbbbbbbbbbb {\"scopes\":\"all\",\"description\":\"\"} {}" },
	};

	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++)
		assert_string_equal(edited(f, edits[i].sql), edits[i].want);
	assert_int_equal(number(f->db, "SELECT count(*) FROM audit_log WHERE"
	    " actor_kind <> 'shell' OR action <> 'edit'"), 0);
	assert_int_equal(number(f->db, "SELECT count(*) FROM audit_log a WHERE instr(a.actor_id"
	    " || a.actor || a.target_id || a.target || a.before || a.after || a.action, 's3cret')"), 0);
}

static int
setup(void **state)
{
	struct fixture *f;

	setup_memory(state);
	f = *state;
	add_user(f->db, "alice");
	add_node(f, 1, 1);
	add_node(f, 1, 2);
	return 0;
}

static void
actor(void **state)
{
	struct fixture *f = *state;
	struct audit_row r;
	int64_t writes, n;

	db_actor(f->db, &ann);
	assert_ok(db_begin_write(f->db));
	assert_ok(store_node_set_tags(f->db, 1, "[\"tag:a\"]"));
	assert_ok(db_commit(f->db));
	r = newest(f);
	assert_string_equal(r.actor_kind, "key");
	assert_string_equal(r.actor_id, "7");
	assert_string_equal(r.actor, "hskey-api-0123456789ab");
	assert_string_equal(r.user, "ann");
	assert_string_equal(r.address, "192.0.2.1");
	assert_string_equal(r.action, "setTags");
	assert_string_equal(r.outcome, "done");
	assert_string_equal(r.target_kind, "node");
	assert_string_equal(r.target_id, "1");
	assert_string_equal(r.target, "n1");

	/* What is typed in between is not Ann's, though she goes on. */
	assert_int_equal(sql(f->db, "UPDATE nodes SET name = 'x' WHERE id = 1"), SQLITE_OK);
	assert_string_equal(newest(f).actor_kind, "shell");

	/* Who does nothing leaves nothing. */
	writes = db_writes(f->db);
	n = number(f->db, "SELECT count(*) FROM audit_log");
	assert_ok(db_begin_write(f->db));
	assert_ok(db_commit(f->db));
	assert_ok(db_begin_write(f->db));
	assert_ok(store_node_set_tags(f->db, 1, "[\"tag:c\"]"));
	db_rollback(f->db);
	assert_int_equal(db_writes(f->db), writes);
	assert_int_equal(number(f->db, "SELECT count(*) FROM audit_log"), n);
	assert_int_equal(number(f->db, "SELECT kind = 'shell' FROM audit_context"), 1);
	db_actor(f->db, NULL);
}

/* In the middle of a transaction that somebody else began. */
static void
actor_noted_late(void **state)
{
	struct fixture *f = *state;

	assert_ok(db_begin_write(f->db));
	assert_ok(db_actor_note(f->db, &ann));
	assert_ok(store_node_set_tags(f->db, 1, "[\"tag:b\"]"));
	assert_ok(db_commit(f->db));
	assert_string_equal(newest(f).user, "ann");
	assert_int_equal(number(f->db, "SELECT kind = 'shell' FROM audit_context"), 1);
}

static void
append_only(void **state)
{
	struct fixture *f = *state;
	int64_t n = number(f->db, "SELECT count(*) FROM audit_log");

	assert_int_not_equal(sql(f->db, "UPDATE audit_log SET actor = 'x'"), SQLITE_OK);
	assert_int_not_equal(sql(f->db, "DELETE FROM audit_log"), SQLITE_OK);
	assert_int_equal(sql(f->db, "INSERT INTO audit_log (id, at_ms, actor_kind, actor_id, actor, user,"
	    " address, action, target_kind, target_id, target) VALUES"
	    " (1000, 1, 'shell', '', 'x', '', '', 'old', 'node', '1', 'a')"), SQLITE_OK);
	assert_ok(store_audit_prune(f->db, T0));
	assert_int_equal(number(f->db, "SELECT count(*) FROM audit_log"), n);
}

static void
denied(void **state)
{
	struct fixture *f = *state;
	struct actor other = ann;
	struct audit_row r;

	other.action = "deleteNode";
	assert_ok(store_audit_denied(f->db, &ann, "/api/v1/node/1/tags", T0));
	assert_ok(store_audit_denied(f->db, &ann, "/api/v1/node/2/tags", T0 + 59999));
	assert_int_equal(number(f->db, "SELECT count(*) FROM audit_log WHERE outcome = 'denied'"), 1);
	r = newest(f);
	assert_string_equal(r.outcome, "denied");
	assert_string_equal(r.target, "/api/v1/node/1/tags");
	assert_ok(store_audit_denied(f->db, &ann, "/x", T0 + 60000));
	assert_ok(store_audit_denied(f->db, &other, "/x", T0 + 60000));
	assert_int_equal(number(f->db, "SELECT count(*) FROM audit_log WHERE outcome = 'denied'"), 3);
}

static size_t
found(struct fixture *f, struct audit_filter filter)
{
	size_t n;

	filter.max = 100;
	if (filter.since_ms == 0)
		filter.since_ms = TIME_NONE;
	if (filter.until_ms == 0)
		filter.until_ms = TIME_NONE;
	(void)rows(f, &filter, &n);
	return n;
}

static void
filters(void **state)
{
	struct fixture *f = *state;
	struct audit_filter page = { .since_ms = TIME_NONE, .until_ms = TIME_NONE, .max = 2 };
	struct audit_row *v;
	size_t n;

	db_actor(f->db, &ann);
	assert_ok(db_begin_write(f->db));
	assert_ok(store_node_set_tags(f->db, 2, "[\"tag:a\"]"));
	assert_ok(db_commit(f->db));
	db_actor(f->db, NULL);
	assert_int_equal(found(f, (struct audit_filter){ .actor = "ann" }), 1);
	assert_int_equal(found(f, (struct audit_filter){ .actor = "7" }), 1);
	assert_int_equal(found(f, (struct audit_filter){ .actor = "shell" }), 3);
	assert_int_equal(found(f, (struct audit_filter){ .target = "n2" }), 2);
	assert_int_equal(found(f, (struct audit_filter){ .target = "user" }), 1);
	assert_int_equal(found(f, (struct audit_filter){ .action = "setTags" }), 1);
	assert_int_equal(found(f, (struct audit_filter){ .action = "setTags", .target = "n1" }), 0);
	assert_int_equal(found(f, (struct audit_filter){ .since_ms = 4000000000000 }), 0);
	assert_int_equal(found(f, (struct audit_filter){ .until_ms = 1 }), 0);
	v = rows(f, &page, &n);
	assert_int_equal(n, 2);
	assert_string_equal(v[0].action, "setTags");
	page.before_id = v[1].id;
	v = rows(f, &page, &n);
	assert_int_equal(n, 2);
	assert_string_equal(v[1].target, "alice");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_table, setup, teardown),
		cmocka_unit_test_setup_teardown(actor, setup, teardown),
		cmocka_unit_test_setup_teardown(actor_noted_late, setup, teardown),
		cmocka_unit_test_setup_teardown(append_only, setup, teardown),
		cmocka_unit_test_setup_teardown(denied, setup, teardown),
		cmocka_unit_test_setup_teardown(filters, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
