/*
 * handlers/control/approve_net.h -- the policy in force, for questions about one device.
 *
 * A control worker has a net of the whole tailnet in its cache.  Elsewhere only
 * the users are loaded: whom tagOwners, autoApprovers and ipPool mean is decided
 * by the device's own tags and owner.
 */
#ifndef HANDLERS_CONTROL_APPROVE_NET_H
#define HANDLERS_CONTROL_APPROVE_NET_H

#include "lib/http/req.h"
#include "lib/model/model.h"
#include "lib/policy/net.h"

/*
 * *out is NULL if no policy is in force.  It is good until the request ends.
 * Ask before anything else is written in this transaction: what is not
 * committed yet must not get into the cache.
 */
must_check enum err approve_net(struct req *rq, struct net **out);

/* A node's row as a policy sees a device that need not be in the net. */
struct net_node approve_device(struct arena *a, const struct node *n);

#endif
