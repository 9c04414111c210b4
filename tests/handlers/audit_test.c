/*
 * tests/handlers/audit_test.c -- the audit log as the API shows it: who, from where, what;
 * refusals; Tailscale's form of it; and that no secret gets into it, whatever is done.
 */
#include "tests/handlers/key.h"
#include "tests/handlers/v2.h"

static jv *
newest(struct asker *k)
{
	assert_status(k, 200, "GET", "/api/v1/audit?limit=1", NULL);
	return json_at(json_get(api_json(k), "entries"), 0);
}

static void
assert_entry(struct asker *k, const char *want)
{
	jv *e = newest(k), *a = json_get(e, "actor"), *t = json_get(e, "target");

	assert_string_equal(arena_printf(k->a, "%s %s %s %s %s %s %s %s %s",
	    json_get_str(a, "kind", ""), json_get_str(a, "user", ""),
	    json_get_str(a, "address", ""), json_get_str(e, "action", ""),
	    json_get_str(e, "outcome", ""), json_get_str(t, "kind", ""),
	    json_get_str(t, "name", ""), json_dump(k->a, json_get(e, "before")),
	    json_dump(k->a, json_get(e, "after"))), want);
}

static void
who_did_it(void **state)
{
	struct asker *k = *state;
	int64_t bob = add_user(k, "bob");
	const char *key, *token;

	add_node(k, bob, 1, 1);
	assert_status(k, 200, "POST", "/api/v1/user/1/role", "{\"role\":\"admin\"}");
	assert_entry(k, "cli   setUserRole done user bob {\"role\":\"member\"} {\"role\":\"admin\"}");
	key = make_key(k, "all", bob);
	k->remote_addr = "192.0.2.7";
	assert_int_equal(ask_key(k, key, "POST", "/api/v1/node/1/rename/web", NULL), 200);
	assert_entry(k, "key bob 192.0.2.7 renameNode done node web {\"name\":\"n1\"} {\"name\":\"web\"}");
	token = make_token(k, "devices:core", "[\"tag:a\"]");
	assert_int_equal(ask_key(k, token, "POST", "/api/v2/device/1/name", "{\"name\":\"www\"}"), 200);
	assert_entry(k, "token  192.0.2.7 setDeviceName done node www {\"name\":\"web\"} {\"name\":\"www\"}");
	/* Who does not change anything is not in it. */
	assert_int_equal(ask_key(k, token, "POST", "/api/v2/device/1/name", "{\"name\":\"www\"}"), 200);
	assert_entry(k, "token  192.0.2.7 setDeviceName done node www {\"name\":\"web\"} {\"name\":\"www\"}");
	assert_int_equal(ask_key(k, key, "POST", "/api/v1/node/1/rename/-", NULL), 400);
	assert_entry(k, "token  192.0.2.7 setDeviceName done node www {\"name\":\"web\"} {\"name\":\"www\"}");
}

static void
refusals(void **state)
{
	struct asker *k = *state;
	int64_t bob = add_user(k, "bob");
	const char *key;

	assert_int_equal(store_user_set_role(k->db, bob, "auditor"), OK);
	key = make_key(k, "all", bob);
	for (int i = 0; i < 3; i++)
		assert_int_equal(ask_key(k, key, "DELETE", "/api/v1/user/1", NULL), 403);
	assert_entry(k, "key bob 127.0.0.1 deleteUser denied path /api/v1/user/1 {} {}");
	assert_status(k, 200, "GET", "/api/v1/audit?action=deleteUser", NULL);
	assert_int_equal(json_len(json_get(api_json(k), "entries")), 1);
	k->later_ms = 60000;
	assert_int_equal(ask_key(k, key, "DELETE", "/api/v1/user/1", NULL), 403);
	assert_status(k, 200, "GET", "/api/v1/audit?action=deleteUser&actor=bob", NULL);
	assert_int_equal(json_len(json_get(api_json(k), "entries")), 2);
	/* An auditor may read it; a device manager may not. */
	assert_int_equal(ask_key(k, key, "GET", "/api/v1/audit", NULL), 200);
	assert_int_equal(ask_key(k, make_key(k, "devices:core", 0), "GET", "/api/v1/audit", NULL), 403);
}

static void
pages(void **state)
{
	struct asker *k = *state;
	const char *next;

	for (int i = 0; i < 5; i++)
		add_user(k, arena_printf(k->a, "user%d", i));
	assert_status(k, 200, "GET", "/api/v1/audit?limit=3", NULL);
	assert_int_equal(json_len(json_get(api_json(k), "entries")), 3);
	next = json_get_str(api_json(k), "next", "");
	assert_status(k, 200, "GET", arena_printf(k->a, "/api/v1/audit?limit=3&before=%s", next), NULL);
	assert_int_equal(json_len(json_get(api_json(k), "entries")), 2);
	assert_null(json_get(api_json(k), "next"));
	assert_status(k, 200, "GET", "/api/v1/audit?since=2100-01-01T00:00:00Z", NULL);
	assert_int_equal(json_len(json_get(api_json(k), "entries")), 0);
	assert_status(k, 200, "GET", "/api/v1/audit?target=user3", NULL);
	assert_int_equal(json_len(json_get(api_json(k), "entries")), 1);
	assert_refused(k, 400, "query.since", "GET", "/api/v1/audit?since=yesterday", NULL);
	assert_refused(k, 400, "query.limit", "GET", "/api/v1/audit?limit=1001", NULL);
	assert_refused(k, 400, "query.limit", "GET", "/api/v1/audit?limit=x", NULL);
	assert_refused(k, 400, "query.before", "GET", "/api/v1/audit?before=-1", NULL);
}

