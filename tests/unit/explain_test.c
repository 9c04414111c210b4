/* tests/unit/explain_test.c -- why one reaches another; what two policies allow differently. */
#include "lib/policy/explain.h"

#include <stdlib.h>

#include "lib/policy/compare.h"
#include "tests/unit/policy_case.h"

static const char tailnet[] =
	"{\"users\": [{\"name\": \"ann\", \"email\": \"ann@example.com\"},"
	"  {\"name\": \"bob\", \"email\": \"bob@example.com\"},"
	"  {\"name\": \"cat\", \"email\": \"cat@example.com\"}],"
	" \"nodes\": {"
	"  \"ann1\": {\"user\": \"ann\", \"ipv4\": \"100.64.0.1\", \"version\": \"1.30.0\"},"
	"  \"ann2\": {\"user\": \"ann\", \"ipv4\": \"100.64.0.2\", \"version\": \"1.90.0\"},"
	"  \"bob1\": {\"user\": \"bob\", \"ipv4\": \"100.64.0.3\"},"
	"  \"web1\": {\"tags\": [\"tag:web\"], \"ipv4\": \"100.64.0.11\"},"
	"  \"web2\": {\"tags\": [\"tag:web\"], \"ipv4\": \"100.64.0.12\"},"
	"  \"exit\": {\"tags\": [\"tag:exit\"], \"ipv4\": \"100.64.0.20\","
	"    \"routable_ips\": [\"0.0.0.0/0\", \"::/0\", \"10.0.0.0/8\"],"
	"    \"approved_routes\": [\"0.0.0.0/0\", \"::/0\", \"10.0.0.0/8\"]}},"
	" \"tailnet\": {\"domains\": [\"example.com\"]}}";

static const char rules[] =
	"{\"tagOwners\": {\"tag:web\": [], \"tag:exit\": [], \"tag:new\": []},\n"
	" \"postures\": {\"posture:new\": [\"node:tsVersion >= '1.40'\"]},\n"
	" \"acls\": [\n"
	"  {\"action\": \"accept\", \"src\": [\"ann@example.com\"], \"dst\": [\"tag:web:80,443\"]},\n"
	"  {\"action\": \"accept\", \"src\": [\"100.64.0.2\"], \"dst\": [\"tag:web:22\"]},\n"
	"  {\"action\": \"accept\", \"src\": [\"autogroup:member\"], \"dst\": [\"autogroup:self:*\"]},\n"
	" ],\n"
	" \"grants\": [\n"
	"  {\"src\": [\"autogroup:member\"], \"dst\": [\"10.0.0.0/8\"], \"ip\": [\"udp:53\"], \"via\": [\"tag:exit\"]},\n"
	"  {\"src\": [\"autogroup:member\"], \"dst\": [\"tag:web\"], \"ip\": [\"9000\"],"
	"   \"srcPosture\": [\"posture:new\"]},\n"
	" ]}";

struct asked {
	const char *src, *dst, *proto;
	bool allowed, partly;
	const char *has;	/* in the answer, or in the error if 'fails' */
	bool fails;
};

static void
ask(struct policy_case *c, const struct asked *q)
{
	struct policy_context ctx = { NULL, 0 };
	struct explain_ask e = { q->src, q->dst, q->proto };
	const char *why = "", *text;
	struct jw w;
	bool ok;
	jv *doc;

	buf_clear(&c->out);
	jw_init(&w, &c->out);
	jw_obj(&w);
	ok = explain_json(c->a, c->t, &ctx, &e, &w, &why);
	jw_end_obj(&w);
	text = ok ? arena_strndup(c->a, (const char *)c->out.p, c->out.n) : why;
	if (ok == q->fails || strstr(text, q->has) == NULL)
		fail_msg("%s -> %s: got %s, wanted %s", q->src, q->dst, text, q->has);
	if (!ok)
		return;
	doc = json_parse(c->a, buf_as_str(&c->out), JSON_DEPTH_DEFAULT, &why);
	if (doc == NULL)
		fail_msg("%s: %s", why, text);
	if (json_get_bool(doc, "allowed", false) != q->allowed ||
	    json_get_bool(doc, "partly", false) != q->partly)
		fail_msg("%s -> %s: %s", q->src, q->dst, text);
}

