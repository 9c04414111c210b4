/* handlers/control/approve_net.c -- the policy in force, for questions about one device. */
#include "handlers/control/approve_net.h"

#include "handlers/control/netload.h"
#include "handlers/control/policy_load.h"
#include "lib/netmap/tags.h"

static void
drop(void *net)
{
	net_free(net);
}

enum err
approve_net(struct req *rq, struct net **out)
{
	struct policy_loaded p;
	struct net *t;
	enum err e;

	*out = NULL;
	if ((e = policy_load(rq, rq->arena, &p)) != OK || p.policy == NULL)
		return e;
	t = net_new();
	arena_defer(rq->arena, drop, t);
	if ((e = netload_users(rq, t)) != OK)
		return e;
	net_set_policy(t, p.policy);
	*out = t;
	return OK;
}

struct net_node
approve_device(struct arena *a, const struct node *n)
{
	struct net_node out = {
		.id = n->id, .user_id = n->user_id, .name = n->name ? n->name : "",
	};

	if (n->ipv4 == NULL || !ip_read(str_of(n->ipv4), &out.ip4))
		out.ip4.family = 0;
	if (n->ipv6 == NULL || !ip_read(str_of(n->ipv6), &out.ip6))
		out.ip6.family = 0;
	out.tags = tags_list(a, n->tags, &out.n_tags);
	return out;
}
