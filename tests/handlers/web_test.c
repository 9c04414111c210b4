/* tests/handlers/web_test.c -- what anybody may ask for: probes, pages, /verify. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "handlers/routes.h"
#include "handlers/web/page.h"
#include "lib/crypto/key.h"
#include "lib/json/json.h"
#include "tests/handlers/ask.h"

#define AUTH_ID "hskey-authreq-0123456789abcdef01234567"

/* ---- /key ---- */

static void
key_wants_a_version(void **state)
{
	struct asker *k = *state;

	assert_int_equal(ask(k, "GET", "/key"), 400);
	assert_string_equal(ask_body(k), "capability version must be set\n");
	assert_int_equal(ask(k, "GET", "/key?v="), 400);
	assert_int_equal(ask(k, "GET", "/key?v=1x"), 400);
	assert_string_equal(ask_body(k), "invalid capability version\n");
}

static void
key_says_nothing_of_a_missing_file(void **state)
{
	struct asker *k = *state;

	assert_int_equal(ask(k, "GET", "/key?v=130"), 500);
	assert_string_equal(ask_body(k), "internal error\n");
}

static void
key_is_the_public_half(void **state)
{
	struct asker *k = *state;
	char path[] = "/tmp/headrace-web-XXXXXX", pub_text[KEY_TEXT_SIZE];
	struct key32 priv, pub;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	(void)close(fd);
	(void)unlink(path);
	k->cfg.noise_key_path = path;
	assert_int_equal(key_file_load_or_make(path, &priv), OK);
	key_public(&priv, &pub);

	assert_int_equal(ask(k, "GET", "/key?v=38"), 200);
	assert_string_equal(ask_body(k), "");
	assert_int_equal(ask(k, "GET", "/key?v=39"), 200);
	assert_string_equal(k->rq.ctype, "application/json");
	assert_string_equal(ask_body(k), arena_printf(k->a,
	    "{\"legacyPublicKey\":\"mkey:%064d\",\"publicKey\":\"%s\"}", 0,
	    key_write(&pub, MKEY_PREFIX, pub_text)));
	(void)unlink(path);
	assert_int_equal(ask(k, "GET", "/key?v=130"), 200);
}

/* ---- probes ---- */

static void
probes_answer(void **state)
{
	struct asker *k = *state;

	assert_int_equal(ask(k, "GET", "/health"), 200);
	assert_string_equal(ask_body(k), "{\"status\":\"pass\"}");
	assert_string_equal(k->rq.ctype, "application/health+json; charset=utf-8");
	assert_int_equal(ask(k, "GET", "/version"), 200);
	assert_has(ask_body(k), "\"version\":\"" HEADRACE_VERSION "\"");
	assert_int_equal(ask(k, "GET", "/robots.txt"), 200);
	assert_string_equal(ask_body(k), "User-agent: *\nDisallow: /\n");
	assert_int_equal(ask(k, "GET", "/generate_204"), 404);
	assert_int_equal(ask(k, "POST", "/health"), 405);
}

/* A database whose file was overwritten while it was open. */
static void
health_notices_a_broken_database(void **state)
{
	struct asker *k = *state;
	char dir[] = "/tmp/headrace-web-XXXXXX";
	const char *path;
	struct buf why;
	struct stat st;
	FILE *f;
	int i;

	assert_non_null(mkdtemp(dir));
	path = arena_printf(k->a, "%s/headrace.db", dir);
	k->cfg.db_path = path;
	db_close(k->db);
	buf_init(&why, 4096);
	assert_int_equal(db_open(&k->cfg, DB_SERVE, &k->db, &why), OK);
	db_close(k->db);
	assert_int_equal(db_open(&k->cfg, DB_USE, &k->db, &why), OK);
	f = fopen(path, "r+");
	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	for (i = 0; i < st.st_size; i++)
		assert_int_equal(fputc('x', f), 'x');
	(void)fclose(f);
	assert_int_equal(ask(k, "GET", "/health"), 500);
	assert_string_equal(ask_body(k), "{\"status\":\"fail\"}");
	db_close(k->db);
	k->db = NULL;
	assert_int_equal(ask(k, "GET", "/health"), 500);
	buf_fini(&why);
	for (i = 0; i < 3; i++)
		(void)unlink(arena_printf(k->a, "%s%s", path,
		    ((const char *[]){ "", "-wal", "-shm" })[i]));
	(void)rmdir(dir);
}

