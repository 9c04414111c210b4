/*
 * handlers/web/asset.h -- the files of web/, as parts of the program.
 */
#ifndef HANDLERS_WEB_ASSET_H
#define HANDLERS_WEB_ASSET_H

#include "lib/base/str.h"

enum asset { ASSET_HEAD, ASSET_FOOT, ASSET_INDEX, ASSET_APPLE, ASSET_WINDOWS,
	ASSET_REGISTER, ASSET_AUTH, ASSET_ADMIN, ASSET_PROFILE, ASSET_FAVICON,
	ASSET_DOCS, ASSET_DOCS_CSS, ASSET_DOCS_JS, ASSET_COUNT };

struct str asset_text(enum asset a);

#endif
