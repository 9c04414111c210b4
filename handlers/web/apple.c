/*
 * handlers/web/apple.c -- GET /apple and /apple/{platform}.
 *
 * The profile tells Tailscale's Apple clients which control server to use.  Its
 * UUIDs are new each time, so that installing it again replaces nothing by
 * accident.
 */
#include <stdio.h>
#include <string.h>

#include "handlers/routes.h"
#include "handlers/web/page.h"
#include "lib/config/config.h"
#include "lib/crypto/key.h"

#define UUID_SIZE 37

static const struct { const char *platform, *payload; } payloads[] = {
	{ "ios", "io.tailscale.ipn.ios" },
	{ "macos-app-store", "io.tailscale.ipn.macos" },
	{ "macos-standalone", "io.tailscale.ipn.macsys" },
};

static enum err
apple_page(struct req *rq)
{
	const struct page_var vars[] = { { "url", rq->cfg->url }, { NULL, NULL } };

	page_reply(rq, "macOS and iOS - headrace", ASSET_APPLE, vars);
	return OK;
}

const struct route route_apple = {
	.method = HTTP_GET,
	.path = "/apple",
	.auth = AUTH_PUBLIC,
	.txn = TXN_NONE,
	.handle = apple_page,
};

/* A random (version 4) UUID. */
static const char *
uuid_write(char out[static UUID_SIZE])
{
	uint8_t b[16];
	char hex[33];

	random_bytes(b, sizeof(b));
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	hex_write(b, sizeof(b), hex);
	(void)snprintf(out, UUID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s",
	    hex, hex + 8, hex + 12, hex + 16, hex + 20);
	return out;
}

static const char *
payload_of(const char *platform)
{
	size_t i;

	for (i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++)
		if (strcmp(payloads[i].platform, platform) == 0)
			return payloads[i].payload;
	return NULL;
}

static enum err
apple_profile(struct req *rq)
{
	const char *payload = payload_of(req_var(rq, "platform"));
	char outer[UUID_SIZE], inner[UUID_SIZE];
	const struct page_var vars[] = {
		{ "url", rq->cfg->url },
		{ "payload", payload },
		{ "uuid_outer", uuid_write(outer) },
		{ "uuid_inner", uuid_write(inner) },
		{ NULL, NULL },
	};

	if (payload == NULL)
		return req_fail(rq, ERR_BADREQ,
		    "platform must be ios, macos-app-store or macos-standalone");
	req_reply(rq, 200, "application/x-apple-aspen-config; charset=utf-8");
	req_header(rq, "Content-Disposition",
	    "attachment; filename=\"headrace.mobileconfig\"");
	page_fill(&rq->out, asset_text(ASSET_PROFILE), vars);
	return OK;
}

const struct route route_apple_profile = {
	.method = HTTP_GET,
	.path = "/apple/{platform}",
	.auth = AUTH_PUBLIC,
	.txn = TXN_NONE,
	.handle = apple_profile,
};
