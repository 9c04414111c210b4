/*
 * handlers/api/openapi_op.c -- one row of the API as an operation of the OpenAPI document.
 */
#include "handlers/api/openapi.h"

#include <string.h>

#include "lib/access/scope.h"

/* ---- parameters ---- */

#define QUERY_TEXT_MAX 255	/* bytes of a parameter that says no 'max' */
#define ID_DIGITS_MAX 19

static const struct api_field id_in_path = { .type = API_ID, .max = ID_DIGITS_MAX,
    .example = "\"7\"" };
static const struct api_field text_in_path = { .type = API_TEXT, .max = QUERY_TEXT_MAX };

static const struct api_field path_names[] = {
	{ .name = "version", .type = API_ID, .max = ID_DIGITS_MAX, .example = "\"7\"" },
	{ .name = "tailnet", .type = API_TEXT, .max = 255, .example = "\"-\"",
	  .help = "\"-\", or the base domain: there is one tailnet" },
	{ .name = NULL },
};

static const struct api_field *
find_field(const struct api_field *f, struct str name)
{
	for (; f != NULL && f->name != NULL; f++)
		if (str_is(name, f->name))
			return f;
	return NULL;
}

/* In v1 what is called an id is a row's number; in v2 it is just a word to pass on. */
struct api_field
openapi_path_field(const struct route *r, struct str name)
{
	bool is_id = openapi_has(OPENAPI_V1, r) && (str_is(name, "id") || str_ends(name, "Id"));
	const struct api_field *f = find_field(r->op->path, name);

	if (f == NULL)
		f = find_field(path_names, name);
	if (f == NULL)
		f = is_id ? &id_in_path : &text_in_path;
	return *f;
}

struct api_field
openapi_query_field(const struct api_field *f)
{
	struct api_field q = *f;

	if (q.max == 0 && q.type == API_TEXT)
		q.max = QUERY_TEXT_MAX;
	if (q.max == 0 && q.type == API_ID)
		q.max = ID_DIGITS_MAX;
	return q;
}

static void
put_parameter(struct jw *w, struct openapi_uses *u, const char *in, struct str name,
    const struct api_field *f)
{
	struct api_field value = *f;

	value.flags |= API_MUST;	/* in a path or query there is no null */
	value.help = NULL;
	jw_obj(w);
	jw_key(w, "name");
	jw_strn(w, name);
	jw_kstr(w, "in", in);
	if (f->help != NULL)
		jw_kstr(w, "description", f->help);
	jw_kbool(w, "required", strcmp(in, "path") == 0 || (f->flags & API_MUST) != 0);
	jw_key(w, "schema");
	openapi_put_field(w, u, &value, strcmp(in, "header") != 0);	/* whose length is the web server's */
	jw_end_obj(w);
}

static void
put_parameters(struct jw *w, struct openapi_uses *u, const struct route *r)
{
	struct str rest = str_of(r->path), part;
	struct api_field named;

	jw_key(w, "parameters");
	jw_arr(w);
	while (str_cut(&rest, '/', &part)) {
		if (!str_starts(part, "{"))
			continue;
		part = (struct str){ part.p + 1, part.n - 2 };
		named = openapi_path_field(r, part);
		put_parameter(w, u, "path", part, &named);
	}
	for (const struct api_field *f = r->op->query; f != NULL && f->name != NULL; f++) {
		named = openapi_query_field(f);
		put_parameter(w, u, "query", str_of(f->name), &named);
	}
	for (const struct api_field *f = r->op->headers; f != NULL && f->name != NULL; f++)
		put_parameter(w, u, "header", str_of(f->name), f);
	jw_end_arr(w);
}

/* ---- bodies ---- */

/* The object of a media type; without a schema, anything. */
static void
put_schema(struct jw *w, struct openapi_uses *u, const struct api_object *o, bool input)
{
	jw_obj(w);
	if (o != NULL) {
		jw_key(w, "schema");
		openapi_put_ref(w, u, o, input);
	}
	jw_end_obj(w);
}

void
openapi_put_content(struct jw *w, struct openapi_uses *u, const char *types,
    const struct api_object *o, bool input)
{
	struct str rest = str_of(types), type;

	jw_key(w, "content");
	jw_obj(w);
	while (str_cut(&rest, ' ', &type)) {
		jw_key(w, arena_strndup(u->a, type.p, type.n));
		put_schema(w, u, o, input);
	}
	jw_end_obj(w);
}

static void
put_body(struct jw *w, struct openapi_uses *u, const struct api_op *op)
{
	static const char *const types[] = {
		[API_JSON] = "application/json", [API_RAW] = "*/*",
		[API_FORM] = "application/x-www-form-urlencoded",
	};

	if (op->body == NULL && op->form != API_RAW)
		return;
	jw_key(w, "requestBody");
	jw_obj(w);
	jw_kbool(w, "required", !op->body_optional);
	openapi_put_content(w, u, op->body_type != NULL ? op->body_type : types[op->form], op->body, true);
	jw_end_obj(w);
}

static const struct api_field nothing_fields[] = { { .name = NULL } };
static const struct api_object nothing = { "Nothing", nothing_fields };

static void
put_ok(struct jw *w, struct openapi_uses *u, const struct api_op *op)
{
	const char *types = op->answer_type != NULL ? op->answer_type : "application/json";
	const struct api_object *o = op->answer;

	if (o == NULL && op->answer_type == NULL)
		o = &nothing;
	jw_key(w, "200");
	jw_obj(w);
	jw_kstr(w, "description", "done");
	if (op->etag)
		jw_kraw(w, "headers", "{\"ETag\":{\"schema\":{\"type\":\"string\"}}}");
	openapi_put_content(w, u, types, o, false);
	jw_end_obj(w);
}

