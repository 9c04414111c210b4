/*
 * handlers/api/v2_user.c -- /api/v2/tailnet/-/users and /api/v2/users/{id}: people.
 *
 * All are members of this tailnet (type); what their devices say of them is one query,
 * however many there are.
 */
#include <stdlib.h>
#include <string.h>

#include "handlers/api/fields.h"
#include "handlers/api/put.h"
#include "handlers/api/user_act.h"
#include "handlers/api/v2.h"
#include "handlers/api/v2_shapes.h"
#include "handlers/control/policy_load.h"
#include "handlers/routes.h"
#include "lib/netmap/node_json.h"

static void
put_members(struct jw *w, struct req *rq, const struct user *u, const struct user_devices *d)
{
	int64_t seen = d->online ? rq->now_ms : d->last_seen_ms;

	put_id(w, "id", u->id);
	jw_kstr(w, "displayName", user_shown_name(u));
	jw_kstr(w, "loginName", user_login_name(u));
	jw_kstr(w, "profilePicUrl", u->picture_url);
	put_id(w, "tailnetId", TAILNET_ID);
	jw_ktime(w, "created", u->created_ms);
	jw_kstr(w, "type", "member");
	jw_kstr(w, "role", role_name(policy_load_role(rq, u)));
	jw_kstr(w, "status", u->status);
	jw_ki64(w, "deviceCount", d->count);
	jw_ktime(w, "lastSeen", d->count > 0 ? seen : u->created_ms);
	jw_kbool(w, "currentlyConnected", d->online);
}

/* ---- list ---- */

static bool
matches(struct req *rq, const struct user *u, const char *type, const char *role)
{
	if (type != NULL && *type != '\0' && strcmp(type, "member") != 0)
		return false;
	return role == NULL || *role == '\0' ||
	    strcmp(role, role_name(policy_load_role(rq, u))) == 0;
}

static void
put_list(struct req *rq, const struct user *u, size_t n, const struct user_devices *d,
    size_t n_d)
{
	static const struct user_devices none = { .count = 0 };
	const char *type = req_query(rq, "type"), *role = req_query(rq, "role");
	struct jw w;
	size_t k = 0;

	api_reply(rq, &w);
	jw_key(&w, "users");
	jw_arr(&w);
	for (size_t i = 0; i < n; i++) {	/* both ascend by the user's id */
		while (k < n_d && d[k].user_id < u[i].id)
			k++;
		if (!matches(rq, &u[i], type, role))
			continue;
		jw_obj(&w);
		put_members(&w, rq, &u[i], k < n_d && d[k].user_id == u[i].id ? &d[k] : &none);
		jw_end_obj(&w);
	}
	jw_end_arr(&w);
	api_reply_end(&w);
}

static enum err
list(struct req *rq)
{
	struct user_devices *devices;
	struct user *users;
	size_t n, n_devices;
	enum err e;

	if ((e = v2_tailnet(rq)) != OK ||
	    (e = store_users(rq->db, rq->arena, &users, &n)) != OK ||
	    (e = store_users_devices(rq->db, rq->arena, &devices, &n_devices)) != OK)
		return e;
	put_list(rq, users, n, devices, n_devices);
	return OK;
}

static const struct api_field list_query[] = {
	{ .name = "type", .type = API_TEXT, .help = "all users here are \"member\"" },
	{ .name = "role", .type = API_TEXT }, END,
};

const struct route route_v2_user_list = {
	.method = HTTP_GET,
	.path = "/api/v2/tailnet/{tailnet}/users",
	.auth = AUTH_API,
	.scope = SCOPE_USERS_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = list,
	.op = &(const struct api_op){
		.id = "listUsers", .tag = "Users", .summary = "List users",
		.query = list_query, .answer = &shape_v2_user_list,
	},
};

/* ---- one ---- */

static enum err
get(struct req *rq)
{
	struct user_devices d;
	struct user u;
	struct jw w;
	enum err e;

	if ((e = v2_user(rq, &u)) != OK ||
	    (e = store_user_devices(rq->db, u.id, &d)) != OK)
		return e;
	api_reply(rq, &w);
	put_members(&w, rq, &u, &d);
	api_reply_end(&w);
	return OK;
}

