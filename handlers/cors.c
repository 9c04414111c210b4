/* handlers/cors.c -- which web pages of elsewhere may use the API from a browser. */
#include "handlers/cors.h"

#include <string.h>

#include "lib/config/config.h"

#define ALLOW_METHODS "GET, HEAD, POST, PUT, PATCH, DELETE"
#define ALLOW_HEADERS "Authorization, Content-Type, Accept, If-Match"
#define EXPOSE_HEADERS "ETag, Retry-After, Location"
#define MAX_AGE_S "3600"

static bool
is_api(const struct req *rq)
{
	return rq->origin == ORIGIN_WEB && rq->path != NULL &&
	    str_starts(str_of(rq->path), "/api/");
}

/* The request's origin if it is allowed, else NULL. */
static const char *
allowed_origin(const struct req *rq)
{
	const struct text_list *l = &rq->cfg->cors_origins;
	const char *origin = req_param(rq, "HTTP_ORIGIN");

	for (size_t i = 0; origin != NULL && i < l->n; i++)
		if (strcmp(l->v[i], origin) == 0)
			return l->v[i];
	return NULL;
}

bool
cors_preflight(struct req *rq)
{
	if (rq->method != HTTP_OPTIONS || !is_api(rq) || allowed_origin(rq) == NULL ||
	    req_param(rq, "HTTP_ACCESS_CONTROL_REQUEST_METHOD") == NULL)
		return false;
	req_reply(rq, 204, NULL);
	req_header(rq, "Access-Control-Allow-Methods", ALLOW_METHODS);
	req_header(rq, "Access-Control-Allow-Headers", ALLOW_HEADERS);
	req_header(rq, "Access-Control-Max-Age", MAX_AGE_S);
	return true;
}

/* Once any origin is allowed, every answer depends on who asks: caches must know. */
void
cors_mark(struct req *rq)
{
	const char *origin;

	if (!is_api(rq) || rq->cfg->cors_origins.n == 0)
		return;
	req_header(rq, "Vary", "Origin");
	origin = allowed_origin(rq);
	if (origin == NULL)
		return;
	req_header(rq, "Access-Control-Allow-Origin", origin);
	if (rq->method != HTTP_OPTIONS)
		req_header(rq, "Access-Control-Expose-Headers", EXPOSE_HEADERS);
}