static void
test_explain(void **state)
{
	static const struct asked v[] = {
		{ "ann1", "web1:443", "", true, false, "\"rules\":[{\"line\":4,\"section\":\"acls\",\"number\":0", false },
		{ "1", "4:443", "tcp", true, false, "\"line\":4", false },
		{ "ann@example.com", "tag:web", "", true, false, "\"passes\":\"80,443\"", false },
		{ "ann", "100.64.0.11:80", "udp", true, false, "\"line\":4", false },
		{ "ann1", "web1:22", "", false, false, "\"why\":\"is for other traffic\"", false },
		{ "ann1", "web1:22", "", false, false, "\"why\":\"is not for 100.64.0.1\"", false },
		{ "ann", "web1:22", "", false, true, "\"left\":\"100.64.0.1\"", false },
		{ "bob1", "web1:22", "", false, false, "is not for 100.64.0.3", false },
		{ "bob1", "ann1:22", "", false, false, "\"nearest\":[]", false },
		{ "bob1", "bob:22", "", true, false, "\"line\":6", false },
		{ "bob1", "10.1.2.3:53", "udp", true, false, "\"via\":[\"tag:exit\"]", false },
		{ "bob1", "10.1.2.3:53", "tcp", false, false, "is for other traffic", false },
		{ "bob1", "172.16.0.7:53", "", false, false, "no node has an address", false },
		{ "ann2", "web1:9000", "", true, false, "\"line\":10", false },
		{ "ann1", "web1:9000", "", false, false, "asks for a posture", false },
		{ "cat", "cat:22", "", true, false, "the source has no device yet", false },
		{ "tag:new", "web1:80", "", false, false, "is not for a device of tag:new", false },
		{ "ann1", "nobody", "", false, false, "nobody", true },
		{ "nobody", "ann1", "", false, false, "nobody", true },
		{ "ghost@example.com", "ann1", "", false, false, "means nobody", true },
		{ "", "ann1", "", false, false, "is empty", true },
		{ "ann1", "autogroup:self", "", false, false, "by itself", true },
		{ "ann1", "web1:0", "", false, false, "1 to 65535", true },
		{ "ann1", "web1:70000", "", false, false, "1 to 65535", true },
		{ "ann1", "web1", "tpc", false, false, "is no protocol", true },
	};
	struct policy_case c;

	(void)state;
	policy_case_open(&c, rules, tailnet);
	for (size_t i = 0; i < COUNT(v); i++)
		ask(&c, &v[i]);
	policy_case_close(&c);
}

/* A policy without rules lets everything pass, and says so. */
static void
test_explain_all(void **state)
{
	static const struct asked q = { "bob1", "web1:22", "", true, false, "everything may pass", false };
	struct policy_case c;

	(void)state;
	policy_case_open(&c, "{}", tailnet);
	ask(&c, &q);
	policy_case_close(&c);
}

/* ---- compare ---- */

struct pair {
	const char *before, *after;
	const char *gains, *loses;	/* as compact JSON */
};

static void
compare_two(const struct pair *v)
{
	struct policy_case x, y;
	struct jw w;
	jv *doc;
	const char *gains, *loses;

	policy_case_open(&x, v->before, tailnet);
	policy_case_open(&y, v->after, tailnet);
	jw_init(&w, &x.out);
	jw_obj(&w);
	compare_json(x.a, x.t, y.t, &w);
	jw_end_obj(&w);
	doc = json_parse(x.a, buf_as_str(&x.out), JSON_DEPTH_DEFAULT, NULL);
	gains = json_dump(x.a, json_get(doc, "gains"));
	loses = json_dump(x.a, json_get(doc, "loses"));
	if (strcmp(gains, v->gains) != 0 || strcmp(loses, v->loses) != 0)
		fail_msg("%s\n%s\n gains %s\n loses %s", v->before, v->after, gains, loses);
	policy_case_close(&x);
	policy_case_close(&y);
}

#define TAGS "\"tagOwners\": {\"tag:web\": [], \"tag:exit\": []}"
#define ACLS(list) "{" TAGS ", \"acls\": [" list "]}"
#define ACL(src, dst) "{\"action\": \"accept\", \"src\": [\"" src "\"], \"dst\": [\"" dst "\"]}"
#define PROTO(proto, src, dst) "{\"action\": \"accept\", \"proto\": \"" proto "\"," \
	" \"src\": [\"" src "\"], \"dst\": [\"" dst "\"]}"
