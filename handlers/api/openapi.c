/*
 * handlers/api/openapi.c -- the OpenAPI 3.1 document of REST v1 and of v2.
 *
 * A row is in the document if it has an op.  What is the same for all rows (who may
 * ask, how errors look) is said once, under "components".
 */
#include "handlers/api/openapi.h"

#include <string.h>

#include "handlers/routes.h"
#include "lib/access/scope.h"

#define PROBLEM_TYPE "application/problem+json"

/* ---- the two versions ---- */

static const struct {
	const char *prefix, *title, *about, *problem;
} versions[] = {
	[OPENAPI_V1] = { "/api/v1/", "REST v1: the API of headscale",
	    "The same paths, JSON and statuses as headscale's. A request carries an API key "
	    "(headrace apikeys create) as a bearer token.", "Problem" },
	[OPENAPI_V2] = { "/api/v2/", "REST v2: Tailscale's API",
	    "The same paths, JSON and statuses as Tailscale's own API: its clients work when they "
	    "are told this address. {tailnet} is \"-\" or the base domain. A request carries an API "
	    "key as a bearer token or as the user name of Basic, or an OAuth client's token.",
	    "Error" },
};

const char *
openapi_title(enum openapi_version v)
{
	return versions[v].title;
}

const char *
openapi_about(enum openapi_version v)
{
	return versions[v].about;
}

bool
openapi_has(enum openapi_version v, const struct route *r)
{
	return r->op != NULL && str_starts(str_of(r->path), versions[v].prefix);
}

/* ---- who may ask ---- */

static void
put_oauth(struct jw *w)
{
	jw_key(w, "oauth");
	jw_obj(w);
	jw_kstr(w, "type", "oauth2");
	jw_key(w, "flows");
	jw_obj(w);
	jw_key(w, "clientCredentials");
	jw_obj(w);
	jw_kstr(w, "tokenUrl", "/api/v2/oauth/token");
	jw_key(w, "scopes");
	jw_obj(w);
	for (int s = SCOPE_NONE + 1; s < SCOPE_COUNT; s++)
		jw_kstr(w, scope_name((enum scope)s), "");
	jw_end_obj(w);
	jw_end_obj(w);
	jw_end_obj(w);
	jw_end_obj(w);
}

static void
put_schemes(struct jw *w, enum openapi_version v)
{
	jw_key(w, "securitySchemes");
	jw_obj(w);
	jw_kraw(w, "bearer", "{\"type\":\"http\",\"scheme\":\"bearer\","
	    "\"description\":\"an API key (hskey-api-...), or on v2 an OAuth token\"}");
	if (v == OPENAPI_V2) {
		jw_kraw(w, "basic", "{\"type\":\"http\",\"scheme\":\"basic\","
		    "\"description\":\"an API key or a token as the user name\"}");
		put_oauth(w);
	}
	jw_end_obj(w);
}

/* ---- paths ---- */

static bool
path_was_before(enum openapi_version v, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (openapi_has(v, routes_all[j]) &&
		    strcmp(routes_all[j]->path, routes_all[i]->path) == 0)
			return true;
	return false;
}

static void
put_paths(struct jw *w, struct openapi_uses *u, enum openapi_version v)
{
	jw_key(w, "paths");
	jw_obj(w);
	for (size_t i = 0; i < routes_count; i++) {
		if (!openapi_has(v, routes_all[i]) || path_was_before(v, i))
			continue;
		jw_key(w, routes_all[i]->path);
		jw_obj(w);
		for (size_t j = i; j < routes_count; j++)
			if (openapi_has(v, routes_all[j]) &&
			    strcmp(routes_all[j]->path, routes_all[i]->path) == 0)
				openapi_put_operation(w, u, v, routes_all[j]);
		jw_end_obj(w);
	}
	jw_end_obj(w);
}

/* ---- the whole ---- */

static const struct api_field mistake_fields[] = {
	{ .name = "message", .type = API_TEXT },
	{ .name = "location", .type = API_TEXT, .example = "\"body.name\"" },
	{ .name = NULL },
};
static const struct api_object mistake = { "Mistake", mistake_fields };

static const struct api_field problem_fields[] = {
	{ .name = "title", .type = API_TEXT },
	{ .name = "status", .type = API_INT },
	{ .name = "detail", .type = API_TEXT },
	{ .name = "errors", .type = API_LIST, .item = API_OBJECT, .of = &mistake,
	  .flags = API_MAY, .help = "what is wrong where, if it is in one place" },
	{ .name = NULL },
};

static const struct api_field data_fields[] = {
	{ .name = "errors", .type = API_LIST, .item = API_TEXT }, { .name = NULL },
};
static const struct api_object data = { "ErrorData", data_fields };

static const struct api_field error_fields[] = {
	{ .name = "message", .type = API_TEXT },
	{ .name = "status", .type = API_INT },
	{ .name = "data", .type = API_LIST, .item = API_OBJECT, .of = &data, .flags = API_MAY },
	{ .name = NULL },
};

static const struct api_object problem_objects[] = {
	[OPENAPI_V1] = { "Problem", problem_fields },
	[OPENAPI_V2] = { "Error", error_fields },
};

static void
put_problems(struct jw *w, struct openapi_uses *u, enum openapi_version v)
{
	jw_key(w, "responses");
	jw_obj(w);
	for (size_t i = 0; i < OPENAPI_PROBLEMS; i++) {
		jw_key(w, arena_printf(u->a, "%d", openapi_problems[i].status));
		jw_obj(w);
		jw_kstr(w, "description", openapi_problems[i].when);
		openapi_put_content(w, u, PROBLEM_TYPE, &problem_objects[v], false);
		jw_end_obj(w);
	}
	jw_end_obj(w);
}

static void
put_info(struct jw *w, enum openapi_version v)
{
	jw_kstr(w, "openapi", "3.1.0");
	jw_key(w, "info");
	jw_obj(w);
	jw_kstr(w, "title", openapi_title(v));
	jw_kstr(w, "version", HEADRACE_VERSION);
	jw_kstr(w, "description", openapi_about(v));
	jw_end_obj(w);
	jw_kraw(w, "servers", "[{\"url\":\"/\"}]");
}

void
openapi_write(enum openapi_version v, struct arena *a, struct buf *out)
{
	struct openapi_uses u = { .a = a };
	struct jw w;

	jw_init(&w, out);
	jw_obj(&w);
	put_info(&w, v);
	put_paths(&w, &u, v);
	jw_key(&w, "components");
	jw_obj(&w);
	put_schemes(&w, v);
	put_problems(&w, &u, v);
	jw_key(&w, "schemas");
	jw_obj(&w);
	openapi_put_schemas(&w, &u);
	jw_end_obj(&w);
	jw_end_obj(&w);
	jw_end_obj(&w);
}
