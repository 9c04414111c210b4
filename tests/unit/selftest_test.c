/* tests/unit/selftest_test.c -- the tests that a policy makes of itself: which fail, and what is said. */
#include "lib/policy/selftest.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/policy_case.h"

/* ann has two devices, bob none; web runs on two nodes, nobody is tag:new yet. */
static const char tailnet[] =
	"{\"users\": [{\"name\": \"ann\", \"email\": \"ann@example.com\"},"
	"  {\"name\": \"bob\", \"email\": \"bob@example.org\"},"
	"  {\"name\": \"eve\", \"email\": \"eve@example.com\"}],"
	" \"nodes\": {"
	"  \"ann1\": {\"user\": \"ann\", \"ipv4\": \"100.64.0.1\", \"ipv6\": \"fd7a:115c:a1e0::1\"},"
	"  \"ann2\": {\"user\": \"ann\", \"ipv4\": \"100.64.0.2\", \"ipv6\": \"fd7a:115c:a1e0::2\"},"
	"  \"eve1\": {\"user\": \"eve\", \"ipv4\": \"100.64.0.3\"},"
	"  \"web1\": {\"tags\": [\"tag:web\"], \"ipv4\": \"100.64.0.11\", \"ipv6\": \"fd7a:115c:a1e0::b\"},"
	"  \"web2\": {\"tags\": [\"tag:web\", \"tag:db\"], \"ipv4\": \"100.64.0.12\"}},"
	" \"tailnet\": {\"domains\": [\"example.com\"]}}";

#define HEAD "{\"groups\": {\"group:dev\": [\"ann@example.com\", \"bob@example.org\"]," \
	" \"group:none\": []},\n" \
	"\"hosts\": {\"srv\": \"100.64.0.11\", \"lan\": \"10.0.0.0/8\"},\n" \
	"\"tagOwners\": {\"tag:web\": [], \"tag:db\": [], \"tag:new\": []},\n"

struct one {
	const char *rules, *tests;	/* members of the document */
	const char *why;		/* part of the failure; NULL if none */
};

static void
run(const struct one *v, size_t n)
{
	struct policy_context ctx = { NULL, 0 };
	struct policy_case c;
	struct selftest got;
	const char *text;
	bool ok;

	for (size_t i = 0; i < n; i++) {
		char *policy = NULL;
		assert_true(asprintf(&policy, HEAD "%s,\n%s}", v[i].rules, v[i].tests) > 0);
		policy_case_open(&c, policy, tailnet);
		ok = selftest_run(c.a, c.t, &ctx, &got);
		text = selftest_text(c.a, &got);
		if (ok != (v[i].why == NULL) || (!ok && strstr(text, v[i].why) == NULL))
			fail_msg("%s\n-> \"%s\", wanted \"%s\"", policy, text,
			    v[i].why ? v[i].why : "no failure");
		if (!ok)
			assert_int_equal(strncmp(text, "test(s) failed\nline ", 20), 0);
		policy_case_close(&c);
		free(policy);
	}
}

#define ACL(src, dst) "\"acls\": [{\"action\": \"accept\", \"src\": [\"" src "\"], \"dst\": [\"" dst "\"]}]"
#define ACLP(src, proto, dst) "\"acls\": [{\"action\": \"accept\", \"proto\": \"" proto "\"," \
	" \"src\": [\"" src "\"], \"dst\": [\"" dst "\"]}]"
#define ACCEPT(src, dst) "\"tests\": [{\"src\": \"" src "\", \"accept\": [\"" dst "\"]}]"
#define DENY(src, dst) "\"tests\": [{\"src\": \"" src "\", \"deny\": [\"" dst "\"]}]"
#define PROTO(proto, src, dst) "\"tests\": [{\"src\": \"" src "\", \"proto\": \"" proto "\"," \
	" \"accept\": [\"" dst "\"]}]"

