/*
 * handlers/control/netload.h -- rows of the database as what the policy engine takes.
 *
 * A control worker keeps a net and brings it up to date (netcache.h).  Whoever
 * asks once (a preview, an explanation, an enrolment) loads one for the request.
 */
#ifndef HANDLERS_CONTROL_NETLOAD_H
#define HANDLERS_CONTROL_NETLOAD_H

#include "lib/http/req.h"
#include "lib/model/model.h"
#include "lib/policy/net.h"

/*
 * A node with the routes that are in force, those that go to it, and its custom
 * attributes.  'posture' is what its Hostinfo says, if that has been read before,
 * else NULL.  What 'out'
 * points to is in 'a', in 'n' or in 'posture'.  Inside a transaction.
 */
must_check enum err netload_node(struct req *rq, struct arena *a, const struct node *n,
    const struct net_posture *posture, struct net_node *out);

/* What a node's Hostinfo says of it; text in 'a'. */
void netload_posture(struct arena *a, const struct node *n, struct net_posture *out);

/* All users into the net, in place of those that it had. */
must_check enum err netload_users(struct req *rq, struct net *t);

/* An empty net, which goes when the request ends. */
struct net *netload_new(struct req *rq);

/*
 * All users and nodes of the database into the net, without those that are not
 * admitted: no rule speaks of them.  Inside a transaction.
 */
must_check enum err netload(struct req *rq, struct net *t);

#endif
