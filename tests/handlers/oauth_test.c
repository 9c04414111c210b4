/* tests/handlers/oauth_test.c -- POST /api/v2/oauth/token. */
#include "tests/handlers/key.h"

#include <sodium.h>

#include "handlers/throttle.h"

#define TOKEN "/api/v2/oauth/token"
#define FORM "application/x-www-form-urlencoded"

/* 'basic' is a password for Basic, NULL for no header. */
static int
ask_form(struct asker *k, const char *basic, const char *type, const char *form)
{
	struct req_param *p = arena_array(k->a, 3, sizeof(*p));
	const char *text = arena_printf(k->a, "whoever:%s", basic != NULL ? basic : "");
	char *coded = arena_alloc(k->a, 512);

	(void)sodium_bin2base64(coded, 512, (const unsigned char *)text, strlen(text),
	    sodium_base64_VARIANT_ORIGINAL);
	p[0] = (struct req_param){ "CONTENT_TYPE", type };
	if (basic != NULL)
		p[1] = (struct req_param){ "HTTP_AUTHORIZATION",
			arena_printf(k->a, "Basic %s", coded) };
	k->params = p;
	return ask_as(k, ORIGIN_WEB, NULL, "POST", TOKEN, str_of(form));
}

static void
assert_error(struct asker *k, int status, const char *error, const char *form)
{
	int got = ask_form(k, NULL, FORM, form);

	if (got != status)
		fail_msg("%s: wanted %d, got %d: %s", form, status, got, ask_body(k));
	assert_string_equal(json_get_str(api_json(k), "error", ""), error);
	assert_true(*json_get_str(api_json(k), "error_description", "") != '\0');
	assert_has(ask_head(k), "Cache-Control: no-store");
	assert_has(ask_head(k), "Pragma: no-cache");
}

static const char *
token_of(struct asker *k)
{
	return json_get_str(api_json(k), "access_token", "(none)");
}

static const char *
with_secret(struct asker *k, const char *secret, const char *more)
{
	return arena_printf(k->a, "client_secret=%s%s", secret, more);
}

static void
a_secret_gives_a_token(void **state)
{
	struct asker *k = *state;
	const char *secret = make_client(k, "users:read policy_file", "[]"), *token;

	assert_int_equal(ask_form(k, NULL, FORM, with_secret(k, secret,
	    "&grant_type=client_credentials&client_id=anything")), 200);
	assert_has(ask_head(k), "Cache-Control: no-store");
	assert_has(ask_head(k), "Pragma: no-cache");
	assert_string_equal(k->rq.ctype, "application/json");
	assert_string_equal(json_get_str(api_json(k), "token_type", ""), "Bearer");
	assert_int_equal(json_get_i64(api_json(k), "expires_in", 0), 3600);
	assert_string_equal(json_get_str(api_json(k), "scope", ""), "users:read policy_file");
	token = token_of(k);
	assert_true(strncmp(token, "hskey-oauthtok-", 15) == 0);

	assert_key_status(k, 401, token, "GET", "/api/v1/user", NULL);
	assert_key_status(k, 200, token, "GET", "/api/v2/tailnet/-/users", NULL);
	assert_key_status(k, 403, token, "GET", "/api/v2/tailnet/-/devices", NULL);
	k->later_ms = 3600 * 1000;
	assert_key_status(k, 401, token, "GET", "/api/v2/tailnet/-/users", NULL);
}

static void
basic_and_an_empty_body_will_do(void **state)
{
	struct asker *k = *state;
	const char *secret = make_client(k, "all", "[]");

	assert_int_equal(ask_form(k, secret, NULL, NULL), 200);
	assert_int_equal(ask_form(k, secret, FORM "; charset=utf-8",
	    "grant_type=client_credentials"), 200);
	assert_int_equal(ask_form(k, secret, FORM, with_secret(k, secret, "")), 400);
	assert_int_equal(ask_form(k, "hskey-client-000000000000-x", NULL, NULL), 401);
	assert_has(ask_head(k), "WWW-Authenticate: Basic");
	assert_string_equal(json_get_str(api_json(k), "error", ""), "invalid_client");
}

static void
a_token_ends_with_its_client(void **state)
{
	struct asker *k = *state;
	const char *secret = make_client(k, "all", "[]"), *token;
	struct str id, rest;

	assert_int_equal(ask_form(k, secret, NULL, NULL), 200);
	token = token_of(k);
	assert_key_status(k, 200, token, "GET", "/api/v2/tailnet/-/users", NULL);
	assert_true(token_parse(str_of(secret), "client", &id, &rest));
	assert_int_equal(store_oauth_client_delete(k->db, arena_strndup(k->a, id.p, id.n)), OK);
	assert_key_status(k, 401, token, "GET", "/api/v2/tailnet/-/users", NULL);
	assert_int_equal(ask_form(k, secret, NULL, NULL), 401);
}

