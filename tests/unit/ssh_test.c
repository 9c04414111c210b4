/* tests/unit/ssh_test.c -- SSH rules: what a destination is told, and who gets in as whom. */
#include "lib/policy/ssh.h"
#include "tests/unit/policy_case.h"

#include <stdio.h>
#include <stdlib.h>

#define ACCEPT "\"action\":{\"accept\":true,\"allowAgentForwarding\":true," \
	"\"allowLocalPortForwarding\":true,\"allowRemotePortForwarding\":true}"
#define CHECK "\"action\":{\"holdAndDelegate\":\"https://hr" SSH_CHECK_PATH "\"}"
#define IP(x) "{\"nodeIP\":\"" x "\"}"

static const char people[] =
    "{\"users\": [{\"id\": 1, \"name\": \"odin\", \"email\": \"odin@example.com\"},"
    "             {\"id\": 2, \"name\": \"thor\", \"email\": \"thor@example.org\"}],"
    " \"nodes\": {"
    "  \"web\": {\"id\": 10, \"tags\": [\"tag:web\", \"tag:prod\"], \"ipv4\": \"100.64.0.1\"},"
    "  \"rec\": {\"id\": 11, \"tags\": [\"tag:rec\"], \"ipv4\": \"100.64.0.2\", \"ipv6\": \"fd7a:115c:a1e0::2\"},"
    "  \"odin-a\": {\"id\": 12, \"user\": \"odin\", \"ipv4\": \"100.64.0.9\", \"ipv6\": \"fd7a:115c:a1e0::9\"},"
    "  \"odin-b\": {\"id\": 13, \"user\": \"odin\", \"ipv4\": \"100.64.0.10\"},"
    "  \"thor-a\": {\"id\": 14, \"user\": \"thor\", \"ipv4\": \"100.64.0.11\"}},"
    " \"tailnet\": {\"owner\": \"odin@example.com\", \"domains\": [\"example.com\", \"example.org\"]}}";

#define OWNERS "\"tagOwners\": {\"tag:web\": [], \"tag:prod\": [], \"tag:rec\": [], \"tag:none\": []}, "

static struct policy_case c;

static void
given(const char *rules)
{
	char *text;

	if (asprintf(&text, "{" OWNERS "\"ssh\": [%s]}", rules) < 0)
		abort();
	policy_case_open(&c, text, people);
	free(text);
}

static int
end(void **state)
{
	(void)state;
	policy_case_close(&c);
	return 0;
}

static void
told(int64_t node, const char *want)
{
	buf_clear(&c.out);
	assert_true(ssh_policy_json(c.t, node, "https://hr", &c.out));
	assert_str(buf_as_str(&c.out), want);
}

static enum ssh_verdict
asked(int64_t src, int64_t dst, const char *login)
{
	struct ssh_ask ask = {
		.src.node = net_node(c.t, src), .dst.node = net_node(c.t, dst), .login = login,
	};

	return ssh_allows(c.t, &ask).verdict;
}

/* ---- what a destination is told ---- */

static void
a_rule_lists_addresses_sorted_as_text(void **state)
{
	(void)state;
	given("{\"action\": \"accept\", \"src\": [\"autogroup:member\"], \"dst\": [\"tag:web\"],"
	    " \"users\": [\"ubuntu\", \" root\", \"ubuntu\"], \"acceptEnv\": [\"LC_*\"]}");
	told(10, "{\"rules\":[{\"principals\":[" IP("100.64.0.10") "," IP("100.64.0.11") ","
	    IP("100.64.0.9") "," IP("fd7a:115c:a1e0::9") "],"
	    "\"sshUsers\":{\"ubuntu\":\"ubuntu\",\"root\":\"root\"}," ACCEPT
	    ",\"acceptEnv\":[\"LC_*\"]}]}");
	told(11, "{\"rules\":[]}");
	told(12, "{\"rules\":[]}");
}

static void
a_tagged_source_is_listed_per_tag(void **state)
{
	(void)state;
	given("{\"action\": \"accept\", \"src\": [\"autogroup:tagged\"], \"dst\": [\"tag:rec\"],"
	    " \"users\": [\"autogroup:nonroot\"]}");
	told(11, "{\"rules\":[{\"principals\":[" IP("100.64.0.1") "," IP("100.64.0.1") ","
	    IP("100.64.0.2") "," IP("fd7a:115c:a1e0::2") "],"
	    "\"sshUsers\":{\"*\":\"=\",\"root\":\"\"}," ACCEPT "}]}");
}

