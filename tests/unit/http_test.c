/* tests/unit/http_test.c -- targets, parameters, headers and statuses. */
#include "lib/http/req.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct req rq;

static int
setup(void **state)
{
	(void)state;
	rq = (struct req){ .arena = arena_new() };
	req_begin(&rq);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	req_end(&rq);
	arena_free(rq.arena);
	return 0;
}

static void
target_is_taken_apart(void **state)
{
	(void)state;
	req_target(&rq, STR("/a%20b/%c3%a4?x=1&y=%41+b&z"));
	assert_string_equal(rq.path, "/a b/\xc3\xa4");
	assert_string_equal(rq.query, "x=1&y=%41+b&z");
	assert_string_equal(req_query(&rq, "x"), "1");
	assert_string_equal(req_query(&rq, "y"), "A b");
	assert_string_equal(req_query(&rq, "z"), "");
	assert_null(req_query(&rq, "w"));
}

static void
plus_is_a_blank_only_in_the_query(void **state)
{
	(void)state;
	req_target(&rq, STR("/a+b?c+d=e+f"));
	assert_string_equal(rq.path, "/a+b");
	assert_string_equal(req_query(&rq, "c d"), "e f");
}

static void
first_of_equal_parameters_wins(void **state)
{
	(void)state;
	req_target(&rq, STR("/?a=1&a=2&&=&b"));
	assert_string_equal(req_query(&rq, "a"), "1");
	assert_string_equal(req_query(&rq, "b"), "");
	assert_string_equal(req_query(&rq, ""), "");
}

static void
bad_targets_are_refused(void **state)
{
	static const char *const bad[] = {
		"", "key", "*", "http://h/key", "/%", "/%4", "/%4g", "/%g4", "/%00",
		"/a%2fb", "/a%2Fb", "/%ff", "/%c0%80", "/%ed%a0%80", "/a?b=%",
		"/a?%00", "/a?b=%zz", "/a?b=%ff", "/a?%",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		rq.errmsg[0] = '\0';
		req_target(&rq, str_of(bad[i]));
		if (rq.path != NULL)
			fail_msg("'%s' was taken", bad[i]);
		assert_string_not_equal(rq.errmsg, "");
		assert_string_equal(rq.query, "");
	}
	req_target(&rq, (struct str){ "/a\0b", 4 });
	assert_null(rq.path);
}

static void
long_targets_are_refused(void **state)
{
	char text[REQ_PATH_MAX + REQ_QUERY_MAX + 8];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[0] = '/';
	req_target(&rq, (struct str){ text, REQ_PATH_MAX });
	assert_non_null(rq.path);
	req_target(&rq, (struct str){ text, REQ_PATH_MAX + 1 });
	assert_null(rq.path);
	text[1] = '?';
	req_target(&rq, (struct str){ text, 2 + REQ_QUERY_MAX });
	assert_non_null(rq.path);
	req_target(&rq, (struct str){ text, 2 + REQ_QUERY_MAX + 1 });
	assert_null(rq.path);
}

static void
header_values_stay_on_their_line(void **state)
{
	(void)state;
	req_header(&rq, "X-Name", "a\r\nSet-Cookie: b\tc");
	assert_int_equal(rq.head.n, strlen("X-Name: a__Set-Cookie: b_c\r\n"));
	assert_memory_equal(rq.head.p, "X-Name: a__Set-Cookie: b_c\r\n", rq.head.n);
}

static void
cgi_variables_are_found(void **state)
{
	const struct req_param params[] = { { "A", "1" }, { "B", "" }, { NULL, NULL } };

	(void)state;
	assert_null(req_param(&rq, "A"));
	rq.params = params;
	assert_string_equal(req_param(&rq, "A"), "1");
	assert_string_equal(req_param(&rq, "B"), "");
	assert_null(req_param(&rq, "C"));
}

static void
numeric_variables_are_checked(void **state)
{
	int64_t v = 0;

	(void)state;
	rq.vars[0] = (struct req_param){ "id", "9223372036854775807" };
	assert_int_equal(req_var_i64(&rq, "id", &v), OK);
	assert_true(v == INT64_MAX);
	rq.vars[0].value = "9223372036854775808";
	assert_int_equal(req_var_i64(&rq, "id", &v), ERR_BADREQ);
	rq.vars[0].value = "1x";
	assert_int_equal(req_var_i64(&rq, "id", &v), ERR_BADREQ);
	assert_string_equal(rq.errmsg, "id is not a number: '1x'");
}

static void
every_error_has_a_status_and_a_text(void **state)
{
	int e;

	(void)state;
	for (e = OK; e < ERR_COUNT; e++) {
		assert_in_range(http_status_of((enum err)e), 200, 599);
		assert_string_not_equal(http_status_text(http_status_of((enum err)e)),
		    "Status");
	}
	assert_int_equal(http_status_of(ERR_STORAGE), 503);
	assert_int_equal(http_status_of((enum err)77), 500);
}

static void
methods_have_names(void **state)
{
	(void)state;
	assert_int_equal(http_method_of("GET"), HTTP_GET);
	assert_int_equal(http_method_of("DELETE"), HTTP_DELETE);
	assert_int_equal(http_method_of("get"), HTTP_OTHER);
	assert_int_equal(http_method_of("OTHER"), HTTP_OTHER);
	assert_int_equal(http_method_of(NULL), HTTP_OTHER);
	assert_string_equal(http_method_name(HTTP_PATCH), "PATCH");
}

static void
a_long_error_text_is_cut(void **state)
{
	char text[REQ_ERRMSG_SIZE * 2];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(req_fail(&rq, ERR_BUSY, "%s", text), ERR_BUSY);
	assert_int_equal(strlen(rq.errmsg), REQ_ERRMSG_SIZE - 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(target_is_taken_apart),
		T(plus_is_a_blank_only_in_the_query),
		T(first_of_equal_parameters_wins),
		T(bad_targets_are_refused),
		T(long_targets_are_refused),
		T(header_values_stay_on_their_line),
		T(cgi_variables_are_found),
		T(numeric_variables_are_checked),
		T(every_error_has_a_status_and_a_text),
		T(methods_have_names),
		T(a_long_error_text_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
