/* tests/store/node_set_test.c -- single changes of nodes, and what time does. */
#include "tests/store/fixture.h"

static struct node
get(struct fixture *f, int64_t id)
{
	struct node n;

	assert_ok(store_node_by_id(f->db, f->a, id, &n));
	return n;
}

static void
rename_one(void **state)
{
	struct fixture *f = *state;
	int64_t user = add_user(f->db, "a"), id = add_node(f, user, 1);

	add_node(f, user, 2);
	assert_ok(store_node_rename(f->db, id, "web"));
	assert_string_equal(get(f, id).name, "web");
	assert_int_equal(store_node_rename(f->db, id, "N2"), ERR_CONFLICT);
	assert_int_equal(store_node_rename(f->db, id, ""), ERR_BADREQ);
	assert_int_equal(store_node_rename(f->db, 99, "x"), ERR_NOTFOUND);
}

static void
owner(void **state)
{
	struct fixture *f = *state;
	int64_t user = add_user(f->db, "a"), bob = add_user(f->db, "b");
	int64_t id = add_node(f, user, 1);

	assert_ok(store_node_set_tags(f->db, id, "[\"tag:a\"]"));
	assert_int_equal(get(f, id).user_id, 0);
	assert_string_equal(get(f, id).tags, "[\"tag:a\"]");
	assert_int_equal(store_node_set_tags(f->db, id, "[ ]"), ERR_BADREQ);
	assert_int_equal(store_node_set_tags(f->db, id, "tag:a"), ERR_BADREQ);
	assert_ok(store_node_set_user(f->db, id, bob));
	assert_int_equal(get(f, id).user_id, bob);
	assert_string_equal(get(f, id).tags, "[]");
	assert_int_equal(store_node_set_user(f->db, id, 99), ERR_CONFLICT);
	assert_int_equal(store_node_set_user(f->db, 99, bob), ERR_NOTFOUND);
}

static void
address(void **state)
{
	struct fixture *f = *state;
	int64_t user = add_user(f->db, "a"), id = add_node(f, user, 1);
	struct ip ip;

	add_node(f, user, 2);
	assert_true(ip_read(STR("100.64.0.9"), &ip));
	assert_ok(store_node_set_address(f->db, id, &ip));
	assert_true(ip_read(STR("fd7a:115c:a1e0::9"), &ip));
	assert_ok(store_node_set_address(f->db, id, &ip));
	assert_string_equal(get(f, id).ipv4, "100.64.0.9");
	assert_string_equal(get(f, id).ipv6, "fd7a:115c:a1e0::9");
	assert_true(ip_read(STR("100.64.0.2"), &ip));
	assert_int_equal(store_node_set_address(f->db, id, &ip), ERR_CONFLICT);
	assert_int_equal(number(f->db, "SELECT count(*) FROM address_free"), 2);
}

static void
approved(void **state)
{
	struct fixture *f = *state;
	int64_t id = add_node(f, add_user(f->db, "a"), 1);

	assert_ok(store_node_set_approved(f->db, id, "[\"10.0.0.0/8\"]"));
	assert_string_equal(get(f, id).approved, "[\"10.0.0.0/8\"]");
	assert_int_equal(store_node_set_approved(f->db, id, "{}"), ERR_BADREQ);
	assert_int_equal(store_node_set_approved(f->db, 99, "[]"), ERR_NOTFOUND);
}

static void
presence(void **state)
{
	struct fixture *f = *state;
	int64_t user = add_user(f->db, "a"), one = add_node(f, user, 1), *ids;
	int64_t two = add_node(f, user, 2), writes;
	size_t n;

	assert_ok(store_node_set_presence(f->db, two, true, T0 + 1));
	assert_ok(store_node_set_presence(f->db, one, true, T0 + 2));
	assert_ok(store_node_set_presence(f->db, 99, true, T0 + 2));
	assert_ok(store_nodes_online(f->db, f->a, &ids, &n));
	assert_int_equal(n, 2);
	assert_int_equal(ids[0], one);
	assert_int_equal(ids[1], two);
	assert_int_equal(get(f, one).last_seen_ms, T0 + 2);

	/* What is known already writes nothing. */
	writes = db_writes(f->db);
	assert_ok(db_begin_write(f->db));
	assert_ok(store_node_set_presence(f->db, one, true, T0 + 3));
	assert_ok(db_commit(f->db));
	assert_int_equal(db_writes(f->db), writes);
	assert_int_equal(get(f, one).last_seen_ms, T0 + 2);
	assert_ok(store_node_set_presence(f->db, one, false, T0 + 4));
	assert_int_equal(get(f, one).last_seen_ms, T0 + 4);
	assert_ok(store_node_set_presence(f->db, one, false, T0 + 5));
	assert_int_equal(get(f, one).last_seen_ms, T0 + 4);
}

