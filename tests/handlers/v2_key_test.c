/* tests/handlers/v2_key_test.c -- auth keys, API keys and OAuth clients in REST v2. */
#include "tests/handlers/key.h"
#include "tests/handlers/v2.h"

#define KEYS "/api/v2/tailnet/-/keys"
#define DAY_S (24 * 3600)

#define DEVICES(more) "{\"capabilities\":{\"devices\":{\"create\":{\"reusable\":true," \
	"\"ephemeral\":false,\"preauthorized\":true," more "}}}"
#define TAGGED DEVICES("\"tags\":[\"tag:ci\"]") "}"
#define PLAIN DEVICES("\"tags\":null")

#define POLICY "{\"tagOwners\":{\"tag:ci\":[],\"tag:ci-child\":[\"tag:ci\"],\"tag:db\":[]}}"

static const char *
text(struct asker *k, const char *name)
{
	return json_get_str(api_json(k), name, "");
}

static const char *
path_of(struct asker *k, const char *id)
{
	return arena_printf(k->a, KEYS "/%s", id);
}

static void
set_policy(struct asker *k)
{
	struct policy_version v = { .text = POLICY, .author = "", .source = "cli",
	    .comment = "", .created_ms = ASK_NOW };
	int64_t id;

	assert_int_equal(store_policy_add(k->db, &v, &id), OK);
}

/* A status and, of an error, the message. */
#define assert_key_message(k, want, part, key, method, target, body) do {	\
	assert_key_status(k, want, key, method, target, body);			\
	assert_has(text(k, "message"), part);					\
} while (0)

static void
a_tagged_key(void **state)
{
	struct asker *k = *state;
	const char *key = make_key(k, "all", 0), *id, *secret;
	struct authkey row;
	struct str prefix, rest;

	set_policy(k);
	assert_key_status(k, 200, key, "POST", KEYS, TAGGED);
	id = arena_strdup(k->a, text(k, "id"));
	secret = arena_strdup(k->a, text(k, "key"));
	assert_int_equal(json_get_i64(api_json(k), "expirySeconds", 0), 90 * DAY_S);
	assert_string_equal(text(k, "keyType"), "auth");
	assert_true(token_parse(str_of(secret), "auth", &prefix, &rest));
	assert_int_equal(store_authkey_by_prefix(k->db, k->a, prefix, &row), OK);
	assert_true(row.reusable && row.preauthorized && !row.ephemeral);
	assert_true(token_matches(rest, row.hash));
	assert_string_equal(row.tags, "[\"tag:ci\"]");

	assert_key_status(k, 200, key, "GET", path_of(k, id), NULL);
	assert_lacks(ask_body(k), "\"key\":");
	assert_has(ask_body(k), "\"invalid\":false");
	assert_key_status(k, 200, key, "GET", KEYS "?all=true", NULL);
	assert_has(ask_body(k), "\"tag:ci\"");
	assert_lacks(ask_body(k), secret);

	assert_key_status(k, 200, key, "DELETE", path_of(k, id), NULL);
	assert_string_equal(ask_body(k), "{}");
	assert_key_status(k, 200, key, "GET", path_of(k, id), NULL);
	assert_has(ask_body(k), "\"invalid\":true");
	assert_string_not_equal(text(k, "revoked"), "");
	assert_key_message(k, 404, "key not found", key, "DELETE", path_of(k, id), NULL);
	assert_key_status(k, 200, key, "GET", KEYS, NULL);
	assert_lacks(ask_body(k), "tag:ci");
}

static void
a_users_key(void **state)
{
	struct asker *k = *state;
	int64_t alice = add_user(k, "alice"), bob = add_user(k, "bob");
	const char *none = make_key(k, "all", 0), *of_alice, *limited;
	const char *for_bob = arena_printf(k->a, PLAIN ",\"userId\":\"%lld\"}", (long long)bob);

	assert_int_equal(store_user_set_role(k->db, alice, "it-admin"), OK);
	of_alice = make_key(k, "all", alice);
	limited = make_key(k, "auth_keys", 0);
	assert_key_message(k, 400, "an auth key without tags must be created with a user-owned "
	    "API key", none, "POST", KEYS, PLAIN "}");
	assert_key_status(k, 200, of_alice, "POST", KEYS, PLAIN ",\"expirySeconds\":60}");
	assert_string_equal(text(k, "userId"), arena_printf(k->a, "%lld", (long long)alice));
	assert_int_equal(json_get_i64(api_json(k), "expirySeconds", 0), 60);

	assert_key_status(k, 200, none, "POST", KEYS, for_bob);
	assert_string_equal(text(k, "userId"), arena_printf(k->a, "%lld", (long long)bob));
	assert_key_message(k, 403, "for other users", of_alice, "POST", KEYS, for_bob);
	assert_key_message(k, 403, "for other users", limited, "POST", KEYS, for_bob);
	assert_key_message(k, 404, "user 99 not found", none, "POST", KEYS,
	    PLAIN ",\"userId\":\"99\"}");
	assert_answer(k, "POST", KEYS, for_bob);	/* the command line */
}

