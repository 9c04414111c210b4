/* tests/handlers/map_test.c -- POST /machine/map and what the notifier asks for. */
#include "tests/handlers/control.h"

#define HOUR (60 * 60 * 1000)

/* Machines 1..n join as alice's nodes 1..n with node keys i * 100 + 1. */
static void
join(struct asker *k, int n)
{
	struct authkey key = { .user_id = make_user(k, "alice"), .reusable = true };
	const char *text = make_key(k, &key);

	for (int i = 1; i <= n; i++)
		assert_joined(register_with(k, i, i * 100 + 1, text));
}

static jv *
open_stream(struct asker *k, int m, struct stream_open *o)
{
	assert_int_equal(do_map(k, m, m * 100 + 1, arena_printf(k->a,
	    ",\"Stream\":true,\"DiscoKey\":\"%s\",\"Endpoints\":[\"10.0.0.%d:1\"]",
	    key_no(k, DISCOKEY_PREFIX, m), m)), 200);
	return opened(k, o);
}

static void
a_first_map_is_whole(void **state)
{
	struct asker *k = *state;
	struct stream_open o;
	jv *map, *peers;

	join(k, 3);
	map = open_stream(k, 2, &o);
	assert_int_equal(o.node_id, 2);
	assert_false(o.alone);
	assert_int_equal(o.n_peers, 2);
	assert_int_equal(o.peers[0], 1);
	assert_int_equal(o.peers[1], 3);
	assert_int_equal(o.seq, change_now(k));
	peers = json_get(map, "Peers");
	assert_int_equal(json_len(peers), 2);
	assert_int_equal(json_get_i64(json_at(peers, 0), "ID", 0), 1);
	assert_string_equal(json_get_str(json_get(map, "Node"), "Name", ""), "host2.tn.example.");
	assert_string_equal(json_get_str(map, "Domain", ""), "tn.example");
	assert_non_null(json_get(json_get(map, "PacketFilters"), "base"));
	assert_int_equal(json_len(json_get(map, "UserProfiles")), 2);
	assert_true(json_get_bool(json_get(map, "DNSConfig"), "Proxied", false));
	assert_true(node_of_key(k, 201).online);
}

static void
a_map_of_nobody_else_has_no_peers(void **state)
{
	struct asker *k = *state;
	struct stream_open o;

	join(k, 1);
	assert_null(json_get(open_stream(k, 1, &o), "Peers"));
	assert_int_equal(o.n_peers, 0);
}

static void
a_reconnect_writes_nothing(void **state)
{
	struct asker *k = *state;
	struct stream_open o;
	int64_t seq;

	join(k, 2);
	(void)open_stream(k, 1, &o);
	seq = change_now(k);
	(void)open_stream(k, 1, &o);
	assert_int_equal(change_now(k), seq);
}

/* Where it connects from is its own affair: no peer is told. */
static void
a_stream_says_where_its_node_is(void **state)
{
	struct asker *k = *state;
	struct stream_open o;
	int64_t seq;

	k->remote_addr = "192.0.2.1";
	join(k, 2);
	assert_string_equal(node_of_key(k, 101).client_address, "192.0.2.1");
	(void)open_stream(k, 1, &o);
	seq = change_now(k);
	k->remote_addr = "2001:db8::1";
	(void)open_stream(k, 1, &o);
	assert_string_equal(node_of_key(k, 101).client_address, "2001:db8::1");
	k->remote_addr = "";	/* unknown */
	(void)open_stream(k, 1, &o);
	assert_string_equal(node_of_key(k, 101).client_address, "2001:db8::1");
	assert_int_equal(change_now(k), seq);
	k->remote_addr = "192.0.2.9";
	assert_int_equal(ask_as(k, ORIGIN_CONTROL, NULL, "POST", "/internal/presence",
	    str_of("-1 1789999999000\n")), 200);
	assert_string_equal(node_of_key(k, 101).client_address, "2001:db8::1");
}

static void
a_lite_update_is_stored_and_patched(void **state)
{
	struct asker *k = *state;
	struct stream_open o;
	const char *lines;
	int64_t to;

	join(k, 2);
	(void)open_stream(k, 1, &o);
	assert_int_equal(do_map(k, 1, 101, ",\"OmitPeers\":true,\"Endpoints\":[\"10.0.0.9:9\"],"
	    "\"Hostinfo\":{\"Hostname\":\"host1\",\"OS\":\"linux\","
	    "\"NetInfo\":{\"PreferredDERP\":5}}"), 200);
	assert_string_equal(ask_body(k), "");
	lines = delta_lines(k, o.seq, &to);
	assert_string_equal(lines, "patch all 1  {\"NodeID\":1,\"Endpoints\":[\"10.0.0.9:9\"],"
	    "\"DERPRegion\":5}\n");
	assert_int_equal(to, change_now(k));
	assert_string_equal(delta_lines(k, to, &to), "");
}

