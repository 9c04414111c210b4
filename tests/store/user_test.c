/* tests/store/user_test.c -- users and their auth keys. */
#include "tests/store/fixture.h"

static int64_t
add_oidc(struct db *db, const char *name, const char *provider_id)
{
	struct user u = { .name = name, .display_name = "D", .email = "e@x",
		.provider = "oidc", .provider_id = provider_id, .picture_url = "p",
		.created_ms = T0 };
	int64_t id;

	assert_ok(store_user_create(db, &u, &id));
	return id;
}

static void
users(void **state)
{
	struct fixture *f = *state;
	int64_t local = add_user(f->db, "alice"), oidc = add_oidc(f->db, "alice", "i/1");
	struct user u, *v;
	size_t n;

	assert_ok(store_user_by_id(f->db, f->a, local, &u));
	assert_string_equal(u.name, "alice");
	assert_string_equal(u.provider, "");
	assert_null(u.provider_id);
	assert_ok(store_user_by_id(f->db, f->a, oidc, &u));
	assert_string_equal(u.provider_id, "i/1");
	assert_string_equal(u.display_name, "D");
	assert_string_equal(u.email, "e@x");
	assert_string_equal(u.picture_url, "p");
	assert_int_equal(u.created_ms, T0);
	assert_ok(store_users(f->db, f->a, &v, &n));
	assert_int_equal(n, 2);
	assert_int_equal(v[0].id, local);
	assert_int_equal(store_user_by_id(f->db, f->a, 99, &u), ERR_NOTFOUND);
}

static void
names(void **state)
{
	struct fixture *f = *state;
	struct user u = { .name = "alice" };
	int64_t local = add_user(f->db, "alice"), id;

	assert_int_equal(store_user_create(f->db, &u, &id), ERR_CONFLICT);
	assert_true(db_conflict_on(f->db, "users.name"));
	add_oidc(f->db, "alice", "i/1");
	assert_ok(store_user_by_name(f->db, f->a, "alice", &u));
	assert_int_equal(u.id, local);		/* the local one wins */
	id = add_oidc(f->db, "bob", "i/2");
	assert_ok(store_user_by_name(f->db, f->a, "bob", &u));
	assert_int_equal(u.id, id);
	add_oidc(f->db, "bob", "i/3");
	assert_int_equal(store_user_by_name(f->db, f->a, "bob", &u), ERR_CONFLICT);
	assert_int_equal(store_user_by_name(f->db, f->a, "eve", &u), ERR_NOTFOUND);
	add_user(f->db, "eve");
	assert_int_equal(store_user_rename(f->db, local, "eve"), ERR_CONFLICT);
	assert_ok(store_user_rename(f->db, local, "al"));
	assert_int_equal(store_user_rename(f->db, 99, "x"), ERR_NOTFOUND);
	assert_int_equal(store_user_rename(f->db, local, ""), ERR_BADREQ);
}

static struct authkey
key_like(int64_t user, const char *prefix)
{
	return (struct authkey){ .user_id = user, .prefix = prefix, .hash = "h",
		.description = "d", .tags = "[]", .created_ms = T0,
		.expiry_ms = T0 + 100, .revoked_ms = TIME_NONE };
}

static void
authkeys(void **state)
{
	struct fixture *f = *state;
	struct authkey k = key_like(0, "aaaaaaaaaaaa"), got, *v;
	int64_t id, other;
	size_t n;

	assert_int_equal(store_authkey_create(f->db, &k, &id), ERR_BADREQ);
	k.tags = "[\"tag:a\"]";
	k.reusable = k.ephemeral = true;
	assert_ok(store_authkey_create(f->db, &k, &id));
	assert_ok(store_authkey_by_prefix(f->db, f->a, STR("aaaaaaaaaaaa"), &got));
	assert_int_equal(got.id, id);
	assert_int_equal(got.user_id, 0);
	assert_string_equal(got.hash, "h");
	assert_string_equal(got.description, "d");
	assert_string_equal(got.tags, "[\"tag:a\"]");
	assert_true(got.reusable && got.ephemeral && !got.used);
	assert_int_equal(got.created_ms, T0);
	assert_int_equal(got.expiry_ms, T0 + 100);
	assert_true(got.revoked_ms == TIME_NONE);
	assert_int_equal(store_authkey_create(f->db, &k, &other), ERR_CONFLICT);
	k = key_like(add_user(f->db, "a"), "bbbbbbbbbbbb");
	assert_ok(store_authkey_create(f->db, &k, &other));
	assert_ok(store_authkeys(f->db, f->a, &v, &n));
	assert_int_equal(n, 2);
	assert_int_equal(v[1].id, other);
	assert_int_equal(store_authkey_by_prefix(f->db, f->a, STR("cccccccccccc"), &got),
	    ERR_NOTFOUND);
	assert_int_equal(store_authkey_by_prefix(f->db, f->a, (struct str){ 0 }, &got),
	    ERR_NOTFOUND);
}

