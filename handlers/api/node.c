/*
 * handlers/api/node.c -- /api/v1/node: registered devices, seen and ended.
 *
 * A tagged node has the pseudo user "tagged-devices" in every answer, alone or
 * in a list, and subnetRoutes are the routes in force in every answer.
 */
#include <string.h>

#include "handlers/api/api.h"
#include "handlers/api/put.h"
#include "handlers/routes.h"

/* Which nodes a list is asked for; NULL name and user < 0 are all. */
struct node_filter {
	const char *name;
	int64_t user_id;
};

static enum err
read_filter(struct req *rq, struct node_filter *f)
{
	const char *user = req_query(rq, "user");
	struct user u;
	enum err e;

	*f = (struct node_filter){ .name = req_query(rq, "name"), .user_id = -1 };
	if (user == NULL || *user == '\0')
		return OK;
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
	    (f->name == NULL || strcmp(f->name, n->name) == 0);
}

static enum err
node_list(struct req *rq)
{
	struct node_filter filter;
	struct put_refs refs;
	struct node *nodes;
	size_t n;
	struct jw w;
	enum err e;

	if ((e = read_filter(rq, &filter)) != OK ||
	    (e = put_refs_all(rq, &refs)) != OK ||
	    (e = store_nodes(rq->db, rq->arena, &nodes, &n)) != OK)
		return e;
	api_reply(rq, &w);
	jw_key(&w, "nodes");
	jw_arr(&w);
	for (size_t i = 0; i < n; i++)
		if (matches(&filter, &nodes[i]))
			put_node(&w, rq, &refs, &nodes[i]);
	jw_end_arr(&w);
	api_reply_end(&w);
	return OK;
}

const struct route route_node_list = {
	.method = HTTP_GET,
	.path = "/api/v1/node",
	.auth = AUTH_ADMIN,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = node_list,
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
	.auth = AUTH_ADMIN,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = node_get,
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
	.auth = AUTH_ADMIN,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,	/* and not looked at */
	.handle = node_delete,
};

/*
 * The new end of the key.  A time in the past becomes now: peers are told the
 * time, and 1970 would be a strange one.
 */
static enum err
read_expiry(struct req *rq, int64_t *expiry)
{
	static const struct api_field fields[] = {
		{ "expiry", JSON_STR }, { "disableExpiry", JSON_BOOL }, { NULL, 0 },
	};
	bool never;
	jv *body;
	enum err e;

	if ((e = api_body_optional(rq, fields, &body)) != OK ||
	    (e = api_get_time(rq, body, "expiry", expiry)) != OK)
		return e;
	never = json_get_bool(body, "disableExpiry", false);
	if (never && *expiry != TIME_NONE)
		return req_fail(rq, ERR_BADREQ,
		    "cannot set both disable_expiry and expiry");
	if (!never && *expiry < rq->now_ms)
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
	    (e = api_node_of_path(rq, &n)) != OK)
		return e;
	n.expiry_ms = expiry;
	e = store_node_set_expiry(rq->db, n.id, expiry,
	    node_key_expired(&n, rq->now_ms));
	return e != OK ? e : put_node_reply(rq, n.id);
}

const struct route route_node_expire = {
	.method = HTTP_POST,
	.path = "/api/v1/node/{nodeId}/expire",
	.auth = AUTH_ADMIN,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = node_expire,
};
