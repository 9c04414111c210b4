/* tests/handlers/api_apikey_test.c -- /api/v1/apikey. */
#include "tests/handlers/key.h"

#define KEYS "/api/v1/apikey"

/* The only key in the list, or the last. */
static jv *
last_of_list(struct asker *k)
{
	jv *list;

	assert_status(k, 200, "GET", KEYS, NULL);
	list = json_get(api_json(k), "apiKeys");
	assert_true(json_len(list) > 0);
	return json_at(list, json_len(list) - 1);
}

static const char *
created(struct asker *k, const char *body)
{
	const char *text;

	assert_status(k, 200, "POST", KEYS, body);
	text = json_get_str(api_json(k), "apiKey", "");
	assert_int_equal(strlen(text), strlen("hskey-api-") + 12 + 1 + 64);
	return arena_strdup(k->a, text);
}

static void
a_key_is_shown_once(void **state)
{
	struct asker *k = *state;
	const char *key = created(k, "{\"expiration\":\"2030-01-01T00:00:00Z\"}");
	jv *row = last_of_list(k);

	assert_lacks(ask_body(k), key + 23);
	assert_string_equal(json_get_str(row, "id", ""), "1");
	assert_string_equal(json_get_str(row, "prefix", ""),
	    arena_printf(k->a, "%.22s-***", key));
	assert_string_equal(json_get_str(row, "expiration", ""), "2030-01-01T00:00:00.000Z");
	assert_null(json_get(row, "lastSeen"));
	assert_null(json_get(row, "user"));
	assert_string_equal(json_dump(k->a, json_get(row, "scopes")), "[\"all\"]");

	assert_key_status(k, 200, key, "GET", "/api/v1/user", NULL);
	assert_non_null(json_get(last_of_list(k), "lastSeen"));
}

/* The peer's key without an expiration never works; ours always does. */
static void
no_expiration_is_never(void **state)
{
	struct asker *k = *state;
	const char *key = created(k, "{}");

	assert_null(json_get(last_of_list(k), "expiration"));
	k->later_ms = 100LL * 365 * 24 * 3600 * 1000;
	assert_key_status(k, 200, key, "GET", "/api/v1/user", NULL);
	created(k, "{\"expiration\":\"0001-01-01T00:00:00Z\"}");
	assert_null(json_get(last_of_list(k), "expiration"));
}

static void
extras_are_kept(void **state)
{
	struct asker *k = *state;
	int64_t id = add_user(k, "alice");
	jv *row;

	assert_int_equal(store_user_set_role(k->db, id, "it-admin"), OK);
	created(k, "{\"user\":\"1\",\"scopes\":[\"users\",\"dns:read\",\"users:read\"],"
	    "\"description\":\"ci <b>\"}");
	row = last_of_list(k);
	assert_string_equal(json_get_str(json_get(row, "user"), "name", ""), "alice");
	assert_string_equal(json_dump(k->a, json_get(row, "scopes")),
	    "[\"users\",\"dns:read\"]");
	assert_string_equal(json_get_str(row, "description", ""), "ci <b>");
}

static void
wrong_bodies_are_refused(void **state)
{
	struct asker *k = *state;
	int64_t id = add_user(k, "alice");	/* a member: no rights */

	assert_int_equal(id, 1);
	assert_refused(k, 400, "request body is required", "POST", KEYS, NULL);
	assert_refused(k, 422, "unexpected property", "POST", KEYS, "{\"expiry\":\"x\"}");
	assert_refused(k, 422, "body.expiration", "POST", KEYS, "{\"expiration\":7}");
	assert_refused(k, 422, "body.user", "POST", KEYS, "{\"user\":1}");
	assert_refused(k, 404, "user 99 not found", "POST", KEYS, "{\"user\":\"99\"}");
	assert_refused(k, 400, "could do nothing", "POST", KEYS, "{\"user\":\"1\"}");
	assert_refused(k, 400, "in the past", "POST", KEYS,
	    "{\"expiration\":\"2020-01-01T00:00:00Z\"}");
	assert_refused(k, 400, "there is no scope \"pizza\"", "POST", KEYS,
	    "{\"scopes\":[\"all\",\"pizza\"]}");
	assert_has(ask_body(k), "\"location\":\"body.scopes[1]\"");
	assert_refused(k, 400, "names no scope", "POST", KEYS, "{\"scopes\":[]}");
	assert_refused(k, 422, "body.scopes[0]", "POST", KEYS, "{\"scopes\":[1]}");
	assert_refused(k, 422, "body.description", "POST", KEYS,
	    arena_printf(k->a, "{\"description\":\"%0300d\"}", 0));
}