static void
authkey_ends(void **state)
{
	struct fixture *f = *state;
	struct authkey k = key_like(add_user(f->db, "a"), "aaaaaaaaaaaa");
	int64_t id;

	assert_ok(store_authkey_create(f->db, &k, &id));
	assert_ok(store_authkey_expire(f->db, id, T0 + 50));
	assert_ok(store_authkey_by_id(f->db, f->a, id, &k));
	assert_int_equal(k.expiry_ms, T0 + 50);
	assert_ok(store_authkey_expire(f->db, id, T0 + 70));
	assert_ok(store_authkey_by_id(f->db, f->a, id, &k));
	assert_int_equal(k.expiry_ms, T0 + 50);
	k.prefix = "bbbbbbbbbbbb";
	k.id = 0;
	k.expiry_ms = TIME_NONE;
	assert_ok(store_authkey_create(f->db, &k, &id));
	assert_ok(store_authkey_expire(f->db, id, T0));
	assert_ok(store_authkey_by_id(f->db, f->a, id, &k));
	assert_int_equal(k.expiry_ms, T0);
	assert_ok(store_authkey_delete(f->db, id));
	assert_int_equal(store_authkey_delete(f->db, id), ERR_NOTFOUND);
	assert_int_equal(store_authkey_expire(f->db, id, T0), ERR_NOTFOUND);
	assert_int_equal(store_authkey_by_id(f->db, f->a, id, &k), ERR_NOTFOUND);
	assert_int_equal(store_authkey_consume(f->db, id), ERR_CONFLICT);
}

/* Two workers have both seen the key unused. */
static void
consume_once(void **state)
{
	struct fixture *f = *state;
	struct authkey k = key_like(add_user(f->db, "a"), "aaaaaaaaaaaa"), seen;
	struct db *other = must_open(f, DB_USE);
	int64_t id;

	assert_ok(store_authkey_create(f->db, &k, &id));
	assert_ok(store_authkey_by_id(f->db, f->a, id, &seen));
	assert_ok(store_authkey_by_id(other, f->a, id, &seen));
	assert_false(seen.used);
	db_set_busy(other, 20);
	assert_ok(db_begin_write(f->db));
	assert_int_equal(db_begin_write(other), ERR_BUSY);
	assert_ok(store_authkey_consume(f->db, id));
	assert_ok(db_commit(f->db));
	assert_ok(db_begin_write(other));
	assert_int_equal(store_authkey_consume(other, id), ERR_CONFLICT);
	db_rollback(other);
	db_close(other);
}

static void
delete_user(void **state)
{
	struct fixture *f = *state;
	int64_t user = add_user(f->db, "a"), node = add_node(f, user, 1), id, count;
	struct authkey k = key_like(user, "aaaaaaaaaaaa");

	assert_ok(store_authkey_create(f->db, &k, &id));
	assert_ok(store_user_node_count(f->db, user, &count));
	assert_int_equal(count, 1);
	assert_int_equal(store_user_delete(f->db, user), ERR_CONFLICT);
	assert_non_null(strstr(db_errmsg(f->db), "still has nodes"));
	assert_ok(store_node_delete(f->db, node));
	assert_ok(store_user_delete(f->db, user));
	assert_int_equal(store_authkey_by_id(f->db, f->a, id, &k), ERR_NOTFOUND);
	assert_int_equal(store_user_delete(f->db, user), ERR_NOTFOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(users, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(names, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(authkeys, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(authkey_ends, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(consume_once, setup_file, teardown),
		cmocka_unit_test_setup_teardown(delete_user, setup_memory, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
