/* tests/unit/posture_test.c -- posture terms against devices and against what a test gives. */
#include "lib/policy/posture.h"
#include "tests/unit/unit.h"

static const struct net_posture mac = {
	.os = "macOS", .os_version = "13.4.1", .ts_version = "1.102.5-t7ef28c95f-g12", .ts_track = "",
	.ts_auto_update = true,
};
static const struct net_posture blank = {
	.os = "", .os_version = "", .ts_version = "", .ts_track = "",
};

static bool
holds1(const struct net_posture *of, const char *attr, enum posture_op op, const char *value)
{
	struct posture_term t = { attr, op, &value, value ? 1 : 0 };
	struct policy_posture p = { .name = "posture:x", .terms = &t, .n_terms = 1 };

	return posture_holds(&p, of);
}

static void
text_is_compared_whole(void **state)
{
	(void)state;
	assert_true(holds1(&mac, "node:os", POSTURE_EQ, "macos"));
	assert_true(holds1(&mac, "node:os", POSTURE_EQ, "macOS"));
	assert_false(holds1(&mac, "node:os", POSTURE_EQ, "mac"));
	assert_true(holds1(&mac, "node:os", POSTURE_NE, "windows"));
	assert_false(holds1(&mac, "node:os", POSTURE_NE, "macos"));
	assert_true(holds1(&mac, "node:tsReleaseTrack", POSTURE_EQ, "stable"));
	assert_false(holds1(&mac, "node:tsReleaseTrack", POSTURE_EQ, "Stable"));
}

static void
lists(void **state)
{
	const char *v[] = { "linux", "macos" };
	struct posture_term in = { "node:os", POSTURE_IN, v, 2 }, not_in = in;
	struct policy_posture p = { .terms = &in, .n_terms = 1 }, q = { .terms = &not_in, .n_terms = 1 };

	(void)state;
	not_in.op = POSTURE_NOT_IN;
	assert_true(posture_holds(&p, &mac));
	assert_false(posture_holds(&q, &mac));
	in.n_values = not_in.n_values = 1;
	assert_false(posture_holds(&p, &mac));
	assert_true(posture_holds(&q, &mac));
}

