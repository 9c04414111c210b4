/* tests/handlers/api_auth_test.c -- /api/v1/auth: logins completed by an administrator. */
#include "tests/handlers/api.h"

#define ID_1 "hskey-authreq-aaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_2 "hskey-authreq-bbbbbbbbbbbbbbbbbbbbbbbb"

static void
add_login(struct asker *k, const char *id, int machine, int key, int64_t expiry_ms)
{
	struct login l = {
		.id = id, .old_node_key = "", .nl_key = "", .cap = 130,
		.machine_key = arena_printf(k->a, "mkey:%064x", machine),
		.node_key = arena_printf(k->a, "nodekey:%064x", key),
		.hostinfo = "{\"Hostname\":\"My-PC!\",\"OS\":\"linux\"}",
		.want_expiry_ms = TIME_NONE, .state = "waiting",
		.created_ms = ASK_NOW - 1000, .expiry_ms = expiry_ms,
	};

	assert_int_equal(store_login_create(k->db, &l), OK);
}

static const char *
body(struct asker *k, const char *id, const char *user)
{
	return arena_printf(k->a, "{\"authId\":\"%s\",\"user\":\"%s\"}", id, user);
}

static int
setup(void **state)
{
	struct asker *k;

	ask_setup(state);
	k = *state;
	k->cfg.have_v4 = prefix_read(STR("100.64.0.0/10"), &k->cfg.v4);
	k->cfg.allocation = ALLOC_SEQUENTIAL;
	add_user(k, "alice");
	add_login(k, ID_1, 1, 1, ASK_NOW + 900000);
	return 0;
}

static void
registers_a_node(void **state)
{
	struct asker *k = *state;
	int64_t before = last_change(k);
	struct login l;

	assert_status(k, 200, "POST", "/api/v1/auth/register", body(k, ID_1, "alice"));
	assert_string_equal(api_text(k, "node", "givenName"), "my-pc");
	assert_string_equal(api_text(k, "node", "name"), "My-PC!");
	assert_string_equal(api_text(k, "node", "registerMethod"), "REGISTER_METHOD_CLI");
	assert_has(api_dump(k, "node", "user"), "\"alice\"");
	assert_int_equal(store_login_by_id(k->db, k->a, ID_1, &l), OK);
	assert_string_equal(l.state, "done");
	assert_int_equal(l.node_id, 1);
	assert_true(last_change(k) > before);
	assert_refused(k, 409, "done already", "POST", "/api/v1/auth/register",
	    body(k, ID_1, "alice"));
}

static void
wrong_calls(void **state)
{
	struct asker *k = *state;
	static const char *const actions[] = { "register", "approve", "reject" };

	add_login(k, ID_2, 2, 2, ASK_NOW - 1);
	for (size_t i = 0; i < 3; i++) {
		const char *target = arena_printf(k->a, "/api/v1/auth/%s", actions[i]);
		char text[200];

		snprintf(text, sizeof(text), "{\"authId\":\"hskey-authreq-x\"}");
		assert_refused(k, 400, "auth ID has invalid length", "POST", target, text);
		snprintf(text, sizeof(text), "{\"authId\":\"%s\"}", ID_1 + 1);
		assert_refused(k, 400, "auth ID has invalid prefix", "POST", target, text);
		assert_refused(k, 400, "auth ID has invalid prefix", "POST", target, "{}");
		snprintf(text, sizeof(text), "{\"authId\":\"%s\"}", ID_2);
		assert_refused(k, 404, "no pending auth session", "POST", target, text);
		snprintf(text, sizeof(text), "{\"authId\":\"%s\"}",
		    "hskey-authreq-cccccccccccccccccccccccc");
		assert_refused(k, 404, "no pending auth session", "POST", target, text);
	}
	assert_refused(k, 404, "user \"eve\" not found", "POST", "/api/v1/auth/register",
	    body(k, ID_1, "eve"));
}

static void
rejects(void **state)
{
	struct asker *k = *state;
	struct login l;

	assert_status(k, 200, "POST", "/api/v1/auth/reject", "{\"authId\":\"" ID_1 "\"}");
	assert_string_equal(ask_body(k), "{}");
	assert_int_equal(store_login_by_id(k->db, k->a, ID_1, &l), OK);
	assert_string_equal(l.state, "rejected");
	assert_refused(k, 409, "rejected already", "POST", "/api/v1/auth/register",
	    body(k, ID_1, "alice"));
}

/* Saying yes without a user once did nothing, silently. */
static void
approving_a_registration_says_what_to_do(void **state)
{
	struct asker *k = *state;

	assert_refused(k, 400, "auth register --auth-id " ID_1 " --user NAME", "POST",
	    "/api/v1/auth/approve", "{\"authId\":\"" ID_1 "\"}");
}

