/* tests/unit/tailnet_test.c -- a tailnet in a file: what is taken, and what is refused where. */
#include "lib/policy/tailnet.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/unit.h"

struct fixture {
	struct arena *a;
	struct net *t;
	struct tailnet tailnet;
	struct policy_errors errs;
};

static bool
load(struct fixture *f, const char *text)
{
	f->a = arena_new();
	f->t = net_new();
	f->errs = (struct policy_errors){ .n = 0 };
	return tailnet_read(f->a, str_of(text), f->t, &f->tailnet, &f->errs);
}

static void
unload(struct fixture *f)
{
	net_free(f->t);
	arena_free(f->a);
}

static const char good[] =
	"{ // two routers for one network\n"
	"\"users\": [{\"id\": 7, \"name\": \"ann\", \"email\": \"ann@example.com\"},\n"
	"           {\"id\": 9, \"name\": \"bob\", \"role\": \"it-admin\"}],\n"
	"\"nodes\": {\n"
	" \"r2\": {\"tags\": [\"tag:r\"], \"ipv4\": \"100.64.0.2\", \"routable_ips\": [\"10.0.0.0/8\", \"10.1.0.0/16\", \"0.0.0.0/0\"],\n"
	"          \"approved_routes\": [\"0.0.0.0/0\", \"10.0.0.0/8\", \"172.16.0.0/12\"]},\n"
	" \"r1\": {\"tags\": [\"tag:r\", \"tag:q\"], \"ipv4\": \"100.64.0.1\", \"ipv6\": \"fd7a:115c:a1e0::1\",\n"
	"          \"routable_ips\": [\"10.0.0.0/8\", \"0.0.0.0/0\"], \"approved_routes\": [\"0.0.0.0/0\", \"10.0.0.0/8\"]},\n"
	" \"laptop\": {\"user\": \"ann\", \"hostname\": \"laptop\", \"tags\": null, \"ipv4\": \"100.64.0.3\",\n"
	"              \"os\": \"macOS\", \"version\": \"1.80.0\", \"auto_update\": true,\n"
	"              \"attributes\": {\"custom:tier\": \"prod\", \"custom:score\": 50, \"custom:ok\": true}},\n"
	"},\n"
	"\"tailnet\": {\"owner\": \"ann@example.com\", \"domains\": [\"example.com\"], \"dns\": {}, \"settings\": {}},\n"
	"}";

static void
test_good(void **state)
{
	struct fixture f;
	const struct net_node *n;
	size_t users;

	(void)state;
	assert_true(load(&f, good));
	assert_int_equal(net_count(f.t), 3);
	n = net_node(f.t, 1);
	assert_string_equal(n->name, "r2");
	assert_int_equal(n->user_id, 0);
	assert_int_equal(n->n_routes, 2);	/* 10.1/16 is not approved, 172.16/12 not announced */
	assert_int_equal(n->n_primary, 2);	/* the first in the file */
	n = net_node(f.t, 2);
	assert_int_equal(n->n_tags, 2);
	assert_int_equal(n->ip6.family, 6);
	assert_int_equal(n->n_routes, 2);
	assert_int_equal(n->n_primary, 1);	/* as an exit node */
	assert_true(prefix_is_default(&n->primary[0]));
	n = net_node(f.t, 3);
	assert_string_equal(net_user(f.t, n->user_id)->name, "ann");
	assert_int_equal(net_user(f.t, n->user_id)->role, ROLE_OWNER);
	assert_string_equal(n->posture.os, "macOS");
	assert_true(n->posture.ts_auto_update);
	assert_int_equal(n->posture.n_custom, 3);
	assert_string_equal(n->posture.custom[0].name, "custom:tier");
	assert_string_equal(n->posture.custom[0].value, "prod");
	assert_string_equal(n->posture.custom[1].value, "50");
	assert_string_equal(n->posture.custom[2].value, "true");
	assert_int_equal(net_users(f.t, &users)[1].role, ROLE_IT_ADMIN);
	assert_int_equal(users, 2);
	assert_int_equal(f.tailnet.ctx.n_domains, 1);
	unload(&f);
}

#define NODE(body) "{\"users\": [{\"name\": \"ann\"}], \"nodes\": {\"n\": {" body "}}}"
#define USERS(list) "{\"users\": " list ", \"nodes\": {}}"

