/*
 * handlers/control/register.c -- POST /machine/register: login, restart, logout.
 *
 * What is wrong with the request, the key or the login goes to the user as
 * RegisterResponse.Error with status 200, because that is the only text that
 * the client shows; only our own failures use HTTP's codes, and the client tries
 * again.  The order of the questions is that of the protocol: a logout carries
 * the auth key too, so it comes first.
 */
#include <stdio.h>
#include <string.h>

#include "handlers/control/control.h"
#include "handlers/control/enroll.h"
#include "handlers/control/logins.h"
#include "handlers/routes.h"
#include "lib/base/log.h"
#include "lib/crypto/key.h"
#include "lib/crypto/token.h"
#include "lib/metrics/metrics.h"
#include "lib/netmap/node_json.h"
#include "lib/store/store.h"

/* A RegisterRequest, read and checked. */
struct ask {
	struct device dev;
	const char *old_node_key;
	const char *auth_key;	/* "" if none */
	const char *followup;	/* "" if none */
	const char *hostinfo;	/* as sent, for a pending login */
};

/* What the answer says; one of them. */
struct verdict {
	const struct node *node;	/* this is you */
	bool new_key;			/* your key is no good (any more): make another */
	const char *auth_url;		/* somebody has to log in there */
	const char *hold;		/* id of the login to wait for */
};

static enum err
read_ask(struct req *rq, jv *body, struct ask *a)
{
	jv *host = json_get(body, "Hostinfo");
	enum err e;

	*a = (struct ask){
		.auth_key = json_get_str(json_get(body, "Auth"), "AuthKey", ""),
		.followup = json_get_str(body, "Followup", ""),
	};
	a->dev.machine_key = rq->machine_key;
	a->dev.cap = json_get_i64(body, "Version", 0);
	a->dev.ephemeral = json_get_bool(body, "Ephemeral", false);
	if ((e = control_key(rq, body, "NodeKey", NODEKEY_PREFIX, &a->dev.node_key)) != OK ||
	    (e = control_key(rq, body, "OldNodeKey", NODEKEY_PREFIX, &a->old_node_key)) != OK ||
	    (e = control_key(rq, body, "NLKey", NLPUB_PREFIX, &a->dev.nl_key)) != OK ||
	    (e = control_time(rq, body, "Expiry", &a->dev.want_expiry_ms)) != OK)
		return e;
	if (a->dev.node_key[0] == '\0')
		return req_fail(rq, ERR_BADREQ, "NodeKey is missing");
	if (host != NULL && !json_is(host, JSON_OBJ))
		return req_fail(rq, ERR_BADREQ, "Hostinfo must be an object");
	if (a->auth_key[0] == '\0')	/* only a pending login keeps it as sent */
		a->hostinfo = host == NULL ? "{}" : json_dump(rq->arena, host);
	if ((e = hostinfo_read(rq->arena, host, &a->dev.host)) != OK)
		return req_fail(rq, e, "Hostinfo is larger than %d bytes", HOSTINFO_MAX);
	return OK;
}

/* ---- a node that is known by this key ---- */

/* The client logs out: an ephemeral node goes, another one's key ends now. */
static enum err
logout(struct req *rq, const struct node *n, struct verdict *v)
{
	v->new_key = true;
	if (n->ephemeral)
		return store_node_delete(rq->db, n->id);
	if (node_key_expired(n, rq->now_ms))
		return OK;
	return store_node_set_expiry(rq->db, n->id, rq->now_ms, true);
}

/* A wish to expire earlier is granted, one to expire later is not. */
static enum err
shorten(struct req *rq, struct node *n, int64_t want_ms)
{
	if (want_ms == TIME_NONE || (n->expiry_ms != TIME_NONE && n->expiry_ms <= want_ms))
		return OK;
	n->expiry_ms = want_ms;
	return store_node_set_expiry(rq->db, n->id, want_ms, false);
}

/* Sets *done if the node's present state answers the request. */
static enum err
known_node(struct req *rq, const struct ask *a, struct node *n, struct verdict *v,
    bool *done)
{
	int64_t want = a->dev.want_expiry_ms;

	*done = true;
	if (strcmp(n->machine_key, rq->machine_key) != 0)
		return req_fail(rq, ERR_FORBIDDEN, "node exists with a different machine key");
	if (want != TIME_NONE && want <= rq->now_ms)
		return logout(rq, n, v);
	if (a->auth_key[0] != '\0') {
		*done = false;
		return OK;
	}
	if (node_key_expired(n, rq->now_ms)) {
		v->new_key = true;
		return OK;
	}
	v->node = n;
	return shorten(rq, n, want);
}

