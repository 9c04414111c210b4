/*
 * handlers/api/apikey.c -- /api/v1/apikey: keys with which programs use this API.
 *
 * The whole key is in the answer to its creation and nowhere else.  A key makes no key
 * that may do more than itself, nor one that outlives the rights of the user whose it
 * is: its keys are that user's too, unless it may do everything.  Without an expiration
 * a key never runs out, where the peer makes one that never works.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "handlers/admit.h"
#include "handlers/api/api.h"
#include "handlers/api/check.h"
#include "handlers/api/put.h"
#include "handlers/api/shapes.h"
#include "handlers/control/policy_load.h"
#include "handlers/routes.h"
#include "lib/crypto/token.h"

#define DESCRIPTION_MAX 254
#define MASK_END "-***"

static void
put_apikey(struct jw *w, const struct put_refs *refs, const struct apikey *k)
{
	const struct user *owner = put_refs_user(refs, k->user_id);
	char masked[64];

	(void)snprintf(masked, sizeof(masked), "hskey-api-%.32s" MASK_END, k->prefix);
	jw_obj(w);
	put_id(w, "id", k->id);
	jw_kstr(w, "prefix", masked);
	put_time(w, "expiration", k->expiry_ms);
	jw_ktime(w, "createdAt", k->created_ms);
	put_time(w, "lastSeen", k->last_used_ms);
	/* Ours, beyond what the API's clients know. */
	jw_key(w, "user");
	if (owner != NULL)
		put_user(w, owner, NULL);
	else
		jw_null(w);
	put_scopes(w, k->scopes);
	jw_kstr(w, "description", k->description);
	jw_end_obj(w);
}

static enum err
apikey_list(struct req *rq)
{
	struct put_refs refs;
	struct apikey *keys;
	struct jw w;
	size_t n;
	enum err e;

	if ((e = put_refs_users(rq, &refs)) != OK ||
	    (e = store_apikeys(rq->db, rq->arena, &keys, &n)) != OK)
		return e;
	api_reply(rq, &w);
	jw_key(&w, "apiKeys");
	jw_arr(&w);
	for (size_t i = 0; i < n; i++)
		put_apikey(&w, &refs, &keys[i]);
	jw_end_arr(&w);
	api_reply_end(&w);
	return OK;
}

const struct route route_apikey_list = {
	.method = HTTP_GET,
	.path = "/api/v1/apikey",
	.auth = AUTH_API,
	.scope = SCOPE_API_KEYS_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = apikey_list,
	.op = &(const struct api_op){
		.id = "listApiKeys", .tag = "ApiKeys", .summary = "List API keys",
		.answer = &shape_apikey_list,
	},
};

/* What the key's user may do, and who that is. */
struct owner {
	scope_set rights;
	const char *name, *role;	/* NULL: nobody */
};

/* Whose the key will be; the caller's user's, if nobody is named. */
static enum err
read_owner(struct req *rq, jv *body, struct apikey *k, struct owner *o)
{
	const struct caller *c = rq->caller;
	struct user u;
	enum err e;

	*o = (struct owner){ .rights = SCOPES_ALL };
	k->user_id = api_get_id(body, "user");
	if (k->user_id == 0)
		k->user_id = c->user_id;
	if (c->user_id != 0 && k->user_id != c->user_id && !admit_has(rq, SCOPE_ALL))
		return req_fail_at(rq, ERR_FORBIDDEN, "body.user",
		    "a user's key makes keys for that user only");
	if (k->user_id == 0)
		return OK;
	if ((e = api_user_by_id(rq, k->user_id, &u)) != OK)
		return e;
	o->name = u.name;
	o->role = role_name(policy_load_role(rq, &u));
	o->rights = scope_of_role(o->role);
	return OK;
}

