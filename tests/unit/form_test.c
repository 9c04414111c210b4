/* tests/unit/form_test.c -- bodies of application/x-www-form-urlencoded. */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "lib/http/form.h"

static struct arena *a;
static struct form f;

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
fields_are_decoded(void **state)
{
	(void)state;
	assert_null(form_read(a, STR("a=1&b=x+y%26z&&c&=v&a=2&%61b=%C3%A9"), &f));
	assert_int_equal(f.n, 6);
	assert_string_equal(form_get(&f, "a"), "1");
	assert_int_equal(form_count(&f, "a"), 2);
	assert_string_equal(form_get(&f, "b"), "x y&z");
	assert_string_equal(form_get(&f, "c"), "");
	assert_string_equal(form_get(&f, ""), "v");
	assert_string_equal(form_get(&f, "ab"), "\xc3\xa9");
	assert_null(form_get(&f, "d"));
	assert_int_equal(form_count(&f, "d"), 0);
}

static void
nothing_is_an_empty_form(void **state)
{
	(void)state;
	assert_null(form_read(a, (struct str){ NULL, 0 }, &f));
	assert_int_equal(f.n, 0);
	assert_null(form_read(a, STR("&&&"), &f));
	assert_int_equal(f.n, 0);
}

static void
bad_escapes_are_refused(void **state)
{
	static const char *const bad[] = { "a=%", "a=%4", "a=%zz", "%00=1", "a=%00", "a=%ff",
		"a=%c0%80", "a=%ed%a0%80" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_string_equal(form_read(a, str_of(bad[i]), &f), "is badly escaped");
}

static void
there_are_limits(void **state)
{
	char *big = calloc(1, FORM_BODY_MAX + 2);

	(void)state;
	for (size_t i = 0; i < FORM_FIELDS_MAX; i++)
		strcat(big, "&a=1");
	assert_null(form_read(a, str_of(big), &f));
	assert_int_equal(f.n, FORM_FIELDS_MAX);
	strcat(big, "&a=1");
	assert_string_equal(form_read(a, str_of(big), &f), "has too many fields");
	memset(big, 'x', FORM_BODY_MAX + 1);
	assert_string_equal(form_read(a, str_of(big), &f), "is too long");
	assert_null(form_read(a, (struct str){ big, FORM_BODY_MAX }, &f));
	free(big);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_decoded),
		cmocka_unit_test(nothing_is_an_empty_form),
		cmocka_unit_test(bad_escapes_are_refused),
		cmocka_unit_test(there_are_limits),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
