/* tests/unit/netdoc_test.c -- Hostinfo, nodes as JSON, DNS configuration, DERP maps. */
#include "tests/unit/unit.h"

#include "lib/base/arena.h"
#include "lib/crypto/key.h"
#include "lib/netmap/derpmap.h"
#include "lib/netmap/dns.h"
#include "lib/netmap/hostinfo.h"
#include "lib/netmap/node_json.h"

#define KEY64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct arena *a;

static int
setup(void **state)
{
	(void)state;
	crypto_init();
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

static const char *
text_of(struct buf *b)
{
	const char *s = arena_strndup(a, (const char *)b->p, b->n);

	buf_fini(b);
	return s;
}

static const char *
peer_hostinfo(const char *json)
{
	struct buf b;
	struct jw w;

	buf_init(&b, 1 << 20);
	jw_init(&w, &b);
	hostinfo_write_peer(&w, a, json);
	return text_of(&b);
}

static void
hostinfo_is_taken_apart(void **state)
{
	jv *v = json_parse(a, STR("{\"Hostname\":\"h\",\"OS\":\"linux\",\"IPNVersion\":\"1.2\","
	    "\"RoutableIPs\":[\"10.0.0.0/8\"],\"RequestTags\":[\"tag:a\"],"
	    "\"NetInfo\":{\"PreferredDERP\":7}}"), 8, NULL);
	struct hostinfo h;

	(void)state;
	assert_int_equal(hostinfo_read(a, v, &h), OK);
	assert_string_equal(h.hostname, "h");
	assert_string_equal(h.routes, "[\"10.0.0.0/8\"]");
	assert_string_equal(h.request_tags, "[\"tag:a\"]");
	assert_int_equal(h.home_derp, 7);
	assert_null(strstr(h.json, "NetInfo"));
	assert_non_null(strstr(h.netinfo, "PreferredDERP"));
	assert_int_equal(hostinfo_read(a, NULL, &h), OK);
	assert_string_equal(h.json, "{}");
	assert_int_equal(h.home_derp, -1);
}

/* A wrong type in one node's Hostinfo would cost every peer its map. */
static void
peers_see_only_well_typed_hostinfo(void **state)
{
	(void)state;
	assert_string_equal(peer_hostinfo("{\"OS\":7,\"Hostname\":[\"x\"],\"Services\":\"no\","
	    "\"sshHostKeys\":{},\"Location\":3,\"AppConnector\":\"true\"}"), "{}");
	assert_string_equal(peer_hostinfo("garbage"), "{}");
	assert_string_equal(peer_hostinfo("{\"OS\":\"linux\",\"BackendLogID\":\"secret\","
	    "\"Services\":[{\"Proto\":\"peerapi4\",\"Port\":1},{\"Proto\":\"tcp\",\"Port\":22},"
	    "{\"Proto\":\"peerapi6\",\"Port\":70000},{\"Proto\":\"peerapi6\",\"Port\":\"1\"}]}"),
	    "{\"OS\":\"linux\",\"Services\":[{\"Proto\":\"peerapi4\",\"Port\":1}]}");
}

static struct node
a_node(void)
{
	return (struct node){
		.id = 5, .user_id = 1, .machine_key = "mkey:" KEY64,
		.node_key = "nodekey:" KEY64, .disco_key = "discokey:" KEY64,
		.name = "n", .hostname = "n", .ipv4 = "100.64.0.5", .ipv6 = "fd7a::5",
		.tags = "[]", .hostinfo = "{}", .endpoints = "[\"1.2.3.4:5\"]",
		.routes = "[]", .approved = "[]", .home_derp = 9, .online = true,
		.cap = 142, .expiry_ms = TIME_NONE,
	};
}

static const char *
as_peer(const struct node *n)
{
	struct node_view v = { .base_domain = "tn.example" };
	struct buf b;
	struct jw w;

	buf_init(&b, 1 << 20);
	jw_init(&w, &b);
	node_json_peer(&w, a, n, &v, NULL);
	return text_of(&b);
}

static void
a_peer_has_what_clients_need(void **state)
{
	struct node n = a_node();
	const char *s = as_peer(&n);

	(void)state;
	assert_non_null(strstr(s, "\"ID\":5,\"StableID\":\"5\",\"Name\":\"n.tn.example.\""));
	assert_non_null(strstr(s, "\"Addresses\":[\"100.64.0.5/32\",\"fd7a::5/128\"]"));
	assert_non_null(strstr(s, "\"HomeDERP\":9"));
	assert_non_null(strstr(s, "\"Online\":true"));
	assert_null(strstr(s, "LastSeen"));
	assert_null(strstr(s, "KeyExpiry"));
	n.online = false;
	assert_non_null(strstr(as_peer(&n), "\"LastSeen\":\""));
}

static void
a_slip_in_the_database_costs_nobody_the_map(void **state)
{
	struct node n = a_node();
	const char *s;

	(void)state;
	n.name = "Not A Name";
	n.ipv4 = "300.1.2.3";
	n.endpoints = "[1,\"x\"]";
	n.tags = "[3,\"tag:ok\"]";
	n.disco_key = "discokey:zz";
	s = as_peer(&n);
	assert_non_null(json_parse(a, str_of(s), 16, NULL));
	assert_non_null(strstr(s, "\"Name\":\"not-a-name-5.tn.example.\""));
	assert_non_null(strstr(s, "\"Addresses\":[\"fd7a::5/128\"]"));
	assert_non_null(strstr(s, "\"Endpoints\":[]"));
	assert_non_null(strstr(s, "\"Tags\":[\"tag:ok\"]"));
	assert_null(strstr(s, "DiscoKey"));
	assert_true(node_showable(&n));
	n.node_key = "nodekey:short";
	assert_false(node_showable(&n));
}

static void
a_patch_says_no_more_than_asked(void **state)
{
	struct node n = a_node();
	struct buf b;
	struct jw w;

	(void)state;
	buf_init(&b, 4096);
	jw_init(&w, &b);
	node_json_patch(&w, a, &n, PATCH_ENDPOINTS);
	assert_string_equal(text_of(&b), "{\"NodeID\":5,\"Endpoints\":[\"1.2.3.4:5\"]}");
	jw_init(&w, &b);
	node_json_patch(&w, a, &n, PATCH_EXPIRY | PATCH_DERP);
	assert_string_equal(text_of(&b),
	    "{\"NodeID\":5,\"DERPRegion\":9,\"KeyExpiry\":\"0001-01-01T00:00:00Z\"}");
}

static void
dns_follows_the_configuration(void **state)
{
	const char *servers[] = { "1.1.1.1" }, *corp[] = { "10.0.0.53" };
	struct split_dns split = { "corp.example", { corp, 1 } };
	struct dns_record extra = { "grafana.tn.example", "A", "100.64.0.9" };
	struct config cfg = {
		.magic_dns = true, .base_domain = "tn.example",
		.nameservers = { servers, 1 }, .override_local_dns = true,
		.split = &split, .n_split = 1, .extra = &extra, .n_extra = 1,
	};

	(void)state;
	assert_string_equal(dns_config_json(a, &cfg, NULL),
	    "{\"Proxied\":true,\"Domains\":[\"tn.example\"],"
	    "\"Resolvers\":[{\"Addr\":\"1.1.1.1\"}],"
	    "\"Routes\":{\"corp.example\":[{\"Addr\":\"10.0.0.53\"}]},"
	    "\"ExtraRecords\":[{\"Name\":\"grafana.tn.example\",\"Type\":\"A\","
	    "\"Value\":\"100.64.0.9\"}]}");
}

static void
a_foreign_record_gets_a_route(void **state)
{
	struct config cfg = { .magic_dns = true, .base_domain = "tn.example" };
	const char *why = NULL;
	const char *records = dns_records_read(a, STR("[{\"name\":\"Wiki.Other.Example.\","
	    "\"type\":\"A\",\"value\":\"100.64.0.9\"},{\"name\":\"wiki.other.example\","
	    "\"type\":\"A\",\"value\":\"100.64.0.9\"}]"), &why);

	(void)state;
	assert_non_null(records);
	assert_non_null(strstr(dns_config_json(a, &cfg, records),
	    "\"Routes\":{\"wiki.other.example\":[]},\"ExtraRecords\":"
	    "[{\"Name\":\"wiki.other.example\",\"Type\":\"A\",\"Value\":\"100.64.0.9\"}]"));
}

static void
bad_records_are_refused(void **state)
{
	static const char *const bad[] = {
		"", "{}", "[1]", "[{\"name\":\"x\",\"type\":\"A\",\"value\":\"nope\"}]",
		"[{\"name\":\"x\",\"type\":\"AAAA\",\"value\":\"1.2.3.4\"}]",
		"[{\"name\":\"x\",\"type\":\"CNAME\",\"value\":\"y\"}]",
		"[{\"type\":\"A\",\"value\":\"1.2.3.4\"}]",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		const char *why = NULL;
		assert_null(dns_records_read(a, str_of(bad[i]), &why));
		assert_non_null(why);
	}
}

#define NODE "{\"Name\":\"9a\",\"HostName\":\"derp.example\",\"DERPPort\":443,\"Extra\":1}"

static void
derp_maps_are_merged(void **state)
{
	struct derpmap *m = derpmap_new(a);
	const char *why = NULL;

	(void)state;
	assert_int_equal(derpmap_add(m, STR("{\"Regions\":{\"9\":{\"RegionID\":9,\"Nodes\":["
	    NODE "]},\"10\":{\"Nodes\":[" NODE "]}}}"), &why), OK);
	assert_int_equal(derpmap_regions(m), 2);
	assert_int_equal(derpmap_add(m, STR("{\"Regions\":{\"10\":null}}"), &why), OK);
	assert_string_equal(derpmap_json(m), "{\"Regions\":{\"9\":{\"RegionID\":9,\"Nodes\":["
	    "{\"Name\":\"9a\",\"RegionID\":9,\"HostName\":\"derp.example\",\"DERPPort\":443}]}}}");
}

static void
a_bad_derp_map_changes_nothing(void **state)
{
	static const char *const bad[] = {
		"", "[]", "{\"Regions\":[]}", "{\"Regions\":{\"x\":null}}",
		"{\"Regions\":{\"0\":null}}", "{\"Regions\":{\"1\":{}}}",
		"{\"Regions\":{\"8\":{\"Nodes\":[" NODE "]},\"1\":{\"Nodes\":[{\"Name\":\"a\"}]}}}",
		"{\"Regions\":{\"1\":{\"Nodes\":[{\"Name\":\"a\",\"HostName\":\"b\",\"IPv4\":\"x\"}]}}}",
		"{\"Regions\":{\"1\":{\"Nodes\":[{\"Name\":\"a\",\"HostName\":\"b\",\"DERPPort\":70000}]}}}",
	};
	struct derpmap *m = derpmap_new(a);

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		const char *why = NULL;
		assert_int_equal(derpmap_add(m, str_of(bad[i]), &why), ERR_BADREQ);
		assert_non_null(why);
		assert_int_equal(derpmap_regions(m), 0);
	}
}