static void
self_is_for_devices_of_one_user(void **state)
{
	(void)state;
	given("{\"action\": \"check\", \"src\": [\"autogroup:member\"], \"dst\": [\"autogroup:self\"],"
	    " \"users\": [\"root\"]}");
	told(14, "{\"rules\":[{\"principals\":[" IP("100.64.0.11") "],"
	    "\"sshUsers\":{\"root\":\"root\"}," CHECK "}]}");
	told(13, "{\"rules\":[{\"principals\":[" IP("100.64.0.10") "," IP("100.64.0.9") ","
	    IP("fd7a:115c:a1e0::9") "],\"sshUsers\":{\"root\":\"root\"}," CHECK "}]}");
	told(10, "{\"rules\":[]}");
	assert_int_equal(asked(12, 13, "root"), SSH_CHECKED);
	assert_int_equal(asked(14, 13, "root"), SSH_REFUSED);
	assert_int_equal(asked(12, 10, "root"), SSH_REFUSED);
}

/* Each user's devices are two rules; the sources hear of it too, each for itself alone. */
static void
localpart_splits_by_user(void **state)
{
	(void)state;
	given("{\"action\": \"accept\", \"src\": [\"autogroup:member\", \"tag:rec\"], \"dst\": [\"tag:web\"],"
	    " \"users\": [\"localpart:*@EXAMPLE.com\"]}");
	told(10, "{\"rules\":["
	    "{\"principals\":[" IP("100.64.0.10") "," IP("100.64.0.9") "," IP("fd7a:115c:a1e0::9") "],"
	    "\"sshUsers\":{\"root\":\"\"}," ACCEPT "},"
	    "{\"principals\":[" IP("100.64.0.10") "," IP("100.64.0.9") "," IP("fd7a:115c:a1e0::9") "],"
	    "\"sshUsers\":{\"odin\":\"odin\"}," ACCEPT "},"
	    "{\"principals\":[" IP("100.64.0.11") "],\"sshUsers\":{\"root\":\"\"}," ACCEPT "},"
	    "{\"principals\":[" IP("100.64.0.2") "," IP("fd7a:115c:a1e0::2") "],"
	    "\"sshUsers\":{\"root\":\"\"}," ACCEPT "}]}");
	told(13, "{\"rules\":[{\"principals\":[" IP("100.64.0.10") "],\"sshUsers\":{\"root\":\"\"}," ACCEPT "},"
	    "{\"principals\":[" IP("100.64.0.10") "],\"sshUsers\":{\"odin\":\"odin\"}," ACCEPT "}]}");
	assert_int_equal(asked(12, 10, "odin"), SSH_ACCEPTED);
	assert_int_equal(asked(12, 10, "thor"), SSH_REFUSED);
	assert_int_equal(asked(14, 10, "thor"), SSH_REFUSED);
	assert_int_equal(asked(11, 10, ""), SSH_REFUSED);
	assert_int_equal(asked(12, 13, "odin"), SSH_REFUSED);
}

static void
no_section_no_policy(void **state)
{
	(void)state;
	policy_case_open(&c, "{}", people);
	assert_false(ssh_policy_json(c.t, 10, "https://hr", &c.out));
	assert_int_equal(c.out.n, 0);
	assert_int_equal(asked(12, 10, "root"), SSH_REFUSED);
	policy_case_close(&c);
	given("");
	told(10, "{\"rules\":[]}");
	assert_false(ssh_policy_json(c.t, 999, "https://hr", &c.out));
}

/* ---- who decides ---- */

static void
a_check_goes_before_an_accept(void **state)
{
	int64_t period;

	(void)state;
	given("{\"action\": \"accept\", \"src\": [\"autogroup:member\"], \"dst\": [\"tag:web\"], \"users\": [\"root\", \"deploy\"]},"
	    "{\"action\": \"check\", \"src\": [\"thor@example.org\"], \"dst\": [\"tag:web\"], \"users\": [\"root\"], \"checkPeriod\": \"90m\"},"
	    "{\"action\": \"check\", \"src\": [\"autogroup:member\"], \"dst\": [\"tag:web\"], \"users\": [\"autogroup:nonroot\"],"
	    " \"checkPeriod\": \"always\"}");
	assert_int_equal(asked(14, 10, "root"), SSH_CHECKED);
	assert_int_equal(asked(12, 10, "root"), SSH_ACCEPTED);
	assert_int_equal(asked(12, 10, "deploy"), SSH_CHECKED);
	assert_int_equal(asked(11, 10, "root"), SSH_REFUSED);

	assert_true(ssh_check_period(c.t, 14, 10, "root", &period));
	assert_int_equal(period, 90 * 60 * 1000);
	assert_true(ssh_check_period(c.t, 14, 10, "deploy", &period));
	assert_int_equal(period, 0);
	assert_false(ssh_check_period(c.t, 12, 10, "root", &period));
	assert_false(ssh_check_period(c.t, 12, 10, "", &period));
	assert_false(ssh_check_period(c.t, 12, 999, "deploy", &period));
	assert_false(ssh_check_period(c.t, 999, 10, "deploy", &period));
}

