/*
 * handlers/api/v2_key_make.c -- making keys by REST v2, and changing OAuth clients.
 *
 * A key with tags is for devices of those tags; one without is for the devices of a
 * user: of whose API key makes it, or of the one that an administrator's key names
 * (userId, ours).  Nobody gives scopes or tags that they have not.
 */
#include <string.h>

#include "handlers/admit.h"
#include "handlers/api/check.h"
#include "handlers/api/fields.h"
#include "handlers/api/user_act.h"
#include "handlers/api/v2_key.h"
#include "handlers/control/approve_net.h"
#include "handlers/control/approve_tags.h"
#include "handlers/routes.h"
#include "lib/crypto/token.h"

#define DESCRIPTION_MAX 50
#define LIFE_DEFAULT_S ((int64_t)90 * 24 * 3600)
#define LIFE_MAX_S ((int64_t)100 * 365 * 24 * 3600)

#define TAGS_AT "body.capabilities.devices.create.tags"

/* ---- what both kinds share ---- */

static enum err
read_description(struct req *rq, jv *body, const char **out)
{
	const char *why;

	*out = json_get_str(body, "description", "");
	if ((why = api_check_display_name(*out)) != NULL)
		return req_fail_at(rq, ERR_BADREQ, "body.description", "%s", why);
	return OK;
}

/* Does the policy have these tags, and may the caller give them? */
static enum err
check_tags(struct req *rq, const char *tags)
{
	struct net *net;
	enum err e;

	if ((e = approve_net(rq, 0, &net)) != OK ||
	    (e = approve_tags_known(rq, net, tags)) != OK)
		return e;
	return v2_tags_allowed(rq, net, tags);
}

/* Members that belong to the other kind, and would do nothing. */
static enum err
refuse_members(struct req *rq, jv *body, const char *const *names, const char *kind)
{
	for (; *names != NULL; names++)
		if (json_get(body, *names) != NULL)
			return req_fail_at(rq, ERR_BADREQ,
			    arena_printf(rq->arena, "body.%s", *names),
			    "body.%s is not for keyType \"%s\"", *names, kind);
	return OK;
}

/* ---- keys with which devices join ---- */

/* Who owns the devices, or who made the key of tagged ones. */
static enum err
read_owner(struct req *rq, jv *body, bool tagged, struct authkey *k)
{
	int64_t wanted = api_get_id(body, "userId"), own = rq->caller->user_id;
	struct user u;
	enum err e;

	k->user_id = wanted != 0 ? wanted : own;
	if (wanted != 0 && wanted != own && !admit_has(rq, SCOPE_ALL))
		return req_fail_at(rq, ERR_FORBIDDEN, "body.userId",
		    "only who may do everything makes keys for other users");
	if (!tagged && rq->caller->kind == CALLER_TOKEN)
		return req_fail_at(rq, ERR_FORBIDDEN, TAGS_AT,
		    "an OAuth client's keys must have tags");
	if (k->user_id == 0 && !tagged)
		return req_fail_at(rq, ERR_BADREQ, TAGS_AT, "an auth key without tags must be "
		    "created with a user-owned API key, or name the user in userId");
	if (wanted == 0)
		return OK;
	if ((e = api_user_by_id(rq, wanted, &u)) != OK || tagged)
		return e;
	return user_act_may_own(rq, &u);
}

static enum err
read_auth_tags(struct req *rq, jv *create, struct authkey *k)
{
	enum err e = api_get_tags(rq, create, "tags", &k->tags);

	if (e == OK && strcmp(k->tags, "[]") != 0)
		e = check_tags(rq, k->tags);
	if (e != OK)
		rq->err_at = TAGS_AT;
	return e;
}

