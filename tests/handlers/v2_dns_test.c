/* tests/handlers/v2_dns_test.c -- DNS in REST v2, and what clients are told of it. */
#include "tests/handlers/control.h"
#include "tests/handlers/v2.h"

#define DNS "/api/v2/tailnet/-/dns/"

static const char *
shown(struct asker *k)
{
	const char *text;

	assert_int_equal(store_document(k->db, k->a, DOCUMENT_DNS, &text), OK);
	return text;
}

/* The answer of GET. */
static const char *
got(struct asker *k, const char *what)
{
	assert_answer(k, "GET", arena_printf(k->a, DNS "%s", what), NULL);
	return ask_body(k);
}

static void
nameservers(void **state)
{
	struct asker *k = *state;

	assert_string_equal(got(k, "nameservers"), "{\"dns\":[]}");
	assert_answer(k, "POST", DNS "nameservers",
	    "{\"dns\":[\"9.9.9.9\",\"https://dns.nextdns.io/abc\",\"9.9.9.9\"]}");
	assert_string_equal(ask_body(k),
	    "{\"dns\":[\"9.9.9.9\",\"https://dns.nextdns.io/abc\"],\"magicDNS\":true}");
	assert_has(shown(k), "\"Resolvers\":[{\"Addr\":\"9.9.9.9\"},"
	    "{\"Addr\":\"https://dns.nextdns.io/abc\"}]");

	assert_answer(k, "POST", DNS "nameservers", "{\"dns\":null}");	/* Go's empty list */
	assert_string_equal(got(k, "nameservers"), "{\"dns\":[]}");
	assert_lacks(shown(k), "Resolvers");

	assert_message(k, 400, "body.dns has an item \"nobody\" that is not the address", "POST",
	    DNS "nameservers", "{\"dns\":[\"nobody\"]}");
	assert_message(k, 422, "required property dns", "POST", DNS "nameservers", "{}");
	assert_message(k, 422, "body.dns", "POST", DNS "nameservers", "{\"dns\":\"9.9.9.9\"}");
	assert_message(k, 422, "body.dns[0]", "POST", DNS "nameservers", "{\"dns\":[1]}");
	assert_message(k, 404, "tailnet not found", "GET", "/api/v2/tailnet/x/dns/nameservers", NULL);
}

static void
preferences(void **state)
{
	struct asker *k = *state;

	assert_string_equal(got(k, "preferences"), "{\"magicDNS\":true}");
	assert_answer(k, "POST", DNS "preferences", "{\"magicDNS\":false}");
	assert_lacks(shown(k), "Proxied");
	assert_string_equal(got(k, "preferences"), "{\"magicDNS\":false}");
	assert_answer(k, "POST", DNS "preferences", "{\"magicDNS\":true}");
	assert_has(shown(k), "\"Proxied\":true");
	assert_message(k, 422, "magicDNS", "POST", DNS "preferences", "{}");

	k->cfg.base_domain = "";
	assert_message(k, 400, "needs a domain", "POST", DNS "preferences", "{\"magicDNS\":true}");
	assert_string_equal(got(k, "preferences"), "{\"magicDNS\":false}");
}

static void
searchpaths(void **state)
{
	struct asker *k = *state;

	assert_answer(k, "POST", DNS "searchpaths", "{\"searchPaths\":[\"Corp.Example.\"]}");
	assert_string_equal(got(k, "searchpaths"), "{\"searchPaths\":[\"corp.example\"]}");
	assert_has(shown(k), "\"Domains\":[\"tn.example\",\"corp.example\"]");
	assert_message(k, 400, "that is not a domain name", "POST", DNS "searchpaths",
	    "{\"searchPaths\":[\"a b\"]}");
	assert_message(k, 400, "not a domain name", "POST", DNS "searchpaths",
	    "{\"searchPaths\":[\"\"]}");
}