static void
versions_are_numbers(void **state)
{
	static const struct { enum posture_op op; const char *value; bool want; } c[] = {
		{ POSTURE_GE, "1.40", true }, { POSTURE_GE, "1.102.5", true },
		{ POSTURE_GE, "1.102.6", false }, { POSTURE_GT, "1.102.5", false },
		{ POSTURE_GT, "1.102", true }, { POSTURE_LT, "1.103", true },
		{ POSTURE_LT, "1.9", false }, { POSTURE_LE, "1.102.5", true },
		{ POSTURE_LE, "1.102.4", false }, { POSTURE_EQ, "1.102.5", true },
		{ POSTURE_EQ, "1.102.5.0", true }, { POSTURE_EQ, "1.102", false },
		{ POSTURE_NE, "1.102.5", false }, { POSTURE_NE, "1.102.50", true },
		{ POSTURE_GE, "", false }, { POSTURE_LE, "", false },
		{ POSTURE_GE, "new", false }, { POSTURE_LT, "new", false },
		{ POSTURE_LT, "99999999999999999999999999.1", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(c); i++)
		if (holds1(&mac, "node:tsVersion", c[i].op, c[i].value) != c[i].want)
			fail_msg("case %zu: %s", i, c[i].value);
	assert_true(holds1(&mac, "node:osVersion", POSTURE_GE, "13"));
	assert_false(holds1(&mac, "node:osVersion", POSTURE_GE, "13.5"));
}

static void
truths(void **state)
{
	(void)state;
	assert_true(holds1(&mac, "node:tsAutoUpdate", POSTURE_EQ, "true"));
	assert_false(holds1(&mac, "node:tsStateEncrypted", POSTURE_EQ, "true"));
	assert_true(holds1(&mac, "node:tsStateEncrypted", POSTURE_EQ, "false"));
	assert_true(holds1(&mac, "node:tsStateEncrypted", POSTURE_NE, "true"));
}

/* A device that says nothing must not get through by NE or NOT IN. */
static void
the_unknown_satisfies_nothing(void **state)
{
	static const char *attrs[] = {
		"node:os", "node:osVersion", "node:tsVersion", "node:tsReleaseTrack", "custom:tier",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(attrs); i++) {
		for (int op = POSTURE_EQ; op <= POSTURE_NOT_IN; op++)
			assert_false(holds1(&blank, attrs[i], (enum posture_op)op, "1"));
		assert_false(holds1(&blank, attrs[i], POSTURE_IS_SET, NULL));
		assert_true(holds1(&blank, attrs[i], POSTURE_NOT_SET, NULL));
	}
	assert_true(holds1(&mac, "node:os", POSTURE_IS_SET, NULL));
	assert_false(holds1(&mac, "node:os", POSTURE_NOT_SET, NULL));
}

/* What an administrator has set: text as it is, numbers in their order. */
static void
custom_attributes(void **state)
{
	static const struct net_custom custom[] = {
		{ "custom:managed", "true" }, { "custom:score", "75" }, { "custom:tier", "prod" },
	};
	struct net_posture p = mac;

	(void)state;
	p.custom = custom;
	p.n_custom = 3;
	assert_true(holds1(&p, "custom:tier", POSTURE_EQ, "prod"));
	assert_false(holds1(&p, "custom:tier", POSTURE_EQ, "Prod"));
	assert_false(holds1(&p, "custom:tier", POSTURE_NE, "prod"));
	assert_true(holds1(&p, "custom:managed", POSTURE_EQ, "true"));
	assert_true(holds1(&p, "custom:score", POSTURE_EQ, "75"));
	assert_true(holds1(&p, "custom:score", POSTURE_GE, "9"));
	assert_false(holds1(&p, "custom:score", POSTURE_GT, "100"));
	assert_false(holds1(&p, "custom:tier", POSTURE_GE, "1"));
	assert_true(holds1(&p, "custom:none", POSTURE_NOT_SET, NULL));
	assert_true(holds1(&p, "custom:tier", POSTURE_IS_SET, NULL));
	assert_false(holds1(&p, "custom:none", POSTURE_NE, "prod"));
}

static void
custom_names_and_values(void **state)
{
	static const char fifty[] = "custom:8901234567890123456789012345678901234567890123";

	(void)state;
	assert_true(posture_custom_name(STR("custom:a_B:9")));
	assert_false(posture_custom_name(STR("custom:")));
	assert_false(posture_custom_name(STR("node:os")));
	assert_false(posture_custom_name(STR("custom:a-b")));
	assert_false(posture_custom_name(STR("custom:a b")));
	assert_false(posture_custom_name(STR("custom:a\0b")));
	assert_true(posture_custom_name((struct str){ fifty, 50 }));
	assert_false(posture_custom_name(STR("custom:4567890123456789012345678901234567890123456_x")));
	assert_true(posture_custom_value(STR("1.2_x")));
	assert_false(posture_custom_value(STR("")));
	assert_false(posture_custom_value(STR("a b")));
	assert_false(posture_custom_value(STR("\xc3\xa4")));
}

static void
track_follows_the_version(void **state)
{
	struct net_posture odd = mac, told = mac, none = mac;

	(void)state;
	odd.ts_version = "1.103.12";
	told.ts_track = "unstable";
	none.ts_version = "1";
	assert_true(holds1(&odd, "node:tsReleaseTrack", POSTURE_EQ, "unstable"));
	assert_true(holds1(&told, "node:tsReleaseTrack", POSTURE_EQ, "unstable"));
	assert_false(holds1(&none, "node:tsReleaseTrack", POSTURE_IS_SET, NULL));
}

/* All terms of a posture, one posture of a rule, none if the rule has none. */
static void
all_terms_any_posture(void **state)
{
	const char *os = "macos", *linux_ = "linux", *old = "1.40";
	const struct posture_term fresh_mac[] = {
		{ "node:os", POSTURE_EQ, &os, 1 }, { "node:tsVersion", POSTURE_GE, &old, 1 },
	};
	const struct posture_term is_linux[] = { { "node:os", POSTURE_EQ, &linux_, 1 } };
	struct policy_posture v[] = {
		{ .terms = fresh_mac, .n_terms = 2 }, { .terms = is_linux, .n_terms = 1 },
	};
	const struct policy pol = { .postures = v, .n_postures = 2 };
	const uint32_t both[] = { 1, 0 };
	struct net_posture stale = mac;

	(void)state;
	stale.ts_version = "1.38.1";
	assert_true(posture_any_holds(&pol, both, 2, &mac));
	assert_false(posture_any_holds(&pol, both, 1, &mac));
	assert_false(posture_any_holds(&pol, both, 2, &stale));
	assert_true(posture_any_holds(&pol, both, 0, &stale));
}

static void
a_test_gives_its_own(void **state)
{
	const char *tier = "prod", *ver = "1.50", *min = "1.40", *os = "macos";
	const struct posture_term want[] = {
		{ "custom:tier", POSTURE_EQ, &tier, 1 }, { "node:tsVersion", POSTURE_GE, &min, 1 },
	};
	struct policy_posture v[] = { { .terms = want, .n_terms = 2 } };
	const struct policy pol = { .postures = v, .n_postures = 1 };
	struct posture_term given[] = {
		{ "node:os", POSTURE_EQ, &os, 1 }, { "custom:tier", POSTURE_EQ, &tier, 1 },
		{ "node:tsVersion", POSTURE_EQ, &ver, 1 },
	};
	const uint32_t first = 0;

	(void)state;
	assert_true(posture_any_given(&pol, &first, 1, &(struct posture_given){ given, 3 }));
	assert_false(posture_any_given(&pol, &first, 1, &(struct posture_given){ given, 2 }));
	assert_false(posture_any_given(&pol, &first, 1, &(struct posture_given){ NULL, 0 }));
	assert_true(posture_any_given(&pol, NULL, 0, &(struct posture_given){ NULL, 0 }));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_compared_whole),
		cmocka_unit_test(lists),
		cmocka_unit_test(versions_are_numbers),
		cmocka_unit_test(truths),
		cmocka_unit_test(the_unknown_satisfies_nothing),
		cmocka_unit_test(custom_attributes),
		cmocka_unit_test(custom_names_and_values),
		cmocka_unit_test(track_follows_the_version),
		cmocka_unit_test(all_terms_any_posture),
		cmocka_unit_test(a_test_gives_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
