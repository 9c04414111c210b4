/* tests/handlers/approval_test.c -- devices that wait for approval, and those of users who are not active. */
#include "tests/handlers/stream.h"

#include "tests/handlers/api.h"

#define APPROVAL_ON(k) \
	STORE(k, store_setting_put((k)->db, "devicesApprovalOn", "true", ASK_NOW))

/* Joins with a key like this, which is reusable; says what the device is told. */
static bool
join(struct asker *k, int m, struct authkey key)
{
	jv *answer;

	key.reusable = true;
	answer = register_with(k, m, m * 100 + 1, make_key(k, &key));
	assert_string_equal(json_get_str(answer, "Error", ""), "");
	return json_get_bool(answer, "MachineAuthorized", false);
}

static jv *
whole(struct asker *k, int m)
{
	struct stream_open o;
	jv *map;

	assert_int_equal(do_map(k, m, m * 100 + 1, ",\"Stream\":true"), 200);
	map = opened(k, &o);
	assert_int_equal(o.n_peers, json_len(json_get(map, "Peers")));
	assert_int_equal(o.alone, !json_get_bool(json_get(map, "Node"), "MachineAuthorized", false));
	return map;
}

static const char *
part(struct asker *k, jv *map, const char *name)
{
	return json_dump(k->a, json_get(map, name));
}

/* A map that says nothing of the tailnet but the device itself. */
static void
assert_outside(struct asker *k, jv *map, const char *user)
{
	assert_false(json_get_bool(json_get(map, "Node"), "MachineAuthorized", true));
	assert_null(json_get(map, "Peers"));
	assert_string_equal(part(k, map, "PacketFilters"), "{\"*\":null,\"base\":[]}");
	assert_string_equal(part(k, map, "SSHPolicy"), "{\"rules\":[]}");
	assert_string_equal(part(k, map, "DNSConfig"), "{}");
	assert_int_equal(json_len(json_get(map, "UserProfiles")), 1);
	assert_has(part(k, map, "UserProfiles"), user);
	assert_lacks(part(k, json_get(map, "Node"), "CapMap"), "is-admin");
}

static void
approve(struct asker *k, int64_t node, bool yes)
{
	assert_status(k, 200, "POST", arena_printf(k->a, "/api/v1/node/%lld/authorize",
	    (long long)node), yes ? "{\"authorized\":true}" : "{\"authorized\":false}");
	assert_string_equal(api_dump(k, "node", "authorized"), yes ? "true" : "false");
}

/* ---- registration ---- */

static void
a_new_device_waits(void **state)
{
	struct asker *k = *state;
	int64_t ann = make_user(k, "ann"), bob = make_user(k, "bob");

	assert_true(join(k, 1, (struct authkey){ .user_id = ann }));
	APPROVAL_ON(k);
	assert_false(join(k, 2, (struct authkey){ .user_id = bob }));
	assert_false(join(k, 3, (struct authkey){ .tags = "[\"tag:a\"]" }));
	assert_outside(k, whole(k, 2), "bob");
	assert_outside(k, whole(k, 3), "tagged-devices");
	assert_int_equal(json_len(json_get(whole(k, 1), "Peers")), 0);
	/* What was there before the setting, and what its key pre-approves, does not. */
	assert_true(join(k, 1, (struct authkey){ .user_id = ann }));
	assert_true(join(k, 4, (struct authkey){ .user_id = ann, .preauthorized = true }));
	assert_int_equal(json_len(json_get(whole(k, 1), "Peers")), 1);
}

