/* tests/handlers/v2_user_test.c -- REST v2: users and contacts. */
#include "tests/handlers/key.h"
#include "tests/handlers/v2.h"

#define USERS "/api/v2/tailnet/-/users"

static jv *
user(struct asker *k, int64_t id)
{
	assert_answer(k, "GET", arena_printf(k->a, "/api/v2/users/%lld", (long long)id), NULL);
	return api_json(k);
}

static const char *
status(struct asker *k, int64_t id)
{
	return json_get_str(user(k, id), "status", "(none)");
}

static size_t
listed(struct asker *k, const char *query)
{
	assert_answer(k, "GET", arena_printf(k->a, USERS "%s", query), NULL);
	return json_len(json_get(api_json(k), "users"));
}

static void
shows_what_devices_say(void **state)
{
	struct asker *k = *state;
	int64_t alice = add_user(k, "alice"), bob = add_user(k, "bob");
	jv *u;

	add_node(k, bob, 1, 1);
	add_node(k, bob, 2, 2);
	u = user(k, alice);
	assert_string_equal(json_get_str(u, "loginName", ""), "alice");
	assert_string_equal(json_get_str(u, "type", ""), "member");
	assert_string_equal(json_get_str(u, "role", ""), "member");
	assert_string_equal(json_get_str(u, "status", ""), "active");
	assert_string_equal(json_get_str(u, "tailnetId", ""), "1");
	assert_int_equal(json_get_i64(u, "deviceCount", -1), 0);
	assert_false(json_get_bool(user(k, bob), "currentlyConnected", true));
	assert_int_equal(store_node_set_presence(k->db, 2, true, ASK_NOW), OK);
	u = user(k, bob);
	assert_int_equal(json_get_i64(u, "deviceCount", -1), 2);
	assert_true(json_get_bool(u, "currentlyConnected", false));
	assert_int_equal(listed(k, ""), 2);
	u = json_at(json_get(api_json(k), "users"), 1);
	assert_string_equal(json_dump(k->a, u), json_dump(k->a, user(k, bob)));
}

static void
filters(void **state)
{
	struct asker *k = *state;
	int64_t alice = add_user(k, "alice");

	add_user(k, "bob");
	k->cfg.owner = "bob@";
	assert_answer(k, "POST", arena_printf(k->a, "/api/v2/users/%lld/role", (long long)alice),
	    "{\"role\":\"auditor\"}");
	assert_int_equal(listed(k, "?type=member"), 2);
	assert_int_equal(listed(k, "?type=shared"), 0);
	assert_int_equal(listed(k, "?type=x"), 0);
	assert_int_equal(listed(k, "?role=auditor"), 1);
	assert_int_equal(listed(k, "?role=owner"), 1);
	assert_int_equal(listed(k, "?role=member"), 0);
	assert_int_equal(listed(k, "?type=member&role=owner"), 1);
	assert_message(k, 404, "tailnet not found", "GET", "/api/v2/tailnet/x/users", NULL);
}

static void
unknown_users(void **state)
{
	static const char *const acts[] = { "approve", "suspend", "restore", "delete" };
	static const char *const ids[] = { "7", "x", "-1", "0" };
	struct asker *k = *state;

	for (size_t j = 0; j < sizeof(ids) / sizeof(ids[0]); j++) {
		assert_message(k, 404, "user not found", "GET",
		    arena_printf(k->a, "/api/v2/users/%s", ids[j]), NULL);
		assert_message(k, 404, "user not found", "POST",
		    arena_printf(k->a, "/api/v2/users/%s/role", ids[j]), "{\"role\":\"admin\"}");
		for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
			assert_message(k, 404, "user not found", "POST",
			    arena_printf(k->a, "/api/v2/users/%s/%s", ids[j], acts[i]), NULL);
	}
}

static bool
suspended(struct asker *k, int64_t node)
{
	struct node n;

	assert_int_equal(store_node_by_id(k->db, k->a, node, &n), OK);
	return n.suspended;
}

