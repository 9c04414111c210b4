/* tests/handlers/register_test.c -- POST /machine/register: the tables of registration. */
#include "tests/handlers/control.h"

#define HOUR (60 * 60 * 1000)

static void
a_reusable_key_admits_many(void **state)
{
	struct asker *k = *state;
	struct authkey key = { .user_id = make_user(k, "alice"), .reusable = true };
	const char *text = make_key(k, &key);
	jv *r = register_with(k, 1, 101, text);
	struct node n = node_of_key(k, 101);

	assert_joined(r);
	assert_string_equal(json_get_str(json_get(r, "Login"), "LoginName", ""), "alice");
	assert_string_equal(n.ipv4, "100.64.0.1");
	assert_string_equal(n.ipv6, "fd7a:115c:a1e0::1");
	assert_string_equal(n.name, "host1");
	assert_joined(register_with(k, 2, 201, text));
	assert_int_equal(node_count(k), 2);
}

static void
a_single_use_key_admits_one(void **state)
{
	struct asker *k = *state;
	struct authkey key = { .user_id = make_user(k, "alice") };
	const char *text = make_key(k, &key);

	assert_joined(register_with(k, 1, 101, text));
	assert_error(register_with(k, 2, 201, text), "authkey already used");
	assert_int_equal(node_count(k), 1);
}

/* A client that lost the answer comes again with another node key. */
static void
a_lost_answer_costs_no_key(void **state)
{
	struct asker *k = *state;
	struct authkey key = { .user_id = make_user(k, "alice") };
	const char *text = make_key(k, &key);
	int64_t id;

	assert_joined(register_with(k, 1, 101, text));
	id = node_of_key(k, 101).id;
	assert_joined(register_with(k, 1, 102, text));
	assert_int_equal(node_of_key(k, 102).id, id);
	assert_false(key_known(k, 101));
	assert_int_equal(node_count(k), 1);
}

static void
a_restart_changes_nothing(void **state)
{
	struct asker *k = *state;
	struct authkey key = { .user_id = make_user(k, "alice") };
	const char *text;
	struct node before, after;
	int64_t seq;

	k->cfg.node_expiry_ms = HOUR;
	text = make_key(k, &key);
	assert_joined(register_with(k, 1, 101, text));
	before = node_of_key(k, 101);
	assert_int_equal(before.expiry_ms, ASK_NOW + HOUR);
	seq = change_now(k);
	k->later_ms = 1000;
	assert_joined(do_register(k, 1, 101, ""));
	assert_joined(register_with(k, 1, 101, text));	/* a container's way */
	after = node_of_key(k, 101);
	assert_int_equal(after.expiry_ms, before.expiry_ms);
	assert_int_equal(after.id, before.id);
	assert_int_equal(change_now(k), seq);
}

static void
bad_keys_are_refused_by_name(void **state)
{
	struct asker *k = *state;
	int64_t alice = make_user(k, "alice");
	struct authkey old = { .user_id = alice, .reusable = true, .expiry_ms = ASK_NOW - 1 };
	struct authkey gone = { .user_id = alice, .reusable = true };
	const char *old_text = make_key(k, &old), *gone_text = make_key(k, &gone);
	char *wrong = arena_strdup(k->a, gone_text);

	assert_error(register_with(k, 1, 101, old_text), "authkey expired");
	assert_error(register_with(k, 1, 101, "hskey-auth-nonsense"), "invalid pre auth key");
	wrong[strlen(wrong) - 1] = wrong[strlen(wrong) - 1] == 'a' ? 'b' : 'a';
	assert_error(register_with(k, 1, 101, wrong), "invalid pre auth key");
	STORE(k, store_authkey_delete(k->db, gone.id));
	assert_error(register_with(k, 1, 101, gone_text), "invalid pre auth key");
	assert_int_equal(node_count(k), 0);
}

static void
a_tagged_key_makes_tagged_nodes(void **state)
{
	struct asker *k = *state;
	struct authkey key = { .tags = "[\"tag:web\"]", .reusable = true };
	const char *text = make_key(k, &key);
	jv *r;
	struct node n;

	k->cfg.node_expiry_ms = HOUR;
	r = register_with(k, 1, 101, text);
	n = node_of_key(k, 101);
	assert_joined(r);
	assert_string_equal(json_get_str(json_get(r, "Login"), "LoginName", ""), "tagged-devices");
	assert_int_equal(n.user_id, 0);
	assert_string_equal(n.tags, "[\"tag:web\"]");
	assert_int_equal(n.expiry_ms, TIME_NONE);
}

