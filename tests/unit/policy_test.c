/*
 * tests/unit/policy_test.c -- policy documents: what the structs say of them.
 *
 * What is refused is in policy_refused_test.c.
 */
#include <stdlib.h>

#include "tests/unit/policy_doc.h"

static const struct selector *
sel(const struct policy *p, struct selectors s, size_t i)
{
	assert_true(i < s.n);
	return &p->selectors[s.v[i]];
}

static void
test_empty(void **state)
{
	static const char *const v[] = { "", "  \n", "// nothing\n", "{}", "{\"groups\": null}" };
	struct policy *p;

	(void)state;
	for (size_t i = 0; i < COUNT(v); i++) {
		p = parse(v[i]);
		assert_false(p->has_rules);
		assert_false(p->has_ssh);
		assert_int_equal(p->n_rules, 0);
	}
	assert_true(parse("{\"acls\": []}")->has_rules);
	assert_true(parse("{\"grants\": []}")->has_rules);
	assert_true(parse("{\"acls\": null}")->has_rules);
	assert_true(parse("{\"ssh\": []}")->has_ssh);
}

static void
test_names(void **state)
{
	struct policy *p = parse(BASE "}");

	(void)state;
	assert_int_equal(p->n_groups, 1);
	assert_string_equal(p->groups[0].name, "group:dev");
	assert_int_equal(p->groups[0].at.line, 2);
	assert_string_equal(sel(p, p->groups[0].members, 1)->name, "bob@example.com");
	assert_int_equal(p->n_hosts, 2);
	assert_int_equal(p->n_tags, 2);
	assert_int_equal(sel(p, p->tags[0].owners, 0)->kind, SEL_GROUP);
	assert_int_equal(sel(p, p->tags[1].owners, 0)->kind, SEL_TAG);
	assert_int_equal(sel(p, p->tags[1].owners, 1)->role, ROLE_ADMIN);
	p = parse("{\"tagOwners\": {\"tag:a\": [\"tag:b\"], \"tag:b\": [\"tag:a\"]}}");
	assert_int_equal(p->n_tags, 2);
}

static void
test_kinds(void **state)
{
	static const struct { const char *text; enum selector_kind kind; } v[] = {
		{ "*", SEL_ALL }, { "10.0.0.1", SEL_RANGE }, { "fd7a::/48", SEL_RANGE },
		{ "10.0.0.1-10.0.0.9", SEL_RANGE }, { "net", SEL_RANGE },
		{ "ann@example.com", SEL_USER }, { "ann@", SEL_USER },
		{ "user:*@Example.com", SEL_USER_DOMAIN }, { "user:*@passkey", SEL_USER_PASSKEY },
		{ "group:dev", SEL_GROUP }, { "tag:b", SEL_TAG }, { "autogroup:member", SEL_MEMBER },
		{ "autogroup:owner", SEL_ROLE }, { "autogroup:auditor", SEL_ROLE },
		{ "autogroup:tagged", SEL_TAGGED }, { "autogroup:danger-all", SEL_DANGER_ALL },
		{ "autogroup:shared", SEL_SHARED }, { "ipset:x", SEL_IPSET },
	};
	struct policy *p;

	(void)state;
	for (size_t i = 0; i < COUNT(v); i++) {
		p = parse(arena_printf(a, ACL("\" %s\"", "\"*:*\""), v[i].text));
		assert_int_equal(sel(p, p->rules[0].src, 0)->kind, v[i].kind);
		assert_string_equal(sel(p, p->rules[0].src, 0)->text, v[i].text);
	}
}

