/* tests/handlers/api_node_test.c -- /api/v1/node: what is shown and what can be set. */
#include "tests/handlers/api.h"

static void
shows_every_member(void **state)
{
	static const char *const members[] = { "id", "machineKey", "nodeKey", "discoKey",
		"ipAddresses", "name", "user", "lastSeen", "expiry", "preAuthKey",
		"createdAt", "registerMethod", "givenName", "online", "approvedRoutes",
		"availableRoutes", "subnetRoutes", "tags", "clientAddress" };
	struct asker *k = *state;

	add_node(k, add_user(k, "alice"), 1, 1);
	assert_status(k, 200, "GET", "/api/v1/node/1", NULL);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		assert_has(ask_body(k), arena_printf(k->a, "\"%s\":", members[i]));
	assert_string_equal(api_text(k, "node", "name"), "Host 1");
	assert_string_equal(api_text(k, "node", "givenName"), "n1");
	assert_string_equal(api_text(k, "node", "registerMethod"), "REGISTER_METHOD_AUTH_KEY");
	assert_string_equal(api_dump(k, "node", "ipAddresses"), "[\"100.64.0.1\"]");
	assert_string_equal(api_dump(k, "node", "expiry"), "null");
	assert_string_equal(api_dump(k, "node", "preAuthKey"), "null");
	assert_string_equal(api_dump(k, "node", "tags"), "[]");
	assert_string_equal(json_get_str(json_get(json_get(api_json(k), "node"), "user"),
	    "name", ""), "alice");
}

/* A node that was moved still shows who made the key that it came with. */
static void
shows_the_key_of_another_user(void **state)
{
	struct asker *k = *state;
	int64_t owners[] = { add_user(k, "alice"), add_user(k, "bob") };
	struct node n;

	for (int i = 0; i < 2; i++) {
		assert_status(k, 200, "POST", "/api/v1/preauthkey",
		    arena_printf(k->a, "{\"user\":\"%d\"}", 2 - i));
		add_node(k, owners[i], i + 1, i + 1);
		assert_int_equal(store_node_by_id(k->db, k->a, i + 1, &n), OK);
		n.authkey_id = i + 1;
		assert_int_equal(store_node_update(k->db, &n), OK);
		assert_status(k, 200, "GET",
		    arena_printf(k->a, "/api/v1/node/%d", i + 1), NULL);
		assert_has(api_dump(k, "node", "user"), i == 0 ? "alice" : "bob");
		assert_has(api_dump(k, "node", "preAuthKey"), i == 0 ? "bob" : "alice");
	}
}

static void
a_tagged_node_has_the_pseudo_user_everywhere(void **state)
{
	struct asker *k = *state;
	jv *one, *listed;

	add_node(k, 0, 1, 1);
	assert_status(k, 200, "GET", "/api/v1/node/1", NULL);
	one = json_get(json_get(api_json(k), "node"), "user");
	assert_string_equal(json_get_str(one, "id", ""), "2147455555");
	assert_string_equal(json_get_str(one, "name", ""), "tagged-devices");
	assert_status(k, 200, "GET", "/api/v1/node", NULL);
	listed = json_get(json_at(json_get(api_json(k), "nodes"), 0), "user");
	assert_string_equal(json_dump(k->a, one), json_dump(k->a, listed));
}

static size_t
listed(struct asker *k, const char *query)
{
	assert_status(k, 200, "GET", arena_printf(k->a, "/api/v1/node%s", query), NULL);
	return json_len(json_get(api_json(k), "nodes"));
}

static void
lists(void **state)
{
	struct asker *k = *state;
	int64_t alice = add_user(k, "alice"), bob = add_user(k, "bob");

	add_node(k, alice, 1, 1);
	add_node(k, alice, 2, 2);
	add_node(k, bob, 3, 3);
	add_node(k, 0, 4, 4);
	assert_int_equal(listed(k, ""), 4);
	assert_int_equal(listed(k, "?user=alice"), 2);
	assert_int_equal(listed(k, "?user=bob"), 1);
	assert_int_equal(listed(k, "?user=tagged-devices"), 1);
	assert_int_equal(listed(k, "?name=n3"), 1);
	assert_int_equal(listed(k, "?name=nothing"), 0);
	assert_refused(k, 404, "user \"eve\" not found", "GET", "/api/v1/node?user=eve", NULL);
}

