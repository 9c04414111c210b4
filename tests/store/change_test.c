/* tests/store/change_test.c -- what is noted, read back, dropped. */
#include "tests/store/fixture.h"

/* The changes after *seq as text, "node:1 user:2"; *seq moves on. */
static const char *
since(struct fixture *f, int64_t *seq)
{
	static const char *const names[] = { "node", "patch", "expiry", "self", "admission", "gone",
		"user", "login", "document", "policy", "other" };
	const char *text = "";
	struct change *c;
	size_t n;

	assert_ok(store_changes_since(f->db, f->a, *seq, 100, &c, &n));
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(c[i].seq, ++*seq);
		text = arena_printf(f->a, "%s%s%s:%d%s", text, i ? " " : "",
		    names[c[i].kind], (int)c[i].id, c[i].subject);
	}
	return text;
}

static void
each_kind(void **state)
{
	struct fixture *f = *state;
	struct login l = { .id = "x", .machine_key = "m", .node_key = "n" };
	int64_t seq = 0, user, id, n;

	assert_string_equal(since(f, &seq), "");
	user = add_user(f->db, "a");
	assert_string_equal(since(f, &seq), "");
	id = add_node(f, user, 1);
	assert_string_equal(since(f, &seq), "node:1");
	assert_ok(store_node_rename(f->db, id, "N1"));
	assert_string_equal(since(f, &seq), "self:1 node:1");
	assert_ok(store_node_set_presence(f->db, id, true, T0 + 1));
	assert_string_equal(since(f, &seq), "patch:1o");
	assert_ok(store_node_set_expiry(f->db, id, T0, false));
	assert_string_equal(since(f, &seq), "expiry:1");
	assert_ok(store_nodes_mark_expired(f->db, T0, &n));
	assert_string_equal(since(f, &seq), "expiry:1");
	assert_ok(store_change_note(f->db, CHANGE_NODE_SELF, id, NULL));
	assert_string_equal(since(f, &seq), "self:1");
	assert_ok(store_user_rename(f->db, user, "b"));
	assert_string_equal(since(f, &seq), "user:1");
	assert_ok(store_login_create(f->db, &l));
	assert_string_equal(since(f, &seq), "");
	assert_ok(store_login_done(f->db, "x", id));
	assert_string_equal(since(f, &seq), "login:0x");
	assert_ok(store_node_delete(f->db, id));
	assert_string_equal(since(f, &seq), "gone:1");
	assert_ok(store_logins_expire(f->db, 1, &n));
	assert_string_equal(since(f, &seq), "login:0x");
	assert_ok(store_document_put(f->db, "dns", "{}", T0));
	assert_string_equal(since(f, &seq), "document:0dns");
	assert_int_equal(sql(f->db, "INSERT INTO changes (kind, id) VALUES ('future', 9)"),
	    SQLITE_OK);
	assert_string_equal(since(f, &seq), "other:9");
}

/* What a node's map request changes, and what of it anybody hears. */
static void
node_update(void **state)
{
	struct fixture *f = *state;
	struct node n = node_like(f->a, add_user(f->db, "a"), 1);
	int64_t seq;

	assert_ok(store_node_insert(f->db, &n, &n.id));
	assert_ok(store_change_last(f->db, &seq));
	assert_ok(store_node_update(f->db, &n));
	assert_string_equal(since(f, &seq), "");
	n.netinfo = "{\"PreferredDERP\":1}";
	n.last_seen_ms++;
	n.os = "plan9";
	n.client_version = "2";
	n.hostname = "other";
	assert_ok(store_node_update(f->db, &n));
	assert_string_equal(since(f, &seq), "");
	n.endpoints = "[\"1.2.3.4:5\"]";
	assert_ok(store_node_update(f->db, &n));
	assert_string_equal(since(f, &seq), "patch:1e");
	n.home_derp = 2;
	n.online = true;
	assert_ok(store_node_update(f->db, &n));
	assert_string_equal(since(f, &seq), "patch:1do");
	n.hostinfo = "{}";
	assert_ok(store_node_update(f->db, &n));
	assert_string_equal(since(f, &seq), "node:1");
	n.node_key = "nodekey:new";
	assert_ok(store_node_update(f->db, &n));
	assert_string_equal(since(f, &seq), "node:1");
	n.expiry_ms = T0;
	assert_ok(store_node_update(f->db, &n));
	assert_string_equal(since(f, &seq), "expiry:1");
}

