/* tests/store/access_test.c -- API keys, OAuth clients and tokens, and who shows wrong ones. */
#include "tests/store/fixture.h"

#define MINUTE 60000

static struct apikey
key_like(const char *prefix, int64_t user_id)
{
	return (struct apikey){ .prefix = prefix, .hash = "b2b:00", .user_id = user_id,
	    .scopes = "all", .created_ms = T0, .expiry_ms = TIME_NONE,
	    .last_used_ms = TIME_NONE };
}

static void
test_apikey(void **state)
{
	struct fixture *f = *state;
	struct apikey in = key_like("0123456789ab", add_user(f->db, "alice")), k;
	struct apikey *all;
	int64_t id;
	size_t n;

	assert_ok(store_apikey_create(f->db, &in, &id));
	assert_int_equal(store_apikey_create(f->db, &in, &id), ERR_CONFLICT);
	assert_ok(store_apikey_by_prefix(f->db, f->a, STR("0123456789ab"), &k));
	assert_int_equal(k.id, id);
	assert_int_equal(k.user_id, in.user_id);
	assert_string_equal(k.scopes, "all");
	assert_string_equal(k.description, "");
	assert_true(k.expiry_ms == TIME_NONE && k.last_used_ms == TIME_NONE);
	assert_int_equal(store_apikey_by_prefix(f->db, f->a, STR("ffffffffffff"), &k),
	    ERR_NOTFOUND);

	assert_ok(store_apikey_used(f->db, id, T0 + 5));
	assert_ok(store_apikey_expire(f->db, id, T0 + 10));
	assert_ok(store_apikey_expire(f->db, id, T0 + 20));
	assert_ok(store_apikey_by_id(f->db, f->a, id, &k));
	assert_int_equal(k.last_used_ms, T0 + 5);
	assert_int_equal(k.expiry_ms, T0 + 10);
	assert_ok(store_apikeys(f->db, f->a, &all, &n));
	assert_int_equal(n, 1);

	assert_ok(store_apikey_delete(f->db, id));
	assert_int_equal(store_apikey_delete(f->db, id), ERR_NOTFOUND);
	assert_int_equal(store_apikey_expire(f->db, id, T0), ERR_NOTFOUND);
	assert_ok(store_apikey_used(f->db, id, T0));
}

static void
test_apikey_goes_with_its_user(void **state)
{
	struct fixture *f = *state;
	int64_t alice = add_user(f->db, "alice"), id;
	struct apikey a = key_like("aaaaaaaaaaaa", alice), b = key_like("bbbbbbbbbbbb", 0);
	struct oauth_client c = { .id = "cccccccccccc", .user_id = alice, .hash = "b2b:00",
	    .scopes = "all:read", .created_ms = T0 };

	assert_ok(store_apikey_create(f->db, &a, &id));
	assert_ok(store_apikey_create(f->db, &b, &id));
	assert_ok(store_oauth_client_create(f->db, &c));
	assert_ok(store_user_delete(f->db, alice));
	assert_int_equal(number(f->db, "SELECT count(*) FROM apikeys"), 1);
	assert_ok(store_apikey_by_id(f->db, f->a, id, &b));
	assert_int_equal(b.user_id, 0);
	assert_ok(store_oauth_client_by_id(f->db, f->a, STR("cccccccccccc"), &c));
	assert_int_equal(c.user_id, 0);
}

