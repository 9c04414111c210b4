/*
 * handlers/api/auth.c -- /api/v1/auth: what waits for an administrator.
 *
 * A client that logs in without a key, or opens an SSH session that the policy
 * has checked, shows a link; the page behind it shows an id, with which an
 * administrator lets the machine in as a node of a user, approves the session,
 * or turns either away.  The list has devices and users that wait, too; they are
 * approved as nodes and users.
 */
#include <string.h>

#include "handlers/api/api.h"
#include "handlers/api/put.h"
#include "handlers/api/shapes.h"
#include "handlers/api/user_act.h"
#include "handlers/control/enroll.h"
#include "handlers/routes.h"
#include "lib/crypto/token.h"

static enum err
list_logins(struct req *rq, struct jw *w)
{
	struct login *logins;
	size_t n;
	enum err e = store_logins(rq->db, rq->arena, &logins, &n);

	for (size_t i = 0; e == OK && i < n; i++)
		if (logins[i].expiry_ms > rq->now_ms &&
		    strcmp(logins[i].state, "waiting") == 0)
			put_login(w, rq, &logins[i]);
	return e;
}

static enum err
list_checks(struct req *rq, struct jw *w)
{
	struct ssh_check *checks;
	size_t n;
	enum err e = store_ssh_checks(rq->db, rq->arena, &checks, &n);

	for (size_t i = 0; e == OK && i < n; i++)
		if (checks[i].expiry_ms > rq->now_ms)
			e = put_ssh_check(w, rq, &checks[i]);
	return e;
}

/* Devices, and the users with whom devices wait. */
static enum err
list_waiting(struct req *rq, struct jw *w)
{
	struct put_refs refs;
	struct node *v;
	size_t n;
	enum err e;

	if ((e = put_refs_users(rq, &refs)) != OK ||
	    (e = store_nodes_waiting(rq->db, rq->arena, &v, &n)) != OK)
		return e;
	for (size_t i = 0; i < n; i++)
		put_waiting_node(w, &refs, &v[i]);
	for (size_t i = 0; i < refs.n_users; i++)
		if (strcmp(refs.users[i].status, "needs-approval") == 0)
			put_waiting_user(w, &refs.users[i]);
	return OK;
}

static enum err
auth_list(struct req *rq)
{
	struct jw w;
	enum err e;

	api_reply(rq, &w);
	jw_key(&w, "logins");
	jw_arr(&w);
	if ((e = list_logins(rq, &w)) != OK || (e = list_checks(rq, &w)) != OK ||
	    (e = list_waiting(rq, &w)) != OK)
		return e;
	jw_end_arr(&w);
	api_reply_end(&w);
	return OK;
}

const struct route route_auth_list = {
	.method = HTTP_GET,
	.path = "/api/v1/auth",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = auth_list,
	.op = &(const struct api_op){
		.id = "listAuth", .tag = "Auth", .summary = "List logins, SSH checks, devices and users that wait",
		.answer = &shape_auth_list,
	},
};

static enum err
id_of(struct req *rq, jv *body, const char **id)
{
	*id = json_get_str(body, "authId", "");
	return api_check_login_id(rq, *id, "body.authId");
}

/* Makes a text of why what was found ('e') under an id does not wait, if so. */
static enum err
must_wait(struct req *rq, enum err e, const char *id, const char *state, int64_t expiry_ms)
{
	if (e == ERR_NOTFOUND || (e == OK && expiry_ms <= rq->now_ms))
		return req_fail(rq, ERR_NOTFOUND, "no pending auth session for "
		    "auth_id %s; it may have run out: open the client's link again", id);
	if (e == OK && strcmp(state, "waiting") != 0)
		return req_fail(rq, ERR_CONFLICT, "auth session %s is %s already", id, state);
	return e;
}

/* The login that waits under this id. */
static enum err
waiting_login(struct req *rq, const char *id, struct login *out)
{
	enum err e;

	*out = (struct login){ .state = "" };
	e = store_login_by_id(rq->db, rq->arena, id, out);
	return must_wait(rq, e, id, out->state, out->expiry_ms);
}

/* Sets *found if an SSH check has this id; then it waits, or the answer is an error. */
static enum err
waiting_check(struct req *rq, const char *id, bool *found)
{
	struct ssh_check c = { .state = "" };
	enum err e = store_ssh_check_by_id(rq->db, rq->arena, id, &c);

	*found = e == OK;
	return e == ERR_NOTFOUND ? OK : must_wait(rq, e, id, c.state, c.expiry_ms);
}

static enum err
not_a_check(struct req *rq, const char *id)
{
	bool is_check;
	enum err e = waiting_check(rq, id, &is_check);

	if (e == OK && is_check)
		return req_fail(rq, ERR_BADREQ, "auth session %s is about an SSH session, "
		    "which needs no user: auth approve --auth-id %s", id, id);
	return e;
}

/* Lets the login of this id in as a node of this user. */
static enum err
complete(struct req *rq, const char *id, const char *user)
{
	struct login l;
	struct user u;
	struct node n;
	enum err e;

	if ((e = not_a_check(rq, id)) != OK || (e = waiting_login(rq, id, &l)) != OK ||
	    (e = api_user_by_name(rq, user, &u)) != OK ||
	    (e = user_act_may_own(rq, &u)) != OK ||
	    (e = enroll_login(rq, &l, &u, &n)) != OK)
		return e;
	return put_node_reply(rq, n.id);
}