static enum err
read_auth(struct req *rq, jv *body, struct authkey *k)
{
	static const char *const others[] = { "scopes", "tags", NULL };
	jv *create = json_get(json_get(json_get(body, "capabilities"), "devices"), "create");
	int64_t life = json_get_i64(body, "expirySeconds", 0);
	enum err e;

	*k = (struct authkey){
		.reusable = json_get_bool(create, "reusable", false),
		.ephemeral = json_get_bool(create, "ephemeral", false),
		.preauthorized = json_get_bool(create, "preauthorized", false),
		.created_ms = rq->now_ms,
		.expiry_ms = rq->now_ms + (life > 0 ? life : LIFE_DEFAULT_S) * 1000,
		.revoked_ms = TIME_NONE,
	};
	if ((e = admit_need(rq, SCOPE_AUTH_KEYS)) != OK ||
	    (e = refuse_members(rq, body, others, "auth")) != OK ||
	    (e = read_description(rq, body, &k->description)) != OK ||
	    (e = read_auth_tags(rq, create, k)) != OK)
		return e;
	return read_owner(rq, body, strcmp(k->tags, "[]") != 0, k);
}

static enum err
make_auth(struct req *rq, jv *body)
{
	struct v2_key k = { .kind = KEY_AUTH };
	struct token token;
	enum err e = read_auth(rq, body, &k.auth);

	if (e != OK)
		return e;
	token_new("auth", &token);
	k.auth.prefix = token.prefix;
	k.auth.hash = token.hash;
	if ((e = store_authkey_create(rq->db, &k.auth, &k.auth.id)) == OK)
		v2_key_reply(rq, &k, token.text);
	token_wipe(&token);
	return e;
}

/* ---- OAuth clients ---- */

/* A client that lets devices in has to say as what; one that may do all says it when it does. */
static bool
needs_tags(scope_set s)
{
	return !scope_has(s, SCOPE_ALL) &&
	    (scope_has(s, SCOPE_DEVICES_CORE) || scope_has(s, SCOPE_AUTH_KEYS));
}

static enum err
read_client(struct req *rq, jv *body, struct oauth_client *c)
{
	static const char *const others[] = { "capabilities", "expirySeconds", "userId", NULL };
	scope_set scopes;
	enum err e;

	if ((e = admit_need(rq, SCOPE_OAUTH_KEYS)) != OK ||
	    (e = refuse_members(rq, body, others, "client")) != OK ||
	    (e = read_description(rq, body, &c->description)) != OK ||
	    (e = api_get_scopes(rq, body, "scopes", &scopes)) != OK ||
	    (e = api_get_tags(rq, body, "tags", &c->tags)) != OK ||
	    (e = admit_may_give(rq, scopes)) != OK)
		return e;
	c->scopes = scope_text(rq->arena, scopes);
	if (scope_within(scopes, 0))
		return req_fail_at(rq, ERR_BADREQ, "body.scopes",
		    "an OAuth client needs at least one scope");
	if (needs_tags(scopes) && strcmp(c->tags, "[]") == 0)
		return req_fail_at(rq, ERR_BADREQ, "body.tags",
		    "a client with devices:core or auth_keys needs tags");
	if ((e = check_tags(rq, c->tags)) != OK)
		rq->err_at = "body.tags";
	return e;
}

static enum err
make_client(struct req *rq, jv *body)
{
	struct v2_key k = { .kind = KEY_CLIENT };
	struct token token;
	enum err e;

	k.client = (struct oauth_client){ .user_id = rq->caller->user_id,
	    .created_ms = rq->now_ms };
	if ((e = read_client(rq, body, &k.client)) != OK)
		return e;
	token_new("client", &token);
	k.client.id = token.prefix;
	k.client.hash = token.hash;
	if ((e = store_oauth_client_create(rq->db, &k.client)) == OK)
		v2_key_reply(rq, &k, token.text);
	token_wipe(&token);
	return e;
}

/* ---- rows ---- */

static enum err
key_make(struct req *rq)
{
	jv *body;
	enum err e;

	if ((e = v2_tailnet(rq)) != OK || (e = api_body(rq, &body)) != OK)
		return e;
	return strcmp(json_get_str(body, "keyType", "auth"), "client") == 0 ?
	    make_client(rq, body) : make_auth(rq, body);
}

/* Whoever may not give what the client has now may not take it over either. */
static enum err
may_change(struct req *rq, const struct oauth_client *c)
{
	enum err e = admit_may_give(rq, scope_read_known(c->scopes));

	return e != OK || rq->caller->tags == NULL ? e : check_tags(rq, c->tags);
}

