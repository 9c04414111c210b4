/*
 * handlers/api/v2_key.c -- /api/v2/tailnet/{tailnet}/keys: the keys that there are.
 *
 * Keys with which devices join (auth), API keys (api) and OAuth clients (client) stand
 * in one list, as with Tailscale.  A caller sees the kinds that its scopes let it read,
 * and of others not even whether they exist.  An auth key has a number as its id; the
 * others the twelve digits that their secrets begin with.
 */
#include "handlers/api/v2_key.h"

#include <inttypes.h>
#include <string.h>

#include "handlers/admit.h"
#include "handlers/api/fields.h"
#include "handlers/api/put.h"
#include "handlers/routes.h"
#include "lib/crypto/token.h"

static const struct { const char *name; enum scope read, change; } kinds[KEY_KINDS] = {
	[KEY_AUTH] = { "auth", SCOPE_AUTH_KEYS_READ, SCOPE_AUTH_KEYS },
	[KEY_API] = { "api", SCOPE_API_KEYS_READ, SCOPE_API_KEYS },
	[KEY_CLIENT] = { "client", SCOPE_OAUTH_KEYS_READ, SCOPE_OAUTH_KEYS },
};

enum scope
v2_key_scope_read(enum key_kind kind)
{
	return kinds[kind].read;
}

enum scope
v2_key_scope(enum key_kind kind)
{
	return kinds[kind].change;
}

/* ---- one value ---- */

/* What devices that come with it are and may; of other kinds nothing. */
static void
put_capabilities(struct jw *w, const struct authkey *k)
{
	jw_key(w, "capabilities");
	jw_obj(w);
	jw_key(w, "devices");
	jw_obj(w);
	jw_key(w, "create");
	jw_obj(w);
	jw_kbool(w, "reusable", k->reusable);
	jw_kbool(w, "ephemeral", k->ephemeral);
	jw_kbool(w, "preauthorized", k->preauthorized);
	jw_kraw(w, "tags", k->tags != NULL ? k->tags : "[]");
	jw_end_obj(w);
	jw_end_obj(w);
	jw_end_obj(w);
}

static void
put_owner(struct jw *w, int64_t user_id)
{
	if (user_id != 0)
		put_id(w, "userId", user_id);
}

/* A key that never runs out has no time for it. */
static void
put_times(struct jw *w, int64_t created_ms, int64_t expiry_ms)
{
	jw_ktime(w, "created", created_ms);
	if (expiry_ms == TIME_NONE)
		return;
	jw_ktime(w, "expires", expiry_ms);
	if (expiry_ms >= created_ms)
		jw_ki64(w, "expirySeconds", (expiry_ms - created_ms) / 1000);
}

static bool
has_run_out(int64_t expiry_ms, int64_t now_ms)
{
	return expiry_ms != TIME_NONE && expiry_ms <= now_ms;
}

static void
put_auth(struct jw *w, const struct authkey *k, int64_t now_ms)
{
	put_id(w, "id", k->id);
	jw_kstr(w, "description", k->description);
	put_times(w, k->created_ms, k->expiry_ms);
	if (k->revoked_ms != TIME_NONE)
		jw_ktime(w, "revoked", k->revoked_ms);
	jw_kbool(w, "invalid", k->revoked_ms != TIME_NONE || (k->used && !k->reusable) ||
	    has_run_out(k->expiry_ms, now_ms));
	put_capabilities(w, k);
	put_owner(w, k->user_id);
}

static void
put_api(struct jw *w, const struct apikey *k, int64_t now_ms)
{
	jw_kstr(w, "id", k->prefix);
	jw_kstr(w, "description", k->description);
	put_times(w, k->created_ms, k->expiry_ms);
	jw_kbool(w, "invalid", has_run_out(k->expiry_ms, now_ms));
	put_capabilities(w, &(const struct authkey){ .tags = "[]" });
	put_scopes(w, k->scopes);
	put_owner(w, k->user_id);
}

static void
put_client(struct jw *w, const struct oauth_client *c)
{
	jw_kstr(w, "id", c->id);
	jw_kstr(w, "description", c->description);
	put_times(w, c->created_ms, TIME_NONE);
	jw_kbool(w, "invalid", false);
	put_capabilities(w, &(const struct authkey){ .tags = "[]" });
	put_scopes(w, c->scopes);
	jw_kraw(w, "tags", c->tags);
	put_owner(w, c->user_id);
}

