/* tests/handlers/api_policy_test.c -- /api/v1/policy: setting, refusing, looking back. */
#include "tests/handlers/api.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/policy/policy.h"

#define URL "/api/v1/policy"
#define DENY "{\\\"acls\\\": []}"

static void
nothing_yet(void **state)
{
	struct asker *k = *state;

	assert_refused(k, 404, "acl policy not found", "GET", URL, NULL);
	assert_status(k, 200, "GET", URL "/history", NULL);
	assert_string_equal(ask_body(k), "{\"versions\":[]}");
	assert_refused(k, 404, "no policy has been set", "GET", URL "/test", NULL);
	assert_status(k, 200, "GET", URL "/status", NULL);
	assert_has(ask_body(k), "\"allowsAll\":true");
	assert_refused(k, 404, "no version 1", "POST", URL "/rollback/1", NULL);
	assert_refused(k, 404, "no version 1", "GET", URL "/history/1", NULL);
	assert_refused(k, 400, "number", "GET", URL "/history/x", NULL);
}

static void
set_and_get(void **state)
{
	struct asker *k = *state;
	int64_t before, after;

	assert_status(k, 200, "PUT", URL, "{\"policy\":\"" DENY "\",\"author\":\"ann\","
	    "\"comment\":\"shut\"}");
	assert_has(ask_body(k), "\"policy\":\"" DENY "\",\"version\":1,"
	    "\"updatedAt\":\"2026-09-21T14:13:20.000Z\",\"unchanged\":false");
	assert_has(ask_head(k), "ETag: \"1\"");
	assert_status(k, 200, "GET", URL, NULL);
	assert_has(ask_body(k), "\"version\":1");
	assert_has(ask_head(k), "ETag: \"1\"");
	assert_int_equal(store_change_last(k->db, &before), OK);
	assert_status(k, 200, "PUT", URL, "{\"policy\":\"" DENY "\"}");	/* the same: no traffic */
	assert_has(ask_body(k), "\"version\":1");
	assert_has(ask_body(k), "\"unchanged\":true");
	assert_int_equal(store_change_last(k->db, &after), OK);
	assert_int_equal(before, after);
	assert_status(k, 200, "PUT", URL, "{\"policy\":\"{}\"}");
	assert_int_equal(store_change_last(k->db, &after), OK);
	assert_int_equal(after, before + 1);
}

static void
history_and_rollback(void **state)
{
	struct asker *k = *state;
	jv *list;

	assert_status(k, 200, "PUT", URL, "{\"policy\":\"" DENY "\",\"author\":\"ann\","
	    "\"comment\":\"shut\"}");
	assert_status(k, 200, "PUT", URL, "{\"policy\":\"{}\"}");
	assert_status(k, 200, "POST", URL "/rollback/1", "{\"comment\":\"oops\"}");
	assert_has(ask_body(k), "\"version\":3");
	assert_status(k, 200, "GET", URL "/history", NULL);
	list = json_get(api_json(k), "versions");
	assert_int_equal(json_len(list), 3);
	assert_string_equal(json_dump(k->a, json_at(list, 0)), "{\"version\":3,"
	    "\"createdAt\":\"2026-09-21T14:13:20.000Z\",\"source\":\"cli\",\"author\":\"\","
	    "\"comment\":\"oops\",\"rollbackOf\":1,\"bytes\":12,\"inForce\":true}");
	assert_string_equal(json_get_str(json_at(list, 2), "author", ""), "ann");
	assert_status(k, 200, "GET", URL "/history?limit=1", NULL);
	assert_int_equal(json_len(json_get(api_json(k), "versions")), 1);
	assert_refused(k, 400, "limit", "GET", URL "/history?limit=0", NULL);
	assert_status(k, 200, "GET", URL "/history/1", NULL);
	assert_string_equal(api_text(k, "version", "policy"), "{\"acls\": []}");
	assert_string_equal(api_dump(k, "version", "inForce"), "false");
}

static void
two_administrators(void **state)
{
	struct asker *k = *state;

	assert_refused(k, 409, "no policy has been set", "PUT", URL,
	    "{\"policy\":\"{}\",\"expectVersion\":3}");
	assert_status(k, 200, "PUT", URL, "{\"policy\":\"{}\",\"expectVersion\":0,"
	    "\"author\":\"ann\"}");
	assert_refused(k, 409, "at version 1, set at 2026-09-21T14:13:20.000Z by ann", "PUT", URL,
	    "{\"policy\":\"" DENY "\",\"expectVersion\":0}");
	assert_status(k, 200, "PUT", URL, "{\"policy\":\"" DENY "\",\"expectVersion\":1}");
	assert_refused(k, 409, "version 1 was expected", "POST", URL "/rollback/1",
	    "{\"expectVersion\":1}");
}

