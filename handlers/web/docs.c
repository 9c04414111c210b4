/*
 * handlers/web/docs.c -- GET /api/v1/docs and /api/v2/docs: the API's document for people.
 *
 * Made by the server from the rows, so it is whole without a script; the script adds a
 * search.  Nothing is fetched from elsewhere: a page about an API with keys in it must not
 * run what others may change.
 */
#include "handlers/web/docs.h"

#include <string.h>

#include "handlers/routes.h"
#include "handlers/web/page.h"
#include "lib/config/config.h"

#define POLICY "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; " \
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
#define KEPT "public, max-age=300"

/* ---- the page ---- */

static bool
has_tag(enum openapi_version v, const struct route *r, const char *tag)
{
	return openapi_has(v, r) && strcmp(r->op->tag, tag) == 0;
}

/* Tags stand in the order of their first rows; is this row the first of its tag? */
static bool
begins_tag(enum openapi_version v, size_t i)
{
	if (!openapi_has(v, routes_all[i]))
		return false;
	for (size_t j = 0; j < i; j++)
		if (has_tag(v, routes_all[j], routes_all[i]->op->tag))
			return false;
	return true;
}

static void
put_link(struct buf *out, const struct api_op *op)
{
	buf_str(out, "<li><a href=\"#");
	page_escape(out, op->id);
	buf_str(out, "\">");
	page_escape(out, op->summary);
	buf_str(out, "</a></li>\n");
}

static void
put_nav(struct buf *out, enum openapi_version v)
{
	buf_str(out, "<nav aria-label=\"Operations\">\n<p hidden><input id=\"search\" type=\"search\" "
	    "placeholder=\"Search  ( / )\" aria-label=\"Search operations\"></p>\n");
	for (size_t i = 0; i < routes_count; i++) {
		if (!begins_tag(v, i))
			continue;
		buf_str(out, "<div class=\"group\"><h2>");
		page_escape(out, routes_all[i]->op->tag);
		buf_str(out, "</h2>\n<ul>\n");
		for (size_t j = i; j < routes_count; j++)
			if (has_tag(v, routes_all[j], routes_all[i]->op->tag))
				put_link(out, routes_all[j]->op);
		buf_str(out, "</ul></div>\n");
	}
	buf_str(out, "</nav>\n");
}

static void
put_operations(struct req *rq, struct buf *out, enum openapi_version v)
{
	buf_str(out, "<main id=\"operations\">\n<p id=\"nothing\" role=\"status\" hidden>"
	    "Nothing is called so.</p>\n");
	for (size_t i = 0; i < routes_count; i++) {
		if (!begins_tag(v, i))
			continue;
		buf_str(out, "<section class=\"group\"><h2>");
		page_escape(out, routes_all[i]->op->tag);
		buf_str(out, "</h2>\n");
		for (size_t j = i; j < routes_count; j++)
			if (has_tag(v, routes_all[j], routes_all[i]->op->tag))
				docs_put_operation(out, rq->arena, rq->cfg->url, routes_all[j]);
		buf_str(out, "</section>\n");
	}
	buf_str(out, "</main>\n");
}

static enum err
docs_page(struct req *rq, enum openapi_version v)
{
	const struct page_var vars[] = {
		{ "title", openapi_title(v) }, { "about", openapi_about(v) },
		{ "version", HEADRACE_VERSION }, { "url", rq->cfg->url },
		{ "v", v == OPENAPI_V1 ? "v1" : "v2" }, { "other", v == OPENAPI_V1 ? "v2" : "v1" },
		{ "example", v == OPENAPI_V1 ? "/api/v1/user" : "/api/v2/tailnet/-/devices" },
		{ NULL, NULL },
	};

	req_reply(rq, 200, "text/html; charset=utf-8");
	req_header(rq, "Content-Security-Policy", POLICY);
	req_header(rq, "Cache-Control", KEPT);
	page_fill(&rq->out, asset_text(ASSET_DOCS), vars);
	buf_str(&rq->out, "<div class=\"columns\">\n");
	put_nav(&rq->out, v);
	put_operations(rq, &rq->out, v);
	buf_str(&rq->out, "</div>\n</body>\n</html>\n");
	return OK;
}

static enum err
docs_v1(struct req *rq)
{
	return docs_page(rq, OPENAPI_V1);
}

const struct route route_v1_docs = {
	.method = HTTP_GET,
	.path = "/api/v1/docs",
	.auth = AUTH_PUBLIC,
	.txn = TXN_NONE,
	.handle = docs_v1,
};

static enum err
docs_v2(struct req *rq)
{
	return docs_page(rq, OPENAPI_V2);
}

const struct route route_v2_docs = {
	.method = HTTP_GET,
	.path = "/api/v2/docs",
	.auth = AUTH_PUBLIC,
	.txn = TXN_NONE,
	.handle = docs_v2,
};

/* ---- what belongs to it ---- */

static enum err
file_reply(struct req *rq, enum asset a, const char *type)
{
	struct str text = asset_text(a);

	req_reply(rq, 200, type);
	req_header(rq, "Cache-Control", KEPT);
	buf_put(&rq->out, text.p, text.n);
	return OK;
}

static enum err
docs_style(struct req *rq)
{
	return file_reply(rq, ASSET_DOCS_CSS, "text/css; charset=utf-8");
}

const struct route route_docs_style = {
	.method = HTTP_GET,
	.path = "/api/docs.css",
	.auth = AUTH_PUBLIC,
	.txn = TXN_NONE,
	.handle = docs_style,
};

static enum err
docs_script(struct req *rq)
{
	return file_reply(rq, ASSET_DOCS_JS, "text/javascript; charset=utf-8");
}

const struct route route_docs_script = {
	.method = HTTP_GET,
	.path = "/api/docs.js",
	.auth = AUTH_PUBLIC,
	.txn = TXN_NONE,
	.handle = docs_script,
};