void
v2_key_put(struct jw *w, const struct v2_key *k, int64_t now_ms, const char *secret)
{
	jw_obj(w);
	jw_kstr(w, "keyType", kinds[k->kind].name);
	if (secret != NULL)
		jw_kstr(w, "key", secret);
	if (k->kind == KEY_AUTH)
		put_auth(w, &k->auth, now_ms);
	else if (k->kind == KEY_API)
		put_api(w, &k->api, now_ms);
	else
		put_client(w, &k->client);
	jw_end_obj(w);
}

void
v2_key_reply(struct req *rq, const struct v2_key *k, const char *secret)
{
	struct jw w;

	req_reply(rq, 200, "application/json");
	jw_init(&w, &rq->out);
	v2_key_put(&w, k, rq->now_ms, secret);
}

static const struct api_field create_fields[] = {
	FLAG("reusable"), FLAG("ephemeral"), FLAG("preauthorized"), TEXTS("tags"), END,
};
static const struct api_object create = { "KeyDeviceCreateCapabilities", create_fields };
static const struct api_field devices_fields[] = { ONE("create", create), END };
static const struct api_object devices = { "KeyDeviceCapabilities", devices_fields };
static const struct api_field capabilities_fields[] = { ONE("devices", devices), END };
static const struct api_object capabilities = { "KeyCapabilities", capabilities_fields };
static const struct api_field key_fields[] = {
	TEXT("id"), { .name = "keyType", .type = API_TEXT, .words = "auth api client" },
	{ .name = "key", .type = API_TEXT, .flags = API_MAY,
	  .help = "the secret; in the answer to its creation only" },
	TEXT("description"), TIME("created"), TIME_MAY("expires"), INT_MAY("expirySeconds"),
	TIME_MAY("revoked"), FLAG("invalid"), ONE("capabilities", capabilities),
	TEXTS_MAY("scopes"), TEXTS_MAY("tags"), ID_MAY("userId"), END,
};
const struct api_object shape_v2_key = { "Key", key_fields };

/* ---- list ---- */

static enum err
put_auths(struct req *rq, struct jw *w)
{
	struct v2_key k = { .kind = KEY_AUTH };
	struct authkey *v;
	size_t n;
	enum err e = store_authkeys(rq->db, rq->arena, &v, &n);

	for (size_t i = 0; e == OK && i < n; i++) {
		if (v[i].revoked_ms != TIME_NONE)
			continue;
		k.auth = v[i];
		v2_key_put(w, &k, rq->now_ms, NULL);
	}
	return e;
}

static enum err
put_apis(struct req *rq, struct jw *w)
{
	struct v2_key k = { .kind = KEY_API };
	struct apikey *v;
	size_t n;
	enum err e = store_apikeys(rq->db, rq->arena, &v, &n);

	for (size_t i = 0; e == OK && i < n; i++) {
		k.api = v[i];
		v2_key_put(w, &k, rq->now_ms, NULL);
	}
	return e;
}

static enum err
put_clients(struct req *rq, struct jw *w)
{
	struct v2_key k = { .kind = KEY_CLIENT };
	struct oauth_client *v;
	size_t n;
	enum err e = store_oauth_clients(rq->db, rq->arena, &v, &n);

	for (size_t i = 0; e == OK && i < n; i++) {
		k.client = v[i];
		v2_key_put(w, &k, rq->now_ms, NULL);
	}
	return e;
}

static bool
may_read(const struct req *rq, enum key_kind kind)
{
	return admit_has(rq, kinds[kind].read);
}

static enum err
key_list(struct req *rq)
{
	struct jw w;
	enum err e = v2_tailnet(rq);

	if (e == OK && !may_read(rq, KEY_API) && !may_read(rq, KEY_CLIENT))
		e = admit_need(rq, SCOPE_AUTH_KEYS_READ);
	if (e != OK)
		return e;
	api_reply(rq, &w);
	jw_key(&w, "keys");
	jw_arr(&w);
	if (may_read(rq, KEY_AUTH))
		e = put_auths(rq, &w);
	if (e == OK && may_read(rq, KEY_API))
		e = put_apis(rq, &w);
	if (e == OK && may_read(rq, KEY_CLIENT))
		e = put_clients(rq, &w);
	jw_end_arr(&w);
	api_reply_end(&w);
	return e;
}

