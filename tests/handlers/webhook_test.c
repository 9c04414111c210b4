/* tests/handlers/webhook_test.c -- webhooks in REST v2, and what the notifier's call does. */
#include "tests/handlers/key.h"
#include "tests/handlers/v2.h"

#include "handlers/internal/event.h"

#define HOOKS "/api/v2/tailnet/-/webhooks"
#define NEW(url, events) "{\"endpointUrl\":\"" url "\",\"providerType\":\"\",\"subscriptions\":" events "}"

static const char *
member(struct asker *k, const char *name)
{
	return json_get_str(api_json(k), name, "(none)");
}

static void
life(void **state)
{
	struct asker *k = *state;
	const char *first;

	assert_answer(k, "POST", HOOKS, NEW("https://h.example/x", "[\"nodeCreated\",\"policyUpdate\"]"));
	assert_string_equal(member(k, "endpointId"), "1");
	assert_string_equal(member(k, "endpointUrl"), "https://h.example/x");
	assert_has(member(k, "creatorLoginName"), "(command line)");
	first = member(k, "secret");
	assert_has(first, "hskey-webhook-");
	assert_answer(k, "GET", "/api/v2/webhooks/1", NULL);
	assert_lacks(ask_body(k), "secret");
	assert_answer(k, "GET", HOOKS, NULL);
	assert_has(ask_body(k), "\"subscriptions\":[\"nodeCreated\",\"policyUpdate\"]");
	assert_lacks(ask_body(k), "hskey-webhook");
	assert_answer(k, "PATCH", "/api/v2/webhooks/1", "{\"subscriptions\":[\"userCreated\"]}");
	assert_has(ask_body(k), "[\"userCreated\"]");
	assert_answer(k, "POST", "/api/v2/webhooks/1/rotate", NULL);
	assert_string_not_equal(member(k, "secret"), first);
	assert_has(member(k, "secret"), "hskey-webhook-");
	assert_answer(k, "POST", "/api/v2/webhooks/1/test", NULL);
	assert_answer(k, "DELETE", "/api/v2/webhooks/1", NULL);
	assert_message(k, 404, "webhook not found", "GET", "/api/v2/webhooks/1", NULL);
	assert_message(k, 404, "webhook not found", "DELETE", "/api/v2/webhooks/x", NULL);
	assert_message(k, 404, "webhook not found", "POST", "/api/v2/webhooks/1/test", NULL);
	assert_message(k, 404, "webhook not found", "POST", "/api/v2/webhooks/1/rotate", NULL);
	assert_answer(k, "GET", HOOKS, NULL);
	assert_string_equal(ask_body(k), "{\"webhooks\":[]}");
}

static void
refused(void **state)
{
	struct asker *k = *state;

	assert_message(k, 422, "must start with https://", "POST", HOOKS, NEW("ftp://h", "[\"nodeCreated\"]"));
	assert_message(k, 422, "must start with https://", "POST", HOOKS, NEW("", "[\"nodeCreated\"]"));
	assert_message(k, 422, "user name or password", "POST", HOOKS,
	    NEW("https://u:p@h/x", "[\"nodeCreated\"]"));
	assert_message(k, 422, "names no event", "POST", HOOKS, NEW("https://h", "[]"));
	assert_message(k, 422, "subscriptions[0] is one of", "POST", HOOKS, NEW("https://h", "[\"x\"]"));
	assert_message(k, 422, "subscriptions[0] must be text", "POST", HOOKS, NEW("https://h", "[1]"));
	assert_message(k, 501, "never happens here", "POST", HOOKS, NEW("https://h", "[\"nodeSigned\"]"));
	assert_message(k, 422, "providerType", "POST", HOOKS, "{\"endpointUrl\":\"https://h\","
	    "\"providerType\":\"teams\",\"subscriptions\":[\"nodeCreated\"]}");
	assert_message(k, 422, "endpointUrl", "POST", HOOKS, "{\"subscriptions\":[\"nodeCreated\"]}");
	assert_message(k, 400, "not JSON", "POST", HOOKS, "{");
	for (int i = 0; i < 32; i++)
		assert_status(k, 200, "POST", HOOKS, NEW("https://h/@x", "[\"nodeCreated\"]"));
	assert_message(k, 409, "32 webhooks already", "POST", HOOKS, NEW("https://h", "[\"nodeCreated\"]"));
}

static void
scopes(void **state)
{
	struct asker *k = *state;
	const char *reads = make_key(k, "webhooks:read", 0);

	assert_int_equal(ask_key(k, reads, "GET", HOOKS, NULL), 200);
	assert_int_equal(ask_key(k, reads, "POST", HOOKS, NEW("https://h", "[\"nodeCreated\"]")), 403);
	assert_int_equal(ask_key(k, make_key(k, "dns", 0), "GET", HOOKS, NULL), 403);
	assert_int_equal(ask_key(k, make_key(k, "webhooks", 0), "POST", HOOKS,
	    NEW("https://h", "[\"nodeCreated\"]")), 200);
}

/* ---- sending ---- */

static const char *
deliver(struct asker *k)
{
	assert_int_equal(ask_as(k, ORIGIN_CONTROL, NULL, "POST", "/internal/deliver",
	    (struct str){ "", 0 }), 200);
	return ask_body(k);
}