/* What it may do: as much as the caller, if nothing is said. */
static enum err
read_scopes(struct req *rq, jv *body, struct apikey *k, const struct owner *o)
{
	scope_set want = rq->caller->scopes;
	enum err e;

	if (json_get(body, "scopes") != NULL &&
	    ((e = api_get_scopes(rq, body, "scopes", &want)) != OK ||
	    (e = admit_may_give(rq, want)) != OK))
		return e;
	if (scope_within(want, 0))
		return req_fail_at(rq, ERR_BADREQ, "body.scopes", "names no scope; leave it "
		    "out for a key that may do as much as the one that makes it");
	if (scope_within(want & o->rights, 0))
		return req_fail_at(rq, ERR_BADREQ, "body.user", "the key could do nothing: "
		    "user \"%s\" has the role %s, which allows none of its scopes; give "
		    "another role first", o->name, o->role);
	k->scopes = scope_text(rq->arena, want);
	return OK;
}

static enum err
read_apikey(struct req *rq, struct apikey *k)
{
	struct owner owner;
	const char *why;
	jv *body;
	enum err e;

	*k = (struct apikey){ .created_ms = rq->now_ms, .last_used_ms = TIME_NONE };
	if ((e = api_body(rq, &body)) != OK ||
	    (e = read_owner(rq, body, k, &owner)) != OK ||
	    (e = read_scopes(rq, body, k, &owner)) != OK)
		return e;
	k->expiry_ms = api_get_time(body, "expiration");
	k->description = json_get_str(body, "description", "");
	if (k->expiry_ms != TIME_NONE && k->expiry_ms <= rq->now_ms)
		return req_fail_at(rq, ERR_BADREQ, "body.expiration", "expiration is in the "
		    "past; give a later time, or none for a key that never expires");
	if ((why = api_check_display_name(k->description)) != NULL)
		return req_fail_at(rq, ERR_BADREQ, "body.description", "%s", why);
	return OK;
}

static void
made_reply(struct req *rq, const struct apikey *k, const char *text)
{
	struct jw w;

	api_reply(rq, &w);
	jw_kstr(&w, "apiKey", text);
	put_id(&w, "id", k->id);
	api_reply_end(&w);
}

static enum err
apikey_create(struct req *rq)
{
	struct apikey k;
	struct token token;
	enum err e;

	if ((e = read_apikey(rq, &k)) != OK)
		return e;
	token_new("api", &token);
	k.prefix = token.prefix;
	k.hash = token.hash;
	e = store_apikey_create(rq->db, &k, &k.id);
	if (e == OK)
		made_reply(rq, &k, token.text);
	token_wipe(&token);
	return e;
}

static const struct api_field create_fields[] = {
	{ .name = "expiration", .type = API_TIME, .help = "without: never" },
	{ .name = "user", .type = API_ID, .help = "whose it is; it may do no more than this user" },
	{ .name = "scopes", .type = API_LIST, .item = API_TEXT, .max = SCOPES_TEXT_MAX,
	  .help = "what it may do; without: as much as the caller",
	  .example = "[\"devices:core:read\"]" },
	{ .name = "description", .type = API_TEXT, .max = DESCRIPTION_MAX },
	{ .name = NULL },
};
static const struct api_object create_body = { "CreateApiKeyRequest", create_fields };

const struct route route_apikey_create = {
	.method = HTTP_POST,
	.path = "/api/v1/apikey",
	.auth = AUTH_API,
	.scope = SCOPE_API_KEYS,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = apikey_create,
	.op = &(const struct api_op){
		.id = "createApiKey", .tag = "ApiKeys", .summary = "Create API key",
		.help = "The key is in this answer and nowhere else.",
		.body = &create_body, .answer = &shape_apikey_made, .errors = "400 415 422",
	},
};

/* "0123456789ab" of that, of "hskey-api-0123456789ab-***" and of a whole key. */
static struct str
bare_prefix(const char *text)
{
	struct str rest = str_of(text), prefix, secret;

	if (token_parse(rest, "api", &prefix, &secret))
		return prefix;
	if (!str_starts(rest, "hskey-api-") || !str_ends(rest, MASK_END) ||
	    rest.n != strlen("hskey-api-" MASK_END) + TOKEN_PREFIX_LEN)
		return rest;
	return (struct str){ rest.p + strlen("hskey-api-"), TOKEN_PREFIX_LEN };
}

