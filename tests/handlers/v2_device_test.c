/* tests/handlers/v2_device_test.c -- REST v2: devices, as Tailscale's clients ask for them. */
#include "tests/handlers/key.h"
#include "tests/handlers/v2.h"

#define DEVICES "/api/v2/tailnet/-/devices"

static jv *
device(struct asker *k, const char *query)
{
	assert_answer(k, "GET", arena_printf(k->a, "/api/v2/device/1%s", query), NULL);
	return api_json(k);
}

static size_t
listed(struct asker *k, const char *query)
{
	assert_answer(k, "GET", arena_printf(k->a, DEVICES "%s", query), NULL);
	return json_len(json_get(api_json(k), "devices"));
}

static const char *
text(jv *o, const char *name)
{
	return json_get_str(o, name, "(none)");
}

static void
edit(struct asker *k, int64_t id, void (*how)(struct node *n))
{
	struct node n;

	assert_int_equal(store_node_by_id(k->db, k->a, id, &n), OK);
	how(&n);
	assert_int_equal(store_node_update(k->db, &n), OK);
}

static void
shows_what_tailscale_shows(void **state)
{
	struct asker *k = *state;
	jv *d;

	k->cfg.base_domain = "tail.example.com";
	add_node(k, add_user(k, "alice"), 1, 1);
	d = device(k, "");
	assert_string_equal(text(d, "name"), "n1.tail.example.com");
	assert_string_equal(text(d, "hostname"), "Host 1");
	assert_string_equal(text(d, "id"), "1");
	assert_string_equal(text(d, "nodeId"), "1");
	assert_string_equal(text(d, "user"), "alice");
	assert_string_equal(text(d, "expires"), "0001-01-01T00:00:00Z");
	assert_string_equal(json_dump(k->a, json_get(d, "addresses")), "[\"100.64.0.1\"]");
	assert_true(json_get_bool(d, "authorized", false));
	assert_true(json_get_bool(d, "keyExpiryDisabled", false));
	assert_string_not_equal(text(d, "lastSeen"), "(none)");
	assert_null(json_get(d, "enabledRoutes"));
	assert_null(json_get(d, "clientConnectivity"));
}

static void
come_online(struct node *n)
{
	n->online = true;
	n->routes = "[\"10.0.0.0/8\"]";
	n->endpoints = "[\"192.0.2.1:41641\"]";
	n->home_derp = 2;
	n->hostinfo = "{\"ShieldsUp\":true,\"sshHostKeys\":[\"ssh-ed25519 A\"],\"Distro\":\"debian\"}";
	n->netinfo = "{\"WorkingUDP\":true,\"MappingVariesByDestIP\":true,\"DERPLatency\":"
	    "{\"2-v4\":0.05,\"2-v6\":0.025,\"7-v4\":0.1,\"x\":1,\"3-v4\":\"no\"}}";
}

static void
all_fields(void **state)
{
	struct asker *k = *state;
	jv *d, *c, *l;

	add_node(k, 0, 1, 1);
	edit(k, 1, come_online);
	assert_int_equal(store_document_put(k->db, DOCUMENT_DERPMAP,
	    "{\"Regions\":{\"2\":{\"RegionID\":2,\"RegionName\":\"Vienna\"}}}", ASK_NOW), OK);
	for (int i = 0; i < 2; i++) {
		if (i == 0) {
			d = device(k, "?fields=all");
		} else {
			assert_int_equal(listed(k, "?fields=all"), 1);
			d = json_at(json_get(api_json(k), "devices"), 0);
		}
		assert_null(json_get(d, "lastSeen"));	/* it is connected */
		assert_string_equal(text(d, "user"), "tagged-devices");
		assert_string_equal(json_dump(k->a, json_get(d, "advertisedRoutes")),
		    "[\"10.0.0.0/8\"]");
		assert_string_equal(json_dump(k->a, json_get(d, "enabledRoutes")), "[]");
		assert_true(json_get_bool(d, "sshEnabled", false));
		assert_true(json_get_bool(d, "blocksIncomingConnections", false));
		assert_string_equal(text(json_get(d, "distro"), "name"), "debian");
		c = json_get(d, "clientConnectivity");
		assert_string_equal(text(c, "derp"), "Vienna");
		l = json_get(c, "latency");
		assert_string_equal(json_dump(k->a, json_get(l, "Vienna")),
		    "{\"latencyMs\":25.000,\"preferred\":true}");
		assert_string_equal(json_dump(k->a, json_get(l, "7")), "{\"latencyMs\":100.000}");
		assert_null(json_get(l, "x"));
	}
	/* A list without all fields knows of shields too. */
	assert_int_equal(listed(k, "?blocksIncomingConnections=true"), 1);
	assert_int_equal(listed(k, "?blocksIncomingConnections=false"), 0);
}

