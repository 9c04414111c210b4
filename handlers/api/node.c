/*
 * handlers/api/node.c -- /api/v1/node: registered devices, seen and ended.
 *
 * A tagged node has the pseudo user "tagged-devices" in every answer, alone or
 * in a list, and subnetRoutes are the routes in force in every answer.
 */
#include <string.h>

#include "handlers/api/api.h"
#include "handlers/api/node_act.h"
#include "handlers/api/put.h"
#include "handlers/api/shapes.h"
#include "handlers/routes.h"

/* Which nodes a list is asked for; NULL name and user < 0 mean any. */
struct node_filter {
	const char *name;
	int64_t user_id;
	bool waiting;
};

static enum err
read_filter(struct req *rq, struct node_filter *f)
{
	const char *user = req_query(rq, "user");
	struct user u;
	enum err e;

	*f = (struct node_filter){ .name = req_query(rq, "name"), .user_id = -1 };
	e = api_query_bool(rq, "waiting", &f->waiting);
	if (e != OK || user == NULL || *user == '\0')
		return e;
	if (strcmp(user, TAGGED_USER_NAME) == 0) {
		f->user_id = 0;
		return OK;
	}
	if ((e = api_user_by_name(rq, user, &u)) != OK)
		return e;
	f->user_id = u.id;
	return OK;
}

static bool
matches(const struct node_filter *f, const struct node *n)
{
	return (f->user_id < 0 || f->user_id == n->user_id) &&
	    (!f->waiting || n->waits) && (f->name == NULL || strcmp(f->name, n->name) == 0);
}

/* What the rows of a list share. */
struct listing {
	struct req *rq;
	struct jw w;
	struct node_filter filter;
	struct put_refs refs;
	struct arena *row;	/* of one node at a time */
};

static void
list_one(void *arg, const struct node *n)
{
	struct listing *l = arg;

	if (matches(&l->filter, n))
		put_node(&l->w, l->rq, &l->refs, n);
	arena_reset(l->row);
}

static enum err
node_list(struct req *rq)
{
	struct listing l = { .rq = rq };
	enum err e;

	if ((e = read_filter(rq, &l.filter)) != OK || (e = put_refs_all(rq, &l.refs)) != OK)
		return e;
	l.row = arena_new();
	api_reply(rq, &l.w);
	jw_key(&l.w, "nodes");
	jw_arr(&l.w);
	e = store_nodes_each_brief(rq->db, l.row, list_one, &l);
	jw_end_arr(&l.w);
	api_reply_end(&l.w);
	arena_free(l.row);
	return e;
}

static const struct api_field list_query[] = {
	{ .name = "user", .type = API_TEXT }, { .name = "name", .type = API_TEXT },
	{ .name = "waiting", .type = API_BOOL, .help = "only nodes that wait to be authorized" },
	{ .name = NULL },
};

const struct route route_node_list = {
	.method = HTTP_GET,
	.path = "/api/v1/node",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = node_list,
	.op = &(const struct api_op){
		.id = "listNodes", .tag = "Nodes", .summary = "List nodes",
		.query = list_query, .answer = &shape_node_list, .errors = "400 409",
	},
};

static enum err
node_get(struct req *rq)
{
	struct node n;
	enum err e;

	if ((e = api_node_of_path(rq, &n)) != OK)
		return e;
	return put_node_reply(rq, n.id);
}

const struct route route_node_get = {
	.method = HTTP_GET,
	.path = "/api/v1/node/{nodeId}",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = node_get,
	.op = &(const struct api_op){
		.id = "getNode", .tag = "Nodes", .summary = "Get node",
		.answer = &shape_node_reply, .errors = "400",
	},
};

static enum err
node_delete(struct req *rq)
{
	struct node n;
	enum err e;

	if ((e = api_node_of_path(rq, &n)) != OK ||
	    (e = store_node_delete(rq->db, n.id)) != OK)
		return e;
	api_reply_empty(rq);
	return OK;
}

const struct route route_node_delete = {
	.method = HTTP_DELETE,
	.path = "/api/v1/node/{nodeId}",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,	/* and not looked at */
	.handle = node_delete,
	.op = &(const struct api_op){
		.id = "deleteNode", .tag = "Nodes", .summary = "Delete node",
		.errors = "400",
	},
};

/* The new end of the key: now, unless the body says another. */
static enum err
read_expiry(struct req *rq, int64_t *expiry)
{
	bool never;
	jv *body;
	enum err e;

	if ((e = api_body(rq, &body)) != OK)
		return e;
	*expiry = api_get_time(body, "expiry");
	never = json_get_bool(body, "disableExpiry", false);
	if (never && *expiry != TIME_NONE)
		return req_fail(rq, ERR_BADREQ,
		    "cannot set both disable_expiry and expiry");
	if (!never && *expiry == TIME_NONE)
		*expiry = rq->now_ms;
	return OK;
}

static enum err
node_expire(struct req *rq)
{
	struct node n;
	int64_t expiry;
	enum err e;

	if ((e = read_expiry(rq, &expiry)) != OK ||
	    (e = api_node_of_path(rq, &n)) != OK ||
	    (e = node_act_expiry(rq, &n, expiry)) != OK)
		return e;
	return put_node_reply(rq, n.id);
}

static const struct api_field expire_fields[] = {
	{ .name = "expiry", .type = API_TIME }, { .name = "disableExpiry", .type = API_BOOL },
	{ .name = NULL },
};
static const struct api_object expire_body = { "ExpireNodeRequest", expire_fields };

const struct route route_node_expire = {
	.method = HTTP_POST,
	.path = "/api/v1/node/{nodeId}/expire",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = node_expire,
	.op = &(const struct api_op){
		.id = "expireNode", .tag = "Nodes", .summary = "Expire node",
		.body = &expire_body, .body_optional = true, .answer = &shape_node_reply, .errors = "400 415 422",
	},
};