static void
test_acls(void **state)
{
	struct policy *p = parse(BASE "\"acls\": [{\"action\": \"accept\", \"proto\": \"TCP\", "
	    "\"#ha-meta\": {\"x\": 1},\n\"users\": [\"net\", \"tag:a\"], \"ports\": [\"web:80,443-445\", "
	    "\"[fd7a::1]:22\",\n \"[fd7a::]/64:22\", \"fd7a::1:22\", \"ipset:x:1-65535\"]}, "
	    "{\"action\": \"accept\", \"src\": [\"*\"], \"dst\": [\"*:*\"], \"proto\": \"1\"}]}");
	const struct policy_rule *r = p->rules;

	(void)state;
	assert_int_equal(p->n_rules, 6);
	assert_int_equal(r[0].src.n, 2);
	assert_ptr_equal(r[0].src.v, r[4].src.v);
	assert_int_equal(r[0].pass[0].n_ports, 2);
	assert_int_equal(r[0].pass[0].ports[1].first, 443);
	assert_int_equal(r[0].pass[0].ports[1].last, 445);
	assert_int_equal(r[0].pass[0].protos[0], 6);
	assert_string_equal(sel(p, r[1].dst, 0)->text, "fd7a::1");
	assert_string_equal(sel(p, r[2].dst, 0)->text, "fd7a::/64");
	assert_int_equal(r[1].dst.v[0], r[3].dst.v[0]);
	assert_int_equal(r[2].part, 2);
	assert_int_equal(r[2].at.line, 9);
	assert_false(r[0].grant);
	assert_int_equal(r[5].number, 1);
	assert_int_equal(r[5].pass[0].protos[0], 1);
	assert_int_equal(r[5].pass[0].ports[0].last, 65535);
	/* A user that nobody is does not break the rest. */
	(void)parse(ACL("\"nobody@nowhere.org\"", "\"*:*\""));
	(void)parse(ACL("\"*\", \"ann@example.com\"", "\"autogroup:self:*\""));
	(void)parse("{\"acls\": [{\"action\": \"accept\", \"src\": null, \"proto\": null}]}");
}

static void
test_grants(void **state)
{
	struct policy *p = parse(BASE "\"acls\": [{\"action\": \"accept\", \"src\": [\"*\"], "
	    "\"dst\": [\"*:*\"]}], \"grants\": [{\"src\": [], \"dst\": [\"net\"], \"ip\": [\"*\", "
	    "\"80-90\", \"udp:53\", \"*:22\", \"icmp:*\", \"99:*\"], \"via\": [\"tag:b\"], "
	    "\"app\": {\"tailscale.com/cap/drive\": [{\"a\": [1, /* x */ 2,],}], \"e.com/x\": null}, "
	    "\"srcPosture\": [\"posture:new\"]}]}");
	const struct policy_rule *r = p->rules;

	(void)state;
	assert_int_equal(p->n_rules, 2);
	assert_true(r[0].grant);
	assert_false(r[1].grant);
	assert_int_equal(r[0].n_pass, 6);
	assert_int_equal(r[0].pass[1].n_protos, 0);
	assert_int_equal(r[0].pass[2].protos[0], 17);
	assert_int_equal(r[0].pass[3].n_protos, 0);
	assert_int_equal(r[0].pass[3].ports[0].first, 22);
	assert_int_equal(r[0].pass[4].ports[0].last, 65535);
	assert_int_equal(r[0].n_app, 2);
	assert_string_equal(r[0].app[0].json, "[{\"a\":[1,2]}]");
	assert_string_equal(r[0].app[1].json, "null");
	assert_string_equal(sel(p, r[0].via, 0)->name, "tag:b");
	assert_int_equal(r[0].n_postures, 1);
	assert_int_equal(r[1].n_postures, 0);
}

static void
test_ssh(void **state)
{
	struct policy *p = parse(BASE "\"ssh\": [{\"action\": \" check\", \"src\": [\"user:*@example.net\"],"
	    " \"dst\": [\"tag:a \"], \"users\": [\"autogroup:nonroot\", \" root\", \"group:x\","
	    " \"localpart:*@example.com\", \"localpart:*@\"], \"acceptEnv\": [\"LC_*\"], "
	    "\"recorder\": [\"tag:b\"], \"enforceRecorder\": true, \"srcPosture\": [\"posture:new\"]},"
	    " {\"action\": \"accept\", \"src\": [\"a@b\"], \"dst\": [\"A@b\"], " ROOT ","
	    " \"acceptEnv\": null, \"checkPeriod\": null}]}");
	const struct policy_ssh *s = p->ssh;

	(void)state;
	assert_int_equal(p->n_ssh, 2);
	assert_int_equal(s[0].action, SSH_CHECK);
	assert_int_equal(s[0].check_period_ms, 43200000);
	assert_string_equal(sel(p, s[0].dst, 0)->text, "tag:a");
	assert_int_equal(s[0].n_users, 5);
	assert_int_equal(s[0].users[0].kind, SSH_USER_NONROOT);
	assert_string_equal(s[0].users[1].name, " root");
	assert_int_equal(s[0].users[2].kind, SSH_USER_LITERAL);
	assert_int_equal(s[0].users[3].kind, SSH_USER_LOCALPART);
	assert_string_equal(s[0].users[3].name, "example.com");
	assert_int_equal(s[0].users[4].kind, SSH_USER_LITERAL);
	assert_string_equal(s[0].accept_env[0], "LC_*");
	assert_int_equal(s[0].recorder.n, 1);
	assert_true(s[0].enforce_recorder);
	assert_int_equal(s[0].n_postures, 1);
	assert_int_equal(s[1].n_accept_env, 0);
	assert_int_equal(s[1].number, 1);
}