static void
lists_what_waits(void **state)
{
	struct asker *k = *state;
	jv *l;

	add_login(k, ID_2, 2, 2, ASK_NOW - 1);
	assert_status(k, 200, "GET", "/api/v1/auth", NULL);
	assert_int_equal(json_len(json_get(api_json(k), "logins")), 1);
	l = json_at(json_get(api_json(k), "logins"), 0);
	assert_string_equal(json_get_str(l, "authId", ""), ID_1);
	assert_string_equal(json_get_str(l, "name", ""), "My-PC!");
	assert_string_equal(json_get_str(l, "os", ""), "linux");
	assert_status(k, 200, "POST", "/api/v1/auth/reject", "{\"authId\":\"" ID_1 "\"}");
	assert_status(k, 200, "GET", "/api/v1/auth", NULL);
	assert_string_equal(ask_body(k), "{\"logins\":[]}");
}

/* The same machine of another user stays as it is. */
static void
another_users_node_is_kept(void **state)
{
	struct asker *k = *state;

	add_user(k, "bob");
	add_node(k, 2, 9, 1);
	assert_status(k, 200, "POST", "/api/v1/auth/register", body(k, ID_1, "alice"));
	assert_status(k, 200, "GET", "/api/v1/node", NULL);
	assert_int_equal(json_len(json_get(api_json(k), "nodes")), 2);
}

static void
two_owners_are_ambiguous(void **state)
{
	struct asker *k = *state;

	add_node(k, 1, 8, 1);
	add_node(k, 0, 9, 1);
	assert_refused(k, 409, "tagged node", "POST", "/api/v1/auth/register",
	    body(k, ID_1, "alice"));
}

/* ---- SSH checks ---- */

static void
add_check(struct asker *k, const char *id, int64_t src, int64_t dst, int64_t expiry_ms)
{
	struct ssh_check c = {
		.id = id, .src_node = src, .dst_node = dst, .local_user = "root",
		.created_ms = ASK_NOW - 1000, .expiry_ms = expiry_ms,
	};

	assert_int_equal(store_ssh_check_create(k->db, &c), OK);
}

static void
decides_ssh_checks(void **state)
{
	static const struct { const char *path, *state; } ways[] = {
		{ "/api/v1/auth/approve", "approved" }, { "/api/v1/auth/reject", "rejected" },
	};
	static const char *const ids[] = { ID_2, "hskey-authreq-cccccccccccccccccccccccc" };
	struct asker *k = *state;
	struct ssh_check c;

	for (size_t i = 0; i < 2; i++) {
		const char *body_text = arena_printf(k->a, "{\"authId\":\"%s\"}", ids[i]);
		int64_t before;

		add_check(k, ids[i], 1, 2, ASK_NOW + 1000);
		before = last_change(k);
		assert_refused(k, 400, "auth approve --auth-id", "POST",
		    "/api/v1/auth/register", body(k, ids[i], "alice"));
		assert_status(k, 200, "POST", ways[i].path, body_text);
		assert_string_equal(ask_body(k), "{}");
		assert_int_equal(store_ssh_check_by_id(k->db, k->a, ids[i], &c), OK);
		assert_string_equal(c.state, ways[i].state);
		assert_true(last_change(k) > before);
		for (size_t j = 0; j < 2; j++)
			assert_refused(k, 409, "already", "POST", ways[j].path, body_text);
	}
}

static void
lists_ssh_checks(void **state)
{
	struct asker *k = *state;
	jv *c;

	assert_status(k, 200, "POST", "/api/v1/auth/reject", "{\"authId\":\"" ID_1 "\"}");
	add_node(k, 1, 1, 1);
	add_check(k, ID_2, 1, 99, ASK_NOW + 1000);
	add_check(k, "hskey-authreq-cccccccccccccccccccccccc", 1, 2, ASK_NOW);
	assert_status(k, 200, "GET", "/api/v1/auth", NULL);
	assert_int_equal(json_len(json_get(api_json(k), "logins")), 1);
	c = json_at(json_get(api_json(k), "logins"), 0);
	assert_string_equal(json_get_str(c, "authId", ""), ID_2);
	assert_string_equal(json_get_str(c, "kind", ""), "ssh");
	assert_string_equal(json_get_str(c, "source", ""), "n1");
	assert_string_equal(json_get_str(c, "destination", ""), "");
	assert_string_equal(json_get_str(c, "destinationId", ""), "99");
	assert_string_equal(json_get_str(c, "localUser", ""), "root");
	assert_refused(k, 404, "no pending auth session", "POST", "/api/v1/auth/approve",
	    "{\"authId\":\"hskey-authreq-cccccccccccccccccccccccc\"}");
}

