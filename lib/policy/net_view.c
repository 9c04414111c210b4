/*
 * lib/policy/net_view.c -- who sees whom, and which routes: the map's side of the rules.
 *
 * Two nodes see each other when a rule lets traffic pass either way.  A route
 * is shown to whom a rule lets through it, or to whom what is behind it may talk.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/ids.h"
#include "lib/policy/net_impl.h"

bool
net_all_visible(const struct net *t)
{
	return t->p == NULL || !t->p->has_rules;
}

struct policy *
net_policy(const struct net *t)
{
	return t->p;
}

void
net_set_policy(struct net *t, struct policy *p)
{
	net_sides_free(t);
	arena_reset(t->a);
	t->p = p;
	t->kept.generation++;
	net_select_setup(t);
	net_sides_setup(t);
	for (size_t i = 0; i < t->n_ids; i++)
		net_enroll(t, t->slots[t->ids[i].slot]);
	if (t->has_touched)
		memset(t->touched, 0, t->words * sizeof(*t->touched));
	if (t->has_moved)
		memset(t->moved, 0, t->words * sizeof(*t->moved));
	t->has_touched = t->has_moved = false;
}

/* ---- nodes ---- */

/* May one of the user's nodes reach another by a rule for autogroup:self? */
static bool
self_pair(const struct net *t, const struct rule *r, const struct nnode *a,
    const struct nnode *b)
{
	const uint64_t *src = t->sides[r->src].bits;

	return a->n.user_id != 0 && a->n.user_id == b->n.user_id &&
	    (bit_has(src, a->slot) || bit_has(src, b->slot));
}

bool
net_visible(struct net *t, int64_t viewer, int64_t peer)
{
	const struct nnode *a = net_find(t, viewer), *b = net_find(t, peer);

	if (a == NULL || b == NULL || a == b)
		return false;
	if (net_all_visible(t))
		return true;
	for (size_t i = 0; i < t->n_rules; i++) {
		const struct rule *r = &t->rules[i];
		const uint64_t *src = t->sides[r->src].bits, *dst = t->sides[r->dst].bits;
		if (r->self ? self_pair(t, r, a, b) :
		    (bit_has(src, a->slot) && bit_has(dst, b->slot)) ||
		    (bit_has(src, b->slot) && bit_has(dst, a->slot)))
			return true;
	}
	return false;
}

static void
row_self(struct net *t, const struct rule *r, const struct nnode *n, uint64_t *row)
{
	const struct user_nodes *o = n->n.user_id ? net_owned(t, n->n.user_id) : NULL;
	const uint64_t *src = t->sides[r->src].bits;
	bool in = bit_has(src, n->slot);

	for (size_t i = 0; o != NULL && i < o->n; i++)
		if (in || bit_has(src, o->slots[i]))
			bit_set(row, o->slots[i]);
}

static void
row_of(struct net *t, const struct nnode *n, uint64_t *row)
{
	for (size_t i = 0; i < t->n_rules; i++) {
		const struct rule *r = &t->rules[i];
		const uint64_t *src = t->sides[r->src].bits, *dst = t->sides[r->dst].bits;
		if (r->self) {
			row_self(t, r, n, row);
			continue;
		}
		if (bit_has(src, n->slot))
			bits_or(row, dst, t->words);
		if (bit_has(dst, n->slot))
			bits_or(row, src, t->words);
	}
}

size_t
net_visible_ids(struct net *t, struct arena *a, int64_t viewer, int64_t **out)
{
	const struct nnode *n = net_find(t, viewer);
	uint64_t *row = arena_array(t->scratch, t->words + 1, sizeof(*row));
	bool all = net_all_visible(t);
	size_t count = 0;

	*out = arena_array(a, n ? t->n_ids : 0, sizeof(**out));
	if (n != NULL && !all)
		row_of(t, n, row);
	for (size_t i = 0; n != NULL && i < t->n_ids; i++)
		if (t->ids[i].slot != n->slot && (all || bit_has(row, t->ids[i].slot)))
			(*out)[count++] = t->ids[i].id;
	arena_reset(t->scratch);
	return count;
}

