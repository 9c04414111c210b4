/*
 * handlers/web/asset.c -- the files of web/, as parts of the program.
 *
 * The assembler's .incbin takes them in as they are: no generated sources, and
 * gcc and clang both know it.  The Makefile names the dependency.
 */
#include "handlers/web/asset.h"

#define EMBED(id, file)						\
	__asm__(".section .rodata\n"				\
	    ".balign 16\n"					\
	    "asset_" #id "_start: .incbin \"web/" file "\"\n"	\
	    "asset_" #id "_end:\n"				\
	    ".previous\n");					\
	extern const char asset_##id##_start[], asset_##id##_end[]

#define BOTH(id) { asset_##id##_start, asset_##id##_end }

EMBED(head, "head.html");
EMBED(foot, "foot.html");
EMBED(index, "index.html");
EMBED(apple, "apple.html");
EMBED(windows, "windows.html");
EMBED(register, "register.html");
EMBED(auth, "auth.html");
EMBED(admin, "admin.html");
EMBED(profile, "profile.mobileconfig");
EMBED(favicon, "favicon.png");
EMBED(docs, "docs.html");
EMBED(docs_css, "docs.css");
EMBED(docs_js, "docs.js");

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
