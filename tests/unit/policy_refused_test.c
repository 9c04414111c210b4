/*
 * tests/unit/policy_refused_test.c -- policy documents that are refused, and with which words.
 *
 * The words are Tailscale's own where it is known what it says.
 */
#include "tests/unit/policy_doc.h"

struct refused {
	const char *text, *why;
};

static void
refuse_all(const struct refused *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *said;

		if (policy_parse(a, str_of(v[i].text), &ctx, &errs) != NULL)
			fail_msg("taken: %s", v[i].text);
		said = policy_errors_text(a, &errs);
		if (strstr(said, v[i].why) == NULL)
			fail_msg("said \"%s\", wanted \"%s\" of %s", said, v[i].why, v[i].text);
	}
}

static void
test_refused_document(void **state)
{
	static const struct refused v[] = {
		{ "{", "line 1, column 2: " },
		{ "[]", "line 1, column 1: a policy must be an object" },
		{ "null", "a policy must be an object" },
		{ "{\"acl\": []}", "line 1, column 2: unknown field: \"acl\"" },
		{ "{\n  \"acls\": {}}", "line 2, column 11: \"acls\" must be a list" },
		{ "{\"acls\": [], \"ACLs\": []}", "line 1, column 14: " },
		{ "{\"extraDNSRecords\": []}", "unknown field" },
		{ "{\"OneCGNATRoute\": \"mac\"}", "OneCGNATRoute must be" },
		{ "{\"disableIPv4\": 1}", "\"disableIPv4\" must be true or false" },
		{ "{\"derpMap\": {\"Regions\": []}}", "\"Regions\" must be an object" },
		{ "{\"derpMap\": {\"Regions\": {\"x\": {}}}}", "region \"x\" is no positive number" },
		{ "{\"derpMap\": {\"Regions\": {\"1\": 5}}}", "region \"1\" must be an object" },
		{ "{\"tests\": [5]}", "a test must be an object" },
		{ "{\"tests\": [{\"src\": [\"x\"]}]}", "\"src\" must be text" },
		{ "{\"tests\": [{\"source\": \"x\"}]}", "unknown field: \"source\"" },
		{ "{\"sshTests\": [{\"dst\": \"x\"}]}", "\"dst\" must be a list" },
		{ "{\"tests\": [{\"srcPostureAttrs\": {\"intune:x\": 1}}]}",
		  "does not know the attribute \"intune:x\"" },
		{ "{\"tests\": [{\"srcPostureAttrs\": {\"custom:x\": []}}]}",
		  "must be text, a number, true or false" },
	};

	(void)state;
	refuse_all(v, COUNT(v));
}