static void
suspends_and_restores(void **state)
{
	struct asker *k = *state;
	int64_t alice = add_user(k, "alice"), seq;

	add_node(k, alice, 1, 1);
	assert_answer(k, "POST", "/api/v2/users/1/suspend", NULL);
	assert_string_equal(status(k, alice), "suspended");
	assert_true(suspended(k, 1));
	add_node(k, alice, 2, 2);
	assert_true(suspended(k, 2));
	seq = last_change(k);
	assert_answer(k, "POST", "/api/v2/users/1/suspend", NULL);
	assert_int_equal(last_change(k), seq);
	assert_message(k, 400, "restore it", "POST", "/api/v2/users/1/approve", NULL);
	assert_answer(k, "POST", "/api/v2/users/1/restore", NULL);
	assert_string_equal(status(k, alice), "active");
	assert_false(suspended(k, 1));
	assert_true(last_change(k) > seq);
	assert_answer(k, "POST", "/api/v2/users/1/approve", NULL);
	/* The same by v1. */
	assert_status(k, 200, "POST", "/api/v1/user/1/suspend", NULL);
	assert_string_equal(api_text(k, "user", "status"), "suspended");
	assert_refused(k, 400, "restore it", "POST", "/api/v1/user/1/approve", NULL);
	assert_status(k, 200, "POST", "/api/v1/user/1/restore", NULL);
	assert_string_equal(api_text(k, "user", "status"), "active");
}

static int64_t
from_provider(struct asker *k, const char *name)
{
	struct user u = { .name = name, .provider = "oidc", .provider_id = name,
	    .created_ms = ASK_NOW };
	int64_t id;

	assert_int_equal(store_user_create(k->db, &u, &id), OK);
	return id;
}

static void
who_comes_from_a_provider_may_have_to_wait(void **state)
{
	struct asker *k = *state;
	int64_t ann = from_provider(k, "ann"), bob;

	assert_string_equal(status(k, ann), "active");
	assert_int_equal(store_setting_put(k->db, "usersApprovalOn", "true", ASK_NOW), OK);
	assert_string_equal(status(k, add_user(k, "made-by-hand")), "active");
	bob = from_provider(k, "bob");
	assert_string_equal(status(k, bob), "needs-approval");
	assert_message(k, 400, "approve it", "POST",
	    arena_printf(k->a, "/api/v2/users/%lld/restore", (long long)bob), NULL);
	assert_answer(k, "POST", arena_printf(k->a, "/api/v2/users/%lld/approve", (long long)bob),
	    NULL);
	assert_string_equal(status(k, bob), "active");
}

static void
the_owner_stays(void **state)
{
	struct asker *k = *state;
	int64_t ann = add_user(k, "ann"), bob = add_user(k, "bob");
	const char *key = make_key(k, "all", bob);

	k->cfg.owner = "ann@";
	assert_int_equal(store_user_set_role(k->db, bob, "admin"), OK);
	assert_message(k, 400, "tailnet.owner", "POST", "/api/v2/users/1/suspend", NULL);
	assert_message(k, 400, "tailnet.owner", "POST", "/api/v2/users/1/delete", NULL);
	assert_refused(k, 400, "tailnet.owner", "DELETE", "/api/v1/user/1", NULL);
	assert_key_status(k, 400, key, "POST", "/api/v2/users/2/suspend", NULL);
	assert_has(ask_body(k), "yourself");
	assert_key_status(k, 400, key, "POST", "/api/v2/users/2/delete", NULL);
	assert_string_equal(status(k, ann), "active");
}

