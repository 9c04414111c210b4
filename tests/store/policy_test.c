/* tests/store/policy_test.c -- versions of the policy. */
#include "tests/store/fixture.h"

static int64_t
add(struct fixture *f, const char *text, int64_t rollback_of)
{
	struct policy_version p = { .text = text, .author = "ann", .source = "cli",
		.comment = "why", .rollback_of = rollback_of, .created_ms = T0 };
	int64_t id = 0;

	assert_ok(store_policy_add(f->db, &p, &id));
	return id;
}

static void
none(void **state)
{
	struct fixture *f = *state;
	struct policy_version v, *all;
	int64_t last = -1;
	size_t n;

	assert_int_equal(store_policy_newest(f->db, f->a, INT64_MAX, &v), ERR_NOTFOUND);
	assert_int_equal(store_policy_by_id(f->db, f->a, 1, &v), ERR_NOTFOUND);
	assert_ok(store_policy_last(f->db, &last));
	assert_int_equal(last, 0);
	assert_ok(store_policies(f->db, f->a, 10, &all, &n));
	assert_int_equal(n, 0);
}

static void
versions(void **state)
{
	struct fixture *f = *state;
	int64_t one = add(f, "{}", 0), two = add(f, "{/*ä*/}", one), last;
	struct policy_version v, *all;
	size_t n;

	assert_ok(store_policy_newest(f->db, f->a, INT64_MAX, &v));
	assert_int_equal(v.id, two);
	assert_string_equal(v.text, "{/*ä*/}");
	assert_int_equal(v.bytes, 8);
	assert_int_equal(v.rollback_of, one);
	assert_string_equal(v.author, "ann");
	assert_string_equal(v.source, "cli");
	assert_string_equal(v.comment, "why");
	assert_int_equal(v.created_ms, T0);
	assert_ok(store_policy_newest(f->db, f->a, two, &v));
	assert_int_equal(v.id, one);
	assert_int_equal(v.rollback_of, 0);
	assert_int_equal(store_policy_newest(f->db, f->a, one, &v), ERR_NOTFOUND);
	assert_ok(store_policy_by_id(f->db, f->a, one, &v));
	assert_string_equal(v.text, "{}");
	assert_ok(store_policy_last(f->db, &last));
	assert_int_equal(last, two);
	assert_ok(store_policies(f->db, f->a, 10, &all, &n));
	assert_int_equal(n, 2);
	assert_int_equal(all[0].id, two);
	assert_int_equal(all[0].bytes, 8);
	assert_null(all[0].text);
	assert_ok(store_policies(f->db, f->a, 1, &all, &n));
	assert_int_equal(n, 1);
}

static void
bounds(void **state)
{
	struct fixture *f = *state;
	char *text = calloc(1, 1048578);
	struct policy_version p = { .text = text, .source = "api", .created_ms = T0 };
	int64_t id;

	memset(text, ' ', 1048576);
	assert_ok(store_policy_add(f->db, &p, &id));
	text[1048576] = ' ';
	assert_int_equal(store_policy_add(f->db, &p, &id), ERR_BADREQ);
	p = (struct policy_version){ .text = "{}", .source = "elsewhere" };
	assert_int_equal(store_policy_add(f->db, &p, &id), ERR_BADREQ);
	free(text);
}

/* As a person types it: the rest is filled in. */
static void
by_shell(void **state)
{
	struct fixture *f = *state;
	struct policy_version v;

	assert_int_equal(sql(f->db, "INSERT INTO policies (text) VALUES ('{}')"), SQLITE_OK);
	assert_ok(store_policy_newest(f->db, f->a, INT64_MAX, &v));
	assert_string_equal(v.source, "shell");
	assert_true(v.created_ms > T0 - 1000000000000);
	assert_int_equal(number(f->db, "SELECT bytes FROM show_policies"), 2);
	assert_int_equal(number(f->db, "SELECT count(*) FROM changes WHERE kind = 'policy'"
	    " AND id = 1"), 1);
}

static void
roles(void **state)
{
	struct fixture *f = *state;
	int64_t id = add_user(f->db, "ann");
	struct user u;

	assert_ok(store_user_by_id(f->db, f->a, id, &u));
	assert_string_equal(u.role, "member");
	assert_ok(store_user_set_role(f->db, id, "network-admin"));
	assert_ok(store_user_by_id(f->db, f->a, id, &u));
	assert_string_equal(u.role, "network-admin");
	assert_int_equal(store_user_set_role(f->db, id, "boss"), ERR_BADREQ);
	assert_int_equal(store_user_set_role(f->db, 99, "admin"), ERR_NOTFOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(none, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(versions, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(bounds, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(by_shell, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(roles, setup_memory, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
