/*
 * handlers/control/approve_node.c -- routes and exit nodes that the policy approves.
 *
 * An approved default route brings the other one along, as by hand.
 */
#include "handlers/control/approve_node.h"

#include <string.h>

#include "handlers/control/approve_net.h"
#include "lib/base/log.h"
#include "lib/netmap/routes.h"
#include "lib/policy/approve.h"
#include "lib/store/store.h"

/* The announced routes that nobody has approved yet. */
static struct routes
waiting(struct req *rq, const struct node *n, const struct routes *approved)
{
	struct routes announced = routes_parse(rq->arena, n->routes);
	size_t kept = 0;

	for (size_t i = 0; i < announced.n; i++)
		if (!routes_has(approved, &announced.v[i]))
			announced.v[kept++] = announced.v[i];
	announced.n = kept;
	return announced;
}

void
approve_node(struct req *rq, struct net *net, struct node *n)
{
	struct routes approved, wait, more = { 0 };
	struct net_node device;

	if (net == NULL || strcmp(n->routes, "[]") == 0)
		return;
	approved = routes_parse(rq->arena, n->approved);
	wait = waiting(rq, n, &approved);
	if (wait.n == 0)
		return;
	device = approve_device(rq->arena, n);
	more.n = approve_routes(net, rq->arena, &device, wait.v, wait.n, &more.v);
	if (more.n == 0)
		return;
	approved = routes_union(rq->arena, &approved, &more);
	routes_pair_defaults(rq->arena, &approved);
	if (approved.n > ROUTES_MAX) {	/* a device that announces ever new ones */
		log_warn("node %lld has more than %d approved routes: no more by policy",
		    (long long)n->id, ROUTES_MAX);
		return;
	}
	n->approved = routes_json(rq->arena, &approved);
}

static enum err
approve_row(struct req *rq, struct net *net, struct node *n)
{
	const char *before = n->approved;

	approve_node(rq, net, n);
	if (n->approved == before)
		return OK;
	log_info("node %lld (%s): routes approved by policy", (long long)n->id, n->name);
	return store_node_set_approved(rq->db, n->id, n->approved);
}

enum err
approve_all(struct req *rq, struct net *net)
{
	const struct policy *p = net ? net_policy(net) : NULL;
	struct node *v;
	size_t n;
	enum err e;

	if (p == NULL || (p->n_routes == 0 && p->exit_node.n == 0))
		return OK;
	e = store_nodes_announcing(rq->db, rq->arena, &v, &n);
	for (size_t i = 0; e == OK && i < n; i++)
		e = approve_row(rq, net, &v[i]);
	return e;
}

enum err
approve_changed(struct req *rq, struct net *net, int64_t node_id)
{
	struct node n;
	enum err e;

	if (net == NULL)
		return OK;
	e = store_node_by_id(rq->db, rq->arena, node_id, &n);
	return e != OK ? e : approve_row(rq, net, &n);
}