static const struct api_field list_query[] = {
	{ .name = "all", .type = API_BOOL, .help = "makes no difference here" }, END,
};
static const struct api_field list_fields[] = { MANY("keys", shape_v2_key), END };
static const struct api_object list_shape = { "KeyList", list_fields };

const struct route route_v2_key_list = {
	.method = HTTP_GET,
	.path = "/api/v2/tailnet/{tailnet}/keys",
	.auth = AUTH_API,
	.scope = SCOPE_NONE,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = key_list,
	.op = &(const struct api_op){
		.id = "listTailnetKeys", .tag = "Keys", .summary = "List keys",
		.help = "Of each kind that the caller may read: auth keys with auth_keys:read, API "
		    "keys with api_access_tokens:read, OAuth clients with oauth_keys:read.",
		.query = list_query, .answer = &list_shape,
	},
};

/* ---- one ---- */

/* Twelve digits are a client's or an API key's; whatever else is a number, an auth key's. */
static enum err
find(struct req *rq, struct str id, struct v2_key *out)
{
	int64_t number;
	enum err e = ERR_NOTFOUND;

	if (id.n == TOKEN_PREFIX_LEN) {
		out->kind = KEY_CLIENT;
		e = store_oauth_client_by_id(rq->db, rq->arena, id, &out->client);
		if (e != ERR_NOTFOUND)
			return e;
		out->kind = KEY_API;
		e = store_apikey_by_prefix(rq->db, rq->arena, id, &out->api);
	} else if (str_i64(id, &number)) {
		out->kind = KEY_AUTH;
		e = store_authkey_by_id(rq->db, rq->arena, number, &out->auth);
	}
	return e;
}

enum err
v2_key_of_path(struct req *rq, bool change, struct v2_key *out)
{
	enum err e = v2_tailnet(rq);

	if (e != OK)
		return e;
	e = find(rq, str_of(req_var(rq, "keyId")), out);
	if (e == ERR_NOTFOUND || (e == OK && !may_read(rq, out->kind)))
		return v2_not_found(rq, "key");
	return e == OK && change ? admit_need(rq, kinds[out->kind].change) : e;
}

static enum err
key_get(struct req *rq)
{
	struct v2_key k;
	enum err e = v2_key_of_path(rq, false, &k);

	if (e == OK)
		v2_key_reply(rq, &k, NULL);
	return e;
}

static const struct api_field path[] = {
	{ .name = "keyId", .type = API_TEXT, .help = "as the list has it", .example = "\"1\"" },
	END,
};

const struct route route_v2_key_get = {
	.method = HTTP_GET,
	.path = "/api/v2/tailnet/{tailnet}/keys/{keyId}",
	.auth = AUTH_API,
	.scope = SCOPE_NONE,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = key_get,
	.op = &(const struct api_op){
		.id = "getKey", .tag = "Keys", .summary = "Get key",
		.help = "A key of a kind that the caller may not read is not found.",
		.path = path, .answer = &shape_v2_key,
	},
};

/* An auth key is kept a while, so that one can see what became of it. */
static enum err
key_delete(struct req *rq)
{
	struct v2_key k;
	enum err e = v2_key_of_path(rq, true, &k);

	if (e != OK)
		return e;
	if (k.kind == KEY_AUTH)
		e = store_authkey_revoke(rq->db, k.auth.id, rq->now_ms);
	else if (k.kind == KEY_API)
		e = store_apikey_delete(rq->db, k.api.id);
	else
		e = store_oauth_client_delete(rq->db, k.client.id);
	if (e == OK)
		api_reply_empty(rq);
	return e == ERR_NOTFOUND ? v2_not_found(rq, "key") : e;
}

const struct route route_v2_key_delete = {
	.method = HTTP_DELETE,
	.path = "/api/v2/tailnet/{tailnet}/keys/{keyId}",
	.auth = AUTH_API,
	.scope = SCOPE_NONE,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,	/* and not looked at */
	.handle = key_delete,
	.op = &(const struct api_op){
		.id = "deleteKey", .tag = "Keys", .summary = "Delete key",
		.help = "An auth key is revoked and can be looked at for a week; an OAuth client's "
		    "tokens end with it.  Asks for auth_keys, api_access_tokens or oauth_keys.",
		.path = path,
	},
};