#define LINE(src, dst, access) "{\"src\":[" src "],\"dst\":[" dst "],\"access\":\"" access "\"}"

static void
test_compare(void **state)
{
	static const struct pair v[] = {
		{ ACLS(""), ACLS(""), "[]", "[]" },
		{ ACLS(""), ACLS(ACL("ann@example.com", "tag:web:80")),
		    "[" LINE("\"ann@example.com\"", "\"tag:web\"", "80") "]", "[]" },
		{ ACLS(""), ACLS(ACL("ann@example.com\", \"tag:web\", \"tag:exit", "100.64.0.11:80")),
		    "[" LINE("\"all nodes but bob@example.com\"", "\"web1\"", "80") "]", "[]" },
		{ ACLS(""), ACLS(ACL("192.0.2.1", "tag:web:80")), "[" LINE("\"192.0.2.1\"", "\"tag:web\"", "80") "]", "[]" },
		{ ACLS(""), ACLS(ACL("172.16.0.1", "tag:web:80")), "[]", "[]" },	/* nobody has it */
		/* The same in other words. */
		{ ACLS(ACL("ann@example.com", "tag:web:80-81")),
		    ACLS(ACL("100.64.0.1", "tag:web:81,80") "," ACL("100.64.0.2", "100.64.0.11:80-81") ","
			ACL("100.64.0.2", "100.64.0.12:80-81")), "[]", "[]" },
		/* A port more, a device less. */
		{ ACLS(ACL("ann@example.com", "tag:web:80")), ACLS(ACL("ann@example.com", "tag:web:80-82")),
		    "[" LINE("\"ann@example.com\"", "\"tag:web\"", "81-82") "]", "[]" },
		{ ACLS(ACL("ann@example.com", "tag:web:80")), ACLS(ACL("100.64.0.2", "tag:web:80")),
		    "[]", "[" LINE("\"ann1\"", "\"tag:web\"", "80") "]" },
		{ ACLS(ACL("ann@example.com", "tag:web:80")), ACLS(ACL("ann@example.com", "100.64.0.12:80")),
		    "[]", "[" LINE("\"ann@example.com\"", "\"web1\"", "80") "]" },
		{ ACLS(PROTO("tcp", "bob@example.com", "tag:web:80")), ACLS(PROTO("udp", "bob@example.com", "tag:web:80")),
		    "[" LINE("\"bob@example.com\"", "\"tag:web\"", "udp:80") "]",
		    "[" LINE("\"bob@example.com\"", "\"tag:web\"", "tcp:80") "]" },
		{ ACLS(""), ACLS(ACL("bob@example.com", "10.1.0.0/16:443") "," ACL("bob@example.com", "tag:web:22")),
		    "[" LINE("\"bob@example.com\"", "\"10.1.0.0/16\"", "443") ","
			LINE("\"bob@example.com\"", "\"tag:web\"", "22") "]", "[]" },
		{ ACLS(""), ACLS(ACL("autogroup:member", "autogroup:internet:*")),
		    "[" LINE("\"ann@example.com\",\"bob@example.com\"", "\"the internet\"", "*") "]", "[]" },
		{ ACLS(""), ACLS(ACL("autogroup:member", "autogroup:self:*")),
		    "[" LINE("\"ann@example.com\"", "\"ann@example.com\"", "*") ","
			LINE("\"bob@example.com\"", "\"bob@example.com\"", "*") "]", "[]" },
		{ ACLS(""), "{" TAGS ", \"acls\": [], \"ssh\": [{\"action\": \"check\", \"src\": [\"bob@example.com\"],"
		    " \"dst\": [\"tag:web\"], \"users\": [\"root\"]}]}",
		    "[" LINE("\"bob@example.com\"", "\"tag:web\"", "ssh root (check)") "]", "[]" },
		{ ACLS(""), "{" TAGS ", \"grants\": [{\"src\": [\"bob@example.com\"], \"dst\": [\"tag:web\"],"
		    " \"app\": {\"example.com/cap/x\": [{\"a\": 1}]}}]}",
		    "[" LINE("\"bob@example.com\"", "\"tag:web\"", "app example.com/cap/x [{\\\"a\\\":1}]") "]", "[]" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(v); i++)
		compare_two(&v[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_explain), cmocka_unit_test(test_explain_all),
		cmocka_unit_test(test_compare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