static void
tokens_give_their_tags_only(void **state)
{
	struct asker *k = *state;
	const char *token = make_token(k, "auth_keys", "[\"tag:ci\"]");
	const char *all = make_token(k, "all", "[]");

	set_policy(k);
	assert_key_status(k, 200, token, "POST", KEYS, TAGGED);
	assert_key_status(k, 200, token, "POST", KEYS, DEVICES("\"tags\":[\"tag:ci-child\"]") "}");
	assert_key_message(k, 403, "tag:db", token, "POST", KEYS,
	    DEVICES("\"tags\":[\"tag:db\"]") "}");
	assert_string_equal(k->rq.err_at, "body.capabilities.devices.create.tags");
	assert_key_message(k, 400, "tag:none", token, "POST", KEYS,
	    DEVICES("\"tags\":[\"tag:none\"]") "}");
	assert_key_message(k, 403, "must have tags", token, "POST", KEYS, PLAIN "}");
	assert_key_message(k, 403, "must have tags", all, "POST", KEYS, PLAIN ",\"userId\":\"1\"}");
	assert_key_status(k, 200, all, "POST", KEYS, DEVICES("\"tags\":[\"tag:db\"]") "}");
	assert_key_message(k, 400, "tag", token, "POST", KEYS, DEVICES("\"tags\":[\"ci\"]") "}");
}

static void
clients(void **state)
{
	struct asker *k = *state;
	const char *key = make_key(k, "all", 0), *id, *secret;
	struct oauth_client row;

	set_policy(k);
	assert_key_status(k, 200, key, "POST", KEYS, "{\"keyType\":\"client\",\"description\":"
	    "\"ci\",\"scopes\":[\"devices:core\",\"dns:read\"],\"tags\":[\"tag:ci\"]}");
	id = arena_strdup(k->a, text(k, "id"));
	secret = text(k, "key");
	assert_has(secret, arena_printf(k->a, "hskey-client-%s-", id));
	assert_has(ask_body(k), "\"scopes\":[\"devices:core\",\"dns:read\"]");
	assert_has(ask_body(k), "\"tags\":[\"tag:ci\"]");

	assert_key_status(k, 200, key, "PUT", path_of(k, id), "{\"keyType\":\"client\","
	    "\"description\":\"less\",\"scopes\":[\"dns:read\"],\"tags\":null}");
	assert_int_equal(store_oauth_client_by_id(k->db, k->a, str_of(id), &row), OK);
	assert_string_equal(row.scopes, "dns:read");
	assert_string_equal(row.tags, "[]");
	assert_string_equal(row.description, "less");

	assert_key_status(k, 200, key, "DELETE", path_of(k, id), NULL);
	assert_key_status(k, 404, key, "GET", path_of(k, id), NULL);
	assert_key_status(k, 404, key, "PUT", path_of(k, id), "{\"scopes\":[\"dns\"]}");
}

/* What a client was given once holds no longer when it is made less. */
static void
a_changed_client_loses_its_tokens(void **state)
{
	struct asker *k = *state;
	const char *token = make_token(k, "dns", "[]"), *key = make_key(k, "all", 0);
	struct oauth_client *v;
	size_t n;

	assert_key_status(k, 200, token, "GET", "/api/v2/tailnet/-/dns/preferences", NULL);
	assert_int_equal(store_oauth_clients(k->db, k->a, &v, &n), OK);
	assert_int_equal(n, 1);
	assert_key_status(k, 200, key, "PUT", path_of(k, v[0].id), "{\"scopes\":[\"users:read\"]}");
	assert_key_status(k, 401, token, "GET", "/api/v2/tailnet/-/dns/preferences", NULL);
}

static void
nobody_gives_what_they_have_not(void **state)
{
	struct asker *k = *state;
	const char *some = make_key(k, "oauth_keys dns", 0);
	const char *token = make_token(k, "oauth_keys auth_keys", "[\"tag:ci\"]");
	const char *big = arena_strndup(k->a, make_client(k, "all", "[]") + strlen("hskey-client-"),
	    TOKEN_PREFIX_LEN);

	set_policy(k);
	assert_key_status(k, 200, some, "POST", KEYS,
	    "{\"keyType\":\"client\",\"scopes\":[\"dns:read\"]}");
	assert_key_message(k, 403, "users", some, "POST", KEYS,
	    "{\"keyType\":\"client\",\"scopes\":[\"users\"]}");
	assert_key_message(k, 403, "scope", some, "POST", KEYS,
	    "{\"keyType\":\"client\",\"scopes\":[\"all\"]}");
	assert_key_message(k, 403, "scope", some, "PUT", path_of(k, big),
	    "{\"scopes\":[\"dns:read\"]}");	/* nor takes it from who has */
	assert_key_message(k, 403, "tag:db", token, "POST", KEYS, "{\"keyType\":\"client\","
	    "\"scopes\":[\"auth_keys\"],\"tags\":[\"tag:db\"]}");
	assert_key_status(k, 200, token, "POST", KEYS, "{\"keyType\":\"client\","
	    "\"scopes\":[\"auth_keys\"],\"tags\":[\"tag:ci\"]}");
}

