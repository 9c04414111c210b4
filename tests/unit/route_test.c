/* tests/unit/route_test.c -- which row answers a path. */
#include "lib/http/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ROW(m, p) (&(const struct route){ .method = (m), .path = (p) })

static const struct route *const rows[] = {
	ROW(HTTP_GET, "/"),
	ROW(HTTP_GET, "/node/{id}"),
	ROW(HTTP_DELETE, "/node/{id}"),
	ROW(HTTP_POST, "/node/backfill"),
	ROW(HTTP_POST, "/node/{id}/expire"),
	ROW(HTTP_GET, "/{a}/{b}/{c}/{d}"),
	ROW(HTTP_GET, "/node/list"),
};
#define N (sizeof(rows) / sizeof(rows[0]))

static struct req rq;

static enum err
find(enum http_method m, const char *path, const struct route **r)
{
	rq.method = m;
	rq.path = path;
	*r = NULL;
	return route_find(rows, N, &rq, r);
}

static void
paths_find_their_rows(void **state)
{
	const struct route *r;

	(void)state;
	assert_int_equal(find(HTTP_GET, "/", &r), OK);
	assert_ptr_equal(r, rows[0]);
	assert_int_equal(find(HTTP_DELETE, "/node/7", &r), OK);
	assert_ptr_equal(r, rows[2]);
	assert_string_equal(req_var(&rq, "id"), "7");
	assert_int_equal(find(HTTP_POST, "/node/a b/expire", &r), OK);
	assert_string_equal(req_var(&rq, "id"), "a b");
	assert_int_equal(find(HTTP_GET, "/1/2/3/4", &r), OK);
	assert_string_equal(req_var(&rq, "a"), "1");
	assert_string_equal(req_var(&rq, "d"), "4");
	assert_null(req_var(&rq, "id"));
}

static void
literals_win_over_names(void **state)
{
	const struct route *r;

	(void)state;
	assert_int_equal(find(HTTP_GET, "/node/list", &r), OK);
	assert_ptr_equal(r, rows[6]);
	assert_int_equal(find(HTTP_DELETE, "/node/list", &r), OK);
	assert_ptr_equal(r, rows[2]);
}

static void
other_paths_find_nothing(void **state)
{
	static const char *const none[] = {
		"", "//", "/node", "/node/", "/node/7/", "/node//expire",
		"/node/7/expire/x/y", "/Node/7", "node/7", "/a//c/d",
	};
	const struct route *r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (find(HTTP_GET, none[i], &r) != ERR_NOTFOUND)
			fail_msg("'%s' found a row", none[i]);
}

static void
wrong_method_is_told_apart(void **state)
{
	const struct route *r;

	(void)state;
	assert_int_equal(find(HTTP_PUT, "/node/7", &r), ERR_BADREQ);
	assert_string_equal(route_allow(rows, N, &rq), "GET, HEAD, DELETE");
	assert_int_equal(find(HTTP_OTHER, "/node/backfill", &r), ERR_BADREQ);
	assert_string_equal(route_allow(rows, N, &rq), "GET, HEAD, POST, DELETE");
}

static void
head_finds_get(void **state)
{
	const struct route *r;

	(void)state;
	assert_int_equal(find(HTTP_HEAD, "/", &r), OK);
	assert_ptr_equal(r, rows[0]);
	assert_int_equal(find(HTTP_HEAD, "/node/7/expire", &r), ERR_BADREQ);
}

static int
setup(void **state)
{
	(void)state;
	rq = (struct req){ .arena = arena_new() };
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(rq.arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_find_their_rows),
		cmocka_unit_test(literals_win_over_names),
		cmocka_unit_test(other_paths_find_nothing),
		cmocka_unit_test(wrong_method_is_told_apart),
		cmocka_unit_test(head_finds_get),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
