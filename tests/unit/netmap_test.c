/* tests/unit/netmap_test.c -- names, routes, tags, endpoints, elections. */
#include "tests/unit/unit.h"

#include "lib/base/arena.h"
#include "lib/netmap/endpoints.h"
#include "lib/netmap/name.h"
#include "lib/netmap/routes.h"
#include "lib/netmap/tags.h"

static struct arena *a;

static int
setup(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

static void
hostnames_become_labels(void **state)
{
	static const struct { const char *host, *label; } cases[] = {
		{ "Joe's Mac mini", "joes-mac-mini" },
		{ "Test@Host", "test-host" },
		{ "mail.server", "mail-server" },
		{ "My-PC!", "my-pc" },
		{ "\xe6\x88\x91\xe7\x9a\x84", "node" },
		{ "", "node" },
		{ "---", "node" },
		{ "laptop.local", "laptop" },
		{ "laptop.localdomain.local", "laptop" },
		{ "laptop.lan", "laptop" },
		{ "-a-", "a" },
		{ "under_score", "under-score" },
		{ "a\xc3\xa9" "b", "ab" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char out[NAME_LABEL_MAX + 1];
		name_from_hostname(cases[i].host, out);
		assert_string_equal(out, cases[i].label);
		assert_true(name_label_valid(out));
	}
}

static void
long_hostnames_stay_labels(void **state)
{
	char host[200], out[NAME_LABEL_MAX + 1], more[NAME_LABEL_MAX + 1];

	(void)state;
	memset(host, 'x', sizeof(host) - 1);
	host[sizeof(host) - 1] = '\0';
	name_from_hostname(host, out);
	assert_int_equal(strlen(out), NAME_LABEL_MAX);
	name_numbered(out, 12345, more);
	assert_int_equal(strlen(more), NAME_LABEL_MAX);
	assert_true(name_label_valid(more));
	assert_true(name_follows_hostname(more, host));
}

static void
labels_are_checked(void **state)
{
	(void)state;
	assert_true(name_label_valid("a"));
	assert_true(name_label_valid("a-1"));
	assert_false(name_label_valid(""));
	assert_false(name_label_valid("A"));
	assert_false(name_label_valid("-a"));
	assert_false(name_label_valid("a-"));
	assert_false(name_label_valid("a.b"));
	assert_false(name_label_valid("Foo_Bar"));
}

static void
names_follow_hostnames(void **state)
{
	(void)state;
	assert_true(name_follows_hostname("web", "Web"));
	assert_true(name_follows_hostname("web-3", "web"));
	assert_false(name_follows_hostname("web-3x", "web"));
	assert_false(name_follows_hostname("printer", "web"));
}

static void
a_bad_name_is_shown_as_a_label(void **state)
{
	char out[NAME_LABEL_MAX + 1];

	(void)state;
	name_shown("good", 7, out);
	assert_string_equal(out, "good");
	name_shown("Bad Name!", 7, out);
	assert_string_equal(out, "bad-name-7");
	name_shown("", 7, out);
	assert_string_equal(out, "node-7");
}

static void
routes_are_sorted_sets(void **state)
{
	struct routes r = routes_parse(a,
	    "[\"10.1.0.0/16\",\"bad\",7,\"10.0.0.0/8\",\"10.1.0.0/16\",\"10.2.3.4/16\"]");

	(void)state;
	assert_string_equal(routes_json(a, &r),
	    "[\"10.0.0.0/8\",\"10.1.0.0/16\",\"10.2.0.0/16\"]");
	r = routes_parse(a, "not json");
	assert_int_equal(r.n, 0);
}

static void
exit_routes_come_in_pairs(void **state)
{
	struct routes r = routes_parse(a, "[\"10.0.0.0/8\",\"0.0.0.0/0\"]");

	(void)state;
	routes_pair_defaults(a, &r);
	assert_string_equal(routes_json(a, &r), "[\"0.0.0.0/0\",\"10.0.0.0/8\",\"::/0\"]");
	routes_pair_defaults(a, &r);
	assert_int_equal(r.n, 3);
}

static void
routes_in_force_are_in_both(void **state)
{
	struct routes x = routes_parse(a, "[\"10.0.0.0/8\",\"10.1.0.0/16\"]");
	struct routes y = routes_parse(a, "[\"10.1.0.0/16\",\"10.9.0.0/16\"]");
	struct routes both = routes_both(a, &x, &y);

	(void)state;
	assert_string_equal(routes_json(a, &both), "[\"10.1.0.0/16\"]");
}

static void
tags_are_sorted_and_checked(void **state)
{
	const char *in[] = { "tag:web", "tag:Bad", "web", "tag:db", "tag:web", NULL, "tag:" };

	(void)state;
	assert_string_equal(tags_json(a, in, COUNT(in)), "[\"tag:db\",\"tag:web\"]");
	assert_true(tags_within(a, "[\"tag:db\"]", "[\"tag:db\",\"tag:web\"]"));
	assert_false(tags_within(a, "[\"tag:x\"]", "[\"tag:db\",\"tag:web\"]"));
	assert_true(tags_within(a, "[]", "[]"));
}

static void
endpoints_are_checked(void **state)
{
	(void)state;
	assert_true(endpoint_valid("10.0.0.1:41641"));
	assert_true(endpoint_valid("[fd7a::1]:0"));
	assert_false(endpoint_valid("10.0.0.1"));
	assert_false(endpoint_valid("10.0.0.1:65536"));
	assert_false(endpoint_valid("10.0.0.1:"));
	assert_false(endpoint_valid("10.0.0.1:01"));
	assert_false(endpoint_valid("fd7a::1:5"));
	assert_false(endpoint_valid("[10.0.0.1]:5"));
	assert_string_equal(endpoints_clean(a, "[\"10.0.0.1:1\",\"x\",7]"), "[\"10.0.0.1:1\"]");
	assert_true(endpoints_same(a, "[\"10.0.0.1:1\",\"10.0.0.2:1\"]",
	    "[\"10.0.0.2:1\",\"10.0.0.1:1\"]"));
	assert_false(endpoints_same(a, "[\"10.0.0.1:1\"]", "[\"10.0.0.1:2\"]"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostnames_become_labels),
		cmocka_unit_test(long_hostnames_stay_labels),
		cmocka_unit_test(labels_are_checked),
		cmocka_unit_test(names_follow_hostnames),
		cmocka_unit_test(a_bad_name_is_shown_as_a_label),
		cmocka_unit_test(routes_are_sorted_sets),
		cmocka_unit_test(exit_routes_come_in_pairs),
		cmocka_unit_test(routes_in_force_are_in_both),
		cmocka_unit_test(tags_are_sorted_and_checked),
		cmocka_unit_test(endpoints_are_checked),
	};

	return cmocka_run_group_tests_name("netmap", tests, setup, teardown);
}