static void
a_user_or_a_tag_may_have_no_device(void **state)
{
	struct ssh_ask ask = { .login = "root" };

	(void)state;
	given("{\"action\": \"accept\", \"src\": [\"odin@example.com\"], \"dst\": [\"tag:none\"], \"users\": [\"root\"]},"
	    "{\"action\": \"check\", \"src\": [\"autogroup:member\"], \"dst\": [\"autogroup:self\"], \"users\": [\"root\"]}");
	ask.src.user = net_user(c.t, 1);
	ask.dst.tag = "tag:none";
	assert_int_equal(ssh_allows(c.t, &ask).verdict, SSH_ACCEPTED);
	ask.dst.tag = "tag:web";
	assert_int_equal(ssh_allows(c.t, &ask).verdict, SSH_REFUSED);
	ask.dst = (struct ssh_end){ .user = net_user(c.t, 1) };
	assert_int_equal(ssh_allows(c.t, &ask).verdict, SSH_CHECKED);
	ask.dst.user = net_user(c.t, 2);
	assert_int_equal(ssh_allows(c.t, &ask).verdict, SSH_REFUSED);
	ask.src = (struct ssh_end){ .tag = "tag:web" };
	assert_int_equal(ssh_allows(c.t, &ask).verdict, SSH_REFUSED);
}

/* ---- both views ---- */

static bool
lists(jv *principals, const struct ip *ip)
{
	char text[IP_TEXT_SIZE];

	ip_write(ip, text);
	for (size_t i = 0; i < json_len(principals); i++)
		if (strcmp(json_get_str(json_at(principals, i), "nodeIP", ""), text) == 0)
			return true;
	return false;
}

/* As a client does: the first rule with the address and a mapping for the login. */
static enum ssh_verdict
client_says(jv *rules, const struct net_node *src, const char *login)
{
	for (size_t i = 0; i < json_len(rules); i++) {
		jv *r = json_at(rules, i), *users = json_get(r, "sshUsers");
		const char *to = json_get_str(users, login, NULL);

		if (!to)
			to = json_get_str(users, "*", "");
		if (to[0] == '\0' || !lists(json_get(r, "principals"), &src->ip4))
			continue;
		assert_true(strcmp(to, "=") == 0 || strcmp(to, login) == 0);
		return json_get_bool(json_get(r, "action"), "accept", false) ?
		    SSH_ACCEPTED : SSH_CHECKED;
	}
	return SSH_REFUSED;
}

static void
compare_at(int64_t dst)
{
	static const char *logins[] = { "root", "odin", "thor", "ubuntu", "=", "*" };
	jv *doc;

	buf_clear(&c.out);
	assert_true(ssh_policy_json(c.t, dst, "https://hr", &c.out));
	doc = json_parse(c.a, buf_as_str(&c.out), JSON_DEPTH_DEFAULT, NULL);
	assert_non_null(doc);
	for (int64_t src = 10; src <= 14; src++)
		for (size_t i = 0; src != dst && i < COUNT(logins); i++)
			if (client_says(json_get(doc, "rules"), net_node(c.t, src), logins[i]) !=
			    asked(src, dst, logins[i]))
				fail_msg("%d to %d as %s", (int)src, (int)dst, logins[i]);
}

/* All pairs of rules made of these parts. */
static void
both_views_agree(void **state)
{
	static const char *parts[] = {
		"\"action\": \"accept\", \"src\": [\"autogroup:member\"], \"dst\": [\"tag:web\"]",
		"\"action\": \"check\", \"src\": [\"odin@example.com\"], \"dst\": [\"tag:web\", \"tag:rec\"]",
		"\"action\": \"accept\", \"src\": [\"tag:rec\", \"tag:web\"], \"dst\": [\"autogroup:tagged\"]",
		"\"action\": \"check\", \"src\": [\"autogroup:member\"], \"dst\": [\"autogroup:self\"]",
		"\"action\": \"accept\", \"src\": [\"autogroup:member\"], \"dst\": [\"autogroup:self\", \"tag:prod\"]",
	}, *users[] = {
		"\"root\"", "\"autogroup:nonroot\"", "\"localpart:*@example.com\", \"ubuntu\"",
		"\"localpart:*@example.org\", \"autogroup:nonroot\", \"root\"",
	};
	const size_t n = COUNT(parts) * COUNT(users);
	char text[1024];

	for (size_t i = 0; i < n * n; i++) {
		size_t x = i % n, y = i / n;

		snprintf(text, sizeof(text), "{%s, \"users\": [%s]}, {%s, \"users\": [%s]}",
		    parts[x % COUNT(parts)], users[x / COUNT(parts)],
		    parts[y % COUNT(parts)], users[y / COUNT(parts)]);
		given(text);
		for (int64_t dst = 10; dst <= 14; dst++)
			compare_at(dst);
		if (i + 1 < n * n)
			end(state);
	}
}

