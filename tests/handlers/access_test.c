/* tests/handlers/access_test.c -- who gets through the door of the API, and who does not. */
#include "tests/handlers/key.h"

#include <sodium.h>

#include "handlers/admit.h"
#include "handlers/routes.h"
#include "handlers/throttle.h"
#include "lib/policy/policy.h"

#define BODY_401_V1 "{\"title\":\"Unauthorized\",\"status\":401,\"detail\":\"Unauthorized\"}"
#define BODY_401_V2 "{\"message\":\"unauthorized\",\"status\":401}"
#define V1 "/api/v1/user"
#define V2 "/api/v2/tailnet/-/devices"

static int
ask_header(struct asker *k, const char *header, const char *target)
{
	with_header(k, "HTTP_AUTHORIZATION", header);
	k->remote_addr = NULL;
	return ask(k, "GET", target);
}

/* Wrong each, and so many that the address has to change for not being told 429. */
static void
assert_unauthorized(struct asker *k, const char *header)
{
	static int calls;

	with_header(k, "HTTP_AUTHORIZATION", header);
	k->remote_addr = arena_printf(k->a, "192.0.2.%d", ++calls / 8);
	assert_int_equal(ask(k, "GET", V1), 401);
	assert_string_equal(ask_body(k), BODY_401_V1);
	assert_string_equal(k->rq.ctype, "application/problem+json");
	assert_has(ask_head(k), "WWW-Authenticate: Bearer");
}

static const char *
basic(struct asker *k, const char *user, const char *password)
{
	const char *text = arena_printf(k->a, "%s:%s", user, password);
	char *out = arena_alloc(k->a, 512);

	(void)sodium_bin2base64(out, 512, (const unsigned char *)text, strlen(text),
	    sodium_base64_VARIANT_ORIGINAL);
	return arena_printf(k->a, "Basic %s", out);
}

static void
wrong_keys_get_one_answer(void **state)
{
	struct asker *k = *state;
	const char *key = make_key(k, "all", 0), *other = make_key(k, "all", 0);
	char *bent = arena_strdup(k->a, key);
	const char *token = make_token(k, "all", "[]");

	bent[strlen(bent) - 1] = bent[strlen(bent) - 1] == '0' ? '1' : '0';
	const char *const headers[] = {
		NULL, "", "Bearer", "Bearer ", "Bearer x", "Negotiate abc", key,
		arena_printf(k->a, "bearer%s", key),
		arena_printf(k->a, "Token %s", key),
		arena_printf(k->a, "Bearer %.40s", key),
		arena_printf(k->a, "Bearer %s0", key),
		arena_printf(k->a, "Bearer %s, Bearer %s", key, other),
		arena_printf(k->a, "Bearer %s,%s", key, key),
		arena_printf(k->a, "Bearer %s Bearer %s", key, key),
		arena_printf(k->a, "Bearer %s\t", "\xff\xfe"),
		arena_printf(k->a, "Bearer %s", bent),
		arena_printf(k->a, "Bearer %.23s%s", other, key + 23),
		arena_printf(k->a, "Bearer %s", token),
		arena_printf(k->a, "Bearer hskey-auth-%s", key + 10),
		arena_printf(k->a, "Bearer %01100d", 0),
		basic(k, key, ""),
	};

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		assert_unauthorized(k, headers[i]);
	assert_int_equal(ask_header(k, arena_printf(k->a, "bEARER   %s", key), V1), 200);
}

