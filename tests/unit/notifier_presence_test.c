/* tests/unit/notifier_presence_test.c -- reports of who came and went, and their races. */
#include "notifier/presence_set.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

#define GRACE 10000

static void
assert_report(struct presence_set *p, int64_t now, const char *want)
{
	struct buf b;

	buf_init(&b, 10000);
	assert_int_equal(presence_collect(p, now, &b), *want != '\0');
	assert_str(buf_as_str(&b), want);
	buf_fini(&b);
}

static int
setup(void **state)
{
	struct presence_set *p = calloc(1, sizeof(*p));

	presence_set_init(p, GRACE);
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	presence_set_fini(*state);
	free(*state);
	return 0;
}

static void
gone_after_the_grace(void **state)
{
	struct presence_set *p = *state;

	presence_gone(p, 7, 555, 1000);
	assert_report(p, 10999, "");
	assert_report(p, 11000, "-7 555\n");
	presence_done(p, true, 11010);
	assert_report(p, 11200, "");
}

static void
back_within_the_grace(void **state)
{
	struct presence_set *p = *state;

	presence_gone(p, 7, 555, 1000);
	presence_open(p, 7, 5000);
	assert_report(p, 20000, "");
	assert_false(presence_pending(p));
}

/* The map request set it online before the '-' was taken. */
static void
opens_while_the_report_is_under_way(void **state)
{
	struct presence_set *p = *state;

	presence_gone(p, 7, 555, 1000);
	assert_report(p, 11000, "-7 555\n");
	presence_open(p, 7, 11001);
	presence_done(p, true, 11010);
	assert_report(p, 11200, "+7\n");
	presence_done(p, true, 11210);
	assert_report(p, 11400, "");
}

/* Its request was on the way when the report was, and is answered later. */
static void
opens_after_a_report_that_it_crossed(void **state)
{
	struct presence_set *p = *state;

	presence_gone(p, 7, 555, 1000);
	assert_report(p, 11000, "-7 555\n");
	presence_done(p, true, 11010);
	presence_open(p, 7, 11005);
	assert_report(p, 11200, "+7\n");
	presence_done(p, true, 11210);
	presence_open(p, 7, 11300);	/* asked after the report: no doubt */
	assert_report(p, 11400, "");
}

static void
failed_reports_are_repeated(void **state)
{
	struct presence_set *p = *state;

	presence_gone(p, 7, 555, 1000);
	presence_gone(p, 8, 556, 1000);
	assert_report(p, 11000, "-7 555\n-8 556\n");
	presence_open(p, 8, 11001);
	presence_done(p, false, 11010);
	assert_report(p, 11100, "+8\n");	/* in case it was taken after all */
	presence_done(p, false, 11110);
	assert_report(p, 12010, "-7 555\n+8\n");
	presence_done(p, true, 12020);
	assert_report(p, 13000, "");
}

static void
gone_again_before_the_plus(void **state)
{
	struct presence_set *p = *state;

	presence_gone(p, 7, 555, 1000);
	assert_report(p, 11000, "-7 555\n");
	presence_open(p, 7, 11001);
	presence_gone(p, 7, 777, 11002);
	presence_done(p, true, 11010);
	assert_report(p, 11200, "");
	assert_report(p, 21002, "-7 777\n");
	presence_done(p, true, 21010);
}

static void
full_reports_are_crossed_too(void **state)
{
	struct presence_set *p = *state;

	presence_sync_begin(p);
	presence_open(p, 3, 90);
	presence_done(p, true, 100);
	presence_open(p, 4, 95);
	presence_open(p, 5, 101);
	assert_report(p, 200, "+3\n+4\n");
	presence_done(p, true, 210);
}

static void
forgets(void **state)
{
	struct presence_set *p = *state;

	presence_gone(p, 7, 555, 0);
	assert_report(p, GRACE, "-7 555\n");
	presence_done(p, true, GRACE);
	assert_report(p, GRACE + PRESENCE_MEMORY_MS, "");
	assert_true(presence_pending(p));
	assert_report(p, GRACE + PRESENCE_MEMORY_MS + 1, "");
	assert_false(presence_pending(p));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(gone_after_the_grace),
		TEST(back_within_the_grace),
		TEST(opens_while_the_report_is_under_way),
		TEST(opens_after_a_report_that_it_crossed),
		TEST(failed_reports_are_repeated),
		TEST(gone_again_before_the_plus),
		TEST(full_reports_are_crossed_too),
		TEST(forgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
