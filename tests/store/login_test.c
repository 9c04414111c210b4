/* tests/store/login_test.c -- waiting logins, documents. */
#include "tests/store/fixture.h"

static void
add_login(struct db *db, const char *id, int64_t at)
{
	struct login l = {
		.id = id, .machine_key = "mkey:a", .node_key = "nodekey:a",
		.old_node_key = "nodekey:o", .nl_key = "nlpub:x", .cap = 130,
		.hostinfo = "{\"Hostname\":\"pi\",\"OS\":\"linux\"}", .ephemeral = true,
		.want_expiry_ms = TIME_NONE, .created_ms = at, .expiry_ms = at + 100,
	};

	assert_ok(store_login_create(db, &l));
}

static void
there_and_back(void **state)
{
	struct fixture *f = *state;
	struct login l = { .id = "one", .machine_key = "m", .node_key = "n",
		.want_expiry_ms = TIME_NONE };

	add_login(f->db, "one", T0);
	assert_ok(store_login_by_id(f->db, f->a, "one", &l));
	assert_string_equal(l.id, "one");
	assert_string_equal(l.machine_key, "mkey:a");
	assert_string_equal(l.node_key, "nodekey:a");
	assert_string_equal(l.old_node_key, "nodekey:o");
	assert_string_equal(l.nl_key, "nlpub:x");
	assert_int_equal(l.cap, 130);
	assert_string_equal(l.hostinfo, "{\"Hostname\":\"pi\",\"OS\":\"linux\"}");
	assert_true(l.ephemeral);
	assert_true(l.want_expiry_ms == TIME_NONE);
	assert_string_equal(l.state, "waiting");
	assert_int_equal(l.node_id, 0);
	assert_int_equal(l.created_ms, T0);
	assert_int_equal(l.expiry_ms, T0 + 100);
	assert_int_equal(store_login_create(f->db, &l), ERR_CONFLICT);
	l.id = "two";
	l.hostinfo = "{";
	assert_int_equal(store_login_create(f->db, &l), ERR_BADREQ);
	assert_int_equal(store_login_by_id(f->db, f->a, "two", &l), ERR_NOTFOUND);
}

static void
answers(void **state)
{
	struct fixture *f = *state;
	int64_t node = add_node(f, add_user(f->db, "a"), 1);
	struct login l;

	add_login(f->db, "one", T0);
	add_login(f->db, "two", T0);
	assert_ok(store_login_done(f->db, "one", node));
	assert_ok(store_login_by_id(f->db, f->a, "one", &l));
	assert_string_equal(l.state, "done");
	assert_int_equal(l.node_id, node);
	assert_int_equal(store_login_done(f->db, "one", node), ERR_CONFLICT);
	assert_int_equal(store_login_reject(f->db, "one"), ERR_CONFLICT);
	assert_int_equal(store_login_done(f->db, "none", node), ERR_NOTFOUND);
	assert_int_equal(store_login_reject(f->db, "none"), ERR_NOTFOUND);
	assert_int_equal(store_login_done(f->db, "two", 99), ERR_CONFLICT);
	assert_ok(store_login_reject(f->db, "two"));
	assert_ok(store_login_by_id(f->db, f->a, "two", &l));
	assert_string_equal(l.state, "rejected");
	assert_ok(store_node_delete(f->db, node));
	assert_ok(store_login_by_id(f->db, f->a, "one", &l));
	assert_int_equal(l.node_id, 0);
}

/* A client that asks again finds the login that waits for it. */
static void
waiting(void **state)
{
	struct fixture *f = *state;
	struct login l;

	assert_int_equal(store_login_waiting(f->db, f->a, "mkey:a", "nodekey:a", &l),
	    ERR_NOTFOUND);
	add_login(f->db, "one", T0);
	assert_ok(store_login_waiting(f->db, f->a, "mkey:a", "nodekey:a", &l));
	assert_string_equal(l.id, "one");
	assert_int_equal(store_login_waiting(f->db, f->a, "mkey:b", "nodekey:a", &l),
	    ERR_NOTFOUND);
	assert_int_equal(store_login_waiting(f->db, f->a, "mkey:a", "nodekey:b", &l),
	    ERR_NOTFOUND);
	assert_ok(store_login_reject(f->db, "one"));
	assert_int_equal(store_login_waiting(f->db, f->a, "mkey:a", "nodekey:a", &l),
	    ERR_NOTFOUND);
}

static void
bounded(void **state)
{
	struct fixture *f = *state;
	struct login *v;
	int64_t n;
	size_t count;

	add_login(f->db, "b", T0 + 20);
	add_login(f->db, "a", T0 + 10);
	add_login(f->db, "c", T0 + 30);
	assert_ok(store_logins(f->db, f->a, &v, &count));
	assert_int_equal(count, 3);
	assert_string_equal(v[0].id, "a");
	assert_ok(store_login_reject(f->db, "a"));
	assert_ok(store_login_count(f->db, &n));
	assert_int_equal(n, 2);
	assert_ok(store_login_drop_oldest(f->db));
	assert_ok(store_login_count(f->db, &n));
	assert_int_equal(n, 1);
	assert_ok(store_logins_expire(f->db, T0 + 109, &n));
	assert_int_equal(n, 0);
	assert_ok(store_logins_expire(f->db, T0 + 130, &n));
	assert_int_equal(n, 2);
	assert_int_equal(store_login_drop_oldest(f->db), ERR_NOTFOUND);
}

static void
documents(void **state)
{
	struct fixture *f = *state;
	const char *text;
	int64_t seq, again, writes;

	assert_ok(store_document(f->db, f->a, "dns", &text));
	assert_null(text);
	assert_ok(store_document_put(f->db, "dns", "{\"a\":1}", T0));
	assert_ok(store_document(f->db, f->a, "dns", &text));
	assert_string_equal(text, "{\"a\":1}");
	assert_ok(store_change_last(f->db, &seq));
	writes = db_writes(f->db);
	assert_ok(db_begin_write(f->db));
	assert_ok(store_document_put(f->db, "dns", "{\"a\":1}", T0 + 1));
	assert_ok(db_commit(f->db));
	assert_int_equal(db_writes(f->db), writes);
	assert_ok(store_change_last(f->db, &again));
	assert_int_equal(seq, again);
	assert_ok(store_document_put(f->db, "dns", "{\"a\":2}", T0 + 2));
	assert_ok(store_document(f->db, f->a, "dns", &text));
	assert_string_equal(text, "{\"a\":2}");
	assert_ok(store_change_last(f->db, &again));
	assert_int_equal(seq + 1, again);
	assert_int_equal(store_document_put(f->db, "dns", "{", T0), ERR_BADREQ);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(there_and_back, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(answers, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(waiting, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(bounded, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(documents, setup_memory, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
