/* lib/policy/approve.c -- autoApprovers, route by route. */
#include "lib/policy/approve.h"

static bool
covers(const struct prefix *outer, const struct prefix *inner)
{
	return outer->ip.family == inner->ip.family && inner->bits >= outer->bits &&
	    prefix_contains(outer, &inner->ip);
}

static bool
subnet_ok(struct net *t, const struct net_node *n, const struct prefix *route)
{
	const struct policy *p = net_policy(t);

	for (size_t i = 0; i < p->n_routes; i++)
		if (covers(&p->routes[i].prefix, route) &&
		    net_selects_any(t, p->routes[i].who, n))
			return true;
	return false;
}

size_t
approve_routes(struct net *t, struct arena *a, const struct net_node *n,
    const struct prefix *announced, size_t n_announced, struct prefix **out)
{
	const struct policy *p = net_policy(t);
	size_t kept = 0;
	bool exit_ok;

	*out = NULL;
	if (!p || n_announced == 0)
		return 0;
	*out = arena_array(a, n_announced, sizeof(**out));
	exit_ok = net_selects_any(t, p->exit_node, n);
	for (size_t i = 0; i < n_announced; i++)
		if (prefix_is_default(&announced[i]) ? exit_ok : subnet_ok(t, n, &announced[i]))
			(*out)[kept++] = announced[i];
	return kept;
}