/* ---- errors ---- */

const struct openapi_problem openapi_problems[OPENAPI_PROBLEMS] = {
	{ 400, "The request makes no sense" },
	{ 401, "No valid key or token" },
	{ 403, "The key or token may not do this" },
	{ 404, "There is nothing of that name or id" },
	{ 409, "It clashes with what is there" },
	{ 412, "Made from a state that is no more: read again" },
	{ 413, "The body is too large" },
	{ 415, "The body is of another media type" },
	{ 422, "The body, or a member of it, is not as described" },
	{ 429, "Too many wrong keys from this address" },
	{ 500, "A failure of the server, which its log tells of" },
	{ 501, "Not done by this server" },
	{ 502, "A server that this one depends on did not answer" },
	{ 503, "Busy, or its disk cannot be written to: try again" },
};

static bool
names_status(const char *list, int status)
{
	struct str rest = str_of(list), one;
	int64_t n;

	while (str_cut(&rest, ' ', &one))
		if (str_i64(one, &n) && n == status)
			return true;
	return false;
}

static bool
may_answer(const struct route *r, int status)
{
	bool input = r->op->query != NULL || r->op->headers != NULL || strchr(r->path, '{') != NULL;

	switch (status) {
	case 400:
		return input || names_status(r->op->errors, status);
	case 401:
	case 403:
	case 429:
		return r->auth == AUTH_API || names_status(r->op->errors, status);
	case 404:
		return r->auth == AUTH_API;
	case 413:
		return true;
	case 500:
	case 503:
		return r->txn != TXN_NONE;
	default:
		return names_status(r->op->errors, status);
	}
}

void
openapi_statuses(const struct route *r, int out[static OPENAPI_PROBLEMS + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < OPENAPI_PROBLEMS; i++)
		if (may_answer(r, openapi_problems[i].status))
			out[n++] = openapi_problems[i].status;
	out[n] = 0;
}

/* The dispatcher's own refusals are as everywhere else, those of the handler in a form of its own. */
static void
put_own_problem(struct jw *w, struct openapi_uses *u, const struct api_op *op)
{
	jw_obj(w);
	jw_kstr(w, "description", "in a form of its own");
	jw_key(w, "content");
	jw_obj(w);
	jw_kraw(w, "application/problem+json", "{}");
	jw_key(w, "application/json");
	put_schema(w, u, op->problem, false);
	jw_end_obj(w);
	jw_end_obj(w);
}

/* Before we see it, the web server may find it too long; its words are its own. */
static void
put_too_long(struct jw *w, const struct api_op *op)
{
	if (op->query != NULL)
		jw_kraw(w, "431", "{\"description\":\"Longer than the web server takes\"}");
}

static void
put_responses(struct jw *w, struct openapi_uses *u, const struct route *r)
{
	int statuses[OPENAPI_PROBLEMS + 1];

	openapi_statuses(r, statuses);
	jw_key(w, "responses");
	jw_obj(w);
	put_ok(w, u, r->op);
	for (const int *s = statuses; *s != 0; s++) {
		jw_key(w, arena_printf(u->a, "%d", *s));
		if (*s < 500 && *s != 413 && r->op->problem != NULL) {
			put_own_problem(w, u, r->op);
			continue;
		}
		jw_obj(w);
		jw_kstr(w, "$ref", arena_printf(u->a, "#/components/responses/%d", *s));
		jw_end_obj(w);
	}
	put_too_long(w, r->op);
	jw_end_obj(w);
}

/* ---- who may ask ---- */

static void
put_way(struct jw *w, const char *name, const char *scope)
{
	jw_obj(w);
	jw_key(w, name);
	jw_arr(w);
	if (*scope != '\0')
		jw_str(w, scope);
	jw_end_arr(w);
	jw_end_obj(w);
}

static void
put_security(struct jw *w, enum openapi_version v, const struct route *r)
{
	const char *scope = scope_name(r->scope);

	jw_key(w, "security");
	jw_arr(w);
	if (r->auth == AUTH_API) {
		put_way(w, "bearer", scope);
		if (v == OPENAPI_V2) {
			put_way(w, "basic", scope);
			put_way(w, "oauth", scope);
		}
	}
	jw_end_arr(w);
	if (*scope != '\0')
		jw_kstr(w, "x-required-scope", scope);
}

/* ---- the whole ---- */

static void
put_method_key(struct jw *w, const struct route *r)
{
	static const char *const keys[] = {
		[HTTP_GET] = "get", [HTTP_HEAD] = "head", [HTTP_POST] = "post", [HTTP_PUT] = "put",
		[HTTP_PATCH] = "patch", [HTTP_DELETE] = "delete", [HTTP_OPTIONS] = "options",
	};

	jw_key(w, keys[r->method]);
}

void
openapi_put_operation(struct jw *w, struct openapi_uses *u, enum openapi_version v,
    const struct route *r)
{
	put_method_key(w, r);
	jw_obj(w);
	jw_kstr(w, "operationId", r->op->id);
	jw_key(w, "tags");
	jw_arr(w);
	jw_str(w, r->op->tag);
	jw_end_arr(w);
	jw_kstr(w, "summary", r->op->summary);
	if (r->op->help != NULL)
		jw_kstr(w, "description", r->op->help);
	put_security(w, v, r);
	put_parameters(w, u, r);
	put_body(w, u, r->op);
	put_responses(w, u, r);
	jw_end_obj(w);
}