static void
split(void **state)
{
	struct asker *k = *state;

	assert_string_equal(got(k, "split-dns"), "{}");
	assert_answer(k, "PUT", DNS "split-dns",
	    "{\"a.example\":[\"10.0.0.1\"],\"B.example\":[\"10.0.0.2\",\"10.0.0.3\"]}");
	assert_answer(k, "PATCH", DNS "split-dns",
	    "{\"A.example\":[],\"c.example\":[\"10.0.0.4\"],\"d.example\":null}");
	assert_string_equal(ask_body(k),
	    "{\"c.example\":[\"10.0.0.4\"],\"b.example\":[\"10.0.0.2\",\"10.0.0.3\"]}");
	assert_has(shown(k), "\"Routes\":{\"c.example\":[{\"Addr\":\"10.0.0.4\"}]");
	assert_lacks(shown(k), "a.example");
	assert_answer(k, "PUT", DNS "split-dns", "{\"z.example\":[\"10.0.0.9\"]}");
	assert_string_equal(got(k, "split-dns"), "{\"z.example\":[\"10.0.0.9\"]}");

	assert_message(k, 400, "is there twice", "PATCH", DNS "split-dns",
	    "{\"x.example\":[\"1.1.1.1\"],\"X.example\":[\"1.1.1.1\"]}");
	assert_message(k, 400, "\"no domain\"", "PATCH", DNS "split-dns", "{\"no domain\":null}");
	assert_message(k, 400, "that is not the address", "PUT", DNS "split-dns",
	    "{\"x.example\":[\"--\"]}");
	assert_message(k, 422, "body.x", "PUT", DNS "split-dns", "{\"x\":\"10.0.0.1\"}");
	assert_message(k, 422, "body", "PUT", DNS "split-dns", "[]");
	assert_answer(k, "PUT", DNS "split-dns", "{}");
	assert_string_equal(got(k, "split-dns"), "{}");
}

static void
too_much_is_refused(void **state)
{
	struct asker *k = *state;
	struct buf b;

	buf_init(&b, SIZE_MAX);
	for (int round = 0; round < 2; round++) {
		buf_clear(&b);
		for (int i = 0; i < 600; i++)
			buf_printf(&b, "%s\"d%d-%d.example\":[\"10.0.0.1\"]", i ? "," : "{", round, i);
		buf_str(&b, "}");
		assert_int_equal(api(k, "PATCH", DNS "split-dns",
		    arena_strndup(k->a, (const char *)b.p, b.n)), round == 0 ? 200 : 400);
	}
	assert_has(ask_body(k), "one domain too many");
	buf_fini(&b);
}

static void
the_whole(void **state)
{
	struct asker *k = *state;

	assert_answer(k, "POST", DNS "configuration",
	    "{\"nameservers\":[{\"address\":\"1.1.1.1\"}],"
	    "\"splitDNS\":{\"corp.example\":[{\"address\":\"10.0.0.1\"}]},"
	    "\"searchPaths\":[\"corp.example\"],"
	    "\"preferences\":{\"magicDNS\":true}}");
	assert_has(shown(k), "\"FallbackResolvers\":[{\"Addr\":\"1.1.1.1\"}]");
	assert_answer(k, "POST", DNS "configuration",
	    "{\"nameservers\":[{\"address\":\"1.1.1.1\"}],"
	    "\"preferences\":{\"magicDNS\":true,\"overrideLocalDNS\":true}}");
	assert_string_equal(got(k, "configuration"),
	    "{\"nameservers\":[{\"address\":\"1.1.1.1\",\"useWithExitNode\":false}],"
	    "\"splitDNS\":{},\"searchPaths\":[],"
	    "\"preferences\":{\"overrideLocalDNS\":true,\"magicDNS\":true}}");
	assert_has(shown(k), "\"Resolvers\":[{\"Addr\":\"1.1.1.1\"}]");

	assert_message(k, 501, "useWithExitNode", "POST", DNS "configuration",
	    "{\"nameservers\":[{\"address\":\"1.1.1.1\",\"useWithExitNode\":true}]}");
	assert_message(k, 400, "set nameservers first", "POST", DNS "configuration",
	    "{\"preferences\":{\"overrideLocalDNS\":true}}");
	assert_message(k, 400, "body.splitDNS has a domain \"a b\"", "POST", DNS "configuration",
	    "{\"splitDNS\":{\"a b\":[{\"address\":\"1.1.1.1\"}]}}");
	assert_has(shown(k), "1.1.1.1");	/* nothing of these was kept */
	assert_answer(k, "POST", DNS "configuration", "{}");
	assert_string_equal(got(k, "preferences"), "{\"magicDNS\":false}");
}

