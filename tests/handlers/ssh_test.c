/* tests/handlers/ssh_test.c -- the endpoint that a destination's client asks about an SSH session. */
#include "tests/handlers/control.h"

#define HOUR_MS (60 * 60 * 1000LL)

/* Node 1 is alice's, nodes 2 and 3 are servers; their machines have the same numbers. */
static int
setup(void **state)
{
	struct asker *k;
	struct authkey mine, tagged = { .tags = "[\"tag:server\"]", .reusable = true };

	net_setup(state);
	k = *state;
	mine = (struct authkey){ .user_id = make_user(k, "alice") };
	assert_joined(register_with(k, 1, 100, make_key(k, &mine)));
	assert_joined(register_with(k, 2, 200, make_key(k, &tagged)));
	tagged = (struct authkey){ .tags = "[\"tag:server\"]" };
	assert_joined(register_with(k, 3, 300, make_key(k, &tagged)));
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, net_teardown)

/* The policy from now on: this one rule. */
static void
rule(struct asker *k, const char *action, const char *more)
{
	struct policy_version p = { .source = "cli", .created_ms = ASK_NOW,
		.text = arena_printf(k->a, "{\"tagOwners\":{\"tag:server\":[]},"
		    "\"ssh\":[{\"action\":\"%s\",\"src\":[\"alice@\"],\"dst\":[\"tag:server\"],"
		    "\"users\":[\"root\",\"a b&c\"]%s}]}", action, more) };
	int64_t id;

	STORE(k, store_policy_add(k->db, &p, &id));
}

/* Machine 'm' asks; 'rest' follows "/machine/ssh/action/". */
static int
action(struct asker *k, int m, const char *rest)
{
	return ask_as(k, ORIGIN_CONTROL, key_no(k, MKEY_PREFIX, m), "GET",
	    arena_printf(k->a, "/machine/ssh/action/%s", rest), (struct str){ "", 0 });
}

static void
assert_action(struct asker *k, int want, int m, const char *rest)
{
	int got = action(k, m, rest);

	if (got != want)
		fail_msg("%s: %d, want %d: %s", rest, got, want, ask_body(k));
}

static const char *
text_of_answer(struct asker *k, const char *member)
{
	jv *v = json_parse(k->a, str_of(ask_body(k)), 16, NULL);

	return json_get_str(v, member, "");
}

static bool
says(struct asker *k, const char *member)
{
	return json_get_bool(json_parse(k->a, str_of(ask_body(k)), 16, NULL), member, false);
}

/* Opens a session to node 2 that has to wait; what to ask next. */
static const char *
opened_check(struct asker *k, const char *query)
{
	static const char at[] = "https://head.example/machine/ssh/action/";
	const char *url;

	assert_action(k, 200, 2, arena_printf(k->a, "1/to/2?%s", query));
	url = text_of_answer(k, "holdAndDelegate");
	if (strncmp(url, at, strlen(at)) != 0)
		fail_msg("not to be held: %s", ask_body(k));
	assert_false(says(k, "accept"));
	return arena_strdup(k->a, url + strlen(at));
}

static const char *
id_in(const char *rest)
{
	return strstr(rest, "auth_id=") + strlen("auth_id=");
}

static void
decide(struct asker *k, const char *rest, bool approve)
{
	STORE(k, store_ssh_check_decide(k->db, id_in(rest), approve, ASK_NOW + k->later_ms));
}

static void
wrong_requests(void **state)
{
	struct asker *k = *state;

	rule(k, "check", "");
	assert_action(k, 400, 2, "x/to/2?local_user=root");
	assert_action(k, 400, 2, "1/to/2x?local_user=root");
	assert_action(k, 404, 2, "1/to/9?local_user=root");
	assert_action(k, 404, 2, "9/to/2?local_user=root");
	assert_action(k, 404, 2, "from/1/to/2");
	assert_action(k, 401, 1, "1/to/2?local_user=root");
	assert_action(k, 401, 3, "1/to/2?local_user=root");
	assert_action(k, 400, 2, "1/to/2?local_user=root&auth_id=x");
	assert_action(k, 400, 2, arena_printf(k->a, "1/to/2?local_user=%0300d", 1));
	assert_action(k, 400, 2, "9223372036854775808/to/2");
}

/* No rule with a check is there: the client is told so, and is not left waiting. */
static void
nothing_to_check(void **state)
{
	static const char *const actions[] = { "accept", "check" };
	struct asker *k = *state;

	for (size_t i = 0; i < 2; i++) {
		rule(k, actions[i], "");
		assert_action(k, 200, 2, i == 0 ? "1/to/2?local_user=root" : "1/to/2?local_user=eve");
		assert_true(says(k, "reject"));
		assert_false(says(k, "accept"));
		assert_has(text_of_answer(k, "message"), "does not let this SSH session in");
	}
	assert_action(k, 200, 2, "1/to/2");
	assert_true(says(k, "reject"));
	assert_action(k, 400, 2, "1/to/2?auth_id=hskey-authreq-aaaaaaaaaaaaaaaaaaaaaaaa");
}