#define DAYS "?start=2020-01-01T00:00:00Z&end=2100-01-01T00:00:00Z"
#define LOGS "/api/v2/tailnet/-/logging/configuration"

static void
as_tailscale_shows_it(void **state)
{
	struct asker *k = *state;
	int64_t bob = add_user(k, "bob");
	jv *log;

	add_node(k, bob, 1, 1);
	assert_status(k, 200, "POST", "/api/v1/node/1/rename/web", NULL);
	assert_answer(k, "GET", LOGS DAYS, NULL);
	assert_string_equal(json_get_str(api_json(k), "version", ""), "1.1");
	assert_int_equal(json_len(json_get(api_json(k), "logs")), 3);
	log = json_at(json_get(api_json(k), "logs"), 0);
	assert_string_equal(json_get_str(log, "action", ""), "CREATE");
	assert_string_equal(json_get_str(json_get(log, "target"), "type", ""), "USER");
	log = json_at(json_get(api_json(k), "logs"), 2);
	assert_string_equal(json_get_str(log, "action", ""), "UPDATE");
	assert_string_equal(json_get_str(log, "origin", ""), "ADMIN_CONSOLE");
	assert_string_equal(json_get_str(json_get(log, "target"), "property", ""), "NAME");
	assert_string_equal(json_get_str(log, "old", ""), "n1");
	assert_string_equal(json_get_str(log, "new", ""), "web");
	assert_answer(k, "GET", LOGS DAYS "&event=node.create", NULL);
	assert_int_equal(json_len(json_get(api_json(k), "logs")), 1);
	assert_answer(k, "GET", LOGS DAYS "&actor=nobody", NULL);
	assert_int_equal(json_len(json_get(api_json(k), "logs")), 0);
	assert_message(k, 400, "query.start is missing", "GET", LOGS, NULL);
	assert_message(k, 400, "query.end", "GET", LOGS "?start=2020-01-01T00:00:00Z&end=x", NULL);
	assert_message(k, 404, "tailnet not found", "GET",
	    "/api/v2/tailnet/other/logging/configuration" DAYS, NULL);
}

/* Members of an answer that are secrets, from all that makes some. */
static void
no_secret(void **state)
{
	struct asker *k = *state;
	static const struct { const char *method, *path, *body, *member; } makers[] = {
		{ "POST", "/api/v1/apikey", "{}", "apiKey" },
		{ "POST", "/api/v2/tailnet/-/webhooks", "{\"endpointUrl\":\"https://h/x\","
		    "\"subscriptions\":[\"nodeCreated\"]}", "secret" },
		{ "POST", "/api/v2/webhooks/1/rotate", NULL, "secret" },
		{ "POST", "/api/v2/tailnet/-/keys", "{\"keyType\":\"client\",\"scopes\":[\"dns\"]}", "key" },
		{ "POST", "/api/v2/tailnet/-/keys", "{\"capabilities\":{\"devices\":{\"create\":{\"tags\":[\"tag:a\"]}}}}",
		    "key" },
	};
	const char *secrets[8], *log;
	size_t n = sizeof(makers) / sizeof(makers[0]);

	assert_status(k, 200, "PUT", "/api/v1/policy",
	    "{\"policy\":\"{\\\"tagOwners\\\":{\\\"tag:a\\\":[]}}\"}");
	for (size_t i = 0; i < n; i++) {
		assert_status(k, 200, makers[i].method, makers[i].path, makers[i].body);
		secrets[i] = json_get_str(api_json(k), makers[i].member, "");
		if (strlen(secrets[i]) < 64)
			fail_msg("%s gives no secret: %s", makers[i].path, ask_body(k));
	}
	assert_status(k, 200, "GET", "/api/v1/audit?limit=1000", NULL);
	log = arena_strdup(k->a, ask_body(k));
	assert_answer(k, "GET", LOGS DAYS, NULL);
	for (size_t i = 0; i < n; i++) {
		assert_lacks(log, strrchr(secrets[i], '-'));
		assert_lacks(ask_body(k), strrchr(secrets[i], '-'));
	}
	assert_lacks(log, "b2b:");
	assert_lacks(log, "tagOwners");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ASK_TEST(who_did_it), ASK_TEST(refusals), ASK_TEST(pages),
		ASK_TEST(as_tailscale_shows_it), ASK_TEST(no_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
