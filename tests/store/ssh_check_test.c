/* tests/store/ssh_check_test.c -- SSH sessions that wait for an approval, and approvals. */
#include "tests/store/fixture.h"

#define HOUR_MS (3600 * 1000LL)

static void
add_check(struct fixture *f, const char *id, int64_t src, int64_t dst, int64_t at)
{
	struct ssh_check c = {
		.id = id, .src_node = src, .dst_node = dst, .local_user = "root",
		.created_ms = at, .expiry_ms = at + 100,
	};

	assert_ok(store_ssh_check_create(f->db, &c));
}

static const char *
state_of(struct fixture *f, const char *id)
{
	struct ssh_check c;

	assert_ok(store_ssh_check_by_id(f->db, f->a, id, &c));
	return c.state;
}

static bool
passed(struct fixture *f, int64_t src, const char *login, int64_t since)
{
	bool yes;

	assert_ok(store_ssh_check_passed(f->db, src, 2, login, since, &yes));
	return yes;
}

static int64_t
wakes(struct fixture *f, const char *id)
{
	return number(f->db, arena_printf(f->a,
	    "SELECT count(*) FROM changes WHERE kind = 'login' AND subject = '%s'", id));
}

static void
there_and_back(void **state)
{
	struct fixture *f = *state;
	struct ssh_check c;

	add_check(f, "one", 1, 2, T0);
	assert_ok(store_ssh_check_by_id(f->db, f->a, "one", &c));
	assert_string_equal(c.id, "one");
	assert_int_equal(c.src_node, 1);
	assert_int_equal(c.dst_node, 2);
	assert_string_equal(c.local_user, "root");
	assert_string_equal(c.state, "waiting");
	assert_int_equal(c.created_ms, T0);
	assert_true(c.decided_ms == TIME_NONE);
	assert_int_equal(c.expiry_ms, T0 + 100);
	assert_int_equal(store_ssh_check_create(f->db, &c), ERR_CONFLICT);
	assert_int_equal(store_ssh_check_by_id(f->db, f->a, "two", &c), ERR_NOTFOUND);
}

/* An approval is good for its two nodes and login, and for nothing else. */
static void
approval(void **state)
{
	struct fixture *f = *state;
	struct ssh_check c;

	add_check(f, "one", 1, 2, T0);
	assert_ok(store_ssh_check_waiting(f->db, f->a, 1, 2, "root", &c));
	assert_int_equal(store_ssh_check_waiting(f->db, f->a, 1, 2, "bob", &c), ERR_NOTFOUND);
	assert_int_equal(store_ssh_check_waiting(f->db, f->a, 2, 1, "root", &c), ERR_NOTFOUND);
	assert_false(passed(f, 1, "root", 0));
	assert_ok(store_ssh_check_decide(f->db, "one", true, T0 + 50));
	assert_int_equal(wakes(f, "one"), 1);
	assert_int_equal(store_ssh_check_waiting(f->db, f->a, 1, 2, "root", &c), ERR_NOTFOUND);
	assert_true(passed(f, 1, "root", T0 + 49));
	assert_false(passed(f, 1, "root", T0 + 50));
	assert_false(passed(f, 1, "bob", 0));
	assert_false(passed(f, 2, "root", 0));
	assert_int_equal(store_ssh_check_decide(f->db, "one", false, T0), ERR_CONFLICT);
	assert_int_equal(store_ssh_check_decide(f->db, "none", false, T0), ERR_NOTFOUND);
	assert_string_equal(state_of(f, "one"), "approved");
}

static void
runs_out(void **state)
{
	struct fixture *f = *state;
	struct ssh_check c;
	int64_t n;

	add_check(f, "one", 1, 2, T0);
	add_check(f, "two", 1, 2, T0);
	assert_ok(store_ssh_check_decide(f->db, "two", true, T0 + 50));
	assert_ok(store_ssh_checks_expire(f->db, T0 + 99, &n));
	assert_int_equal(n, 0);
	assert_ok(store_ssh_checks_expire(f->db, T0 + 100, &n));
	assert_int_equal(n, 1);
	assert_string_equal(state_of(f, "one"), "rejected");
	assert_int_equal(wakes(f, "one"), 1);
	assert_ok(store_ssh_checks_expire(f->db, T0 + 168 * HOUR_MS, &n));
	assert_int_equal(store_ssh_check_by_id(f->db, f->a, "one", &c), ERR_NOTFOUND);
	assert_true(passed(f, 1, "root", T0));
	assert_ok(store_ssh_checks_expire(f->db, T0 + 50 + 168 * HOUR_MS, &n));
	assert_int_equal(number(f->db, "SELECT count(*) FROM ssh_checks"), 0);
}

static void
bounded(void **state)
{
	struct fixture *f = *state;
	struct ssh_check *v;
	size_t count;
	int64_t n;

	add_check(f, "b", 1, 2, T0 + 20);
	add_check(f, "a", 1, 2, T0 + 10);
	add_check(f, "c", 1, 2, T0 + 30);
	assert_ok(store_ssh_checks(f->db, f->a, &v, &count));
	assert_int_equal(count, 3);
	assert_string_equal(v[0].id, "a");
	assert_ok(store_ssh_check_drop_oldest(f->db, T0 + 40));
	assert_string_equal(state_of(f, "a"), "rejected");
	assert_int_equal(wakes(f, "a"), 1);
	assert_ok(store_ssh_check_count(f->db, &n));
	assert_int_equal(n, 2);
	assert_ok(store_ssh_check_decide(f->db, "b", false, T0 + 40));
	assert_ok(store_ssh_check_drop_oldest(f->db, T0 + 40));
	assert_int_equal(store_ssh_check_drop_oldest(f->db, T0 + 40), ERR_NOTFOUND);
	assert_ok(store_ssh_checks(f->db, f->a, &v, &count));
	assert_int_equal(count, 0);
}

/* A node that goes, or has another owner, takes what was approved for it along. */
static void
ends_with_its_nodes(void **state)
{
	struct fixture *f = *state;
	int64_t alice = add_user(f->db, "alice"), bob = add_user(f->db, "bob");
	int64_t src = add_node(f, alice, 1), dst = add_node(f, alice, 2);

	add_check(f, "one", src, dst, T0);
	add_check(f, "two", dst, src, T0);
	assert_ok(store_ssh_check_decide(f->db, "one", true, T0));
	assert_int_equal(sql(f->db, "UPDATE nodes SET online = 1, hostinfo = '[]'"), SQLITE_OK);
	assert_true(passed(f, src, "root", 0));
	assert_ok(store_node_set_user(f->db, src, bob));
	assert_false(passed(f, src, "root", 0));
	assert_string_equal(state_of(f, "two"), "rejected");
	assert_int_equal(wakes(f, "two"), 1);
	add_check(f, "three", src, dst, T0);
	assert_ok(store_node_delete(f->db, dst));
	assert_string_equal(state_of(f, "three"), "rejected");
	add_check(f, "four", src, dst, T0);
	assert_int_equal(sql(f->db, "DELETE FROM ssh_checks WHERE id = 'four'"), SQLITE_OK);
	assert_int_equal(wakes(f, "four"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(there_and_back, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(approval, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(runs_out, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(bounded, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(ends_with_its_nodes, setup_memory, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