static void
unknown_and_malformed_ids(void **state)
{
	static const struct { const char *method, *action, *body; } cases[] = {
		{ "GET", "", NULL }, { "DELETE", "", NULL }, { "POST", "/expire", NULL },
		{ "POST", "/rename/x", NULL }, { "POST", "/tags", "{\"tags\":[\"tag:a\"]}" },
		{ "POST", "/user", "{\"user\":\"1\"}" },
		{ "POST", "/ip", "{\"ip\":\"100.64.0.9\"}" },
		{ "POST", "/approve_routes", "{\"routes\":[]}" },
	};
	struct asker *k = *state;

	k->cfg.have_v4 = prefix_read(STR("100.64.0.0/10"), &k->cfg.v4);
	add_user(k, "alice");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_refused(k, 404, "node 7 not found", cases[i].method,
		    arena_printf(k->a, "/api/v1/node/7%s", cases[i].action), cases[i].body);
		assert_refused(k, 400, "not a number", cases[i].method,
		    arena_printf(k->a, "/api/v1/node/x%s", cases[i].action), cases[i].body);
	}
}

static void
deletes(void **state)
{
	struct asker *k = *state;

	add_node(k, add_user(k, "alice"), 1, 1);
	assert_status(k, 200, "DELETE", "/api/v1/node/1", NULL);
	assert_string_equal(ask_body(k), "{}");
	assert_int_equal(listed(k, ""), 0);
}

static void
expires(void **state)
{
	struct asker *k = *state;
	int64_t before;

	add_node(k, add_user(k, "alice"), 1, 1);
	before = last_change(k);
	assert_status(k, 200, "POST", "/api/v1/node/1/expire", NULL);
	assert_string_equal(api_text(k, "node", "expiry"), "2026-09-21T14:13:20.000Z");
	assert_string_equal(api_dump(k, "node", "expired"), "true");
	assert_true(last_change(k) > before);

	assert_status(k, 200, "POST", "/api/v1/node/1/expire",
	    "{\"expiry\":\"2040-01-01T00:00:00Z\"}");
	assert_string_equal(api_text(k, "node", "expiry"), "2040-01-01T00:00:00.000Z");
	assert_string_equal(api_dump(k, "node", "expired"), "false");

	assert_status(k, 200, "POST", "/api/v1/node/1/expire", "{\"disableExpiry\":true}");
	assert_string_equal(api_dump(k, "node", "expiry"), "null");
	assert_refused(k, 400, "cannot set both disable_expiry and expiry", "POST",
	    "/api/v1/node/1/expire",
	    "{\"disableExpiry\":true,\"expiry\":\"2040-01-01T00:00:00Z\"}");
}

/* 1970 must not reach the peers as a key's end. */
static void
a_past_expiry_is_now(void **state)
{
	struct asker *k = *state;

	add_node(k, add_user(k, "alice"), 1, 1);
	assert_status(k, 200, "POST", "/api/v1/node/1/expire",
	    "{\"expiry\":\"1970-01-01T00:02:03Z\"}");
	assert_string_equal(api_text(k, "node", "expiry"), "2026-09-21T14:13:20.000Z");
	assert_string_equal(api_dump(k, "node", "expired"), "true");
}