static void
test_oauth(void **state)
{
	struct fixture *f = *state;
	struct oauth_client c = { .id = "cccccccccccc", .hash = "b2b:01",
	    .description = "ci", .scopes = "devices:core auth_keys",
	    .tags = "[\"tag:ci\"]", .created_ms = T0 }, got, *all;
	int64_t tokens;
	struct oauth_token t = { .prefix = "aaaaaaaaaaaa", .client_id = "cccccccccccc",
	    .hash = "b2b:02", .scopes = "auth_keys", .created_ms = T0, .expiry_ms = T0 + 9 }, u;
	size_t n;

	assert_int_equal(store_oauth_token_create(f->db, &t), ERR_CONFLICT);
	assert_ok(store_oauth_client_create(f->db, &c));
	assert_int_equal(store_oauth_client_create(f->db, &c), ERR_CONFLICT);
	assert_ok(store_oauth_clients(f->db, f->a, &all, &n));
	assert_int_equal(n, 1);
	assert_string_equal(all[0].tags, "[\"tag:ci\"]");
	assert_string_equal(all[0].description, "ci");

	assert_ok(store_oauth_token_create(f->db, &t));
	assert_ok(store_oauth_token_by_prefix(f->db, f->a, STR("aaaaaaaaaaaa"), &u));
	assert_string_equal(u.client_id, "cccccccccccc");
	assert_string_equal(u.tags, "[]");
	assert_int_equal(u.expiry_ms, T0 + 9);
	assert_ok(store_oauth_token_count(f->db, "cccccccccccc", &tokens));
	assert_int_equal(tokens, 1);
	assert_ok(store_oauth_tokens_prune(f->db, T0 + 8));
	assert_int_equal(number(f->db, "SELECT count(*) FROM oauth_tokens"), 1);
	assert_ok(store_oauth_tokens_prune(f->db, T0 + 9));
	assert_int_equal(number(f->db, "SELECT count(*) FROM oauth_tokens"), 0);

	assert_ok(store_oauth_token_create(f->db, &t));
	assert_ok(store_oauth_client_delete(f->db, "cccccccccccc"));
	assert_int_equal(store_oauth_client_delete(f->db, "cccccccccccc"), ERR_NOTFOUND);
	assert_int_equal(store_oauth_token_by_prefix(f->db, f->a, STR("aaaaaaaaaaaa"), &u),
	    ERR_NOTFOUND);
	assert_int_equal(store_oauth_client_by_id(f->db, f->a, STR("cccccccccccc"), &got),
	    ERR_NOTFOUND);
}

static int64_t
failures(struct fixture *f, const char *address, int64_t now)
{
	int64_t n;

	assert_ok(store_token_failures(f->db, address, now, &n));
	return n;
}

static void
test_failures_count_for_a_minute(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(failures(f, "192.0.2.1", T0), 0);
	assert_ok(store_token_failure_note(f->db, "192.0.2.1", T0));
	assert_ok(store_token_failure_note(f->db, "192.0.2.1", T0 + 1));
	assert_ok(store_token_failure_note(f->db, "192.0.2.2", T0 + 1));
	assert_int_equal(failures(f, "192.0.2.1", T0 + 2), 2);
	assert_int_equal(failures(f, "192.0.2.2", T0 + 2), 1);
	assert_int_equal(failures(f, "192.0.2.1", T0 + MINUTE), 0);
	assert_ok(store_token_failure_note(f->db, "192.0.2.1", T0 + MINUTE));
	assert_int_equal(failures(f, "192.0.2.1", T0 + MINUTE), 1);
	assert_ok(store_token_failures_prune(f->db, T0 + 3 * MINUTE));
	assert_int_equal(number(f->db, "SELECT count(*) FROM token_failures"), 0);
}

/* The clock was an hour ahead and has been set right. */
static void
test_failures_of_the_future(void **state)
{
	struct fixture *f = *state;

	assert_ok(store_token_failure_note(f->db, "192.0.2.1", T0 + 60 * MINUTE));
	assert_int_equal(failures(f, "192.0.2.1", T0), 0);
	assert_ok(store_token_failure_note(f->db, "192.0.2.1", T0));
	assert_int_equal(failures(f, "192.0.2.1", T0), 1);
}

static void
test_failures_have_so_many_rows(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < TOKEN_FAILURE_ROWS_MAX + 50; i++)
		assert_ok(store_token_failure_note(f->db,
		    arena_printf(f->a, "10.0.%d.%d", i >> 8, i & 255), T0));
	assert_int_equal(number(f->db, "SELECT count(*) FROM token_failures"),
	    TOKEN_FAILURE_ROWS_MAX + 1);
	assert_int_equal(failures(f, "10.9.9.9", T0), 50);
	assert_int_equal(failures(f, "10.0.0.1", T0), 1);
	assert_ok(store_token_failure_note(f->db, "10.0.0.1", T0));
	assert_int_equal(failures(f, "10.0.0.1", T0), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_apikey, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(test_apikey_goes_with_its_user, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(test_oauth, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(test_failures_count_for_a_minute, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(test_failures_of_the_future, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(test_failures_have_so_many_rows, setup_memory, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
