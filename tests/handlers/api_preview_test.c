/* tests/handlers/api_preview_test.c -- /api/v1/policy/preview and /explain on the tailnet in the database. */
#include "tests/handlers/api.h"

#define PREVIEW "/api/v1/policy/preview"
#define EXPLAIN "/api/v1/policy/explain"
#define SHUT "{\\\"acls\\\": []}"
#define TAGS "\\\"tagOwners\\\": {\\\"tag:web\\\": []}"
#define ANN_TO_WEB "{" TAGS ", \\\"acls\\\": [{\\\"action\\\": \\\"accept\\\"," \
	" \\\"src\\\": [\\\"ann@\\\"], \\\"dst\\\": [\\\"tag:web:443\\\"]}]}"

#define POLICY(text) "{\"policy\":\"" text "\"}"

/* ann has n1, bob n2; n3 and n4 are tag:web. */
static void
fill(struct asker *k)
{
	int64_t ann = add_user(k, "ann"), bob = add_user(k, "bob");

	(void)add_node(k, ann, 1, 1);
	(void)add_node(k, bob, 2, 2);
	(void)add_node(k, 0, 3, 3);
	(void)add_node(k, 0, 4, 4);
}

static void
preview_tells_gains_and_losses(void **state)
{
	struct asker *k = *state;
	int64_t before, after;

	fill(k);
	assert_int_equal(store_change_last(k->db, &before), OK);
	assert_status(k, 200, "POST", PREVIEW, POLICY(SHUT));
	assert_has(ask_body(k), "\"accepted\":true");
	assert_has(ask_body(k), "\"gains\":[]");
	assert_has(ask_body(k), "\"dst\":[\"all nodes\"],\"access\":\"*\"");
	assert_int_equal(store_change_last(k->db, &after), OK);
	assert_int_equal(before, after);

	assert_status(k, 200, "PUT", "/api/v1/policy", POLICY(SHUT));
	assert_status(k, 200, "POST", PREVIEW, POLICY(SHUT));
	assert_has(ask_body(k), "\"gains\":[],\"loses\":[]");
	assert_status(k, 200, "POST", PREVIEW, POLICY(ANN_TO_WEB));
	assert_has(ask_body(k), "\"gains\":[{\"src\":[\"ann\"],\"dst\":[\"tag:web\"],"
	    "\"access\":\"443\"}],\"loses\":[]");
	assert_status(k, 200, "GET", "/api/v1/policy", NULL);
	assert_has(ask_body(k), "\"version\":1");
}

static void
preview_refuses(void **state)
{
	struct asker *k = *state;

	fill(k);
	assert_status(k, 200, "POST", PREVIEW, POLICY("{\\\"acl\\\": []}"));
	assert_has(ask_body(k), "\"accepted\":false,\"error\":\"line 1");
	assert_status(k, 200, "POST", PREVIEW, POLICY("{\\\"acls\\\": [],\\n\\\"tests\\\":"
	    " [{\\\"src\\\": \\\"ann@\\\", \\\"accept\\\": [\\\"bob@:22\\\"]}]}"));
	assert_has(ask_body(k), "test(s) failed\\nline 2: ann@ -> bob@:22: expected ALLOWED");
	assert_refused(k, 400, "body", "POST", PREVIEW, NULL);
	assert_refused(k, 422, "required property policy", "POST", PREVIEW, "{}");
	assert_refused(k, 422, "must be text", "POST", PREVIEW, "{\"policy\":7}");
	assert_refused(k, 422, "unexpected property", "POST", PREVIEW, "{\"polcy\":\"\"}");
}

static void
explain_names_the_rule(void **state)
{
	struct asker *k = *state;

	fill(k);
	assert_status(k, 200, "GET", EXPLAIN "?src=n2&dst=n3:22", NULL);
	assert_has(ask_body(k), "\"allowed\":true");
	assert_has(ask_body(k), "everything may pass");
	assert_status(k, 200, "PUT", "/api/v1/policy", POLICY(ANN_TO_WEB));
	assert_status(k, 200, "GET", EXPLAIN "?src=ann&dst=n3:443&proto=tcp", NULL);
	assert_has(ask_body(k), "\"rules\":[{\"line\":1,\"section\":\"acls\",\"number\":0");
	assert_has(ask_body(k), "\"allowed\":true");
	assert_status(k, 200, "GET", EXPLAIN "?src=n2&dst=n3:443", NULL);
	assert_has(ask_body(k), "\"allowed\":false");
	assert_has(ask_body(k), "is not for 100.64.0.2");
}

static void
explain_refuses(void **state)
{
	struct asker *k = *state;

	fill(k);
	assert_refused(k, 400, "query.dst is missing", "GET", EXPLAIN "?src=n1", NULL);
	assert_refused(k, 400, "nobody", "GET", EXPLAIN "?src=nobody&dst=n1", NULL);
	assert_refused(k, 400, "1 to 65535", "GET", EXPLAIN "?src=n1&dst=n2:99999", NULL);
	assert_refused(k, 400, "is no protocol", "GET", EXPLAIN "?src=n1&dst=n2&proto=x", NULL);
	assert_refused(k, 400, "query.src is missing", "GET", EXPLAIN "?src=&dst=n2", NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ASK_TEST(preview_tells_gains_and_losses), ASK_TEST(preview_refuses),
		ASK_TEST(explain_names_the_rule), ASK_TEST(explain_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
