/* tests/handlers/api_authkey_test.c -- /api/v1/preauthkey */
#include "tests/handlers/api.h"

#include "lib/crypto/key.h"
#include "lib/crypto/token.h"

#define KEYS "/api/v1/preauthkey"

static void
the_answer_has_the_whole_key_once(void **state)
{
	struct asker *k = *state;
	struct str prefix, secret;
	struct authkey row;
	const char *key;

	add_user(k, "alice");
	assert_status(k, 200, "POST", KEYS, "{\"user\":\"1\",\"reusable\":true,"
	    "\"ephemeral\":true,\"expiration\":\"2030-01-02T03:04:05+01:00\"}");
	key = api_text(k, "preAuthKey", "key");
	assert_true(token_parse(str_of(key), "auth", &prefix, &secret));
	assert_int_equal(store_authkey_by_prefix(k->db, k->a, prefix, &row), OK);
	assert_true(token_matches(secret, row.hash));
	assert_string_equal(api_text(k, "preAuthKey", "expiration"),
	    "2030-01-02T02:04:05.000Z");
	assert_string_equal(api_dump(k, "preAuthKey", "reusable"), "true");
	assert_string_equal(api_dump(k, "preAuthKey", "ephemeral"), "true");
	assert_string_equal(api_dump(k, "preAuthKey", "used"), "false");

	assert_status(k, 200, "GET", KEYS, NULL);
	assert_lacks(ask_body(k), arena_strndup(k->a, secret.p, secret.n));
	assert_lacks(ask_body(k), row.hash);
	assert_has(ask_body(k), arena_printf(k->a, "\"key\":\"hskey-auth-%s-***\"",
	    row.prefix));
}

/* A zero time once made keys that were dead from birth. */
static void
no_expiration_means_never(void **state)
{
	static const char *const bodies[] = {
		"{\"user\":\"1\"}", "{\"user\":\"1\",\"expiration\":null}",
		"{\"user\":\"1\",\"expiration\":\"0001-01-01T00:00:00Z\"}",
	};
	struct asker *k = *state;
	struct authkey *rows;
	size_t n;

	add_user(k, "alice");
	for (size_t i = 0; i < 3; i++) {
		assert_status(k, 200, "POST", KEYS, bodies[i]);
		assert_string_equal(api_dump(k, "preAuthKey", "expiration"), "null");
	}
	assert_int_equal(store_authkeys(k->db, k->a, &rows, &n), OK);
	for (size_t i = 0; i < n; i++)
		assert_true(rows[i].expiry_ms == TIME_NONE);
}

static void
tags_are_sorted_and_owner_is_optional(void **state)
{
	struct asker *k = *state;

	assert_status(k, 200, "POST", KEYS,
	    "{\"aclTags\":[\"tag:web\",\"tag:a\",\"tag:web\"]}");
	assert_string_equal(api_dump(k, "preAuthKey", "aclTags"),
	    "[\"tag:a\",\"tag:web\"]");
	assert_string_equal(json_get_str(json_get(json_get(api_json(k), "preAuthKey"),
	    "user"), "id", ""), "0");
	add_user(k, "alice");
	assert_status(k, 200, "POST", KEYS, "{\"user\":\"1\",\"aclTags\":[\"tag:a\"]}");
}

static void
wrong_wishes_are_refused(void **state)
{
	static const struct { int status; const char *part, *body; } cases[] = {
		{ 400, "must be either tagged or owned by user", "{}" },
		{ 400, "must be either tagged or owned by user", "{\"aclTags\":[]}" },
		{ 400, "tag must start with the string 'tag:'", "{\"aclTags\":[\"web\"]}" },
		{ 400, "lower-case", "{\"aclTags\":[\"tag:Web\"]}" },
		{ 400, "lower-case", "{\"aclTags\":[\"tag:a b\"]}" },
		{ 400, "lower-case", "{\"aclTags\":[\"tag:\"]}" },
		{ 422, "body.aclTags[0] must be text", "{\"aclTags\":[1]}" },
		{ 422, "body.aclTags must be a list", "{\"aclTags\":\"tag:a\"}" },
		{ 422, "body.user must be the number of an id as text", "{\"user\":1}" },
		{ 422, "as text", "{\"user\":\"alice\"}" },
		{ 422, "as text", "{\"user\":\"-1\"}" },
		{ 422, "as text", "{\"user\":\"99999999999999999999\"}" },
		{ 404, "user 9 not found", "{\"user\":\"9\"}" },
		{ 400, "in the past",
		    "{\"user\":\"1\",\"expiration\":\"2020-01-01T00:00:00Z\"}" },
		{ 422, "a time like", "{\"user\":\"1\",\"expiration\":\"tomorrow\"}" },
		{ 422, "true or false", "{\"user\":\"1\",\"reusable\":\"yes\"}" },
		{ 422, "unexpected property", "{\"user\":\"1\",\"reuseable\":true}" },
	};
	struct asker *k = *state;

	add_user(k, "alice");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(k, cases[i].status, cases[i].part, "POST", KEYS,
		    cases[i].body);
	assert_status(k, 200, "GET", KEYS, NULL);
	assert_string_equal(ask_body(k), "{\"preAuthKeys\":[]}");
}