static void
test_refused_names(void **state)
{
	static const struct refused v[] = {
		{ "{\"groups\": {\"dev\": []}}", "group names must start with 'group:'" },
		{ "{\"groups\": {\"group:a\": [\"bob\"]}}",
		  "groups[\"group:a\"]: \"bob\": username must contain @" },
		{ "{\"groups\": {\"group:a\": [\"group:a\"]}}",
		  "groups[\"group:a\"]: \"group:a\": group members cannot be recursive" },
		{ "{\"groups\": {\"group:a\": [\"group:b\"]}}", "cannot be recursive" },
		{ "{\"groups\": {\"group:a\": [\"autogroup:member\"]}}", "username must contain @" },
		{ "{\"groups\": {\"group:a\": [\"*@example.com\"]}}", "user:*@<domain>" },
		{ "{\"groups\": {\"group:a\": [\"user:*@elsewhere.org\"]}}",
		  "elsewhere.org is not associated with this Tailnet" },
		{ "{\"groups\": {\"group:a\": \"ann@example.com\"}}", "must be a list" },
		{ "{\"groups\": {\"group:a\": [5]}}", "a name must be text" },
		{ "{\"groups\": {\"group:a\": [], \" group:a\": []}}", "is there twice" },
		{ "{\"hosts\": {\"a\": \"b\"}}",
		  "hostname contains invalid IP address: hostname \"a\" address \"b\"" },
		{ "{\"hosts\": {\"a\": \"10.0.0.0/33\"}}", "invalid IP address" },
		{ "{\"hosts\": {\"a\": \"10.0.0.1-10.0.0.2\"}}", "invalid IP address" },
		{ "{\"hosts\": {\"a\": null}}", "invalid IP address" },
		{ "{\"hosts\": {\"a:b\": \"10.0.0.1\"}}", "invalid host name" },
		{ "{\"hosts\": {\"10.0.0.2\": \"10.0.0.1\"}}", "invalid host name" },
		{ "{\"tagOwners\": {\"web\": []}}", "tags must start with 'tag:'" },
		{ "{\"tagOwners\": {\"tag:\": []}}", "tag names must not be empty" },
		{ "{\"tagOwners\": {\"tag:1\": []}}",
		  "tagOwners[\"tag:1\"]: tag names must start with a letter, after 'tag:'" },
		{ "{\"tagOwners\": {\"tag:a_b\": []}}", "numbers, letters, or dashes" },
		{ "{\"tagOwners\": {\"tag:a\": [\"tag:b\"]}}", "tag not found: \"tag:b\"" },
		{ "{\"tagOwners\": {\"tag:a\": [\"group:b\"]}}", "group not defined in policy: \"group:b\"" },
		{ "{\"tagOwners\": {\"tag:a\": [\"autogroup:tagged\"]}}", "cannot be used here" },
		{ "{\"tagOwners\": {\"tag:a\": [\"*\"]}}", "cannot be used here" },
	};

	(void)state;
	refuse_all(v, COUNT(v));
}

static void
test_refused_ipsets_postures(void **state)
{
	static const struct refused v[] = {
		{ "{\"ipsets\": {\"x\": []}}", "must start with 'ipset:'" },
		{ "{\"ipsets\": {\"ipset:x\": \"10.0.0.1\"}}", "must be a list" },
		{ "{\"ipsets\": {\"ipset:x\": [\"ipset:x\"]}}", "\"ipset:x\" contains itself" },
		{ "{\"ipsets\": {\"ipset:x\": [\"add ipset:y\"], \"ipset:y\": [\"remove ipset:x\"]}}",
		  "contains itself" },
		{ "{\"ipsets\": {\"ipset:x\": [\"add *\"]}}", "cannot be used here" },
		{ "{\"ipsets\": {\"ipset:x\": [\"drop 10.0.0.1\"]}}", "host not defined" },
		{ "{\"ipsets\": {\"ipset:x\": [\"ipset:none\"]}}", "ipset not defined in policy" },
		{ "{\"postures\": {\"new\": []}}", "must start with 'posture:'" },
		{ "{\"postures\": {\"posture:x\": []}}", "must be a list of terms" },
		{ "{\"postures\": {\"posture:x\": [\"\"]}}", "a term is like" },
		{ "{\"postures\": {\"posture:x\": [\"custom:a-b == 'prod'\"]}}",
		  "after \"custom:\" come letters" },
		{ "{\"postures\": {\"posture:x\": [\"custom: == 'prod'\"]}}",
		  "after \"custom:\" come letters" },
		{ "{\"postures\": {\"posture:x\": [\"custom:tier > 'prod'\"]}}",
		  "begins with a digit" },
		{ "{\"postures\": {\"posture:x\": [\"intune:complianceState == 'compliant'\"]}}",
		  "does not know the attribute" },
		{ "{\"postures\": {\"posture:x\": [\"node:os\"]}}", "comes one of ==" },
		{ "{\"postures\": {\"posture:x\": [\"node:os == linux\"]}}", "expected one value" },
		{ "{\"postures\": {\"posture:x\": [\"node:os == 'a' 'b'\"]}}", "nothing behind" },
		{ "{\"postures\": {\"posture:x\": [\"node:os == 'a\"]}}", "expected one value" },
		{ "{\"postures\": {\"posture:x\": [\"node:os IN 'a'\"]}}", "expected a list" },
		{ "{\"postures\": {\"posture:x\": [\"node:os IN []\"]}}", "expected a list" },
		{ "{\"postures\": {\"posture:x\": [\"node:os INTO ['a']\"]}}", "comes one of ==" },
		{ "{\"postures\": {\"posture:x\": [\"node:os < 'b'\"]}}", "only versions" },
		{ "{\"postures\": {\"posture:x\": [\"node:osVersion < 'b'\"]}}", "begins with a digit" },
		{ "{\"postures\": {\"posture:x\": [\"node:tsAutoUpdate == 'yes'\"]}}", "true or false" },
		{ "{\"defaultSrcPosture\": [\"posture:x\"]}", "posture not defined in policy" },
	};

	(void)state;
	refuse_all(v, COUNT(v));
}