static enum err
key_set(struct req *rq)
{
	struct v2_key k;
	jv *body;
	enum err e;

	if ((e = v2_key_of_path(rq, true, &k)) != OK || (e = api_body(rq, &body)) != OK)
		return e;
	if (k.kind != KEY_CLIENT)
		return req_fail_at(rq, ERR_BADREQ, "path.keyId",
		    "only an OAuth client can be changed; make a new key instead");
	if ((e = may_change(rq, &k.client)) != OK ||
	    (e = read_client(rq, body, &k.client)) != OK ||
	    (e = store_oauth_client_set(rq->db, &k.client)) != OK)
		return e;
	v2_key_reply(rq, &k, NULL);
	return OK;
}

static const struct api_field create_fields[] = {
	FLAG("reusable"), FLAG("ephemeral"),
	{ .name = "preauthorized", .type = API_BOOL,
	  .help = "devices need not wait for approval" },
	{ .name = "tags", .type = API_LIST, .item = API_TEXT, .example = "[]" }, END,
};
static const struct api_object create = { "KeyDeviceCreateCapabilities", create_fields };
static const struct api_field devices_fields[] = { ONE("create", create), END };
static const struct api_object devices = { "KeyDeviceCapabilities", devices_fields };
static const struct api_field capabilities_fields[] = { ONE("devices", devices), END };
static const struct api_object capabilities = { "KeyCapabilities", capabilities_fields };

#define OF_A_CLIENT								\
	{ .name = "description", .type = API_TEXT, .max = DESCRIPTION_MAX },	\
	{ .name = "scopes", .type = API_LIST, .item = API_TEXT, .max = SCOPES_TEXT_MAX,	\
	  .help = "of an OAuth client", .example = "null" },			\
	{ .name = "tags", .type = API_LIST, .item = API_TEXT,			\
	  .help = "that an OAuth client may give", .example = "null" }

static const struct api_field make_fields[] = {
	{ .name = "keyType", .type = API_TEXT, .words = "auth client", .help = "without: auth" },
	OF_A_CLIENT,
	{ .name = "expirySeconds", .type = API_INT, .flags = API_NEGATIVE, .max = LIFE_MAX_S,
	  .help = "of an auth key; without, or not over 0: 90 days" },
	ONE("capabilities", capabilities),
	{ .name = "userId", .type = API_ID, .help = "whose devices they are, if the caller's key "
	  "is nobody's; of an auth key without tags" }, END,
};
static const struct api_object make_body = { "CreateKeyRequest", make_fields };

const struct route route_v2_key_make = {
	.method = HTTP_POST,
	.path = "/api/v2/tailnet/{tailnet}/keys",
	.auth = AUTH_API,
	.scope = SCOPE_NONE,
	.txn = TXN_WRITE,
	.body_max = API_LIST_BODY_MAX,
	.handle = key_make,
	.op = &(const struct api_op){
		.id = "createKey", .tag = "Keys", .summary = "Create key",
		.help = "The secret is in this answer and nowhere else.  An auth key asks for the "
		    "scope auth_keys, an OAuth client for oauth_keys.",
		.body = &make_body, .answer = &shape_v2_key, .errors = "400 415 422",
	},
};

static const struct api_field set_fields[] = {
	{ .name = "keyType", .type = API_TEXT, .words = "client" }, OF_A_CLIENT, END,
};
static const struct api_object set_body = { "SetClientRequest", set_fields };
static const struct api_field path[] = {
	{ .name = "keyId", .type = API_TEXT, .help = "as the list has it" }, END,
};

const struct route route_v2_key_set = {
	.method = HTTP_PUT,
	.path = "/api/v2/tailnet/{tailnet}/keys/{keyId}",
	.auth = AUTH_API,
	.scope = SCOPE_NONE,
	.txn = TXN_WRITE,
	.body_max = API_LIST_BODY_MAX,
	.handle = key_set,
	.op = &(const struct api_op){
		.id = "setKey", .tag = "Keys", .summary = "Set OAuth client",
		.help = "Its description, scopes and tags; its tokens end, its secret stays.",
		.path = path, .body = &set_body, .answer = &shape_v2_key, .errors = "400 415 422",
	},
};
