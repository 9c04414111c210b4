/*
 * handlers/api/node_set.c -- /api/v1/node/{nodeId}/…: name, owner, address, approval, routes.
 *
 * Of rename, tags, user, ip the last two are ours: giving a node to another
 * user and choosing its address otherwise need an edit of the database.
 */
#include "handlers/api/api.h"
#include "handlers/api/node_act.h"
#include "handlers/api/put.h"
#include "handlers/api/shapes.h"
#include "handlers/routes.h"

static enum err
node_rename(struct req *rq)
{
	struct node n;
	enum err e;

	if ((e = api_node_of_path(rq, &n)) != OK ||
	    (e = node_act_rename(rq, &n, req_var(rq, "newName"), "path.newName")) != OK)
		return e;
	return put_node_reply(rq, n.id);
}

const struct route route_node_rename = {
	.method = HTTP_POST,
	.path = "/api/v1/node/{nodeId}/rename/{newName}",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = node_rename,
	.op = &(const struct api_op){
		.id = "renameNode", .tag = "Nodes", .summary = "Rename node",
		.answer = &shape_node_reply, .errors = "400 409",
	},
};

static enum err
node_tags(struct req *rq)
{
	struct node n;
	jv *body;
	enum err e;

	if ((e = api_body(rq, &body)) != OK || (e = api_node_of_path(rq, &n)) != OK ||
	    (e = node_act_tags(rq, &n, body)) != OK)
		return e;
	return put_node_reply(rq, n.id);
}

static const struct api_field tags_fields[] = {
	{ .name = "tags", .type = API_LIST, .item = API_TEXT, .example = "[\"tag:web\"]" },
	{ .name = NULL },
};
static const struct api_object tags_body = { "SetTagsRequest", tags_fields };

const struct route route_node_tags = {
	.method = HTTP_POST,
	.path = "/api/v1/node/{nodeId}/tags",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE,
	.txn = TXN_WRITE,
	.body_max = API_LIST_BODY_MAX,
	.handle = node_tags,
	.op = &(const struct api_op){
		.id = "setTags", .tag = "Nodes", .summary = "Set tags",
		.body = &tags_body, .answer = &shape_node_reply, .errors = "400 409 415 422",
	},
};

static enum err
node_user(struct req *rq)
{
	struct node n;
	jv *body;
	enum err e;

	if ((e = api_body(rq, &body)) != OK || (e = api_node_of_path(rq, &n)) != OK ||
	    (e = node_act_user(rq, &n, api_get_id(body, "user"))) != OK)
		return e;
	return put_node_reply(rq, n.id);
}

static const struct api_field user_fields[] = {
	{ .name = "user", .type = API_ID, .flags = API_MUST },
	{ .name = NULL },
};
static const struct api_object user_body = { "SetUserRequest", user_fields };

const struct route route_node_user = {
	.method = HTTP_POST,
	.path = "/api/v1/node/{nodeId}/user",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = node_user,
	.op = &(const struct api_op){
		.id = "setUser", .tag = "Nodes", .summary = "Give a node to a user",
		.body = &user_body, .answer = &shape_node_reply, .errors = "400 409 415 422",
	},
};

static enum err
node_ip(struct req *rq)
{
	struct node n;
	jv *body;
	enum err e;

	if ((e = api_body(rq, &body)) != OK || (e = api_node_of_path(rq, &n)) != OK ||
	    (e = node_act_ip(rq, &n, json_get_str(body, "ip", ""), "body.ip")) != OK)
		return e;
	return put_node_reply(rq, n.id);
}

static const struct api_field ip_fields[] = {
	{ .name = "ip", .type = API_TEXT, .flags = API_MUST, .example = "\"100.64.0.7\"" },
	{ .name = NULL },
};
static const struct api_object ip_body = { "SetIpRequest", ip_fields };

const struct route route_node_ip = {
	.method = HTTP_POST,
	.path = "/api/v1/node/{nodeId}/ip",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = node_ip,
	.op = &(const struct api_op){
		.id = "setIp", .tag = "Nodes", .summary = "Set the address of a node",
		.body = &ip_body, .answer = &shape_node_reply, .errors = "400 409 415 422",
	},
};

/* False makes it wait (again), as one does that has just come. */
static enum err
node_authorize(struct req *rq)
{
	struct node n;
	jv *body;
	enum err e;

	if ((e = api_body(rq, &body)) != OK || (e = api_node_of_path(rq, &n)) != OK ||
	    (e = store_node_set_authorized(rq->db, n.id,
	    json_get_bool(body, "authorized", false))) != OK)
		return e;
	return put_node_reply(rq, n.id);
}

static const struct api_field authorize_fields[] = {
	{ .name = "authorized", .type = API_BOOL, .flags = API_MUST },
	{ .name = NULL },
};
static const struct api_object authorize_body = { "AuthorizeNodeRequest", authorize_fields };

const struct route route_node_authorize = {
	.method = HTTP_POST,
	.path = "/api/v1/node/{nodeId}/authorize",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = node_authorize,
	.op = &(const struct api_op){
		.id = "authorizeNode", .tag = "Nodes", .summary = "Let in a node that waits, or make it wait",
		.body = &authorize_body, .answer = &shape_node_reply, .errors = "400 415 422",
	},
};

static enum err
node_approve_routes(struct req *rq)
{
	struct node n;
	jv *body;
	enum err e;

	if ((e = api_body(rq, &body)) != OK || (e = api_node_of_path(rq, &n)) != OK ||
	    (e = node_act_routes(rq, &n, body)) != OK)
		return e;
	return put_node_reply(rq, n.id);
}

static const struct api_field routes_fields[] = {
	{ .name = "routes", .type = API_LIST, .item = API_TEXT, .example = "[\"10.0.0.0/8\"]" },
	{ .name = NULL },
};
static const struct api_object routes_body = { "SetApprovedRoutesRequest", routes_fields };

const struct route route_node_approve_routes = {
	.method = HTTP_POST,
	.path = "/api/v1/node/{nodeId}/approve_routes",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_ROUTES,
	.txn = TXN_WRITE,
	.body_max = API_LIST_BODY_MAX,
	.handle = node_approve_routes,
	.op = &(const struct api_op){
		.id = "setApprovedRoutes", .tag = "Nodes", .summary = "Set approved routes",
		.body = &routes_body, .answer = &shape_node_reply, .errors = "400 415 422",
	},
};