/* What is kept of the sources must go when they change. */
static void
a_change_is_seen(void **state)
{
	struct net_node thor = { .id = 14, .user_id = 2, .name = "thor-a",
	    .posture = { "", "", "", "", false, false, NULL, 0 } };
	const struct net_user nameless = { .id = 1, .name = "", .email = "", .provider_id = "" };

	(void)state;
	given("{\"action\": \"accept\", \"src\": [\"thor@example.org\"],"
	    " \"dst\": [\"tag:web\"], \"users\": [\"root\"]}");
	told(10, "{\"rules\":[{\"principals\":[" IP("100.64.0.11") "],\"sshUsers\":{\"root\":\"root\"}," ACCEPT "}]}");
	assert_true(ip_read(STR("100.64.0.77"), &thor.ip4));
	net_set_node(c.t, &thor);
	told(10, "{\"rules\":[{\"principals\":[" IP("100.64.0.77") "],\"sshUsers\":{\"root\":\"root\"}," ACCEPT "}]}");
	net_drop_node(c.t, 14);
	told(10, "{\"rules\":[]}");
	net_set_node(c.t, &thor);
	told(10, "{\"rules\":[{\"principals\":[" IP("100.64.0.77") "],\"sshUsers\":{\"root\":\"root\"}," ACCEPT "}]}");
	net_set_users(c.t, &nameless, 1);
	told(10, "{\"rules\":[]}");
}

/* ---- recorders ---- */

#define RECORDED "\"recorders\":[\"100.64.0.2:80\",\"[fd7a:115c:a1e0::2]:80\"]"

static void
sessions_go_to_the_recorders(void **state)
{
	(void)state;
	given("{\"action\": \"check\", \"src\": [\"thor@example.org\"], \"dst\": [\"tag:web\"], \"users\": [\"root\"],"
	    " \"recorder\": [\"tag:rec\"]}");
	told(10, "{\"rules\":[{\"principals\":[" IP("100.64.0.11") "],\"sshUsers\":{\"root\":\"root\"},"
	    "\"action\":{\"holdAndDelegate\":\"https://hr" SSH_CHECK_PATH "\"," RECORDED "}}]}");
	buf_clear(&c.out);
	assert_true(ssh_passed_json(c.t, 14, 10, "root", &c.out));
	assert_str(buf_as_str(&c.out), "{\"accept\":true,\"allowAgentForwarding\":true,"
	    "\"allowLocalPortForwarding\":true,\"allowRemotePortForwarding\":true," RECORDED "}");
	assert_false(ssh_passed_json(c.t, 12, 10, "root", &c.out));
}

/* Where a recording is a must and nobody records, nobody gets in. */
static void
no_recorder_no_session(void **state)
{
	(void)state;
	given("{\"action\": \"accept\", \"src\": [\"thor@example.org\"], \"dst\": [\"tag:web\"], \"users\": [\"root\"],"
	    " \"recorder\": [\"tag:none\"], \"enforceRecorder\": true}");
	buf_clear(&c.out);
	assert_true(ssh_policy_json(c.t, 10, "https://hr", &c.out));
	buf_byte(&c.out, 0);
	assert_null(strstr((char *)c.out.p, "accept"));
	assert_non_null(strstr((char *)c.out.p, "\"action\":{\"message\":"));
}

static void
a_session_asks_with_https(void **state)
{
	(void)state;
	c.a = arena_new();
	assert_string_equal(ssh_session_url(c.a, "https://hr:1"), "https://hr:1");
	assert_string_equal(ssh_session_url(c.a, "http://127.0.0.1:8080"), "https://127.0.0.1:8080");
	arena_free(c.a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_asks_with_https),
		cmocka_unit_test_teardown(a_rule_lists_addresses_sorted_as_text, end),
		cmocka_unit_test_teardown(a_tagged_source_is_listed_per_tag, end),
		cmocka_unit_test_teardown(self_is_for_devices_of_one_user, end),
		cmocka_unit_test_teardown(localpart_splits_by_user, end),
		cmocka_unit_test_teardown(no_section_no_policy, end),
		cmocka_unit_test_teardown(a_check_goes_before_an_accept, end),
		cmocka_unit_test_teardown(a_user_or_a_tag_may_have_no_device, end),
		cmocka_unit_test_teardown(both_views_agree, end),
		cmocka_unit_test_teardown(a_change_is_seen, end),
		cmocka_unit_test_teardown(sessions_go_to_the_recorders, end),
		cmocka_unit_test_teardown(no_recorder_no_session, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
