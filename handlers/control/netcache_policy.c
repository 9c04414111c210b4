/*
 * handlers/control/netcache_policy.c -- the policy in force, and what changes with it.
 *
 * Of every node a hash of what the policy gives it is kept (struct facts), so
 * that a change reaches those for whom it is one and nobody else.
 */
#include <stdlib.h>
#include <string.h>

#include "handlers/control/netcache_impl.h"
#include "handlers/control/netload.h"
#include "handlers/control/policy_load.h"
#include "lib/base/log.h"
#include "lib/policy/ssh.h"
#include "lib/store/store.h"

/* ---- facts ---- */

static uint64_t
filter_hash(struct net *t, int64_t id, struct buf *text)
{
	if (net_policy(t) == NULL)
		return 1;	/* the same for everybody */
	buf_clear(text);
	net_filter_digest(t, id, text);
	return netcache_hash(0, text->p, text->n);
}

static uint64_t
ssh_hash(struct req *rq, struct net *t, int64_t id, struct buf *text)
{
	buf_clear(text);
	if (net_policy(t) == NULL || !ssh_policy_json(t, id, rq->cfg->url, text))
		return 0;
	return netcache_hash(0, text->p, text->n);
}

static uint64_t
caps_hash(struct req *rq, struct net *t, const struct net_node *n, struct buf *text)
{
	struct attrs_base base = netcache_caps(rq);
	struct jw w;

	buf_clear(text);
	jw_init(&w, text);
	jw_obj(&w);
	attrs_self_json(t, n, &base, &w);
	jw_end_obj(&w);
	return netcache_hash(0, text->p, text->n);
}

static struct facts
facts_of(struct req *rq, struct net *t, const struct net_node *n, struct buf *text)
{
	return (struct facts){
		.filter = filter_hash(t, n->id, text), .ssh = ssh_hash(rq, t, n->id, text),
		.caps = caps_hash(rq, t, n, text), .no_ipv4 = !attrs_ipv4_shown(t, n, n),
	};
}

struct netcache_alike
netcache_alike(struct netcache *c, int64_t node)
{
	const struct facts *f;

	if (netcache_find(c, node) == NULL)
		return (struct netcache_alike){ 0, 0 };
	f = netcache_facts(c, node);
	return (struct netcache_alike){ f->filter, f->ssh };
}

/* Takes over what is new; says in the step what that is. */
static void
learn(struct netcache *c, int64_t id, const struct facts *now, struct step *s)
{
	struct facts *was = netcache_facts(c, id);

	if (was->filter != now->filter)
		netcache_list_add(&s->filters, id);
	if (was->ssh != now->ssh)
		netcache_list_add(&s->ssh, id);
	if (was->caps != now->caps)
		netcache_list_add(&s->selves, id);
	*was = (struct facts){ now->filter, now->ssh, now->caps, was->no_ipv4 };
}

void
netcache_settle(struct req *rq, struct step *s)
{
	struct netcache *c = rq->cache;
	size_t n_touched, n_moved;
	int64_t *touched, *moved;
	struct facts now;
	struct buf text;

	buf_init(&text, MAP_BYTES_MAX);
	n_touched = net_take_touched(c->net, rq->arena, &touched);
	for (size_t i = 0; i < n_touched; i++) {
		now = *netcache_facts(c, touched[i]);
		now.filter = filter_hash(c->net, touched[i], &text);
		now.ssh = ssh_hash(rq, c->net, touched[i], &text);
		learn(c, touched[i], &now, s);
	}
	n_moved = net_take_moved(c->net, rq->arena, &moved);
	for (size_t i = 0; i < n_moved; i++) {
		now = *netcache_facts(c, moved[i]);
		now.caps = caps_hash(rq, c->net, net_node(c->net, moved[i]), &text);
		learn(c, moved[i], &now, s);
		netcache_list_add(&s->moved, moved[i]);
	}
	buf_fini(&text);
}

/* ---- the policy ---- */

static enum err
read_policy(struct req *rq, struct arena *a, struct policy **out)
{
	struct policy_loaded loaded;
	enum err e = policy_load(rq, a, &loaded);

	*out = e == OK ? loaded.policy : NULL;
	return e;
}

/* A node whose IPv4 address comes or goes has another text for everybody. */
static enum err
render_again(struct req *rq, int64_t id)
{
	struct node n;
	enum err e = store_node_by_id(rq->db, rq->cache->scratch, id, &n);

	if (e == OK)
		(void)netcache_render(rq, &n);
	arena_reset(rq->cache->scratch);
	return e == ERR_NOTFOUND ? OK : e;
}

struct walk {
	struct req *rq;
	struct net *next;
	struct step *s;
	struct arena *a;	/* of one node at a time */
	struct buf text;
	struct netcache_list again;	/* to be rendered once more */
};