static void
coming_again_changes_nothing(void **state)
{
	struct asker *k = *state;
	int64_t ann = make_user(k, "ann");
	struct authkey key = { .user_id = ann, .preauthorized = true };

	APPROVAL_ON(k);
	assert_false(join(k, 1, (struct authkey){ .user_id = ann }));
	assert_false(json_get_bool(do_register(k, 1, 101, ""), "MachineAuthorized", true));
	assert_false(join(k, 1, (struct authkey){ .user_id = ann }));
	/* Else a device that somebody has put out would let itself in again. */
	assert_false(join(k, 1, key));
	STORE(k, store_setting_put(k->db, "devicesApprovalOn", "false", ASK_NOW));
	assert_false(join(k, 1, (struct authkey){ .user_id = ann }));
	approve(k, 1, true);
	assert_joined(do_register(k, 1, 101, ""));
	assert_true(join(k, 1, (struct authkey){ .user_id = ann }));
}

static void
who_completes_a_login_approves_the_device(void **state)
{
	struct asker *k = *state;
	const char *url, *body;

	make_user(k, "ann");
	APPROVAL_ON(k);
	for (int again = 0; again < 2; again++) {
		url = json_get_str(do_register(k, 1, 101 + again, ""), "AuthURL", "");
		assert_has(url, "/register/");
		body = arena_printf(k->a, "{\"user\":\"ann\",\"authId\":\"%s\"}",
		    strrchr(url, '/') + 1);
		assert_status(k, 200, "POST", "/api/v1/auth/register", body);
		assert_string_equal(api_dump(k, "node", "authorized"), "true");
		assert_joined(do_register(k, 1, 101 + again, ""));
		approve(k, 1, false);	/* and once more, when it waits */
	}
}

static void
a_suspended_user_brings_nothing_new(void **state)
{
	struct asker *k = *state;
	int64_t ann = make_user(k, "ann");
	struct authkey own = { .user_id = ann, .reusable = true };
	struct authkey tagged = { .user_id = ann, .reusable = true, .tags = "[\"tag:a\"]" };
	const char *own_key = make_key(k, &own), *tagged_key = make_key(k, &tagged);

	assert_joined(register_with(k, 1, 101, own_key));
	STORE(k, store_user_set_status(k->db, ann, "suspended"));
	assert_error(register_with(k, 2, 201, own_key),
	    "user ann is suspended; ask an administrator");
	assert_error(register_with(k, 2, 201, tagged_key),
	    "user ann is suspended; ask an administrator");
	/* Not even out of what was theirs. */
	assert_error(register_with(k, 1, 102, tagged_key),
	    "user ann is suspended; ask an administrator");
	assert_false(json_get_bool(register_with(k, 1, 102, own_key), "MachineAuthorized", true));
	assert_outside(k, (do_map(k, 1, 102, ",\"Stream\":true"),
	    opened(k, &(struct stream_open){ 0 })), "ann");
	STORE(k, store_user_set_status(k->db, ann, "active"));
	assert_joined(do_register(k, 1, 102, ""));
	assert_int_equal(node_count(k), 1);
}

static void
devices_wait_with_their_user(void **state)
{
	struct asker *k = *state;
	int64_t ann = make_user(k, "ann");
	struct authkey tagged = { .user_id = ann, .reusable = true, .tags = "[\"tag:a\"]" };

	STORE(k, store_user_set_status(k->db, ann, "needs-approval"));
	assert_false(join(k, 1, (struct authkey){ .user_id = ann, .preauthorized = true }));
	assert_error(register_with(k, 2, 201, make_key(k, &tagged)),
	    "user ann waits for approval; ask an administrator");
	assert_outside(k, whole(k, 1), "ann");
	assert_status(k, 200, "POST", "/api/v1/user/1/approve", NULL);
	assert_joined(do_register(k, 1, 101, ""));
	assert_true(json_get_bool(json_get(whole(k, 1), "Node"), "MachineAuthorized", false));
}

static void
an_administrator_cannot_register_for_a_suspended_user(void **state)
{
	struct asker *k = *state;
	int64_t ann = make_user(k, "ann");
	const char *url = json_get_str(do_register(k, 1, 101, ""), "AuthURL", "");
	const char *body = arena_printf(k->a, "{\"user\":\"ann\",\"authId\":\"%s\"}",
	    strrchr(url, '/') + 1);

	STORE(k, store_user_set_status(k->db, ann, "suspended"));
	assert_refused(k, 400, "user ann is suspended", "POST", "/api/v1/auth/register", body);
	STORE(k, store_user_set_status(k->db, ann, "active"));
	assert_status(k, 200, "POST", "/api/v1/auth/register", body);
}