static void
test_refused_acls(void **state)
{
	static const struct refused v[] = {
		{ "{\"acls\": [5]}", "an acl must be an object" },
		{ "{\"acls\": [{}]}", "action=\"\" is not supported" },
		{ "{\"acls\": [{\"action\": \"deny\"}]}", "line 1, column 22: action=\"deny\" is not supported" },
		{ "{\"acls\": [{\"action\": \"accept\", \"dest\": []}]}", "unknown field: \"dest\"" },
		{ "{\"acls\": [{\"action\": \"accept\", \"src\": [], \"users\": []}]}",
		  "\"users\" and \"src\" are the same" },
		{ "{\"acls\": [{\"action\": \"accept\", \"proto\": \"foo\"}]}", "proto name \"foo\" not known" },
		{ "{\"acls\": [{\"action\": \"accept\", \"proto\": \"*\"}]}", "not known" },
		{ "{\"acls\": [{\"action\": \"accept\", \"proto\": \"06\"}]}", "not known" },
		{ "{\"acls\": [{\"action\": \"accept\", \"proto\": \"256\"}]}", "not known" },
		{ "{\"acls\": [{\"action\": \"accept\", \"proto\": \"icmp\", \"dst\": [\"*:80\"]}]}",
		  "protocol does not support specific ports: \"icmp\", only \"*\" is allowed" },
		{ ACL("\"tag:none\"", "\"*:*\""), "src=tag not found: \"tag:none\"" },
		{ ACL("\"group:none\"", "\"*:*\""), "group not defined in policy: \"group:none\"" },
		{ ACL("\"none\"", "\"*:*\""), "host not defined in policy: \"none\"" },
		{ ACL("\"none:x\"", "\"*:*\""), "invalid alias format" },
		{ ACL("\"\"", "\"*:*\""), "invalid alias format" },
		{ ACL("\"user:ann@example.com\"", "\"*:*\""), "comes *@<domain>" },
		{ ACL("\"autogroup:self\"", "\"*:*\""),
		  "\"autogroup:self\" not valid on the src side of a rule" },
		{ ACL("\"autogroup:internet\"", "\"*:*\""), "can only be used in ACL destinations" },
		{ ACL("\"autogroup:nonroot\"", "\"*:*\""),
		  "invalid autogroup: got \"autogroup:nonroot\", must be one of [" },
		{ ACL("\"svc:web\"", "\"*:*\""), "services are not supported yet" },
		{ ACL("\"*\"", "\"svc:web:443\""), "services are not supported yet" },
		{ ACL("\"*\"", "\"autogroup:danger-all:*\""), "cannot use autogroup:danger-all as a dst" },
		{ ACL("\"*\"", "\"autogroup:shared:*\""), "cannot be used here" },
		{ ACL("\"*\"", "\"tag:none:*\""), "dst=\"tag:none\": tag not found: \"tag:none\"" },
		{ ACL("\"*\"", "\"web\""), "hostport must contain a colon" },
		{ ACL("\"*\"", "\"web:\""), "invalid port list" },
		{ ACL("\"*\"", "\"web:0\""),
		  "port range \"0\": first port must be >0, or use '*' for wildcard" },
		{ ACL("\"*\"", "\"web:1-2-3\""), "port range \"1-2-3\": too many dashes" },
		{ ACL("\"*\"", "\"web:90-80\""), "first port must be <= last port" },
		{ ACL("\"*\"", "\"web:80-x\""), "port range \"80-x\": invalid last integer" },
		{ ACL("\"*\"", "\"web:-80\""), "invalid first integer" },
		{ ACL("\"*\"", "\"web:65536\""), "port range \"65536\": invalid first integer" },
		{ ACL("\"*\"", "\"web:80,\""), "port range \"\": invalid first integer" },
		{ ACL("\"*\"", "\"web:99999999999999999999\""), "invalid first integer" },
		{ ACL("\"*\"", "\"[web]:80\""), "brackets may stand around an IPv6 address only" },
		{ ACL("\"*\"", "\"[fd7a::1:80\""), "the bracket is not closed" },
		{ ACL("\"tag:a\"", "\"autogroup:self:*\""),
		  "autogroup:self can only be used with users, groups, or supported autogroups" },
		{ ACL("\"autogroup:danger-all\"", "\"autogroup:self:*\""), "can only be used with" },
		{ BASE "\"acls\": [{\"action\": \"accept\", \"srcPosture\": [\"posture:x\"]}]}",
		  "posture not defined in policy: \"posture:x\"" },
	};

	(void)state;
	refuse_all(v, COUNT(v));
}

