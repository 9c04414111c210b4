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
		.expired = true, .created_ms = T0, .last_seen_ms = T0 + 9, .expiry_ms = T0 + 8,
	}, got;

	assert_ok(store_node_update(f->db, &n));
	assert_ok(store_node_by_id(f->db, f->a, id, &got));
	assert_same_node(&n, &got);
	n.id = 99;
	assert_int_equal(store_node_update(f->db, &n), ERR_NOTFOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(insert_and_find, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(update_all_columns, setup_memory, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
