/*
 * lib/policy/net_shift.c -- what a change of one node does to the rules, and whom it touches.
 *
 * It costs the selectors that the node enters or leaves: only the rules with one
 * of these get a new text, and only their other side is touched.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/policy/net_impl.h"

/* ---- touching ---- */

void
net_touch(struct net *t, const uint64_t *nodes)
{
	bits_or(t->touched, nodes, t->words);
	t->has_touched = true;
}

void
net_touch_owned(struct net *t, int64_t user_id)
{
	const struct user_nodes *o = t->has_self ? net_owned(t, user_id) : NULL;

	for (size_t i = 0; o != NULL && i < o->n; i++)
		bit_set(t->touched, o->slots[i]);
	t->has_touched |= o != NULL;
}

bool
net_shift_routes_eq(const struct net_node *a, const struct net_node *b)
{
	if (a->n_routes != b->n_routes || a->n_primary != b->n_primary)
		return false;
	for (size_t i = 0; i < a->n_routes; i++)
		if (!prefix_eq(&a->routes[i], &b->routes[i]))
			return false;
	for (size_t i = 0; i < a->n_primary; i++)
		if (!prefix_eq(&a->primary[i], &b->primary[i]))
			return false;
	return true;
}

/* Routers of the same prefix: for a 'via' the lowest of them is shown. */
void
net_shift_twins(struct net *t, const struct net_node *n)
{
	if (n->n_routes == 0)
		return;
	t->has_moved = true;
	for (size_t s = 0; s < t->n_slots; s++) {
		const struct nnode *o = t->slots[s];
		if (o == NULL || o->n.n_routes == 0)
			continue;
		for (size_t i = 0; i < o->n.n_routes; i++)
			for (size_t k = 0; k < n->n_routes; k++)
				if (prefix_eq(&o->n.routes[i], &n->routes[k]))
					bit_set(t->moved, s);
	}
}

/* ---- what a change does to the rules ---- */

static bool
bit_of(const uint64_t *w, uint32_t i)
{
	return w != NULL && bit_has(w, i);
}

static bool
postures_differ(const struct shift *s, const struct side *side)
{
	for (size_t i = 0; i < side->n_postures; i++)
		if (bit_of(s->postures_before, side->postures[i]) !=
		    bit_of(s->postures_after, side->postures[i]))
			return true;
	return false;
}

/* Does a side with this selector spell out the addresses of whom it means? */
static bool
spelt_out(const struct net *t, const struct side *side, uint32_t selector)
{
	enum selector_kind k = t->p->selectors[selector].kind;

	return side->n_postures > 0 || (k != SEL_ALL && k != SEL_DANGER_ALL &&
	    k != SEL_RANGE && k != SEL_IPSET);
}

/* Is what the side means as a source another set of addresses now? */
static bool
side_shifted(const struct net *t, const struct side *side, const struct shift *s)
{
	bool posture = side->n_postures > 0 && postures_differ(s, side);

	if (side->any && s->rerouted && side->n_postures == 0)
		return true;
	for (size_t i = 0; i < side->sel.n; i++) {
		bool was = bit_of(s->before, side->sel.v[i]);
		bool is = bit_of(s->after, side->sel.v[i]);
		if ((was != is || ((was || is) && (s->moved || posture))) &&
		    spelt_out(t, side, side->sel.v[i]))
			return true;
	}
	return false;
}

/* Sides with a selector that the node entered or left, or in which it has another address. */
static void
shift_sides(struct net *t, const struct shift *s)
{
	for (size_t i = 0; i < t->n_sides; i++) {
		struct side *side = &t->sides[i];
		side->stale = side->stale || side_shifted(t, side, s);
		if (s->after != NULL && net_side_has(t, side, s->n))
			bit_set(side->bits, s->n->slot);
		else
			bit_clear(side->bits, s->n->slot);
	}
}

/* Whoever is behind a side with a new text gets another filter. */
static void
touch_rules(struct net *t, const struct shift *s)
{
	for (size_t i = 0; i < t->n_rules; i++) {
		const struct rule *r = &t->rules[i];
		struct side *src = &t->sides[r->src], *dst = &t->sides[r->dst];
		if (side_shifted(t, src, s))
			net_touch(t, dst->bits);
		if (r->r->n_app > 0 && side_shifted(t, dst, s))
			net_touch(t, src->bits);
	}
}

void
net_shift_ssh(struct net *t, const struct shift *s)
{
	for (size_t i = 0; i < t->p->n_ssh; i++) {
		const struct policy_ssh *r = &t->p->ssh[i];
		bool in = r->n_postures > 0;
		for (size_t k = 0; !in && k < r->src.n; k++)
			in = bit_of(s->before, r->src.v[k]) || bit_of(s->after, r->src.v[k]);
		for (size_t k = 0; !in && k < r->recorder.n; k++)
			in = bit_of(s->before, r->recorder.v[k]) ||
			    bit_of(s->after, r->recorder.v[k]);
		for (size_t k = 0; in && k < r->dst.n; k++)
			if (t->members[r->dst.v[k]] != NULL)
				net_touch(t, t->members[r->dst.v[k]]);
	}
}

/* False if nothing changed that a rule could see. */
bool
net_shift(struct net *t, const struct shift *s)
{
	bool same = !s->moved && !s->rerouted && s->before != NULL && s->after != NULL &&
	    memcmp(s->before, s->after, t->sel_words * sizeof(uint64_t)) == 0 &&
	    memcmp(s->postures_before, s->postures_after,
	    t->posture_words * sizeof(uint64_t)) == 0;

	t->kept.generation += !same;
	if (t->p == NULL || same)
		return !same;
	for (size_t i = 0; i < t->p->n_selectors; i++) {
		bool is = bit_of(s->after, (uint32_t)i);
		if (is == bit_of(s->before, (uint32_t)i))
			continue;
		if (t->members[i] == NULL)
			t->members[i] = xcalloc(t->words, sizeof(uint64_t));
		if (is)
			bit_set(t->members[i], s->n->slot);
		else
			bit_clear(t->members[i], s->n->slot);
	}
	t->subnets_stale = t->subnets_stale || s->rerouted;
	if (s->rerouted && !t->p->has_rules) {	/* "*" means the routes too */
		for (size_t i = 0; i < t->n_ids; i++)
			bit_set(t->touched, t->ids[i].slot);
		t->has_touched = true;
	}
	shift_sides(t, s);
	touch_rules(t, s);
	net_shift_ssh(t, s);
	return true;
}

void
net_enroll(struct net *t, struct nnode *n)
{
	free(n->selected);
	free(n->postures);
	n->selected = xcalloc(t->sel_words + 1, sizeof(uint64_t));
	n->postures = xcalloc(t->posture_words + 1, sizeof(uint64_t));
	net_select_node(t, n, n->selected, n->postures);
	for (size_t i = 0; t->p != NULL && i < t->p->n_selectors; i++) {
		if (!bit_has(n->selected, i))
			continue;
		if (t->members[i] == NULL)
			t->members[i] = xcalloc(t->words, sizeof(uint64_t));
		bit_set(t->members[i], n->slot);
	}
	for (size_t i = 0; i < t->n_sides; i++)
		if (net_side_has(t, &t->sides[i], n))
			bit_set(t->sides[i].bits, n->slot);
}

