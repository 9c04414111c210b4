/* tests/handlers/docs_test.c -- the pages that show the API's document. */
#include "tests/handlers/ask.h"

#include "handlers/api/openapi.h"
#include "handlers/routes.h"
#include "lib/crypto/key.h"

static const char *const pages[] = { "/api/v1/docs", "/api/v2/docs" };

static void
every_operation_is_on_its_page(void **state)
{
	struct asker *k = *state;

	for (int v = OPENAPI_V1; v <= OPENAPI_V2; v++) {
		assert_int_equal(ask(k, "GET", pages[v]), 200);
		assert_string_equal(k->rq.ctype, "text/html; charset=utf-8");
		for (size_t i = 0; i < routes_count; i++)
			if (openapi_has(v, routes_all[i])) {
				assert_has(ask_body(k), arena_printf(k->a,
				    "<details class=\"op\" id=\"%s\"", routes_all[i]->op->id));
				assert_has(ask_body(k), arena_printf(k->a,
				    "<a href=\"#%s\">", routes_all[i]->op->id));
			}
	}
}

static void
nothing_comes_from_elsewhere(void **state)
{
	static const char *const files[] = { "/api/v1/docs", "/api/v2/docs", "/api/docs.css",
	    "/api/docs.js" };
	struct asker *k = *state;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		assert_int_equal(ask(k, "GET", files[i]), 200);
		assert_lacks(ask_body(k), "src=\"http");
		assert_lacks(ask_body(k), "href=\"http");
		assert_lacks(ask_body(k), "@import");
		assert_lacks(ask_body(k), "{{");
		assert_lacks(ask_body(k), "innerHTML");
	}
	assert_int_equal(ask(k, "GET", pages[0]), 200);
	assert_has(ask_head(k), "Content-Security-Policy: default-src 'none'; style-src 'self'; "
	    "script-src 'self'");
	assert_lacks(ask_body(k), "<style");
	assert_lacks(ask_body(k), "onclick");
	assert_lacks(ask_body(k), "style=\"");
}

static void
it_can_be_read_dark_narrow_and_without_a_script(void **state)
{
	struct asker *k = *state;

	assert_int_equal(ask(k, "GET", "/api/docs.css"), 200);
	assert_has(ask_body(k), "prefers-color-scheme: dark");
	assert_has(ask_body(k), "@media (max-width:");
	assert_has(ask_body(k), ":focus-visible");
	assert_int_equal(ask(k, "GET", pages[0]), 200);
	assert_has(ask_body(k), "<p hidden><input id=\"search\"");
	assert_has(ask_body(k), "class=\"skip\" href=\"#operations\"");
}

static void
examples_can_be_pasted(void **state)
{
	struct asker *k = *state;

	k->cfg.url = "https://a&b.example";
	assert_int_equal(ask(k, "GET", pages[0]), 200);
	assert_has(ask_body(k), "curl -X DELETE -H &quot;Authorization: Bearer $KEY&quot; "
	    "https://a&amp;b.example/api/v1/user/7</code>");
	assert_has(ask_body(k), "-d &#39;{&quot;name&quot;:");
	assert_has(ask_body(k), "{\n  &quot;user&quot;: {\n    &quot;id&quot;: &quot;7&quot;,\n");
	assert_int_equal(ask(k, "GET", pages[1]), 200);
	assert_has(ask_body(k), "https://a&amp;b.example/api/v2/tailnet/-/devices");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ASK_TEST(every_operation_is_on_its_page),
		ASK_TEST(nothing_comes_from_elsewhere),
		ASK_TEST(it_can_be_read_dark_narrow_and_without_a_script),
		ASK_TEST(examples_can_be_pasted),
	};

	crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
