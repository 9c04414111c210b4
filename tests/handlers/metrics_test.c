/* tests/handlers/metrics_test.c -- who may read the metrics, and that they move. */
#include "tests/handlers/control.h"

#include <stdio.h>
#include <unistd.h>

#include "lib/metrics/table.h"

#define TOKEN "0123456789abcdef-token"

static char map_path[] = "/tmp/hrmetrics.XXXXXX";

static int
metrics_setup(void **state)
{
	int fd;

	memcpy(map_path + sizeof(map_path) - 7, "XXXXXX", 6);
	fd = mkstemp(map_path);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_true(metrics_open(map_path, METRICS_CONTROL));
	return net_setup(state);
}

static int
metrics_teardown(void **state)
{
	metrics_close();
	(void)unlink(map_path);
	return net_teardown(state);
}

static int
ask_with(struct asker *k, enum origin origin, const char *target, const char *authorization)
{
	struct req_param params[] = { { "HTTP_AUTHORIZATION", authorization }, { NULL, NULL } };
	int status;

	k->params = authorization != NULL ? params : NULL;
	status = ask_as(k, origin, NULL, "GET", target, (struct str){ "", 0 });
	k->params = NULL;
	return status;
}

/* What the command line of this machine would see. */
static const char *
read_metrics(struct asker *k)
{
	assert_int_equal(ask_with(k, ORIGIN_LOCAL, "/metrics", NULL), 200);
	assert_string_equal(k->rq.ctype, METRICS_CTYPE);
	return ask_body(k);
}

static void
assert_metric(struct asker *k, const char *line)
{
	assert_has(read_metrics(k), arena_printf(k->a, "\n%s\n", line));
}

/* ---- access ---- */

static void
without_a_token_there_is_no_such_page(void **state)
{
	struct asker *k = *state;
	const char *unknown;

	assert_int_equal(ask(k, "GET", "/no-such-page"), 404);
	unknown = arena_strdup(k->a, ask_body(k));
	assert_int_equal(ask(k, "GET", "/metrics"), 404);
	assert_string_equal(ask_body(k), unknown);
	assert_int_equal(ask_with(k, ORIGIN_WEB, "/metrics", "Bearer "), 404);
	assert_int_equal(ask_with(k, ORIGIN_WEB, "/metrics", "Bearer x"), 404);
	assert_int_equal(ask_as(k, ORIGIN_CONTROL, key_no(k, MKEY_PREFIX, 1), "GET", "/metrics",
	    (struct str){ "", 0 }), 404);
}

static void
the_token_opens_it(void **state)
{
	struct asker *k = *state;

	k->cfg.metrics_token = TOKEN;
	assert_int_equal(ask_with(k, ORIGIN_WEB, "/metrics", "Bearer " TOKEN), 200);
	assert_has(ask_body(k), "# TYPE headrace_streams gauge\n");
	assert_has(ask_head(k), "Cache-Control: no-store");
	assert_int_equal(ask_as(k, ORIGIN_WEB, NULL, "POST", "/metrics", (struct str){ "", 0 }), 405);
}

static void
nothing_else_does(void **state)
{
	static const char *const wrong[] = { "Bearer 0123456789abcdef-tokeN",
		"Bearer 0123456789abcdef-toke", "Bearer 0123456789abcdef-token1", "Bearer",
		"Basic MDEyMzQ1Njc4OWFiY2RlZi10b2tlbjo=", TOKEN, "",
		"Bearer " TOKEN ", Bearer " TOKEN };
	struct asker *k = *state;

	k->cfg.metrics_token = TOKEN;
	assert_int_equal(ask(k, "GET", "/metrics"), 401);
	assert_has(ask_head(k), "WWW-Authenticate: Bearer");
	assert_int_equal(ask(k, "GET", "/metrics?token=" TOKEN), 401);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(ask_with(k, ORIGIN_WEB, "/metrics", wrong[i]), 401);
		assert_lacks(ask_body(k), "headrace_");
	}
}

static void
too_many_wrong_tokens_are_limited(void **state)
{
	struct asker *k = *state;
	int status = 401;

	k->cfg.metrics_token = TOKEN;
	for (int i = 0; i < 100 && status == 401; i++)
		status = ask_with(k, ORIGIN_WEB, "/metrics", "Bearer wrong");
	assert_int_equal(status, 429);
	assert_int_equal(ask_with(k, ORIGIN_WEB, "/metrics", "Bearer " TOKEN), 200);
}

static void
notifier_passes_the_question_on(void **state)
{
	struct asker *k = *state;

	assert_int_equal(ask_with(k, ORIGIN_CONTROL, "/internal/metrics", NULL), 200);
	assert_int_equal(ask_with(k, ORIGIN_WEB, "/internal/metrics", NULL), 404);
	k->cfg.metrics_token = TOKEN;
	assert_int_equal(ask_with(k, ORIGIN_CONTROL, "/internal/metrics", NULL), 401);
	assert_int_equal(ask_with(k, ORIGIN_CONTROL, "/internal/metrics", "Bearer " TOKEN), 200);
}

/* ---- contents ---- */