/* The same with a header; the asker sends none, so it is done by hand. */
static int
put_if_match(struct asker *k, const char *tag)
{
	const struct req_param params[] = { { "HTTP_IF_MATCH", tag }, { NULL, NULL } };
	static const char body[] = "{\"policy\":\"" DENY "\"}";

	req_end(&k->rq);
	k->rq = (struct req){
		.arena = k->a, .db = k->db, .cfg = &k->cfg, .now_ms = ASK_NOW,
		.origin = ORIGIN_LOCAL, .method = HTTP_PUT, .remote_addr = "",
		.body = { (const uint8_t *)body, sizeof(body) - 1 }, .params = params,
	};
	req_begin(&k->rq);
	req_target(&k->rq, STR(URL));
	dispatch(&k->rq);
	return k->rq.status;
}

static void
if_match(void **state)
{
	struct asker *k = *state;

	assert_status(k, 200, "PUT", URL, "{\"policy\":\"{}\"}");
	assert_int_equal(put_if_match(k, "\"7\""), 412);
	assert_int_equal(put_if_match(k, "7"), 400);
	assert_int_equal(put_if_match(k, "\"x\""), 400);
	assert_int_equal(put_if_match(k, "\"1\""), 200);
	assert_int_equal(put_if_match(k, "*"), 200);
}

static void
refusals(void **state)
{
	struct asker *k = *state;
	const char *detail;

	assert_refused(k, 422, "required property policy", "PUT", URL, "{}");
	assert_refused(k, 422, "body.policy must be text", "PUT", URL, "{\"policy\":{}}");
	assert_refused(k, 422, "unexpected property", "PUT", URL, "{\"polcy\":\"{}\"}");
	assert_refused(k, 400, "the policy is empty", "PUT", URL, "{\"policy\":\" \\n\"}");
	assert_refused(k, 422, "body.policy must be text", "PUT", URL, "{\"policy\":\"{}\\u0000{\"}");
	assert_refused(k, 400, "one line", "PUT", URL, "{\"policy\":\"{}\",\"author\":\"a\\nb\"}");
	assert_refused(k, 400, "line 2, column 1", "PUT", URL, "{\"policy\":\"{\\n]\"}");
	/* All mistakes, a line each. */
	assert_status(k, 400, "POST", URL "/check", "{\"policy\":\"{\\\"acls\\\": [\\n"
	    "{\\\"action\\\": \\\"maybe\\\", \\\"src\\\": [\\\"*\\\"], \\\"dst\\\": [\\\"*:*\\\"]},\\n"
	    "{\\\"action\\\": \\\"accept\\\", \\\"src\\\": [\\\"group:x\\\"], \\\"dst\\\": [\\\"*:70000\\\"]}]}\"}");
	detail = json_get_str(api_json(k), "detail", "");
	assert_has(detail, "line 2, column 12");
	assert_has(detail, "\nline 3, column 30");
	assert_has(detail, "\nline 3, column 50");
	/* A domain that no user has. */
	assert_refused(k, 400, "not associated with this Tailnet", "PUT", URL,
	    "{\"policy\":\"{\\\"groups\\\":{\\\"group:g\\\":[\\\"user:*@x.example\\\"]}}\"}");
	assert_status(k, 200, "GET", URL "/history", NULL);
	assert_string_equal(ask_body(k), "{\"versions\":[]}");
}

static void
size(void **state)
{
	struct asker *k = *state;
	char *body = malloc(POLICY_BYTES_MAX * 2 + 64), *p;

	for (size_t over = 0; over < 2; over++) {
		p = stpcpy(body, "{\"policy\":\"{}");
		for (size_t i = 2; i < POLICY_BYTES_MAX + over; i++)
			p = stpcpy(p, "\\n");
		strcpy(p, "\"}");
		if (over)
			assert_refused(k, 400, "1048577 bytes; at most 1048576", "PUT", URL, body);
		else
			assert_status(k, 200, "PUT", URL, body);
	}
	free(body);
}

/* A policy's tests are about the users and nodes that there are. */
static void
tests_must_hold(void **state)
{
	struct asker *k = *state;
	static const char policy[] = "{\"policy\":\"{\\\"acls\\\":[{\\\"action\\\":\\\"accept\\\","
	    "\\\"src\\\":[\\\"alice@\\\"],\\\"dst\\\":[\\\"100.64.0.1:22\\\"]}],\\n"
	    "\\\"tests\\\":[{\\\"src\\\":\\\"alice@\\\",\\\"accept\\\":[\\\"100.64.0.1:22\\\"]}]}\"}";
	int64_t alice;

	assert_refused(k, 400, "line 2: \"alice@\" means nobody", "PUT", URL, policy);
	alice = add_user(k, "alice");
	(void)add_node(k, alice, 1, 1);
	assert_status(k, 200, "POST", URL "/check", policy);
	assert_string_equal(ask_body(k), "{\"checks\":1}");
	assert_status(k, 200, "PUT", URL, policy);
	assert_status(k, 200, "GET", URL "/test", NULL);
	assert_string_equal(ask_body(k),
	    "{\"version\":1,\"passed\":true,\"checks\":1,\"error\":null}");
	assert_status(k, 200, "DELETE", "/api/v1/node/1", NULL);
	assert_status(k, 200, "DELETE", "/api/v1/user/1", NULL);
	/* It stays in force, and says so. */
	assert_status(k, 200, "GET", URL "/status", NULL);
	assert_has(ask_body(k), "\"version\":1");
	assert_has(ask_body(k), "\"problem\":null");
	assert_has(ask_body(k), "\"refusedNow\":\"test(s) failed\\nline 2: \\\"alice@");
	assert_status(k, 200, "GET", URL "/test", NULL);
	assert_has(ask_body(k), "\"passed\":false");
}

