/*
 * handlers/web/asset.c -- the files of web/, as parts of the program.
 */
#include "handlers/web/asset.h"

#include "lib/base/embed.h"

#define BOTH(id) { asset_##id##_start, asset_##id##_end }

EMBED(asset_head, "web/head.html");
EMBED(asset_foot, "web/foot.html");
EMBED(asset_index, "web/index.html");
EMBED(asset_apple, "web/apple.html");
EMBED(asset_windows, "web/windows.html");
EMBED(asset_register, "web/register.html");
EMBED(asset_auth, "web/auth.html");
EMBED(asset_admin, "web/admin.html");
EMBED(asset_profile, "web/profile.mobileconfig");
EMBED(asset_favicon, "web/favicon.png");
EMBED(asset_docs, "web/docs.html");
EMBED(asset_docs_css, "web/docs.css");
EMBED(asset_docs_js, "web/docs.js");

static const struct { const char *start, *end; } assets[ASSET_COUNT] = {
	[ASSET_HEAD] = BOTH(head),
	[ASSET_FOOT] = BOTH(foot),
	[ASSET_INDEX] = BOTH(index),
	[ASSET_APPLE] = BOTH(apple),
	[ASSET_WINDOWS] = BOTH(windows),
	[ASSET_REGISTER] = BOTH(register),
	[ASSET_AUTH] = BOTH(auth),
	[ASSET_ADMIN] = BOTH(admin),
	[ASSET_PROFILE] = BOTH(profile),
	[ASSET_FAVICON] = BOTH(favicon),
	[ASSET_DOCS] = BOTH(docs),
	[ASSET_DOCS_CSS] = BOTH(docs_css),
	[ASSET_DOCS_JS] = BOTH(docs_js),
};

struct str
asset_text(enum asset a)
{
	return (struct str){ assets[a].start,
		(size_t)(assets[a].end - assets[a].start) };
}
