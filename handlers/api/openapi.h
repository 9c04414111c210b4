/*
 * handlers/api/openapi.h -- the OpenAPI 3.1 document of REST v1 and of v2.
 *
 * Made from the rows of routes_all[] and their tables, by which requests are checked
 * too: what it says and what is done cannot come apart.
 */
#ifndef HANDLERS_API_OPENAPI_H
#define HANDLERS_API_OPENAPI_H

#include <stdbool.h>

#include "handlers/api/op.h"
#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/http/route.h"
#include "lib/json/json.h"

enum openapi_version { OPENAPI_V1, OPENAPI_V2 };

/* "REST v1: the API of headscale". */
const char *openapi_title(enum openapi_version v);

/* A few sentences for who has not seen it. */
const char *openapi_about(enum openapi_version v);

/* Is the row part of this version's document? */
bool openapi_has(enum openapi_version v, const struct route *r);

/* Appends the document, as JSON. */
void openapi_write(enum openapi_version v, struct arena *a, struct buf *out);

/* ---- schemas: handlers/api/openapi_schema.c ---- */

/* An object in a request and in an answer has different rules, so it may be two schemas. */
struct openapi_use { const struct api_object *object; bool input; };

/* The objects that schemas refer to, in the order of their first use. */
struct openapi_uses {
	struct arena *a;
	struct openapi_use *list;
	size_t n, cap;
};

/* The schema of a field's value. */
void openapi_put_field(struct jw *w, struct openapi_uses *u, const struct api_field *f, bool input);

/* {"$ref": …} to the object's schema, which is noted in 'u'. */
void openapi_put_ref(struct jw *w, struct openapi_uses *u, const struct api_object *o, bool input);

/* The members of "schemas": all that is in 'u', and what that refers to in turn. */
void openapi_put_schemas(struct jw *w, struct openapi_uses *u);

/* A value that the schema allows, made up or the field's own example. */
void openapi_put_example(struct jw *w, const struct api_field *f, bool input);
void openapi_put_object_example(struct jw *w, const struct api_object *o, bool input);

/* ---- operations: handlers/api/openapi_op.c ---- */

struct openapi_problem { int status; const char *when; };

#define OPENAPI_PROBLEMS 14
extern const struct openapi_problem openapi_problems[OPENAPI_PROBLEMS];

/* The statuses besides 200 that a row's answer may have, in order; 0 ends them. */
void openapi_statuses(const struct route *r, int out[static OPENAPI_PROBLEMS + 1]);

/* What is to say of the {name} of the path, as the row or else a common table has it. */
struct api_field openapi_path_field(const struct route *r, struct str name);

/* A field of the query, with the limits that count where it says none. */
struct api_field openapi_query_field(const struct api_field *f);

/* "content": the schema for each of the media types; without an object, anything. */
void openapi_put_content(struct jw *w, struct openapi_uses *u, const char *types,
    const struct api_object *o, bool input);

/* The method and its operation, as a member of a path's object. */
void openapi_put_operation(struct jw *w, struct openapi_uses *u, enum openapi_version v,
    const struct route *r);

#endif