static void
v2_takes_basic_and_tokens(void **state)
{
	struct asker *k = *state;
	const char *key = make_key(k, "all", 0), *token = make_token(k, "all", "[]");
	struct req rq;
	const struct { bool ok; const char *header; } cases[] = {
		{ true, arena_printf(k->a, "Bearer %s", key) },
		{ true, arena_printf(k->a, "Bearer %s", token) },
		{ true, basic(k, key, "") }, { true, basic(k, key, "ignored:too") },
		{ true, basic(k, token, "") },
		{ false, basic(k, "", key) }, { false, "Basic" }, { false, "Basic !!!" },
		{ false, "Basic aGVsbG8=" },	/* no colon */
		{ false, arena_printf(k->a, "%s,x", basic(k, key, "")) },
	};
	static const struct route row = { .path = V2, .auth = AUTH_API,
	    .scope = SCOPE_DEVICES_CORE_READ };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		with_header(k, "HTTP_AUTHORIZATION", cases[i].header);
		rq = (struct req){ .arena = k->a, .db = k->db, .cfg = &k->cfg, .now_ms = ASK_NOW,
		    .origin = ORIGIN_WEB, .path = V2, .query = "", .params = k->params,
		    .remote_addr = "127.0.0.1" };
		req_begin(&rq);
		rq.route = &row;
		if ((admit(&rq) == OK) != cases[i].ok)
			fail_msg("case %zu: %s", i, rq.errmsg);
		assert_true((rq.caller != NULL) == cases[i].ok);
		req_end(&rq);
	}
}

static void
time_ends_keys_and_tokens(void **state)
{
	struct asker *k = *state;
	const char *key = make_key(k, "all", 0);
	struct apikey row;

	assert_key_status(k, 200, key, "GET", V1, NULL);
	k->later_ms = 3600 * 1000 - 1;
	assert_key_status(k, 200, key, "GET", V1, NULL);
	k->later_ms = 3600 * 1000;
	assert_key_status(k, 401, key, "GET", V1, NULL);
	assert_string_equal(ask_body(k), BODY_401_V1);
	assert_int_equal(store_apikey_by_id(k->db, k->a, 1, &row), OK);
	assert_int_equal(row.last_used_ms, ASK_NOW + 3600 * 1000 - 1);
}

static int64_t
writes_of_ten(struct asker *k, const char *key)
{
	int64_t before = db_writes(k->db);

	for (int i = 0; i < 10; i++, k->later_ms += 7000)
		assert_key_status(k, 200, key, "GET", V1, NULL);
	return db_writes(k->db) - before;
}

static void
last_use_is_kept_to_the_minute(void **state)
{
	struct asker *k = *state;
	const char *key = make_key(k, "all", 0);

	assert_int_equal(writes_of_ten(k, key), 2);	/* at 0 s and at 63 s */
	assert_int_equal(writes_of_ten(k, key), 1);	/* at 126 s */
}

static void
wrong_keys_are_counted_by_address(void **state)
{
	struct asker *k = *state;
	const char *key = make_key(k, "all", 0);
	int64_t writes;

	k->remote_addr = "2001:db8:1:2::1";
	for (int i = 0; i < THROTTLE_FAILURES_MAX; i++) {
		assert_key_status(k, 401, "hskey-api-000000000000-x", "GET", V1, NULL);
		k->remote_addr = arena_printf(k->a, "2001:db8:1:2:%x::1", i);
	}
	writes = db_writes(k->db);
	assert_key_status(k, 429, "nonsense", "GET", V1, NULL);
	assert_has(ask_head(k), "Retry-After: 60");
	assert_has(ask_body(k), "\"status\":429");
	assert_int_equal(db_writes(k->db), writes);

	assert_key_status(k, 200, key, "GET", V1, NULL);
	k->remote_addr = "2001:db8:1:3::1";
	assert_key_status(k, 401, "nonsense", "GET", V1, NULL);
	k->remote_addr = "2001:db8:1:2::1";
	with_header(k, "HTTP_AUTHORIZATION", NULL);
	assert_int_equal(ask(k, "GET", V1), 401);	/* who shows nothing guesses nothing */
	k->later_ms = TOKEN_FAILURE_WINDOW_MS;
	assert_key_status(k, 401, "nonsense", "GET", V1, NULL);
}

