/* tests/store/node_attribute_test.c -- attributes of nodes, and what nodes say of their users. */
#include "tests/store/fixture.h"

static enum err
put(struct fixture *f, int64_t node, const char *name, const char *value, int64_t expiry_ms)
{
	struct node_attribute v = { .node_id = node, .name = name, .value = value,
	    .comment = "why", .expiry_ms = expiry_ms };

	return store_node_attribute_put(f->db, &v, T0);
}

static void
there_and_back(void **state)
{
	struct fixture *f = *state;
	int64_t id = add_node(f, add_user(f->db, "ann"), 1), due;
	struct node_attribute *v;
	size_t n;

	assert_ok(store_node_attributes(f->db, f->a, id, &v, &n));
	assert_int_equal(n, 0);
	assert_ok(put(f, id, "custom:tier", "\"prod\"", TIME_NONE));
	assert_ok(put(f, id, "custom:score", "75", T0 + 10));
	assert_ok(put(f, id, "custom:tier", "true", T0 + 20));
	assert_ok(store_node_attributes(f->db, f->a, id, &v, &n));
	assert_int_equal(n, 2);
	assert_string_equal(v[0].name, "custom:score");
	assert_string_equal(v[1].value, "true");
	assert_string_equal(v[1].comment, "why");
	assert_int_equal(v[1].expiry_ms, T0 + 20);
	assert_int_equal(v[1].node_id, id);
	assert_ok(store_node_attributes_next_due(f->db, &due));
	assert_int_equal(due, T0 + 10);
	assert_ok(store_node_attribute_delete(f->db, id, "custom:score"));
	assert_int_equal(store_node_attribute_delete(f->db, id, "custom:score"), ERR_NOTFOUND);
}

static void
refuses(void **state)
{
	struct fixture *f = *state;
	int64_t id = add_node(f, add_user(f->db, "ann"), 1);

	assert_int_equal(put(f, id, "node:os", "1", TIME_NONE), ERR_BADREQ);
	assert_int_equal(put(f, id, "custom:", "1", TIME_NONE), ERR_BADREQ);
	assert_int_equal(put(f, id, "custom:a", "{}", TIME_NONE), ERR_BADREQ);
	assert_int_equal(put(f, id, "custom:a", "null", TIME_NONE), ERR_BADREQ);
	assert_int_equal(put(f, id, "custom:a", "no json", TIME_NONE), ERR_BADREQ);
	assert_int_equal(put(f, id + 1, "custom:a", "1", TIME_NONE), ERR_CONFLICT);
}

static int64_t
changes(struct fixture *f)
{
	return number(f->db, "SELECT count(*) FROM changes WHERE kind = 'node'");
}

static void
runs_out(void **state)
{
	struct fixture *f = *state;
	int64_t id = add_node(f, add_user(f->db, "ann"), 1), n, due;
	int64_t before;

	assert_ok(put(f, id, "custom:a", "1", T0 + 10));
	assert_ok(put(f, id, "custom:b", "1", T0 + 11));
	assert_ok(put(f, id, "custom:c", "1", TIME_NONE));
	before = changes(f);
	assert_ok(store_node_attributes_expire(f->db, T0 + 9, &n));
	assert_int_equal(n, 0);
	assert_ok(store_node_attributes_expire(f->db, T0 + 10, &n));
	assert_int_equal(n, 1);
	assert_int_equal(changes(f), before + 1);
	assert_ok(store_node_attributes_expire(f->db, T0 + 1000, &n));
	assert_int_equal(n, 1);
	assert_ok(store_node_attributes_next_due(f->db, &due));
	assert_int_equal(due, TIME_NONE);
}

static void
goes_with_its_node(void **state)
{
	struct fixture *f = *state;
	int64_t id = add_node(f, add_user(f->db, "ann"), 1), before;

	assert_ok(put(f, id, "custom:a", "1", TIME_NONE));
	before = changes(f);
	assert_ok(store_node_delete(f->db, id));
	assert_int_equal(number(f->db, "SELECT count(*) FROM node_attributes"), 0);
	assert_int_equal(changes(f), before);	/* that it went is said already */
}

static void
nodes_say_of_users(void **state)
{
	struct fixture *f = *state;
	int64_t ann = add_user(f->db, "ann"), bob = add_user(f->db, "bob");
	struct user_devices one, *v;
	size_t n;

	(void)add_node(f, bob, 1);
	(void)add_node(f, bob, 2);
	assert_ok(store_node_set_presence(f->db, 2, true, T0 + 5));
	assert_ok(store_users_devices(f->db, f->a, &v, &n));
	assert_int_equal(n, 1);
	assert_int_equal(v[0].user_id, bob);
	assert_int_equal(v[0].count, 2);
	assert_int_equal(v[0].last_seen_ms, T0 + 5);
	assert_true(v[0].online);
	assert_ok(store_user_devices(f->db, ann, &one));
	assert_int_equal(one.count, 0);
	assert_false(one.online);
	assert_ok(store_user_devices(f->db, bob, &one));
	assert_int_equal(one.count, 2);
}

/* The shell suspends as well as the API, and whoever comes later is caught too. */
static void
status_reaches_the_nodes(void **state)
{
	struct fixture *f = *state;
	int64_t ann = add_user(f->db, "ann"), bob = add_user(f->db, "bob"), n;
	struct node node;

	(void)add_node(f, ann, 1);
	assert_ok(store_user_set_status(f->db, ann, "suspended"));
	(void)add_node(f, ann, 2);
	(void)add_node(f, bob, 3);
	assert_ok(store_node_set_user(f->db, 3, ann));
	assert_int_equal(number(f->db, "SELECT sum(suspended) FROM nodes"), 3);
	assert_ok(store_node_set_user(f->db, 3, bob));
	assert_int_equal(number(f->db, "SELECT sum(suspended) FROM nodes"), 2);
	assert_int_equal(sql(f->db, "UPDATE users SET status = 'active'"), SQLITE_OK);
	assert_int_equal(number(f->db, "SELECT sum(suspended) FROM nodes"), 0);
	assert_int_equal(store_user_set_status(f->db, ann, "gone"), ERR_BADREQ);
	assert_ok(store_node_set_authorized(f->db, 1, false));
	assert_ok(store_node_by_id(f->db, f->a, 1, &node));
	assert_true(node.waits);
	assert_ok(store_nodes_delete_of_user(f->db, ann, &n));
	assert_int_equal(n, 2);
}

static void
count_one(void *arg, const struct node *n)
{
	int *count = arg;

	assert_string_equal(n->netinfo, "{}");
	assert_string_equal(n->hostinfo, n->id == 2 ? "{\"ShieldsUp\":true}" : "{}");
	++*count;
}

static void
a_brief_list_has_what_it_says(void **state)
{
	struct fixture *f = *state;
	int64_t ann = add_user(f->db, "ann");
	struct node n;
	int count = 0;

	(void)add_node(f, ann, 1);
	(void)add_node(f, ann, 2);
	assert_ok(store_node_by_id(f->db, f->a, 2, &n));
	n.hostinfo = "{\"ShieldsUp\":true}";
	n.netinfo = "{\"WorkingUDP\":true}";
	assert_ok(store_node_update(f->db, &n));
	assert_ok(store_nodes_each_brief(f->db, f->a, count_one, &count));
	assert_int_equal(count, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(there_and_back, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(refuses, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(runs_out, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(goes_with_its_node, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(nodes_say_of_users, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(status_reaches_the_nodes, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(a_brief_list_has_what_it_says, setup_memory, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