static void
test_bad(void **state)
{
	static const struct { const char *text, *why; } cases[] = {
		{ "", "empty" },
		{ "[1]", "no object" },
		{ "{\"users\": []}", "\"nodes\" is missing" },
		{ "{\"users\": [], \"nodes\": null}", "cannot be null" },
		{ "{\"users\": [], \"nodes\": {}, \"extra\": 1}", "unknown member \"extra\"" },
		{ "{\"users\": {}, \"nodes\": {}}", "wrong type" },
		{ USERS("[{\"name\": \"\"}]"), "without a name" },
		{ USERS("[{\"name\": \"a\"}, {\"name\": \"a\"}]"), "two users are called \"a\"" },
		{ USERS("[{\"name\": \"a\", \"id\": -1}]"), "no positive integer" },
		{ USERS("[{\"name\": \"a\", \"id\": 1.5}]"), "no positive integer" },
		{ USERS("[{\"name\": \"a\", \"role\": \"king\"}]"), "no role \"king\"" },
		{ USERS("[7]"), "user is no object" },
		{ NODE(""), "either a user or tags" },
		{ NODE("\"user\": \"ann\", \"tags\": [\"tag:a\"]"), "either a user or tags" },
		{ NODE("\"user\": \"bob\""), "there is no user \"bob\"" },
		{ NODE("\"tags\": [\"web\"]"), "\"web\" is no tag" },
		{ NODE("\"tags\": [7]"), "takes text" },
		{ NODE("\"user\": \"ann\", \"ipv4\": \"fd7a::1\""), "no IPv4 address" },
		{ NODE("\"user\": \"ann\", \"ipv6\": \"100.64.0.1\""), "no IPv6 address" },
		{ NODE("\"user\": \"ann\", \"ipv4\": \"100.64.0.256\""), "no IPv4 address" },
		{ NODE("\"user\": \"ann\", \"ipv4\": 5"), "wrong type" },
		{ NODE("\"user\": \"ann\", \"routable_ips\": [\"10.0.0.0\"]"), "is no prefix" },
		{ NODE("\"user\": \"ann\", \"routable_ips\": [\"10.0.0.1/8\"]"), "is no prefix" },
		{ NODE("\"user\": \"ann\", \"id\": 0"), "no positive integer" },
		{ NODE("\"user\": \"ann\", \"approved_route\": []"), "unknown member" },
		{ "{\"users\": [{\"name\": \"a\"}], \"nodes\": {\"x\": {\"user\": \"a\", \"id\": 2},"
		    " \"y\": {\"user\": \"a\"}}}", "have the same id" },
		{ "{\"users\": [{\"name\": \"a\"}], \"nodes\": {"
		    "\"x\": {\"user\": \"a\", \"ipv4\": \"100.64.0.1\"},"
		    " \"y\": {\"user\": \"a\", \"ipv4\": \"100.64.0.1\"}}}", "have the same address" },
		{ "{\"users\": [], \"nodes\": {}, \"tailnet\": {\"owner\": \"x\"}}",
		    "no user is the owner \"x\"" },
		{ "{\"users\": [], \"nodes\": {}, \"tailnet\": {\"domains\": [1]}}", "takes text" },
	};
	struct fixture f;
	const char *text;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (load(&f, cases[i].text))
			fail_msg("accepted: %s", cases[i].text);
		text = policy_errors_text(f.a, &f.errs);
		if (strstr(text, cases[i].why) == NULL)
			fail_msg("%s: got \"%s\", wanted \"%s\"", cases[i].text, text, cases[i].why);
		assert_int_equal(net_count(f.t), 0);
		unload(&f);
	}
}

/* A mistake is reported where it stands. */
static void
test_place(void **state)
{
	struct fixture f;

	(void)state;
	assert_false(load(&f, "{\"users\": [],\n \"nodes\": {\n  \"n\": {\"tags\": [\"tag:a\"],\n"
	    "   \"ipv4\": \"x\"}}}"));
	assert_int_equal(f.errs.v[0].at.line, 4);
	unload(&f);
}

/* The owner by the local part, as a user may have no e-mail address. */
static void
test_owner(void **state)
{
	struct fixture f;
	size_t n;

	(void)state;
	assert_true(load(&f, "{\"users\": [{\"name\": \"ann\"}], \"nodes\": {},"
	    " \"tailnet\": {\"owner\": \"ann@example.com\"}}"));
	assert_int_equal(net_users(f.t, &n)[0].role, ROLE_OWNER);
	unload(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good), cmocka_unit_test(test_bad),
		cmocka_unit_test(test_place), cmocka_unit_test(test_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
