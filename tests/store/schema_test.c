/*
 * tests/store/schema_test.c -- edits by hand, as the sqlite3 shell makes them:
 * on a connection of its own with foreign_keys off.
 */
#include "tests/store/fixture.h"

static sqlite3 *shell;
static const char *const names[] = { "alice", "bob" };

static int
setup(void **state)
{
	struct fixture *f;

	setup_file(state);
	f = *state;
	for (int i = 0; i < 2; i++)
		add_user(f->db, names[i]);
	add_node(f, 1, 1);
	add_node(f, 1, 2);
	assert_int_equal(sqlite3_open(f->path, &shell), SQLITE_OK);
	return 0;
}

static int
end(void **state)
{
	sqlite3_close(shell);
	return teardown(state);
}

/* The kinds of the changes that the statement makes, "" for none. */
static const char *
typed(struct fixture *f, const char *text)
{
	static const char *const kinds[] = { "node", "patch", "expiry", "self", "admission", "gone",
		"user", "login", "document", "policy", "other" };
	const char *all = "";
	struct change *c;
	int64_t seq;
	size_t n;

	assert_ok(store_change_last(f->db, &seq));
	if (sqlite3_exec(shell, text, NULL, NULL, NULL) != SQLITE_OK)
		return arena_strdup(f->a, sqlite3_errmsg(shell));
	assert_ok(store_changes_since(f->db, f->a, seq, 100, &c, &n));
	for (size_t i = 0; i < n; i++)
		all = arena_printf(f->a, "%s%s%s", all, i ? " " : "", kinds[c[i].kind]);
	return all;
}

static void
reaches_clients(void **state)
{
	struct fixture *f = *state;
	static const struct { const char *sql, *kinds; } edits[] = {
		{ "UPDATE nodes SET name = 'web' WHERE name = 'n1'", "self node" },
		{ "UPDATE nodes SET name = 'WEB' WHERE name = 'web'", "self node" },
		{ "UPDATE nodes SET name = 'web' WHERE name = 'web'", "self node" },
		{ "UPDATE nodes SET name = 'web' WHERE name = 'web'", "" },
		{ "UPDATE nodes SET name = 'not a label!' WHERE id = 1", "self node" },
		{ "UPDATE nodes SET approved = '[\"10.0.0.0/8\"]' WHERE id = 1", "self node" },
		{ "UPDATE nodes SET user_id = 2 WHERE id = 1", "self node" },
		{ "UPDATE nodes SET user_id = NULL, tags = '[\"tag:a\"]' WHERE id = 1", "self node" },
		{ "UPDATE nodes SET user_id = 1, tags = '[]' WHERE id = 1", "self node" },
		{ "UPDATE nodes SET ipv4 = '100.64.9.9' WHERE id = 1", "self node" },
		{ "UPDATE nodes SET ipv6 = NULL WHERE id = 1", "self node" },
		{ "UPDATE nodes SET expiry_ms = 5 WHERE id = 1", "expiry" },
		{ "UPDATE nodes SET expired = 1 WHERE id = 1", "expiry" },
		{ "UPDATE nodes SET expiry_ms = NULL WHERE id = 1", "expiry expiry" },
		{ "UPDATE nodes SET netinfo = '{\"a\":1}', last_seen_ms = 1, os = 'x',"
		    " client_version = 'y', hostname = 'z', client_address = '::1', authkey_id = NULL", "" },
		{ "UPDATE nodes SET authorized = 0 WHERE id = 1", "admission" },
		{ "UPDATE nodes SET authorized = 0 WHERE id = 1", "" },
		/* The first device is out already. */
		{ "UPDATE users SET status = 'suspended' WHERE id = 1", "admission" },
		{ "UPDATE nodes SET authorized = 1 WHERE id = 1", "" },
		{ "UPDATE users SET status = 'needs-approval' WHERE id = 1", "" },
		{ "UPDATE users SET status = 'active' WHERE id = 1", "admission admission" },
		{ "UPDATE users SET display_name = 'A' WHERE id = 1", "user" },
		{ "UPDATE users SET role = 'it-admin' WHERE id = 1", "user" },
		{ "UPDATE users SET role = 'it-admin' WHERE id = 1", "" },
		{ "INSERT INTO policies (text) VALUES ('{}')", "policy" },
		{ "DELETE FROM nodes WHERE id = 2", "gone" },
		{ "DELETE FROM users WHERE id = 2", "" },
		{ "INSERT INTO documents VALUES (1, 'dns', '{}', 0)", "document" },
		{ "UPDATE documents SET content = '[]'", "document" },
		{ "DELETE FROM documents", "document" },
	};

	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++)
		if (strcmp(typed(f, edits[i].sql), edits[i].kinds) != 0)
			fail_msg("%s: not %s", edits[i].sql, edits[i].kinds);
	/* The expiry that was taken away took the mark along. */
	assert_int_equal(number(f->db, "SELECT expired FROM nodes WHERE id = 1"), 0);
}

