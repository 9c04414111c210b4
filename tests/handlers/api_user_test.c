/* tests/handlers/api_user_test.c -- /api/v1/user, and the rules that all bodies share. */
#include "tests/handlers/api.h"

static void
creates_and_lists(void **state)
{
	struct asker *k = *state;

	assert_status(k, 200, "POST", "/api/v1/user", "{\"name\":\"alice\","
	    "\"displayName\":\"Alice A.\",\"email\":\"alice@example.com\","
	    "\"pictureUrl\":\"https://example.com/a.png\"}");
	assert_string_equal(api_text(k, "user", "id"), "1");
	assert_string_equal(api_text(k, "user", "name"), "alice");
	assert_string_equal(api_text(k, "user", "displayName"), "Alice A.");
	assert_string_equal(api_text(k, "user", "email"), "alice@example.com");
	assert_string_equal(api_text(k, "user", "profilePicUrl"),
	    "https://example.com/a.png");
	assert_string_equal(api_text(k, "user", "provider"), "");
	assert_string_equal(api_text(k, "user", "providerId"), "");
	assert_string_equal(api_text(k, "user", "createdAt"), "2026-09-21T14:13:20.000Z");
	assert_status(k, 200, "GET", "/api/v1/user", NULL);
	assert_int_equal(json_len(json_get(api_json(k), "users")), 1);
}

static void
list_can_be_filtered(void **state)
{
	static const struct { const char *query; size_t n; } cases[] = {
		{ "", 3 }, { "?name=bob", 1 }, { "?name=nobody", 0 }, { "?id=3", 1 },
		{ "?email=x%40example.com", 0 }, { "?id=1&name=bob", 1 }, { "?name=", 3 },
	};
	struct asker *k = *state;
	char target[64];

	add_user(k, "alice");
	add_user(k, "bob");
	add_user(k, "carol");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(target, sizeof(target), "/api/v1/user%s", cases[i].query);
		assert_status(k, 200, "GET", target, NULL);
		assert_int_equal(json_len(json_get(api_json(k), "users")), cases[i].n);
	}
	assert_refused(k, 400, "number", "GET", "/api/v1/user?id=x", NULL);
}

static void
names_follow_the_rule(void **state)
{
	static const char *const good[] = { "al", "a.b-c_d", "alice@example.com",
		"j\u00fcrgen", "Z9", "\u674e\u660e" };
	static const char *const bad[] = { "", "a", "1bad", "-a", "two words", "a@b@c",
		"alice@", "a/b", "a\\u0007b", "a\\u200bb", "tagged-devices", "a\\nb" };
	struct asker *k = *state;
	char body[256];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(body, sizeof(body), "{\"name\":\"%s\"}", good[i]);
		assert_status(k, 200, "POST", "/api/v1/user", body);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(body, sizeof(body), "{\"name\":\"%s\"}", bad[i]);
		assert_refused(k, 400, "user name", "POST", "/api/v1/user", body);
	}
	assert_refused(k, 400, "user name", "POST", "/api/v1/user", "{}");
}

static void
other_texts_are_checked(void **state)
{
	static const struct { const char *member, *value, *part; } cases[] = {
		{ "displayName", "two\\nlines", "display name" },
		{ "email", "nobody", "alice@example.com" },
		{ "email", "a b@c", "alice@example.com" },
		{ "email", "a@", "alice@example.com" },
		{ "pictureUrl", "ftp://x/y", "https://" },
		{ "pictureUrl", "https:///y", "https://" },
		{ "pictureUrl", "javascript:alert(1)", "https://" },
	};
	struct asker *k = *state;
	char body[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(body, sizeof(body), "{\"name\":\"alice\",\"%s\":\"%s\"}",
		    cases[i].member, cases[i].value);
		assert_refused(k, 400, cases[i].part, "POST", "/api/v1/user", body);
	}
}

static void
bodies_are_checked(void **state)
{
	struct asker *k = *state;

	assert_refused(k, 400, "body is required", "POST", "/api/v1/user", NULL);
	assert_refused(k, 400, "validation failed", "POST", "/api/v1/user", "{\"name\":");
	assert_refused(k, 422, "validation failed", "POST", "/api/v1/user", "[]");
	assert_refused(k, 422, "unexpected property body.nmae", "POST", "/api/v1/user",
	    "{\"nmae\":\"alice\"}");
	assert_refused(k, 422, "body.name must be text", "POST", "/api/v1/user",
	    "{\"name\":1}");
	assert_status(k, 200, "POST", "/api/v1/user", "{\"name\":\"alice\",\"email\":null}");
}