static void
test_reach(void **state)
{
	static const struct one v[] = {
		{ ACL("ann@example.com", "tag:web:80"), ACCEPT("ann@example.com", "tag:web:80"), NULL },
		{ ACL("ann@example.com", "tag:web:80"), ACCEPT("ann@example.com", "srv:80"), NULL },
		{ ACL("ann@example.com", "tag:web:80"), ACCEPT("ann@example.com", "[fd7a:115c:a1e0::b]:80"), NULL },
		{ ACL("ann@example.com", "tag:web:80"), ACCEPT("ann@example.com", "tag:web:81"),
		    "line 5: ann@example.com -> tag:web:81: expected ALLOWED, got DENIED"
		    " (line 4 (acls[0]) lets " },
		{ ACL("ann@example.com", "tag:web:80"), ACCEPT("eve@example.com", "tag:web:80"),
		    "(line 4 (acls[0]) is not for 100.64.0.3)" },
		{ ACL("ann@example.com", "tag:web:80"), ACCEPT("ann@example.com", "eve@example.com:80"),
		    "no rule leads " },
		{ ACL("ann@example.com", "tag:web:80"), DENY("ann@example.com", "tag:db:80"),
		    "expected DENIED, got ALLOWED (line 4 (acls[0]) lets 100.64.0.1-100.64.0.2" },
		{ ACL("ann@example.com", "tag:web:80"), DENY("ann@example.com", "tag:web:79"), NULL },
		{ ACL("*", "*:*"), DENY("eve@example.com", "tag:web:22"), "got ALLOWED" },
		{ ACL("*", "*:*"), ACCEPT("100.64.0.77", "*:22"), NULL },
		{ ACL("*", "*:*"), ACCEPT("192.0.2.1", "*:22"), "is not for 192.0.2.1" },
		/* Each device of the source has to get there, by whatever rule. */
		{ ACL("100.64.0.1", "tag:web:80"), ACCEPT("ann@example.com", "tag:web:80"),
		    "is not for 100.64.0.2, fd7a:115c:a1e0::1-fd7a:115c:a1e0::2" },
		{ "\"acls\": [{\"action\": \"accept\", \"src\": [\"100.64.0.0/30\"], \"dst\": [\"tag:web:80\"]},"
		    "{\"action\": \"accept\", \"src\": [\"fd7a:115c:a1e0::/64\"], \"dst\": [\"tag:web:*\"]}]",
		    ACCEPT("ann@example.com", "tag:web:80"), NULL },
		{ ACL("100.64.0.1", "tag:web:80"), DENY("ann@example.com", "tag:web:80"),
		    "lets 100.64.0.1 pass" },
		/* Each user reaches their own. */
		{ ACL("autogroup:member", "autogroup:self:*"), ACCEPT("ann@example.com", "ann@example.com:22"), NULL },
		{ ACL("autogroup:member", "autogroup:self:*"), DENY("ann@example.com", "eve@example.com:22"), NULL },
		{ ACL("autogroup:member", "autogroup:self:*"), ACCEPT("autogroup:member", "ann@example.com:22"),
		    "100.64.0.3" },
		/* Without rules everything passes, with none of them nothing. */
		{ "\"ssh\": []", ACCEPT("ann@example.com", "tag:web:80"), NULL },
		{ "\"ssh\": []", DENY("ann@example.com", "tag:web:80"), "without acls and grants" },
		{ "\"acls\": []", DENY("ann@example.com", "tag:web:80"), NULL },
		/* A grant of an app lets nothing pass. */
		{ "\"grants\": [{\"src\": [\"*\"], \"dst\": [\"*\"], \"app\": {\"example.com/cap/x\": []}}]",
		    ACCEPT("ann@example.com", "tag:web:80"), "only app capabilities" },
	};

	(void)state;
	run(v, COUNT(v));
}

static void
test_proto(void **state)
{
	static const struct one v[] = {
		{ ACLP("*", "udp", "*:53"), PROTO("udp", "ann@example.com", "tag:web:53"), NULL },
		{ ACLP("*", "udp", "*:53"), PROTO("tcp", "ann@example.com", "tag:web:53"), "got DENIED" },
		{ ACLP("*", "udp", "*:53"), ACCEPT("ann@example.com", "tag:web:53"), NULL },
		{ ACLP("*", "icmp", "*:*"), ACCEPT("ann@example.com", "tag:web:53"), "icmp:*" },
		{ ACL("*", "*:*"), PROTO("sctp", "ann@example.com", "tag:web:53"), "got DENIED" },
		{ ACLP("*", "sctp", "*:*"), PROTO("sctp", "ann@example.com", "tag:web:53"), NULL },
		{ ACL("*", "*:*"), PROTO("icmp", "ann@example.com", "tag:web:53"), "tcp, udp or sctp" },
		{ ACL("*", "*:*"), PROTO("tpc", "ann@example.com", "tag:web:53"), "tcp, udp or sctp" },
	};

	(void)state;
	run(v, COUNT(v));
}