static void
refused(void **state)
{
	struct fixture *f = *state;
	static const struct { const char *sql, *text; } edits[] = {
		{ "UPDATE nodes SET name = 'N2' WHERE id = 1", "UNIQUE" },
		{ "UPDATE nodes SET name = '' WHERE id = 1", "node_name_is_not_empty" },
		{ "UPDATE nodes SET name = NULL WHERE id = 1", "NOT NULL" },
		{ "UPDATE nodes SET ipv4 = '100.64.0.2' WHERE id = 1", "UNIQUE" },
		{ "UPDATE nodes SET ipv4 = 'fd7a::1' WHERE id = 1", "ipv4_is_an_address" },
		{ "UPDATE nodes SET ipv4 = '' WHERE id = 1", "ipv4_is_an_address" },
		{ "UPDATE nodes SET ipv6 = '100.64.0.7' WHERE id = 1", "ipv6_is_an_address" },
		{ "UPDATE nodes SET approved = '10.0.0.0/8' WHERE id = 1",
		    "approved_is_a_json_array" },
		{ "UPDATE nodes SET approved = '\"10.0.0.0/8\"' WHERE id = 1",
		    "approved_is_a_json_array" },
		{ "UPDATE nodes SET hostinfo = '{\"a\"' WHERE id = 1", "hostinfo_is_json" },
		{ "UPDATE nodes SET netinfo = 'x' WHERE id = 1", "netinfo_is_json" },
		{ "UPDATE nodes SET endpoints = '{}' WHERE id = 1", "endpoints_is_a_json_array" },
		{ "UPDATE nodes SET tags = '[\"tag:a\"]' WHERE id = 1",
		    "a_node_has_a_user_or_tags_not_both" },
		{ "UPDATE nodes SET user_id = NULL WHERE id = 1",
		    "a_node_has_a_user_or_tags_not_both" },
		{ "UPDATE nodes SET user_id = 99 WHERE id = 1", "no user has this user_id" },
		{ "UPDATE nodes SET id = 99 WHERE id = 1", "never changes" },
		{ "UPDATE users SET id = 99 WHERE id = 1", "never changes" },
		{ "UPDATE nodes SET online = 2 WHERE id = 1", "CHECK" },
		{ "UPDATE nodes SET expiry_ms = 'tomorrow' WHERE id = 1", "TEXT" },
		{ "UPDATE nodes SET node_key = 'x' WHERE id = 1", "CHECK" },
		{ "DELETE FROM users WHERE id = 1", "still has nodes" },
		{ "INSERT INTO documents VALUES (1, 'dns', 'x', 0)", "content_is_json" },
		{ "UPDATE users SET role = 'boss' WHERE id = 1", "role_is_known" },
		{ "INSERT INTO policies (text) VALUES (hex(zeroblob(524289)))",
		    "policy_is_at_most_1_MiB_of_text" },
		{ "INSERT INTO policies (text) VALUES ('{}' || char(0))",
		    "policy_is_at_most_1_MiB_of_text" },
		{ "INSERT INTO policies (text, source) VALUES ('{}', 'x')", "CHECK" },
		{ "INSERT INTO policies (id, text) VALUES (1, '{}');"
		    "UPDATE policies SET text = '[]'", "never changes" },
		{ "DELETE FROM policies", "are kept" },
	};

	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++)
		if (strstr(typed(f, edits[i].sql), edits[i].text) == NULL)
			fail_msg("%s: %s", edits[i].sql, sqlite3_errmsg(shell));
}