static void
ts2021_says_what_is_wrong(void **state)
{
	struct asker *k = *state;

	assert_int_equal(ask(k, "GET", "/ts2021"), 426);
	assert_has(ask_body(k), "Upgrade header");
	assert_has(ask_head(k), "Upgrade: tailscale-control-protocol\r\n");
	assert_int_equal(ask(k, "POST", "/ts2021"), 426);
	assert_int_equal(ask(k, "PUT", "/ts2021"), 405);
}

/* ---- pages ---- */

static const char *const pages[] = { "/", "/apple", "/windows", "/admin",
	"/register/" AUTH_ID, "/auth/" AUTH_ID };

static void
pages_are_whole_and_self_contained(void **state)
{
	struct asker *k = *state;
	size_t i;

	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		assert_int_equal(ask(k, "GET", pages[i]), 200);
		assert_string_equal(k->rq.ctype, "text/html; charset=utf-8");
		assert_has(ask_body(k), "<!DOCTYPE html>\n<html lang=\"en\">");
		assert_has(ask_body(k), "<meta name=\"viewport\"");
		assert_has(ask_body(k), "prefers-color-scheme: dark");
		assert_has(ask_body(k), "href=\"/favicon.ico\"");
		assert_has(ask_body(k), "</html>");
		assert_lacks(ask_body(k), "<script");
		assert_lacks(ask_body(k), "{{");
		assert_lacks(ask_body(k), "src=\"http");
		assert_lacks(ask_body(k), "@import");
	}
}

/* The number of times that 'part' stands in 'text'. */
static size_t
count_of(const char *text, const char *part)
{
	size_t n = 0;

	while ((text = strstr(text, part)) != NULL) {
		text += strlen(part);
		n++;
	}
	return n;
}

static void
external_links_carry_no_referrer(void **state)
{
	struct asker *k = *state;
	size_t i;

	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		assert_int_equal(ask(k, "GET", pages[i]), 200);
		assert_int_equal(count_of(ask_body(k), "<a href=\"https://"),
		    count_of(ask_body(k), "rel=\"noreferrer noopener\""));
	}
}

static void
pages_name_the_server(void **state)
{
	struct asker *k = *state;

	k->cfg.url = "https://a&b.example";
	assert_int_equal(ask(k, "GET", "/"), 200);
	assert_has(ask_body(k), "--login-server https://a&amp;b.example");
	assert_int_equal(ask(k, "GET", "/windows"), 200);
	assert_has(ask_body(k), "a&amp;b.example");
	assert_int_equal(ask(k, "GET", "/apple"), 200);
	assert_has(ask_body(k), "a&amp;b.example");
}

static void
login_pages_show_the_command(void **state)
{
	struct asker *k = *state;

	assert_int_equal(ask(k, "GET", "/register/" AUTH_ID), 200);
	assert_has(ask_body(k), "<title>Node registration - headrace</title>");
	assert_has(ask_body(k),
	    "headrace auth register --auth-id " AUTH_ID " --user USERNAME");
	assert_has(ask_head(k), "Cache-Control: no-store\r\n");
	assert_int_equal(ask(k, "GET", "/auth/" AUTH_ID), 200);
	assert_has(ask_body(k), "<title>Authentication check - headrace</title>");
	assert_has(ask_body(k), "headrace auth approve --auth-id " AUTH_ID);
}

