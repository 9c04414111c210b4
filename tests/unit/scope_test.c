/* tests/unit/scope_test.c -- scopes are a lattice, and roles are points of it. */
#include "tests/unit/unit.h"

#include "lib/access/scope.h"

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

static uint64_t seed = 88172645463325252u;

static uint64_t
draw(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* A closed set of a few scopes. */
static scope_set
draw_set(void)
{
	scope_set set = 0;
	int n = (int)(draw() % 5);

	while (n-- > 0)
		set = scope_add(set, (enum scope)(1 + draw() % (SCOPE_COUNT - 1)));
	return set;
}

static bool
ends_in_read(const char *name)
{
	size_t n = strlen(name);

	return n > 5 && strcmp(name + n - 5, ":read") == 0;
}

static void
every_scope_has_a_name_and_its_reading(void **state)
{
	enum scope s;

	(void)state;
	assert_string_equal(scope_name(SCOPE_NONE), "");
	for (int i = SCOPE_NONE + 1; i < SCOPE_COUNT; i++) {
		const char *name = scope_name((enum scope)i);

		assert_true(scope_read(str_of(name), &s));
		assert_int_equal(s, i);
		assert_int_equal(ends_in_read(name), i % 2 == 1);
		if (i % 2 == 0)
			assert_string_equal(scope_name((enum scope)(i - 1)),
			    arena_printf(a, "%s:read", name));
	}
	assert_false(scope_read(STR(""), &s));
	assert_false(scope_read(STR("ALL"), &s));
	assert_false(scope_read(STR("all:read:read"), &s));
}

/* What one scope gives is what the names say. */
static void
one_scope_gives_what_its_name_says(void **state)
{
	(void)state;
	for (int i = SCOPE_NONE + 1; i < SCOPE_COUNT; i++) {
		scope_set set = scope_add(0, (enum scope)i);

		assert_true(scope_has(set, SCOPE_NONE));
		for (int j = SCOPE_NONE + 1; j < SCOPE_COUNT; j++) {
			bool want = i == j || i == SCOPE_ALL ||
			    (i == SCOPE_ALL_READ && j % 2 == 1) || (i % 2 == 0 && j == i - 1);

			if (scope_has(set, (enum scope)j) != want)
				fail_msg("%s and %s", scope_name((enum scope)i),
				    scope_name((enum scope)j));
		}
	}
}

static void
sets_are_closed_and_ordered(void **state)
{
	(void)state;
	for (int i = 0; i < 20000; i++) {
		scope_set x = draw_set(), y = draw_set(), z = draw_set();
		enum scope s = (enum scope)(1 + draw() % (SCOPE_COUNT - 1));

		/* Adding grows, once, in any order. */
		assert_true(scope_within(x, scope_add(x, s)));
		assert_true(scope_add(scope_add(x, s), s) == scope_add(x, s));
		assert_true(scope_has(scope_add(x, s), s));
		/* An order: reflexive, antisymmetric, transitive. */
		assert_true(scope_within(x, x));
		if (scope_within(x, y) && scope_within(y, x))
			assert_true(((x ^ y) & ~(scope_set)1) == 0);
		if (scope_within(x, y) && scope_within(y, z))
			assert_true(scope_within(x, z));
		/* What two have in common is in both; a member of it is a member of both. */
		assert_true(scope_within(x & y, x) && scope_within(x & y, y));
		assert_true(scope_has(x & y, s) == (scope_has(x, s) && scope_has(y, s)));
		/* A set within holds no more. */
		if (scope_within(x, y) && scope_has(x, s))
			assert_true(scope_has(y, s));
	}
}

static void
text_and_set_say_the_same(void **state)
{
	struct str bad;
	scope_set back;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		scope_set x = draw_set();
		const char *text = scope_text(a, x);

		assert_true(scope_read_list(str_of(text), &back, &bad));
		assert_true(scope_within(x, back) && scope_within(back, x));
		assert_true(scope_read_known(text) == back);
		arena_reset(a);
	}
	assert_string_equal(scope_text(a, SCOPES_ALL), "all");
	assert_string_equal(scope_text(a, 0), "");
	assert_string_equal(scope_text(a, scope_add(scope_add(0, SCOPE_DNS_READ), SCOPE_DNS)), "dns");
}

static void
lists_are_read_strictly_and_stored_ones_kindly(void **state)
{
	struct str bad;
	scope_set set;

	(void)state;
	assert_true(scope_read_list(STR("  dns   users:read "), &set, &bad));
	assert_true(scope_has(set, SCOPE_DNS) && scope_has(set, SCOPE_USERS_READ));
	assert_false(scope_has(set, SCOPE_USERS));
	assert_false(scope_read_list(STR("dns pizza users"), &set, &bad));
	assert_true(str_is(bad, "pizza"));
	set = scope_read_known("dns pizza users");
	assert_true(scope_has(set, SCOPE_DNS) && scope_has(set, SCOPE_USERS));
}

/* Each reads what it may change; the order of power that people expect. */
static void
roles_are_closed_and_ordered(void **state)
{
	static const char *const roles[] = { "owner", "admin", "network-admin", "it-admin",
		"auditor", "billing-admin", "member" };

	(void)state;
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		scope_set set = scope_of_role(roles[i]), again = 0;

		for (int s = SCOPE_NONE + 1; s < SCOPE_COUNT; s++)
			if (scope_has(set, (enum scope)s))
				again = scope_add(again, (enum scope)s);
		assert_true(scope_within(again, set));
		assert_true(scope_within(set, scope_of_role("owner")));
	}
	assert_true(scope_of_role("owner") == SCOPES_ALL);
	assert_true(scope_of_role("admin") == SCOPES_ALL);
	for (int i = 2; i < 4; i++) {
		assert_true(scope_within(scope_of_role("auditor"), scope_of_role(roles[i])));
		assert_false(scope_has(scope_of_role(roles[i]), SCOPE_API_KEYS));
		assert_false(scope_has(scope_of_role(roles[i]), SCOPE_OAUTH_KEYS));
		assert_false(scope_has(scope_of_role(roles[i]), SCOPE_ALL));
	}
	assert_false(scope_has(scope_of_role("auditor"), SCOPE_USERS));
	assert_true(scope_within(scope_of_role("member"), 0));
	assert_true(scope_within(scope_of_role("billing-admin"), 0));
	assert_true(scope_of_role("Owner") == 0 && scope_of_role("") == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_scope_has_a_name_and_its_reading),
		cmocka_unit_test(one_scope_gives_what_its_name_says),
		cmocka_unit_test(sets_are_closed_and_ordered),
		cmocka_unit_test(text_and_set_say_the_same),
		cmocka_unit_test(lists_are_read_strictly_and_stored_ones_kindly),
		cmocka_unit_test(roles_are_closed_and_ordered),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