static void
nobody_gives_what_they_have_not(void **state)
{
	struct asker *k = *state;
	const char *some = make_key(k, "api_access_tokens users:read", 0);
	const char *child;

	assert_key_status(k, 403, some, "POST", KEYS, "{\"scopes\":[\"users\"]}");
	assert_has(ask_body(k), "has not the scope users");
	assert_key_status(k, 403, some, "POST", KEYS, "{\"scopes\":[\"all\"]}");
	assert_key_status(k, 403, some, "POST", KEYS, "{\"scopes\":[\"all:read\"]}");
	assert_key_status(k, 200, some, "POST", KEYS, "{\"scopes\":[\"users:read\"]}");
	assert_key_status(k, 200, some, "POST", KEYS, "{}");
	child = arena_strdup(k->a, json_get_str(api_json(k), "apiKey", ""));
	assert_key_status(k, 200, child, "GET", "/api/v1/user", NULL);
	assert_key_status(k, 403, child, "POST", "/api/v1/user", "{\"name\":\"bob\"}");
	assert_key_status(k, 403, make_key(k, "api_access_tokens:read", 0), "POST", KEYS, "{}");
}

/* What a demoted or suspended administrator has left behind must end with them. */
static void
keys_of_a_users_key_are_that_users(void **state)
{
	struct asker *k = *state;
	int64_t alice = add_user(k, "alice"), bob = add_user(k, "bob");
	const char *all, *some, *child;

	assert_int_equal(store_user_set_role(k->db, alice, "admin"), OK);
	assert_int_equal(store_user_set_role(k->db, bob, "auditor"), OK);
	all = make_key(k, "all", alice);
	some = make_key(k, "api_access_tokens all:read", alice);

	assert_key_status(k, 200, some, "POST", KEYS, "{}");
	child = arena_strdup(k->a, json_get_str(api_json(k), "apiKey", ""));
	assert_string_equal(json_get_str(json_get(last_of_list(k), "user"), "name", ""), "alice");
	assert_key_status(k, 403, some, "POST", KEYS, "{\"user\":\"2\"}");
	assert_has(ask_body(k), "a user's key makes keys for that user only");
	assert_key_status(k, 200, all, "POST", KEYS, "{\"user\":\"2\"}");
	assert_string_equal(json_get_str(json_get(last_of_list(k), "user"), "name", ""), "bob");

	assert_key_status(k, 200, child, "GET", "/api/v1/user", NULL);
	assert_int_equal(store_user_set_status(k->db, alice, "suspended"), OK);
	assert_key_status(k, 403, child, "GET", "/api/v1/user", NULL);
}

static int64_t
left(struct asker *k)
{
	assert_status(k, 200, "GET", KEYS, NULL);
	return (int64_t)json_len(json_get(api_json(k), "apiKeys"));
}