static void
test_refused_grants(void **state)
{
	static const struct refused v[] = {
		{ GRANT("\"dst\": [\"*\"]"), "ip and app can not both be empty" },
		{ GRANT("\"dst\": [\"*\"], \"ip\": [], \"app\": {}"), "can not both be empty" },
		{ GRANT("\"dst\": [\"*\"], \"ip\": [\"\"]"), "ip cannot be empty" },
		{ GRANT("\"dst\": [\"*\"], \"ip\": [\"tcp:\"]"), "invalid port list" },
		{ GRANT("\"dst\": [\"*\"], \"ip\": [\"80,443\"]"), "invalid first integer" },
		{ GRANT("\"dst\": [\"*\"], \"ip\": [\"foo:80\"]"), "proto name \"foo\" not known" },
		{ GRANT("\"dst\": [\"*\"], \"ip\": [\"icmp:80\"]"), "does not support specific ports" },
		{ GRANT("\"dst\": [\"web:80\"], \"ip\": [\"*\"]"), "invalid alias format" },
		{ GRANT("\"dst\": [\"::/0\"], \"ip\": [\"*\"]"),
		  "dst \"::/0\": to allow all IP addresses, use \"*\" or \"autogroup:internet\"" },
		{ GRANT("\"dst\": [\"*\"], \"ip\": [\"*\"], \"via\": [\"autogroup:tagged\"]"),
		  "via can only be a tag" },
		{ GRANT("\"dst\": [\"*\"], \"ip\": [\"*\"], \"via\": [\"group:x\"]"), "via can only be a tag" },
		{ GRANT("\"dst\": [\"*\"], \"ip\": [\"*\"], \"via\": [\"tag:x\"]"), "tag \"tag:x\" not found" },
		{ GRANT("\"dst\": [\"autogroup:self\"], \"ip\": [\"*\"]"), "autogroup:self can only be" },
		{ GRANT("\"dst\": [\"*\"], \"app\": {\"tailscale.com/cap/x\": [{}]}"),
		  "capability name must not be in the tailscale.com domain" },
		{ GRANT("\"dst\": [\"*\"], \"app\": {\"tailscale.com/app-connectors\": [{}]}"),
		  "must not be in the tailscale.com domain" },
		{ GRANT("\"dst\": [\"*\"], \"app\": {\"https://example.com/x\": [{}]}"),
		  "capability name must have the form {domain}/{name}" },
		{ GRANT("\"dst\": [\"*\"], \"app\": {\"example.com/x\": {}}"), "must be a list" },
		{ GRANT("\"dst\": [\"autogroup:internet\"], \"app\": {\"example.com/x\": [{}]}"),
		  "cannot use app grants with autogroup:internet" },
		{ GRANT("\"#note\": 1"), "unknown field: \"#note\"" },
	};

	(void)state;
	refuse_all(v, COUNT(v));
}

