/*
 * handlers/api/put.c -- how users, keys, nodes and logins look in REST v1.
 *
 * A list of nodes names the same few users over and over, so references are
 * read once into sorted arrays instead of once per node.
 */
#include "handlers/api/put.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handlers/api/api.h"
#include "lib/netmap/routes.h"

enum err
put_refs_users(struct req *rq, struct put_refs *out)
{
	*out = (struct put_refs){ .keys = NULL };
	return store_users(rq->db, rq->arena, &out->users, &out->n_users);
}

enum err
put_refs_all(struct req *rq, struct put_refs *out)
{
	enum err e = put_refs_users(rq, out);

	if (e != OK)
		return e;
	return store_authkeys(rq->db, rq->arena, &out->keys, &out->n_keys);
}

/* The key that the node came with, if it is still there. */
static enum err
key_of(struct req *rq, const struct node *n, struct put_refs *out)
{
	if (n->authkey_id == 0)
		return OK;
	out->n_keys = 1;
	return store_authkey_by_id(rq->db, rq->arena, n->authkey_id, &out->keys[0]);
}

/* What this node refers to. */
static enum err
refs_of(struct req *rq, const struct node *n, struct put_refs *out)
{
	int64_t a = n->user_id, b, ids[2];
	enum err e;

	*out = (struct put_refs){
		.users = arena_array(rq->arena, 2, sizeof(*out->users)),
		.keys = arena_alloc(rq->arena, sizeof(*out->keys)),
	};
	if ((e = key_of(rq, n, out)) != OK)
		return e;
	b = out->n_keys > 0 ? out->keys[0].user_id : 0;
	ids[0] = a < b ? a : b;
	ids[1] = a < b ? b : a;
	for (int i = 0; i < 2; i++) {
		if (ids[i] == 0 || (i == 1 && ids[1] == ids[0]))
			continue;
		if ((e = api_user_by_id(rq, ids[i], &out->users[out->n_users])) != OK)
			return e;
		out->n_users++;
	}
	return OK;
}

static int
user_by_id(const void *key, const void *row)
{
	int64_t id = *(const int64_t *)key, at = ((const struct user *)row)->id;

	return (id > at) - (id < at);
}

static int
authkey_by_id(const void *key, const void *row)
{
	int64_t id = *(const int64_t *)key, at = ((const struct authkey *)row)->id;

	return (id > at) - (id < at);
}

const struct user *
put_refs_user(const struct put_refs *r, int64_t id)
{
	if (id == 0 || r->n_users == 0)
		return NULL;
	return bsearch(&id, r->users, r->n_users, sizeof(*r->users), user_by_id);
}

static const struct authkey *
find_key(const struct put_refs *r, int64_t id)
{
	if (id == 0 || r->n_keys == 0)
		return NULL;
	return bsearch(&id, r->keys, r->n_keys, sizeof(*r->keys), authkey_by_id);
}

void
put_id(struct jw *w, const char *name, int64_t id)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, id);
	jw_kstr(w, name, text);
}

void
put_scopes(struct jw *w, const char *names)
{
	struct str rest = str_of(names), one;

	jw_key(w, "scopes");
	jw_arr(w);
	while (str_cut(&rest, ' ', &one))
		if (one.n > 0)
			jw_strn(w, one);
	jw_end_arr(w);
}

void
put_time(struct jw *w, const char *name, int64_t ms)
{
	jw_key(w, name);
	if (ms == TIME_NONE)
		jw_null(w);
	else
		jw_time(w, ms);
}

void
put_user(struct jw *w, const struct user *u, const char *role)
{
	jw_obj(w);
	put_id(w, "id", u->id);
	jw_kstr(w, "name", u->name);
	jw_ktime(w, "createdAt", u->created_ms);
	jw_kstr(w, "displayName", u->display_name);
	jw_kstr(w, "email", u->email);
	jw_kstr(w, "providerId", u->provider_id ? u->provider_id : "");
	jw_kstr(w, "provider", u->provider);
	jw_kstr(w, "profilePicUrl", u->picture_url);
	if (role != NULL) {
		jw_kstr(w, "role", role);
		jw_kstr(w, "status", u->status);
	}
	jw_end_obj(w);
}

/*
 * Clients of the API need a user object where there is no user; its creation
 * is the zero time, which stands for "not set" where null is not allowed.
 */