static bool
set_has(const struct policy *p, size_t i, const char *ip)
{
	struct ip addr;

	return ip_read(str_of(ip), &addr) && ipset_has(p->ipsets[i].set, &addr);
}

static void
test_ipsets(void **state)
{
	struct policy *p = parse("{\"hosts\": {\"h\": \"10.1.1.1\"}, \"ipsets\": {"
	    "\"ipset:a\": [\"add ipset:b\", \"remove 10.1.0.0/16\", \"add host:h\", \"fd7a::/64\","
	    " \"Remove fd7a::5-fd7a::9\", \"10.1.2.2\"],"
	    "\"ipset:b\": [\"10.0.0.0/8\", \"ipset:c\", \"remove 10.2.0.0-10.2.0.9\"],"
	    "\"ipset:c\": [\"autogroup:internet\", \"remove 1.1.1.1\"], \"ipset:d\": null,"
	    "\"ipset:e\": [\"0.0.0.0/0\", \"::/0\", \"remove 255.255.255.255\", \"remove ::\"]}}");
	static const struct { size_t set; const char *ip; bool in; } v[] = {
		{ 0, "10.0.0.1", true }, { 0, "10.1.0.1", false }, { 0, "10.1.1.1", true },
		{ 0, "10.1.2.2", true }, { 0, "10.2.0.5", false }, { 0, "10.2.0.10", true },
		{ 0, "fd7a::4", true }, { 0, "fd7a::5", false }, { 0, "fd7a::9", false },
		{ 0, "fd7a::a", true }, { 0, "1.1.1.1", false }, { 0, "8.8.8.8", true },
		{ 1, "10.1.0.1", true }, { 2, "10.0.0.1", false }, { 2, "2606:4700::1", true },
		{ 4, "255.255.255.254", true }, { 4, "255.255.255.255", false }, { 4, "::", false },
		{ 4, "::1", true }, { 4, "0.0.0.0", true },
		{ 4, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(v); i++)
		if (set_has(p, v[i].set, v[i].ip) != v[i].in)
			fail_msg("%s in %s", v[i].ip, p->ipsets[v[i].set].name);
	assert_int_equal(p->ipsets[3].set.n, 0);
	assert_int_equal(p->ipsets[4].set.n, 2);
}

/* Lines in random order of ranges within 64 addresses, against one bit per address. */
static void
test_ipsets_random(void **state)
{
	unsigned seed = 7;
	struct buf b;
	struct policy *p;

	(void)state;
	for (int round = 0; round < 200; round++) {
		uint64_t bits = 0;
		buf_init(&b, 1 << 16);
		buf_str(&b, "{\"ipsets\":{\"ipset:a\":[");
		for (int i = 0; i < 12; i++) {
			unsigned x = (unsigned)rand_r(&seed) % 64, y = (unsigned)rand_r(&seed) % 64;
			unsigned lo = x < y ? x : y, hi = x < y ? y : x;
			bool minus = rand_r(&seed) % 2;
			buf_printf(&b, "\"%s 255.255.255.%u-255.255.255.%u\",",
			    minus ? "remove" : "add", 192 + lo, 192 + hi);
			for (unsigned k = lo; k <= hi; k++)
				bits = minus ? bits & ~(UINT64_C(1) << k) : bits | UINT64_C(1) << k;
		}
		buf_str(&b, "]}}");
		p = parse(buf_text(&b, a));
		for (unsigned k = 0; k < 64; k++)
			assert_int_equal(set_has(p, 0, arena_printf(a, "255.255.255.%u", 192 + k)),
			    bits >> k & 1);
	}
}

static void
test_postures(void **state)
{
	struct policy *p = parse("{\"postures\": {\"posture:a\": [\"node:os IN ['macos', \\\"linux\\\",]\","
	    " \"node:osVersion != '13.4.0'\", \"node:tsVersion>=1.40\", \"node:tsAutoUpdate == true\","
	    " \"node:tsStateEncrypted IS SET\", \"node:tsReleaseTrack not in ['unstable']\","
	    " \"node:os NOT SET\"]}, \"defaultSrcPosture\": [\"posture:a\"],"
	    "\"acls\": [{\"action\": \"accept\", \"src\": [\"*\"], \"dst\": [\"*:*\"]}]}");
	static const struct { const char *attr; enum posture_op op; size_t n; const char *last; } v[] = {
		{ "node:os", POSTURE_IN, 2, "linux" }, { "node:osVersion", POSTURE_NE, 1, "13.4.0" },
		{ "node:tsVersion", POSTURE_GE, 1, "1.40" }, { "node:tsAutoUpdate", POSTURE_EQ, 1, "true" },
		{ "node:tsStateEncrypted", POSTURE_IS_SET, 0, NULL },
		{ "node:tsReleaseTrack", POSTURE_NOT_IN, 1, "unstable" },
		{ "node:os", POSTURE_NOT_SET, 0, NULL },
	};
	const struct posture_term *t = p->postures[0].terms;

	(void)state;
	assert_int_equal(p->postures[0].n_terms, COUNT(v));
	for (size_t i = 0; i < COUNT(v); i++) {
		assert_string_equal(t[i].attr, v[i].attr);
		assert_int_equal(t[i].op, v[i].op);
		assert_int_equal(t[i].n_values, v[i].n);
		if (v[i].n > 0)
			assert_string_equal(t[i].values[v[i].n - 1], v[i].last);
	}
	assert_int_equal(p->rules[0].n_postures, 1);
}

static void
test_attrs(void **state)
{
	struct policy *p = parse(BASE "\"nodeAttrs\": [{\"target\": [\"*\", \"web\", \"autogroup:it-admin\"],"
	    " \"attr\": [\"funnel\", \"https://x/cap?v=1\"]}, {\"target\": [\"tag:a\"], \"app\": "
	    "{\"tailscale.com/app-connectors\": [{\"name\": \"x\"}]}, \"ipPool\": [\"100.81.0.0/16\"]},"
	    " {\"target\": [\"*\"]}], \"autoApprovers\": {\"routes\": {\"10.1.2.3/8\": [\"tag:a\"], "
	    "\"10.0.0.1\": [\"group:dev\"], \"::/0\": null}, \"exitNode\": [\"tag:b\"], "
	    "\"services\": {\"svc:web\": [\"tag:a\"], \"tag:b\": []}},"
	    "\"disableIPv4\": true, \"randomizeClientPort\": true, \"OneCGNATRoute\": \"mac-never\","
	    "\"derpMap\": {\"OmitDefaultRegions\": true, \"regions\": {\"900\": {}, \"1\": null}}}");
	char text[PREFIX_TEXT_SIZE];

	(void)state;
	assert_int_equal(p->n_attrs, 3);
	assert_int_equal(p->attrs[0].target.n, 3);
	assert_string_equal(p->attrs[0].attrs[1], "https://x/cap?v=1");
	assert_int_equal(p->attrs[1].n_app, 1);
	assert_true(p->attrs[1].has_pool);
	assert_int_equal(p->attrs[1].pool.n, 1);
	assert_false(p->attrs[2].has_pool);
	assert_int_equal(p->n_routes, 3);
	assert_string_equal(prefix_write(&p->routes[0].prefix, text), "10.0.0.0/8");
	assert_string_equal(prefix_write(&p->routes[1].prefix, text), "10.0.0.1/32");
	assert_int_equal(p->routes[2].who.n, 0);
	assert_int_equal(p->exit_node.n, 1);
	assert_string_equal(p->services[0].service, "svc:web");
	assert_true(p->disable_ipv4);
	assert_true(p->randomize_client_port);
	assert_string_equal(p->one_cgnat_route, "mac-never");
	assert_string_equal(p->derp_map,
	    "{\"OmitDefaultRegions\":true,\"regions\":{\"900\":{},\"1\":null}}");
}

/* Tests are text: what they name need not be there. */
static void
test_tests(void **state)
{
	struct policy *p = parse("{\"tests\": [{\"src\": \"tag:none\", \"proto\": \"icmp\",\n \"accept\": "
	    "[\"nowhere\", \"a:99999\"], \"deny\": []}, {\"user\": \"\", \"allow\": [\"x\"], "
	    "\"srcPostureAttrs\": {\"node:os\": \"linux\", \"node:tsAutoUpdate\": true}}],"
	    "\"sshTests\": [{\"src\": \"x\", \"dst\": [\"y\"], \"accept\": [\"\"], \"deny\": [\"root\"],"
	    " \"check\": [\"a\", \"b\"]}]}");

	(void)state;
	assert_int_equal(p->n_tests, 2);
	assert_string_equal(p->tests[0].src, "tag:none");
	assert_int_equal(p->tests[0].n_accept, 2);
	assert_string_equal(p->tests[0].accept[1].text, "a:99999");
	assert_int_equal(p->tests[0].accept[1].at.line, 2);
	assert_int_equal(p->tests[1].n_accept, 1);
	assert_int_equal(p->tests[1].n_posture, 2);
	assert_string_equal(p->tests[1].posture[1].values[0], "true");
	assert_int_equal(p->n_ssh_tests, 1);
	assert_int_equal(p->ssh_tests[0].n_check, 2);
}

static void
test_selector(void **state)
{
	struct policy *p = parse(ACL("\"tag:a\"", "\"*:*\""));
	size_t before = p->n_selectors;
	const char *why = NULL;
	uint32_t i, k;

	(void)state;
	assert_true(policy_selector(a, p, &ctx, " tag:a ", &i, &why));
	assert_int_equal(i, p->rules[0].src.v[0]);
	assert_int_equal(p->n_selectors, before);
	for (k = 0; k < 200; k++) {
		assert_true(policy_selector(a, p, &ctx, arena_printf(a, "10.9.0.%u", k), &i, &why));
		assert_int_equal(i, before + k);
	}
	assert_string_equal(p->selectors[before + 63].text, "10.9.0.63");
	assert_true(policy_selector(a, p, &ctx, "ipset:x", &i, &why));
	assert_false(policy_selector(a, p, &ctx, "tag:none", &i, &why));
	assert_string_equal(why, "tag not found: \"tag:none\"");
	assert_false(policy_selector(a, p, &ctx, "", &i, &why));
	assert_false(policy_selector(a, p, &ctx, "user:*@else.org", &i, &why));
	assert_true(policy_selector(a, p, NULL, "user:*@else.org", &i, &why));
}

static void
test_ports(void **state)
{
	const struct port_range *v;
	const char *why;
	uint8_t proto;
	size_t n;

	(void)state;
	assert_true(policy_ports(a, STR("80-90, 443"), &v, &n, &why));
	assert_int_equal(n, 2);
	assert_int_equal(v[1].first, 443);
	assert_true(policy_ports(a, STR("*"), &v, &n, &why));
	assert_int_equal(v[0].first, 0);
	assert_false(policy_ports(a, STR("80,*"), &v, &n, &why));
	assert_false(policy_ports(a, STR(""), &v, &n, &why));
	assert_true(policy_proto(STR("IPv6-ICMP"), &proto));
	assert_int_equal(proto, 58);
	assert_true(policy_proto(STR("255"), &proto));
	assert_int_equal(proto, 255);
	assert_false(policy_proto(STR("0"), &proto));
	assert_false(policy_proto(STR("-1"), &proto));
	assert_false(policy_proto(STR(""), &proto));
}

static void
test_roles(void **state)
{
	enum role r;

	(void)state;
	for (int i = 0; i < ROLE_COUNT; i++) {
		assert_true(role_read(role_name((enum role)i), &r));
		assert_int_equal(r, i);
	}
	assert_false(role_read("root", &r));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(test_empty), T(test_names), T(test_kinds), T(test_acls), T(test_grants),
		T(test_ssh), T(test_ipsets), T(test_ipsets_random), T(test_postures),
		T(test_attrs), T(test_tests), T(test_selector), T(test_ports), T(test_roles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
