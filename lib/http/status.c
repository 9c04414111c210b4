/*
 * lib/http/status.c -- methods, statuses, and which status an error code means.
 *
 * The only table from enum err to HTTP; handlers return codes and never think
 * in numbers.
 */
#include <stddef.h>
#include <string.h>

#include "lib/http/req.h"

static const int status_of[ERR_COUNT] = {
	[OK] = 200,
	[ERR_BADREQ] = 400,
	[ERR_INVALID] = 422,
	[ERR_AUTH] = 401,
	[ERR_FORBIDDEN] = 403,
	[ERR_NOTFOUND] = 404,
	[ERR_CONFLICT] = 409,
	[ERR_STALE] = 412,
	[ERR_MEDIA] = 415,
	[ERR_LIMITED] = 429,
	[ERR_UNSUPPORTED] = 501,
	[ERR_TOOBIG] = 413,
	[ERR_BUSY] = 503,
	[ERR_STORAGE] = 503,
	[ERR_UPSTREAM] = 502,
	[ERR_INTERNAL] = 500,
};

int
http_status_of(enum err e)
{
	return (unsigned)e < ERR_COUNT ? status_of[e] : 500;
}

static const struct { int status; const char *text; } texts[] = {
	{ 200, "OK" }, { 201, "Created" }, { 202, "Accepted" },
	{ 204, "No Content" }, { 302, "Found" }, { 303, "See Other" },
	{ 304, "Not Modified" }, { 400, "Bad Request" },
	{ 401, "Unauthorized" }, { 403, "Forbidden" }, { 404, "Not Found" },
	{ 405, "Method Not Allowed" }, { 409, "Conflict" }, { 410, "Gone" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" }, { 415, "Unsupported Media Type" },
	{ 422, "Unprocessable Content" }, { 426, "Upgrade Required" },
	{ 429, "Too Many Requests" }, { 500, "Internal Server Error" },
	{ 501, "Not Implemented" }, { 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
};

const char *
http_status_text(int status)
{
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].status == status)
			return texts[i].text;
	return "Status";
}

static const char *const methods[] = {
	[HTTP_GET] = "GET",
	[HTTP_HEAD] = "HEAD",
	[HTTP_POST] = "POST",
	[HTTP_PUT] = "PUT",
	[HTTP_PATCH] = "PATCH",
	[HTTP_DELETE] = "DELETE",
	[HTTP_OPTIONS] = "OPTIONS",
	[HTTP_OTHER] = "OTHER",
};

enum http_method
http_method_of(const char *name)
{
	int m;

	for (m = HTTP_GET; name != NULL && m < HTTP_OTHER; m++)
		if (strcmp(methods[m], name) == 0)
			return (enum http_method)m;
	return HTTP_OTHER;
}

const char *
http_method_name(enum http_method m)
{
	return methods[(unsigned)m < HTTP_OTHER ? m : HTTP_OTHER];
}