static void
mistakes_are_named_as_oauth_names_them(void **state)
{
	struct asker *k = *state;
	const char *secret = make_client(k, "auth_keys users:read", "[\"tag:a\",\"tag:b\"]");
	char *bent = arena_strdup(k->a, secret);

	bent[30] = bent[30] == '0' ? '1' : '0';
	assert_error(k, 401, "invalid_client", "");
	assert_error(k, 401, "invalid_client", "client_id=x&grant_type=client_credentials");
	assert_error(k, 401, "invalid_client", "client_secret=");
	assert_error(k, 401, "invalid_client", with_secret(k, bent, ""));
	assert_error(k, 400, "unsupported_grant_type", with_secret(k, secret, "&grant_type=password"));
	assert_error(k, 400, "unsupported_grant_type", with_secret(k, secret, "&grant_type="));
	assert_error(k, 400, "invalid_request", with_secret(k, secret, "&scope=%zz"));
	assert_error(k, 400, "invalid_request", with_secret(k, secret, "&scope=%ff"));
	assert_error(k, 400, "invalid_request", with_secret(k, secret, "&scope=a&scope=b"));
	assert_error(k, 400, "invalid_scope", with_secret(k, secret, "&scope=nonsense"));
	assert_error(k, 400, "invalid_scope", with_secret(k, secret, "&scope=all"));
	assert_error(k, 400, "invalid_scope", with_secret(k, secret, "&scope=auth_keys+users"));
	assert_error(k, 400, "invalid_target", with_secret(k, secret, "&tags=tag:c"));
	assert_error(k, 400, "invalid_target", with_secret(k, secret, "&tags=tag:a+tag:c"));
	assert_error(k, 400, "invalid_target", with_secret(k, secret, "&tags=%3Cscript%3E"));
	assert_int_equal(ask_form(k, NULL, "application/json", "{}"), 400);
	assert_string_equal(json_get_str(api_json(k), "error", ""), "invalid_request");
	assert_int_equal(ask_form(k, NULL, FORM, arena_printf(k->a, "a=%020000d", 0)), 413);
}

static struct oauth_token
stored(struct asker *k)
{
	struct oauth_token row;
	struct str prefix, rest;

	assert_true(token_parse(str_of(token_of(k)), "oauthtok", &prefix, &rest));
	assert_int_equal(store_oauth_token_by_prefix(k->db, k->a, prefix, &row), OK);
	return row;
}

static void
scopes_and_tags_can_be_fewer(void **state)
{
	struct asker *k = *state;
	const char *secret = make_client(k, "auth_keys users", "[\"tag:a\",\"tag:b\"]");

	assert_int_equal(ask_form(k, secret, NULL, NULL), 200);
	assert_string_equal(stored(k).tags, "[\"tag:a\",\"tag:b\"]");
	assert_int_equal(ask_form(k, secret, FORM, "scope=users:read++auth_keys:read&tags=tag:b"), 200);
	assert_string_equal(json_get_str(api_json(k), "scope", ""), "auth_keys:read users:read");
	assert_string_equal(stored(k).tags, "[\"tag:b\"]");
	assert_string_equal(stored(k).scopes, "auth_keys:read users:read");

	secret = make_client(k, "all", "[]");
	assert_int_equal(ask_form(k, secret, FORM, "scope=auth_keys&tags=tag:x%20tag:c"), 200);
	assert_string_equal(stored(k).tags, "[\"tag:c\",\"tag:x\"]");
}

static void
the_tick_removes_what_has_run_out(void **state)
{
	struct asker *k = *state;
	const char *secret = make_client(k, "all", "[]");
	struct str id, rest;
	int64_t n;

	assert_true(token_parse(str_of(secret), "client", &id, &rest));
	assert_int_equal(ask_form(k, secret, NULL, NULL), 200);
	assert_error(k, 401, "invalid_client", "client_secret=wrong");
	k->later_ms = 3600 * 1000;
	assert_int_equal(ask_as(k, ORIGIN_CONTROL, NULL, "POST", "/internal/tick", str_of("")), 200);
	assert_int_equal(store_oauth_token_count(k->db, arena_strndup(k->a, id.p, id.n), &n), OK);
	assert_int_equal(n, 0);
	assert_int_equal(store_token_failures(k->db, "127.0.0.1", ASK_NOW, &n), OK);
	assert_int_equal(n, 0);
}

static void
wrong_secrets_are_counted_with_wrong_keys(void **state)
{
	struct asker *k = *state;
	const char *secret = make_client(k, "all", "[]");

	for (int i = 0; i < THROTTLE_FAILURES_MAX; i++)
		if (i % 2 == 0)
			assert_error(k, 401, "invalid_client", "client_secret=wrong");
		else
			assert_key_status(k, 401, "wrong", "GET", "/api/v1/user", NULL);
	assert_error(k, 429, "temporarily_unavailable", "client_secret=wrong");
	assert_has(ask_head(k), "Retry-After: ");
	assert_key_status(k, 429, "wrong", "GET", "/api/v1/user", NULL);
	assert_int_equal(ask_form(k, secret, NULL, NULL), 200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ASK_TEST(a_secret_gives_a_token),
		ASK_TEST(basic_and_an_empty_body_will_do),
		ASK_TEST(a_token_ends_with_its_client),
		ASK_TEST(mistakes_are_named_as_oauth_names_them),
		ASK_TEST(scopes_and_tags_can_be_fewer),
		ASK_TEST(the_tick_removes_what_has_run_out),
		ASK_TEST(wrong_secrets_are_counted_with_wrong_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