/* References hold though the shell does not look at foreign keys. */
static void
references(void **state)
{
	struct fixture *f = *state;
	struct authkey k = { .user_id = 2, .prefix = "p", .hash = "h", .tags = "[]",
		.expiry_ms = TIME_NONE, .revoked_ms = TIME_NONE };
	struct login l = { .id = "x", .machine_key = "m", .node_key = "n", .node_id = 1 };
	struct node n;
	struct buf why;
	int64_t key;

	assert_ok(store_authkey_create(f->db, &k, &key));
	assert_ok(store_login_create(f->db, &l));
	assert_ok(store_node_by_id(f->db, f->a, 1, &n));
	n.authkey_id = key;
	assert_ok(store_node_update(f->db, &n));
	assert_string_equal(typed(f, "DELETE FROM users WHERE id = 2"), "");
	assert_int_equal(number(f->db, "SELECT count(*) FROM authkeys"), 0);
	assert_int_equal(number(f->db, "SELECT count(authkey_id) FROM nodes"), 0);
	assert_string_equal(typed(f, "DELETE FROM nodes WHERE id = 1"), "gone");
	assert_int_equal(number(f->db, "SELECT count(node_id) FROM logins"), 0);
	buf_init(&why, 4096);
	assert_ok(db_check(f->db, &why));
	assert_int_equal(why.n, 0);
	buf_fini(&why);
}

/* db_check() finds what even the triggers do not stop. */
static void
health_finds(void **state)
{
	struct fixture *f = *state;
	struct buf why;

	assert_string_equal(typed(f, "UPDATE nodes SET authkey_id = 77 WHERE id = 1"), "");
	buf_init(&why, 4096);
	assert_int_equal(db_check(f->db, &why), ERR_INTERNAL);
	buf_byte(&why, '\0');
	assert_non_null(strstr((char *)why.p, "row 1 of nodes refers to a row of authkeys"));
	assert_non_null(strstr((char *)why.p, f->path));
	buf_fini(&why);
}

static void
views(void **state)
{
	struct fixture *f = *state;
	struct login l = { .id = "x", .machine_key = "m", .node_key = "n",
		.hostinfo = "{\"Hostname\":\"pi\"}", .expiry_ms = T0 };

	assert_ok(store_login_create(f->db, &l));
	assert_int_equal(number(f->db, "SELECT count(*) FROM show_nodes WHERE user = 'alice'"
	    " AND state = 'offline' AND expiry = 'never' AND last_seen LIKE '2026-%'"), 2);
	assert_int_equal(number(f->db, "SELECT nodes FROM show_users WHERE name = 'alice'"), 2);
	assert_int_equal(number(f->db, "SELECT count(*) FROM show_authkeys"), 0);
	assert_int_equal(number(f->db, "SELECT count(*) FROM show_logins"
	    " WHERE hostname = 'pi' AND state = 'waiting'"), 1);
	assert_int_equal(number(f->db, "SELECT count(*) FROM show_changes WHERE name = 'n1'"), 1);
}

/* Every table belongs to a tailnet, but the one that is about the file. */
static void
tailnet_everywhere(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(number(f->db, "SELECT count(*) FROM sqlite_schema s"
	    " WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
	    " AND name NOT IN ('schema_migrations', 'tailnets') AND NOT EXISTS"
	    " (SELECT 1 FROM pragma_table_info(s.name) WHERE name = 'tailnet_id')"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reaches_clients, setup, end),
		cmocka_unit_test_setup_teardown(refused, setup, end),
		cmocka_unit_test_setup_teardown(references, setup, end),
		cmocka_unit_test_setup_teardown(health_finds, setup, end),
		cmocka_unit_test_setup_teardown(views, setup, end),
		cmocka_unit_test_setup_teardown(tailnet_everywhere, setup, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