static void
lists_and_filters(void **state)
{
	struct asker *k = *state;
	int64_t alice = add_user(k, "alice");

	assert_int_equal(listed(k, ""), 0);
	add_node(k, alice, 1, 1);
	add_node(k, add_user(k, "bob"), 2, 2);
	add_node(k, 0, 3, 3);
	assert_int_equal(store_node_set_authorized(k->db, 2, false), OK);
	assert_int_equal(listed(k, ""), 3);
	assert_int_equal(listed(k, "?fields=default"), 3);
	assert_int_equal(listed(k, "?user=alice"), 1);
	assert_int_equal(listed(k, "?user=alice&user=bob"), 2);
	assert_int_equal(listed(k, "?user=alice&os=linux"), 1);
	assert_int_equal(listed(k, "?user=alice&os=windows"), 0);
	assert_int_equal(listed(k, "?os=Linux"), 3);
	assert_int_equal(listed(k, "?tags=tag:web"), 1);
	assert_int_equal(listed(k, "?tags=tag%3Adb&tags=tag%3Aweb"), 1);
	assert_int_equal(listed(k, "?tags=tag:db"), 0);
	assert_int_equal(listed(k, "?isEphemeral=false"), 3);
	assert_int_equal(listed(k, "?isEphemeral=true"), 0);
	assert_int_equal(listed(k, "?isEphemeral=0"), 3);
	assert_message(k, 400, "query.isEphemeral", "GET", DEVICES "?isEphemeral=maybe", NULL);
	assert_int_equal(listed(k, "?isExternal=true"), 0);
	assert_int_equal(listed(k, "?authorized=false"), 1);
	assert_int_equal(listed(k, "?connectedToControl=false"), 3);
	assert_int_equal(listed(k, "?keyExpiryDisabled=true"), 3);
	assert_int_equal(listed(k, "?hostname=Host%201"), 1);
	assert_int_equal(listed(k, "?name=n2"), 1);
	assert_int_equal(listed(k, "?id=3&nodeId=3"), 1);
	assert_int_equal(listed(k, "?id=x"), 0);
	assert_int_equal(listed(k, "?addresses=100.64.0.3"), 1);
	assert_int_equal(listed(k, "?clientVersion=1.102.5-t1-g2"), 3);
	assert_int_equal(listed(k, "?whatever=1"), 3);
}

static void
only_one_tailnet(void **state)
{
	struct asker *k = *state;

	assert_message(k, 404, "tailnet not found", "GET", "/api/v2/tailnet/x/devices", NULL);
	assert_message(k, 404, "tailnet not found", "GET", "/api/v2/tailnet/1/devices", NULL);
	k->cfg.base_domain = "tail.example.com";
	assert_answer(k, "GET", "/api/v2/tailnet/Tail.example.com/devices", NULL);
}

/* Whatever is not there has one answer, for each operation. */
static void
unknown_devices(void **state)
{
	static const struct { const char *method, *action, *body; } cases[] = {
		{ "GET", "", NULL }, { "DELETE", "", NULL },
		{ "POST", "/authorized", "{\"authorized\":true}" },
		{ "POST", "/name", "{\"name\":\"x\"}" },
		{ "POST", "/tags", "{\"tags\":[\"tag:a\"]}" },
		{ "POST", "/key", "{\"keyExpiryDisabled\":true}" },
		{ "POST", "/expire", NULL }, { "POST", "/ip", "{\"ipv4\":\"100.64.0.9\"}" },
		{ "GET", "/routes", NULL }, { "POST", "/routes", "{\"routes\":[]}" },
		{ "GET", "/attributes", NULL },
		{ "POST", "/attributes/custom:a", "{\"value\":1}" },
		{ "DELETE", "/attributes/custom:a", NULL },
	};
	static const char *const ids[] = { "7", "x", "-1", "0", "1x", "99999999999999999999" };
	struct asker *k = *state;

	add_node(k, add_user(k, "alice"), 1, 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t j = 0; j < sizeof(ids) / sizeof(ids[0]); j++)
			assert_message(k, 404, "device not found", cases[i].method,
			    arena_printf(k->a, "/api/v2/device/%s%s", ids[j],
			    cases[i].action), cases[i].body);
}

static void
deletes(void **state)
{
	struct asker *k = *state;

	add_node(k, add_user(k, "alice"), 1, 1);
	assert_answer(k, "DELETE", "/api/v2/device/1", NULL);
	assert_message(k, 404, "device not found", "DELETE", "/api/v2/device/1", NULL);
}

