/* handlers/api/policy_live.c -- the tailnet as it is, for questions about its policy. */
#include "handlers/api/policy_live.h"

#include "handlers/control/netload.h"
#include "handlers/control/policy_load.h"

enum err
policy_live_net(struct req *rq, struct net **out)
{
	*out = netload_new(rq);
	return netload(rq, *out);
}

enum err
policy_live_current(struct req *rq, struct net *t)
{
	struct policy_loaded loaded;
	enum err e = policy_load(rq, rq->arena, &loaded);

	if (e == OK)
		net_set_policy(t, loaded.policy);
	return e;
}

enum err
policy_live_context(struct req *rq, struct policy_context *out)
{
	return policy_load_context(rq, rq->arena, out);
}