static void
mapped_addresses_are_what_they_map(void **state)
{
	struct asker *k = *state;
	int64_t n;

	k->remote_addr = "::ffff:192.0.2.7";
	assert_key_status(k, 401, "nonsense", "GET", V1, NULL);
	k->remote_addr = "192.0.2.7";
	assert_key_status(k, 401, "nonsense", "GET", V1, NULL);
	assert_int_equal(store_token_failures(k->db, "192.0.2.7", ASK_NOW, &n), OK);
	assert_int_equal(n, 2);
}

static void
no_body_is_read_for_whom_it_cannot_help(void **state)
{
	struct asker *k = *state;
	struct req rq = { .arena = k->a, .cfg = &k->cfg, .db = k->db, .origin = ORIGIN_WEB,
	    .method = HTTP_POST, .query = "", .remote_addr = "" };

	for (int i = 0; i < 2; i++) {
		with_header(k, "HTTP_AUTHORIZATION", i == 0 ? "Bearer x" :
		    arena_printf(k->a, "Bearer %s", make_key(k, "users:read", 0)));
		rq.params = k->params;
		req_begin(&rq);
		req_target(&rq, STR(V1));
		assert_true((dispatch_body_max(&rq) > 0) == (i == 1));
		req_end(&rq);
	}
}

/* ---- every row, every scope, every role ---- */

/* Past the door with this key?  If not, the reason is the scope. */
static bool
admitted(struct asker *k, const struct route *row, const char *key)
{
	struct req rq = { .arena = k->a, .db = k->db, .cfg = &k->cfg, .now_ms = ASK_NOW,
	    .origin = ORIGIN_WEB, .path = row->path, .query = "", .remote_addr = "127.0.0.1" };
	enum err e;

	with_header(k, "HTTP_AUTHORIZATION", arena_printf(k->a, "Bearer %s", key));
	rq.params = k->params;
	req_begin(&rq);
	rq.route = row;
	e = admit(&rq);
	if (e == ERR_FORBIDDEN)
		assert_string_equal(rq.errmsg, arena_printf(k->a,
		    "token is missing the required scope %s", scope_name(row->scope)));
	else
		assert_int_equal(e, OK);
	req_end(&rq);
	return e == OK;
}

/* What the names say, written down a second time: "x" holds "x" and "x:read". */
static bool
name_covers(const char *have, const char *want)
{
	size_t n = strlen(have);
	bool reads = strlen(want) > 5 && strcmp(want + strlen(want) - 5, ":read") == 0;

	if (*want == '\0' || strcmp(have, "all") == 0 || strcmp(have, want) == 0)
		return true;
	if (strcmp(have, "all:read") == 0)
		return reads;
	return strncmp(want, have, n) == 0 && strcmp(want + n, ":read") == 0;
}

static void
each_row_takes_exactly_its_scope(void **state)
{
	struct asker *k = *state;
	size_t rows = 0;

	for (int s = SCOPE_NONE + 1; s < SCOPE_COUNT; s++) {
		const char *have = scope_name((enum scope)s);
		const char *key = make_key(k, have, 0), *token = make_token(k, have, "[]");

		for (size_t i = 0; i < routes_count; i++) {
			const struct route *r = routes_all[i];
			bool want = name_covers(have, scope_name(r->scope));

			if (r->auth != AUTH_API)
				continue;
			rows++;
			if (admitted(k, r, key) != want)
				fail_msg("%s with %s", r->path, have);
			if (strncmp(r->path, "/api/v2/", 8) == 0 && admitted(k, r, token) != want)
				fail_msg("%s with a token of %s", r->path, have);
		}
	}
	assert_true(rows > 500);
}