static void
renames(void **state)
{
	static const char *const bad[] = { "Foo", "foo_bar", "-a", "a-", "a.b", "%20",
		"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg" };
	struct asker *k = *state;
	int64_t alice = add_user(k, "alice"), before;

	add_node(k, alice, 1, 1);
	add_node(k, alice, 2, 2);
	before = last_change(k);
	assert_status(k, 200, "POST", "/api/v1/node/1/rename/web-1", NULL);
	assert_string_equal(api_text(k, "node", "givenName"), "web-1");
	assert_true(last_change(k) > before);
	assert_status(k, 200, "POST", "/api/v1/node/1/rename/web-1", NULL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_refused(k, 400, "DNS label", "POST",
		    arena_printf(k->a, "/api/v1/node/1/rename/%s", bad[i]), NULL);
	assert_refused(k, 400, "node name is not unique", "POST",
	    "/api/v1/node/1/rename/n2", NULL);
}

static void
the_whole_name_has_a_limit(void **state)
{
	struct asker *k = *state;
	char domain[252];

	add_node(k, add_user(k, "alice"), 1, 1);
	memset(domain, 'a', 251);
	for (size_t i = 60; i < 251; i += 60)
		domain[i] = '.';
	domain[251] = '\0';
	k->cfg.base_domain = domain;
	assert_status(k, 200, "POST", "/api/v1/node/1/rename/abc", NULL);
	assert_refused(k, 400, "255", "POST", "/api/v1/node/1/rename/abcd", NULL);
}

static void
tags(void **state)
{
	struct asker *k = *state;
	const char *target = "/api/v1/node/1/tags";

	add_node(k, add_user(k, "alice"), 1, 1);
	assert_status(k, 200, "POST", target, "{\"tags\":[\"tag:z\",\"tag:b\",\"tag:z\"]}");
	assert_string_equal(api_dump(k, "node", "tags"), "[\"tag:b\",\"tag:z\"]");
	assert_has(api_dump(k, "node", "user"), "tagged-devices");
	assert_refused(k, 400, "cannot remove all tags from a node", "POST", target,
	    "{\"tags\":[]}");
	assert_refused(k, 400, "cannot remove all tags from a node", "POST", target, "{}");
	assert_refused(k, 400, "'tag:'", "POST", target, "{\"tags\":[\"web\"]}");
	assert_refused(k, 400, "lower-case", "POST", target, "{\"tags\":[\"tag:WEB\"]}");
}

static void
tags_keep_an_expiry(void **state)
{
	struct asker *k = *state;

	add_node(k, add_user(k, "alice"), 1, 1);
	assert_status(k, 200, "POST", "/api/v1/node/1/expire",
	    "{\"expiry\":\"2040-01-01T00:00:00Z\"}");
	assert_status(k, 200, "POST", "/api/v1/node/1/tags", "{\"tags\":[\"tag:a\"]}");
	assert_string_equal(api_text(k, "node", "expiry"), "2040-01-01T00:00:00.000Z");
}

static void
moves_to_a_user(void **state)
{
	struct asker *k = *state;
	int64_t before;

	add_user(k, "alice");
	add_user(k, "bob");
	add_node(k, 0, 1, 1);
	before = last_change(k);
	assert_status(k, 200, "POST", "/api/v1/node/1/user", "{\"user\":\"2\"}");
	assert_has(api_dump(k, "node", "user"), "\"bob\"");
	assert_string_equal(api_dump(k, "node", "tags"), "[]");
	assert_true(last_change(k) > before);
	assert_refused(k, 404, "user 9 not found", "POST", "/api/v1/node/1/user",
	    "{\"user\":\"9\"}");
	assert_refused(k, 422, "required property user", "POST", "/api/v1/node/1/user", "{}");
}

static void
a_machine_has_one_node_per_owner(void **state)
{
	struct asker *k = *state;
	int64_t alice = add_user(k, "alice"), bob = add_user(k, "bob");

	add_node(k, alice, 1, 77);
	add_node(k, bob, 2, 77);
	assert_refused(k, 409, "same machine", "POST", "/api/v1/node/1/user",
	    "{\"user\":\"2\"}");
	assert_status(k, 200, "POST", "/api/v1/node/1/tags", "{\"tags\":[\"tag:a\"]}");
	assert_refused(k, 409, "same machine", "POST", "/api/v1/node/2/tags",
	    "{\"tags\":[\"tag:a\"]}");
}

static void
sets_an_address(void **state)
{
	static const struct { int status; const char *ip, *part; } bad[] = {
		{ 400, "192.168.1.1", "outside the configured prefixes 100.64.0.0/10 and" },
		{ 400, "fd00::1", "outside the configured prefixes" },
		{ 400, "100.64.0.0", "reserved" },
		{ 400, "100.127.255.255", "reserved" },
		{ 400, "100.100.100.100", "reserved" },
		{ 400, "100.115.92.7", "reserved" },
		{ 400, "fd7a:115c:a1e0::53", "reserved" },
		{ 400, "100.64.0.300", "an address like" },
		{ 400, "", "an address like" },
		{ 409, "100.64.0.2", "belongs to node 2 \\\"n2\\\"" },
	};
	struct asker *k = *state;
	int64_t alice = add_user(k, "alice");

	k->cfg.have_v4 = prefix_read(STR("100.64.0.0/10"), &k->cfg.v4);
	k->cfg.have_v6 = prefix_read(STR("fd7a:115c:a1e0::/48"), &k->cfg.v6);
	add_node(k, alice, 1, 1);
	add_node(k, alice, 2, 2);
	assert_status(k, 200, "POST", "/api/v1/node/1/ip", "{\"ip\":\"100.64.7.7\"}");
	assert_status(k, 200, "POST", "/api/v1/node/1/ip", "{\"ip\":\"FD7A:115c:a1e0:0::7\"}");
	assert_string_equal(api_dump(k, "node", "ipAddresses"),
	    "[\"100.64.7.7\",\"fd7a:115c:a1e0::7\"]");
	assert_status(k, 200, "POST", "/api/v1/node/1/ip", "{\"ip\":\"100.64.7.7\"}");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_status(k, bad[i].status, "POST", "/api/v1/node/1/ip",
		    arena_printf(k->a, "{\"ip\":\"%s\"}", bad[i].ip));
		assert_has(ask_body(k), bad[i].part);
	}
}

