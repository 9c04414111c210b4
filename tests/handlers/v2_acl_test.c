/* tests/handlers/v2_acl_test.c -- the policy's text in REST v2, and two who change it at once. */
#include "tests/handlers/key.h"
#include "tests/handlers/v2.h"

#include "lib/crypto/sha256.h"

#define ACL "/api/v2/tailnet/-/acl"

#define FIRST "// ours\n{\n\t\"grants\": [ // none\n\t],\n}\n"
#define SECOND "{\"tagOwners\":{\"tag:web\":[]},\"grants\":[{\"src\":[\"*\"],\"dst\":[\"*\"],\"ip\":[\"*\"]}]}"

/* Sends from the web with up to two headers; NULL names end them. */
static int
send_with(struct asker *k, const char *key, const char *method, const char *target,
    const char *name, const char *value, const char *body)
{
	struct req_param *p = arena_array(k->a, 3, sizeof(*p));
	int status;

	p[0] = (struct req_param){ "HTTP_AUTHORIZATION", arena_printf(k->a, "Bearer %s", key) };
	if (name != NULL)
		p[1] = (struct req_param){ name, value };
	k->params = p;
	status = ask_as(k, ORIGIN_WEB, NULL, method, target, str_of(body));
	k->params = NULL;
	assert_shape(k);
	return status;
}

static const char *
etag_of(struct asker *k, const char *text)
{
	char hex[SHA256_HEX_SIZE];

	sha256_hex(str_of(text), hex);
	return arena_printf(k->a, "\"%s\"", hex);
}

static int
set_if(struct asker *k, const char *key, const char *if_match, const char *text)
{
	return send_with(k, key, "POST", ACL, if_match ? "HTTP_IF_MATCH" : NULL, if_match, text);
}

static void
assert_etag(struct asker *k, const char *text)
{
	assert_has(ask_head(k), arena_printf(k->a, "ETag: %s\r\n", etag_of(k, text)));
}

static void
comes_and_goes_as_text(void **state)
{
	struct asker *k = *state;
	const char *key = make_key(k, "all", 0);

	assert_int_equal(send_with(k, key, "GET", ACL, NULL, NULL, NULL), 200);
	assert_has(ask_body(k), "everything is allowed");
	assert_etag(k, ask_body(k));
	assert_int_equal(set_if(k, key, NULL, FIRST), 200);
	assert_string_equal(ask_body(k), FIRST);
	assert_etag(k, FIRST);
	assert_int_equal(send_with(k, key, "GET", ACL, NULL, NULL, NULL), 200);
	assert_string_equal(ask_body(k), FIRST);
	assert_string_equal(k->rq.ctype, "application/hujson");
	assert_etag(k, FIRST);

	assert_int_equal(send_with(k, key, "GET", ACL, "HTTP_ACCEPT", "application/json", NULL), 200);
	assert_string_equal(ask_body(k), "{\"grants\":[]}");
	assert_string_equal(k->rq.ctype, "application/json");
	assert_etag(k, FIRST);	/* of the text, whatever is shown */
	assert_int_equal(send_with(k, key, "GET", ACL, "HTTP_ACCEPT",
	    "application/hujson, application/json", NULL), 200);
	assert_string_equal(ask_body(k), FIRST);
	assert_int_equal(send_with(k, key, "POST", ACL, "CONTENT_TYPE", "application/json", SECOND), 200);
	assert_string_equal(k->rq.ctype, "application/json");

	assert_int_equal(send_with(k, key, "GET", ACL "?details=1", NULL, NULL, NULL), 200);
	assert_has(ask_body(k), "{\"acl\":\"eyJ0YWdPd25lcnMi");
	assert_has(ask_body(k), "\"warnings\":[],\"errors\":[]}");
}

static void
only_if_it_is_still_that_one(void **state)
{
	struct asker *k = *state;
	const char *key = make_key(k, "policy_file", 0), *first = etag_of(k, FIRST);

	assert_int_equal(set_if(k, key, first, FIRST), 412);
	assert_has(ask_body(k), "\"message\":\"precondition failed, invalid old hash\"");
	assert_int_equal(set_if(k, key, "\"ts-default\"", FIRST), 200);
	assert_int_equal(set_if(k, key, "\"ts-default\"", SECOND), 412);
	assert_int_equal(set_if(k, key, etag_of(k, SECOND), SECOND), 412);
	assert_int_equal(set_if(k, key, first, SECOND), 200);
	assert_int_equal(set_if(k, key, first, FIRST), 412);
	assert_int_equal(set_if(k, key, "*", FIRST), 200);
	assert_int_equal(set_if(k, key, "\"*\"", SECOND), 200);
	assert_int_equal(set_if(k, key, "nonsense", FIRST), 412);
	assert_int_equal(set_if(k, key, "", FIRST), 412);
	assert_int_equal(send_with(k, key, "GET", ACL, NULL, NULL, NULL), 200);
	assert_string_equal(ask_body(k), SECOND);
}

