/*
 * tests/handlers/control.h -- a tailnet in memory and machines that talk to it.
 */
#ifndef TESTS_HANDLERS_CONTROL_H
#define TESTS_HANDLERS_CONTROL_H

#include "tests/handlers/ask.h"

#include "handlers/control/netcache.h"
#include "lib/crypto/key.h"
#include "lib/crypto/token.h"
#include "lib/json/json.h"
#include "lib/wire/delta.h"

__attribute__((unused)) static int
net_setup(void **state)
{
	struct asker *k;

	crypto_init();
	ask_setup(state);
	k = *state;
	k->cache = netcache_new();
	k->cfg.base_domain = "tn.example";
	k->cfg.magic_dns = true;
	k->cfg.have_v4 = k->cfg.have_v6 = true;
	assert_true(prefix_read(STR("100.64.0.0/10"), &k->cfg.v4));
	assert_true(prefix_read(STR("fd7a:115c:a1e0::/48"), &k->cfg.v6));
	k->cfg.login_timeout_ms = 15 * 60 * 1000;
	k->cfg.ephemeral_timeout_ms = 120 * 1000;
	return 0;
}

__attribute__((unused)) static int
net_teardown(void **state)
{
	struct asker *k = *state;

	netcache_free(k->cache);
	return ask_teardown(state);
}

/* A store function called in a write transaction, as a handler's would be. */
#define STORE(k, call) do {				\
	assert_int_equal(db_begin_write((k)->db), OK);	\
	assert_int_equal((call), OK);			\
	assert_int_equal(db_commit((k)->db), OK);	\
} while (0)

#define NET_TEST(f) cmocka_unit_test_setup_teardown(f, net_setup, net_teardown)

/* Key number 'i' of a kind; the machine's node keys are i * 100 + n. */
__attribute__((unused)) static const char *
key_no(struct asker *k, const char *prefix, int i)
{
	return arena_printf(k->a, "%s%064x", prefix, i);
}

__attribute__((unused)) static int64_t
make_user(struct asker *k, const char *name)
{
	struct user u = { .name = name, .display_name = "", .email = "",
	    .provider = "", .picture_url = "", .created_ms = ASK_NOW };
	int64_t id;

	STORE(k, store_user_create(k->db, &u, &id));
	return id;
}

/* A pre-auth key like 'like'; its text is returned, its id stored there. */
__attribute__((unused)) static const char *
make_key(struct asker *k, struct authkey *like)
{
	struct token t;

	token_new("auth", &t);
	like->prefix = t.prefix;
	like->hash = t.hash;
	like->description = "";
	like->created_ms = ASK_NOW;
	if (like->tags == NULL)
		like->tags = "[]";
	if (like->expiry_ms == 0)
		like->expiry_ms = TIME_NONE;
	like->revoked_ms = TIME_NONE;
	STORE(k, store_authkey_create(k->db, like, &like->id));
	return arena_strdup(k->a, t.text);
}

/* Machine 'm' registers node key 'nk'; 'more' is JSON members with a leading comma. */
__attribute__((unused)) static jv *
do_register(struct asker *k, int m, int nk, const char *more)
{
	const char *body = arena_printf(k->a, "{\"Version\":142,\"NodeKey\":\"%s\","
	    "\"Hostinfo\":{\"Hostname\":\"host%d\",\"OS\":\"linux\"}%s}",
	    key_no(k, NODEKEY_PREFIX, nk), m, more);
	int status = ask_as(k, ORIGIN_CONTROL, key_no(k, MKEY_PREFIX, m), "POST",
	    "/machine/register", str_of(body));

	if (status != 200)
		fail_msg("status %d: %s", status, k->rq.errmsg);
	return json_parse(k->a, str_of(ask_body(k)), 16, NULL);
}

__attribute__((unused)) static jv *
register_with(struct asker *k, int m, int nk, const char *auth_key)
{
	return do_register(k, m, nk, arena_printf(k->a,
	    ",\"Auth\":{\"AuthKey\":\"%s\"}", auth_key));
}

__attribute__((unused)) static void
assert_error(jv *answer, const char *text)
{
	assert_string_equal(json_get_str(answer, "Error", ""), text);
	assert_false(json_get_bool(answer, "MachineAuthorized", true));
}

