/*
 * lib/policy/net_side.c -- the two sides of rules: who is on them, and what they are called in a filter.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/policy/internet.h"
#include "lib/policy/net_impl.h"

uint64_t
net_hash(const char *s, size_t n)
{
	uint64_t h = 0xcbf29ce484222325u;	/* FNV-1a */

	for (size_t i = 0; i < n; i++)
		h = (h ^ (uint8_t)s[i]) * 0x100000001b3u;
	return h;
}

/* ---- routes ---- */

static bool
ranges_meet(struct iprange x, struct iprange y)
{
	return x.lo.family == y.lo.family && ip_cmp(&x.lo, &y.hi) <= 0 &&
	    ip_cmp(&y.lo, &x.hi) <= 0;
}

bool
net_range_routed(const struct net *t, struct iprange r, const struct nnode *n, bool exits)
{
	for (size_t i = 0; i < n->n.n_routes; i++) {
		const struct prefix *p = &n->n.routes[i];
		if (prefix_is_default(p) ? exits && ipset_covers(t->internet, r) :
		    ranges_meet(r, iprange_of_prefix(*p)))
			return true;
	}
	return false;
}

static bool
range_has(struct iprange r, const struct ip *ip)
{
	return ip->family == r.lo.family && ip_cmp(&r.lo, ip) <= 0 && ip_cmp(ip, &r.hi) <= 0;
}

bool
net_range_concerns(const struct net *t, struct iprange r, const struct nnode *n)
{
	return range_has(r, &n->n.ip4) || range_has(r, &n->n.ip6) || net_range_routed(t, r, n, true);
}

bool
net_side_meets(const struct side *s, const struct prefix *p)
{
	return s->any || ipset_overlaps(s->lit, iprange_of_prefix(*p));
}

/* ---- who is on a side ---- */

bool
net_side_posture(const struct side *s, const struct nnode *n)
{
	for (size_t i = 0; i < s->n_postures; i++)
		if (bit_has(n->postures, s->postures[i]))
			return true;
	return s->n_postures == 0;
}

/* An exit node stands for the internet as a destination, never as a source. */
static bool
routed(const struct net *t, const struct side *s, const struct nnode *n)
{
	for (size_t i = 0; n->n.n_routes > 0 && i < s->lit.n; i++)
		if (net_range_routed(t, s->lit.v[i], n, s->dst))
			return true;
	return false;
}

bool
net_side_selected(const struct selectors *s, const struct nnode *n)
{
	for (size_t i = 0; i < s->n; i++)
		if (bit_has(n->selected, s->v[i]))
			return true;
	return false;
}

/*
 * A device whose posture a source asks for speaks for itself alone, not for the
 * network behind it.
 */
bool
net_side_has(const struct net *t, const struct side *s, const struct nnode *n)
{
	if (s->via.n > 0)
		return net_side_selected(&s->via, n) &&
		    (routed(t, s, n) || (s->any && n->n.n_routes > 0));
	if (!net_side_posture(s, n))
		return false;
	return net_side_selected(&s->sel, n) || (s->n_postures == 0 && routed(t, s, n));
}

/* ---- interning ---- */

static bool
ids_eq(const uint32_t *a, size_t n, const uint32_t *b, size_t m)
{
	return n == m && (n == 0 || memcmp(a, b, n * sizeof(*a)) == 0);
}

static void
side_literals(struct net *t, struct side *s)
{
	s->lit = (struct ipset){ NULL, 0 };
	for (size_t i = 0; i < s->sel.n; i++) {
		const struct selector *sel = &t->p->selectors[s->sel.v[i]];
		s->any |= sel->kind == SEL_ALL || sel->kind == SEL_DANGER_ALL;
		s->danger |= sel->kind == SEL_DANGER_ALL;
		s->self |= sel->kind == SEL_SELF;
		s->internet |= sel->kind == SEL_INTERNET;
		if (sel->kind == SEL_RANGE || sel->kind == SEL_IPSET || sel->kind == SEL_INTERNET)
			s->lit = ipset_union(t->a, s->lit, sel->set);
	}
}

static bool
side_same(const struct side *x, const struct side *y)
{
	return x->dst == y->dst && ids_eq(x->sel.v, x->sel.n, y->sel.v, y->sel.n) &&
	    ids_eq(x->postures, x->n_postures, y->postures, y->n_postures) &&
	    ids_eq(x->via.v, x->via.n, y->via.v, y->via.n);
}

static uint64_t
side_key(const struct side *s)
{
	uint64_t h = net_hash((const char *)s->sel.v, s->sel.n * sizeof(uint32_t)) + s->dst;

	h = h * 31 + net_hash((const char *)s->postures, s->n_postures * sizeof(uint32_t));
	return h * 31 + net_hash((const char *)s->via.v, s->via.n * sizeof(uint32_t));
}

