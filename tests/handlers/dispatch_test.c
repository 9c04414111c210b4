/*
 * tests/handlers/dispatch_test.c -- what happens around a handler, with a table
 * of routes of its own in place of handlers/routes.c.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "handlers/routes.h"
#include "lib/wake/wake.h"
#include "tests/handlers/ask.h"

/* ---- the handlers of this test ---- */

static enum err
add_user(struct req *rq, const char *name)
{
	struct user u = { .name = name, .display_name = "", .created_ms = ASK_NOW };
	int64_t id;

	return store_user_create(rq->db, &u, &id);
}

static enum err
say_ok(struct req *rq)
{
	req_reply_text(rq, 200, "ok");
	return OK;
}

static enum err
write_ok(struct req *rq)
{
	enum err e = add_user(rq, "alice");

	if (e != OK)
		return e;
	return say_ok(rq);
}

static enum err
write_then_fail(struct req *rq)
{
	enum err e = add_user(rq, "bob");

	if (e != OK)
		return e;
	req_reply_text(rq, 200, "secret half of an answer");
	req_header(rq, "X-Secret", "1");
	return req_fail(rq, ERR_CONFLICT, "no <b> today");
}

static const char q_rollback[] = "ROLLBACK";

/* As SQLite does by itself when the disk is full. */
static enum err
lose_transaction(struct req *rq)
{
	enum err e = add_user(rq, "carol");

	if (e == OK)
		e = stmt_run(db_stmt(rq->db, q_rollback));
	if (e != OK)
		return e;
	return say_ok(rq);
}

static enum err
too_long_answer(struct req *rq)
{
	rq->out.max = 10;
	if (add_user(rq, "dave") != OK)
		return ERR_INTERNAL;
	req_reply_text(rq, 200, "longer than that");
	return OK;
}

static enum err
fail_inside(struct req *rq)
{
	return req_fail(rq, ERR_INTERNAL, "password is hunter2");
}

static enum err
fail_busy(struct req *rq)
{
	return req_fail(rq, ERR_BUSY, "lock of /srv/secret");
}

static enum err
fail_storage(struct req *rq)
{
	return req_fail(rq, ERR_STORAGE, "/srv/secret is full");
}

static enum err
own_write_twice(struct req *rq)
{
	static const char *const names[] = { "one", "two" };
	enum err e = OK;
	size_t i;

	for (i = 0; i < 2 && e == OK; i++)
		if ((e = db_begin_write(rq->db)) == OK &&
		    (e = store_document_put(rq->db, names[i], "{}", ASK_NOW)) == OK)
			e = db_commit(rq->db);
	return e == OK ? say_ok(rq) : e;
}

