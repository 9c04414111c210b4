/* lib/base/err.c -- names of the error codes, for logs. */
#include "lib/base/err.h"

static const char *const names[ERR_COUNT] = {
	[OK] = "ok",
	[ERR_BADREQ] = "bad-request",
	[ERR_INVALID] = "invalid",
	[ERR_AUTH] = "unauthorized",
	[ERR_FORBIDDEN] = "forbidden",
	[ERR_NOTFOUND] = "not-found",
	[ERR_CONFLICT] = "conflict",
	[ERR_STALE] = "stale",
	[ERR_MEDIA] = "media-type",
	[ERR_LIMITED] = "limited",
	[ERR_UNSUPPORTED] = "unsupported",
	[ERR_TOOBIG] = "too-big",
	[ERR_BUSY] = "busy",
	[ERR_STORAGE] = "storage",
	[ERR_UPSTREAM] = "upstream",
	[ERR_INTERNAL] = "internal",
};

const char *
err_name(enum err e)
{
	return (unsigned)e < ERR_COUNT ? names[e] : "unknown";
}
