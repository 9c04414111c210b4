/*
 * handlers/control/approve_node.h -- routes and exit nodes that the policy approves (autoApprovers).
 *
 * It only adds: what was approved, by a policy or by hand, stays so until
 * somebody takes it back by hand.
 */
#ifndef HANDLERS_CONTROL_APPROVE_NODE_H
#define HANDLERS_CONTROL_APPROVE_NODE_H

#include "lib/http/req.h"
#include "lib/model/model.h"
#include "lib/policy/net.h"

/*
 * Adds to n->approved what the policy approves of n->routes; the caller writes
 * the row.  Costs nothing without a policy (NULL) or without routes to approve.
 */
void approve_node(struct req *rq, struct net *net, struct node *n);

/*
 * The same for all nodes that announce routes, and writes their rows; inside a
 * write transaction, when the policy in 'net' comes into force.
 */
must_check enum err approve_all(struct req *rq, struct net *net);

/* The same for one node whose row has just changed its owner or its tags. */
must_check enum err approve_changed(struct req *rq, struct net *net, int64_t node_id);

#endif