static const struct user nobody = {
	.name = "", .display_name = "", .email = "", .provider = "",
	.picture_url = "", .created_ms = INT64_MIN,
};
static const struct user tagged_devices = {
	.id = TAGGED_USER_ID, .name = TAGGED_USER_NAME,
	.display_name = TAGGED_USER_DISPLAY, .email = "", .provider = "",
	.picture_url = "", .created_ms = INT64_MIN,
};

void
put_authkey(struct jw *w, const struct put_refs *refs, const struct authkey *k,
    const char *key_text)
{
	const struct user *owner = put_refs_user(refs, k->user_id);
	char masked[64];

	(void)snprintf(masked, sizeof(masked), "hskey-auth-%.32s-***", k->prefix);
	jw_obj(w);
	jw_key(w, "user");
	put_user(w, owner ? owner : &nobody, NULL);
	put_id(w, "id", k->id);
	jw_kstr(w, "key", key_text ? key_text : masked);
	jw_kbool(w, "reusable", k->reusable);
	jw_kbool(w, "ephemeral", k->ephemeral);
	jw_kbool(w, "used", k->used);
	put_time(w, "expiration", k->expiry_ms);
	jw_ktime(w, "createdAt", k->created_ms);
	jw_kraw(w, "aclTags", k->tags);
	/* Ours, beyond what the API's clients know. */
	jw_kbool(w, "preauthorized", k->preauthorized);
	jw_kbool(w, "revoked", k->revoked_ms != TIME_NONE);
	jw_kstr(w, "description", k->description);
	jw_end_obj(w);
}

static const char *
register_method_name(const char *stored)
{
	if (strcmp(stored, "authkey") == 0)
		return "REGISTER_METHOD_AUTH_KEY";
	if (strcmp(stored, "cli") == 0)
		return "REGISTER_METHOD_CLI";
	if (strcmp(stored, "oidc") == 0)
		return "REGISTER_METHOD_OIDC";
	return "REGISTER_METHOD_UNSPECIFIED";
}

void
put_addresses(struct jw *w, const char *name, const struct node *n)
{
	jw_key(w, name);
	jw_arr(w);
	if (n->ipv4 != NULL)
		jw_str(w, n->ipv4);
	if (n->ipv6 != NULL)
		jw_str(w, n->ipv6);
	jw_end_arr(w);
}

/* subnetRoutes are those in force, an exit node's default routes among them. */
static void
put_routes(struct jw *w, struct req *rq, const struct node *n)
{
	struct routes announced, approved, both;

	if (strcmp(n->routes, "[]") == 0 && strcmp(n->approved, "[]") == 0) {
		jw_kraw(w, "approvedRoutes", "[]");
		jw_kraw(w, "availableRoutes", "[]");
		jw_kraw(w, "subnetRoutes", "[]");
		return;
	}
	announced = routes_parse(rq->arena, n->routes);
	approved = routes_parse(rq->arena, n->approved);
	both = routes_both(rq->arena, &announced, &approved);

	jw_kraw(w, "approvedRoutes", routes_json(rq->arena, &approved));
	jw_kraw(w, "availableRoutes", routes_json(rq->arena, &announced));
	jw_kraw(w, "subnetRoutes", routes_json(rq->arena, &both));
}

static void
put_node_key(struct jw *w, const struct put_refs *refs, const struct node *n)
{
	const struct authkey *k = find_key(refs, n->authkey_id);

	jw_key(w, "preAuthKey");
	if (k != NULL)
		put_authkey(w, refs, k, NULL);
	else
		jw_null(w);
}

void
put_node(struct jw *w, struct req *rq, const struct put_refs *refs,
    const struct node *n)
{
	const struct user *owner = put_refs_user(refs, n->user_id);

	jw_obj(w);
	put_id(w, "id", n->id);
	jw_kstr(w, "machineKey", n->machine_key);
	jw_kstr(w, "nodeKey", n->node_key);
	jw_kstr(w, "discoKey", n->disco_key);
	put_addresses(w, "ipAddresses", n);
	jw_kstr(w, "name", n->hostname);
	jw_key(w, "user");
	put_user(w, owner ? owner : &tagged_devices, NULL);
	jw_ktime(w, "lastSeen", n->last_seen_ms);
	put_time(w, "expiry", n->expiry_ms);
	put_node_key(w, refs, n);
	jw_ktime(w, "createdAt", n->created_ms);
	jw_kstr(w, "registerMethod", register_method_name(n->register_method));
	jw_kstr(w, "givenName", n->name);
	jw_kbool(w, "online", n->online);
	put_routes(w, rq, n);
	jw_kraw(w, "tags", n->tags);
	/* Ours, beyond what the API's clients know. */
	jw_kbool(w, "expired", node_key_expired(n, rq->now_ms));
	jw_kbool(w, "ephemeral", n->ephemeral);
	jw_kstr(w, "os", n->os);
	jw_kstr(w, "clientVersion", n->client_version);
	jw_kbool(w, "authorized", !n->waits);
	jw_kbool(w, "suspended", n->suspended);
	jw_kstr(w, "clientAddress", n->client_address);
	jw_end_obj(w);
}

