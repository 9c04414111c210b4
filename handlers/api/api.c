/* handlers/api/api.c -- what the endpoints of REST v1 share. */
#include "handlers/api/api.h"

#include <inttypes.h>
#include <string.h>

#include "handlers/api/check.h"
#include "lib/base/clock.h"
#include "lib/crypto/token.h"
#include "lib/netmap/tags.h"

enum err
api_check_login_id(struct req *rq, const char *id, const char *at)
{
	if (!str_starts(str_of(id), LOGIN_ID_PREFIX))
		return req_fail_at(rq, ERR_BADREQ, at, "auth ID has invalid prefix: "
		    "expected prefix \"" LOGIN_ID_PREFIX "\"");
	if (!login_id_valid(str_of(id)))
		return req_fail_at(rq, ERR_BADREQ, at, "auth ID has invalid length: "
		    "expected 24 characters after \"" LOGIN_ID_PREFIX "\"");
	return OK;
}

enum err
api_get_tags(struct req *rq, jv *body, const char *name, const char **out)
{
	jv *list = json_get(body, name);
	size_t n = json_len(list);
	const char *tag, *why;

	if (n > TAGS_MAX)
		return req_fail_at(rq, ERR_BADREQ, arena_printf(rq->arena, "body.%s", name),
		    "at most %d tags, not %zu", TAGS_MAX, n);
	for (size_t i = 0; i < n; i++) {
		tag = json_text(json_at(list, i));
		if ((why = api_check_tag(tag)) != NULL)
			return req_fail_at(rq, ERR_BADREQ,
			    arena_printf(rq->arena, "body.%s[%zu]", name, i),
			    "%s: \"%.64s\"", why, tag);
	}
	*out = tags_json_of(rq->arena, list);
	return OK;
}

enum err
api_get_scopes(struct req *rq, jv *body, const char *name, scope_set *out)
{
	jv *list = json_get(body, name);
	const char *text;
	enum scope s;

	*out = 0;
	for (size_t i = 0; i < json_len(list); i++) {
		text = json_text(json_at(list, i));
		if (text == NULL || !scope_read(str_of(text), &s))
			return req_fail_at(rq, ERR_BADREQ,
			    arena_printf(rq->arena, "body.%s[%zu]", name, i),
			    "there is no scope \"%.64s\"", text != NULL ? text : "");
		*out = scope_add(*out, s);
	}
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
