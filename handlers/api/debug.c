/*
 * handlers/api/debug.c -- /api/v1/debug/node: a login that waits, as a client would have
 * made it.
 *
 * For scripts and tests that want a node without a client: `auth register` with
 * the same id completes it.  Nobody has the private halves of its keys, so
 * nothing can ever connect as this node.
 */
#include "handlers/api/api.h"
#include "handlers/api/node_act.h"
#include "handlers/api/put.h"
#include "handlers/api/shapes.h"
#include "handlers/control/logins.h"
#include "handlers/routes.h"
#include "lib/config/config.h"
#include "lib/crypto/key.h"
#include "lib/netmap/hostinfo.h"

static const char *
new_key(struct req *rq, const char *prefix)
{
	char text[KEY_TEXT_SIZE];
	struct key32 private, public;

	key_generate(&private);
	key_public(&private, &public);
	key_wipe(&private);
	return arena_strdup(rq->arena, key_write(&public, prefix, text));
}

static const char *
hostinfo_of(struct req *rq, const struct node *n)
{
	struct buf out;
	struct jw w;
	const char *text;

	buf_init(&out, HOSTINFO_MAX);
	jw_init(&w, &out);
	jw_obj(&w);
	jw_kstr(&w, "Hostname", n->hostname);
	jw_kstr(&w, "OS", n->os);
	jw_kraw(&w, "RoutableIPs", n->routes);
	jw_end_obj(&w);
	text = arena_strndup(rq->arena, (const char *)out.p, out.n);
	buf_fini(&out);
	return text;
}

static enum err
add_login(struct req *rq, const char *id, const struct node *n)
{
	struct login l = {
		.id = id, .machine_key = n->machine_key, .node_key = n->node_key,
		.old_node_key = "", .nl_key = "", .hostinfo = hostinfo_of(rq, n),
		.want_expiry_ms = TIME_NONE, .state = "waiting",
		.created_ms = rq->now_ms, .expiry_ms = rq->now_ms + rq->cfg->login_timeout_ms,
	};
	enum err e = logins_add(rq, &l);

	if (e == ERR_CONFLICT)
		return req_fail_at(rq, e, "body.key", "auth session %s exists already", id);
	return e;
}

/* The node that it will be; it has no id yet. */
static enum err
reply(struct req *rq, const struct node *n, struct user *u)
{
	struct put_refs refs = { .users = u, .n_users = 1 };
	struct jw w;

	api_reply(rq, &w);
	jw_key(&w, "node");
	put_node(&w, rq, &refs, n);
	api_reply_end(&w);
	return OK;
}

static enum err
debug_node(struct req *rq)
{
	struct node n;
	const char *id;
	struct user u;
	jv *body;
	enum err e;

	if ((e = api_body(rq, &body)) != OK)
		return e;
	id = json_get_str(body, "key", "");
	n = (struct node){
		.machine_key = new_key(rq, MKEY_PREFIX), .node_key = new_key(rq, NODEKEY_PREFIX),
		.disco_key = "", .name = "", .hostname = json_get_str(body, "name", ""),
		.os = "TestOS", .client_version = "", .client_address = "",
		.tags = "[]", .approved = "[]", .register_method = "", .expiry_ms = TIME_NONE,
		.created_ms = rq->now_ms, .last_seen_ms = rq->now_ms,
	};
	if ((e = api_check_login_id(rq, id, "body.key")) != OK ||
	    (e = api_user_by_name(rq, json_get_str(body, "user", ""), &u)) != OK ||
	    (e = node_act_route_list(rq, body, &n.routes)) != OK ||
	    (e = add_login(rq, id, &n)) != OK)
		return e;
	n.user_id = u.id;
	return reply(rq, &n, &u);
}

static const struct api_field debug_fields[] = {
	{ .name = "user", .type = API_TEXT, .help = "name of a user", .example = "\"alice\"" },
	{ .name = "key", .type = API_TEXT,
	  .help = "the id that the login shall have: hskey-authreq- and 24 characters",
	  .example = "\"hskey-authreq-0123456789abcdef01234567\"" },
	{ .name = "name", .type = API_TEXT, .max = HOSTINFO_HOSTNAME_MAX, .example = "\"laptop\"" },
	{ .name = "routes", .type = API_LIST, .item = API_TEXT, .example = "[\"10.0.0.0/8\"]" },
	{ .name = NULL },
};
static const struct api_object debug_body = { "DebugCreateNodeRequest", debug_fields };

const struct route route_debug_node = {
	.method = HTTP_POST,
	.path = "/api/v1/debug/node",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE,
	.txn = TXN_WRITE,
	.body_max = API_LIST_BODY_MAX,
	.handle = debug_node,
	.op = &(const struct api_op){
		.id = "debugCreateNode", .tag = "Nodes", .summary = "Debug create node",
		.help = "Makes a login that waits, for a device that does not exist.",
		.body = &debug_body, .answer = &shape_node_reply, .errors = "400 409 415 422",
	},
};
