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
#include "handlers/api/check.h"
#include "handlers/api/put.h"
#include "handlers/api/shapes.h"
#include "handlers/api/user_act.h"
#include "handlers/routes.h"
#include "lib/crypto/token.h"

#define DESCRIPTION_MAX 254

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
	bool valid;
	struct put_refs refs;
	struct jw w;
	enum err e;

	if ((e = api_query_bool(rq, "valid", &valid)) != OK ||
	    (e = put_refs_all(rq, &refs)) != OK)
		return e;
	api_reply(rq, &w);
	jw_key(&w, "preAuthKeys");
	jw_arr(&w);
	for (size_t i = 0; i < refs.n_keys; i++)
		if (!valid || is_valid(&refs.keys[i], rq->now_ms))
			put_authkey(&w, &refs, &refs.keys[i], NULL);
	jw_end_arr(&w);
	api_reply_end(&w);
	return OK;
}

static const struct api_field list_query[] = {
	{ .name = "valid", .type = API_BOOL, .help = "only keys that still let a machine in" },
	{ .name = NULL },
};

const struct route route_authkey_list = {
	.method = HTTP_GET,
	.path = "/api/v1/preauthkey",
	.auth = AUTH_API,
	.scope = SCOPE_AUTH_KEYS_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = authkey_list,
	.op = &(const struct api_op){
		.id = "listPreAuthKeys", .tag = "PreAuthKeys", .summary = "List pre-auth keys",
		.query = list_query, .answer = &shape_authkey_list, .errors = "400",
	},
};

/* Reads what the key shall be; *owner is filled if k->user_id is set. */
static enum err
read_authkey(struct req *rq, struct authkey *k, struct user *owner)
{
	const char *why;
	jv *body;
	enum err e;

	*k = (struct authkey){ .description = "", .created_ms = rq->now_ms,
	    .revoked_ms = TIME_NONE };
	if ((e = api_body(rq, &body)) != OK ||
	    (e = api_get_tags(rq, body, "aclTags", &k->tags)) != OK)
		return e;
	k->user_id = api_get_id(body, "user");
	k->expiry_ms = api_get_time(body, "expiration");
	k->reusable = json_get_bool(body, "reusable", false);
	k->ephemeral = json_get_bool(body, "ephemeral", false);
	k->preauthorized = json_get_bool(body, "preauthorized", false);
	k->description = json_get_str(body, "description", "");
	if (k->user_id == 0 && json_len(json_get(body, "aclTags")) == 0)
		return req_fail(rq, ERR_BADREQ,
		    "auth-key must be either tagged or owned by user");
	if (k->expiry_ms != TIME_NONE && k->expiry_ms <= rq->now_ms)
		return req_fail(rq, ERR_BADREQ, "expiration is in the past; give "
		    "a later time, or none for a key that never expires");
	if ((why = api_check_display_name(k->description)) != NULL)
		return req_fail_at(rq, ERR_BADREQ, "body.description", "%s", why);
	if (k->user_id == 0)
		return OK;
	if ((e = api_user_by_id(rq, k->user_id, owner)) != OK || strcmp(k->tags, "[]") != 0)
		return e;
	return user_act_may_own(rq, owner);
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

static const struct api_field create_fields[] = {
	{ .name = "user", .type = API_ID }, { .name = "reusable", .type = API_BOOL },
	{ .name = "ephemeral", .type = API_BOOL }, { .name = "expiration", .type = API_TIME },
	{ .name = "aclTags", .type = API_LIST, .item = API_TEXT, .example = "[]" },
	{ .name = "preauthorized", .type = API_BOOL,
	  .help = "a device that joins with it need not wait for approval" },
	{ .name = "description", .type = API_TEXT, .max = DESCRIPTION_MAX },
	{ .name = NULL },
};
static const struct api_object create_body = { "CreatePreAuthKeyRequest", create_fields };

const struct route route_authkey_create = {
	.method = HTTP_POST,
	.path = "/api/v1/preauthkey",
	.auth = AUTH_API,
	.scope = SCOPE_AUTH_KEYS,
	.txn = TXN_WRITE,
	.body_max = API_LIST_BODY_MAX,
	.handle = authkey_create,
	.op = &(const struct api_op){
		.id = "createPreAuthKey", .tag = "PreAuthKeys", .summary = "Create pre-auth key",
		.body = &create_body, .answer = &shape_authkey_reply, .errors = "400 415 422",
	},
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
	int64_t id;
	jv *body;
	enum err e;

	if ((e = api_body(rq, &body)) != OK)
		return e;
	id = api_get_id(body, "id");
	e = store_authkey_expire(rq->db, id, rq->now_ms);
	if (e == OK)
		api_reply_empty(rq);
	return no_such_key(rq, e, id);
}

static const struct api_field expire_fields[] = {
	{ .name = "id", .type = API_ID },
	{ .name = NULL },
};
static const struct api_object expire_body = { "ExpirePreAuthKeyRequest", expire_fields };

const struct route route_authkey_expire = {
	.method = HTTP_POST,
	.path = "/api/v1/preauthkey/expire",
	.auth = AUTH_API,
	.scope = SCOPE_AUTH_KEYS,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = authkey_expire,
	.op = &(const struct api_op){
		.id = "expirePreAuthKey", .tag = "PreAuthKeys", .summary = "Expire pre-auth key",
		.body = &expire_body, .errors = "400 415 422",
	},
};

/* Nodes that came with the key stay. */
static enum err
authkey_delete(struct req *rq)
{
	int64_t id;
	enum err e;

	if ((e = api_query_id(rq, "id", &id)) != OK)
		return e;
	e = store_authkey_delete(rq->db, id);
	if (e == OK)
		api_reply_empty(rq);
	return no_such_key(rq, e, id);
}

static const struct api_field delete_query[] = {
	{ .name = "id", .type = API_ID },
	{ .name = NULL },
};

const struct route route_authkey_delete = {
	.method = HTTP_DELETE,
	.path = "/api/v1/preauthkey",
	.auth = AUTH_API,
	.scope = SCOPE_AUTH_KEYS,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,	/* and not looked at */
	.handle = authkey_delete,
	.op = &(const struct api_op){
		.id = "deletePreAuthKey", .tag = "PreAuthKeys", .summary = "Delete pre-auth key",
		.query = delete_query, .errors = "400",
	},
};