/* ---- the older way to register, and logins without a client ---- */

static void
registers_the_old_way(void **state)
{
	struct asker *k = *state;

	assert_refused(k, 400, "invalid length", "POST", "/api/v1/node/register?user=alice", NULL);
	assert_refused(k, 404, "no pending auth session", "POST",
	    "/api/v1/node/register?user=alice&key=" ID_2, NULL);
	assert_refused(k, 404, "not found", "POST", "/api/v1/node/register?key=" ID_1, NULL);
	assert_refused(k, 404, "not found", "POST", "/api/v1/node/register?user=eve&key=" ID_1, NULL);
	assert_status(k, 200, "POST", "/api/v1/node/register?user=alice&key=" ID_1, NULL);
	assert_string_equal(api_text(k, "node", "givenName"), "my-pc");
	add_login(k, ID_2, 2, 2, ASK_NOW + 1000);
	assert_status(k, 200, "POST",
	    "/api/v1/node/register?user=alice&key=bbbbbbbbbbbbbbbbbbbbbbbb", NULL);
	assert_string_equal(api_text(k, "node", "id"), "2");
}

#define DEBUG_BODY "{\"user\":\"alice\",\"key\":\"" ID_2 "\",\"name\":\"Box 7\"," \
	"\"routes\":[\"10.0.0.0/8\",\"0.0.0.0/0\"]}"

static void
makes_a_login_without_a_client(void **state)
{
	struct asker *k = *state;
	const char *node_key;
	struct login l;

	k->cfg.login_timeout_ms = 900000;
	assert_status(k, 200, "POST", "/api/v1/debug/node", DEBUG_BODY);
	assert_string_equal(api_text(k, "node", "id"), "0");
	assert_string_equal(api_text(k, "node", "name"), "Box 7");
	assert_has(api_dump(k, "node", "user"), "\"alice\"");
	assert_has(api_dump(k, "node", "availableRoutes"), "10.0.0.0/8");
	node_key = api_text(k, "node", "nodeKey");
	assert_int_equal(store_login_by_id(k->db, k->a, ID_2, &l), OK);
	assert_int_equal(l.expiry_ms, ASK_NOW + 900000);
	assert_refused(k, 409, "exists already", "POST", "/api/v1/debug/node", DEBUG_BODY);

	assert_status(k, 200, "POST", "/api/v1/auth/register", body(k, ID_2, "alice"));
	assert_string_equal(api_text(k, "node", "nodeKey"), node_key);
	assert_string_equal(api_text(k, "node", "givenName"), "box-7");
	assert_string_equal(api_dump(k, "node", "availableRoutes"),
	    "[\"0.0.0.0/0\",\"10.0.0.0/8\",\"::/0\"]");
	assert_string_equal(api_dump(k, "node", "approvedRoutes"), "[]");
}

static void
refuses_wrong_logins(void **state)
{
	static const struct { int status; const char *part, *body; } cases[] = {
		{ 400, "invalid prefix", "{\"user\":\"alice\",\"name\":\"x\"}" },
		{ 400, "invalid length", "{\"user\":\"alice\",\"key\":\"hskey-authreq-x\"}" },
		{ 404, "user \"eve\" not found", "{\"user\":\"eve\",\"key\":\"" ID_2 "\"}" },
		{ 400, "parsing route", "{\"user\":\"alice\",\"key\":\"" ID_2
		    "\",\"routes\":[\"10.0.0.0/8\",\"all\"]}" },
		{ 422, "body.routes", "{\"user\":\"alice\",\"key\":\"" ID_2 "\",\"routes\":\"all\"}" },
		{ 422, "unexpected property body.node", "{\"node\":\"x\"}" },
		{ 400, "body is required", NULL },
	};
	struct asker *k = *state;
	struct login l;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(k, cases[i].status, cases[i].part, "POST", "/api/v1/debug/node",
		    cases[i].body);
	assert_int_equal(store_login_by_id(k->db, k->a, ID_2, &l), ERR_NOTFOUND);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, ask_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(registers_a_node),
		TEST(wrong_calls),
		TEST(rejects),
		TEST(approving_a_registration_says_what_to_do),
		TEST(lists_what_waits),
		TEST(another_users_node_is_kept),
		TEST(two_owners_are_ambiguous),
		TEST(decides_ssh_checks),
		TEST(lists_ssh_checks),
		TEST(registers_the_old_way),
		TEST(makes_a_login_without_a_client),
		TEST(refuses_wrong_logins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