static const char *
for_device(const char *servers, const char *profile, bool nothing)
{
	struct dns_device d = { .name = "Ann's \"laptop\"", .model = "macOS", .ip = "100.64.0.1",
	    .profile = profile, .nothing = nothing };
	const char *list[] = { "9.9.9.9", servers };
	struct config cfg = { .base_domain = "", .nameservers = { list, 2 } };
	const char *shared = dns_config_json(a, &cfg, NULL), *own;

	assert_int_equal(dns_is_personal(shared), strstr(servers, "//dns.nextdns.io/") != NULL);
	own = strstr(dns_config_personal(a, shared, &d), "{\"Addr\":\"http");
	return arena_strndup(a, own, strcspn(own, "}"));
}

#define INFO "device_name=Ann%27s%20%22laptop%22&device_model=macOS&device_ip=100.64.0.1\""

static void
nextdns_is_told_of_the_device(void **state)
{
	(void)state;
	assert_string_equal(for_device("https://dns.nextdns.io/abc", NULL, false),
	    "{\"Addr\":\"https://dns.nextdns.io/abc?" INFO);
	assert_string_equal(for_device("https://dns.nextdns.io/abc", "mine", false),
	    "{\"Addr\":\"https://dns.nextdns.io/mine?" INFO);
	assert_string_equal(for_device("https://dns.nextdns.io/abc?x=1", "mine", false),
	    "{\"Addr\":\"https://dns.nextdns.io/mine?x=1&" INFO);
	assert_string_equal(for_device("https://dns.nextdns.io/abc", "mine", true),
	    "{\"Addr\":\"https://dns.nextdns.io/mine\"");
	assert_string_equal(for_device("https://dns.nextdns.io/abc", NULL, true),
	    "{\"Addr\":\"https://dns.nextdns.io/abc\"");
	assert_string_equal(for_device("https://dns.nextdns.io.evil.example/abc", "mine", false),
	    "{\"Addr\":\"https://dns.nextdns.io.evil.example/abc\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostinfo_is_taken_apart),
		cmocka_unit_test(peers_see_only_well_typed_hostinfo),
		cmocka_unit_test(a_peer_has_what_clients_need),
		cmocka_unit_test(a_slip_in_the_database_costs_nobody_the_map),
		cmocka_unit_test(a_patch_says_no_more_than_asked),
		cmocka_unit_test(dns_follows_the_configuration),
		cmocka_unit_test(nextdns_is_told_of_the_device),
		cmocka_unit_test(a_foreign_record_gets_a_route),
		cmocka_unit_test(bad_records_are_refused),
		cmocka_unit_test(derp_maps_are_merged),
		cmocka_unit_test(a_bad_derp_map_changes_nothing),
	};

	return cmocka_run_group_tests_name("netdoc", tests, setup, teardown);
}
