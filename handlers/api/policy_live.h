/* handlers/api/policy_live.h -- the tailnet as it is, for questions about its policy. */
#ifndef HANDLERS_API_POLICY_LIVE_H
#define HANDLERS_API_POLICY_LIVE_H

#include "lib/http/req.h"
#include "lib/policy/net.h"

/*
 * All users and nodes, with no policy yet; freed when the request ends.  Inside
 * a transaction.
 */
must_check enum err policy_live_net(struct req *rq, struct net **out);

/* Puts the policy that is in force now into a net. */
must_check enum err policy_live_current(struct req *rq, struct net *t);

/* What a policy of this tailnet may refer to. */
must_check enum err policy_live_context(struct req *rq, struct policy_context *out);

#endif
