/* tests/unit/attrs_test.c -- node attributes and automatic approval of routes. */
#include "lib/policy/approve.h"
#include "lib/policy/attrs.h"
#include "tests/unit/policy_case.h"

#include <stdio.h>
#include <stdlib.h>

static const char people[] =
    "{\"users\": [{\"id\": 1, \"name\": \"odin\", \"email\": \"odin@example.com\", \"role\": \"owner\"},"
    "             {\"id\": 2, \"name\": \"thor\", \"email\": \"thor@example.com\"}],"
    " \"nodes\": {"
    "  \"web\": {\"id\": 10, \"tags\": [\"tag:web\"], \"ipv4\": \"100.64.0.1\"},"
    "  \"exit\": {\"id\": 11, \"tags\": [\"tag:exit\"], \"ipv4\": \"100.64.0.2\","
    "            \"routable_ips\": [\"0.0.0.0/0\", \"::/0\"], \"approved_routes\": [\"0.0.0.0/0\", \"::/0\"]},"
    "  \"odin\": {\"id\": 12, \"user\": \"odin\", \"ipv4\": \"100.64.0.3\"},"
    "  \"thor\": {\"id\": 13, \"user\": \"thor\", \"ipv4\": \"100.64.0.4\"}},"
    " \"tailnet\": {\"owner\": \"odin@example.com\", \"domains\": [\"example.com\"]}}";

static struct policy_case c;

