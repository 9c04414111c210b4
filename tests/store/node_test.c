/* tests/store/node_test.c -- nodes: every column there and back, finding, time. */
#include "tests/store/fixture.h"

static void
assert_same_node(const struct node *x, const struct node *y)
{
	assert_int_equal(x->id, y->id);
	assert_int_equal(x->user_id, y->user_id);
	assert_string_equal(x->machine_key, y->machine_key);
	assert_string_equal(x->node_key, y->node_key);
	assert_string_equal(x->disco_key, y->disco_key);
	assert_string_equal(x->nl_key, y->nl_key);
	assert_string_equal(x->name, y->name);
	assert_string_equal(x->hostname, y->hostname);
	assert_string_equal(x->os, y->os);
	assert_string_equal(x->client_version, y->client_version);
	assert_int_equal(x->cap, y->cap);
	assert_string_equal(text_of(x->ipv4), text_of(y->ipv4));
	assert_string_equal(text_of(x->ipv6), text_of(y->ipv6));
	assert_string_equal(x->tags, y->tags);
	assert_string_equal(x->hostinfo, y->hostinfo);
	assert_string_equal(x->netinfo, y->netinfo);
	assert_string_equal(x->endpoints, y->endpoints);
	assert_int_equal(x->home_derp, y->home_derp);
	assert_string_equal(x->routes, y->routes);
	assert_string_equal(x->approved, y->approved);
	assert_int_equal(x->ephemeral, y->ephemeral);
	assert_int_equal(x->authkey_id, y->authkey_id);
	assert_string_equal(x->register_method, y->register_method);
	assert_int_equal(x->online, y->online);
	assert_int_equal(x->expired, y->expired);
	assert_int_equal(x->created_ms, y->created_ms);
	assert_int_equal(x->last_seen_ms, y->last_seen_ms);
	assert_int_equal(x->expiry_ms, y->expiry_ms);
	assert_string_equal(x->client_address ? x->client_address : "", y->client_address);
}

static void
insert_and_find(void **state)
{
	struct fixture *f = *state;
	int64_t user = add_user(f->db, "alice");
	struct node n = node_like(f->a, user, 7), got;

	n.expiry_ms = T0 + 5;
	assert_ok(store_node_insert(f->db, &n, &n.id));
	assert_true(n.id > 0);
	assert_ok(store_node_by_id(f->db, f->a, n.id, &got));
	assert_same_node(&n, &got);
	assert_ok(store_node_by_node_key(f->db, f->a, n.node_key, &got));
	assert_same_node(&n, &got);
	assert_ok(store_node_by_name(f->db, f->a, "N7", &got));
	assert_same_node(&n, &got);
	assert_ok(store_node_by_address(f->db, f->a, "100.64.0.7", &got));
	assert_same_node(&n, &got);
	assert_ok(store_node_by_address(f->db, f->a, "fd7a:115c:a1e0::7", &got));
	assert_same_node(&n, &got);
	assert_int_equal(store_node_by_id(f->db, f->a, 99, &got), ERR_NOTFOUND);
	assert_int_equal(store_node_by_node_key(f->db, f->a, "", &got), ERR_NOTFOUND);
	assert_int_equal(store_node_by_name(f->db, f->a, "x", &got), ERR_NOTFOUND);
	assert_int_equal(store_node_by_address(f->db, f->a, "1.2.3.4", &got), ERR_NOTFOUND);
}

static void
update_all_columns(void **state)
{
	struct fixture *f = *state;
	int64_t user = add_user(f->db, "alice"), id = add_node(f, user, 1);
	struct node n = {
		.id = id, .user_id = 0, .machine_key = "mkey:a", .node_key = "nodekey:b",
		.disco_key = "discokey:c", .nl_key = "nlpub:d", .name = "N1",
		.hostname = "h", .os = "windows", .client_version = "1", .cap = 5,
		.ipv4 = NULL, .ipv6 = "fd7a::5", .tags = "[\"tag:x\"]",
		.hostinfo = "{\"a\":1}", .netinfo = "{\"b\":2}", .endpoints = "[\"1.2.3.4:5\"]",
		.home_derp = 3, .routes = "[\"10.0.0.0/8\"]", .approved = "[\"0.0.0.0/0\"]",
		.ephemeral = true, .authkey_id = 0, .register_method = "oidc", .online = true,
		.client_address = "192.0.2.7",
		.expired = true, .created_ms = T0, .last_seen_ms = T0 + 9, .expiry_ms = T0 + 8,
	}, got;

	assert_ok(store_node_update(f->db, &n));
	assert_ok(store_node_by_id(f->db, f->a, id, &got));
	assert_same_node(&n, &got);
	n.id = 99;
	assert_int_equal(store_node_update(f->db, &n), ERR_NOTFOUND);
}