/* Nobody listens on port 1: it waits longer and longer, and tells why. */
static void
nobody_there(void **state)
{
	struct asker *k = *state;
	static const char *const pauses[] = { "10000\n", "60000\n", "300000\n", "1800000\n", "7200000\n",
	    "21600000\n", "21600000\n" };

	assert_string_equal(deliver(k), "-1\n");
	assert_status(k, 200, "POST", HOOKS, NEW("http://127.0.0.1:1/x", "[\"userCreated\"]"));
	assert_string_equal(deliver(k), "-1\n");
	add_user(k, "bob");
	for (size_t i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++) {
		assert_string_equal(deliver(k), pauses[i]);
		k->later_ms += atoll(pauses[i]) + 100;
	}
	assert_answer(k, "GET", "/api/v2/webhooks/1", NULL);
	assert_has(ask_body(k), "\"failures\":7,\"lastError\":\"");
	assert_lacks(ask_body(k), "\"lastError\":\"\"");
	assert_status(k, 200, "DELETE", "/api/v2/webhooks/1", NULL);
	assert_string_equal(deliver(k), "-1\n");
	/* It is the notifier's, not the world's. */
	assert_int_equal(ask(k, "POST", "/internal/deliver"), 404);
}

/* The tick says what will run out, and marks what has. */
static void
by_the_clock(void **state)
{
	struct asker *k = *state;
	int64_t day = 86400000;
	struct webhook_event *v;
	size_t n;

	assert_status(k, 200, "POST", HOOKS, NEW("http://127.0.0.1:1/x",
	    "[\"nodeKeyExpiringInOneDay\",\"nodeKeyExpired\"]"));
	assert_int_equal(store_node_set_expiry(k->db, add_node(k, add_user(k, "bob"), 1, 1),
	    ASK_NOW + day, false), OK);
	for (int i = 0; i < 3; i++) {
		k->later_ms = i * day / 2 + 1;
		assert_int_equal(ask_as(k, ORIGIN_CONTROL, NULL, "POST", "/internal/tick",
		    (struct str){ "", 0 }), 200);
	}
	assert_int_equal(store_webhook_events(k->db, k->a, 1, 9, &v, &n), OK);
	assert_int_equal(n, 2);
	assert_string_equal(v[0].type, "nodeKeyExpiringInOneDay");
	assert_string_equal(v[1].type, "nodeKeyExpired");
}

/* ---- what is sent ---- */

static struct str
body_of(struct asker *k, const char *provider, size_t *taken)
{
	struct webhook w = { .provider = provider };
	struct webhook_event *v;
	struct str body;
	size_t n;

	assert_int_equal(store_webhook_events(k->db, k->a, 1, 100, &v, &n), OK);
	k->rq.now_ms = ASK_NOW;
	assert_int_equal(event_body(&k->rq, &w, v, n, &body, taken), OK);
	return body;
}

static void
forms(void **state)
{
	struct asker *k = *state;
	const char *text;
	size_t taken;
	jv *v;

	k->cfg.base_domain = "tail.example";
	assert_status(k, 200, "POST", HOOKS, NEW("https://h/x", "[\"categoryTailnetManagement\"]"));
	add_node(k, add_user(k, "bob"), 1, 1);
	assert_status(k, 200, "PUT", "/api/v1/policy", "{\"policy\":\"{}\"}");
	assert_status(k, 200, "PUT", "/api/v1/policy", "{\"policy\":\"{ }\"}");
	assert_status(k, 200, "POST", "/api/v2/webhooks/1/test", NULL);
	text = body_of(k, "", &taken).p;
	assert_int_equal(taken, 5);
	v = json_parse(k->a, str_of(text), JSON_DEPTH_DEFAULT, NULL);
	assert_int_equal(json_len(v), 5);
	assert_has(text, "\"version\":1,\"type\":\"nodeCreated\",\"tailnet\":\"tail.example\","
	    "\"message\":\"Node n1 created\",\"data\":{\"nodeID\":\"1\","
	    "\"deviceName\":\"n1.tail.example\",\"managedBy\":\"bob\",\"actor\":\"sqlite3 shell\","
	    "\"url\":\"https://head.example/api/v2/device/1\"}}");
	assert_has(text, "\"oldPolicy\":\"{}\",\"newPolicy\":\"{ }\"");
	assert_has(text, "\"message\":\"This is a test event\",\"data\":null}]");
	assert_lacks(text, "Version");
	assert_string_equal(body_of(k, "slack", &taken).p, "{\"text\":\"tail.example: User bob created\\n"
	    "tail.example: Node n1 created\\ntail.example: Tailnet policy file updated\\n"
	    "tail.example: Tailnet policy file updated\\ntail.example: This is a test event\"}");
	assert_has(body_of(k, "discord", &taken).p, "{\"content\":\"tail.example: User bob");
}

/* What is too much for one request comes with the next. */
static void
large(void **state)
{
	struct asker *k = *state;
	char *policy = arena_alloc(k->a, 600001);
	struct policy_version p = { .text = policy, .source = "api" };
	size_t taken;
	int64_t id;

	memset(policy, ' ', 600000);
	memcpy(policy, "{}", 2);
	policy[600000] = '\0';
	assert_status(k, 200, "POST", HOOKS, NEW("https://h/x", "[\"categoryTailnetManagement\"]"));
	for (int i = 0; i < 4; i++)
		assert_int_equal(store_policy_add(k->db, &p, &id), OK);
	(void)body_of(k, "", &taken);
	assert_int_equal(taken, 2);
	for (int i = 0; i < 90; i++)
		assert_int_equal(store_webhook_test(k->db, 1, ASK_NOW), OK);
	assert_true(body_of(k, "discord", &taken).n < 2100);
	assert_true(taken > 20 && taken < 94);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ASK_TEST(life), ASK_TEST(refused), ASK_TEST(scopes), ASK_TEST(nobody_there),
		ASK_TEST(by_the_clock), ASK_TEST(forms), ASK_TEST(large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