static void
each_row_takes_exactly_its_roles(void **state)
{
	struct asker *k = *state;

	for (int role = 0; role < ROLE_COUNT; role++) {
		const char *name = role_name((enum role)role);
		int64_t id = add_user(k, arena_printf(k->a, "u-%s", name));
		const char *all = make_key(k, "all", id), *some = make_key(k, "users:read dns", id);
		scope_set rights = scope_of_role(name), part;

		assert_int_equal(store_user_set_role(k->db, id, name), OK);
		part = rights & scope_add(scope_add(0, SCOPE_USERS_READ), SCOPE_DNS);
		for (size_t i = 0; i < routes_count; i++) {
			const struct route *r = routes_all[i];

			if (r->auth != AUTH_API)
				continue;
			if (admitted(k, r, all) != scope_has(rights, r->scope) ||
			    admitted(k, r, some) != scope_has(part, r->scope))
				fail_msg("%s as %s", r->path, name);
		}
	}
}

static void
rows_without_a_key_say_nothing(void **state)
{
	struct asker *k = *state;
	struct str rest, part;
	const char *path;

	for (size_t i = 0; i < routes_count; i++) {
		const struct route *r = routes_all[i];

		if (r->auth != AUTH_API)
			continue;
		path = "";
		rest = str_of(r->path + 1);
		while (str_cut(&rest, '/', &part))
			path = arena_printf(k->a, "%s/%.*s", path, part.p[0] == '{' ? 1 : (int)part.n,
			    part.p[0] == '{' ? "1" : part.p);
		with_header(k, "HTTP_AUTHORIZATION", NULL);
		assert_int_equal(ask(k, http_method_name(r->method), path), 401);
		assert_string_equal(ask_body(k), strncmp(path, "/api/v2/", 8) == 0 ?
		    BODY_401_V2 : BODY_401_V1);
	}
}

static void
a_key_ends_with_the_rights_of_its_user(void **state)
{
	struct asker *k = *state;
	int64_t id = add_user(k, "alice");
	const char *key = make_key(k, "all", id);

	assert_key_status(k, 403, key, "GET", V1, NULL);
	assert_has(ask_body(k), "token is missing the required scope users:read");
	assert_int_equal(store_user_set_role(k->db, id, "auditor"), OK);
	assert_key_status(k, 200, key, "GET", V1, NULL);
	assert_key_status(k, 403, key, "POST", V1, "{\"name\":\"bob\"}");
	assert_int_equal(store_user_set_role(k->db, id, "admin"), OK);
	assert_key_status(k, 200, key, "POST", V1, "{\"name\":\"bob\"}");
	assert_int_equal(store_user_set_status(k->db, id, "suspended"), OK);
	assert_key_status(k, 403, key, "GET", V1, NULL);
	assert_int_equal(store_user_set_status(k->db, id, "active"), OK);
	assert_key_status(k, 200, key, "GET", V1, NULL);
	assert_int_equal(store_user_delete(k->db, id), OK);
	assert_key_status(k, 401, key, "GET", V1, NULL);
}

static void
the_owner_of_the_configuration_is_one(void **state)
{
	struct asker *k = *state;
	const char *key = make_key(k, "all", add_user(k, "alice"));

	k->cfg.owner = "alice@";
	assert_key_status(k, 200, key, "GET", V1, NULL);
}

static void
without_a_database_nobody_is_known(void **state)
{
	struct asker *k = *state;
	const char *key = make_key(k, "all", 0);
	struct db *db = k->db;

	k->db = NULL;
	assert_key_status(k, 503, key, "GET", V1, NULL);
	k->db = db;
}

/* ---- web pages of elsewhere ---- */

static int
preflight(struct asker *k, const char *origin, const char *target)
{
	struct req_param *p = arena_array(k->a, 3, sizeof(*p));

	p[0] = (struct req_param){ "HTTP_ORIGIN", origin };
	p[1] = (struct req_param){ "HTTP_ACCESS_CONTROL_REQUEST_METHOD", "POST" };
	k->params = p;
	return ask(k, "OPTIONS", target);
}