#define ROW(m, p, who, t, max, fn) \
	&(const struct route){ .method = HTTP_##m, .path = p, .auth = AUTH_##who, \
	    .txn = TXN_##t, .body_max = max, .handle = fn }

const struct route *const routes_all[] = {
	ROW(GET, "/public", PUBLIC, NONE, 4, say_ok),
	ROW(POST, "/public", PUBLIC, NONE, 4, say_ok),
	ROW(POST, "/machine", MACHINE, NONE, 0, say_ok),
	ROW(POST, "/internal", NOTIFIER, NONE, 0, say_ok),
	ROW(POST, "/api/admin", API, NONE, 0, say_ok),
	ROW(DELETE, "/public", NOTIFIER, NONE, 0, say_ok),
	ROW(POST, "/write", PUBLIC, WRITE, 0, write_ok),
	ROW(POST, "/write-in-read", PUBLIC, READ, 0, write_ok),
	ROW(POST, "/write-then-fail", PUBLIC, WRITE, 0, write_then_fail),
	ROW(POST, "/api/write-then-fail", PUBLIC, WRITE, 0, write_then_fail),
	ROW(POST, "/lose", PUBLIC, WRITE, 0, lose_transaction),
	ROW(POST, "/too-long", PUBLIC, WRITE, 0, too_long_answer),
	ROW(POST, "/internal-error", PUBLIC, NONE, 0, fail_inside),
	ROW(POST, "/api/internal-error", PUBLIC, NONE, 0, fail_inside),
	ROW(POST, "/busy", PUBLIC, NONE, 0, fail_busy),
	ROW(POST, "/api/full", PUBLIC, NONE, 0, fail_storage),
	ROW(POST, "/own", PUBLIC, OWN, 0, own_write_twice),
};
const size_t routes_count = sizeof(routes_all) / sizeof(routes_all[0]);

/* ---- who may call ---- */

static const struct str none = { "", 0 };
#define MKEY "mkey:0000000000000000000000000000000000000000000000000000000000000001"

static int
post_as(struct asker *k, enum origin o, const char *mkey, const char *path)
{
	return ask_as(k, o, mkey, "POST", path, none);
}

static void
each_origin_sees_its_own(void **state)
{
	struct asker *k = *state;

	assert_int_equal(post_as(k, ORIGIN_WEB, NULL, "/public"), 200);
	assert_int_equal(post_as(k, ORIGIN_WEB, NULL, "/machine"), 404);
	assert_int_equal(post_as(k, ORIGIN_WEB, MKEY, "/machine"), 404);
	assert_int_equal(post_as(k, ORIGIN_WEB, NULL, "/internal"), 404);
	assert_int_equal(post_as(k, ORIGIN_WEB, NULL, "/api/admin"), 401);

	assert_int_equal(post_as(k, ORIGIN_CONTROL, MKEY, "/public"), 200);
	assert_int_equal(post_as(k, ORIGIN_CONTROL, MKEY, "/machine"), 200);
	assert_int_equal(post_as(k, ORIGIN_CONTROL, MKEY, "/internal"), 404);
	assert_int_equal(post_as(k, ORIGIN_CONTROL, MKEY, "/api/admin"), 404);
	assert_int_equal(post_as(k, ORIGIN_CONTROL, NULL, "/machine"), 404);
	assert_int_equal(post_as(k, ORIGIN_CONTROL, NULL, "/internal"), 200);
	assert_int_equal(post_as(k, ORIGIN_CONTROL, NULL, "/api/admin"), 404);

	assert_int_equal(post_as(k, ORIGIN_LOCAL, NULL, "/api/admin"), 200);
	assert_int_equal(post_as(k, ORIGIN_LOCAL, MKEY, "/machine"), 404);
	assert_int_equal(post_as(k, ORIGIN_LOCAL, NULL, "/internal"), 404);
}

static void
hidden_rows_look_like_none(void **state)
{
	struct asker *k = *state;
	char hidden[512];

	assert_int_equal(post_as(k, ORIGIN_WEB, NULL, "/internal"), 404);
	(void)strncpy(hidden, ask_body(k), sizeof(hidden) - 1);
	assert_int_equal(post_as(k, ORIGIN_WEB, NULL, "/nosuch"), 404);
	assert_string_equal(ask_body(k), hidden);
	assert_int_equal(ask(k, "GET", "/internal"), 404);
}

/* ---- limits and methods ---- */

static void
bodies_have_a_limit(void **state)
{
	struct asker *k = *state;

	assert_int_equal(ask_as(k, ORIGIN_WEB, NULL, "POST", "/public", STR("1234")), 200);
	assert_int_equal(ask_as(k, ORIGIN_WEB, NULL, "POST", "/public", STR("12345")), 413);
	assert_string_equal(ask_body(k), "request body too large\n");
	assert_int_equal(dispatch_body_max(&k->rq), 4);
	(void)post_as(k, ORIGIN_WEB, NULL, "/nosuch");
	assert_int_equal(dispatch_body_max(&k->rq), 0);
}

static void
carriers_can_refuse_early(void **state)
{
	struct asker *k = *state;

	(void)ask(k, "GET", "/public");
	buf_clear(&k->rq.head);
	dispatch_too_big(&k->rq);
	buf_byte(&k->rq.head, '\0');
	assert_int_equal(k->rq.status, 413);
	assert_has(ask_head(k), "X-Frame-Options: DENY\r\n");
}

static void
wrong_methods_are_told_the_right_ones(void **state)
{
	struct asker *k = *state;

	assert_int_equal(ask(k, "PUT", "/public"), 405);
	assert_has(ask_head(k), "Allow: GET, HEAD, POST\r\n");
	assert_null(k->rq.ctype);
	assert_string_equal(ask_body(k), "");
	assert_int_equal(ask(k, "BREW", "/write"), 405);
	assert_has(ask_head(k), "Allow: POST\r\n");
}

static void
head_has_no_body(void **state)
{
	struct asker *k = *state;

	assert_int_equal(ask(k, "HEAD", "/public"), 200);
	assert_string_equal(ask_body(k), "");
	assert_string_equal(k->rq.ctype, "text/plain; charset=utf-8");
	assert_int_equal(ask(k, "HEAD", "/nosuch"), 404);
	assert_string_equal(ask_body(k), "");
}

static void
bad_targets_are_bad_requests(void **state)
{
	struct asker *k = *state;

	assert_int_equal(ask(k, "GET", "/public?x=%zz"), 400);
	assert_string_equal(ask_body(k), "the query is badly escaped\n");
	assert_int_equal(ask(k, "GET", "/pub%2flic"), 400);
	assert_has(ask_head(k), "X-Content-Type-Options: nosniff\r\n");
}

static void
every_answer_has_the_security_headers(void **state)
{
	static const char *const targets[] = { "/public", "/nosuch", "/%", "/write" };
	struct asker *k = *state;
	size_t i;

	for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		(void)ask(k, "GET", targets[i]);
		assert_string_equal(strstr(ask_head(k), "X-Frame"),
		    "X-Frame-Options: DENY\r\n"
		    "Content-Security-Policy: frame-ancestors 'none'\r\n"
		    "X-Content-Type-Options: nosniff\r\n"
		    "Referrer-Policy: no-referrer\r\n");
	}
}