static void
keys_are_deleted_by_each_of_their_names(void **state)
{
	struct asker *k = *state;
	const char *v[5];

	for (size_t i = 0; i < 5; i++)
		v[i] = created(k, "{}");
	assert_status(k, 200, "DELETE", arena_printf(k->a, KEYS "/%.12s", v[0] + 10), NULL);
	assert_string_equal(ask_body(k), "{}");
	assert_status(k, 404, "DELETE", arena_printf(k->a, KEYS "/%.12s", v[0] + 10), NULL);
	assert_status(k, 200, "DELETE", arena_printf(k->a, KEYS "/%.22s-***", v[1]), NULL);
	assert_status(k, 200, "DELETE", arena_printf(k->a, KEYS "/%s", v[2]), NULL);
	assert_status(k, 200, "DELETE", KEYS "/-?id=4", NULL);
	assert_status(k, 200, "DELETE", KEYS "/5", NULL);
	assert_int_equal(left(k), 0);
}

static void
unclear_deletions_are_refused(void **state)
{
	struct asker *k = *state;
	const char *key = created(k, "{}");

	assert_refused(k, 400, "must provide id or prefix", "DELETE", KEYS "/-", NULL);
	assert_refused(k, 400, "not both", "DELETE",
	    arena_printf(k->a, KEYS "/%.12s?id=1", key + 10), NULL);
	assert_refused(k, 400, "must be a number", "DELETE", KEYS "/-?id=x", NULL);
	assert_refused(k, 404, "API key not found", "DELETE", KEYS "/nonsense", NULL);
	assert_refused(k, 404, "API key not found", "DELETE", KEYS "/%25_'--", NULL);
	assert_refused(k, 404, "API key not found", "DELETE", KEYS "/-?id=99", NULL);
	assert_int_equal(left(k), 1);
}

static void
expired_keys_stay_in_the_list(void **state)
{
	struct asker *k = *state;
	const char *x = created(k, "{}"), *y = created(k, "{}");

	assert_status(k, 200, "POST", KEYS "/expire", arena_printf(k->a,
	    "{\"prefix\":\"%.12s\"}", x + 10));
	assert_status(k, 200, "POST", KEYS "/expire", "{\"id\":\"2\"}");
	assert_key_status(k, 401, x, "GET", "/api/v1/user", NULL);
	assert_key_status(k, 401, y, "GET", "/api/v1/user", NULL);
	assert_int_equal(left(k), 2);
	assert_status(k, 200, "POST", KEYS "/expire", arena_printf(k->a,
	    "{\"prefix\":\"%.22s-***\",\"id\":null}", x));
	assert_refused(k, 400, "must provide id or prefix", "POST", KEYS "/expire", "{}");
	assert_refused(k, 400, "must provide id or prefix", "POST", KEYS "/expire",
	    "{\"prefix\":\"\",\"id\":\"\"}");
	assert_refused(k, 400, "not both", "POST", KEYS "/expire",
	    "{\"prefix\":\"x\",\"id\":\"1\"}");
	assert_refused(k, 404, "not found", "POST", KEYS "/expire", "{\"id\":\"9\"}");
}

static void
a_key_can_end_itself(void **state)
{
	struct asker *k = *state;
	const char *x = created(k, "{}"), *y = created(k, "{}");

	assert_key_status(k, 200, x, "POST", KEYS "/expire",
	    arena_printf(k->a, "{\"prefix\":\"%.12s\"}", x + 10));
	assert_key_status(k, 401, x, "GET", KEYS, NULL);
	assert_key_status(k, 200, y, "DELETE",
	    arena_printf(k->a, KEYS "/%.12s", y + 10), NULL);
	assert_key_status(k, 401, y, "GET", KEYS, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ASK_TEST(a_key_is_shown_once),
		ASK_TEST(no_expiration_is_never),
		ASK_TEST(extras_are_kept),
		ASK_TEST(wrong_bodies_are_refused),
		ASK_TEST(nobody_gives_what_they_have_not),
		ASK_TEST(keys_of_a_users_key_are_that_users),
		ASK_TEST(keys_are_deleted_by_each_of_their_names),
		ASK_TEST(unclear_deletions_are_refused),
		ASK_TEST(expired_keys_stay_in_the_list),
		ASK_TEST(a_key_can_end_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
