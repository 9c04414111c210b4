/*
 * handlers/api/openapi_get.c -- GET /api/v1/openapi.json and the like: the document itself.
 *
 * It is the same for as long as the program is, so a worker makes it once; and it says
 * nothing of this tailnet, so anybody may read it.
 */
#include <string.h>

#include "handlers/api/openapi.h"
#include "handlers/routes.h"
#include "lib/crypto/blake2s.h"
#include "lib/crypto/key.h"

#define DOCUMENT_MAX (4 * 1024 * 1024)
#define TAG_BYTES 12

struct document {
	struct buf text;
	char etag[2 * TAG_BYTES + 3];	/* with its quotes */
};

static const struct document *
document_of(enum openapi_version v)
{
	static struct document made[2];
	struct document *d = &made[v];
	uint8_t hash[BLAKE2S_BYTES];
	struct arena *a;

	if (d->text.n > 0)
		return d;
	buf_init(&d->text, DOCUMENT_MAX);
	a = arena_new();
	openapi_write(v, a, &d->text);
	arena_free(a);
	blake2s(hash, buf_span(&d->text), (struct span){ NULL, 0 });
	d->etag[0] = '"';
	hex_write(hash, TAG_BYTES, d->etag + 1);
	(void)memcpy(d->etag + 1 + 2 * TAG_BYTES, "\"", 2);
	return d;
}

/* If-None-Match may name several; a weak one is as good here. */
static bool
is_known(const struct req *rq, const char *etag)
{
	const char *known = req_param(rq, "HTTP_IF_NONE_MATCH");

	return known != NULL && (strstr(known, etag) != NULL || strcmp(known, "*") == 0);
}

static enum err
answer(struct req *rq, enum openapi_version v, const char *type)
{
	const struct document *d = document_of(v);
	bool known = is_known(rq, d->etag);

	req_reply(rq, known ? 304 : 200, known ? NULL : type);
	req_header(rq, "ETag", d->etag);
	req_header(rq, "Cache-Control", "public, max-age=300");
	if (!known)
		buf_put(&rq->out, d->text.p, d->text.n);
	return OK;
}

static enum err
v1_json(struct req *rq)
{
	return answer(rq, OPENAPI_V1, "application/json");
}

static enum err
v2_json(struct req *rq)
{
	return answer(rq, OPENAPI_V2, "application/json");
}

/* JSON is YAML. */
static enum err
v1_yaml(struct req *rq)
{
	return answer(rq, OPENAPI_V1, "application/yaml");
}

static enum err
v2_yaml(struct req *rq)
{
	return answer(rq, OPENAPI_V2, "application/yaml");
}

const struct route route_v1_openapi_json = {
	.method = HTTP_GET,
	.path = "/api/v1/openapi.json",
	.auth = AUTH_PUBLIC,
	.txn = TXN_NONE,
	.handle = v1_json,
};

const struct route route_v1_openapi_yaml = {
	.method = HTTP_GET,
	.path = "/api/v1/openapi.yaml",
	.auth = AUTH_PUBLIC,
	.txn = TXN_NONE,
	.handle = v1_yaml,
};

const struct route route_v2_openapi_json = {
	.method = HTTP_GET,
	.path = "/api/v2/openapi.json",
	.auth = AUTH_PUBLIC,
	.txn = TXN_NONE,
	.handle = v2_json,
};

const struct route route_v2_openapi_yaml = {
	.method = HTTP_GET,
	.path = "/api/v2/openapi.yaml",
	.auth = AUTH_PUBLIC,
	.txn = TXN_NONE,
	.handle = v2_yaml,
};
