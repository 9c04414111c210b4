/*
 * handlers/api/user.c -- /api/v1/user: the people who own nodes.
 *
 * Names are checked here, not only where an identity provider sends them: a
 * policy, a DNS label or a shell will meet them later.
 */
#include <string.h>

#include "handlers/api/api.h"
#include "handlers/api/check.h"
#include "handlers/api/put.h"
#include "handlers/api/shapes.h"
#include "handlers/api/user_act.h"
#include "handlers/control/policy_load.h"
#include "handlers/routes.h"

static void
put_with_role(struct req *rq, struct jw *w, const struct user *u)
{
	put_user(w, u, role_name(policy_load_role(rq, u)));
}

static enum err
user_of_path(struct req *rq, const char *var, struct user *out)
{
	int64_t id;
	enum err e = req_var_i64(rq, var, &id);

	return e != OK ? e : api_user_by_id(rq, id, out);
}

static enum err
user_reply(struct req *rq, int64_t id)
{
	struct user u;
	struct jw w;
	enum err e;

	if ((e = api_user_by_id(rq, id, &u)) != OK)
		return e;
	api_reply(rq, &w);
	jw_key(&w, "user");
	put_with_role(rq, &w, &u);
	api_reply_end(&w);
	return OK;
}

/* What a list asks for; if several are given, the name wins, then the e-mail. */
struct user_filter {
	const char *name, *email;
	int64_t id;
};

static enum err
read_filter(struct req *rq, struct user_filter *f)
{
	*f = (struct user_filter){
		.name = req_query(rq, "name"),
		.email = req_query(rq, "email"),
	};
	if (f->name != NULL && *f->name == '\0')
		f->name = NULL;
	if (f->email != NULL && *f->email == '\0')
		f->email = NULL;
	return api_query_id(rq, "id", &f->id);
}

static bool
matches(const struct user_filter *f, const struct user *u)
{
	if (f->name != NULL)
		return strcmp(u->name, f->name) == 0;
	if (f->email != NULL)
		return strcmp(u->email, f->email) == 0;
	return f->id == 0 || f->id == u->id;
}

static enum err
user_list(struct req *rq)
{
	struct user_filter filter;
	struct user *users;
	size_t n;
	struct jw w;
	enum err e;

	if ((e = read_filter(rq, &filter)) != OK ||
	    (e = store_users(rq->db, rq->arena, &users, &n)) != OK)
		return e;
	api_reply(rq, &w);
	jw_key(&w, "users");
	jw_arr(&w);
	for (size_t i = 0; i < n; i++)
		if (matches(&filter, &users[i]))
			put_with_role(rq, &w, &users[i]);
	jw_end_arr(&w);
	api_reply_end(&w);
	return OK;
}

static const struct api_field list_query[] = {
	{ .name = "id", .type = API_ID }, { .name = "name", .type = API_TEXT },
	{ .name = "email", .type = API_TEXT },
	{ .name = NULL },
};

const struct route route_user_list = {
	.method = HTTP_GET,
	.path = "/api/v1/user",
	.auth = AUTH_API,
	.scope = SCOPE_USERS_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = user_list,
	.op = &(const struct api_op){
		.id = "listUsers", .tag = "Users", .summary = "List users",
		.query = list_query, .answer = &shape_user_list, .errors = "400",
	},
};

static const char *
check_user(const struct user *u)
{
	const char *why;

	if ((why = api_check_user_name(u->name)) != NULL ||
	    (why = api_check_display_name(u->display_name)) != NULL ||
	    (why = api_check_email(u->email)) != NULL)
		return why;
	return api_check_url(u->picture_url);
}

static enum err
user_create(struct req *rq)
{
	struct user u = { .provider = "", .role = "member", .created_ms = rq->now_ms };
	const char *why;
	int64_t id;
	jv *body;
	enum err e;

	if ((e = api_body(rq, &body)) != OK)
		return e;
	u.name = json_get_str(body, "name", "");
	u.display_name = json_get_str(body, "displayName", "");
	u.email = json_get_str(body, "email", "");
	u.picture_url = json_get_str(body, "pictureUrl", "");
	if ((why = check_user(&u)) != NULL)
		return req_fail(rq, ERR_BADREQ, "%s", why);
	if ((e = user_act_may(rq, &u)) != OK)	/* its name may be the owner's */
		return e;
	e = store_user_create(rq->db, &u, &id);
	if (e == ERR_CONFLICT)
		return req_fail(rq, e, "user already exists: \"%s\"", u.name);
	return e != OK ? e : user_reply(rq, id);
}

static const struct api_field create_fields[] = {
	{ .name = "name", .type = API_TEXT, .example = "\"alice\"" },
	{ .name = "displayName", .type = API_TEXT, .example = "\"Alice\"" },
	{ .name = "email", .type = API_TEXT, .example = "\"alice@example.com\"" },
	{ .name = "pictureUrl", .type = API_TEXT, .max = URL_MAX,
	  .example = "\"https://example.com/alice.png\"" },
	{ .name = NULL },
};
static const struct api_object create_body = { "CreateUserRequest", create_fields };