static void
authorizes(void **state)
{
	struct asker *k = *state;
	int64_t seq;

	add_node(k, add_user(k, "alice"), 1, 1);
	seq = last_change(k);
	assert_answer(k, "POST", "/api/v2/device/1/authorized", "{\"authorized\":true}");
	assert_int_equal(last_change(k), seq);
	assert_answer(k, "POST", "/api/v2/device/1/authorized", "{\"authorized\":false}");
	assert_true(last_change(k) > seq);
	assert_false(json_get_bool(device(k, ""), "authorized", true));
	assert_answer(k, "POST", "/api/v2/device/1/authorized", "{\"authorized\":true}");
	assert_true(json_get_bool(device(k, ""), "authorized", false));
	assert_message(k, 422, "authorized", "POST", "/api/v2/device/1/authorized", "{}");
	assert_message(k, 422, "body.authorized", "POST", "/api/v2/device/1/authorized",
	    "{\"authorized\":\"yes\"}");
}

static void
renames(void **state)
{
	struct asker *k = *state;

	k->cfg.base_domain = "tail.example.com";
	add_node(k, add_user(k, "alice"), 1, 1);
	add_node(k, add_user(k, "bob"), 2, 2);
	assert_answer(k, "POST", "/api/v2/device/1/name", "{\"name\":\"kitchen\"}");
	assert_string_equal(text(device(k, ""), "name"), "kitchen.tail.example.com");
	assert_answer(k, "POST", "/api/v2/device/1/name", "{\"name\":\"den.Tail.example.com\"}");
	assert_string_equal(text(device(k, ""), "name"), "den.tail.example.com");
	assert_answer(k, "POST", "/api/v2/device/1/name", "{\"name\":\"hall.tail.example.com.\"}");
	assert_string_equal(text(device(k, ""), "name"), "hall.tail.example.com");
	assert_message(k, 400, "no DNS label", "POST", "/api/v2/device/1/name",
	    "{\"name\":\"x.other.example\"}");
	assert_message(k, 400, "no DNS label", "POST", "/api/v2/device/1/name",
	    "{\"name\":\".tail.example.com\"}");
	assert_message(k, 400, "no DNS label", "POST", "/api/v2/device/1/name", "{\"name\":\"\"}");
	assert_message(k, 400, "not unique", "POST", "/api/v2/device/1/name", "{\"name\":\"n2\"}");
	assert_has(ask_body(k), "body.name");
}

static void
tags(void **state)
{
	struct asker *k = *state;

	add_node(k, add_user(k, "alice"), 1, 1);
	assert_answer(k, "POST", "/api/v2/device/1/tags", "{\"tags\":[]}");
	assert_answer(k, "POST", "/api/v2/device/1/tags", "{\"tags\":null}");
	assert_string_equal(text(device(k, ""), "user"), "alice");
	assert_answer(k, "POST", "/api/v2/device/1/tags", "{\"tags\":[\"tag:b\",\"tag:a\"]}");
	assert_string_equal(json_dump(k->a, json_get(device(k, ""), "tags")),
	    "[\"tag:a\",\"tag:b\"]");
	assert_answer(k, "POST", "/api/v2/device/1/tags", "{\"tags\":[]}");
	assert_string_equal(json_dump(k->a, json_get(device(k, ""), "tags")),
	    "[\"tag:a\",\"tag:b\"]");
	assert_message(k, 400, "must start with", "POST", "/api/v2/device/1/tags",
	    "{\"tags\":[\"web\"]}");
}

static void
tagged_as(struct asker *k, const char *token, int want, const char *list)
{
	int got = ask_key(k, token, "POST", "/api/v2/device/1/tags",
	    arena_printf(k->a, "{\"tags\":%s}", list));

	if (got != want)
		fail_msg("tags %s: wanted %d, got %d: %s", list, want, got, ask_body(k));
	assert_shape(k);
}

/* A token gives its own tags and those that they own; a key any that the policy has. */
static void
tags_of_a_token(void **state)
{
	struct asker *k = *state;
	const char *token = make_token(k, "devices:core", "[\"tag:ci\"]");
	const char *key = make_key(k, "devices:core", 0);

	add_node(k, add_user(k, "alice"), 1, 1);
	tagged_as(k, token, 200, "[\"tag:ci\"]");
	tagged_as(k, token, 403, "[\"tag:web\"]");	/* no policy: tags have no owners */
	tagged_as(k, key, 200, "[\"tag:web\"]");
	assert_status(k, 200, "PUT", "/api/v1/policy", "{\"policy\":\"{\\\"tagOwners\\\":"
	    "{\\\"tag:ci\\\":[],\\\"tag:web\\\":[\\\"tag:ci\\\"],\\\"tag:db\\\":[]}}\"}");
	tagged_as(k, token, 200, "[\"tag:web\"]");
	tagged_as(k, token, 200, "[\"tag:ci\",\"tag:web\"]");
	tagged_as(k, token, 403, "[\"tag:db\"]");
	tagged_as(k, token, 400, "[\"tag:none\"]");
	tagged_as(k, key, 200, "[\"tag:db\"]");
	tagged_as(k, key, 400, "[\"tag:none\"]");
	tagged_as(k, make_token(k, "devices:core:read", "[\"tag:ci\"]"), 403, "[\"tag:ci\"]");
}