static void
test_form(void **state)
{
	static const struct one v[] = {
		{ ACL("*", "*:*"), ACCEPT("", "tag:web:80"), "empty name" },
		{ ACL("*", "*:*"), ACCEPT("ann@example.com", "tag:web"), "port" },
		{ ACL("*", "*:*"), ACCEPT("ann@example.com", "srv"), "HOST:PORT" },
		{ ACL("*", "*:*"), ACCEPT("ann@example.com", "srv:"), "one number" },
		{ ACL("*", "*:*"), ACCEPT("ann@example.com", "srv:0"), "one number" },
		{ ACL("*", "*:*"), ACCEPT("ann@example.com", "srv:-1"), "one number" },
		{ ACL("*", "*:*"), ACCEPT("ann@example.com", "srv:65536"), "one number" },
		{ ACL("*", "*:*"), ACCEPT("ann@example.com", "srv:80-90"), "one number" },
		{ ACL("*", "*:*"), ACCEPT("ann@example.com", "srv:80,90"), "one number" },
		{ ACL("*", "*:*"), ACCEPT("ann@example.com", "srv:*"), "one number" },
		{ ACL("*", "*:*"), ACCEPT("ann@example.com", "lan:80"), "more than one address" },
		{ ACL("*", "*:*"), ACCEPT("ann@example.com", "10.0.0.0/8:80"), "more than one address" },
		{ ACL("*", "*:*"), ACCEPT("ann@example.com", "autogroup:internet:80"), "cannot be the destination" },
		{ ACL("*", "*:*"), ACCEPT("ann@example.com", "autogroup:self:80"), "cannot be the destination" },
		{ ACL("*", "*:*"), ACCEPT("autogroup:self", "srv:80"), "cannot be the source" },
		{ ACL("*", "*:*"), ACCEPT("nohost", "srv:80"), "nohost" },
		{ ACL("*", "*:*"), ACCEPT("group:other", "srv:80"), "group:other" },
		{ ACL("*", "*:*"), ACCEPT("group:none", "srv:80"), "means nobody" },
		{ ACL("*", "*:*"), ACCEPT("ghost@example.com", "srv:80"), "means nobody" },
		{ ACL("*", "*:*"), ACCEPT("ann@example.com", "tag:other:80"), "tag:other" },
		{ ACL("*", "*:*"), "\"tests\": [{\"src\": \"ann@example.com\"}]", "neither accepts nor denies" },
	};

	(void)state;
	run(v, COUNT(v));
}

/* Users and tags without a device: the tests are about the devices to come. */
static void
test_nobody_yet(void **state)
{
	static const struct one v[] = {
		{ ACL("group:dev", "tag:new:22"), ACCEPT("bob@example.org", "tag:new:22"), NULL },
		{ ACL("group:dev", "tag:new:22"), ACCEPT("ann@example.com", "tag:new:22"), NULL },
		{ ACL("group:dev", "tag:web:22"), ACCEPT("bob@example.org", "tag:new:22"), "a device of bob" },
		{ ACL("eve@example.com", "tag:web:22"), ACCEPT("bob@example.org", "tag:web:22"),
		    "is not for a device of bob" },
		{ ACL("group:dev", "tag:web:22"), DENY("bob@example.org", "tag:web:22"), "got ALLOWED" },
		{ ACL("tag:new", "tag:web:22"), ACCEPT("tag:new", "srv:22"), NULL },
		{ ACL("autogroup:member", "autogroup:self:*"), ACCEPT("bob@example.org", "bob@example.org:22"), NULL },
	};

	(void)state;
	run(v, COUNT(v));
}

#define POSTURE "\"postures\": {\"posture:new\": [\"node:tsVersion >= '1.40'\"]},\n" \
	"\"acls\": [{\"action\": \"accept\", \"src\": [\"ann@example.com\"]," \
	" \"srcPosture\": [\"posture:new\"], \"dst\": [\"tag:web:22\"]}]"
#define GIVEN(version) "\"tests\": [{\"src\": \"ann@example.com\", \"accept\": [\"tag:web:22\"]," \
	" \"srcPostureAttrs\": {\"node:tsVersion\": \"" version "\"}}]"

static void
test_posture(void **state)
{
	static const struct one v[] = {
		{ POSTURE, ACCEPT("ann@example.com", "tag:web:22"), "got DENIED" },
		{ POSTURE, DENY("ann@example.com", "tag:web:22"), NULL },
		{ POSTURE, GIVEN("1.50.1"), NULL },
		{ POSTURE, GIVEN("1.9"), "got DENIED" },
	};

	(void)state;
	run(v, COUNT(v));
}

#define SSH(action, src, dst, user) "\"ssh\": [{\"action\": \"" action "\", \"src\": [\"" src "\"]," \
	" \"dst\": [\"" dst "\"], \"users\": [\"" user "\"]}]"
#define LOGIN(src, dst, kind, user) "\"sshTests\": [{\"src\": \"" src "\", \"dst\": [\"" dst "\"]," \
	" \"" kind "\": [\"" user "\"]}]"
#define MEMBERS "autogroup:member"
#define ANN "ann@example.com"