static void
requested_tags_need_permission(void **state)
{
	struct asker *k = *state;
	struct authkey key = { .user_id = make_user(k, "alice"), .reusable = true };
	const char *text = make_key(k, &key);
	const char *body = arena_printf(k->a, "{\"Version\":142,\"NodeKey\":\"%s\","
	    "\"Hostinfo\":{\"Hostname\":\"h\",\"RequestTags\":[\"tag:web\"]},"
	    "\"Auth\":{\"AuthKey\":\"%s\"}}", key_no(k, NODEKEY_PREFIX, 101), text);

	assert_int_equal(ask_as(k, ORIGIN_CONTROL, key_no(k, MKEY_PREFIX, 1), "POST",
	    "/machine/register", str_of(body)), 200);
	assert_has(ask_body(k), "requested tags");
	assert_has(ask_body(k), "are invalid or not permitted");
	assert_int_equal(node_count(k), 0);
}

static void
what_is_no_tag_is_refused(void **state)
{
	struct asker *k = *state;
	struct authkey key = { .tags = "[\"tag:web\"]", .reusable = true };
	const char *body = arena_printf(k->a, "{\"Version\":142,\"NodeKey\":\"%s\","
	    "\"Hostinfo\":{\"Hostname\":\"h\",\"RequestTags\":[\"tag:web\",\"tag:BAD\"]},"
	    "\"Auth\":{\"AuthKey\":\"%s\"}}", key_no(k, NODEKEY_PREFIX, 101), make_key(k, &key));

	assert_int_equal(ask_as(k, ORIGIN_CONTROL, key_no(k, MKEY_PREFIX, 1), "POST",
	    "/machine/register", str_of(body)), 200);
	assert_has(ask_body(k), "requested tags are invalid");
	assert_int_equal(node_count(k), 0);
}

static void
another_machine_gets_nothing(void **state)
{
	struct asker *k = *state;
	struct authkey key = { .user_id = make_user(k, "alice"), .reusable = true };
	const char *text = make_key(k, &key);

	assert_joined(register_with(k, 1, 101, text));
	assert_error(do_register(k, 2, 101, ""), "node exists with a different machine key");
	assert_error(register_with(k, 2, 101, text), "node exists with a different machine key");
	assert_lacks(ask_body(k), "alice");
}

static void
the_same_machine_under_another_user(void **state)
{
	struct asker *k = *state;
	struct authkey a = { .user_id = make_user(k, "alice"), .reusable = true };
	struct authkey b = { .user_id = make_user(k, "bob"), .reusable = true };
	const char *ta = make_key(k, &a), *tb = make_key(k, &b);

	assert_joined(register_with(k, 1, 101, ta));
	assert_joined(register_with(k, 1, 102, tb));
	assert_int_equal(node_count(k), 2);
	assert_string_equal(node_of_key(k, 102).name, "host1-1");
	/* The key that alice's node has cannot be bob's too: a new one, please. */
	assert_true(json_get_bool(register_with(k, 1, 101, tb), "NodeKeyExpired", false));
	assert_joined(register_with(k, 1, 103, ta));
	assert_int_equal(node_count(k), 2);
}

static void
a_logout_ends_the_key(void **state)
{
	struct asker *k = *state;
	struct authkey key = { .user_id = make_user(k, "alice") };
	const char *text = make_key(k, &key);
	const char *past = ",\"Expiry\":\"1970-01-01T00:02:03Z\"";
	struct node n;
	jv *r;

	assert_joined(register_with(k, 1, 101, text));
	n = node_of_key(k, 101);
	r = do_register(k, 1, 101, arena_printf(k->a, "%s,\"Auth\":{\"AuthKey\":\"%s\"}", past, text));
	assert_true(json_get_bool(r, "NodeKeyExpired", false));
	assert_int_equal(node_of_key(k, 101).expiry_ms, ASK_NOW);	/* not 1970 */
	/* The key is spent: logging in again needs a fresh one. */
	assert_error(register_with(k, 1, 102, text), "authkey already used");
	key = (struct authkey){ .user_id = n.user_id };
	assert_joined(register_with(k, 1, 102, make_key(k, &key)));
	assert_int_equal(node_of_key(k, 102).id, n.id);
	assert_string_equal(node_of_key(k, 102).ipv4, n.ipv4);
	assert_int_equal(node_of_key(k, 102).expiry_ms, TIME_NONE);
}

static void
an_ephemeral_logout_deletes(void **state)
{
	struct asker *k = *state;
	struct authkey key = { .user_id = make_user(k, "alice"), .ephemeral = true };

	assert_joined(register_with(k, 1, 101, make_key(k, &key)));
	assert_true(node_of_key(k, 101).ephemeral);
	(void)do_register(k, 1, 101, ",\"Expiry\":\"1970-01-01T00:02:03Z\"");
	assert_int_equal(node_count(k), 0);
}

static void
an_expiry_can_only_come_earlier(void **state)
{
	struct asker *k = *state;
	struct authkey key = { .user_id = make_user(k, "alice"), .reusable = true };

	k->cfg.node_expiry_ms = HOUR;
	assert_joined(register_with(k, 1, 101, make_key(k, &key)));
	assert_joined(do_register(k, 1, 101, ",\"Expiry\":\"2999-01-01T00:00:00Z\""));
	assert_int_equal(node_of_key(k, 101).expiry_ms, ASK_NOW + HOUR);
	assert_joined(do_register(k, 1, 101, ",\"Expiry\":\"0001-01-01T00:00:00Z\""));
	assert_int_equal(node_of_key(k, 101).expiry_ms, ASK_NOW + HOUR);
}

