/*
 * handlers/web/pages.c -- the pages that people see, and the icon.
 *
 * The login pages show a command for the administrator and nothing else: a
 * well-formed id is answered alike whether it exists or not, so the page tells
 * nobody which logins are waiting.
 */
#include "handlers/routes.h"
#include "handlers/web/page.h"
#include "lib/config/config.h"
#include "lib/crypto/token.h"

static enum err
url_page(struct req *rq, const char *title, enum asset body)
{
	const struct page_var vars[] = { { "url", rq->cfg->url }, { NULL, NULL } };

	page_reply(rq, title, body, vars);
	return OK;
}

static enum err
index_page(struct req *rq)
{
	return url_page(rq, "headrace", ASSET_INDEX);
}

const struct route route_index = {
	.method = HTTP_GET,
	.path = "/",
	.auth = AUTH_PUBLIC,
	.txn = TXN_NONE,
	.handle = index_page,
};

static enum err
windows_page(struct req *rq)
{
	return url_page(rq, "Windows - headrace", ASSET_WINDOWS);
}

const struct route route_windows = {
	.method = HTTP_GET,
	.path = "/windows",
	.auth = AUTH_PUBLIC,
	.txn = TXN_NONE,
	.handle = windows_page,
};

/* The client of a device that waits shows this address, and no other. */
static enum err
admin_page(struct req *rq)
{
	return url_page(rq, "Approve a device - headrace", ASSET_ADMIN);
}

const struct route route_admin_page = {
	.method = HTTP_GET,
	.path = "/admin",
	.auth = AUTH_PUBLIC,
	.txn = TXN_NONE,
	.handle = admin_page,
};

static enum err
favicon(struct req *rq)
{
	struct str png = asset_text(ASSET_FAVICON);

	req_reply(rq, 200, "image/png");
	req_header(rq, "Cache-Control", "public, max-age=86400");
	buf_put(&rq->out, png.p, png.n);
	return OK;
}

const struct route route_favicon = {
	.method = HTTP_GET,
	.path = "/favicon.ico",
	.auth = AUTH_PUBLIC,
	.txn = TXN_NONE,
	.handle = favicon,
};

static enum err
login_page(struct req *rq, const char *title, enum asset body)
{
	const char *id = req_var(rq, "auth_id");
	const struct page_var vars[] = { { "auth_id", id }, { NULL, NULL } };

	if (!login_id_valid(str_of(id)))
		return req_fail(rq, ERR_BADREQ, "invalid auth id");
	page_reply(rq, title, body, vars);
	req_header(rq, "Cache-Control", "no-store");
	return OK;
}

static enum err
register_page(struct req *rq)
{
	return login_page(rq, "Node registration - headrace", ASSET_REGISTER);
}

const struct route route_register_page = {
	.method = HTTP_GET,
	.path = "/register/{auth_id}",
	.auth = AUTH_PUBLIC,
	.txn = TXN_NONE,
	.handle = register_page,
};

static enum err
auth_page(struct req *rq)
{
	return login_page(rq, "Authentication check - headrace", ASSET_AUTH);
}

const struct route route_auth_page = {
	.method = HTTP_GET,
	.path = "/auth/{auth_id}",
	.auth = AUTH_PUBLIC,
	.txn = TXN_NONE,
	.handle = auth_page,
};
