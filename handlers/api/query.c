/*
 * handlers/api/query.c -- a request's path and query, checked against the row's tables.
 *
 * The dispatcher does it before the handler runs, so a handler only reads.  Names that
 * no table has are passed by: people put them there to get around caches.
 */
#include "handlers/api/query.h"

#include <string.h>
#include <strings.h>

#include "handlers/api/api.h"
#include "handlers/api/openapi.h"

/* ---- what one value may be ---- */

/* The words that Go's clients and Python's write for it. */
static bool
read_bool(const char *text, bool *out)
{
	*out = strcasecmp(text, "true") == 0 || strcasecmp(text, "t") == 0 || strcmp(text, "1") == 0;
	return *out || strcasecmp(text, "false") == 0 || strcasecmp(text, "f") == 0 ||
	    strcmp(text, "0") == 0;
}

static enum err
look_at_number(struct req *rq, const struct api_field *f, const char *at, const char *text)
{
	const struct api_field id = { .type = API_INT };
	int64_t n;

	if (!str_i64(str_of(text), &n))
		return req_fail_at(rq, ERR_INVALID, at, "%s must be a number", at);
	if (f->type == API_INT)
		return api_check_number(rq, f, at, n);
	return n < 0 ? api_check_number(rq, &id, at, n) : api_check_text(rq, f, at, text);
}

/* An empty text or id is as good as none; an empty number or time is a mistake. */
static bool
may_be_empty(enum api_type type)
{
	return type == API_TEXT || type == API_ID || type == API_LIST;
}

static enum err
look_at_value(struct req *rq, const struct api_field *f, const char *at, const char *text)
{
	bool yes;

	if (*text == '\0' && !may_be_empty(f->type))
		return api_wrong_type(rq, f->type, at);
	switch (f->type) {
	case API_INT:
	case API_ID:
		return look_at_number(rq, f, at, text);
	case API_BOOL:
		return read_bool(text, &yes) ? OK : api_wrong_type(rq, f->type, at);
	default:
		return api_check_text(rq, f, at, text);
	}
}

/* Of a name that is given several times the first counts, unless it is a list. */
static enum err
look_at_param(struct req *rq, const struct api_field *of)
{
	const struct api_field field = openapi_query_field(of), *f = &field;
	const struct api_field item = { .type = f->item, .words = f->words };
	const char *text = req_query(rq, f->name);
	const char *at = arena_printf(rq->arena, "query.%s", f->name);
	enum err e = OK;

	if (text == NULL || (*text == '\0' && may_be_empty(f->type)))
		return (f->flags & API_MUST) == 0 ? OK :
		    req_fail_at(rq, ERR_INVALID, at, "%s is missing", at);
	if (f->type != API_LIST)
		return look_at_value(rq, f, at, text);
	for (size_t i = 0; e == OK && (text = req_query_nth(rq, f->name, i)) != NULL; i++)
		e = look_at_value(rq, &item, at, text);
	return e;
}

/* How long a {name} may be; what it means, the handler says. */
static enum err
look_at_var(struct req *rq, const struct req_param *var)
{
	struct api_field f = openapi_path_field(rq->route, str_of(var->name));

	return api_check_text(rq, &(struct api_field){ .type = API_TEXT, .max = f.max },
	    arena_printf(rq->arena, "path.%s", var->name), var->value);
}

enum err
api_query_check(struct req *rq)
{
	const struct api_op *op = rq->route->op;
	enum err e = OK;

	for (const struct req_param *v = rq->vars; e == OK && v->name != NULL; v++)
		e = look_at_var(rq, v);
	for (const struct api_field *f = op->query; e == OK && f != NULL && f->name != NULL; f++)
		e = look_at_param(rq, f);
	return e == ERR_INVALID ? ERR_BADREQ : e;	/* 422 is for bodies */
}

/* ---- reading ---- */

enum err
api_query_id(struct req *rq, const char *name, int64_t *out)
{
	const char *text = req_query(rq, name);

	*out = 0;
	if (text == NULL || *text == '\0' || (str_i64(str_of(text), out) && *out >= 0))
		return OK;
	return req_fail_at(rq, ERR_BADREQ, arena_printf(rq->arena, "query.%s", name),
	    "%s must be a number", name);
}

enum err
api_query_bool(struct req *rq, const char *name, bool *out)
{
	const char *text = req_query(rq, name);

	*out = false;
	if (text == NULL || *text == '\0' || read_bool(text, out))
		return OK;
	return req_fail_at(rq, ERR_BADREQ, arena_printf(rq->arena, "query.%s", name),
	    "%s must be true or false", name);
}