/* ---- with a pre-auth key ---- */

static enum err
by_auth_key(struct req *rq, const struct ask *a, struct node *n, struct verdict *v)
{
	struct str prefix, secret;
	struct authkey k;
	enum err e = ERR_NOTFOUND;

	if (token_parse(str_of(a->auth_key), "auth", &prefix, &secret))
		e = store_authkey_by_prefix(rq->db, rq->arena, prefix, &k);
	if (e == ERR_NOTFOUND || (e == OK && !token_matches(secret, k.hash)))
		return req_fail(rq, ERR_FORBIDDEN, "invalid pre auth key");
	if (e != OK)
		return e;
	e = enroll_authkey(rq, &a->dev, &k, n);
	if (e == ERR_CONFLICT) {	/* another user's node has this key here */
		v->new_key = true;
		return OK;
	}
	v->node = n;
	return e;
}

/* ---- with a person ---- */

static enum err
new_login(struct req *rq, const struct ask *a, struct verdict *v)
{
	struct login l = {
		.machine_key = rq->machine_key, .node_key = a->dev.node_key,
		.old_node_key = a->old_node_key, .nl_key = a->dev.nl_key,
		.cap = a->dev.cap, .hostinfo = a->hostinfo, .ephemeral = a->dev.ephemeral,
		.want_expiry_ms = a->dev.want_expiry_ms, .state = "waiting",
		.created_ms = rq->now_ms, .expiry_ms = rq->now_ms + rq->cfg->login_timeout_ms,
	};
	enum err e = logins_open(rq, &l);

	if (e == OK)
		v->auth_url = arena_printf(rq->arena, "%s/register/%s", rq->cfg->url, l.id);
	return e;
}

static enum err
followup(struct req *rq, const struct ask *a, struct node *n, struct verdict *v)
{
	struct login l;
	enum err e = logins_of_url(rq, a->followup, &l);

	if (e == ERR_NOTFOUND || (e == OK && strcmp(l.node_key, a->dev.node_key) != 0) ||
	    (e == OK && strcmp(l.state, "rejected") == 0))
		return new_login(rq, a, v);
	if (e != OK)
		return e;
	if (strcmp(l.state, "waiting") == 0) {
		v->hold = l.id;
		return OK;
	}
	if (l.node_id == 0)	/* done, and the node is gone again */
		return new_login(rq, a, v);
	v->node = n;
	return store_node_by_id(rq->db, rq->arena, l.node_id, n);
}

static enum err
decide(struct req *rq, struct ask *a, struct node *n, struct verdict *v)
{
	bool done = false;
	enum err e = store_node_by_node_key(rq->db, rq->arena, a->dev.node_key, n);

	a->dev.holder_id = e == OK ? n->id : 0;
	if (e == OK)
		e = known_node(rq, a, n, v, &done);
	else if (e == ERR_NOTFOUND)
		e = OK;
	if (e != OK || done)
		return e;
	if (a->dev.want_expiry_ms != TIME_NONE && a->dev.want_expiry_ms <= rq->now_ms) {
		v->new_key = true;	/* a logout of nobody: so be it */
		return OK;
	}
	if (a->auth_key[0] != '\0')
		return by_auth_key(rq, a, n, v);
	if (a->followup[0] != '\0')
		return followup(rq, a, n, v);
	return new_login(rq, a, v);
}

/* ---- answers ---- */

static void
write_user(struct jw *w, int64_t id, const char *login, const char *shown)
{
	jw_key(w, "User");
	jw_obj(w);
	jw_ki64(w, "ID", id);
	jw_kstr(w, "DisplayName", shown);
	jw_end_obj(w);
	jw_key(w, "Login");
	jw_obj(w);
	jw_ki64(w, "ID", id);
	jw_kstr(w, "Provider", "");
	jw_kstr(w, "LoginName", login);
	jw_kstr(w, "DisplayName", shown);
	jw_end_obj(w);
}

static enum err
write_owner(struct req *rq, struct jw *w, const struct node *n)
{
	struct user u;
	enum err e;

	if (n->user_id == 0) {
		write_user(w, TAGGED_USER_ID, TAGGED_USER_NAME, TAGGED_USER_DISPLAY);
		return OK;
	}
	if ((e = store_user_by_id(rq->db, rq->arena, n->user_id, &u)) != OK)
		return e;
	write_user(w, u.id, user_login_name(&u), user_shown_name(&u));
	return OK;
}