static void
clashes(void **state)
{
	struct fixture *f = *state;
	int64_t user = add_user(f->db, "alice"), id;
	struct node n;

	add_node(f, user, 1);
	n = node_like(f->a, user, 2);
	n.name = "N1";
	assert_int_equal(store_node_insert(f->db, &n, &id), ERR_CONFLICT);
	assert_true(db_conflict_on(f->db, "nodes.name"));
	assert_false(db_conflict_on(f->db, "nodes.node_key"));
	assert_false(db_conflict_on(f->db, "nodes.nam"));
	n = node_like(f->a, user, 2);
	n.node_key = node_like(f->a, user, 1).node_key;
	assert_int_equal(store_node_insert(f->db, &n, &id), ERR_CONFLICT);
	assert_true(db_conflict_on(f->db, "nodes.node_key"));
	n = node_like(f->a, user, 2);
	n.ipv4 = "100.64.0.1";
	assert_int_equal(store_node_insert(f->db, &n, &id), ERR_CONFLICT);
	assert_true(db_conflict_on(f->db, "nodes.ipv4"));
	n = node_like(f->a, 77, 2);
	assert_int_equal(store_node_insert(f->db, &n, &id), ERR_CONFLICT);
	n = node_like(f->a, user, 2);
	n.hostinfo = "{";
	assert_int_equal(store_node_insert(f->db, &n, &id), ERR_BADREQ);
	n = node_like(f->a, user, 2);
	n.machine_key = NULL;
	assert_int_equal(store_node_insert(f->db, &n, &id), ERR_BADREQ);
}

static void
same_machine_many_users(void **state)
{
	struct fixture *f = *state;
	int64_t alice = add_user(f->db, "alice"), bob = add_user(f->db, "bob"), n2;
	struct node n = node_like(f->a, bob, 2), *v;
	size_t count;

	add_node(f, alice, 1);
	n.machine_key = node_like(f->a, alice, 1).machine_key;
	assert_ok(store_node_insert(f->db, &n, &n2));
	assert_ok(store_nodes_by_machine(f->db, f->a, n.machine_key, &v, &count));
	assert_int_equal(count, 2);
	assert_true(v[0].id < v[1].id);
	assert_int_equal(v[1].id, n2);
	assert_ok(store_nodes_by_machine(f->db, f->a, "mkey:none", &v, &count));
	assert_int_equal(count, 0);
}

static void
sum_ids(void *arg, const struct node *n)
{
	*(int64_t *)arg = *(int64_t *)arg * 10 + n->id;
}

static void
lists(void **state)
{
	struct fixture *f = *state;
	int64_t user = add_user(f->db, "alice"), count, ids = 0;
	struct node *v;
	size_t n;
	bool taken;

	assert_ok(store_nodes(f->db, f->a, &v, &n));
	assert_int_equal(n, 0);
	for (int i = 1; i <= 40; i++)
		add_node(f, user, i);
	assert_ok(store_nodes(f->db, f->a, &v, &n));
	assert_int_equal(n, 40);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(v[i].id, i + 1);
	assert_ok(store_node_count(f->db, &count));
	assert_int_equal(count, 40);
	assert_ok(store_user_node_count(f->db, user, &count));
	assert_int_equal(count, 40);
	for (int64_t id = 4; id <= 40; id++)
		assert_ok(store_node_delete(f->db, id));
	assert_ok(store_nodes_each(f->db, f->a, sum_ids, &ids));
	assert_int_equal(ids, 123);
	assert_ok(store_node_name_taken(f->db, "N2", &taken));
	assert_true(taken);
	assert_ok(store_node_name_taken(f->db, "n4", &taken));
	assert_false(taken);
}

/* Text may hold anything but NUL; what the map makes of it is another matter. */
static void
odd_text(void **state)
{
	struct fixture *f = *state;
	struct node n = node_like(f->a, add_user(f->db, "x"), 1), got;

	n.name = "not a label \"' \xf0\x9f\x90\x8c";
	n.hostname = "\xff\xfe invalid";
	assert_ok(store_node_insert(f->db, &n, &n.id));
	assert_ok(store_node_by_id(f->db, f->a, n.id, &got));
	assert_same_node(&n, &got);
}

static void
gone(void **state)
{
	struct fixture *f = *state;
	int64_t user = add_user(f->db, "alice"), id = add_node(f, user, 1);
	struct node n = node_like(f->a, user, 1);
	struct node_gone g;

	assert_int_equal(store_node_gone_by_id(f->db, f->a, id, &g), ERR_NOTFOUND);
	assert_ok(store_node_delete(f->db, id));
	assert_int_equal(store_node_delete(f->db, id), ERR_NOTFOUND);
	assert_ok(store_node_gone_by_id(f->db, f->a, id, &g));
	assert_string_equal(g.node_key, n.node_key);
	assert_string_equal(g.machine_key, n.machine_key);
	assert_string_equal(g.name, "n1");
	assert_string_equal(g.ipv4, "100.64.0.1");
	assert_string_equal(g.ipv6, "fd7a:115c:a1e0::1");
	assert_true(g.gone_ms > 1700000000000);

	/* The same key comes back under a new id and goes again. */
	assert_ok(store_node_insert(f->db, &n, &n.id));
	assert_true(n.id > id);
	assert_ok(store_node_delete(f->db, n.id));
	assert_ok(store_node_gone_by_key(f->db, f->a, n.node_key, &g));
	assert_int_equal(g.id, n.id);
	assert_ok(store_nodes_gone_prune(f->db, 1700000000000));
	assert_ok(store_node_gone_by_id(f->db, f->a, id, &g));
	assert_ok(store_nodes_gone_prune(f->db, g.gone_ms + 1000000));
	assert_int_equal(store_node_gone_by_key(f->db, f->a, n.node_key, &g), ERR_NOTFOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(insert_and_find, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(update_all_columns, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(clashes, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(same_machine_many_users, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(lists, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(odd_text, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(gone, setup_memory, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