static void
no_page_may_ask_by_default(void **state)
{
	struct asker *k = *state;

	assert_int_equal(preflight(k, "https://admin.example", V1), 405);
	assert_lacks(ask_head(k), "Access-Control");
	assert_lacks(ask_head(k), "Vary");
}

static void
pages_of_named_origins_may(void **state)
{
	struct asker *k = *state;
	const char *origins[] = { "https://other.example", "https://admin.example" };

	k->cfg.cors_origins = (struct text_list){ origins, 2 };
	assert_int_equal(preflight(k, "https://admin.example", V1), 204);
	assert_has(ask_head(k), "Access-Control-Allow-Origin: https://admin.example\r\n");
	assert_has(ask_head(k), "Access-Control-Allow-Methods: ");
	assert_has(ask_head(k), "Access-Control-Allow-Headers: Authorization");
	assert_has(ask_head(k), "Access-Control-Max-Age: ");
	assert_has(ask_head(k), "Vary: Origin\r\n");
	assert_string_equal(ask_body(k), "");

	with_header(k, "HTTP_ORIGIN", "https://admin.example");
	assert_int_equal(ask(k, "GET", V1), 401);
	assert_has(ask_head(k), "Access-Control-Allow-Origin: https://admin.example\r\n");
	assert_int_equal(ask(k, "GET", "/health"), 200);
	assert_lacks(ask_head(k), "Access-Control");

	assert_int_equal(preflight(k, "https://admin.example.evil", V1), 405);
	assert_lacks(ask_head(k), "Access-Control");
	assert_has(ask_head(k), "Vary: Origin\r\n");
	assert_int_equal(preflight(k, "https://admin.example", "/key"), 405);
	assert_lacks(ask_head(k), "Access-Control");
}

/* What the policy lets the owner's devices do, a key with less gives to no device. */
static void
devices_of_the_mighty_are_not_given(void **state)
{
	struct asker *k = *state;
	int64_t owner = add_user(k, "olga"), plain = add_user(k, "pia");
	const char *key = make_key(k, "devices:core auth_keys", 0);

	assert_int_equal(db_begin_write(k->db), OK);
	assert_int_equal(store_user_set_role(k->db, owner, "owner"), OK);
	assert_int_equal(db_commit(k->db), OK);
	add_node(k, plain, 1, 1);
	assert_key_status(k, 403, key, "POST", "/api/v1/node/1/user", "{\"user\":\"1\"}");
	assert_key_status(k, 403, key, "POST", "/api/v1/preauthkey", "{\"user\":\"1\"}");
	assert_key_status(k, 200, key, "POST", "/api/v1/preauthkey", "{\"user\":\"2\"}");
	assert_key_status(k, 200, key, "POST", "/api/v1/preauthkey",
	    "{\"user\":\"1\",\"aclTags\":[\"tag:web\"]}");
	assert_key_status(k, 200, make_key(k, "all", 0), "POST", "/api/v1/node/1/user",
	    "{\"user\":\"1\"}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ASK_TEST(wrong_keys_get_one_answer),
		ASK_TEST(v2_takes_basic_and_tokens),
		ASK_TEST(time_ends_keys_and_tokens),
		ASK_TEST(last_use_is_kept_to_the_minute),
		ASK_TEST(wrong_keys_are_counted_by_address),
		ASK_TEST(mapped_addresses_are_what_they_map),
		ASK_TEST(no_body_is_read_for_whom_it_cannot_help),
		ASK_TEST(each_row_takes_exactly_its_scope),
		ASK_TEST(each_row_takes_exactly_its_roles),
		ASK_TEST(rows_without_a_key_say_nothing),
		ASK_TEST(a_key_ends_with_the_rights_of_its_user),
		ASK_TEST(the_owner_of_the_configuration_is_one),
		ASK_TEST(devices_of_the_mighty_are_not_given),
		ASK_TEST(without_a_database_nobody_is_known),
		ASK_TEST(no_page_may_ask_by_default),
		ASK_TEST(pages_of_named_origins_may),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