static void
waits_and_is_approved(void **state)
{
	struct asker *k = *state;
	const char *next;

	rule(k, "check", "");
	next = opened_check(k, "local_user=root");
	assert_has(text_of_answer(k, "message"), arena_printf(k->a,
	    "\n# To authenticate, visit: https://head.example/auth/%s\n", id_in(next)));
	assert_action(k, 200, 2, next);
	assert_has(ask_head(k), arena_printf(k->a, "Headrace-Hold: login/%s %lld", id_in(next),
	    (long long)change_now(k)));
	assert_action(k, 401, 1, next);
	assert_action(k, 401, 2, arena_printf(k->a, "3/to/2?%s", strchr(next, '?') + 1));
	assert_action(k, 401, 2, arena_printf(k->a, "1/to/2?local_user=eve&auth_id=%s", id_in(next)));
	decide(k, next, true);
	assert_action(k, 200, 2, next);
	assert_true(says(k, "accept"));
	assert_true(says(k, "allowLocalPortForwarding"));
	assert_action(k, 200, 2, "1/to/2?local_user=root");
	assert_true(says(k, "accept"));
	(void)opened_check(k, "local_user=a%20b%26c");
}

/* The period of the rule that is in force counts. */
static void
approval_runs_out(void **state)
{
	struct asker *k = *state;

	rule(k, "check", ",\"checkPeriod\":\"2h\"");
	decide(k, opened_check(k, "local_user=root"), true);
	k->later_ms = 2 * HOUR_MS - 1;
	assert_action(k, 200, 2, "1/to/2?local_user=root");
	assert_true(says(k, "accept"));
	k->later_ms = 2 * HOUR_MS;
	(void)opened_check(k, "local_user=root");
	rule(k, "check", ",\"checkPeriod\":\"3h\"");
	assert_action(k, 200, 2, "1/to/2?local_user=root");
	assert_true(says(k, "accept"));
	rule(k, "check", ",\"checkPeriod\":\"always\"");
	(void)opened_check(k, "local_user=root");
}

static void
rejected(void **state)
{
	struct asker *k = *state;
	const char *next;

	rule(k, "check", "");
	next = opened_check(k, "local_user=root");
	decide(k, next, false);
	assert_action(k, 200, 2, next);
	assert_true(says(k, "reject"));
	next = opened_check(k, "local_user=root");
	k->later_ms = k->cfg.login_timeout_ms;
	assert_action(k, 200, 2, next);
	assert_true(says(k, "reject"));
	assert_string_not_equal(opened_check(k, "local_user=root"), next);
}

/* What was approved by a rule that is gone lets nobody in. */
static void
rule_goes(void **state)
{
	struct asker *k = *state;
	const char *waits, *done;

	rule(k, "check", "");
	waits = opened_check(k, "local_user=root");
	done = opened_check(k, "local_user=a+b%26c");
	decide(k, done, true);
	rule(k, "accept", "");
	assert_action(k, 200, 2, waits);
	assert_true(says(k, "reject"));
	assert_action(k, 200, 2, done);
	assert_true(says(k, "reject"));
}

/* Sessions that one approval would let in share a check; others do not. */
static void
shared(void **state)
{
	struct asker *k = *state;
	const char *first;

	rule(k, "check", "");
	first = opened_check(k, "local_user=root");
	assert_string_equal(opened_check(k, "local_user=root"), first);
	assert_string_not_equal(opened_check(k, "local_user=a%20b%26c"), first);
	rule(k, "check", ",\"checkPeriod\":\"always\"");
	first = opened_check(k, "local_user=root");
	assert_string_not_equal(opened_check(k, "local_user=root"), first);
}

/* An id that is not an SSH session's, and one that nobody knows. */
static void
other_ids(void **state)
{
	struct asker *k = *state;
	const char *url = json_get_str(do_register(k, 4, 400, ""), "AuthURL", "");

	rule(k, "check", "");
	assert_action(k, 400, 2, arena_printf(k->a, "1/to/2?local_user=root&auth_id=%s",
	    strrchr(url, '/') + 1));
	(void)opened_check(k, "local_user=root&auth_id=hskey-authreq-aaaaaaaaaaaaaaaaaaaaaaaa");
	assert_action(k, 400, 2, "1/to/2?local_user=eve&auth_id=hskey-authreq-aaaaaaaaaaaaaaaaaaaaaaaa");
}

/* Who asks without end costs others nothing but the oldest that waits. */
static void
bounded(void **state)
{
	struct asker *k = *state;
	const char *first;
	int64_t n;

	rule(k, "check", ",\"checkPeriod\":\"always\"");
	first = opened_check(k, "local_user=root");
	k->later_ms = 1;
	for (int i = 0; i < 1024; i++)
		(void)opened_check(k, "local_user=root");
	assert_int_equal(store_ssh_check_count(k->db, &n), OK);
	assert_int_equal(n, 1024);
	assert_action(k, 200, 2, first);
	assert_true(says(k, "reject"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(wrong_requests),
		TEST(nothing_to_check),
		TEST(waits_and_is_approved),
		TEST(approval_runs_out),
		TEST(rejected),
		TEST(rule_goes),
		TEST(shared),
		TEST(other_ids),
		TEST(bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