static enum err
auth_register(struct req *rq)
{
	const char *id;
	jv *body;
	enum err e;

	if ((e = api_body(rq, &body)) != OK || (e = id_of(rq, body, &id)) != OK)
		return e;
	return complete(rq, id, json_get_str(body, "user", ""));
}

static const struct api_field register_fields[] = {
	{ .name = "user", .type = API_TEXT, .help = "name of a user", .example = "\"alice\"" },
	{ .name = "authId", .type = API_TEXT,
	  .example = "\"hskey-authreq-0123456789abcdef01234567\"" },
	{ .name = NULL },
};
static const struct api_object register_body = { "AuthRegisterRequest", register_fields };

const struct route route_auth_register = {
	.method = HTTP_POST,
	.path = "/api/v1/auth/register",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = auth_register,
	.op = &(const struct api_op){
		.id = "authRegister", .tag = "Auth", .summary = "Register a node that waits",
		.body = &register_body, .answer = &shape_node_reply, .errors = "400 409 415 422",
	},
};

/* The older form of the same; the ids of its time had no prefix. */
static enum err
node_register(struct req *rq)
{
	const char *id = req_query(rq, "key"), *user = req_query(rq, "user");
	enum err e;

	id = id != NULL ? id : "";
	if (strncmp(id, LOGIN_ID_PREFIX, strlen(LOGIN_ID_PREFIX)) != 0)
		id = arena_printf(rq->arena, LOGIN_ID_PREFIX "%s", id);
	if ((e = api_check_login_id(rq, id, "query.key")) != OK)
		return e;
	return complete(rq, id, user != NULL ? user : "");
}

static const struct api_field node_register_query[] = {
	{ .name = "user", .type = API_TEXT, .help = "name of the user who shall own it" },
	{ .name = "key", .type = API_TEXT, .help = "the id of the login" },
	{ .name = NULL },
};

const struct route route_node_register = {
	.method = HTTP_POST,
	.path = "/api/v1/node/register",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,	/* and not looked at */
	.handle = node_register,
	.op = &(const struct api_op){
		.id = "registerNode", .tag = "Nodes", .summary = "Register a node that waits",
		.help = "The older form of POST /api/v1/auth/register.",
		.query = node_register_query, .answer = &shape_node_reply, .errors = "400 409",
	},
};

/* The id of the body, and whether it is that of an SSH check; then that waits. */
static enum err
read_id(struct req *rq, const char **id, bool *is_check)
{
	jv *body;
	enum err e;

	if ((e = api_body(rq, &body)) != OK || (e = id_of(rq, body, id)) != OK)
		return e;
	return waiting_check(rq, *id, is_check);
}

static enum err
decide_check(struct req *rq, const char *id, bool approve)
{
	enum err e = store_ssh_check_decide(rq->db, id, approve, rq->now_ms);

	if (e == OK)
		api_reply_empty(rq);
	return e;
}

/*
 * Approving confirms something that needs no user.  A registration does, and
 * saying yes to it without one would do nothing, so it is an error that says how.
 */
static enum err
auth_approve(struct req *rq)
{
	struct login l;
	const char *id;
	bool is_check;
	enum err e;

	if ((e = read_id(rq, &id, &is_check)) != OK)
		return e;
	if (is_check)
		return decide_check(rq, id, true);
	if ((e = waiting_login(rq, id, &l)) != OK)
		return e;
	return req_fail(rq, ERR_BADREQ, "auth session %s registers a node, which "
	    "needs a user: auth register --auth-id %s --user NAME", l.id, l.id);
}

static const struct api_field id_fields[] = {
	{ .name = "authId", .type = API_TEXT,
	  .example = "\"hskey-authreq-0123456789abcdef01234567\"" },
	{ .name = NULL },
};
static const struct api_object id_body = { "AuthIdRequest", id_fields };

const struct route route_auth_approve = {
	.method = HTTP_POST,
	.path = "/api/v1/auth/approve",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = auth_approve,
	.op = &(const struct api_op){
		.id = "authApprove", .tag = "Auth", .summary = "Approve what waits",
		.body = &id_body, .errors = "400 409 415 422",
	},
};

static enum err
auth_reject(struct req *rq)
{
	struct login l;
	const char *id;
	bool is_check;
	enum err e;

	if ((e = read_id(rq, &id, &is_check)) != OK)
		return e;
	if (is_check)
		return decide_check(rq, id, false);
	if ((e = waiting_login(rq, id, &l)) != OK || (e = store_login_reject(rq->db, id)) != OK)
		return e;
	api_reply_empty(rq);
	return OK;
}

const struct route route_auth_reject = {
	.method = HTTP_POST,
	.path = "/api/v1/auth/reject",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = auth_reject,
	.op = &(const struct api_op){
		.id = "authReject", .tag = "Auth", .summary = "Reject what waits",
		.body = &id_body, .errors = "400 409 415 422",
	},
};
