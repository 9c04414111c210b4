/*
 * handlers/api/body.c -- a request's body, checked against the row's table.
 *
 * A misspelt member is an error, because ignoring it would do something else
 * than what the caller asked for ("reuseable": a key that works once).  The first
 * mistake is reported, with its place.
 */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "handlers/api/api.h"
#include "lib/base/clock.h"

static const char *const type_names[] = {
	[API_TEXT] = "text", [API_ID] = "the number of an id as text, like \"7\"",
	[API_TIME] = "a time like \"2030-12-31T23:59:59Z\"",
	[API_INT] = "a whole number", [API_BOOL] = "true or false",
	[API_LIST] = "a list", [API_OBJECT] = "an object", [API_MAP] = "an object",
	[API_ANY] = "a value",
};

static const enum json_type_wanted json_types[] = {
	[API_TEXT] = JSON_STR, [API_ID] = JSON_STR, [API_TIME] = JSON_STR,
	[API_INT] = JSON_INT, [API_BOOL] = JSON_BOOL, [API_LIST] = JSON_ARR,
	[API_OBJECT] = JSON_OBJ, [API_MAP] = JSON_OBJ, [API_ANY] = JSON_STR,
};

struct looking {
	struct req *rq;
	const struct api_field *fields;	/* of the object, or one for all members of a map */
	const char *at;			/* "body", "body.settings" */
	enum err result;
};

static enum err look_at(struct req *rq, const struct api_field *f, const char *at, jv *v);

enum err
api_wrong_type(struct req *rq, enum api_type type, const char *at)
{
	return req_fail_at(rq, ERR_INVALID, at, "%s must be %s", at, type_names[type]);
}

static bool
one_of(struct str words, const char *text)
{
	struct str one;

	while (str_cut(&words, ' ', &one))
		if (str_is(one, text))
			return true;
	return false;
}

enum err
api_check_text(struct req *rq, const struct api_field *f, const char *at, const char *text)
{
	size_t max = f->max > 0 ? (size_t)f->max : API_TEXT_MAX;
	int64_t n;

	if (strlen(text) > max)
		return req_fail_at(rq, ERR_INVALID, at, "%s has more than %zu bytes", at, max);
	if (f->words != NULL && !one_of(str_of(f->words), text))
		return req_fail_at(rq, ERR_INVALID, at, "%s is one of: %s", at, f->words);
	if (f->type == API_TIME && !rfc3339_read(str_of(text), &n))
		return api_wrong_type(rq, f->type, at);
	if (f->type == API_ID && *text != '\0' && (!str_i64(str_of(text), &n) || n < 0))
		return api_wrong_type(rq, f->type, at);
	return OK;
}

enum err
api_check_number(struct req *rq, const struct api_field *f, const char *at, int64_t n)
{
	int64_t max = f->max > 0 ? f->max : INT64_MAX;

	if (n > max || (n < 0 && (f->flags & API_NEGATIVE) == 0))
		return req_fail_at(rq, ERR_INVALID, at, "%s must be from 0 to %" PRId64, at, max);
	return OK;
}

/* What one item of a list, or value of a map, must look like. */
static struct api_field
item_of(const struct api_field *f)
{
	return (struct api_field){ .name = "", .type = f->item, .words = f->words, .of = f->of };
}

static enum err
look_at_list(struct req *rq, const struct api_field *f, const char *at, jv *list)
{
	size_t max = f->max > 0 ? (size_t)f->max : API_ITEMS_MAX, n = json_len(list);
	struct api_field item = item_of(f);
	enum err e = OK;

	if (n > max)
		return req_fail_at(rq, ERR_INVALID, at, "%s has more than %zu items", at, max);
	for (size_t i = 0; e == OK && i < n; i++)
		e = look_at(rq, &item, arena_printf(rq->arena, "%s[%zu]", at, i),
		    json_at(list, i));
	return e;
}