static void
test_refused_ssh(void **state)
{
	static const struct refused v[] = {
		{ "{\"ssh\": [{\"users\": [\"root\"]}]}", "action must be specified" },
		{ "{\"ssh\": [{\"action\": \"deny\", \"users\": [\"root\"]}]}",
		  "\"deny\" is not a valid action" },
		{ SSH("\"src\": []"), "users must be specified" },
		{ SSH("\"users\": []"), "users must be specified" },
		{ SSH("\"users\": [\" * \"]"), "user \"*\" is not valid" },
		{ SSH("\"users\": [\"\\t\"]"), "user \"\" is not valid" },
		{ SSH("\"users\": [\"localpart:*@else.org\"]"), "else.org is not associated" },
		{ SSH("\"src\": [\"*\"], " ROOT), "invalid src \"*\"" },
		{ SSH("\"src\": [\"web\"], " ROOT), "invalid src \"web\"" },
		{ SSH("\"src\": [\"user:*@else.org\"], " ROOT), "line 7, column 38: [ssh] else.org is not" },
		{ SSH("\"src\": [\"autogroup:x\"], " ROOT), "invalid autogroup" },
		{ SSH("\"dst\": [\"*\"], " ROOT), "use autogroup:member or autogroup:tagged" },
		{ SSH("\"dst\": [\"group:dev\"], " ROOT), "invalid dst \"group:dev\"" },
		{ SSH("\"dst\": [\"none\"], " ROOT), "invalid dst \"none\"" },
		{ SSH("\"src\": [\"tag:a\"], \"dst\": [\"autogroup:self\"], " ROOT), "only users or groups" },
		{ SSH("\"src\": [\"tag:a\"], \"dst\": [\"autogroup:member\"], " ROOT),
		  "tags in SSH source cannot access autogroup:member" },
		{ SSH("\"src\": [\"autogroup:tagged\"], \"dst\": [\"a@b\"], " ROOT),
		  "tags in SSH source cannot access user-owned devices" },
		{ SSH("\"src\": [\"a@b\", \"c@b\"], \"dst\": [\"a@b\"], " ROOT), "only that same user" },
		{ SSH("\"src\": [\"group:dev\"], \"dst\": [\"a@b\"], " ROOT), "only that same user" },
		{ SSH("\"acceptEnv\": [\"\"], " ROOT), "acceptEnv values cannot be empty" },
		{ SSH("\"recorder\": [\"a@b\"], " ROOT), "cannot be used here" },
		{ SSH("\"enforceRecorder\": \"yes\", " ROOT), "must be true or false" },
		{ SSH("\"checkPeriod\": \"1h\", " ROOT), "only valid with action \"check\"" },
	};

	(void)state;
	refuse_all(v, COUNT(v));
}

static void
test_check_periods(void **state)
{
	static const struct refused bad[] = {
		{ "-1m", "checkPeriod -1m0s must be a positive duration" },
		{ "-1500ms", "checkPeriod -1.5s must be" },
		{ "-2ms", "checkPeriod -2ms must be" },
		{ "-1500ns", "checkPeriod -1.5\xc2\xb5s must be" },
		{ "-7ns", "checkPeriod -7ns must be" },
		{ "168h0m1s", "checkPeriod 168h0m1s is above the max (168h)" },
		{ "200h", "checkPeriod 200h0m0s is above" },
		{ "168.5h", "checkPeriod 168h30m0s is above" },
		{ "abc", "time: invalid duration \"abc\"" },
		{ ".h", "time: invalid duration \".h\"" },
		{ "5", "time: missing unit in duration \"5\"" },
		{ "5d", "time: unknown unit \"d\" in duration \"5d\"" },
		{ "1h5x", "time: unknown unit \"x\" in duration \"1h5x\"" },
		{ "9999999999999h", "time: invalid duration" },
	};
	static const struct { const char *text; int64_t ms; } good[] = {
		{ "always", 0 }, { "0s", 0 }, { "0", 0 }, { "168h", 604800000 }, { "1h30m", 5400000 },
		{ "1.5h", 5400000 }, { ".5s", 500 }, { "+20m", 1200000 }, { " 30s ", 30000 },
		{ "", 43200000 },
	};
	static const char form[] = "{\"ssh\": [{\"action\": \"check\", \"checkPeriod\": \"%s\", " ROOT "}]}";
	struct refused one;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		one = (struct refused){ arena_printf(a, form, bad[i].text), bad[i].why };
		refuse_all(&one, 1);
	}
	for (size_t i = 0; i < COUNT(good); i++)
		assert_int_equal(parse(arena_printf(a, form, good[i].text))->ssh[0].check_period_ms,
		    good[i].ms);
}