const struct route route_user_create = {
	.method = HTTP_POST,
	.path = "/api/v1/user",
	.auth = AUTH_API,
	.scope = SCOPE_USERS,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = user_create,
	.op = &(const struct api_op){
		.id = "createUser", .tag = "Users", .summary = "Create user",
		.body = &create_body, .answer = &shape_user_reply, .errors = "400 409 415 422",
	},
};

static enum err
user_rename(struct req *rq)
{
	const char *name = req_var(rq, "newName"), *why;
	struct user u;
	enum err e;

	if ((e = user_of_path(rq, "oldId", &u)) != OK || (e = user_act_may(rq, &u)) != OK)
		return e;
	if ((why = api_check_user_name(name)) != NULL)
		return req_fail_at(rq, ERR_BADREQ, "path.newName", "%s", why);
	u.name = name;
	if ((e = user_act_may(rq, &u)) != OK)
		return e;
	e = store_user_rename(rq->db, u.id, name);
	if (e == ERR_CONFLICT)
		return req_fail(rq, e, "user already exists: \"%s\"", name);
	return e != OK ? e : user_reply(rq, u.id);
}

const struct route route_user_rename = {
	.method = HTTP_POST,
	.path = "/api/v1/user/{oldId}/rename/{newName}",
	.auth = AUTH_API,
	.scope = SCOPE_USERS,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = user_rename,
	.op = &(const struct api_op){
		.id = "renameUser", .tag = "Users", .summary = "Rename user",
		.answer = &shape_user_reply, .errors = "400 409",
	},
};

static enum err
user_role(struct req *rq)
{
	struct user u;
	jv *body;
	enum err e;

	if ((e = api_body(rq, &body)) != OK || (e = user_of_path(rq, "id", &u)) != OK ||
	    (e = user_act_role(rq, &u, json_get_str(body, "role", ""))) != OK)
		return e;
	return user_reply(rq, u.id);
}

static const struct api_field role_fields[] = {
	{ .name = "role", .type = API_TEXT, .flags = API_MUST, .example = "\"it-admin\"" },
	{ .name = NULL },
};
static const struct api_object role_body = { "SetRoleRequest", role_fields };

const struct route route_user_role = {
	.method = HTTP_POST,
	.path = "/api/v1/user/{id}/role",
	.auth = AUTH_API,
	.scope = SCOPE_USERS,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = user_role,
	.op = &(const struct api_op){
		.id = "setUserRole", .tag = "Users", .summary = "Set the role of a user",
		.body = &role_body, .answer = &shape_user_reply, .errors = "400 415 422",
	},
};

/* The user's keys go with it; nodes must have been moved or deleted before. */
static enum err
user_delete(struct req *rq)
{
	struct user u;
	enum err e;

	if ((e = user_of_path(rq, "id", &u)) != OK ||
	    (e = user_act_delete(rq, &u, false)) != OK)
		return e;
	api_reply_empty(rq);
	return OK;
}

const struct route route_user_delete = {
	.method = HTTP_DELETE,
	.path = "/api/v1/user/{id}",
	.auth = AUTH_API,
	.scope = SCOPE_USERS,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,	/* and not looked at */
	.handle = user_delete,
	.op = &(const struct api_op){
		.id = "deleteUser", .tag = "Users", .summary = "Delete user",
		.errors = "400",
	},
};

static enum err
set_status(struct req *rq, enum user_action what)
{
	struct user u;
	enum err e;

	if ((e = user_of_path(rq, "id", &u)) != OK ||
	    (e = user_act_status(rq, &u, what)) != OK)
		return e;
	return user_reply(rq, u.id);
}

static enum err
user_approve(struct req *rq)
{
	return set_status(rq, USER_APPROVE);
}

const struct route route_user_approve = {
	.method = HTTP_POST,
	.path = "/api/v1/user/{id}/approve",
	.auth = AUTH_API,
	.scope = SCOPE_USERS,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,	/* and not looked at */
	.handle = user_approve,
	.op = &(const struct api_op){
		.id = "approveUser", .tag = "Users", .summary = "Approve a user who waits for it",
		.answer = &shape_user_reply, .errors = "400",
	},
};

static enum err
user_suspend(struct req *rq)
{
	return set_status(rq, USER_SUSPEND);
}

const struct route route_user_suspend = {
	.method = HTTP_POST,
	.path = "/api/v1/user/{id}/suspend",
	.auth = AUTH_API,
	.scope = SCOPE_USERS,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,	/* and not looked at */
	.handle = user_suspend,
	.op = &(const struct api_op){
		.id = "suspendUser", .tag = "Users",
		.summary = "Suspend a user, with all devices and keys",
		.answer = &shape_user_reply, .errors = "400",
	},
};

static enum err
user_restore(struct req *rq)
{
	return set_status(rq, USER_RESTORE);
}

const struct route route_user_restore = {
	.method = HTTP_POST,
	.path = "/api/v1/user/{id}/restore",
	.auth = AUTH_API,
	.scope = SCOPE_USERS,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,	/* and not looked at */
	.handle = user_restore,
	.op = &(const struct api_op){
		.id = "restoreUser", .tag = "Users", .summary = "End the suspension of a user",
		.answer = &shape_user_reply, .errors = "400",
	},
};
