/* handlers/control/approve_net.c -- the policy in force, for questions about one device. */
#include "handlers/control/approve_net.h"

#include "lib/netmap/tags.h"

enum err
approve_net(struct req *rq, struct net **out)
{
	(void)rq;
	*out = NULL;	/* nowhere can one be set yet */
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