static const char *
login_id(jv *answer)
{
	const char *url = json_get_str(answer, "AuthURL", "");

	assert_true(strncmp(url, "https://head.example/register/hskey-authreq-", 44) == 0);
	return strrchr(url, '/') + 1;
}

static int
cli_register(struct asker *k, const char *id, const char *user)
{
	const char *body = arena_printf(k->a, "{\"user\":\"%s\",\"authId\":\"%s\"}", user, id);

	return ask_as(k, ORIGIN_LOCAL, NULL, "POST", "/api/v1/auth/register", str_of(body));
}

static void
a_person_logs_a_device_in(void **state)
{
	struct asker *k = *state;
	jv *r = do_register(k, 1, 101, "");
	const char *id = login_id(r), *follow;

	(void)make_user(k, "alice");
	/* Asked again, the same address. */
	assert_string_equal(login_id(do_register(k, 1, 101, "")), id);
	follow = arena_printf(k->a, ",\"Followup\":\"https://head.example/register/%s\"", id);
	(void)do_register(k, 1, 101, follow);
	assert_has(ask_head(k), arena_printf(k->a, "Headrace-Hold: login/%s ", id));
	assert_int_equal(cli_register(k, id, "nobody"), 404);
	assert_int_equal(cli_register(k, id, "alice"), 200);
	assert_joined(do_register(k, 1, 101, follow));
	assert_string_equal(node_of_key(k, 101).register_method, "cli");
}

static void
a_login_is_bound_to_its_machine(void **state)
{
	struct asker *k = *state;
	const char *id = login_id(do_register(k, 1, 101, ""));
	jv *r = do_register(k, 2, 201, arena_printf(k->a,
	    ",\"Followup\":\"https://head.example/register/%s\"", id));

	assert_string_not_equal(login_id(r), id);
}

static void
a_rejected_login_gives_a_new_address(void **state)
{
	struct asker *k = *state;
	const char *id = login_id(do_register(k, 1, 101, ""));
	const char *body = arena_printf(k->a, "{\"authId\":\"%s\"}", id);
	jv *r;

	assert_int_equal(ask_as(k, ORIGIN_LOCAL, NULL, "POST", "/api/v1/auth/reject",
	    str_of(body)), 200);
	r = do_register(k, 1, 101, arena_printf(k->a,
	    ",\"Followup\":\"https://head.example/register/%s\"", id));
	assert_string_not_equal(login_id(r), id);
}

static void
bad_input_gets_words(void **state)
{
	static const char *const bad[] = {
		"", "[]", "{", "{\"Version\":142}", "{\"Version\":142,\"NodeKey\":\"\"}",
		"{\"Version\":142,\"NodeKey\":7}",
		"{\"Version\":142,\"NodeKey\":\"nodekey:00\"}",
	};
	struct asker *k = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int status = ask_as(k, ORIGIN_CONTROL, key_no(k, MKEY_PREFIX, 1), "POST",
		    "/machine/register", str_of(bad[i]));
		assert_true(status == 400 || status == 200);
		if (status == 200)
			assert_has(ask_body(k), "\"Error\":\"");
	}
	assert_int_equal(ask_as(k, ORIGIN_CONTROL, key_no(k, MKEY_PREFIX, 1), "POST",
	    "/machine/register", STR("{\"Version\":50}")), 200);
	assert_has(ask_body(k), "unsupported client version");
	/* Outside a Noise session there is no such thing. */
	assert_int_equal(ask_as(k, ORIGIN_WEB, NULL, "POST", "/machine/register",
	    STR("{}")), 404);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NET_TEST(a_reusable_key_admits_many),
		NET_TEST(a_single_use_key_admits_one),
		NET_TEST(a_lost_answer_costs_no_key),
		NET_TEST(a_restart_changes_nothing),
		NET_TEST(bad_keys_are_refused_by_name),
		NET_TEST(a_tagged_key_makes_tagged_nodes),
		NET_TEST(requested_tags_need_permission),
		NET_TEST(what_is_no_tag_is_refused),
		NET_TEST(another_machine_gets_nothing),
		NET_TEST(the_same_machine_under_another_user),
		NET_TEST(a_logout_ends_the_key),
		NET_TEST(an_ephemeral_logout_deletes),
		NET_TEST(an_expiry_can_only_come_earlier),
		NET_TEST(a_person_logs_a_device_in),
		NET_TEST(a_login_is_bound_to_its_machine),
		NET_TEST(a_rejected_login_gives_a_new_address),
		NET_TEST(bad_input_gets_words),
	};

	return cmocka_run_group_tests_name("register", tests, NULL, NULL);
}
