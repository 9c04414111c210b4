/* tests/handlers/v2_attributes_test.c -- REST v2: what is known of a device beyond what it says. */
#include "tests/handlers/v2.h"

#define URL "/api/v2/device/1/attributes"

static void
add_device(struct asker *k)
{
	struct node n;

	add_node(k, add_user(k, "alice"), 1, 1);
	assert_int_equal(store_node_by_id(k->db, k->a, 1, &n), OK);
	n.hostinfo = "{\"OS\":\"linux\",\"OSVersion\":\"6.1\",\"IPNVersion\":\"1.102.5-t7\","
	    "\"AllowsUpdate\":true}";
	assert_int_equal(store_node_update(k->db, &n), OK);
}

static const char *
member(struct asker *k, const char *outer, const char *name)
{
	assert_answer(k, "GET", URL, NULL);
	return api_dump(k, outer, name);
}

static void
a_device_speaks_for_itself(void **state)
{
	struct asker *k = *state;

	add_device(k);
	assert_string_equal(member(k, "attributes", "node:os"), "\"linux\"");
	assert_string_equal(member(k, "attributes", "node:osVersion"), "\"6.1\"");
	assert_string_equal(member(k, "attributes", "node:tsVersion"), "\"1.102.5-t7\"");
	assert_string_equal(member(k, "attributes", "node:tsReleaseTrack"), "\"stable\"");
	assert_string_equal(member(k, "attributes", "node:tsAutoUpdate"), "true");
	assert_string_equal(member(k, "attributes", "node:tsStateEncrypted"), "false");
	assert_has(ask_body(k), "\"expiries\":{}");
}

static void
sets_and_deletes(void **state)
{
	struct asker *k = *state;
	int64_t seq;

	add_device(k);
	assert_answer(k, "POST", URL "/custom:tier", "{\"value\":\"prod\"}");
	assert_answer(k, "POST", URL "/custom:score", "{\"value\":75,\"comment\":\"of today\","
	    "\"expiry\":\"2030-01-01T00:00:00Z\"}");
	assert_answer(k, "POST", URL "/custom:ok", "{\"value\":true,"
	    "\"expiry\":\"0001-01-01T00:00:00Z\"}");	/* as the Go client says "never" */
	assert_string_equal(member(k, "attributes", "custom:tier"), "\"prod\"");
	assert_string_equal(member(k, "attributes", "custom:score"), "75");
	assert_string_equal(member(k, "attributes", "custom:ok"), "true");
	assert_has(member(k, "expiries", "custom:score"), "2030-01-01T00:00:00");
	assert_string_equal(member(k, "expiries", "custom:ok"), "null");

	k->later_ms = 400000000000;
	assert_string_equal(member(k, "attributes", "custom:score"), "null");
	assert_string_equal(member(k, "expiries", "custom:score"), "null");
	k->later_ms = 0;

	/* What a posture cannot see is no news. */
	seq = last_change(k);
	assert_answer(k, "POST", URL "/custom:score", "{\"value\":75}");
	assert_int_equal(last_change(k), seq);
	assert_string_equal(member(k, "expiries", "custom:score"), "null");
	assert_answer(k, "POST", URL "/custom:score", "{\"value\":76}");
	assert_int_equal(last_change(k), seq + 1);
	assert_answer(k, "DELETE", URL "/custom:score", NULL);
	assert_int_equal(last_change(k), seq + 2);
	assert_message(k, 404, "attribute not found", "DELETE", URL "/custom:score", NULL);
	assert_string_equal(member(k, "attributes", "custom:score"), "null");
	assert_answer(k, "DELETE", "/api/v2/device/1", NULL);
}

static void
bad_input(void **state)
{
	static const char *const values[] = { "{}", "[]", "1.5", "-1", "9007199254740992",
		"1e40", "\"\"", "\"a b\"", "\"a-b\"", "\"<b>\"", "\"'; DROP TABLE nodes\"",
		"\"123456789012345678901234567890123456789012345678901\"" };
	static const char *const names[] = { "custom:", "custom", "node:os", "custom:a-b",
		"custom:a%20b", "custom:%c3%a4", "CUSTOM:a",
		"custom:12345678901234567890123456789012345678901234" };
	struct asker *k = *state;

	add_device(k);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		assert_message(k, 400, "the value must be", "POST", URL "/custom:a",
		    arena_printf(k->a, "{\"value\":%s}", values[i]));
		assert_has(ask_body(k), "body.value");
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_message(k, 400, "is called custom:", "POST",
		    arena_printf(k->a, URL "/%s", names[i]), "{\"value\":1}");
		assert_message(k, 400, "is called custom:", "DELETE",
		    arena_printf(k->a, URL "/%s", names[i]), NULL);
	}
	assert_message(k, 422, "value", "POST", URL "/custom:a", "{}");
	assert_message(k, 422, "value", "POST", URL "/custom:a", "{\"value\":null}");
	assert_message(k, 400, "in the past", "POST", URL "/custom:a",
	    "{\"value\":1,\"expiry\":\"2020-01-01T00:00:00Z\"}");
	assert_message(k, 422, "expiry", "POST", URL "/custom:a", "{\"value\":1,\"expiry\":\"soon\"}");
	assert_message(k, 422, "unexpected", "POST", URL "/custom:a", "{\"value\":1,\"x\":1}");
}

static void
there_is_a_limit(void **state)
{
	struct asker *k = *state;

	add_device(k);
	for (int i = 0; i < 50; i++)
		assert_answer(k, "POST", arena_printf(k->a, URL "/custom:a%d", i),
		    "{\"value\":1}");
	assert_message(k, 400, "at most 50", "POST", URL "/custom:b", "{\"value\":1}");
	assert_answer(k, "POST", URL "/custom:a7", "{\"value\":2}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ASK_TEST(a_device_speaks_for_itself),
		ASK_TEST(sets_and_deletes),
		ASK_TEST(bad_input),
		ASK_TEST(there_is_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
