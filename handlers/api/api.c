/*
 * handlers/api/api.c -- what the endpoints of REST v1 share.
 *
 * A body is checked against a table of members before a handler looks at it.
 * A misspelt member is an error, because ignoring it would do something else
 * than what the caller asked for ("reuseable": a key that works once).
 */
#include "handlers/api/api.h"

#include <inttypes.h>
#include <string.h>

#include "handlers/api/check.h"
#include "lib/base/clock.h"
#include "lib/netmap/tags.h"

static const char *const type_names[] = {
	[JSON_STR] = "text", [JSON_INT] = "a whole number",
	[JSON_BOOL] = "true or false", [JSON_ARR] = "a list",
	[JSON_OBJ] = "an object",
};

struct member_check {
	struct req *rq;
	const struct api_field *fields;
	enum err result;
};

static void
check_member(void *arg, const char *key, jv *value)
{
	struct member_check *c = arg;
	const struct api_field *f;

	if (c->result != OK)
		return;
	for (f = c->fields; f->name != NULL && strcmp(f->name, key) != 0; f++)
		;
	if (f->name == NULL)
		c->result = req_fail(c->rq, ERR_BADREQ,
		    "unexpected property body.%.64s", key);
	else if (value != NULL && !json_is(value, f->type))
		c->result = req_fail(c->rq, ERR_BADREQ, "body.%s must be %s",
		    f->name, type_names[f->type]);
}

enum err
api_body_optional(struct req *rq, const struct api_field *fields, jv **out)
{
	struct member_check c = { rq, fields, OK };
	const char *why = "";

	*out = NULL;
	if (rq->body.n == 0)
		return OK;
	*out = json_parse(rq->arena,
	    (struct str){ (const char *)rq->body.p, rq->body.n },
	    JSON_DEPTH_DEFAULT, &why);
	if (*out == NULL)
		return req_fail(rq, ERR_BADREQ,
		    "validation failed: the body is not JSON: %s", why);
	if (!json_is(*out, JSON_OBJ))
		return req_fail(rq, ERR_BADREQ,
		    "validation failed: the body must be a JSON object");
	json_each(*out, check_member, &c);
	return c.result;
}

enum err
api_body(struct req *rq, const struct api_field *fields, jv **out)
{
	if (rq->body.n == 0)
		return req_fail(rq, ERR_BADREQ, "request body is required");
	return api_body_optional(rq, fields, out);
}

enum err
api_get_id(struct req *rq, jv *body, const char *name, int64_t *out)
{
	const char *text = json_get_str(body, name, NULL);

	*out = 0;
	if (text == NULL)
		return OK;
	if (!str_i64(str_of(text), out) || *out < 0)
		return req_fail(rq, ERR_BADREQ,
		    "body.%s must be the number of an id as text, like \"7\"", name);
	return OK;
}

/* Times before this are Go's zero time in some time zone. */
#define YEAR_2_MS (-62104060800000)

enum err
api_get_time(struct req *rq, jv *body, const char *name, int64_t *out)
{
	const char *text = json_get_str(body, name, NULL);

	*out = TIME_NONE;
	if (text == NULL)
		return OK;
	if (!rfc3339_read(str_of(text), out))
		return req_fail(rq, ERR_BADREQ, "body.%s must be a time like "
		    "2030-12-31T23:59:59Z", name);
	if (*out < YEAR_2_MS)
		*out = TIME_NONE;
	return OK;
}

enum err
api_get_tags(struct req *rq, jv *body, const char *name, const char **out)
{
	jv *list = json_get(body, name);
	size_t n = json_len(list);
	const char *tag, *why;

	if (n > TAGS_MAX)
		return req_fail(rq, ERR_BADREQ, "at most %d tags, not %zu", TAGS_MAX, n);
	for (size_t i = 0; i < n; i++) {
		if ((tag = json_text(json_at(list, i))) == NULL)
			return req_fail(rq, ERR_BADREQ,
			    "body.%s must be a list of text", name);
		if ((why = api_check_tag(tag)) != NULL)
			return req_fail(rq, ERR_BADREQ, "%s: \"%.64s\"", why, tag);
	}
	*out = tags_json_of(rq->arena, list);
	return OK;
}

enum err
api_node_of_path(struct req *rq, struct node *out)
{
	int64_t id;
	enum err e;

	if ((e = req_var_i64(rq, "nodeId", &id)) != OK)
		return e;
	e = store_node_by_id(rq->db, rq->arena, id, out);
	if (e == ERR_NOTFOUND)
		return req_fail(rq, e, "node %" PRId64 " not found", id);
	return e;
}

enum err
api_user_by_id(struct req *rq, int64_t id, struct user *out)
{
	enum err e = store_user_by_id(rq->db, rq->arena, id, out);

	if (e == ERR_NOTFOUND)
		return req_fail(rq, e, "user %" PRId64 " not found", id);
	return e;
}

enum err
api_user_by_name(struct req *rq, const char *name, struct user *out)
{
	enum err e = store_user_by_name(rq->db, rq->arena, name, out);

	if (e == ERR_NOTFOUND)
		return req_fail(rq, e, "user \"%.64s\" not found", name);
	if (e == ERR_CONFLICT)
		return req_fail(rq, e,
		    "several users are called \"%.64s\"; give an id", name);
	return e;
}

enum err
api_owner_free(struct req *rq, const struct node *n, int64_t user_id)
{
	struct node *all;
	size_t count;
	enum err e;

	e = store_nodes_by_machine(rq->db, rq->arena, n->machine_key, &all, &count);
	if (e != OK)
		return e;
	for (size_t i = 0; i < count; i++)
		if (all[i].id != n->id && all[i].user_id == user_id)
			return req_fail(rq, ERR_CONFLICT, "node %" PRId64
			    " \"%s\" is the same machine and %s; delete one of the two",
			    all[i].id, all[i].name,
			    user_id == 0 ? "is tagged" : "has this owner");
	return OK;
}

void
api_reply(struct req *rq, struct jw *w)
{
	req_reply(rq, 200, "application/json");
	jw_init(w, &rq->out);
	jw_obj(w);
}

void
api_reply_end(struct jw *w)
{
	jw_end_obj(w);
}

void
api_reply_empty(struct req *rq)
{
	struct jw w;

	api_reply(rq, &w);
	api_reply_end(&w);
}