/* A list in the file and an explicit false stand together with a list of ours. */
static void
the_file_says_whose_resolvers(void **state)
{
	struct asker *k = *state;
	const char *one[] = { "8.8.8.8" };

	k->cfg.nameservers = (struct text_list){ one, 1 };
	assert_answer(k, "POST", DNS "nameservers", "{\"dns\":[\"9.9.9.9\"]}");
	assert_has(shown(k), "\"FallbackResolvers\":[{\"Addr\":\"9.9.9.9\"}]");
	assert_lacks(shown(k), "8.8.8.8");
}

static void
clients_hear_at_once(void **state)
{
	struct asker *k = *state;
	struct authkey key = { .user_id = make_user(k, "alice"), .reusable = true };
	struct stream_open o;
	const char *lines;
	int64_t seq, to;

	assert_joined(register_with(k, 1, 100, make_key(k, &key)));
	assert_answer(k, "POST", DNS "nameservers", "{\"dns\":[]}");
	assert_int_equal(do_map(k, 1, 100, ",\"Stream\":true"), 200);
	(void)opened(k, &o);
	seq = change_now(k);
	assert_answer(k, "POST", DNS "nameservers", "{\"dns\":[\"9.9.9.9\"]}");
	lines = delta_lines(k, seq, &to);
	assert_has(lines, "value all 0 DNSConfig");
	assert_has(lines, "\"Resolvers\":[{\"Addr\":\"9.9.9.9\"}]");

	seq = change_now(k);
	assert_answer(k, "POST", DNS "nameservers", "{\"dns\":[\"9.9.9.9\"]}");
	assert_int_equal(change_now(k), seq);	/* the same again is no news */
}

/* The resolver in a first map of machine 'm'. */
static const char *
resolver_of(struct asker *k, int m)
{
	struct stream_open o;

	assert_int_equal(do_map(k, m, m * 100, ",\"Stream\":true"), 200);
	return json_get_str(json_at(json_get(json_get(opened(k, &o), "DNSConfig"), "Resolvers"), 0),
	    "Addr", "(none)");
}

static void
each_device_has_its_own_nextdns(void **state)
{
	struct asker *k = *state;
	struct authkey key = { .user_id = make_user(k, "alice"), .reusable = true };
	const char *text = make_key(k, &key), *lines;
	struct policy_version p = { .author = "", .source = "cli", .comment = "",
	    .text = "{\"grants\":[],\"nodeAttrs\":[{\"target\":[\"alice@\"],"
	    "\"attr\":[\"nextdns:mine\"]}]}", .created_ms = ASK_NOW };
	int64_t seq, to, id;

	assert_joined(register_with(k, 1, 100, text));
	assert_joined(register_with(k, 2, 200, text));
	(void)resolver_of(k, 1);
	seq = change_now(k);
	assert_answer(k, "POST", DNS "nameservers", "{\"dns\":[\"https://dns.nextdns.io/abc\"]}");
	assert_has(delta_lines(k, seq, &to), "refresh everyone");
	assert_has(resolver_of(k, 1), "https://dns.nextdns.io/abc?device_name=host1&");
	assert_has(resolver_of(k, 2), "https://dns.nextdns.io/abc?device_name=host2&");

	seq = change_now(k);
	STORE(k, store_policy_add(k->db, &p, &id));
	lines = delta_lines(k, seq, &to);
	assert_has(lines, "https://dns.nextdns.io/mine?device_name=host1&");
	assert_has(lines, "https://dns.nextdns.io/mine?device_name=host2&");
	assert_has(resolver_of(k, 2), "https://dns.nextdns.io/mine?device_name=host2&");

	seq = change_now(k);
	assert_answer(k, "POST", DNS "nameservers", "{\"dns\":[\"9.9.9.9\"]}");
	assert_has(delta_lines(k, seq, &to), "value all 0 DNSConfig");
	assert_string_equal(resolver_of(k, 1), "9.9.9.9");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NET_TEST(nameservers), NET_TEST(preferences), NET_TEST(searchpaths), NET_TEST(split),
		NET_TEST(too_much_is_refused), NET_TEST(the_whole),
		NET_TEST(each_device_has_its_own_nextdns),
		NET_TEST(the_file_says_whose_resolvers), NET_TEST(clients_hear_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