static void
newest_is_broken(void **state)
{
	struct asker *k = *state;
	struct policy_version v = { .text = "{bad", .source = "shell", .created_ms = ASK_NOW };
	int64_t id;

	assert_status(k, 200, "PUT", URL, "{\"policy\":\"" DENY "\"}");
	assert_int_equal(store_policy_add(k->db, &v, &id), OK);
	assert_status(k, 200, "GET", URL, NULL);
	assert_has(ask_body(k), "\"version\":1");
	assert_has(ask_body(k), "\"newest\":2");
	assert_has(ask_head(k), "ETag: \"2\"");
	assert_status(k, 200, "GET", URL "/status", NULL);
	assert_has(ask_body(k), "\"problem\":\"line 1, column 2: ");
}

/* ---- mode file ---- */

static char folder[] = "/tmp/headrace-policy-XXXXXX";

static void
write_file(struct asker *k, const char *text)
{
	FILE *f = fopen(k->cfg.policy_path, "w");
	struct timespec old[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(utimensat(AT_FDCWD, k->cfg.policy_path, old, 0), 0);
}

static void
tick(struct asker *k)
{
	int status = ask_as(k, ORIGIN_CONTROL, NULL, "POST", "/internal/tick", str_of(""));

	if (status != 200)
		fail_msg("tick: %d %s", status, ask_body(k));
}

static int64_t
version_of(struct asker *k)
{
	assert_status(k, 200, "GET", URL "/status", NULL);
	return json_get_i64(api_json(k), "version", -1);
}

static const char *
file_problem(struct asker *k)
{
	assert_status(k, 200, "GET", URL "/status", NULL);
	return json_get_str(api_json(k), "fileProblem", "");
}

/* One process looks at one file: all of it in one test. */
static void
a_watched_file(void **state)
{
	struct asker *k = *state;
	char cmd[64];
	int64_t seq, after;

	assert_non_null(mkdtemp(folder));
	k->cfg.policy_mode = POLICY_FILE;
	k->cfg.policy_path = arena_printf(k->a, "%s/p", folder);
	k->cfg.ephemeral_timeout_ms = 120000;
	tick(k);
	assert_string_equal(file_problem(k), "No such file or directory");
	write_file(k, "{\"acls\": []}");
	tick(k);
	assert_int_equal(version_of(k), 1);
	assert_string_equal(file_problem(k), "");
	assert_refused(k, 400, "update is disabled for modes other than 'database'", "PUT", URL,
	    "{\"policy\":\"{}\"}");
	assert_refused(k, 400, "update is disabled", "POST", URL "/rollback/1", NULL);
	/* The same text again is nothing new; nor is no change at all. */
	assert_int_equal(store_change_last(k->db, &seq), OK);
	tick(k);
	write_file(k, "{\"acls\": []}");
	tick(k);
	assert_int_equal(store_change_last(k->db, &after), OK);
	assert_int_equal(seq, after);
	/* A mistake leaves the last good one in force. */
	write_file(k, "{\"acls\": [}");
	tick(k);
	assert_int_equal(version_of(k), 1);
	assert_has(file_problem(k), "line 1, column 11");
	write_file(k, "");
	tick(k);
	assert_has(file_problem(k), "empty");
	/* Same size and time, another text. */
	write_file(k, "{\"acls\": 1 }");
	tick(k);
	write_file(k, "{\"ssh\":  []}");
	tick(k);
	assert_int_equal(version_of(k), 2);
	assert_string_equal(file_problem(k), "");
	/* Somebody set another one by hand: the file has its way. */
	assert_int_equal(store_policy_add(k->db, &(struct policy_version){ .text = "{}",
	    .source = "shell", .created_ms = ASK_NOW }, &seq), OK);
	assert_int_equal(version_of(k), 3);
	tick(k);
	assert_int_equal(version_of(k), 4);
	(void)snprintf(cmd, sizeof(cmd), "rm -r %s", folder);
	assert_int_equal(system(cmd), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ASK_TEST(nothing_yet),
		ASK_TEST(set_and_get),
		ASK_TEST(history_and_rollback),
		ASK_TEST(two_administrators),
		ASK_TEST(if_match),
		ASK_TEST(refusals),
		ASK_TEST(size),
		ASK_TEST(tests_must_hold),
		ASK_TEST(newest_is_broken),
		ASK_TEST(a_watched_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
