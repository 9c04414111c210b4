/* tests/handlers/v2_settings_test.c -- settings of the tailnet, in REST v2 and v1, and what they do. */
#include "tests/handlers/control.h"
#include "tests/handlers/v2.h"

#include "handlers/control/setting.h"

#define SETTINGS "/api/v2/tailnet/-/settings"
#define DAY (24 * 3600 * (int64_t)1000)

static const char *
member(struct asker *k, const char *name)
{
	return json_dump(k->a, json_get(api_json(k), name));
}

/* What a handler sees. */
static struct settings
now(struct asker *k)
{
	struct settings s;
	struct req rq = { .arena = k->a, .db = k->db, .cfg = &k->cfg, .now_ms = ASK_NOW };

	assert_int_equal(setting_load(&rq, &s), OK);
	return s;
}

static const char *
document(struct asker *k, const char *name)
{
	const char *text;

	assert_int_equal(store_document(k->db, k->a, name, &text), OK);
	return text;
}

static void
shows_what_the_configuration_says(void **state)
{
	struct asker *k = *state;

	k->cfg.node_expiry_ms = 36 * 3600 * (int64_t)1000;
	k->cfg.auto_update = true;
	k->cfg.policy_mode = POLICY_FILE;
	assert_answer(k, "GET", SETTINGS, NULL);
	assert_string_equal(member(k, "devicesKeyDurationDays"), "2");
	assert_string_equal(member(k, "devicesAutoUpdatesOn"), "true");
	assert_string_equal(member(k, "aclsExternallyManagedOn"), "true");
	assert_string_equal(member(k, "devicesApprovalOn"), "false");
	assert_string_equal(member(k, "usersRoleAllowedToJoinExternalTailnets"), "\"none\"");
	assert_message(k, 404, "tailnet not found", "GET", "/api/v2/tailnet/other/settings", NULL);
}

static void
what_is_set_goes_before(void **state)
{
	struct asker *k = *state;

	k->cfg.node_expiry_ms = 10 * DAY;
	assert_answer(k, "PATCH", SETTINGS, "{\"devicesApprovalOn\":true,"
	    "\"devicesKeyDurationDays\":90,\"usersApprovalOn\":true}");
	assert_string_equal(member(k, "devicesKeyDurationDays"), "90");
	assert_true(now(k).devices_approval && now(k).users_approval);
	assert_int_equal(now(k).cfg.node_expiry_ms, 90 * DAY);

	assert_answer(k, "PATCH", SETTINGS, "{\"devicesApprovalOn\":null}");
	assert_true(now(k).devices_approval);
	assert_answer(k, "PATCH", SETTINGS, "{\"devicesKeyDurationDays\":0,"
	    "\"devicesApprovalOn\":false}");
	assert_false(now(k).devices_approval);
	assert_int_equal(now(k).cfg.node_expiry_ms, 0);
}

static void
what_is_not_had_is_said(void **state)
{
	struct asker *k = *state;

	assert_message(k, 501, "body.httpsEnabled cannot be set here: it is false", "PATCH",
	    SETTINGS, "{\"httpsEnabled\":true,\"devicesApprovalOn\":true}");
	assert_false(now(k).devices_approval);
	assert_message(k, 501, "aclsExternallyManagedOn", "PATCH", SETTINGS,
	    "{\"aclsExternallyManagedOn\":true}");
	assert_message(k, 501, "usersRole", "PATCH", SETTINGS,
	    "{\"usersRoleAllowedToJoinExternalTailnets\":\"member\"}");
	assert_answer(k, "PATCH", SETTINGS, "{\"httpsEnabled\":false,\"aclsExternalLink\":\"\","
	    "\"usersRoleAllowedToJoinExternalTailnets\":\"none\",\"regionalRoutingOn\":false}");
}

static void
wrong_values_are_refused(void **state)
{
	struct asker *k = *state;

	assert_message(k, 400, "body.devicesKeyDurationDays must be from 1 to 180", "PATCH",
	    SETTINGS, "{\"devicesKeyDurationDays\":181}");
	assert_message(k, 422, "devicesKeyDurationDays", "PATCH", SETTINGS,
	    "{\"devicesKeyDurationDays\":-1}");
	assert_message(k, 422, "devicesKeyDurationDays", "PATCH", SETTINGS,
	    "{\"devicesKeyDurationDays\":\"90\"}");
	assert_message(k, 422, "devicesApprovalOn", "PATCH", SETTINGS,
	    "{\"devicesApprovalOn\":1}");
	assert_message(k, 422, "unexpected property", "PATCH", SETTINGS, "{\"flag\":true}");
	assert_message(k, 400, "body", "PATCH", SETTINGS, "{");
}

