/*
 * handlers/control/approve_net.c -- the policy in force, for questions about one device.
 *
 * The cache is not brought up to date for it: that may cost what every node is
 * given, and would be paid at each registration, with the lock for writing held,
 * rather than once for many.  It need not be, as long as neither the policy nor
 * the users have changed since.
 */
#include "handlers/control/approve_net.h"

#include "handlers/control/netcache.h"
#include "handlers/control/netload.h"
#include "handlers/control/policy_load.h"
#include "lib/config/config.h"
#include "lib/netmap/tags.h"
#include "lib/store/store.h"

/* A net of the users alone, for this request. */
static enum err
load(struct req *rq, struct net **out)
{
	struct policy_loaded p;
	enum err e = policy_load(rq, rq->arena, &p);

	if (e != OK || p.policy == NULL)
		return e;
	*out = netload_new(rq);
	if ((e = netload_users(rq, *out)) == OK)
		net_set_policy(*out, p.policy);
	return e;
}

/*
 * Does the cache know the policy and the user as they are now?  A user who has
 * just been made is no change that a cache hears of.
 */
static enum err
cache_is_current(struct req *rq, int64_t user_id, bool *current)
{
	int64_t seq = rq->cache ? netcache_seq(rq->cache) : -1;
	bool policy, users;
	enum err e;

	*current = false;
	if (seq < 0 || (user_id != 0 && net_user(netcache_net(rq->cache), user_id) == NULL))
		return OK;
	if ((e = store_changes_have(rq->db, seq, CHANGE_POLICY, &policy)) != OK ||
	    (e = store_changes_have(rq->db, seq, CHANGE_USER, &users)) != OK)
		return e;
	*current = !policy && !users;
	return OK;
}

enum err
approve_net(struct req *rq, int64_t user_id, struct net **out)
{
	int64_t newest;
	bool current;
	enum err e;

	*out = NULL;
	if ((e = store_policy_last(rq->db, &newest)) != OK ||
	    (newest == 0 && rq->cfg->policy_mode == POLICY_DATABASE) ||
	    (e = cache_is_current(rq, user_id, &current)) != OK)
		return e;
	if (!current)
		return load(rq, out);
	if (net_policy(netcache_net(rq->cache)) != NULL)
		*out = netcache_net(rq->cache);
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