static void
a_name_is_taken_once(void **state)
{
	struct asker *k = *state;

	add_user(k, "alice");
	assert_refused(k, 409, "user already exists", "POST", "/api/v1/user",
	    "{\"name\":\"alice\"}");
	add_user(k, "bob");
	assert_refused(k, 409, "user already exists", "POST", "/api/v1/user/2/rename/alice",
	    NULL);
}

static void
renames(void **state)
{
	struct asker *k = *state;
	int64_t before;

	add_user(k, "alice");
	before = last_change(k);
	assert_status(k, 200, "POST", "/api/v1/user/1/rename/eve", NULL);
	assert_string_equal(api_text(k, "user", "name"), "eve");
	assert_true(last_change(k) > before);
	assert_status(k, 200, "POST", "/api/v1/user/1/rename/eve", NULL);
	assert_refused(k, 400, "user name", "POST", "/api/v1/user/1/rename/9", NULL);
	assert_refused(k, 404, "user 7 not found", "POST", "/api/v1/user/7/rename/eve", NULL);
	assert_refused(k, 400, "number", "POST", "/api/v1/user/alice/rename/eve", NULL);
}

/* Deleting one user once took everybody's keys along. */
static void
delete_takes_the_users_keys_only(void **state)
{
	struct asker *k = *state;

	add_user(k, "alice");
	add_user(k, "bob");
	assert_status(k, 200, "POST", "/api/v1/preauthkey", "{\"user\":\"1\"}");
	assert_status(k, 200, "POST", "/api/v1/preauthkey", "{\"user\":\"2\"}");
	assert_status(k, 200, "DELETE", "/api/v1/user/1", NULL);
	assert_string_equal(ask_body(k), "{}");
	assert_status(k, 200, "GET", "/api/v1/preauthkey", NULL);
	assert_int_equal(json_len(json_get(api_json(k), "preAuthKeys")), 1);
	assert_refused(k, 404, "not found", "DELETE", "/api/v1/user/1", NULL);
}

static void
delete_needs_an_empty_user(void **state)
{
	struct asker *k = *state;
	int64_t alice = add_user(k, "alice"), node = add_node(k, alice, 1, 1);

	assert_refused(k, 400, "user not empty: node(s) found", "DELETE",
	    "/api/v1/user/1", NULL);
	assert_status(k, 200, "POST", arena_printf(k->a, "/api/v1/node/%d/tags", (int)node),
	    "{\"tags\":[\"tag:web\"]}");
	assert_status(k, 200, "DELETE", "/api/v1/user/1", NULL);
}

/* The world is asked for a key; machines and the notifier see nothing. */
static void
closed_to_the_web(void **state)
{
	static const char *const paths[] = { "/api/v1/user", "/api/v1/node",
		"/api/v1/preauthkey", "/api/v1/auth", "/api/v1/health" };
	struct asker *k = *state;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		assert_int_equal(ask(k, "GET", paths[i]), 401);
		assert_string_equal(ask_body(k), "{\"title\":\"Unauthorized\",\"status\":401,"
		    "\"detail\":\"Unauthorized\"}");
		assert_int_equal(ask_as(k, ORIGIN_CONTROL, NULL, "GET", paths[i],
		    (struct str){ "", 0 }), 404);
	}
}

static void
health_reads_the_database(void **state)
{
	struct asker *k = *state;

	assert_status(k, 200, "GET", "/api/v1/health", NULL);
	assert_string_equal(ask_body(k), "{\"databaseConnectivity\":true}");
	assert_status(k, 200, "GET", "/api/v1/health?full=true", NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ASK_TEST(creates_and_lists),
		ASK_TEST(list_can_be_filtered),
		ASK_TEST(names_follow_the_rule),
		ASK_TEST(other_texts_are_checked),
		ASK_TEST(bodies_are_checked),
		ASK_TEST(a_name_is_taken_once),
		ASK_TEST(renames),
		ASK_TEST(delete_takes_the_users_keys_only),
		ASK_TEST(delete_needs_an_empty_user),
		ASK_TEST(closed_to_the_web),
		ASK_TEST(health_reads_the_database),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
