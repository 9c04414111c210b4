/* tests/unit/token_test.c -- the secrets that headrace makes. */
#include "lib/crypto/key.h"
#include "lib/crypto/token.h"
#include "tests/unit/unit.h"

#include <stdio.h>

#define SECRET "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void
made_and_recognised(void **state)
{
	static const char *const kinds[] = { "auth", "api", "client" };
	struct str prefix, secret;
	struct token t;

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		token_new(kinds[i], &t);
		assert_true(token_parse(str_of(t.text), kinds[i], &prefix, &secret));
		assert_str(prefix, t.prefix);
		assert_int_equal(secret.n, TOKEN_SECRET_LEN);
		assert_true(token_matches(secret, t.hash));
		assert_null(strstr(t.hash, SECRET));
		assert_int_equal(strlen(t.hash), 4 + 64);
	}
}

static void
all_differ(void **state)
{
	struct token a, b;
	struct str prefix, secret;

	(void)state;
	token_new("auth", &a);
	token_new("auth", &b);
	assert_string_not_equal(a.text, b.text);
	assert_string_not_equal(a.prefix, b.prefix);
	assert_true(token_parse(str_of(a.text), "auth", &prefix, &secret));
	assert_false(token_matches(secret, b.hash));
	token_wipe(&a);
	assert_int_equal(a.text[0] | a.hash[0] | a.prefix[0], 0);
}

/* Stored hashes must be recognised for ever. */
static void
hash_is_stable(void **state)
{
	static const char hash[] = "b2b:"
	    "3083e1ce982abd7f59235aa1ea3c97046562c75205d4dab8affd2f3600d79958";

	(void)state;
	assert_true(token_matches(STR(SECRET), hash));
	assert_false(token_matches(STR(SECRET), hash + 4));
	assert_false(token_matches(STR(SECRET), ""));
	assert_false(token_matches(STR(SECRET), "b2b:"));
	assert_false(token_matches((struct str){ SECRET, 63 }, hash));
	assert_false(token_matches((struct str){ NULL, 0 }, hash));
}

static void
refused(void **state)
{
	static const char *const bad[] = {
		"", "hskey", "hskey-auth", "hskey-auth-", "hskey-auth-0123456789ab",
		"hskey-auth-0123456789ab-", "hskey-api-0123456789ab-" SECRET,
		"HSKEY-auth-0123456789ab-" SECRET, "hskey-auth-0123456789a-" SECRET,
		"hskey-auth-0123456789ab-" SECRET "0",
		"hskey-auth-0123456789ab-0" SECRET,
		"hskey-auth-0123456789aB-" SECRET,
		"hskey-auth-0123456789ag-" SECRET,
		"hskey-auth-0123456789ab_" SECRET,
		" hskey-auth-0123456789ab-" SECRET,
		"hskey-auth-0123456789ab-" SECRET " ",
		"hskey-auth-0123456789ab-" SECRET "-x",
	};
	struct str prefix, secret;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (token_parse(str_of(bad[i]), "auth", &prefix, &secret))
			fail_msg("accepted \"%s\"", bad[i]);
	assert_true(token_parse(STR("hskey-auth-0123456789ab-" SECRET), "auth",
	    &prefix, &secret));
	assert_str(prefix, "0123456789ab");
	assert_str(secret, SECRET);
	assert_false(token_parse((struct str){ NULL, 0 }, "auth", &prefix, &secret));
}

static void
login_ids(void **state)
{
	char a[LOGIN_ID_SIZE], b[LOGIN_ID_SIZE];

	(void)state;
	login_id_new(a);
	login_id_new(b);
	assert_string_not_equal(a, b);
	assert_int_equal(strlen(a), 38);
	assert_true(login_id_valid(str_of(a)));
	assert_true(login_id_valid(STR("hskey-authreq-abcdefghijklmnop_-012345")));
	assert_false(login_id_valid(STR("hskey-authreq-abcdefghijklmnop+-012345")));
	assert_false(login_id_valid(STR("hskey-authreq-abcdefghijklmnop_-01234")));
	assert_false(login_id_valid(STR("hskey-authreq-abcdefghijklmnop_-0123456")));
	assert_false(login_id_valid(STR("hskey-authxxx-abcdefghijklmnop_-012345")));
	assert_false(login_id_valid(STR("hskey-authreq-abcdefghijklmno\0_-012345")));
	assert_false(login_id_valid(STR("hskey-authreq-\xa6" "bcdefghijklmnop_-012345")));
	assert_false(login_id_valid((struct str){ NULL, 0 }));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_and_recognised),
		cmocka_unit_test(all_differ),
		cmocka_unit_test(hash_is_stable),
		cmocka_unit_test(refused),
		cmocka_unit_test(login_ids),
	};

	crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