static void
an_address_of_a_family_that_is_off(void **state)
{
	struct asker *k = *state;

	k->cfg.have_v4 = prefix_read(STR("100.64.0.0/10"), &k->cfg.v4);
	add_node(k, add_user(k, "alice"), 1, 1);
	assert_refused(k, 400, "prefixes 100.64.0.0/10", "POST", "/api/v1/node/1/ip",
	    "{\"ip\":\"fd7a:115c:a1e0::7\"}");
}

static void
announce(struct asker *k, const char *routes)
{
	struct node n;

	assert_int_equal(store_node_by_id(k->db, k->a, 1, &n), OK);
	n.routes = routes;
	assert_int_equal(store_node_update(k->db, &n), OK);
}

static void
approves_routes(void **state)
{
	struct asker *k = *state;
	const char *target = "/api/v1/node/1/approve_routes";

	add_node(k, add_user(k, "alice"), 1, 1);
	announce(k, "[\"10.0.0.0/8\"]");
	assert_status(k, 200, "POST", target,
	    "{\"routes\":[\"192.168.0.0/16\",\"10.0.0.0/8\",\"10.0.0.0/8\"]}");
	assert_string_equal(api_dump(k, "node", "approvedRoutes"),
	    "[\"10.0.0.0/8\",\"192.168.0.0/16\"]");
	assert_string_equal(api_dump(k, "node", "availableRoutes"), "[\"10.0.0.0/8\"]");
	assert_string_equal(api_dump(k, "node", "subnetRoutes"), "[\"10.0.0.0/8\"]");
	assert_status(k, 200, "POST", target, "{\"routes\":[\"::/0\"]}");
	assert_string_equal(api_dump(k, "node", "approvedRoutes"),
	    "[\"0.0.0.0/0\",\"::/0\"]");
	assert_string_equal(api_dump(k, "node", "subnetRoutes"), "[]");
	assert_status(k, 200, "POST", target, "{\"routes\":[]}");
	assert_string_equal(api_dump(k, "node", "approvedRoutes"), "[]");
}

static void
routes_are_checked(void **state)
{
	static const struct { const char *route, *part; } bad[] = {
		{ "\"10.0.0.0\"", "parsing route" },
		{ "\"10.0.0.0/33\"", "parsing route" },
		{ "\"nonsense\"", "parsing route" },
		{ "\"10.1.2.3/8\"", "the network is 10.0.0.0/8" },
	};
	struct asker *k = *state;

	add_node(k, add_user(k, "alice"), 1, 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_refused(k, 400, bad[i].part, "POST", "/api/v1/node/1/approve_routes",
		    arena_printf(k->a, "{\"routes\":[%s]}", bad[i].route));
	assert_refused(k, 422, "body.routes[0] must be text", "POST",
	    "/api/v1/node/1/approve_routes", "{\"routes\":[7]}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ASK_TEST(shows_every_member),
		ASK_TEST(shows_the_key_of_another_user),
		ASK_TEST(a_tagged_node_has_the_pseudo_user_everywhere),
		ASK_TEST(lists),
		ASK_TEST(unknown_and_malformed_ids),
		ASK_TEST(deletes),
		ASK_TEST(expires),
		ASK_TEST(a_past_expiry_is_now),
		ASK_TEST(renames),
		ASK_TEST(the_whole_name_has_a_limit),
		ASK_TEST(tags),
		ASK_TEST(tags_keep_an_expiry),
		ASK_TEST(moves_to_a_user),
		ASK_TEST(a_machine_has_one_node_per_owner),
		ASK_TEST(sets_an_address),
		ASK_TEST(an_address_of_a_family_that_is_off),
		ASK_TEST(approves_routes),
		ASK_TEST(routes_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