/* The whole RegisterResponse for 'v', or for the error text if 'error' is set. */
static enum err
answer(struct req *rq, const struct verdict *v, const char *error)
{
	enum err e = OK;
	struct jw w;

	req_reply(rq, 200, "application/json");
	jw_init(&w, &rq->out);
	jw_obj(&w);
	if (error != NULL)
		jw_kstr(&w, "Error", error);
	else if (v->auth_url != NULL)
		jw_kstr(&w, "AuthURL", v->auth_url);
	else if (v->node != NULL)
		e = write_owner(rq, &w, v->node);
	jw_kbool(&w, "NodeKeyExpired", error == NULL && v->new_key);
	jw_kbool(&w, "MachineAuthorized", error == NULL && v->node != NULL &&
	    node_admitted(v->node));
	jw_end_obj(&w);
	return e;
}

/* " from ADDRESS" for the log, or nothing. */
static const char *
from_where(const struct req *rq)
{
	return rq->remote_addr[0] == '\0' ? "" :
	    arena_printf(rq->arena, " from %s", rq->remote_addr);
}

static void
log_verdict(const struct req *rq, const struct verdict *v)
{
	char key[32];

	key_short(rq->machine_key, key);
	if (v->node != NULL)
		log_info("register: machine %s%s is node %lld (%s)%s", key, from_where(rq),
		    (long long)v->node->id, v->node->name,
		    node_admitted(v->node) ? "" : ", which is not admitted");
	else if (v->auth_url != NULL)
		log_info("register: machine %s%s has to log in", key, from_where(rq));
}

/* Is it for the user to read, or ours to mend? */
static bool
is_users_fault(enum err e)
{
	return e == ERR_BADREQ || e == ERR_FORBIDDEN || e == ERR_TOOBIG ||
	    e == ERR_CONFLICT || e == ERR_AUTH;
}

/* What it was, for the metrics.  A held request was not answered yet. */
static void
count(const struct req *rq, const struct ask *a, const struct verdict *v, enum err e)
{
	enum metrics_registration r = METRICS_R_KNOWN;

	if (e == OK && v->hold != NULL)
		return;
	if (e != OK)
		r = is_users_fault(e) ? METRICS_R_REFUSED : METRICS_R_FAILED;
	else if (v->auth_url != NULL)
		r = METRICS_R_ASKED_TO_LOGIN;
	else if (v->node == NULL && a->dev.want_expiry_ms != TIME_NONE &&
	    a->dev.want_expiry_ms <= rq->now_ms)
		r = METRICS_R_LOGOUT;
	else if (v->node == NULL)
		r = METRICS_R_NEW_KEY;
	else if (a->auth_key[0] != '\0')
		r = v->node->created_ms == rq->now_ms ? METRICS_R_NEW : METRICS_R_RENEWED;
	else if (a->followup[0] != '\0')
		r = METRICS_R_LOGIN;
	metrics_add(METRIC_REGISTRATIONS, r, 1);
}

/* Runs decide() in a write transaction that is kept only if it succeeds. */
static enum err
decide_and_commit(struct req *rq, struct ask *a, struct node *n, struct verdict *v)
{
	enum err e = db_begin_write(rq->db);

	if (e != OK)
		return e;
	if ((e = decide(rq, a, n, v)) == OK)
		e = v->hold != NULL ? logins_hold(rq, v->hold) : answer(rq, v, NULL);
	return db_end_write(rq->db, e);
}

static enum err
machine_register(struct req *rq)
{
	struct verdict v = { 0 };
	struct ask a;
	struct node n;
	jv *body;
	enum err e;

	if ((e = control_body(rq, &body)) != OK)
		return e;
	if (json_get_i64(body, "Version", 0) < CAPVER_MIN)
		return answer(rq, NULL, arena_printf(rq->arena, "unsupported client version "
		    "(%lld); please install Tailscale 1.80 (%d) or newer",
		    (long long)json_get_i64(body, "Version", 0), CAPVER_MIN));
	e = read_ask(rq, body, &a);
	if (e == OK)
		e = decide_and_commit(rq, &a, &n, &v);
	count(rq, &a, &v, e);
	if (e == OK)
		log_verdict(rq, &v);
	if (!is_users_fault(e))
		return e;
	log_info("register: refused%s: %s", from_where(rq), rq->errmsg);
	return answer(rq, NULL, rq->errmsg);
}

const struct route route_machine_register = {
	.method = HTTP_POST,
	.path = "/machine/register",
	.auth = AUTH_MACHINE,
	.txn = TXN_OWN,
	.body_max = CONTROL_BODY_MAX,
	.handle = machine_register,
	.action = "registerNode",
};