static void
requests_are_counted(void **state)
{
	struct asker *k = *state;

	assert_int_equal(ask(k, "GET", "/robots.txt"), 200);
	assert_int_equal(ask(k, "GET", "/nope"), 404);
	assert_int_equal(ask(k, "GET", "/nope%zz"), 400);
	assert_int_equal(ask(k, "DELETE", "/robots.txt"), 405);
	assert_int_equal(ask(k, "GET", "/api/v1/user"), 401);
	assert_int_equal(ask(k, "GET", "/api/v2/tailnet/-/devices"), 401);
	assert_int_equal(ask_as(k, ORIGIN_LOCAL, NULL, "GET", "/api/v1/user",
	    (struct str){ "", 0 }), 200);
	assert_metric(k, "headrace_requests_total{family=\"page\",status=\"200\"} 1");
	assert_metric(k, "headrace_requests_total{family=\"none\",status=\"404\"} 1");
	assert_metric(k, "headrace_requests_total{family=\"none\",status=\"400\"} 1");
	assert_metric(k, "headrace_requests_total{family=\"none\",status=\"405\"} 1");
	assert_metric(k, "headrace_requests_total{family=\"api_v1\",status=\"401\"} 1");
	assert_metric(k, "headrace_requests_total{family=\"api_v2\",status=\"401\"} 1");
	assert_metric(k, "headrace_requests_total{family=\"api_v1\",status=\"200\"} 1");
	assert_metric(k, "headrace_request_duration_seconds_count{family=\"api_v1\"} 2");
}

static void
registrations_are_counted_by_result(void **state)
{
	struct asker *k = *state;
	int64_t user = make_user(k, "alice");
	struct authkey like = { .user_id = user, .reusable = true };
	const char *key = make_key(k, &like);

	(void)register_with(k, 1, 100, key);
	assert_metric(k, "headrace_registrations_total{result=\"new\"} 1");
	k->later_ms = 1000;
	(void)do_register(k, 1, 100, "");
	assert_metric(k, "headrace_registrations_total{result=\"known\"} 1");
	(void)do_register(k, 1, 101, arena_printf(k->a, ",\"OldNodeKey\":\"%s\",\"Auth\":"
	    "{\"AuthKey\":\"%s\"}", key_no(k, NODEKEY_PREFIX, 100), key));
	assert_metric(k, "headrace_registrations_total{result=\"renewed\"} 1");
	(void)do_register(k, 2, 200, ",\"Auth\":{\"AuthKey\":\"hskey-auth-no\"}");
	assert_metric(k, "headrace_registrations_total{result=\"refused\"} 1");
	(void)do_register(k, 3, 300, "");
	assert_metric(k, "headrace_registrations_total{result=\"asked_to_login\"} 1");
	(void)do_register(k, 1, 101, ",\"Expiry\":\"2020-01-01T00:00:00Z\"");
	assert_metric(k, "headrace_registrations_total{result=\"logout\"} 1");
	(void)do_register(k, 1, 101, "");
	assert_metric(k, "headrace_registrations_total{result=\"new_key\"} 1");
	assert_metric(k, "headrace_registrations_total{result=\"failed\"} 0");
	assert_metric(k, "headrace_nodes{state=\"expired\"} 1");
}

static void
tailnet_is_shown(void **state)
{
	struct asker *k = *state;
	const char *text;

	(void)make_user(k, "alice");
	assert_metric(k, "headrace_users{status=\"active\"} 1");
	assert_metric(k, "headrace_build_info{version=\"" HEADRACE_VERSION "\"} 1");
	assert_metric(k, "headrace_processes{role=\"control\"} 1");
	text = read_metrics(k);
	assert_has(text, "headrace_db_transaction_seconds_count{kind=\"write\"} ");
	assert_lacks(text, "headrace_db_transaction_seconds_count{kind=\"write\"} 0\n");
	assert_lacks(text, "headrace_db_commit_seconds_count 0\n");
}

/* What is wanted most when the database is in trouble is still there. */
static void
without_a_database_the_rest_is_shown(void **state)
{
	struct asker *k = *state;
	struct db *db = k->db;
	const char *text;

	k->db = NULL;
	text = read_metrics(k);
	assert_has(text, "headrace_streams 0\n");
	assert_lacks(text, "headrace_nodes");
	k->db = db;
}

static void
changes_tell_their_age(void **state)
{
	struct asker *k = *state;
	struct authkey like = { .user_id = make_user(k, "alice") };
	int64_t to;

	(void)delta_lines(k, -1, &to);
	assert_lacks(ask_head(k), DELTA_OLDEST);
	(void)register_with(k, 1, 100, make_key(k, &like));
	(void)delta_lines(k, to, &to);
	assert_has(ask_head(k), DELTA_OLDEST ": 1");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, metrics_setup, metrics_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_a_token_there_is_no_such_page),
		TEST(the_token_opens_it),
		TEST(nothing_else_does),
		TEST(too_many_wrong_tokens_are_limited),
		TEST(notifier_passes_the_question_on),
		TEST(requests_are_counted),
		TEST(registrations_are_counted_by_result),
		TEST(tailnet_is_shown),
		TEST(without_a_database_the_rest_is_shown),
		TEST(changes_tell_their_age),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