static void
what_makes_no_sense_is_refused(void **state)
{
	struct asker *k = *state;
	const char *long_text = "123456789012345678901234567890123456789012345678901";

	assert_message(k, 400, "needs tags", "POST", KEYS,
	    "{\"keyType\":\"client\",\"scopes\":[\"auth_keys\"]}");
	assert_message(k, 400, "needs tags", "POST", KEYS,
	    "{\"keyType\":\"client\",\"scopes\":[\"devices:core\"],\"tags\":[]}");
	assert_answer(k, "POST", KEYS, "{\"keyType\":\"client\",\"scopes\":[\"all\"]}");
	assert_message(k, 400, "at least one scope", "POST", KEYS, "{\"keyType\":\"client\"}");
	assert_message(k, 400, "there is no scope \"fly\"", "POST", KEYS,
	    "{\"keyType\":\"client\",\"scopes\":[\"fly\"]}");
	assert_message(k, 400, "body.expirySeconds is not for", "POST", KEYS,
	    "{\"keyType\":\"client\",\"scopes\":[\"dns\"],\"expirySeconds\":7}");
	assert_message(k, 400, "body.scopes is not for", "POST", KEYS,
	    DEVICES("\"tags\":[\"tag:ci\"]") ",\"scopes\":[\"dns\"]}");
	assert_message(k, 422, "keyType", "POST", KEYS, "{\"keyType\":\"federated\"}");
	assert_message(k, 422, "description has more than 50", "POST", KEYS,
	    arena_printf(k->a, "{\"description\":\"%s\"}", long_text));
	assert_message(k, 422, "expirySeconds", "POST", KEYS, "{\"expirySeconds\":\"7\"}");
	assert_message(k, 422, "expirySeconds", "POST", KEYS,
	    "{\"expirySeconds\":9223372036854775807}");
	assert_message(k, 422, "body.capabilities.devices.create.reusable", "POST", KEYS,
	    "{\"capabilities\":{\"devices\":{\"create\":{\"reusable\":1}}}}");
	assert_message(k, 404, "tailnet not found", "POST", "/api/v2/tailnet/x/keys", TAGGED);
	assert_message(k, 404, "key not found", "GET", KEYS "/0", NULL);
	assert_message(k, 404, "key not found", "GET", KEYS "/name", NULL);
	assert_message(k, 404, "key not found", "GET", KEYS "/99999999999999999999999", NULL);
}

static size_t
listed(struct asker *k, const char *key)
{
	assert_key_status(k, 200, key, "GET", KEYS, NULL);
	return json_len(json_get(api_json(k), "keys"));
}

/* What a caller may not read looks like what is not there. */
static void
each_kind_has_its_scope(void **state)
{
	struct asker *k = *state;
	const char *key = make_key(k, "auth_keys:read", 0);
	const char *api_only = make_key(k, "api_access_tokens", 0), *other;
	const char *client = arena_strndup(k->a, make_client(k, "dns", "[]") +
	    strlen("hskey-client-"), TOKEN_PREFIX_LEN);
	const char *own = arena_strndup(k->a, key + strlen("hskey-api-"), TOKEN_PREFIX_LEN);

	assert_answer(k, "POST", KEYS, TAGGED);
	assert_int_equal(listed(k, key), 1);
	assert_int_equal(listed(k, api_only), 2);
	assert_int_equal(listed(k, make_key(k, "oauth_keys:read", 0)), 1);
	assert_int_equal(listed(k, make_key(k, "all:read", 0)), 6);

	assert_key_status(k, 200, key, "GET", KEYS "/1", NULL);
	assert_key_message(k, 403, "token is missing the required scope auth_keys", key, "DELETE",
	    KEYS "/1", NULL);
	assert_key_message(k, 403, "scope auth_keys", key, "POST", KEYS, TAGGED);
	assert_key_message(k, 404, "key not found", key, "GET", path_of(k, client), NULL);
	assert_key_message(k, 404, "key not found", key, "DELETE", path_of(k, client), NULL);
	assert_key_message(k, 404, "key not found", api_only, "GET", KEYS "/1", NULL);
	assert_key_message(k, 404, "key not found", api_only, "GET", KEYS "/2", NULL);

	assert_key_status(k, 200, api_only, "GET", path_of(k, own), NULL);
	assert_string_equal(text(k, "keyType"), "api");
	assert_key_status(k, 200, api_only, "DELETE", path_of(k, own), NULL);
	assert_key_status(k, 401, key, "GET", KEYS, NULL);
	other = make_key(k, "users", 0);
	assert_key_message(k, 403, "scope auth_keys:read", other, "GET", KEYS, NULL);
	assert_key_message(k, 404, "key not found", other, "GET", KEYS "/1", NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ASK_TEST(a_tagged_key), ASK_TEST(a_users_key), ASK_TEST(tokens_give_their_tags_only),
		ASK_TEST(clients), ASK_TEST(a_changed_client_loses_its_tokens),
		ASK_TEST(nobody_gives_what_they_have_not),
		ASK_TEST(what_makes_no_sense_is_refused), ASK_TEST(each_kind_has_its_scope),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