/* What GET answers before there is one may be named, too. */
static void
the_first_one_by_its_etag(void **state)
{
	struct asker *k = *state;
	const char *key = make_key(k, "policy_file", 0), *etag;

	assert_int_equal(send_with(k, key, "GET", ACL, NULL, NULL, NULL), 200);
	etag = etag_of(k, arena_strdup(k->a, ask_body(k)));
	assert_int_equal(set_if(k, key, etag, FIRST), 200);
	assert_int_equal(set_if(k, key, etag, FIRST), 412);
}

static void
what_is_wrong_is_refused(void **state)
{
	struct asker *k = *state;
	const char *key = make_key(k, "policy_file", 0), *reader = make_key(k, "policy_file:read", 0);

	assert_int_equal(set_if(k, key, NULL, "{\n\t\"grunts\": []}"), 400);
	assert_has(ask_body(k), "line 2, column 2: ");
	assert_int_equal(set_if(k, key, NULL, ""), 400);
	assert_int_equal(set_if(k, key, NULL, "  "), 400);
	assert_int_equal(set_if(k, key, NULL, "{\"grants\":\"\xff\"}"), 400);
	assert_int_equal(set_if(k, key, NULL, "{\"tests\":[{\"src\":\"bob@example.com\","
	    "\"accept\":[\"100.64.0.9:1\"]}]}"), 400);
	assert_int_equal(set_if(k, reader, NULL, FIRST), 403);
	assert_int_equal(send_with(k, reader, "GET", "/api/v2/tailnet/x/acl", NULL, NULL, NULL), 404);
	assert_int_equal(send_with(k, reader, "GET", ACL "?details=maybe", NULL, NULL, NULL), 400);
	k->cfg.policy_mode = POLICY_FILE;
	k->cfg.policy_path = "/etc/policy.hujson";
	assert_int_equal(set_if(k, key, NULL, FIRST), 400);
	assert_has(ask_body(k), "policy.mode is file");
	assert_int_equal(send_with(k, reader, "GET", ACL, NULL, NULL, NULL), 200);
	assert_has(ask_body(k), "nothing is allowed");
}

static void
says_who_has_set_it(void **state)
{
	struct asker *k = *state;
	int64_t alice = add_user(k, "alice");
	struct policy_version v;

	assert_int_equal(store_user_set_role(k->db, alice, "network-admin"), OK);
	assert_int_equal(set_if(k, make_key(k, "all", alice), NULL, FIRST), 200);
	assert_int_equal(store_policy_newest(k->db, k->a, INT64_MAX, &v), OK);
	assert_string_equal(v.author, "alice");
	assert_string_equal(v.source, "api");
	assert_int_equal(set_if(k, make_token(k, "policy_file", "[]"), NULL, SECOND), 200);
	assert_int_equal(store_policy_newest(k->db, k->a, INT64_MAX, &v), OK);
	assert_has(v.author, "client ");
}

/* ---- validate ---- */

static const char *
verdict(struct asker *k, const char *body)
{
	const char *key = make_key(k, "policy_file:read", 0);

	assert_int_equal(send_with(k, key, "POST", ACL "/validate", NULL, NULL, body), 200);
	return ask_body(k);
}

static void
validates_texts_and_tests(void **state)
{
	struct asker *k = *state;
	int64_t alice = add_user(k, "alice@example.com");
	const char *key = make_key(k, "policy_file", 0);

	(void)add_node(k, alice, 1, 1);
	(void)add_node(k, alice, 2, 2);
	assert_string_equal(verdict(k, SECOND), "{}");
	assert_has(verdict(k, "{\n\"grunts\": 1}"), "{\"message\":\"line 2, column 1: ");
	assert_has(verdict(k, "{"), "{\"message\":\"line 1, ");
	assert_has(verdict(k, "{\"grants\":[],\"tests\":[{\"src\":\"alice@example.com\","
	    "\"accept\":[\"100.64.0.2:80\"]}]}"),
	    "{\"message\":\"test(s) failed\",\"data\":[{\"errors\":[\"line 1: ");
	assert_has(verdict(k, "[]"), "{}");	/* of everything allowed */
	assert_string_equal(verdict(k, "[{\"src\":\"alice@example.com\","
	    "\"accept\":[\"100.64.0.2:80\"]}]"), "{}");

	assert_int_equal(set_if(k, key, NULL, FIRST), 200);
	assert_has(verdict(k, "[{\"src\":\"alice@example.com\",\"accept\":[\"100.64.0.2:80\"]},]"),
	    "\"message\":\"test(s) failed\"");
	assert_string_equal(verdict(k, "[{\"src\":\"alice@example.com\","
	    "\"deny\":[\"100.64.0.2:80\"]}]"), "{}");
	assert_has(verdict(k, "[7]"), "\"message\":\"");
	assert_int_equal(send_with(k, key, "POST", ACL "/validate", NULL, NULL, ""), 400);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ASK_TEST(comes_and_goes_as_text), ASK_TEST(only_if_it_is_still_that_one),
		ASK_TEST(the_first_one_by_its_etag), ASK_TEST(what_is_wrong_is_refused),
		ASK_TEST(says_who_has_set_it), ASK_TEST(validates_texts_and_tests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