/* ---- what others see ---- */

static void
approval_brings_it_to_its_peers(void **state)
{
	struct asker *k = *state;
	int64_t ann = make_user(k, "ann"), to;
	const char *lines;

	assert_true(join(k, 1, (struct authkey){ .user_id = ann }));
	APPROVAL_ON(k);
	assert_false(join(k, 2, (struct authkey){ .user_id = ann }));
	(void)whole(k, 1);
	to = change_now(k);
	assert_int_equal(do_map(k, 2, 201, ",\"Stream\":true,\"Endpoints\":[\"192.0.2.1:1\"]"), 200);
	STORE(k, store_node_set_presence(k->db, 2, true, ASK_NOW));
	assert_string_equal(delta_lines(k, to, &to), "");	/* nobody hears of who is outside */
	approve(k, 2, true);
	lines = delta_lines(k, to, &to);
	assert_has(lines, "upsert all 2 +profile {\"ID\":2,");
	assert_has(lines, "refresh subject 2 ");
	assert_int_equal(json_len(json_get(whole(k, 2), "Peers")), 1);
	assert_int_equal(json_len(json_get(whole(k, 1), "Peers")), 1);
	approve(k, 2, true);
	assert_string_equal(delta_lines(k, to, &to), "");
	approve(k, 2, false);
	assert_string_equal(delta_lines(k, to, &to), "remove all 2  \nrefresh subject 2  \n");
	STORE(k, store_node_rename(k->db, 2, "other"));
	assert_string_equal(delta_lines(k, to, &to), "refresh subject 2  \n");
	assert_has(part(k, whole(k, 2), "Node"), "\"other.tn.example.\"");
}

#define POLICY "{\"tagOwners\":{\"tag:a\":[]},\"acls\":[{\"action\":\"accept\"," \
	"\"src\":[\"ann@\"],\"dst\":[\"tag:a:22\"]}],\"ssh\":[{\"action\":\"accept\"," \
	"\"src\":[\"ann@\"],\"dst\":[\"tag:a\"],\"users\":[\"root\"]}]}"

static void
no_rule_speaks_of_it(void **state)
{
	struct asker *k = *state;
	struct lab *l = lab_new(k);
	int64_t ann = make_user(k, "ann");

	assert_true(join(k, 1, (struct authkey){ .tags = "[\"tag:a\"]" }));
	assert_true(join(k, 2, (struct authkey){ .user_id = ann }));
	set_policy(l, POLICY);
	(void)lab_open(l, 1, 101);
	(void)lab_open(l, 2, 201);
	lab_delta(l, 0);
	assert_has(l->v[0].filters, "100.64.0.2");
	assert_has(l->v[0].ssh, "100.64.0.2");
	lab_count_from_here(l);
	STORE(k, store_user_set_status(k->db, ann, "suspended"));
	lab_delta(l, 0);
	assert_lacks(l->v[0].filters, "100.64.0.2");
	assert_lacks(l->v[0].ssh, "100.64.0.2");
	assert_int_equal(l->v[0].n_peers, 0);
	assert_int_equal(l->v[0].refreshes, 0);
	assert_int_equal(l->v[1].refreshes, 1);
	assert_int_equal(l->v[1].n_peers, 0);
	assert_string_equal(l->v[1].filters, "{\"*\":null,\"base\":[]}");
	STORE(k, store_user_set_status(k->db, ann, "active"));
	lab_delta(l, 0);
	assert_has(l->v[0].filters, "100.64.0.2");
	assert_int_equal(l->v[0].n_peers, 1);
	assert_int_equal(l->v[1].n_peers, 1);
	lab_free(l);
}

