/*
 * handlers/api/auth.c -- /api/v1/auth: logins that wait for an administrator.
 *
 * A client that logs in without a key shows a link; the page behind it shows
 * the login's id, with which an administrator lets the machine in as a node of
 * a user, or turns it away.
 */
#include <string.h>

#include "handlers/api/api.h"
#include "handlers/api/put.h"
#include "handlers/control/enroll.h"
#include "handlers/routes.h"
#include "lib/crypto/token.h"

static enum err
auth_list(struct req *rq)
{
	struct login *logins;
	size_t n;
	struct jw w;
	enum err e;

	if ((e = store_logins(rq->db, rq->arena, &logins, &n)) != OK)
		return e;
	api_reply(rq, &w);
	jw_key(&w, "logins");
	jw_arr(&w);
	for (size_t i = 0; i < n; i++)
		if (logins[i].expiry_ms > rq->now_ms &&
		    strcmp(logins[i].state, "waiting") == 0)
			put_login(&w, rq, &logins[i]);
	jw_end_arr(&w);
	api_reply_end(&w);
	return OK;
}

const struct route route_auth_list = {
	.method = HTTP_GET,
	.path = "/api/v1/auth",
	.auth = AUTH_ADMIN,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = auth_list,
};

/* The login that waits under this id. */
static enum err
waiting_login(struct req *rq, const char *id, struct login *out)
{
	enum err e;

	if (!str_starts(str_of(id), "hskey-authreq-"))
		return req_fail(rq, ERR_BADREQ, "auth ID has invalid prefix: "
		    "expected prefix \"hskey-authreq-\"");
	if (!login_id_valid(str_of(id)))
		return req_fail(rq, ERR_BADREQ, "auth ID has invalid length: "
		    "expected 24 characters after \"hskey-authreq-\"");
	e = store_login_by_id(rq->db, rq->arena, id, out);
	if (e == ERR_NOTFOUND || (e == OK && out->expiry_ms <= rq->now_ms))
		return req_fail(rq, ERR_NOTFOUND, "no pending auth session for "
		    "auth_id %s; it may have run out: open the client's link again", id);
	if (e == OK && strcmp(out->state, "waiting") != 0)
		return req_fail(rq, ERR_CONFLICT, "auth session %s is %s already",
		    id, out->state);
	return e;
}

static enum err
auth_register(struct req *rq)
{
	static const struct api_field fields[] = {
		{ "user", JSON_STR }, { "authId", JSON_STR }, { NULL, 0 },
	};
	struct login l;
	struct user u;
	struct node n;
	jv *body;
	enum err e;

	if ((e = api_body(rq, fields, &body)) != OK ||
	    (e = waiting_login(rq, json_get_str(body, "authId", ""), &l)) != OK ||
	    (e = api_user_by_name(rq, json_get_str(body, "user", ""), &u)) != OK ||
	    (e = enroll_login(rq, &l, &u, &n)) != OK)
		return e;
	return put_node_reply(rq, n.id);
}

const struct route route_auth_register = {
	.method = HTTP_POST,
	.path = "/api/v1/auth/register",
	.auth = AUTH_ADMIN,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = auth_register,
};

static const struct api_field id_fields[] = { { "authId", JSON_STR }, { NULL, 0 } };

/*
 * Approving confirms something that needs no user.  A registration does, and
 * saying yes to it without one would do nothing, so it is an error that says how.
 */
static enum err
auth_approve(struct req *rq)
{
	struct login l;
	jv *body;
	enum err e;

	if ((e = api_body(rq, id_fields, &body)) != OK ||
	    (e = waiting_login(rq, json_get_str(body, "authId", ""), &l)) != OK)
		return e;
	return req_fail(rq, ERR_BADREQ, "auth session %s registers a node, which "
	    "needs a user: auth register --auth-id %s --user NAME", l.id, l.id);
}

const struct route route_auth_approve = {
	.method = HTTP_POST,
	.path = "/api/v1/auth/approve",
	.auth = AUTH_ADMIN,
	.txn = TXN_READ,
	.body_max = API_BODY_MAX,
	.handle = auth_approve,
};

static enum err
auth_reject(struct req *rq)
{
	struct login l;
	jv *body;
	enum err e;

	if ((e = api_body(rq, id_fields, &body)) != OK ||
	    (e = waiting_login(rq, json_get_str(body, "authId", ""), &l)) != OK ||
	    (e = store_login_reject(rq->db, l.id)) != OK)
		return e;
	api_reply_empty(rq);
	return OK;
}

const struct route route_auth_reject = {
	.method = HTTP_POST,
	.path = "/api/v1/auth/reject",
	.auth = AUTH_ADMIN,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = auth_reject,
};