/* What somebody has put there by hand and does not read counts for nothing. */
static void
nonsense_in_the_table_is_left_out(void **state)
{
	struct asker *k = *state;

	k->cfg.node_expiry_ms = DAY;
	STORE(k, store_setting_put(k->db, "devicesKeyDurationDays", "\"many\"", ASK_NOW));
	STORE(k, store_setting_put(k->db, "nameservers", "[\"nobody\"]", ASK_NOW));
	STORE(k, store_setting_put(k->db, "newer", "1", ASK_NOW));
	assert_int_equal(now(k).cfg.node_expiry_ms, DAY);
	assert_int_equal(now(k).cfg.nameservers.n, 0);
}

static void
keys_of_devices_live_as_set(void **state)
{
	struct asker *k = *state;
	struct authkey key = { .user_id = make_user(k, "alice"), .reusable = true };
	const char *text = make_key(k, &key);

	assert_joined(register_with(k, 1, 100, text));
	assert_true(node_of_key(k, 100).expiry_ms == TIME_NONE);
	assert_answer(k, "PATCH", SETTINGS, "{\"devicesKeyDurationDays\":7}");
	assert_joined(register_with(k, 2, 200, text));
	assert_int_equal(node_of_key(k, 200).expiry_ms, ASK_NOW + 7 * DAY);
	assert_true(node_of_key(k, 100).expiry_ms == TIME_NONE);	/* new keys only */
}

static void
automatic_updates_reach_clients(void **state)
{
	struct asker *k = *state;
	struct authkey key = { .user_id = make_user(k, "alice"), .reusable = true };
	const char *text = make_key(k, &key), *self;
	struct stream_open o;
	int64_t seq, to;

	assert_joined(register_with(k, 1, 100, text));
	assert_answer(k, "PATCH", SETTINGS, "{\"devicesAutoUpdatesOn\":false}");
	assert_int_equal(do_map(k, 1, 100, ",\"Stream\":true"), 200);
	self = json_dump(k->a, json_get(opened(k, &o), "Node"));
	assert_has(self, "\"default-auto-update\":[false]");

	seq = change_now(k);
	assert_answer(k, "PATCH", SETTINGS, "{\"devicesAutoUpdatesOn\":true}");
	assert_has(document(k, DOCUMENT_SETTINGS), "\"auto_update\":true");
	assert_has(delta_lines(k, seq, &to), "refresh everyone");
	assert_int_equal(do_map(k, 1, 100, ",\"Stream\":true"), 200);
	self = json_dump(k->a, json_get(opened(k, &o), "Node"));
	assert_has(self, "\"default-auto-update\":[true]");
}

/* ---- REST v1 ---- */

static jv *
in_list(struct asker *k, const char *name)
{
	jv *list;

	assert_answer(k, "GET", "/api/v1/settings", NULL);
	list = json_get(api_json(k), "settings");
	for (size_t i = 0; i < json_len(list); i++)
		if (strcmp(json_get_str(json_at(list, i), "name", ""), name) == 0)
			return json_at(list, i);
	fail_msg("no %s in %s", name, ask_body(k));
	return NULL;
}

static void
one_by_one(void **state)
{
	struct asker *k = *state;
	jv *v;

	k->cfg.node_expiry_ms = 3 * DAY;
	v = in_list(k, "devicesKeyDurationDays");
	assert_int_equal(json_get_i64(v, "value", 0), 3);
	assert_false(json_get_bool(v, "set", true));
	assert_string_equal(json_get_str(v, "key", ""), "node.expiry");

	assert_answer(k, "PUT", "/api/v1/settings/devicesKeyDurationDays", "{\"value\":30}");
	v = in_list(k, "devicesKeyDurationDays");
	assert_int_equal(json_get_i64(v, "value", 0), 30);
	assert_int_equal(json_get_i64(v, "default", 0), 3);
	assert_true(json_get_bool(v, "set", false));

	assert_answer(k, "DELETE", "/api/v1/settings/devicesKeyDurationDays", NULL);
	assert_int_equal(now(k).cfg.node_expiry_ms, 3 * DAY);
	assert_answer(k, "DELETE", "/api/v1/settings/devicesKeyDurationDays", NULL);

	assert_refused(k, 404, "there is no setting \"none\"", "PUT", "/api/v1/settings/none",
	    "{\"value\":1}");
	assert_refused(k, 422, "body.value must be true or false", "PUT",
	    "/api/v1/settings/devicesApprovalOn", "{\"value\":\"yes\"}");
	assert_refused(k, 422, "value", "PUT", "/api/v1/settings/devicesApprovalOn", "{}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ASK_TEST(shows_what_the_configuration_says), ASK_TEST(what_is_set_goes_before),
		ASK_TEST(what_is_not_had_is_said), ASK_TEST(wrong_values_are_refused),
		ASK_TEST(nonsense_in_the_table_is_left_out),
		NET_TEST(keys_of_devices_live_as_set), NET_TEST(automatic_updates_reach_clients),
		ASK_TEST(one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