static void
test_refused_attrs(void **state)
{
	static const struct refused v[] = {
		{ "{\"nodeAttrs\": [{\"target\": [\"tag:x\"]}]}", "tag not found" },
		{ "{\"nodeAttrs\": [{\"target\": [\"autogroup:self\"]}]}", "cannot be used here" },
		{ "{\"nodeAttrs\": [{\"attr\": [\"\"]}]}", "an attr cannot be empty" },
		{ "{\"nodeAttrs\": [{\"attr\": [5]}]}", "an attr must be text" },
		{ "{\"nodeAttrs\": [{\"ipPool\": [\"10.0.0.0/8\"]}]}", "is not in 100.64.0.0/10" },
		{ "{\"nodeAttrs\": [{\"ipPool\": [\"fd7a:115c:a1e0::/64\"]}]}", "is not in" },
		{ "{\"nodeAttrs\": [{\"ipPool\": [\"100.100.0.0/16\"]}]}", "which are reserved" },
		{ "{\"nodeAttrs\": [{\"ipPool\": [\"x\"]}]}", "is no prefix" },
		{ "{\"nodeAttrs\": [{\"app\": {\"tailscale.com/x\": [{}]}}]}", "tailscale.com domain" },
		{ "{\"autoApprovers\": {\"route\": {}}}", "unknown field: \"route\"" },
		{ "{\"autoApprovers\": {\"routes\": {\"x\": []}}}", "routes[\"x\"] is no prefix" },
		{ "{\"autoApprovers\": {\"routes\": {\"10.0.0.0/8\": [\"tag:x\"]}}}",
		  "routes[\"10.0.0.0/8\"]: \"tag:x\": tag not found" },
		{ "{\"autoApprovers\": {\"exitNode\": [\"10.0.0.1\"]}}", "cannot be used here" },
		{ "{\"autoApprovers\": {\"services\": {\"web\": []}}}", "neither a service" },
	};

	(void)state;
	refuse_all(v, COUNT(v));
}

static void
test_errors_collected(void **state)
{
	struct buf b;
	char *text;

	(void)state;
	assert_null(policy_parse(a, STR("{\n\"acls\": [{\"action\": \"x\"}],\n"
	    "\"hosts\": {\"a\": \"b\"},\n\"nope\": 1}"), &ctx, &errs));
	assert_string_equal(policy_errors_text(a, &errs),
	    "line 2, column 21: action=\"x\" is not supported\n"
	    "line 3, column 16: hostname contains invalid IP address: hostname \"a\" "
	    "address \"b\"\n"
	    "line 4, column 1: unknown field: \"nope\"");

	buf_init(&b, 1 << 20);
	buf_str(&b, "{\"acls\": [");
	for (int i = 0; i < 100; i++)
		buf_str(&b, "{},");
	buf_str(&b, "]}");
	text = buf_text(&b, a);
	assert_null(policy_parse(a, str_of(text), &ctx, &errs));
	assert_int_equal(errs.n, POLICY_ERRORS_MAX);
	assert_int_equal(errs.more, 80);
	assert_non_null(strstr(policy_errors_text(a, &errs), "\nand 80 more"));
}

/* A document is hostile until it is read: no control characters, nothing endless. */
static void
test_errors_clean(void **state)
{
	char *name = arena_alloc(a, 5001);
	const char *said;

	(void)state;
	memset(name, 'x', 5000);
	assert_null(policy_parse(a, str_of(arena_printf(a, "{\"%s\\u001b[31m\\n\": 1}", "k")), &ctx,
	    &errs));
	assert_non_null(strstr(policy_errors_text(a, &errs), "\"k?[31m?\""));
	for (int i = 0; i < 3; i++) {
		assert_null(policy_parse(a, str_of(arena_printf(a, "{\"%s\xc3\xa4\xc3\xa4%s\": 1}",
		    name + 5000 - 1000 - i, name)), &ctx, &errs));
		said = errs.v[0].text;
		assert_true(strlen(said) < 1100);
		assert_true(str_utf8_valid(str_of(said)));
	}
}