static void
given(const char *sections)
{
	char *text;

	if (asprintf(&text, "{\"tagOwners\": {\"tag:web\": [], \"tag:exit\": []}%s}", sections) < 0)
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

/* The node's CapMap, as one member of an object. */
static const char *
caps_of(const char *name, bool as_peer)
{
	const struct attrs_base base = { .tailnet = "" };
	const struct net_node *n = policy_case_node(&c, name);
	struct jw w;

	buf_clear(&c.out);
	jw_init(&w, &c.out);
	jw_obj(&w);
	if (as_peer)
		attrs_peer_json(n, &w);
	else
		attrs_self_json(c.t, n, &base, &w);
	jw_end_obj(&w);
	buf_byte(&c.out, 0);
	assert_false(c.out.over);
	return (const char *)c.out.p;
}

static void
has(const char *name, const char *cap)
{
	const char *caps = caps_of(name, false);

	if (!strstr(caps, cap))
		fail_msg("%s lacks %s: %s", name, cap, caps);
}

static void
lacks(const char *name, const char *cap)
{
	const char *caps = caps_of(name, false);

	if (strstr(caps, cap))
		fail_msg("%s has %s: %s", name, cap, caps);
}

/* ---- capabilities ---- */

static void
base_and_roles(void **state)
{
	struct attrs_base base = { .taildrop = true, .auto_update = true, .tailnet = "Ann \"A\"" };
	struct jw w;

	(void)state;
	given("");
	has("web", "\"https://tailscale.com/cap/ssh\":null");
	has("web", "\"ssh-env-vars\":null");
	has("web", "\"default-auto-update\":[false]");
	lacks("web", "file-sharing");
	lacks("web", "tailnet-display-name");
	lacks("web", "is-admin");
	lacks("thor", "is-admin");
	has("odin", "\"https://tailscale.com/cap/is-admin\":null");
	has("odin", "\"https://tailscale.com/cap/is-owner\":null");

	buf_clear(&c.out);
	jw_init(&w, &c.out);
	jw_obj(&w);
	attrs_self_json(c.t, policy_case_node(&c, "web"), &base, &w);
	jw_end_obj(&w);
	buf_byte(&c.out, 0);
	assert_non_null(strstr((char *)c.out.p, "\"default-auto-update\":[true]"));
	assert_non_null(strstr((char *)c.out.p, "\"tailnet-display-name\":[\"Ann \\\"A\\\"\"]"));
	assert_non_null(strstr((char *)c.out.p, "\"https://tailscale.com/cap/file-sharing\":null"));
}

static void
one_capability_per_name(void **state)
{
	const char *caps, *first;

	(void)state;
	given(", \"nodeAttrs\": [{\"target\": [\"*\"], \"attr\": [\"drive:access\", \"https://tailscale.com/cap/ssh\"]},"
	    "{\"target\": [\"tag:web\"], \"attr\": [\"drive:access\", \"drive:share\"]}]");
	caps = caps_of("web", false);
	first = strstr(caps, "\"drive:access\":null");
	assert_non_null(first);
	assert_null(strstr(first + strlen("\"drive:access"), "drive:access"));
	first = strstr(caps, "cap/ssh\"");
	assert_non_null(first);
	assert_null(strstr(first + 1, "cap/ssh\""));
	has("web", "\"drive:share\":null");
	has("thor", "\"drive:access\":null");
	lacks("thor", "drive:share");
}

static void
apps_are_joined(void **state)
{
	(void)state;
	given(", \"nodeAttrs\": [{\"target\": [\"tag:web\"], \"app\": {\"example.com/cap/x\": [{\"a\": 1}, {\"b\": 2}]}},"
	    "{\"target\": [\"*\"], \"app\": {\"example.com/cap/x\": [{\"c\": 3}], \"example.com/cap/y\": []}}]");
	has("web", "\"example.com/cap/x\":[{\"a\":1},{\"b\":2},{\"c\":3}]");
	has("thor", "\"example.com/cap/x\":[{\"c\":3}]");
	has("thor", "\"example.com/cap/y\":null");
}

static void
funnel_brings_its_ports(void **state)
{
	(void)state;
	given(", \"nodeAttrs\": [{\"target\": [\"tag:web\"], \"attr\": [\"funnel\"]}]");
	has("web", "\"funnel\":null");
	has("web", "\"https://tailscale.com/cap/funnel-ports?ports=443,8443,10000\":null");
	lacks("thor", "funnel");
}

static void
switches_are_attributes(void **state)
{
	struct net_node mac;

	(void)state;
	given(", \"randomizeClientPort\": true, \"disableIPv4\": true, \"OneCGNATRoute\": \"mac-never\"");
	has("thor", "\"randomize-client-port\":null");
	has("thor", "\"disable-ipv4\":null");
	lacks("thor", "one-cgnat");
	assert_true(attrs_has(c.t, policy_case_node(&c, "web"), "disable-ipv4"));
	mac = *policy_case_node(&c, "thor");
	mac.posture.os = "macOS";
	net_set_node(c.t, &mac);
	has("thor", "\"one-cgnat?v=false\":null");
}

static void
an_attribute_is_asked_for(void **state)
{
	(void)state;
	given(", \"nodeAttrs\": [{\"target\": [\"thor@example.com\"], \"attr\": [\"disable-ipv4\"]}]");
	assert_true(attrs_has(c.t, policy_case_node(&c, "thor"), "disable-ipv4"));
	assert_false(attrs_has(c.t, policy_case_node(&c, "odin"), "disable-ipv4"));
	assert_false(attrs_has(c.t, policy_case_node(&c, "thor"), "disable-ipv6"));
	assert_false(attrs_ipv4_shown(c.t, policy_case_node(&c, "odin"), policy_case_node(&c, "thor")));
	assert_false(attrs_ipv4_shown(c.t, policy_case_node(&c, "thor"), policy_case_node(&c, "odin")));
	assert_true(attrs_ipv4_shown(c.t, policy_case_node(&c, "web"), policy_case_node(&c, "odin")));
}

static void
others_see_exit_nodes_only(void **state)
{
	(void)state;
	given(", \"nodeAttrs\": [{\"target\": [\"*\"], \"attr\": [\"suggest-exit-node\", \"drive:share\"]}]");
	assert_string_equal(caps_of("exit", true), "{\"CapMap\":{\"suggest-exit-node\":null}}");
	assert_string_equal(caps_of("web", true), "{}");
	has("web", "\"suggest-exit-node\":null");
}

static void
nextdns_profiles(void **state)
{
	struct attrs_nextdns d;

	(void)state;
	given(", \"nodeAttrs\": [{\"target\": [\"tag:web\"], \"attr\": [\"nextdns:def\", \"nextdns:abc.1\", \"nextdns:..\", \"nextdns:a/b\"]},"
	    "{\"target\": [\"odin@example.com\"], \"attr\": [\"nextdns:zzz\", \"nextdns:no-device-info\"]},"
	    "{\"target\": [\"thor@example.com\"], \"attr\": [\"nextdns:no-device-info\"]}]");
	assert_true(attrs_nextdns(c.t, policy_case_node(&c, "web"), &d));
	assert_string_equal(d.profile, "abc.1");
	assert_false(d.no_device_info);
	assert_true(attrs_nextdns(c.t, policy_case_node(&c, "odin"), &d));
	assert_string_equal(d.profile, "zzz");
	assert_true(d.no_device_info);
	assert_false(attrs_nextdns(c.t, policy_case_node(&c, "thor"), &d));
	assert_null(d.profile);
	assert_true(d.no_device_info);
	assert_false(attrs_nextdns(c.t, policy_case_node(&c, "exit"), &d));
}

static void
pools(void **state)
{
	struct net_node new = { .user_id = 1, .name = "new" };
	struct ipset set;
	struct ip ip;

	(void)state;
	given(", \"nodeAttrs\": [{\"target\": [\"tag:web\"], \"attr\": [\"funnel\"]},"
	    "{\"target\": [\"odin@example.com\"], \"ipPool\": [\"100.81.0.0/16\"]},"
	    "{\"target\": [\"autogroup:member\"], \"ipPool\": [\"100.82.0.0/16\"]}]");
	assert_true(attrs_pool(c.t, &new, &set));
	assert_true(ip_read(STR("100.81.3.4"), &ip));
	assert_true(ipset_has(set, &ip));
	new.user_id = 2;
	assert_true(attrs_pool(c.t, &new, &set));
	assert_false(ipset_has(set, &ip));
	assert_false(attrs_pool(c.t, policy_case_node(&c, "web"), &set));
}

static void
without_a_policy(void **state)
{
	struct attrs_nextdns d;
	struct prefix *v, all;
	struct ipset set;

	(void)state;
	given("");
	net_set_policy(c.t, NULL);
	has("web", "\"https://tailscale.com/cap/ssh\":null");
	assert_false(attrs_has(c.t, policy_case_node(&c, "web"), "funnel"));
	assert_false(attrs_nextdns(c.t, policy_case_node(&c, "web"), &d));
	assert_false(attrs_pool(c.t, policy_case_node(&c, "web"), &set));
	assert_true(prefix_read(STR("0.0.0.0/0"), &all));
	assert_int_equal(approve_routes(c.t, c.a, policy_case_node(&c, "web"), &all, 1, &v), 0);
}

/* ---- routes ---- */

/* Which of 'announced' (a comma between two) are approved for the node, in the same form. */
static void
approves(const char *name, const char *announced, const char *want)
{
	struct prefix in[8], *out;
	struct str rest = str_of(announced), one;
	char text[PREFIX_TEXT_SIZE];
	size_t n = 0, kept;

	while (str_cut(&rest, ',', &one))
		assert_true(prefix_read(one, &in[n++]));
	kept = approve_routes(c.t, c.a, policy_case_node(&c, name), in, n, &out);
	buf_clear(&c.out);
	for (size_t i = 0; i < kept; i++)
		buf_printf(&c.out, "%s%s", i ? "," : "", prefix_write(&out[i], text));
	assert_str(buf_as_str(&c.out), want);
}

static void
routes_inside_an_entry(void **state)
{
	(void)state;
	given(", \"autoApprovers\": {\"routes\": {\"10.0.0.0/8\": [\"tag:web\"], \"fd00::/8\": [\"thor@example.com\"]}}");
	approves("web", "10.0.0.0/8,10.1.0.0/16,11.0.0.0/8,0.0.0.0/0", "10.0.0.0/8,10.1.0.0/16");
	approves("web", "10.0.0.0/7,fd00:1::/32", "");
	approves("thor", "fd00:1::/32,10.1.0.0/16", "fd00:1::/32");
	approves("exit", "10.1.0.0/16,fd00:1::/32", "");
}

static void
exit_routes_by_exit_node_alone(void **state)
{
	(void)state;
	given(", \"autoApprovers\": {\"routes\": {\"0.0.0.0/0\": [\"tag:web\"], \"::/0\": [\"tag:web\"]},"
	    " \"exitNode\": [\"tag:exit\"]}");
	approves("web", "0.0.0.0/0,::/0,10.0.0.0/8,fd00::/16", "10.0.0.0/8,fd00::/16");
	approves("exit", "0.0.0.0/0,::/0,10.0.0.0/8", "0.0.0.0/0,::/0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(base_and_roles, end),
		cmocka_unit_test_teardown(one_capability_per_name, end),
		cmocka_unit_test_teardown(apps_are_joined, end),
		cmocka_unit_test_teardown(funnel_brings_its_ports, end),
		cmocka_unit_test_teardown(switches_are_attributes, end),
		cmocka_unit_test_teardown(an_attribute_is_asked_for, end),
		cmocka_unit_test_teardown(others_see_exit_nodes_only, end),
		cmocka_unit_test_teardown(nextdns_profiles, end),
		cmocka_unit_test_teardown(pools, end),
		cmocka_unit_test_teardown(without_a_policy, end),
		cmocka_unit_test_teardown(routes_inside_an_entry, end),
		cmocka_unit_test_teardown(exit_routes_by_exit_node_alone, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
