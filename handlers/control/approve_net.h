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
 * For a device of this user (0: a tagged one).  *out is NULL if no policy is in
 * force; it is good until the request ends.  Inside a transaction; one query if
 * there is no policy.
 */
must_check enum err approve_net(struct req *rq, int64_t user_id, struct net **out);

/* A node's row as a policy sees a device that need not be in the net. */
struct net_node approve_device(struct arena *a, const struct node *n);

#endif