/* ---- routes ---- */

static bool
serves(const struct net_node *n, const struct prefix *p)
{
	for (size_t i = 0; i < n->n_primary; i++)
		if (prefix_eq(&n->primary[i], p))
			return true;
	return false;
}

/* Does the rule, whose sources have the viewer, let it through this route? */
static bool
leads(const struct side *dst, const struct prefix *p)
{
	return prefix_is_default(p) ? dst->any || dst->internet : net_side_meets(dst, p);
}

/* By a rule without via, either way. */
static bool
plainly(const struct net *t, const struct nnode *viewer, const struct prefix *p)
{
	for (size_t i = 0; i < t->n_rules; i++) {
		const struct rule *r = &t->rules[i];
		const struct side *src = &t->sides[r->src], *dst = &t->sides[r->dst];
		if (r->via || r->self)
			continue;
		if (bit_has(src->bits, viewer->slot) && leads(dst, p))
			return true;
		if (!prefix_is_default(p) && src->n_postures == 0 &&
		    bit_has(dst->bits, viewer->slot) && net_side_meets(src, p))
			return true;
	}
	return false;
}

/* Of the routers that a rule goes by, the one with the lowest id has the prefix. */
static bool
lowest(const struct net *t, const struct side *dst, const struct nnode *peer,
    const struct prefix *p)
{
	for (size_t i = 0; i < t->n_ids && t->ids[i].id < peer->n.id; i++) {
		const struct nnode *n = t->slots[t->ids[i].slot];
		if (!bit_has(dst->bits, n->slot))
			continue;
		for (size_t k = 0; k < n->n.n_routes; k++)
			if (prefix_eq(&n->n.routes[k], p))
				return false;
	}
	return true;
}

static bool
by_via(const struct net *t, const struct nnode *viewer, const struct nnode *peer,
    const struct prefix *p)
{
	for (size_t i = 0; i < t->n_rules; i++) {
		const struct rule *r = &t->rules[i];
		const struct side *dst = &t->sides[r->dst];
		if (r->via && bit_has(t->sides[r->src].bits, viewer->slot) &&
		    bit_has(dst->bits, peer->slot) && leads(dst, p) &&
		    (prefix_is_default(p) || lowest(t, dst, peer, p)))
			return true;
	}
	return false;
}

/* A router that stands by for a prefix reaches it by the one that has it. */
static bool
stands_by(const struct nnode *viewer, const struct prefix *p)
{
	for (size_t i = 0; !prefix_is_default(p) && i < viewer->n.n_routes; i++)
		if (prefix_eq(&viewer->n.routes[i], p))
			return true;
	return false;
}

size_t
net_routes_seen(struct net *t, struct arena *a, int64_t viewer, int64_t peer,
    struct prefix **out)
{
	const struct nnode *v = net_find(t, viewer), *n = net_find(t, peer);
	size_t count = 0;

	*out = arena_array(a, n ? n->n.n_routes : 0, sizeof(**out));
	for (size_t i = 0; v != NULL && n != NULL && i < n->n.n_routes; i++) {
		const struct prefix *p = &n->n.routes[i];
		bool primary = prefix_is_default(p) || serves(&n->n, p);
		if (net_all_visible(t) || stands_by(v, p) || plainly(t, v, p) ? primary :
		    t->has_via && by_via(t, v, n, p))
			(*out)[count++] = *p;
	}
	return count;
}

struct ipset
net_addresses(struct net *t, struct arena *a, uint32_t selector)
{
	const struct selector *s = &t->p->selectors[selector];
	struct ranges r = { .a = a };

	if (s->kind == SEL_RANGE || s->kind == SEL_IPSET || s->kind == SEL_INTERNET)
		return s->set;
	for (size_t i = 0; i < t->n_ids; i++) {
		const struct net_node *nd = &t->slots[t->ids[i].slot]->n;
		if (net_selects(t, selector, nd))
			ranges_add_ips(&r, &nd->ip4, &nd->ip6);
	}
	return ipset_of(a, r.v, r.n);
}