static void
a_new_node_is_an_upsert_with_its_profile(void **state)
{
	struct asker *k = *state;
	const char *lines;
	int64_t to, since;

	join(k, 1);
	since = change_now(k);
	{
		struct authkey key = { .tags = "[\"tag:x\"]" };
		assert_joined(register_with(k, 2, 201, make_key(k, &key)));
	}
	lines = delta_lines(k, since, &to);
	assert_has(lines, "item list 0 UserProfiles {\"ID\":2147455555");
	assert_has(lines, "upsert all 2 +profile {\"ID\":2,");
}

/* "tailscale status" shows owners from the last whole map only; Domain makes a client build one. */
static void
the_first_node_of_a_user_makes_clients_rebuild(void **state)
{
	struct asker *k = *state;
	int64_t to, since, user_id;

	join(k, 1);
	user_id = make_user(k, "bob");
	for (uint8_t device = 2; device <= 3; device++) {
		struct authkey key = { .user_id = user_id };
		const char *lines;
		since = change_now(k);
		assert_joined(register_with(k, device, 200 + device, make_key(k, &key)));
		lines = delta_lines(k, since, &to);
		assert_has(lines, "+profile");
		assert_int_equal(strstr(lines, "value all 0 Domain") != NULL, device == 2);
	}
}

static void
a_rename_by_hand_is_a_change(void **state)
{
	struct asker *k = *state;
	struct stream_open o;
	const char *lines;
	int64_t to;

	join(k, 2);
	(void)open_stream(k, 1, &o);
	STORE(k, store_node_rename(k->db, 1, "renamed"));
	lines = delta_lines(k, o.seq, &to);
	assert_has(lines, "upsert all 1 +profile {\"ID\":1,\"StableID\":\"1\",\"Name\":\"renamed.tn.example.\"");
	assert_has(lines, "value subject 1 Node+profile {\"ID\":1,");
}

static void
a_deleted_node_is_told(void **state)
{
	struct asker *k = *state;
	struct stream_open o;
	const char *lines;
	int64_t to;
	jv *map;

	join(k, 2);
	(void)open_stream(k, 2, &o);
	STORE(k, store_node_delete(k->db, 2));
	lines = delta_lines(k, o.seq, &to);
	assert_string_equal(lines, "remove all 2  \nrefresh subject 2  \n");
	assert_int_equal(ask_as(k, ORIGIN_CONTROL, NULL, "POST",
	    "/internal/refresh?node=2&zstd=0", (struct str){ "", 0 }), 200);
	map = opened(k, &o);
	assert_true(o.alone);
	assert_non_null(json_get_str(json_get(map, "Node"), "KeyExpiry", NULL));
	/* and when its client asks again */
	map = open_stream(k, 2, &o);
	assert_true(o.alone);
	assert_int_equal(o.node_id, 2);
	assert_string_equal(json_get_str(json_get(map, "Node"), "Key", ""),
	    key_no(k, NODEKEY_PREFIX, 201));
}

static void
a_key_that_never_was_has_to_log_in(void **state)
{
	struct asker *k = *state;
	struct stream_open o;
	jv *map;

	assert_int_equal(do_map(k, 9, 901, ",\"Stream\":true"), 200);
	map = opened(k, &o);
	assert_true(o.alone);
	assert_non_null(json_get_str(json_get(map, "Node"), "KeyExpiry", NULL));
	assert_int_equal(do_map(k, 9, 901, ",\"OmitPeers\":true"), 404);
}

static void
another_machines_key_gets_nothing(void **state)
{
	struct asker *k = *state;

	join(k, 2);
	assert_int_equal(do_map(k, 2, 101, ",\"Stream\":true"), 404);
	assert_lacks(ask_body(k), "100.64");
	assert_int_equal(do_map(k, 2, 101, ",\"OmitPeers\":true,\"Endpoints\":[\"6.6.6.6:6\"]"), 404);
	assert_string_equal(node_of_key(k, 101).endpoints, "[]");
	STORE(k, store_node_delete(k->db, 1));
	assert_int_equal(do_map(k, 2, 101, ",\"Stream\":true"), 200);	/* not that node's stream */
	assert_lacks(ask_body(k), "100.64.0.1");
}

static void
an_expired_node_is_alone_until_extended(void **state)
{
	struct asker *k = *state;
	struct stream_open o;
	const char *lines;
	int64_t to;

	join(k, 2);
	(void)open_stream(k, 1, &o);
	STORE(k, store_node_set_expiry(k->db, 1, ASK_NOW - 1, true));
	lines = delta_lines(k, o.seq, &to);
	assert_has(lines, "patch all 1  {\"NodeID\":1,\"KeyExpiry\":\"");
	assert_has(lines, "refresh subject 1");
	assert_null(json_get(open_stream(k, 1, &o), "Peers"));
	assert_true(o.alone);
	STORE(k, store_node_set_expiry(k->db, 1, ASK_NOW + HOUR, false));
	assert_int_equal(json_len(json_get(open_stream(k, 1, &o), "Peers")), 1);
	assert_false(o.alone);
}