static void
expiry(void **state)
{
	struct fixture *f = *state;
	int64_t user = add_user(f->db, "a"), one = add_node(f, user, 1), n, due;
	int64_t two = add_node(f, user, 2);

	assert_ok(store_nodes_next_due(f->db, 1000, &due));
	assert_true(due == TIME_NONE);
	assert_ok(store_node_set_expiry(f->db, one, T0 + 10, false));
	assert_ok(store_node_set_expiry(f->db, two, T0 + 20, false));
	assert_ok(store_nodes_next_due(f->db, 1000, &due));
	assert_int_equal(due, T0 + 10);
	assert_ok(store_nodes_mark_expired(f->db, T0 + 9, &n));
	assert_int_equal(n, 0);
	assert_ok(store_nodes_mark_expired(f->db, T0 + 10, &n));
	assert_int_equal(n, 1);
	assert_true(get(f, one).expired);
	assert_ok(store_nodes_next_due(f->db, 1000, &due));
	assert_int_equal(due, T0 + 20);
	assert_ok(store_node_set_expiry(f->db, two, TIME_NONE, false));
	assert_ok(store_nodes_next_due(f->db, 1000, &due));
	assert_true(due == TIME_NONE);
	assert_int_equal(store_node_set_expiry(f->db, 99, T0, false), ERR_NOTFOUND);
}

static void
ephemeral(void **state)
{
	struct fixture *f = *state;
	struct node n = node_like(f->a, add_user(f->db, "a"), 1);
	int64_t id, due, reaped;

	n.ephemeral = n.online = true;
	assert_ok(store_node_insert(f->db, &n, &id));
	assert_ok(store_nodes_reap_ephemeral(f->db, INT64_MAX, &reaped));
	assert_int_equal(reaped, 0);
	assert_ok(store_node_set_presence(f->db, id, false, T0 + 5));
	assert_ok(store_nodes_next_due(f->db, 100, &due));
	assert_int_equal(due, T0 + 105);
	assert_ok(store_nodes_reap_ephemeral(f->db, due - 101, &reaped));
	assert_int_equal(reaped, 0);
	assert_ok(store_nodes_reap_ephemeral(f->db, due - 100, &reaped));
	assert_int_equal(reaped, 1);
	assert_int_equal(store_node_by_id(f->db, f->a, id, &n), ERR_NOTFOUND);
}

static size_t
waiting(struct fixture *f)
{
	struct node *v;
	size_t n;

	assert_ok(store_nodes_waiting(f->db, f->a, &v, &n));
	for (size_t i = 0; i < n; i++)
		assert_true(v[i].waits);
	return n;
}

static void
admission(void **state)
{
	struct fixture *f = *state;
	int64_t ann = add_user(f->db, "ann"), bob = add_user(f->db, "bob");
	int64_t id = add_node(f, ann, 1);
	struct node n = node_like(f->a, bob, 2);

	n.waits = true;
	assert_ok(store_node_insert(f->db, &n, &n.id));
	assert_int_equal(waiting(f), 1);
	assert_ok(store_node_set_authorized(f->db, id, false));
	assert_int_equal(waiting(f), 2);
	assert_false(node_admitted(&(struct node){ .waits = get(f, id).waits }));
	assert_ok(store_node_set_authorized(f->db, id, true));
	assert_int_equal(store_node_set_authorized(f->db, 99, true), ERR_NOTFOUND);
	/* A device is suspended as long as its user is, whoever that is. */
	assert_ok(store_user_set_status(f->db, ann, "suspended"));
	assert_true(get(f, id).suspended);
	assert_int_equal(waiting(f), 1);
	assert_ok(store_node_set_user(f->db, id, bob));
	assert_false(get(f, id).suspended);
	assert_ok(store_node_set_user(f->db, id, ann));
	assert_true(get(f, id).suspended);
	assert_ok(store_node_set_tags(f->db, id, "[\"tag:a\"]"));
	assert_false(get(f, id).suspended);
	id = add_node(f, ann, 3);
	assert_true(get(f, id).suspended);
	assert_ok(store_user_set_status(f->db, ann, "active"));
	assert_false(get(f, id).suspended);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rename_one, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(owner, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(address, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(approved, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(presence, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(expiry, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(ephemeral, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(admission, setup_memory, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