static void
too_many(void **state)
{
	struct fixture *f = *state;
	struct change *c;
	size_t n;

	for (int i = 1; i <= 10; i++)
		assert_ok(store_change_note(f->db, CHANGE_NODE, i, ""));
	assert_ok(store_changes_since(f->db, f->a, 0, 10, &c, &n));
	assert_int_equal(n, 10);
	assert_int_equal(store_changes_since(f->db, f->a, 0, 9, &c, &n), ERR_TOOBIG);
	assert_ok(store_changes_since(f->db, f->a, 10, 9, &c, &n));
	assert_int_equal(n, 0);
	/* A seq from before the file was put back. */
	assert_int_equal(store_changes_since(f->db, f->a, 11, 9, &c, &n), ERR_TOOBIG);
}

static void
pruned(void **state)
{
	struct fixture *f = *state;
	struct change *c;
	int64_t seq;
	size_t n;

	assert_ok(store_changes_prune(f->db, INT64_MAX));
	for (int i = 1; i <= 10; i++)
		assert_ok(store_change_note(f->db, CHANGE_NODE, i, ""));
	assert_int_equal(sql(f->db, "UPDATE changes SET at_ms = seq * 100"), SQLITE_OK);
	assert_ok(store_changes_prune(f->db, 400));
	assert_int_equal(number(f->db, "SELECT min(seq) FROM changes"), 4);
	assert_ok(store_changes_since(f->db, f->a, 3, 10, &c, &n));
	assert_int_equal(n, 7);
	assert_int_equal(store_changes_since(f->db, f->a, 2, 10, &c, &n), ERR_TOOBIG);
	assert_ok(store_changes_prune(f->db, INT64_MAX));
	assert_ok(store_change_last(f->db, &seq));
	assert_int_equal(seq, 10);
	assert_int_equal(number(f->db, "SELECT count(*) FROM changes"), 1);
	assert_ok(store_changes_since(f->db, f->a, 10, 10, &c, &n));
	assert_int_equal(n, 0);
	assert_ok(store_changes_since(f->db, f->a, 9, 10, &c, &n));
	assert_int_equal(n, 1);
	assert_int_equal(store_changes_since(f->db, f->a, 8, 10, &c, &n), ERR_TOOBIG);
	/* Emptied by hand: numbers go on where they were. */
	assert_int_equal(sql(f->db, "DELETE FROM changes"), SQLITE_OK);
	assert_int_equal(store_changes_since(f->db, f->a, 10, 10, &c, &n), ERR_TOOBIG);
	assert_ok(store_change_note(f->db, CHANGE_NODE, 1, ""));
	assert_ok(store_change_last(f->db, &seq));
	assert_int_equal(seq, 11);
}

static bool
have(struct fixture *f, int64_t seq, enum change_kind kind)
{
	bool yes;

	assert_ok(store_changes_have(f->db, seq, kind, &yes));
	return yes;
}

static void
of_one_kind(void **state)
{
	struct fixture *f = *state;

	assert_ok(store_change_note(f->db, CHANGE_USER, 1, ""));
	assert_ok(store_change_note(f->db, CHANGE_NODE, 1, ""));
	assert_true(have(f, 0, CHANGE_USER));
	assert_false(have(f, 1, CHANGE_USER));
	assert_true(have(f, 1, CHANGE_NODE));
	assert_false(have(f, 2, CHANGE_NODE));
	assert_false(have(f, 0, CHANGE_POLICY));
	assert_true(have(f, 3, CHANGE_POLICY));		/* it is yet to come: who knows */
	assert_ok(store_changes_prune(f->db, INT64_MAX));
	assert_true(have(f, 0, CHANGE_POLICY));
	assert_false(have(f, 1, CHANGE_POLICY));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_kind, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(node_update, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(too_many, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(pruned, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(of_one_kind, setup_memory, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
