/*
 * handlers/api/authkey.c -- /api/v1/preauthkey: keys with which machines join.
 *
 * The whole key is in the answer to its creation and nowhere else: only its
 * hash is stored.  A key without expiration never runs out; the command line
 * always asks for one.
 */
#include <inttypes.h>
#include <string.h>

#include "handlers/api/api.h"
#include "handlers/api/put.h"
#include "handlers/routes.h"
#include "lib/crypto/token.h"

/* Does the key still let a machine in? */
static bool
is_valid(const struct authkey *k, int64_t now_ms)
{
	return k->revoked_ms == TIME_NONE && (k->reusable || !k->used) &&
	    (k->expiry_ms == TIME_NONE || k->expiry_ms > now_ms);
}

/* With ?valid=true only keys that still work. */
static enum err
authkey_list(struct req *rq)
{
	const char *valid = req_query(rq, "valid");
	bool all = valid == NULL || strcmp(valid, "true") != 0;
	struct put_refs refs;
	struct jw w;
	enum err e;

	if ((e = put_refs_all(rq, &refs)) != OK)
		return e;
	api_reply(rq, &w);
	jw_key(&w, "preAuthKeys");
	jw_arr(&w);
	for (size_t i = 0; i < refs.n_keys; i++)
		if (all || is_valid(&refs.keys[i], rq->now_ms))
			put_authkey(&w, &refs, &refs.keys[i], NULL);
	jw_end_arr(&w);
	api_reply_end(&w);
	return OK;
}

const struct route route_authkey_list = {
	.method = HTTP_GET,
	.path = "/api/v1/preauthkey",
	.auth = AUTH_ADMIN,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = authkey_list,
};

/* Reads what the key shall be; *owner is filled if k->user_id is set. */
static enum err
read_authkey(struct req *rq, struct authkey *k, struct user *owner)
{
	static const struct api_field fields[] = {
		{ "user", JSON_STR }, { "reusable", JSON_BOOL },
		{ "ephemeral", JSON_BOOL }, { "expiration", JSON_STR },
		{ "aclTags", JSON_ARR }, { NULL, 0 },
	};
	jv *body;
	enum err e;

	*k = (struct authkey){ .description = "", .created_ms = rq->now_ms,
	    .revoked_ms = TIME_NONE };
	if ((e = api_body(rq, fields, &body)) != OK ||
	    (e = api_get_id(rq, body, "user", &k->user_id)) != OK ||
	    (e = api_get_time(rq, body, "expiration", &k->expiry_ms)) != OK ||
	    (e = api_get_tags(rq, body, "aclTags", &k->tags)) != OK)
		return e;
	k->reusable = json_get_bool(body, "reusable", false);
	k->ephemeral = json_get_bool(body, "ephemeral", false);
	if (k->user_id == 0 && json_len(json_get(body, "aclTags")) == 0)
		return req_fail(rq, ERR_BADREQ,
		    "auth-key must be either tagged or owned by user");
	if (k->expiry_ms != TIME_NONE && k->expiry_ms <= rq->now_ms)
		return req_fail(rq, ERR_BADREQ, "expiration is in the past; give "
		    "a later time, or none for a key that never expires");
	return k->user_id == 0 ? OK : api_user_by_id(rq, k->user_id, owner);
}

static void
created_reply(struct req *rq, const struct authkey *k, struct user *owner,
    const char *text)
{
	struct put_refs refs = { .users = owner, .n_users = k->user_id != 0 };
	struct jw w;

	api_reply(rq, &w);
	jw_key(&w, "preAuthKey");
	put_authkey(&w, &refs, k, text);
	api_reply_end(&w);
}

static enum err
authkey_create(struct req *rq)
{
	struct authkey k;
	struct token token;
	struct user owner;
	enum err e;

	if ((e = read_authkey(rq, &k, &owner)) != OK)
		return e;
	token_new("auth", &token);
	k.prefix = token.prefix;
	k.hash = token.hash;
	e = store_authkey_create(rq->db, &k, &k.id);
	if (e == OK)
		created_reply(rq, &k, &owner, token.text);
	token_wipe(&token);
	return e;
}

const struct route route_authkey_create = {
	.method = HTTP_POST,
	.path = "/api/v1/preauthkey",
	.auth = AUTH_ADMIN,
	.txn = TXN_WRITE,
	.body_max = API_LIST_BODY_MAX,
	.handle = authkey_create,
};

static enum err
no_such_key(struct req *rq, enum err e, int64_t id)
{
	if (e == ERR_NOTFOUND)
		return req_fail(rq, e, "pre-auth key %" PRId64 " not found", id);
	return e;
}

static enum err
authkey_expire(struct req *rq)
{
	static const struct api_field fields[] = { { "id", JSON_STR }, { NULL, 0 } };
	int64_t id;
	jv *body;
	enum err e;

	if ((e = api_body(rq, fields, &body)) != OK ||
	    (e = api_get_id(rq, body, "id", &id)) != OK)
		return e;
	e = store_authkey_expire(rq->db, id, rq->now_ms);
	if (e == OK)
		api_reply_empty(rq);
	return no_such_key(rq, e, id);
}

const struct route route_authkey_expire = {
	.method = HTTP_POST,
	.path = "/api/v1/preauthkey/expire",
	.auth = AUTH_ADMIN,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = authkey_expire,
};

/* Nodes that came with the key stay. */
static enum err
authkey_delete(struct req *rq)
{
	const char *text = req_query(rq, "id");
	int64_t id = 0;
	enum err e;

	if (text != NULL && !str_i64(str_of(text), &id))
		return req_fail(rq, ERR_BADREQ, "id must be a number");
	e = store_authkey_delete(rq->db, id);
	if (e == OK)
		api_reply_empty(rq);
	return no_such_key(rq, e, id);
}

const struct route route_authkey_delete = {
	.method = HTTP_DELETE,
	.path = "/api/v1/preauthkey",
	.auth = AUTH_ADMIN,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,	/* and not looked at */
	.handle = authkey_delete,
};