/* ---- limits ---- */

/* 'n' times "text" with its number in it, between two other texts. */
static const char *
repeated(const char *before, const char *fmt, unsigned n, const char *after)
{
	struct buf b;

	buf_init(&b, 2 * POLICY_BYTES_MAX);
	buf_str(&b, before);
	for (unsigned i = 0; i < n; i++) {
		struct str s = str_of(fmt), head;
		while (str_cut(&s, '#', &head)) {
			buf_put(&b, head.p, head.n);
			if (s.p != NULL)
				buf_printf(&b, "%u", i);
		}
	}
	buf_str(&b, after);
	return buf_text(&b, a);
}

static void
test_limits(void **state)
{
	const struct refused v[] = {
		{ repeated("{\"acls\":[", "{},", POLICY_RULES_MAX + 1, "]}"), "more than 20000 acls" },
		{ repeated("{\"ssh\":[", "{},", POLICY_RULES_MAX + 1, "]}"), "more than 20000 ssh rules" },
		{ repeated("{\"acls\":[{\"action\":\"accept\",\"src\":[\"*\"],\"dst\":[", "\"*:1\",",
		      POLICY_RULES_MAX + 1, "]}]}"), "more than 20000 rules" },
		{ repeated("{\"acls\":[{\"action\":\"accept\",\"src\":[", "\"u#@x\",",
		      POLICY_SELECTORS_MAX + 1, "]}]}"), "more than 20000 different names" },
		{ repeated("{\"ipsets\":{\"ipset:0\":[],", "\"ipset:a#\":[\"ipset:b#\"],\"ipset:b#\":[],", 9,
		      "\"ipset:x\":[\"ipset:y\"]}}"), "ipset not defined" },
		{ repeated("{", " ", POLICY_BYTES_MAX, "}"), "the policy has more than 1048576 bytes" },
		{ repeated("{\"acls\":", "[", 1000, ""), "nested deeper than 100 levels" },
		{ "{\"groups\": {\"group:\xff\": []}}", "UTF-8" },
	};

	(void)state;
	refuse_all(v, COUNT(v));
	(void)parse(repeated("{\"acls\":[{\"action\":\"accept\",\"src\":[", "\"u#@x\",",
	    POLICY_SELECTORS_MAX, "]}]}"));
}

static void
test_ipset_limits(void **state)
{
	struct buf b;
	const char *big;
	struct refused v;

	(void)state;
	buf_init(&b, POLICY_BYTES_MAX);
	buf_str(&b, "{\"ipsets\":{\"ipset:a\":[");
	for (unsigned i = 0; i < 2000; i++)
		buf_printf(&b, "\"10.%u.%u.1\",", i / 256, i % 256);
	buf_str(&b, "],");
	big = repeated(buf_text(&b, a), "\"ipset:b#\":[\"ipset:a\"],", 60, "}}");
	v = (struct refused){ big, "all ipsets together have more than" };
	refuse_all(&v, 1);
	buf_init(&b, POLICY_BYTES_MAX);
	buf_str(&b, "{\"ipsets\":{");
	for (unsigned i = 0; i < 5000; i++)
		buf_printf(&b, "\"ipset:%u\":[\"ipset:%u\"],", i, i + 1);
	buf_str(&b, "\"ipset:5000\":[]}}");
	v = (struct refused){ buf_text(&b, a), "is nested too deep" };
	refuse_all(&v, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(test_refused_document), T(test_refused_names),
		T(test_refused_ipsets_postures), T(test_refused_acls), T(test_refused_grants),
		T(test_refused_ssh), T(test_check_periods), T(test_refused_attrs),
		T(test_errors_collected), T(test_errors_clean), T(test_limits),
		T(test_ipset_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