__attribute__((unused)) static void
assert_joined(jv *answer)
{
	assert_string_equal(json_get_str(answer, "Error", ""), "");
	assert_string_equal(json_get_str(answer, "AuthURL", ""), "");
	assert_true(json_get_bool(answer, "MachineAuthorized", false));
}

__attribute__((unused)) static struct node
node_of_key(struct asker *k, int nk)
{
	struct node n;

	assert_int_equal(store_node_by_node_key(k->db, k->a,
	    key_no(k, NODEKEY_PREFIX, nk), &n), OK);
	return n;
}

__attribute__((unused)) static bool
key_known(struct asker *k, int nk)
{
	struct node n;

	return store_node_by_node_key(k->db, k->a, key_no(k, NODEKEY_PREFIX, nk), &n) == OK;
}

__attribute__((unused)) static int64_t
node_count(struct asker *k)
{
	int64_t n;

	assert_int_equal(store_node_count(k->db, &n), OK);
	return n;
}

/* A streaming or other map request without compression. */
__attribute__((unused)) static int
do_map(struct asker *k, int m, int nk, const char *more)
{
	const char *body = arena_printf(k->a, "{\"Version\":142,\"NodeKey\":\"%s\"%s}",
	    key_no(k, NODEKEY_PREFIX, nk), more);

	return ask_as(k, ORIGIN_CONTROL, key_no(k, MKEY_PREFIX, m), "POST",
	    "/machine/map", str_of(body));
}

/* The answer of a stream request, taken apart; its map is returned as JSON. */
__attribute__((unused)) static jv *
opened(struct asker *k, struct stream_open *o)
{
	int64_t *ids = arena_array(k->a, 1000, sizeof(*ids));
	struct span in = { k->rq.out.p, k->rq.out.n - 1 };
	jv *map;

	assert_string_equal(k->rq.ctype, OPEN_CTYPE);
	assert_int_equal(stream_open_decode(in, ids, 1000, o), OK);
	assert_true(o->first.n > 4);
	map = json_parse(k->a, (struct str){ (const char *)o->first.p + 4, o->first.n - 4 },
	    32, NULL);
	assert_non_null(map);
	return map;
}

/* The fragments of a delta, one line each: "op seen_by subject name bytes". */
__attribute__((unused)) static const char *
delta_lines(struct asker *k, int64_t since, int64_t *to)
{
	static const char *const ops[] = { "", "value", "item", "upsert", "patch",
	    "remove", "refresh", "close", "wake" };
	static const char *const audiences[] = { "", "all", "subject", "list", "everyone" };
	struct delta_head h;
	struct fragment f;
	struct buf out;
	int64_t ids[16];
	struct rd r;
	const char *text;

	assert_int_equal(ask_as(k, ORIGIN_CONTROL, NULL, "GET",
	    arena_printf(k->a, "/internal/delta?since=%lld", (long long)since),
	    (struct str){ "", 0 }), 200);
	r = rd_of((struct span){ k->rq.out.p, k->rq.out.n - 1 });
	assert_int_equal(delta_head_decode(&r, &h), OK);
	buf_init(&out, 1 << 20);
	for (uint32_t i = 0; i < h.count; i++) {
		assert_int_equal(fragment_decode(&r, ids, 16, &f), OK);
		buf_printf(&out, "%s %s %lld %.*s%s%.*s\n", ops[f.op], audiences[f.seen_by],
		    (long long)f.subject, (int)f.name.n, f.name.p ? f.name.p : "",
		    f.with ? "+profile " : " ", (int)f.bytes.n,
		    f.bytes.p ? (const char *)f.bytes.p : "");
	}
	assert_int_equal(rd_left(&r), 0);
	text = arena_strndup(k->a, out.n ? (const char *)out.p : "", out.n);
	buf_fini(&out);
	*to = h.to;
	return text;
}

__attribute__((unused)) static int64_t
change_now(struct asker *k)
{
	int64_t seq;

	assert_int_equal(store_change_last(k->db, &seq), OK);
	return seq;
}

#endif