/* What is told to everybody is for those who are in. */
static void
dns_and_names_of_users_stay_inside(void **state)
{
	struct asker *k = *state;
	int64_t ann = make_user(k, "ann"), to;
	const char *lines;

	APPROVAL_ON(k);
	assert_false(join(k, 1, (struct authkey){ .user_id = ann }));
	(void)whole(k, 1);
	to = change_now(k);
	STORE(k, store_document_put(k->db, "dns", "{\"Domains\":[\"secret\"]}", ASK_NOW));
	STORE(k, store_user_rename(k->db, ann, "eve"));
	STORE(k, store_document_put(k->db, "derpmap", "{\"Regions\":{}}", ASK_NOW));
	lines = delta_lines(k, to, &to);
	assert_has(lines, "value all 0 DNSConfig");
	assert_has(lines, "item all 0 UserProfiles");
	assert_has(lines, "value everyone 0 DERPMap");
	assert_outside(k, whole(k, 1), "eve");
}

static void
it_serves_no_subnet(void **state)
{
	struct asker *k = *state;
	struct lab *l = lab_new(k);
	static const char routes[] = ",\"OmitPeers\":true,\"Hostinfo\":{\"Hostname\":\"r\","
	    "\"OS\":\"linux\",\"RoutableIPs\":[\"0.0.0.0/0\",\"10.0.0.0/8\",\"::/0\"]}";

	for (int m = 1; m <= 3; m++) {
		assert_true(join(k, m, (struct authkey){ .tags = "[\"tag:a\"]" }));
		assert_int_equal(do_map(k, m, m * 100 + 1, m < 3 ? routes : ",\"OmitPeers\":true"), 200);
		(void)lab_open(l, m, m * 100 + 1);
	}
	for (int i = 1; i <= 2; i++)
		STORE(k, store_node_set_approved(k->db, i, "[\"0.0.0.0/0\",\"10.0.0.0/8\",\"::/0\"]"));
	lab_delta(l, 0);
	assert_has(known_find(l->v[2].peers, l->v[2].n_peers, 1)->json, "PrimaryRoutes");
	STORE(k, store_node_set_authorized(k->db, 1, false));
	lab_delta(l, 0);
	assert_null(known_find(l->v[2].peers, l->v[2].n_peers, 1));
	assert_has(known_find(l->v[2].peers, l->v[2].n_peers, 2)->json, "PrimaryRoutes");
	assert_lacks(l->v[0].self, "10.0.0.0/8");
	assert_lacks(l->v[0].self, "0.0.0.0/0");
	STORE(k, store_node_set_authorized(k->db, 2, false));
	STORE(k, store_node_set_authorized(k->db, 1, true));
	lab_delta(l, 0);
	assert_has(known_find(l->v[2].peers, l->v[2].n_peers, 1)->json, "PrimaryRoutes");
	assert_null(known_find(l->v[2].peers, l->v[2].n_peers, 2));
	lab_free(l);
}

static void
relays_refuse_it(void **state)
{
	struct asker *k = *state;
	struct str body;

	assert_true(join(k, 1, (struct authkey){ .tags = "[\"tag:a\"]" }));
	body = str_of(arena_printf(k->a, "{\"NodePublic\":\"%s\"}", key_no(k, NODEKEY_PREFIX, 101)));
	assert_int_equal(ask_as(k, ORIGIN_WEB, NULL, "POST", "/verify", body), 200);
	assert_string_equal(ask_body(k), "{\"Allow\":true}");
	approve(k, 1, false);
	assert_int_equal(ask_as(k, ORIGIN_WEB, NULL, "POST", "/verify", body), 200);
	assert_string_equal(ask_body(k), "{\"Allow\":false}");
}

/* ---- the API ---- */

