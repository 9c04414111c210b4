/* tests/handlers/api_backfill_test.c -- /api/v1/node/backfillips: families that come and go. */
#include "tests/handlers/api.h"

#define TARGET "/api/v1/node/backfillips?confirmed=true"

static int
setup(void **state)
{
	struct asker *k;

	ask_setup(state);
	k = *state;
	k->cfg.have_v4 = prefix_read(STR("100.64.0.0/10"), &k->cfg.v4);
	k->cfg.allocation = ALLOC_SEQUENTIAL;
	add_user(k, "alice");
	for (int i = 1; i <= 3; i++)
		add_node(k, i == 3 ? 0 : 1, i, i);
	return 0;
}

/* The answer's lines. */
static const char *
changes(struct asker *k)
{
	assert_status(k, 200, "POST", TARGET, NULL);
	return json_dump(k->a, json_get(api_json(k), "changes"));
}

static struct node
node_of(struct asker *k, int64_t id)
{
	struct node n;

	assert_int_equal(store_node_by_id(k->db, k->a, id, &n), OK);
	return n;
}

static void
must_be_confirmed(void **state)
{
	struct asker *k = *state;

	k->cfg.have_v6 = prefix_read(STR("fd7a:115c:a1e0::/48"), &k->cfg.v6);
	assert_refused(k, 400, "not confirmed, aborting", "POST", "/api/v1/node/backfillips", NULL);
	assert_refused(k, 400, "not confirmed", "POST", "/api/v1/node/backfillips?confirmed=false",
	    NULL);
	assert_refused(k, 400, "true or false", "POST", "/api/v1/node/backfillips?confirmed=yes",
	    NULL);
	assert_null(node_of(k, 1).ipv6);
}

static void
a_new_family_is_given(void **state)
{
	struct asker *k = *state;
	int64_t before = last_change(k);
	const char *text;

	assert_string_equal(changes(k), "[]");
	assert_int_equal(last_change(k), before);
	k->cfg.have_v6 = prefix_read(STR("fd7a:115c:a1e0::/48"), &k->cfg.v6);
	text = changes(k);
	assert_has(text, "assigned IPv6 \\\"fd7a:115c:a1e0::1\\\" to Node(1) \\\"n1\\\"");
	assert_has(text, "\\\"fd7a:115c:a1e0::3\\\" to Node(3)");
	assert_lacks(text, "IPv4");
	assert_string_equal(node_of(k, 2).ipv6, "fd7a:115c:a1e0::2");
	assert_string_equal(node_of(k, 2).ipv4, "100.64.0.2");
	assert_true(last_change(k) > before);
	assert_string_equal(changes(k), "[]");
}

static void
a_family_that_is_off_is_taken_away(void **state)
{
	struct asker *k = *state;
	const char *text;

	k->cfg.have_v6 = prefix_read(STR("fd7a:115c:a1e0::/48"), &k->cfg.v6);
	(void)changes(k);
	k->cfg.have_v4 = false;
	text = changes(k);
	assert_has(text, "removing IPv4 \\\"100.64.0.1\\\" from Node(1) \\\"n1\\\"");
	assert_lacks(text, "IPv6");
	assert_null(node_of(k, 1).ipv4);
	assert_non_null(node_of(k, 1).ipv6);

	/* Both ways at once, and the addresses that were given up are given again. */
	k->cfg.have_v4 = true;
	k->cfg.have_v6 = false;
	text = changes(k);
	assert_has(text, "assigned IPv4 \\\"100.64.0.1\\\"");
	assert_has(text, "removing IPv6");
	assert_null(node_of(k, 3).ipv6);
}

/* Three nodes, one address: none of them changes. */
static void
too_few_addresses(void **state)
{
	struct asker *k = *state;

	k->cfg.have_v6 = prefix_read(STR("fd7a:115c:a1e0::1/128"), &k->cfg.v6);
	assert_refused(k, 409, "the prefix is used up", "POST", TARGET, NULL);
	assert_has(ask_body(k), "node 2");
	assert_null(node_of(k, 1).ipv6);
}

static void
the_pool_of_the_policy_counts(void **state)
{
	struct asker *k = *state;

	assert_status(k, 200, "PUT", "/api/v1/policy", "{\"policy\":\"{\\\"tagOwners\\\":"
	    "{\\\"tag:web\\\":[]},\\\"nodeAttrs\\\":[{\\\"target\\\":[\\\"tag:web\\\"],"
	    "\\\"ipPool\\\":[\\\"100.99.0.0/24\\\"]}]}\"}");
	assert_int_equal(store_node_set_addresses(k->db, 3, NULL, NULL), OK);
	assert_int_equal(store_node_set_addresses(k->db, 1, NULL, NULL), OK);
	(void)changes(k);
	assert_has(node_of(k, 3).ipv4, "100.99.0.");
	assert_has(node_of(k, 1).ipv4, "100.64.0.");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(must_be_confirmed, setup, ask_teardown),
		cmocka_unit_test_setup_teardown(a_new_family_is_given, setup, ask_teardown),
		cmocka_unit_test_setup_teardown(a_family_that_is_off_is_taken_away, setup, ask_teardown),
		cmocka_unit_test_setup_teardown(too_few_addresses, setup, ask_teardown),
		cmocka_unit_test_setup_teardown(the_pool_of_the_policy_counts, setup, ask_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