enum err
put_node_reply(struct req *rq, int64_t id)
{
	struct put_refs refs;
	struct node n;
	struct jw w;
	enum err e;

	if ((e = store_node_by_id(rq->db, rq->arena, id, &n)) != OK ||
	    (e = refs_of(rq, &n, &refs)) != OK)
		return e;
	api_reply(rq, &w);
	jw_key(&w, "node");
	put_node(&w, rq, &refs, &n);
	api_reply_end(&w);
	return OK;
}

void
put_login(struct jw *w, struct req *rq, const struct login *l)
{
	jv *info = json_parse(rq->arena, str_of(l->hostinfo), JSON_DEPTH_DEFAULT, NULL);

	jw_obj(w);
	jw_kstr(w, "authId", l->id);
	jw_kstr(w, "kind", "register");
	jw_kstr(w, "state", l->state);
	jw_kstr(w, "name", json_get_str(info, "Hostname", ""));
	jw_kstr(w, "os", json_get_str(info, "OS", ""));
	jw_kstr(w, "machineKey", l->machine_key);
	jw_kstr(w, "nodeKey", l->node_key);
	jw_ktime(w, "createdAt", l->created_ms);
	jw_ktime(w, "expiresAt", l->expiry_ms);
	jw_end_obj(w);
}

void
put_waiting_node(struct jw *w, const struct put_refs *refs, const struct node *n)
{
	const struct user *owner = put_refs_user(refs, n->user_id);

	jw_obj(w);
	jw_kstr(w, "kind", "device");
	jw_kstr(w, "state", "waiting");
	put_id(w, "nodeId", n->id);
	jw_kstr(w, "name", n->name);
	jw_kstr(w, "os", n->os);
	jw_kstr(w, "user", owner ? owner->name : TAGGED_USER_NAME);
	jw_kstr(w, "machineKey", n->machine_key);
	jw_kstr(w, "nodeKey", n->node_key);
	jw_ktime(w, "createdAt", n->created_ms);
	jw_end_obj(w);
}

void
put_waiting_user(struct jw *w, const struct user *u)
{
	jw_obj(w);
	jw_kstr(w, "kind", "user");
	jw_kstr(w, "state", "waiting");
	put_id(w, "userId", u->id);
	jw_kstr(w, "user", u->name);
	jw_ktime(w, "createdAt", u->created_ms);
	jw_end_obj(w);
}

/* The name of a node, "" once it is gone. */
static enum err
name_of(struct req *rq, int64_t id, const char **name)
{
	struct node n;
	enum err e = store_node_by_id(rq->db, rq->arena, id, &n);

	*name = e == OK ? n.name : "";
	return e == ERR_NOTFOUND ? OK : e;
}

enum err
put_ssh_check(struct jw *w, struct req *rq, const struct ssh_check *c)
{
	const char *src, *dst;
	enum err e;

	if ((e = name_of(rq, c->src_node, &src)) != OK ||
	    (e = name_of(rq, c->dst_node, &dst)) != OK)
		return e;
	jw_obj(w);
	jw_kstr(w, "authId", c->id);
	jw_kstr(w, "kind", "ssh");
	jw_kstr(w, "state", c->state);
	put_id(w, "sourceId", c->src_node);
	jw_kstr(w, "source", src);
	put_id(w, "destinationId", c->dst_node);
	jw_kstr(w, "destination", dst);
	jw_kstr(w, "localUser", c->local_user);
	jw_ktime(w, "createdAt", c->created_ms);
	jw_ktime(w, "expiresAt", c->expiry_ms);
	jw_end_obj(w);
	return OK;
}
