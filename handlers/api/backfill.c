/*
 * handlers/api/backfill.c -- /api/v1/node/backfillips: addresses of a family that was
 * switched on or off after devices had come.
 *
 * A node keeps the address that it has, even one outside the prefix that is
 * configured now: whoever changes prefixes says which nodes shall move
 * (/api/v1/node/{nodeId}/ip).
 */
#include <inttypes.h>
#include <string.h>

#include "handlers/api/api.h"
#include "handlers/api/shapes.h"
#include "handlers/control/approve_address.h"
#include "handlers/control/approve_net.h"
#include "handlers/routes.h"
#include "lib/config/config.h"

/* What one pass over the nodes finds; they are changed after it. */
struct wanting {
	struct req *rq;
	struct arena *row;	/* of one node at a time */
	int64_t *ids;
	size_t n, room;
};

static void
note_wanting(void *arg, const struct node *n)
{
	struct wanting *v = arg;
	const struct config *cfg = v->rq->cfg;

	if ((n->ipv4 != NULL) != cfg->have_v4 || (n->ipv6 != NULL) != cfg->have_v6) {
		v->ids = arena_room(v->rq->arena, v->ids, v->n, &v->room, sizeof(*v->ids));
		v->ids[v->n++] = n->id;
	}
	arena_reset(v->row);
}

/* One family of one node, as it was and is: a line if that differs. */
static void
say(struct jw *w, struct arena *a, const struct node *n, const char *family, const char *was,
    const char *is)
{
	if ((was == NULL) == (is == NULL))
		return;
	jw_str(w, arena_printf(a, is != NULL ? "assigned %s \"%s\" to Node(%" PRId64 ") \"%s\"" :
	    "removing %s \"%s\" from Node(%" PRId64 ") \"%s\"", family,
	    is != NULL ? is : was, n->id, n->name));
}

static enum err
fill(struct req *rq, struct net *net, int64_t id, struct arena *row, struct jw *w)
{
	struct node was, is;
	enum err e = store_node_by_id(rq->db, row, id, &was);

	if (e != OK)
		return e;
	is = was;
	if (!rq->cfg->have_v4)
		is.ipv4 = NULL;
	if (!rq->cfg->have_v6)
		is.ipv6 = NULL;
	e = approve_addresses(rq, net, &is);
	if (e == ERR_FORBIDDEN)
		return req_fail(rq, ERR_CONFLICT, "node %" PRId64 " \"%s\": %s; no node was changed",
		    id, was.name, arena_strdup(rq->arena, rq->errmsg));
	if (e != OK || (e = store_node_set_addresses(rq->db, id, is.ipv4, is.ipv6)) != OK)
		return e;
	say(w, row, &is, "IPv4", was.ipv4, is.ipv4);
	say(w, row, &is, "IPv6", was.ipv6, is.ipv6);
	return OK;
}

static enum err
fill_all(struct req *rq, struct wanting *v, struct jw *w)
{
	struct net *net;
	enum err e;

	if ((e = store_nodes_each_brief(rq->db, v->row, note_wanting, v)) != OK ||
	    (e = approve_net(rq, 0, &net)) != OK)
		return e;
	for (size_t i = 0; e == OK && i < v->n; i++) {
		e = fill(rq, net, v->ids[i], v->row, w);
		arena_reset(v->row);
	}
	return e;
}

static enum err
node_backfill(struct req *rq)
{
	struct wanting v = { .rq = rq };
	bool confirmed;
	struct jw w;
	enum err e;

	if ((e = api_query_bool(rq, "confirmed", &confirmed)) != OK)
		return e;
	if (!confirmed)
		return req_fail_at(rq, ERR_BADREQ, "query.confirmed", "not confirmed, aborting");
	v.row = arena_new();
	api_reply(rq, &w);
	jw_key(&w, "changes");
	jw_arr(&w);
	e = fill_all(rq, &v, &w);
	jw_end_arr(&w);
	api_reply_end(&w);
	arena_free(v.row);
	return e;
}

static const struct api_field backfill_query[] = {
	{ .name = "confirmed", .type = API_BOOL, .help = "true: the caller means it" },
	{ .name = NULL },
};

const struct route route_node_backfill = {
	.method = HTTP_POST,
	.path = "/api/v1/node/backfillips",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,	/* and not looked at */
	.handle = node_backfill,
	.op = &(const struct api_op){
		.id = "backfillNodeIPs", .tag = "Nodes", .summary = "Backfill node IPs",
		.help = "Gives every node an address of each family that is configured, and takes away "
		    "those of a family that is not.",
		.query = backfill_query, .answer = &shape_backfill, .errors = "400 409",
	},
};