static void
test_ssh(void **state)
{
	static const struct one v[] = {
		{ SSH("accept", ANN, "tag:web", "root"), LOGIN(ANN, "tag:web", "accept", "root"), NULL },
		{ SSH("accept", ANN, "tag:web", "root"), LOGIN(ANN, "srv", "accept", "root"), NULL },
		{ SSH("accept", ANN, "tag:web", "root"), LOGIN(ANN, "100.64.0.12", "accept", "root"), NULL },
		{ SSH("accept", ANN, "tag:web", "root"), LOGIN("eve@example.com", "tag:web", "deny", "root"), NULL },
		{ SSH("accept", ANN, "tag:web", "root"), LOGIN(ANN, "tag:web", "deny", "root"),
		    "root@tag:web: expected DENIED, got ALLOWED" },
		{ SSH("accept", ANN, "tag:web", "root"), LOGIN(ANN, "tag:web", "check", "root"),
		    "expected CHECKED, got ALLOWED" },
		{ SSH("check", ANN, "tag:web", "root"), LOGIN(ANN, "tag:web", "check", "root"), NULL },
		{ SSH("check", ANN, "tag:web", "root"), LOGIN(ANN, "tag:web", "accept", "root"), NULL },
		{ SSH("check", ANN, "tag:web", "root"), LOGIN(ANN, "tag:web", "accept", "pg"), "no rule allows it" },
		{ SSH("accept", ANN, "tag:web", "autogroup:nonroot"), LOGIN(ANN, "tag:web", "accept", "pg"), NULL },
		{ SSH("accept", ANN, "tag:web", "autogroup:nonroot"), LOGIN(ANN, "tag:web", "accept", "root"), "DENIED" },
		{ SSH("accept", MEMBERS, "autogroup:self", "root"), LOGIN(ANN, ANN, "accept", "root"), NULL },
		{ SSH("accept", MEMBERS, "autogroup:self", "root"), LOGIN(ANN, "eve@example.com", "deny", "root"), NULL },
		/* Every source, every destination. */
		{ SSH("accept", ANN, "tag:web", "root"), LOGIN(MEMBERS, "tag:web", "accept", "root"), "eve1" },
		{ SSH("accept", ANN, "tag:db", "root"), LOGIN(ANN, "tag:web", "accept", "root"), "to web1" },
		{ SSH("accept", "group:dev", "tag:web", "root"), LOGIN("bob@example.org", "tag:web", "accept", "root"),
		    NULL },
		{ SSH("accept", ANN, "tag:web", "localpart:*@example.com"), LOGIN(ANN, "tag:web", "accept", "ann"), NULL },
		{ SSH("accept", ANN, "tag:web", "localpart:*@example.com"), LOGIN(ANN, "tag:web", "accept", "eve"),
		    "DENIED" },
		/* Form. */
		{ SSH("accept", ANN, "tag:web", "root"), LOGIN(ANN, "tag:new", "accept", "root"), "no device" },
		{ SSH("accept", ANN, "tag:web", "root"), LOGIN(ANN, "tag:web", "accept", ""), "empty name" },
		{ SSH("accept", ANN, "tag:web", "root"), LOGIN(ANN, "lan", "accept", "root"), "cannot be an end" },
		{ SSH("accept", ANN, "tag:web", "root"), LOGIN("*", "tag:web", "accept", "root"), "cannot be an end" },
		{ SSH("accept", ANN, "tag:web", "root"), LOGIN("", "tag:web", "accept", "root"), "empty name" },
		{ SSH("accept", ANN, "tag:web", "root"), "\"sshTests\": [{\"src\": \"" ANN "\", \"dst\": [\"tag:web\"]}]",
		    "neither accepts" },
	};

	(void)state;
	run(v, COUNT(v));
}

/* More failures than are shown are counted. */
static void
test_many(void **state)
{
	struct policy_context ctx = { NULL, 0 };
	struct policy_case c;
	struct selftest got;
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	buf_str(&b, "{\"acls\": [], \"tests\": [");
	for (int i = 0; i < SELFTEST_FAILURES_MAX + 7; i++)
		buf_str(&b, "{\"src\": \"ann@example.com\", \"accept\": [\"eve@example.com:1\"]},\n");
	buf_str(&b, "]}");
	buf_byte(&b, 0);
	policy_case_open(&c, (const char *)b.p, tailnet);
	assert_false(selftest_run(c.a, c.t, &ctx, &got));
	assert_int_equal(got.n, SELFTEST_FAILURES_MAX);
	assert_int_equal(got.more, 7);
	assert_int_equal(got.checks, SELFTEST_FAILURES_MAX + 7);
	assert_non_null(strstr(selftest_text(c.a, &got), "\nand 7 more"));
	assert_int_equal(got.v[1].at.line, 2);
	policy_case_close(&c);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reach), cmocka_unit_test(test_proto),
		cmocka_unit_test(test_form), cmocka_unit_test(test_nobody_yet),
		cmocka_unit_test(test_posture), cmocka_unit_test(test_ssh),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