static void
keys(void **state)
{
	struct asker *k = *state;

	add_node(k, add_user(k, "alice"), 1, 1);
	assert_answer(k, "POST", "/api/v2/device/1/key", "{\"keyExpiryDisabled\":false}");
	assert_true(json_get_bool(device(k, ""), "keyExpiryDisabled", false));
	k->cfg.node_expiry_ms = 86400000;
	assert_answer(k, "POST", "/api/v2/device/1/key", "{\"keyExpiryDisabled\":false}");
	assert_false(json_get_bool(device(k, ""), "keyExpiryDisabled", true));
	k->later_ms = 5000;
	assert_answer(k, "POST", "/api/v2/device/1/key", "{\"keyExpiryDisabled\":false}");
	k->later_ms = 0;
	assert_has(text(device(k, ""), "expires"), "2026-09-22T14:13:20");
	assert_answer(k, "POST", "/api/v2/device/1/key", "{\"keyExpiryDisabled\":true}");
	assert_true(json_get_bool(device(k, ""), "keyExpiryDisabled", false));
	assert_answer(k, "POST", "/api/v2/device/1/expire", NULL);
	assert_has(text(device(k, ""), "expires"), "2026-09-21T14:13:20");
}

static void
addresses(void **state)
{
	struct asker *k = *state;

	k->cfg.have_v4 = prefix_read(STR("100.64.0.0/10"), &k->cfg.v4);
	k->cfg.have_v6 = prefix_read(STR("fd7a:115c:a1e0::/48"), &k->cfg.v6);
	add_node(k, add_user(k, "alice"), 1, 1);
	add_node(k, add_user(k, "bob"), 2, 2);
	assert_answer(k, "POST", "/api/v2/device/1/ip", "{\"ipv4\":\"100.64.9.9\"}");
	assert_string_equal(json_dump(k->a, json_get(device(k, ""), "addresses")),
	    "[\"100.64.9.9\"]");
	assert_message(k, 409, "belongs to node 2", "POST", "/api/v2/device/1/ip",
	    "{\"ipv4\":\"100.64.0.2\"}");
	assert_message(k, 400, "IPv4", "POST", "/api/v2/device/1/ip",
	    "{\"ipv4\":\"fd7a:115c:a1e0::9\"}");
	assert_message(k, 400, "outside", "POST", "/api/v2/device/1/ip", "{\"ipv4\":\"1.2.3.4\"}");
	assert_message(k, 422, "ipv4", "POST", "/api/v2/device/1/ip", "{}");
}

static void
routes(void **state)
{
	struct asker *k = *state;

	add_node(k, add_user(k, "alice"), 1, 1);
	edit(k, 1, come_online);
	assert_answer(k, "GET", "/api/v2/device/1/routes", NULL);
	assert_string_equal(ask_body(k),
	    "{\"advertisedRoutes\":[\"10.0.0.0/8\"],\"enabledRoutes\":[]}");
	assert_answer(k, "POST", "/api/v2/device/1/routes",
	    "{\"routes\":[\"10.0.0.0/8\",\"0.0.0.0/0\"]}");
	assert_string_equal(ask_body(k), "{\"advertisedRoutes\":[\"10.0.0.0/8\"],"
	    "\"enabledRoutes\":[\"0.0.0.0/0\",\"10.0.0.0/8\",\"::/0\"]}");
	assert_answer(k, "POST", "/api/v2/device/1/routes", "{\"routes\":[]}");
	assert_has(ask_body(k), "\"enabledRoutes\":[]");
	assert_message(k, 400, "parsing route", "POST", "/api/v2/device/1/routes",
	    "{\"routes\":[\"10.0.0.0/8\",\"10.0.0.1/8\"]}");
	assert_has(ask_body(k), "body.routes[1]");
	assert_message(k, 422, "routes", "POST", "/api/v2/device/1/routes", "{}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ASK_TEST(shows_what_tailscale_shows),
		ASK_TEST(all_fields),
		ASK_TEST(lists_and_filters),
		ASK_TEST(only_one_tailnet),
		ASK_TEST(unknown_devices),
		ASK_TEST(deletes),
		ASK_TEST(authorizes),
		ASK_TEST(renames),
		ASK_TEST(tags),
		ASK_TEST(tags_of_a_token),
		ASK_TEST(keys),
		ASK_TEST(addresses),
		ASK_TEST(routes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