/* The index of a side like 'want', made if it is new; 'table' maps keys to indices + 1. */
static uint32_t
side_intern(struct net *t, const struct side *want, uint32_t *table, size_t mask)
{
	size_t i = side_key(want) & mask;
	struct side *s;

	for (; table[i] != 0; i = (i + 1) & mask)
		if (side_same(&t->sides[table[i] - 1], want))
			return table[i] - 1;
	s = &t->sides[t->n_sides];
	*s = *want;
	side_literals(t, s);
	s->bits = xcalloc(t->words + 1, sizeof(uint64_t));
	s->stale = true;
	table[i] = (uint32_t)++t->n_sides;
	return table[i] - 1;
}

/* ---- the order of rules ---- */

/* Has one of the destinations of the same acl a name of its own (no autogroup)? */
static bool
names_other(const struct policy *p, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		for (size_t k = 0; k < p->rules[i].dst.n; k++) {
			enum selector_kind kind = p->selectors[p->rules[i].dst.v[k]].kind;
			if (kind != SEL_SELF && kind != SEL_MEMBER && kind != SEL_TAGGED &&
			    kind != SEL_ROLE && kind != SEL_INTERNET)
				return true;
		}
	return false;
}

static bool
names_self(const struct policy *p, const struct selectors *dst)
{
	for (size_t k = 0; k < dst->n; k++)
		if (p->selectors[dst->v[k]].kind == SEL_SELF)
			return true;
	return false;
}

static bool
is_self(const struct policy *p, const struct policy_rule *r)
{
	return names_self(p, &r->dst);
}

static size_t
same_acl(const struct policy *p, size_t from)
{
	size_t to = from + 1;

	while (to < p->n_rules && p->rules[to].grant == p->rules[from].grant &&
	    p->rules[to].number == p->rules[from].number)
		to++;
	return to;
}

/* Ports as text, ready: they stand in every filter that the rule is part of. */
static const struct str *const *
ports_text(struct net *t, const struct policy_rule *r)
{
	const struct str **v = arena_array(t->a, r->n_pass, sizeof(*v));

	for (size_t i = 0; i < r->n_pass; i++) {
		struct str *ports = arena_array(t->a, r->pass[i].n_ports, sizeof(*ports));
		for (size_t k = 0; k < r->pass[i].n_ports; k++)
			ports[k] = str_of(arena_printf(t->a,
			    "\",\"Ports\":{\"First\":%u,\"Last\":%u}}",
			    r->pass[i].ports[k].first, r->pass[i].ports[k].last));
		v[i] = ports;
	}
	return v;
}

static void
rule_add(struct net *t, const struct policy_rule *r, bool self, uint32_t *table, size_t mask)
{
	struct side src = { .sel = r->src, .postures = r->postures,
		.n_postures = r->n_postures };
	struct side dst = { .sel = r->dst, .via = r->via, .dst = true };

	struct rule made = {
		.r = r, .via = r->via.n > 0, .self = self, .ports = ports_text(t, r),
		.src = side_intern(t, &src, table, mask),
		.dst = side_intern(t, &dst, table, mask),
	};

	t->sides[made.src].named = true;
	t->sides[made.dst].named |= r->n_app > 0;
	t->has_via |= made.via;
	t->has_self |= made.self;
	t->rules[t->n_rules++] = made;
}

/* Of one acl, what is for autogroup:self comes last, if it names anything else. */
static void
rules_setup(struct net *t, uint32_t *table, size_t mask)
{
	const struct policy *p = t->p;

	for (size_t i = 0, end; i < p->n_rules; i = end) {
		bool later;
		end = same_acl(p, i);
		later = names_other(p, i, end);
		for (size_t k = i; k < end; k++)
			if (!is_self(p, &p->rules[k]) || p->rules[k].dst.n > 1)
				rule_add(t, &p->rules[k], false, table, mask);
			else if (!later)
				rule_add(t, &p->rules[k], true, table, mask);
		for (size_t k = i; k < end; k++)
			if (is_self(p, &p->rules[k]) && (later || p->rules[k].dst.n > 1))
				rule_add(t, &p->rules[k], true, table, mask);
	}
}

void
net_sides_setup(struct net *t)
{
	size_t n = t->p ? t->p->n_rules : 0, size = 16;
	uint32_t *table;

	while (size < n * 8)
		size *= 2;
	table = xcalloc(size, sizeof(*table));
	t->sides = arena_array(t->a, 4 * n + 1, sizeof(*t->sides));
	t->rules = arena_array(t->a, 2 * n + 1, sizeof(*t->rules));
	t->n_sides = t->n_rules = 0;
	t->has_via = t->has_self = false;
	for (size_t i = 0; t->p != NULL && i < t->p->n_ssh; i++)
		t->has_self |= names_self(t->p, &t->p->ssh[i].dst);
	t->subnets_stale = true;
	t->subnets = NULL;
	t->n_subnets = 0;
	t->internet = internet_ranges(t->a);
	if (n > 0)
		rules_setup(t, table, size - 1);
	free(table);
}

void
net_sides_free(struct net *t)
{
	for (size_t i = 0; i < t->n_sides; i++) {
		free(t->sides[i].bits);
		free(t->sides[i].json);
	}
	t->n_sides = 0;
	for (size_t i = 0; t->p != NULL && i < t->p->n_selectors; i++)
		free(t->members[i]);
	free(t->subnets);
	t->subnets = NULL;
}