static void
presence_comes_and_goes(void **state)
{
	struct asker *k = *state;
	struct stream_open o;
	const char *lines;
	int64_t to;

	join(k, 3);
	(void)open_stream(k, 1, &o);
	(void)open_stream(k, 2, &o);
	assert_int_equal(ask_as(k, ORIGIN_CONTROL, NULL, "POST", "/internal/presence",
	    str_of("-1 1789999999000\n-77 1\n")), 200);
	lines = delta_lines(k, o.seq, &to);
	assert_string_equal(lines, "patch all 1  {\"NodeID\":1,\"Online\":false,"
	    "\"LastSeen\":\"2026-09-21T14:13:19.000Z\"}\n");
	assert_int_equal(ask_as(k, ORIGIN_CONTROL, NULL, "POST", "/internal/presence?sync=1",
	    str_of("+3\n")), 200);
	assert_false(node_of_key(k, 201).online);
	assert_true(node_of_key(k, 301).online);
	assert_int_equal(ask_as(k, ORIGIN_CONTROL, NULL, "POST", "/internal/presence",
	    str_of("3\n")), 400);
	assert_int_equal(ask_as(k, ORIGIN_WEB, NULL, "POST", "/internal/presence",
	    str_of("+3\n")), 404);
}

static void
approved_routes_are_shown_and_fail_over(void **state)
{
	struct asker *k = *state;
	const char *host = ",\"OmitPeers\":true,\"Hostinfo\":{\"Hostname\":\"r\","
	    "\"RoutableIPs\":[\"10.0.0.0/8\",\"0.0.0.0/0\",\"::/0\"]}";
	struct stream_open o;
	const char *lines;
	int64_t to;

	join(k, 3);
	(void)open_stream(k, 1, &o);
	(void)open_stream(k, 2, &o);
	assert_int_equal(do_map(k, 1, 101, host), 200);
	assert_int_equal(do_map(k, 2, 201, host), 200);
	(void)open_stream(k, 3, &o);
	assert_lacks(ask_body(k), "10.0.0.0/8");	/* not without approval */
	STORE(k, store_node_set_approved(k->db, 1, "[\"0.0.0.0/0\",\"10.0.0.0/8\",\"::/0\"]"));
	STORE(k, store_node_set_approved(k->db, 2, "[\"0.0.0.0/0\",\"10.0.0.0/8\",\"::/0\"]"));
	lines = delta_lines(k, o.seq, &to);
	assert_has(lines, "\"AllowedIPs\":[\"100.64.0.1/32\",\"fd7a:115c:a1e0::1/128\",\"0.0.0.0/0\",\"10.0.0.0/8\",\"::/0\"]");
	assert_has(lines, "\"AllowedIPs\":[\"100.64.0.2/32\",\"fd7a:115c:a1e0::2/128\",\"0.0.0.0/0\",\"::/0\"]");
	/* The one that serves the subnet goes: the other takes over, in one delta. */
	STORE(k, store_node_set_presence(k->db, 1, false, ASK_NOW));
	lines = delta_lines(k, to, &to);
	assert_has(lines, "\"AllowedIPs\":[\"100.64.0.1/32\",\"fd7a:115c:a1e0::1/128\",\"0.0.0.0/0\",\"::/0\"]");
	assert_has(lines, "\"AllowedIPs\":[\"100.64.0.2/32\",\"fd7a:115c:a1e0::2/128\",\"0.0.0.0/0\",\"10.0.0.0/8\",\"::/0\"]");
	/* It comes back, and takes nothing away. */
	STORE(k, store_node_set_presence(k->db, 1, true, ASK_NOW));
	lines = delta_lines(k, to, &to);
	assert_has(lines, "patch all 1 ");
	assert_lacks(lines, "10.0.0.0/8");
	/* Deleting the one that serves gives the subnet to the other. */
	STORE(k, store_node_delete(k->db, 2));
	lines = delta_lines(k, to, &to);
	assert_has(lines, "\"AllowedIPs\":[\"100.64.0.1/32\",\"fd7a:115c:a1e0::1/128\",\"0.0.0.0/0\",\"10.0.0.0/8\",\"::/0\"]");
}