/* ---- errors ---- */

static void
own_mistakes_are_explained(void **state)
{
	struct asker *k = *state;

	assert_int_equal(post_as(k, ORIGIN_WEB, NULL, "/write-then-fail"), 409);
	assert_string_equal(ask_body(k), "no <b> today\n");
	assert_string_equal(k->rq.ctype, "text/plain; charset=utf-8");
	assert_lacks(ask_head(k), "X-Secret");
	assert_int_equal(post_as(k, ORIGIN_WEB, NULL, "/api/write-then-fail"), 409);
	assert_string_equal(ask_body(k), "{\"title\":\"Conflict\","
	    "\"status\":409,\"detail\":\"no <b> today\"}");
	assert_string_equal(k->rq.ctype, "application/problem+json");
}

static void
our_failures_are_not(void **state)
{
	struct asker *k = *state;

	assert_int_equal(post_as(k, ORIGIN_WEB, NULL, "/internal-error"), 500);
	assert_string_equal(ask_body(k), "internal error\n");
	assert_int_equal(post_as(k, ORIGIN_WEB, NULL, "/api/internal-error"), 500);
	assert_lacks(ask_body(k), "hunter2");
	assert_int_equal(post_as(k, ORIGIN_WEB, NULL, "/busy"), 503);
	assert_lacks(ask_body(k), "/srv");
	assert_has(ask_head(k), "Retry-After: 1\r\n");
	assert_int_equal(post_as(k, ORIGIN_WEB, NULL, "/nosuch"), 404);
	assert_string_equal(ask_body(k), "404 page not found\n");
}

/* ---- transactions ---- */

/* Another sentence than "busy", and a later time to try again. */
static void
a_disk_that_fails_is_told_apart(void **state)
{
	struct asker *k = *state;

	assert_int_equal(post_as(k, ORIGIN_WEB, NULL, "/api/full"), 503);
	assert_has(ask_body(k), "\"detail\":\"storage: the server cannot write to its disk");
	assert_lacks(ask_body(k), "/srv");
	assert_has(ask_head(k), "Retry-After: 10\r\n");
	assert_true(k->rq.storage_fails);
	assert_int_equal(post_as(k, ORIGIN_WEB, NULL, "/busy"), 503);
	assert_lacks(ask_body(k), "storage");
}