const struct route route_v2_user_get = {
	.method = HTTP_GET,
	.path = "/api/v2/users/{id}",
	.auth = AUTH_API,
	.scope = SCOPE_USERS_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = get,
	.op = &(const struct api_op){
		.id = "getUser", .tag = "Users", .summary = "Get a user",
		.answer = &shape_v2_user,
	},
};

static enum err
set_status(struct req *rq, enum user_action what)
{
	struct user u;
	enum err e;

	if ((e = v2_user(rq, &u)) != OK || (e = user_act_status(rq, &u, what)) != OK)
		return e;
	api_reply_empty(rq);
	return OK;
}

static enum err
approve(struct req *rq)
{
	return set_status(rq, USER_APPROVE);
}

const struct route route_v2_user_approve = {
	.method = HTTP_POST,
	.path = "/api/v2/users/{id}/approve",
	.auth = AUTH_API,
	.scope = SCOPE_USERS,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,	/* and not looked at */
	.handle = approve,
	.op = &(const struct api_op){
		.id = "approveUser", .tag = "Users",
		.summary = "Approve a user who waits for it", .errors = "400",
	},
};

static enum err
suspend(struct req *rq)
{
	return set_status(rq, USER_SUSPEND);
}

const struct route route_v2_user_suspend = {
	.method = HTTP_POST,
	.path = "/api/v2/users/{id}/suspend",
	.auth = AUTH_API,
	.scope = SCOPE_USERS,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,	/* and not looked at */
	.handle = suspend,
	.op = &(const struct api_op){
		.id = "suspendUser", .tag = "Users",
		.summary = "Suspend a user, with all devices and keys", .errors = "400",
	},
};

static enum err
restore(struct req *rq)
{
	return set_status(rq, USER_RESTORE);
}

const struct route route_v2_user_restore = {
	.method = HTTP_POST,
	.path = "/api/v2/users/{id}/restore",
	.auth = AUTH_API,
	.scope = SCOPE_USERS,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,	/* and not looked at */
	.handle = restore,
	.op = &(const struct api_op){
		.id = "restoreUser", .tag = "Users",
		.summary = "End the suspension of a user", .errors = "400",
	},
};

static enum err
set_role(struct req *rq)
{
	struct user u;
	jv *body;
	enum err e;

	if ((e = api_body(rq, &body)) != OK || (e = v2_user(rq, &u)) != OK ||
	    (e = user_act_role(rq, &u, json_get_str(body, "role", ""))) != OK)
		return e;
	api_reply_empty(rq);
	return OK;
}

static const struct api_field role_fields[] = {
	{ .name = "role", .type = API_TEXT, .flags = API_MUST, .example = "\"member\"" }, END,
};
static const struct api_object role_body = { "SetRoleRequest", role_fields };

const struct route route_v2_user_role = {
	.method = HTTP_POST,
	.path = "/api/v2/users/{id}/role",
	.auth = AUTH_API,
	.scope = SCOPE_USERS,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = set_role,
	.op = &(const struct api_op){
		.id = "setUserRole", .tag = "Users", .summary = "Set a user's role",
		.body = &role_body, .errors = "400 415 422",
	},
};

static enum err
delete(struct req *rq)
{
	struct user u;
	enum err e;

	if ((e = v2_user(rq, &u)) != OK || (e = user_act_delete(rq, &u, true)) != OK)
		return e;
	api_reply_empty(rq);
	return OK;
}

const struct route route_v2_user_delete = {
	.method = HTTP_POST,
	.path = "/api/v2/users/{id}/delete",
	.auth = AUTH_API,
	.scope = SCOPE_USERS,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,	/* and not looked at */
	.handle = delete,
	.op = &(const struct api_op){
		.id = "deleteUser", .tag = "Users",
		.summary = "Delete a user, with all devices and keys", .errors = "400",
	},
};