static void
half_an_exit_node_approved_by_hand_is_a_whole_one(void **state)
{
	struct asker *k = *state;
	struct stream_open o;

	join(k, 2);
	assert_int_equal(do_map(k, 1, 101, ",\"OmitPeers\":true,\"Hostinfo\":{\"Hostname\":\"x\","
	    "\"RoutableIPs\":[\"0.0.0.0/0\",\"::/0\"]}"), 200);
	STORE(k, store_node_set_approved(k->db, 1, "[\"0.0.0.0/0\"]"));
	(void)open_stream(k, 2, &o);
	assert_has(arena_strndup(k->a, (const char *)o.first.p + 4, o.first.n - 4),
	    "\"AllowedIPs\":[\"100.64.0.1/32\",\"fd7a:115c:a1e0::1/128\",\"0.0.0.0/0\",\"::/0\"]");
}

static void
users_logins_and_documents_travel(void **state)
{
	struct asker *k = *state;
	int64_t since, to;
	const char *lines;

	join(k, 1);
	(void)delta_lines(k, -1, &since);
	STORE(k, store_user_rename(k->db, 1, "alicia"));
	STORE(k, store_document_put(k->db, "dns", "{\"Proxied\":true}", ASK_NOW));
	STORE(k, store_document_put(k->db, "derpmap", "{\"Regions\":{}}", ASK_NOW));
	lines = delta_lines(k, since, &to);
	assert_has(lines, "item all 0 UserProfiles {\"ID\":1,\"LoginName\":\"alicia\"");
	assert_has(lines, "value all 0 Domain \"tn.example\"");
	assert_has(lines, "value all 0 DNSConfig {\"Proxied\":true}");
	assert_has(lines, "value everyone 0 DERPMap {\"Regions\":{}}");
}

static void
the_tick_does_what_is_due(void **state)
{
	struct asker *k = *state;
	struct authkey key = { .user_id = make_user(k, "alice"), .ephemeral = true, .reusable = true };

	assert_joined(register_with(k, 1, 101, make_key(k, &key)));
	(void)do_register(k, 2, 201, "");	/* a login that nobody completes */
	k->later_ms = HOUR;
	assert_int_equal(ask_as(k, ORIGIN_CONTROL, NULL, "POST", "/internal/tick",
	    (struct str){ "", 0 }), 200);
	assert_int_equal(node_count(k), 0);
	{
		int64_t n;
		assert_int_equal(store_login_count(k->db, &n), OK);
		assert_int_equal(n, 0);
	}
}

static void
a_fleet_shares_blocks(void **state)
{
	struct asker *k = *state;
	struct stream_open o;
	jv *peers;

	join(k, 150);	/* three blocks of ids */
	peers = json_get(open_stream(k, 70, &o), "Peers");
	assert_int_equal(json_len(peers), 149);
	for (size_t i = 0; i < 149; i++)
		assert_int_equal(json_get_i64(json_at(peers, i), "ID", 0), i + 1 + (i >= 69));
	STORE(k, store_node_delete(k->db, 1));
	assert_int_equal(json_len(json_get(open_stream(k, 149, &o), "Peers")), 148);
}

static void
bad_input_gets_words(void **state)
{
	struct asker *k = *state;

	join(k, 1);
	assert_int_equal(do_map(k, 1, 101, ",\"Compress\":\"gzip\""), 400);
	assert_int_equal(do_map(k, 1, 101, ",\"DiscoKey\":\"discokey:1\""), 400);
	assert_int_equal(ask_as(k, ORIGIN_CONTROL, key_no(k, MKEY_PREFIX, 1), "POST",
	    "/machine/map", STR("{\"Version\":9}")), 400);
	assert_has(ask_body(k), "1.80");
	assert_int_equal(do_map(k, 1, 101, ",\"Stream\":\"yes\",\"Hostinfo\":7,\"Endpoints\":{}"), 200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NET_TEST(a_first_map_is_whole),
		NET_TEST(a_map_of_nobody_else_has_no_peers),
		NET_TEST(a_reconnect_writes_nothing),
		NET_TEST(a_stream_says_where_its_node_is),
		NET_TEST(a_lite_update_is_stored_and_patched),
		NET_TEST(a_new_node_is_an_upsert_with_its_profile),
		NET_TEST(the_first_node_of_a_user_makes_clients_rebuild),
		NET_TEST(a_rename_by_hand_is_a_change),
		NET_TEST(a_deleted_node_is_told),
		NET_TEST(a_key_that_never_was_has_to_log_in),
		NET_TEST(another_machines_key_gets_nothing),
		NET_TEST(an_expired_node_is_alone_until_extended),
		NET_TEST(presence_comes_and_goes),
		NET_TEST(approved_routes_are_shown_and_fail_over),
		NET_TEST(half_an_exit_node_approved_by_hand_is_a_whole_one),
		NET_TEST(users_logins_and_documents_travel),
		NET_TEST(the_tick_does_what_is_due),
		NET_TEST(a_fleet_shares_blocks),
		NET_TEST(bad_input_gets_words),
	};

	return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