static bool
has_user(struct asker *k, const char *name)
{
	struct user u;

	return store_user_by_name(k->db, k->a, name, &u) == OK;
}

static void
success_commits_and_failure_does_not(void **state)
{
	struct asker *k = *state;

	assert_int_equal(post_as(k, ORIGIN_WEB, NULL, "/write"), 200);
	assert_true(has_user(k, "alice"));
	assert_int_equal(post_as(k, ORIGIN_WEB, NULL, "/write-then-fail"), 409);
	assert_false(has_user(k, "bob"));
	assert_int_equal(post_as(k, ORIGIN_WEB, NULL, "/too-long"), 500);
	assert_false(has_user(k, "dave"));
}

static void
a_failed_commit_is_no_success(void **state)
{
	struct asker *k = *state;

	assert_int_equal(post_as(k, ORIGIN_WEB, NULL, "/lose"), 500);
	assert_string_equal(ask_body(k), "internal error\n");
	assert_false(has_user(k, "carol"));
	assert_int_equal(post_as(k, ORIGIN_WEB, NULL, "/write"), 200);
}

static void
reading_routes_cannot_write(void **state)
{
	struct asker *k = *state;

	assert_int_equal(post_as(k, ORIGIN_WEB, NULL, "/write-in-read"), 500);
	assert_false(has_user(k, "alice"));
	assert_int_equal(post_as(k, ORIGIN_WEB, NULL, "/write"), 200);
}

static void
without_a_database_some_things_work(void **state)
{
	struct asker *k = *state;
	struct db *db = k->db;

	k->db = NULL;
	assert_int_equal(post_as(k, ORIGIN_WEB, NULL, "/public"), 200);
	assert_int_equal(post_as(k, ORIGIN_WEB, NULL, "/own"), 503);
	assert_has(ask_head(k), "Retry-After: 10\r\n");
	assert_int_equal(post_as(k, ORIGIN_WEB, NULL, "/write"), 503);
	k->db = db;
}

/* ---- the notifier ---- */

static void
changes_wake_the_notifier_once(void **state)
{
	struct asker *k = *state;
	char dir[] = "/tmp/headrace-dispatch-XXXXXX";
	int64_t seq = 0, last;
	int fd;

	assert_non_null(mkdtemp(dir));
	k->cfg.run_dir = dir;
	fd = wake_listen(config_socket(k->a, &k->cfg, "wake.sock"));
	assert_true(fd >= 0);

	assert_int_equal(post_as(k, ORIGIN_WEB, NULL, "/own"), 200);
	assert_true(wake_drain(fd, &seq));
	assert_int_equal(store_change_last(k->db, &last), OK);
	assert_true(seq == last && seq == 2);

	assert_int_equal(post_as(k, ORIGIN_WEB, NULL, "/own"), 200);
	assert_int_equal(post_as(k, ORIGIN_WEB, NULL, "/public"), 200);
	assert_int_equal(post_as(k, ORIGIN_WEB, NULL, "/write-then-fail"), 409);
	assert_false(wake_drain(fd, &seq));

	(void)close(fd);
	(void)unlink(config_socket(k->a, &k->cfg, "wake.sock"));
	(void)rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ASK_TEST(each_origin_sees_its_own),
		ASK_TEST(hidden_rows_look_like_none),
		ASK_TEST(bodies_have_a_limit),
		ASK_TEST(carriers_can_refuse_early),
		ASK_TEST(wrong_methods_are_told_the_right_ones),
		ASK_TEST(head_has_no_body),
		ASK_TEST(bad_targets_are_bad_requests),
		ASK_TEST(every_answer_has_the_security_headers),
		ASK_TEST(own_mistakes_are_explained),
		ASK_TEST(our_failures_are_not),
		ASK_TEST(a_disk_that_fails_is_told_apart),
		ASK_TEST(success_commits_and_failure_does_not),
		ASK_TEST(a_failed_commit_is_no_success),
		ASK_TEST(reading_routes_cannot_write),
		ASK_TEST(without_a_database_some_things_work),
		ASK_TEST(changes_wake_the_notifier_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