/* The key that is meant; 'prefix' NULL or "": not given, like the id 0. */
static enum err
find_apikey(struct req *rq, const char *prefix, int64_t id, struct apikey *k)
{
	bool by_prefix = prefix != NULL && *prefix != '\0';
	enum err e;

	if (by_prefix && id != 0)
		return req_fail(rq, ERR_BADREQ, "provide either id or prefix, not both");
	if (!by_prefix && id == 0)
		return req_fail(rq, ERR_BADREQ, "must provide id or prefix");
	if (by_prefix)
		e = store_apikey_by_prefix(rq->db, rq->arena, bare_prefix(prefix), k);
	else
		e = store_apikey_by_id(rq->db, rq->arena, id, k);
	return e == ERR_NOTFOUND ? req_fail(rq, e, "API key not found") : e;
}

static enum err
apikey_expire(struct req *rq)
{
	struct apikey k;
	jv *body;
	enum err e;

	if ((e = api_body(rq, &body)) != OK ||
	    (e = find_apikey(rq, json_get_str(body, "prefix", NULL),
	    api_get_id(body, "id"), &k)) != OK ||
	    (e = store_apikey_expire(rq->db, k.id, rq->now_ms)) != OK)
		return e;
	api_reply_empty(rq);
	return OK;
}

static const struct api_field expire_fields[] = {
	{ .name = "prefix", .type = API_TEXT, .help = "bare or as the list shows it" },
	{ .name = "id", .type = API_ID },
	{ .name = NULL },
};
static const struct api_object expire_body = { "ExpireApiKeyRequest", expire_fields };

const struct route route_apikey_expire = {
	.method = HTTP_POST,
	.path = "/api/v1/apikey/expire",
	.auth = AUTH_API,
	.scope = SCOPE_API_KEYS,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = apikey_expire,
	.op = &(const struct api_op){
		.id = "expireApiKey", .tag = "ApiKeys", .summary = "Expire API key",
		.help = "By its prefix or its id.",
		.body = &expire_body, .errors = "400 415 422",
	},
};

/* Whom "-" stands for is said by ?id=; a number too short for a prefix is an id. */
static enum err
apikey_delete(struct req *rq)
{
	const char *prefix = req_var(rq, "prefix");
	int64_t id, in_path;
	struct apikey k;
	enum err e;

	if ((e = api_query_id(rq, "id", &id)) != OK)
		return e;
	if (strcmp(prefix, "-") == 0)
		prefix = NULL;
	else if (id == 0 && strlen(prefix) < TOKEN_PREFIX_LEN &&
	    str_i64(str_of(prefix), &in_path) && in_path > 0) {
		id = in_path;
		prefix = NULL;
	}
	if ((e = find_apikey(rq, prefix, id, &k)) != OK ||
	    (e = store_apikey_delete(rq->db, k.id)) != OK)
		return e;
	api_reply_empty(rq);
	return OK;
}

static const struct api_field delete_query[] = {
	{ .name = "id", .type = API_ID, .help = "with the path /api/v1/apikey/-" },
	{ .name = NULL },
};

const struct route route_apikey_delete = {
	.method = HTTP_DELETE,
	.path = "/api/v1/apikey/{prefix}",
	.auth = AUTH_API,
	.scope = SCOPE_API_KEYS,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,	/* and not looked at */
	.handle = apikey_delete,
	.op = &(const struct api_op){
		.id = "deleteApiKey", .tag = "ApiKeys", .summary = "Delete API key",
		.help = "The path is its prefix, bare or as the list shows it, its id, or "
		    "'-' with ?id=.",
		.query = delete_query, .errors = "400",
	},
};
