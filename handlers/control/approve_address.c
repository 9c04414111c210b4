/*
 * handlers/control/approve_address.c -- which addresses a new node gets.
 *
 * A pool (ipPool of nodeAttrs) narrows the tailnet's IPv4 prefix for the devices
 * that it means.  It is asked once: a node keeps its address whatever becomes of
 * its owner, its tags or the policy.
 */
#include "handlers/control/approve_address.h"

#include "handlers/control/approve_net.h"
#include "lib/config/config.h"
#include "lib/policy/attrs.h"
#include "lib/store/store.h"

/* The pool's part of the prefix; false if no pool means the node. */
static bool
pool_of(struct req *rq, struct net *net, const struct node *n, struct ipset *out)
{
	struct net_node device = approve_device(rq->arena, n);
	struct iprange prefix = iprange_of_prefix(rq->cfg->v4);

	if (!attrs_pool(net, &device, out))
		return false;
	*out = ipset_both(rq->arena, *out, ipset_of(rq->arena, &prefix, 1));
	return true;
}

static enum err
give(struct req *rq, enum err e, const struct ip *ip, const char **out)
{
	char text[IP_TEXT_SIZE];

	if (e == OK)
		*out = arena_strdup(rq->arena, ip_write(ip, text));
	return e;
}

static enum err
take(struct req *rq, const struct prefix *p, const char **out)
{
	struct ip ip;
	enum err e = store_address_take(rq->db, p, rq->cfg->allocation, &ip);

	if (e == ERR_TOOBIG)
		return req_fail(rq, ERR_FORBIDDEN, "failed to allocate IP: the prefix "
		    "is used up; ask your administrator for a larger one");
	return give(rq, e, &ip, out);
}

static enum err
take_from_pool(struct req *rq, struct ipset pool, const char **out)
{
	struct ip ip;
	enum err e = pool.n == 0 ? ERR_TOOBIG : store_address_take_pool(rq->db, &rq->cfg->v4,
	    pool.v, pool.n, rq->cfg->allocation, &ip);

	if (e == ERR_TOOBIG)
		return req_fail(rq, ERR_FORBIDDEN, "failed to allocate IP: the policy's "
		    "ipPool for this device is %s; ask your administrator for a larger one",
		    pool.n == 0 ? "outside the tailnet's prefix" : "used up");
	return give(rq, e, &ip, out);
}

enum err
approve_addresses(struct req *rq, struct net *net, struct node *n)
{
	bool want_v4 = rq->cfg->have_v4 && n->ipv4 == NULL;
	struct ipset pool;
	enum err e = OK;

	if (want_v4 && net != NULL && pool_of(rq, net, n, &pool))
		e = take_from_pool(rq, pool, &n->ipv4);
	else if (want_v4)
		e = take(rq, &rq->cfg->v4, &n->ipv4);
	if (e == OK && rq->cfg->have_v6 && n->ipv6 == NULL)
		e = take(rq, &rq->cfg->v6, &n->ipv6);
	return e;
}
