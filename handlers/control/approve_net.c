/*
 * handlers/control/approve_net.c -- the policy in force, for questions about one device.
 *
 * Inside a write transaction the cache is not brought up to date: that may cost
 * a comparison of two policies while everybody waits for the lock.  It need not
 * be, as long as neither the users nor the policy have changed since.
 */
#include "handlers/control/approve_net.h"

#include "handlers/control/netcache.h"
#include "handlers/control/netload.h"
#include "handlers/control/policy_load.h"
#include "lib/netmap/tags.h"
#include "lib/store/store.h"

#define BEHIND_MAX 500	/* changes that a cache may lack and still be looked at */

static void
drop(void *net)
{
	net_free(net);
}

/* A net of the users alone, for this request. */
static enum err
load(struct req *rq, struct net **out)
{
	struct policy_loaded p;
	enum err e = policy_load(rq, rq->arena, &p);

	if (e != OK || p.policy == NULL)
		return e;
	*out = net_new();
	arena_defer(rq->arena, drop, *out);
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
	struct change *v;
	size_t n;
	enum err e;

	*current = false;
	if (rq->cache == NULL || netcache_seq(rq->cache) < 0)
		return OK;
	e = store_changes_since(rq->db, rq->arena, netcache_seq(rq->cache), BEHIND_MAX, &v, &n);
	if (e != OK)
		return e == ERR_TOOBIG ? OK : e;
	*current = user_id == 0 || net_user(netcache_net(rq->cache), user_id) != NULL;
	for (size_t i = 0; i < n; i++)
		*current &= v[i].kind != CHANGE_USER && v[i].kind != CHANGE_POLICY;
	return OK;
}

enum err
approve_net(struct req *rq, int64_t user_id, struct net **out)
{
	struct policy_version *v;
	bool current;
	size_t n;
	enum err e;

	*out = NULL;
	if ((e = store_policies(rq->db, rq->arena, 1, &v, &n)) != OK || n == 0 ||
	    (e = cache_is_current(rq, user_id, &current)) != OK)
		return e;
	if (!current)
		return load(rq, out);
	if (net_policy(netcache_net(rq->cache)) != NULL)
		*out = netcache_net(rq->cache);
	return OK;
}

enum err
approve_warm(struct req *rq)
{
	enum err e;

	if (rq->cache == NULL || netcache_seq(rq->cache) < 0 ||
	    net_policy(netcache_net(rq->cache)) == NULL)
		return OK;
	if ((e = db_begin_read(rq->db)) == OK)
		e = netcache_sync(rq);
	db_rollback(rq->db);
	return e;
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