static void
expires_now(void **state)
{
	struct asker *k = *state;
	struct authkey row;

	add_user(k, "alice");
	assert_status(k, 200, "POST", KEYS, "{\"user\":\"1\"}");
	assert_status(k, 200, "POST", KEYS "/expire", "{\"id\":\"1\"}");
	assert_string_equal(ask_body(k), "{}");
	assert_int_equal(store_authkey_by_id(k->db, k->a, 1, &row), OK);
	assert_int_equal(row.expiry_ms, ASK_NOW);
	assert_refused(k, 404, "pre-auth key 7 not found", "POST", KEYS "/expire",
	    "{\"id\":\"7\"}");
	assert_refused(k, 404, "not found", "POST", KEYS "/expire", "{}");
	assert_refused(k, 422, "as text", "POST", KEYS "/expire", "{\"id\":\"x\"}");
}

static void
valid_ones_can_be_listed_alone(void **state)
{
	struct asker *k = *state;

	add_user(k, "alice");
	for (int i = 0; i < 4; i++)
		assert_status(k, 200, "POST", KEYS, i == 3 ?
		    "{\"user\":\"1\",\"reusable\":true}" : "{\"user\":\"1\"}");
	assert_int_equal(store_authkey_consume(k->db, 1), OK);
	assert_status(k, 200, "POST", KEYS "/expire", "{\"id\":\"2\"}");
	assert_status(k, 200, "GET", KEYS, NULL);
	assert_int_equal(json_len(json_get(api_json(k), "preAuthKeys")), 4);
	assert_status(k, 200, "GET", KEYS "?valid=true", NULL);
	assert_int_equal(json_len(json_get(api_json(k), "preAuthKeys")), 2);
}

static void
delete_leaves_the_nodes(void **state)
{
	struct asker *k = *state;
	int64_t alice = add_user(k, "alice");
	struct node n;

	assert_status(k, 200, "POST", KEYS, "{\"user\":\"1\"}");
	(void)add_node(k, alice, 1, 1);
	assert_int_equal(store_node_by_id(k->db, k->a, 1, &n), OK);
	n.authkey_id = 1;
	assert_int_equal(store_node_update(k->db, &n), OK);
	assert_status(k, 200, "GET", "/api/v1/node/1", NULL);
	assert_has(api_dump(k, "node", "preAuthKey"), "-***");

	assert_status(k, 200, "DELETE", KEYS "?id=1", NULL);
	assert_string_equal(ask_body(k), "{}");
	assert_status(k, 200, "GET", "/api/v1/node/1", NULL);
	assert_string_equal(api_dump(k, "node", "preAuthKey"), "null");
	assert_refused(k, 404, "not found", "DELETE", KEYS "?id=1", NULL);
	assert_refused(k, 404, "not found", "DELETE", KEYS, NULL);
	assert_refused(k, 400, "number", "DELETE", KEYS "?id=x", NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ASK_TEST(the_answer_has_the_whole_key_once),
		ASK_TEST(no_expiration_means_never),
		ASK_TEST(tags_are_sorted_and_owner_is_optional),
		ASK_TEST(wrong_wishes_are_refused),
		ASK_TEST(expires_now),
		ASK_TEST(valid_ones_can_be_listed_alone),
		ASK_TEST(delete_leaves_the_nodes),
	};

	crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
