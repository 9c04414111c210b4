/*
 * lib/policy/approve.h -- autoApprovers: which announced routes need no approval by hand.
 *
 * It is asked when a node announces routes, or comes to other tags or another
 * owner; what was approved once stays approved.
 */
#ifndef LIB_POLICY_APPROVE_H
#define LIB_POLICY_APPROVE_H

#include "lib/policy/net.h"

/*
 * Those of the announced routes that the policy approves for this node, by its
 * owner or its tags; returns how many, in the order announced.  *out is in the
 * arena.  The node need not be in the net.
 *
 * A subnet is approved by an entry whose prefix is the same or contains it, so
 * 0.0.0.0/0 approves all IPv4 subnets.  A default route is never approved so:
 * only 'exitNode' does, and for both families.
 */
size_t approve_routes(struct net *t, struct arena *a, const struct net_node *n,
    const struct prefix *announced, size_t n_announced, struct prefix **out);

#endif