static void
malformed_login_ids_are_refused(void **state)
{
	static const char *const bad[] = {
		"/register/x", "/register/hskey-authreq-", "/register/" AUTH_ID "0",
		"/register/hskey-authreq-0123456789abcdef0123456",
		"/register/hskey-auth-0123456789abcdef01234567890",
		"/register/hskey-authreq-%3Cscript%3Ealert(1)%3C%21",
		"/auth/hskey-authreq-0123456789abcdef0123456%22",
	};
	struct asker *k = *state;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (ask(k, "GET", bad[i]) != 400)
			fail_msg("%s was taken", bad[i]);
		assert_string_equal(ask_body(k), "invalid auth id\n");
	}
	assert_int_equal(ask(k, "GET", "/register/"), 404);
	assert_int_equal(ask(k, "GET", "/register"), 404);
}

static void
placeholders_are_escaped(void **state)
{
	const struct page_var vars[] = { { "x", "<a href=\"'&" }, { "y", "" },
		{ NULL, NULL } };
	struct buf out;

	(void)state;
	buf_init(&out, 1024);
	page_fill(&out, STR("{{x}}|{{y}}|{ {x}} }}"), vars);
	assert_int_equal(out.n, strlen("&lt;a href=&quot;&#39;&amp;||{ {x}} }}"));
	assert_memory_equal(out.p, "&lt;a href=&quot;&#39;&amp;||{ {x}} }}", out.n);
	buf_fini(&out);
}

static void
favicon_is_a_png(void **state)
{
	struct asker *k = *state;

	assert_int_equal(ask(k, "GET", "/favicon.ico"), 200);
	assert_string_equal(k->rq.ctype, "image/png");
	assert_true(k->rq.out.n > 100);
	assert_memory_equal(k->rq.out.p, "\x89PNG\r\n\x1a\n", 8);
}

static void
apple_profiles_differ_in_their_ids_alone(void **state)
{
	static const struct { const char *path, *type; } cases[] = {
		{ "/apple/ios", "<string>io.tailscale.ipn.ios</string>" },
		{ "/apple/macos-app-store", "<string>io.tailscale.ipn.macos</string>" },
		{ "/apple/macos-standalone", "<string>io.tailscale.ipn.macsys</string>" },
	};
	struct asker *k = *state;
	const char *first;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(ask(k, "GET", cases[i].path), 200);
		assert_string_equal(k->rq.ctype,
		    "application/x-apple-aspen-config; charset=utf-8");
		assert_has(ask_body(k), cases[i].type);
		assert_has(ask_body(k), "<string>https://head.example</string>");
		first = arena_strdup(k->a, ask_body(k));
		assert_int_equal(ask(k, "GET", cases[i].path), 200);
		assert_int_equal(strlen(first), strlen(ask_body(k)));
		assert_string_not_equal(first, ask_body(k));
	}
	assert_int_equal(ask(k, "GET", "/apple/tvos"), 400);
	assert_string_equal(ask_body(k),
	    "platform must be ios, macos-app-store or macos-standalone\n");
}

/* ---- /verify ---- */

#define KEY_A "nodekey:00000000000000000000000000000000000000000000000000000000000000aa"

static void
add_node(struct asker *k, const char *key, int64_t expiry_ms)
{
	struct user u = { .name = "alice", .display_name = "", .created_ms = ASK_NOW };
	struct node n = {
		.machine_key = arena_printf(k->a, "mkey:%064d", 1), .node_key = key,
		.disco_key = "", .nl_key = "", .name = "n", .hostname = "n",
		.os = "linux", .client_version = "1", .cap = 130,
		.ipv4 = "100.64.0.1", .tags = "[]", .hostinfo = "{}", .netinfo = "{}",
		.endpoints = "[]", .routes = "[]", .approved = "[]",
		.register_method = "authkey", .created_ms = ASK_NOW,
		.last_seen_ms = ASK_NOW, .expiry_ms = expiry_ms,
	};
	int64_t id;

	assert_int_equal(db_begin_write(k->db), OK);
	assert_int_equal(store_user_create(k->db, &u, &n.user_id), OK);
	assert_int_equal(store_node_insert(k->db, &n, &id), OK);
	assert_int_equal(db_commit(k->db), OK);
}