static void
look_at_member(void *arg, const char *key, jv *value)
{
	struct looking *l = arg;
	const struct api_field *f = l->fields;
	const char *at;

	if (l->result != OK)
		return;
	at = arena_printf(l->rq->arena, "%s.%.64s", l->at, key);
	while (f->name != NULL && *f->name != '\0' && strcmp(f->name, key) != 0)
		f++;
	if (f->name == NULL)
		l->result = req_fail_at(l->rq, ERR_INVALID, at, "unexpected property %s", at);
	else if (value != NULL)
		l->result = look_at(l->rq, f, at, value);
}

static enum err
look_at_object(struct req *rq, const struct api_field *fields, const char *at, jv *o)
{
	struct looking l = { rq, fields, at, OK };

	json_each(o, look_at_member, &l);
	for (const struct api_field *f = fields; l.result == OK && f->name != NULL; f++)
		if ((f->flags & API_MUST) != 0 && json_get(o, f->name) == NULL)
			l.result = req_fail_at(rq, ERR_INVALID, at,
			    "expected required property %s to be present in %s", f->name, at);
	return l.result;
}

static enum err
look_at_map(struct req *rq, const struct api_field *f, const char *at, jv *o)
{
	struct api_field item = item_of(f);
	struct looking l = { rq, &item, at, OK };

	json_each(o, look_at_member, &l);
	return l.result;
}

static enum err
look_at(struct req *rq, const struct api_field *f, const char *at, jv *v)
{
	if (f->type == API_ANY)
		return OK;
	if (!json_is(v, json_types[f->type]))
		return api_wrong_type(rq, f->type, at);
	switch (f->type) {
	case API_TEXT:
	case API_ID:
	case API_TIME:
		return api_check_text(rq, f, at, json_text(v));
	case API_INT:
		return api_check_number(rq, f, at, json_int(v));
	case API_LIST:
		return look_at_list(rq, f, at, v);
	case API_OBJECT:
		return look_at_object(rq, f->of->fields, at, v);
	case API_MAP:
		return look_at_map(rq, f, at, v);
	case API_BOOL:
	case API_ANY:
		break;
	}
	return OK;
}

/* A form, or a picture, is not JSON by accident; no type at all may be. */
static enum err
look_at_type(struct req *rq)
{
	struct str rest = str_of(req_param(rq, "CONTENT_TYPE")), type = { "", 0 };

	(void)str_cut(&rest, ';', &type);
	type = str_trim(type);
	if (type.n == 0 || (type.n == 16 && strncasecmp(type.p, "application/json", 16) == 0) ||
	    (type.n > 5 && strncasecmp(type.p + type.n - 5, "+json", 5) == 0))
		return OK;
	return req_fail_at(rq, ERR_MEDIA, "header.Content-Type",
	    "the body must be application/json, not %.64s",
	    arena_strndup(rq->arena, type.p, type.n));
}

enum err
api_body(struct req *rq, jv **out)
{
	const struct api_op *op = rq->route->op;
	const char *why = "";
	enum err e;

	*out = NULL;
	if (rq->body.n == 0)
		return op->body_optional ? OK : req_fail_at(rq, ERR_BADREQ, "body",
		    "request body is required");
	if ((e = look_at_type(rq)) != OK)
		return e;
	*out = json_parse(rq->arena,
	    (struct str){ (const char *)rq->body.p, rq->body.n }, JSON_DEPTH_DEFAULT, &why);
	if (*out == NULL)
		return req_fail_at(rq, ERR_BADREQ, "body",
		    "validation failed: the body is not JSON: %s", why);
	if (!json_is(*out, JSON_OBJ))
		return req_fail_at(rq, ERR_INVALID, "body",
		    "validation failed: the body must be a JSON object");
	return look_at_object(rq, op->body->fields, "body", *out);
}

int64_t
api_get_id(jv *body, const char *name)
{
	int64_t id;

	return str_i64(str_of(json_get_str(body, name, "")), &id) ? id : 0;
}

/* Times before this are Go's zero time in some time zone. */
#define YEAR_2_MS (-62104060800000)

int64_t
api_get_time(jv *body, const char *name)
{
	int64_t ms;

	if (!rfc3339_read(str_of(json_get_str(body, name, "")), &ms) || ms < YEAR_2_MS)
		return TIME_NONE;
	return ms;
}