static void
walk_begin(struct walk *w, struct req *rq, struct net *next, struct step *s)
{
	*w = (struct walk){ .rq = rq, .next = next, .s = s, .a = arena_new() };
	buf_init(&w->text, MAP_BYTES_MAX);
}

/* With the net in its place: those whose text has changed. */
static enum err
walk_end(struct walk *w)
{
	enum err e = OK;

	for (size_t i = 0; e == OK && i < w->again.n; i++)
		e = render_again(w->rq, w->again.v[i]);
	free(w->again.v);
	buf_fini(&w->text);
	arena_free(w->a);
	return e;
}

static void
know(void *arg, const struct net_node *n)
{
	struct walk *w = arg;
	struct facts *f = netcache_facts(w->rq->cache, n->id);
	bool was = f->no_ipv4;

	*f = facts_of(w->rq, w->next, n, &w->text);
	if (f->no_ipv4 != was)
		netcache_list_add(&w->again, n->id);
	f->no_ipv4 = was;
}

enum err
netcache_load_policy(struct req *rq)
{
	struct netcache *c = rq->cache;
	struct policy *p;
	struct walk w;
	int64_t *unused;
	enum err e;

	arena_reset(c->policy);
	if ((e = read_policy(rq, c->policy, &p)) != OK)
		return e;
	net_set_policy(c->net, p);
	walk_begin(&w, rq, c->net, NULL);
	net_each(c->net, know, &w);
	e = walk_end(&w);
	(void)net_take_touched(c->net, rq->arena, &unused);
	(void)net_take_moved(c->net, rq->arena, &unused);
	return e;
}

/* ---- another net in place of the first ---- */

static void
copy_node(void *arg, const struct net_node *n)
{
	net_set_node(arg, n);
}

static bool
user_same(const struct net_user *a, const struct net_user *b)
{
	return a->role == b->role && a->passkey == b->passkey &&
	    strcmp(a->name, b->name) == 0 && strcmp(a->email, b->email) == 0 &&
	    strcmp(a->provider_id, b->provider_id) == 0;
}

/* Are all users of the first there in the second, and as they were? */
static bool
users_same(const struct net *was, const struct net *is)
{
	size_t n;
	const struct net_user *v = net_users(was, &n);

	for (size_t i = 0; i < n; i++) {
		const struct net_user *u = net_user(is, v[i].id);
		if (u != NULL && !user_same(&v[i], u))
			return false;
	}
	return true;
}

static void
compare_node(void *arg, const struct net_node *n)
{
	struct walk *w = arg;
	struct netcache *c = w->rq->cache;
	struct facts now = facts_of(w->rq, w->next, n, &w->text);
	struct sight before, after;

	if (now.no_ipv4 != netcache_facts(c, n->id)->no_ipv4) {
		netcache_list_add(&w->again, n->id);
		netcache_list_add(&w->s->moved, n->id);
		netcache_list_add(&w->s->refreshed, n->id);
	}
	learn(c, n->id, &now, w->s);
	if (net_all_visible(c->net) && net_all_visible(w->next))
		return;
	netcache_sight(c, c->net, w->a, n->id, &before);
	netcache_sight(c, w->next, w->a, n->id, &after);
	netcache_compare(n->id, &before, &after, w->s);
	arena_reset(w->a);
}

static const char *
relays_of(const struct net *t)
{
	const struct policy *p = net_policy(t);

	return p != NULL && p->derp_map != NULL ? p->derp_map : "";
}

/* 'next' has its users and its policy, which is in 'a' (NULL: as before). */
static enum err
replace(struct req *rq, struct net *next, struct policy *p, struct arena *a, struct step *s)
{
	struct netcache *c = rq->cache;
	struct walk w;

	net_each(c->net, copy_node, next);
	net_set_policy(next, p);
	walk_begin(&w, rq, next, s);
	net_each(next, compare_node, &w);
	s->derpmap |= strcmp(relays_of(c->net), relays_of(next)) != 0;
	net_free(c->net);
	c->net = next;
	c->tail.fresh = c->tail.z_fresh = false;
	if (a != NULL) {
		arena_free(c->policy);
		c->policy = a;
	}
	return walk_end(&w);
}

enum err
netcache_replace_net(struct req *rq, bool policy, struct step *s)
{
	struct net *next = net_new();
	struct arena *a = policy ? arena_new() : NULL;
	struct policy *p = net_policy(rq->cache->net);
	enum err e = netload_users(rq, next);

	if (e == OK && policy)
		e = read_policy(rq, a, &p);
	if (e == OK && (policy || !users_same(rq->cache->net, next)))
		return replace(rq, next, p, a, s);
	net_free(next);
	if (a != NULL)
		arena_free(a);
	return e;
}