static int
verify(struct asker *k, const char *body)
{
	return ask_as(k, ORIGIN_WEB, NULL, "POST", "/verify", str_of(body));
}

#define REQUEST "{\"NodePublic\":\"" KEY_A "\",\"Source\":\"192.0.2.1\"}"

static void
verify_admits_known_nodes(void **state)
{
	struct asker *k = *state;

	assert_int_equal(verify(k, REQUEST), 200);
	assert_string_equal(ask_body(k), "{\"Allow\":false}");
	assert_string_equal(k->rq.ctype, "application/json");
	add_node(k, KEY_A, TIME_NONE);
	assert_int_equal(verify(k, REQUEST), 200);
	assert_string_equal(ask_body(k), "{\"Allow\":true}");
	assert_int_equal(verify(k, "{\"NodePublic\":\"nodekey:" "0000000000000000000000"
	    "0000000000000000000000000000000000000000AA\"}"), 200);
	assert_string_equal(ask_body(k), "{\"Allow\":true}");
}

static void
verify_refuses_expired_nodes(void **state)
{
	struct asker *k = *state;

	add_node(k, KEY_A, ASK_NOW);
	assert_int_equal(verify(k, REQUEST), 200);
	assert_string_equal(ask_body(k), "{\"Allow\":false}");
}

static void
verify_checks_its_input(void **state)
{
	static const char *const bad[] = { "", "x", "[]", "{}", "null",
		"{\"NodePublic\":1}", "{\"NodePublic\":\"nodekey:12\"}",
		"{\"NodePublic\":\"mkey:0000000000000000000000000000000000000000000000"
		"000000000000000001\"}" };
	struct asker *k = *state;
	char big[4098];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(verify(k, bad[i]), 400);
		assert_string_equal(ask_body(k), "Bad Request: invalid JSON\n");
	}
	memset(big, ' ', sizeof(big));
	memcpy(big, REQUEST, strlen(REQUEST));
	big[4096] = '\0';
	assert_int_equal(verify(k, big), 200);
	big[4096] = ' ';
	big[4097] = '\0';
	assert_int_equal(verify(k, big), 413);
	assert_string_equal(ask_body(k), "request body too large\n");
	assert_int_equal(ask(k, "GET", "/verify"), 405);
}

/* ---- the table ---- */

static void
routes_can_be_printed(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 20);
	routes_print(&out);
	buf_byte(&out, '\0');
	assert_has((char *)out.p, "POST    /verify ");
	assert_int_equal(count_of((char *)out.p, "\n"), routes_count + 1);
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ASK_TEST(key_wants_a_version),
		ASK_TEST(key_says_nothing_of_a_missing_file),
		ASK_TEST(key_is_the_public_half),
		ASK_TEST(probes_answer),
		ASK_TEST(health_notices_a_broken_database),
		ASK_TEST(ts2021_says_what_is_wrong),
		ASK_TEST(pages_are_whole_and_self_contained),
		ASK_TEST(external_links_carry_no_referrer),
		ASK_TEST(pages_name_the_server),
		ASK_TEST(login_pages_show_the_command),
		ASK_TEST(malformed_login_ids_are_refused),
		ASK_TEST(placeholders_are_escaped),
		ASK_TEST(favicon_is_a_png),
		ASK_TEST(apple_profiles_differ_in_their_ids_alone),
		ASK_TEST(verify_admits_known_nodes),
		ASK_TEST(verify_refuses_expired_nodes),
		ASK_TEST(verify_checks_its_input),
		ASK_TEST(routes_can_be_printed),
	};

	crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