static void
what_waits_is_listed(void **state)
{
	struct asker *k = *state;
	int64_t ann = make_user(k, "ann"), bob = make_user(k, "bob");
	const char *text;

	assert_true(join(k, 1, (struct authkey){ .user_id = ann }));
	APPROVAL_ON(k);
	assert_false(join(k, 2, (struct authkey){ .user_id = ann }));
	(void)do_register(k, 3, 301, "");
	STORE(k, store_user_set_status(k->db, bob, "needs-approval"));
	assert_status(k, 200, "GET", "/api/v1/auth", NULL);
	text = ask_body(k);
	assert_int_equal(json_len(json_get(api_json(k), "logins")), 3);
	assert_has(text, "\"kind\":\"register\"");
	assert_has(text, "{\"kind\":\"device\",\"state\":\"waiting\",\"nodeId\":\"2\",\"name\":\"host2\","
	    "\"os\":\"linux\",\"user\":\"ann\"");
	assert_has(text, "{\"kind\":\"user\",\"state\":\"waiting\",\"userId\":\"2\",\"user\":\"bob\"");
	assert_status(k, 200, "GET", "/api/v1/node?waiting=true", NULL);
	assert_int_equal(json_len(json_get(api_json(k), "nodes")), 1);
	assert_has(ask_body(k), "\"authorized\":false,\"suspended\":false");
	assert_status(k, 200, "GET", "/api/v1/node?waiting=false", NULL);
	assert_int_equal(json_len(json_get(api_json(k), "nodes")), 2);
	assert_refused(k, 400, "true or false", "GET", "/api/v1/node?waiting=maybe", NULL);
}

static void
wrong_approvals(void **state)
{
	struct asker *k = *state;

	assert_true(join(k, 1, (struct authkey){ .tags = "[\"tag:a\"]" }));
	assert_refused(k, 404, "7", "POST", "/api/v1/node/7/authorize", "{\"authorized\":true}");
	assert_refused(k, 422, "authorized", "POST", "/api/v1/node/1/authorize", "{}");
	assert_refused(k, 422, "authorized", "POST", "/api/v1/node/1/authorize",
	    "{\"authorized\":\"yes\"}");
	assert_refused(k, 422, "other", "POST", "/api/v1/node/1/authorize",
	    "{\"authorized\":true,\"other\":1}");
}

static void
an_explanation_says_that_it_waits(void **state)
{
	struct asker *k = *state;
	int64_t ann = make_user(k, "ann");

	assert_true(join(k, 1, (struct authkey){ .tags = "[\"tag:a\"]" }));
	assert_true(join(k, 2, (struct authkey){ .user_id = ann }));
	assert_status(k, 200, "GET", "/api/v1/policy/explain?src=host1&dst=host2:22", NULL);
	approve(k, 1, false);
	STORE(k, store_user_set_status(k->db, ann, "suspended"));
	assert_refused(k, 400, "node 1 waits for approval", "GET",
	    "/api/v1/policy/explain?src=host1&dst=host2:22", NULL);
	assert_refused(k, 400, "node 2 belongs to a user who is not active", "GET",
	    "/api/v1/policy/explain?src=*&dst=host2:22", NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NET_TEST(a_new_device_waits),
		NET_TEST(coming_again_changes_nothing),
		NET_TEST(who_completes_a_login_approves_the_device),
		NET_TEST(a_suspended_user_brings_nothing_new),
		NET_TEST(devices_wait_with_their_user),
		NET_TEST(an_administrator_cannot_register_for_a_suspended_user),
		NET_TEST(approval_brings_it_to_its_peers),
		NET_TEST(no_rule_speaks_of_it),
		NET_TEST(dns_and_names_of_users_stay_inside),
		NET_TEST(it_serves_no_subnet),
		NET_TEST(relays_refuse_it),
		NET_TEST(what_waits_is_listed),
		NET_TEST(wrong_approvals),
		NET_TEST(an_explanation_says_that_it_waits),
	};

	log_init("test", LOG_WARN);
	return cmocka_run_group_tests_name("approval", tests, NULL, NULL);
}
