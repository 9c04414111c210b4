/*
 * tests/handlers/audit_device_test.c -- devices in the audit log: what they do to the
 * tailnet is noted as theirs, what they say of themselves all day is not noted at all.
 */
#include "tests/handlers/control.h"

/* "kind action target after" of all that came since the last time. */
static const char *
news(struct asker *k)
{
	static int64_t seen;
	static const struct asker *of;
	struct audit_filter all = { .since_ms = TIME_NONE, .until_ms = TIME_NONE, .max = 99 };
	struct audit_row *v;
	const char *out = "";
	size_t n;

	if (of != k)
		seen = 0;
	of = k;
	assert_int_equal(store_audit(k->db, k->a, &all, &v, &n), OK);
	for (size_t i = n; i > 0; i--) {
		if (v[i - 1].id <= seen)
			continue;
		seen = v[i - 1].id;
		out = arena_printf(k->a, "%s%s%s %s %s %s", out, *out ? "; " : "",
		    v[i - 1].actor_kind, v[i - 1].action, v[i - 1].target, v[i - 1].after);
	}
	return out;
}

static const char *
tick(struct asker *k)
{
	assert_int_equal(ask_as(k, ORIGIN_CONTROL, NULL, "POST", "/internal/tick",
	    (struct str){ "", 0 }), 200);
	return news(k);
}

static void
a_device_lives(void **state)
{
	struct asker *k = *state;
	struct authkey key = { .user_id = make_user(k, "alice") };
	const char *text = make_key(k, &key), *before;
	struct policy_version p = { .source = "api",
	    .text = "{\"autoApprovers\":{\"routes\":{\"10.0.0.0/8\":[\"alice@\"]}}}" };
	int64_t id;

	STORE(k, store_policy_add(k->db, &p, &id));
	(void)news(k);
	assert_joined(register_with(k, 1, 101, text));
	before = news(k);
	assert_has(before, "node registerNode host1 {\"name\":\"host1\",\"user\":\"alice\"");
	assert_lacks(before, text + strlen(text) - 64);
	assert_joined(do_register(k, 1, 101, ""));
	assert_string_equal(news(k), "");

	assert_int_equal(do_map(k, 1, 101, ",\"Stream\":true,\"Endpoints\":[\"192.0.2.1:1\"],"
	    "\"Hostinfo\":{\"Hostname\":\"host1\",\"OS\":\"linux\"}"), 200);
	assert_int_equal(do_map(k, 1, 101, ",\"OmitPeers\":true,\"Endpoints\":[\"192.0.2.2:1\"]"), 200);
	assert_string_equal(news(k), "");
	assert_int_equal(do_map(k, 1, 101, ",\"OmitPeers\":true,\"Hostinfo\":{\"Hostname\":\"pi\","
	    "\"OS\":\"linux\",\"RoutableIPs\":[\"10.1.0.0/16\"]}"), 200);
	assert_string_equal(news(k), "node updateNode host1 {\"approvedRoutes\":[\"10.1.0.0/16\"]}; "
	    "node updateNode pi {\"name\":\"pi\"}");
	assert_int_equal(ask_as(k, ORIGIN_CONTROL, NULL, "POST", "/internal/presence",
	    str_of(arena_printf(k->a, "-1 %lld\n", (long long)ASK_NOW))), 200);
	assert_string_equal(news(k), "");

	/* It logs out: its key ends now, which the tick need not say again. */
	(void)do_register(k, 1, 101, ",\"Expiry\":\"2020-01-01T00:00:00Z\"");
	assert_has(news(k), "node registerNode pi {\"expiry\":\"");
	assert_string_equal(tick(k), "");
}

static void
the_server_tidies_up(void **state)
{
	struct asker *k = *state;
	struct authkey key = { .user_id = make_user(k, "alice"), .ephemeral = true };

	assert_joined(register_with(k, 1, 101, make_key(k, &key)));
	(void)news(k);
	assert_string_equal(tick(k), "");
	k->later_ms = 24 * 3600 * 1000;
	assert_string_equal(tick(k), "server tick host1 {}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NET_TEST(a_device_lives), NET_TEST(the_server_tidies_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