/* An IT admin manages users, and yet makes nobody more than themselves. */
static void
nobody_gives_more_than_they_have(void **state)
{
	struct asker *k = *state;
	int64_t ann = add_user(k, "ann"), bob = add_user(k, "bob");
	const char *key = make_key(k, "all", bob);

	k->cfg.owner = "eve@";
	assert_int_equal(store_user_set_role(k->db, bob, "it-admin"), OK);
	assert_key_status(k, 200, key, "POST", "/api/v2/users/1/role", "{\"role\":\"auditor\"}");
	assert_key_status(k, 403, key, "POST", "/api/v2/users/1/role", "{\"role\":\"owner\"}");
	assert_key_status(k, 403, key, "POST", "/api/v2/users/2/role", "{\"role\":\"admin\"}");
	assert_int_equal(store_user_set_role(k->db, ann, "admin"), OK);
	assert_key_status(k, 403, key, "POST", "/api/v2/users/1/role", "{\"role\":\"member\"}");
	assert_key_status(k, 403, key, "POST", "/api/v2/users/1/suspend", NULL);
	assert_key_status(k, 403, key, "POST", "/api/v2/users/1/delete", NULL);
	/* The owner is who has a certain name. */
	assert_key_status(k, 403, key, "POST", "/api/v1/user", "{\"name\":\"eve\"}");
	assert_key_status(k, 403, key, "POST", "/api/v1/user/2/rename/eve", NULL);
	assert_message(k, 400, "is no role", "POST", "/api/v2/users/1/role", "{\"role\":\"king\"}");
	assert_message(k, 422, "role", "POST", "/api/v2/users/1/role", "{}");
}

static void
deletes_with_devices(void **state)
{
	struct asker *k = *state;
	int64_t n;

	add_node(k, add_user(k, "ann"), 1, 1);
	add_node(k, 1, 2, 2);
	add_node(k, add_user(k, "bob"), 3, 3);
	(void)make_key(k, "all", 1);
	assert_refused(k, 400, "user not empty", "DELETE", "/api/v1/user/1", NULL);
	assert_answer(k, "POST", "/api/v2/users/1/delete", NULL);
	assert_message(k, 404, "user not found", "GET", "/api/v2/users/1", NULL);
	assert_int_equal(store_node_count(k->db, &n), OK);
	assert_int_equal(n, 1);
}

static void
contacts(void **state)
{
	static const char url[] = "/api/v2/tailnet/-/contacts";
	struct asker *k = *state;

	assert_answer(k, "GET", url, NULL);
	assert_string_equal(api_dump(k, "support", "email"), "\"\"");
	assert_answer(k, "PATCH", "/api/v2/tailnet/-/contacts/support",
	    "{\"email\":\"help@example.com\"}");
	assert_answer(k, "PATCH", "/api/v2/tailnet/-/contacts/account", "{}");
	assert_answer(k, "GET", url, NULL);
	assert_string_equal(api_text(k, "support", "email"), "help@example.com");
	assert_string_equal(api_text(k, "account", "email"), "");
	assert_answer(k, "PATCH", "/api/v2/tailnet/-/contacts/support", "{\"email\":\"\"}");
	assert_answer(k, "GET", url, NULL);
	assert_string_equal(api_text(k, "support", "email"), "");
	assert_message(k, 400, "looks like", "PATCH", "/api/v2/tailnet/-/contacts/security",
	    "{\"email\":\"nobody\"}");
	assert_message(k, 404, "contact type not found", "PATCH",
	    "/api/v2/tailnet/-/contacts/mayor", "{\"email\":\"a@b\"}");
	assert_message(k, 422, "unexpected", "PATCH", "/api/v2/tailnet/-/contacts/support",
	    "{\"mail\":\"a@b\"}");
	assert_message(k, 404, "tailnet not found", "GET", "/api/v2/tailnet/x/contacts", NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ASK_TEST(shows_what_devices_say),
		ASK_TEST(filters),
		ASK_TEST(unknown_users),
		ASK_TEST(suspends_and_restores),
		ASK_TEST(who_comes_from_a_provider_may_have_to_wait),
		ASK_TEST(the_owner_stays),
		ASK_TEST(nobody_gives_more_than_they_have),
		ASK_TEST(deletes_with_devices),
		ASK_TEST(contacts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
