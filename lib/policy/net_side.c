/*
 * lib/policy/net_side.c -- the two sides of rules: who is on them, and what they are called in a filter.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/policy/internet.h"
#include "lib/policy/net_impl.h"

#define SIDE_BYTES_MAX (64u * 1024 * 1024)	/* of one text */

/* "*" as a source: every address that a node may have ... */
static const char *const wild[] = {
	"100.64.0.0-100.115.91.255", "100.115.94.0-100.127.255.255", "fd7a:115c:a1e0::/48",
};

uint64_t
text_hash(const char *s, size_t n)
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
range_routed(const struct net *t, struct iprange r, const struct nnode *n, bool exits)
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
range_concerns(const struct net *t, struct iprange r, const struct nnode *n)
{
	return range_has(r, &n->n.ip4) || range_has(r, &n->n.ip6) || range_routed(t, r, n, true);
}

bool
side_meets(const struct side *s, const struct prefix *p)
{
	return s->any || ipset_overlaps(s->lit, iprange_of_prefix(*p));
}

/* ---- who is on a side ---- */

static bool
posture_ok(const struct side *s, const struct nnode *n)
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
		if (range_routed(t, s->lit.v[i], n, s->dst))
			return true;
	return false;
}

static bool
selected(const struct selectors *s, const struct nnode *n)
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
side_has(const struct net *t, const struct side *s, const struct nnode *n)
{
	if (s->via.n > 0)
		return selected(&s->via, n) &&
		    (routed(t, s, n) || (s->any && n->n.n_routes > 0));
	if (!posture_ok(s, n))
		return false;
	return selected(&s->sel, n) || (s->n_postures == 0 && routed(t, s, n));
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
	uint64_t h = text_hash((const char *)s->sel.v, s->sel.n * sizeof(uint32_t)) + s->dst;

	h = h * 31 + text_hash((const char *)s->postures, s->n_postures * sizeof(uint32_t));
	return h * 31 + text_hash((const char *)s->via.v, s->via.n * sizeof(uint32_t));
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
is_self(const struct policy *p, const struct policy_rule *r)
{
	for (size_t k = 0; k < r->dst.n; k++)
		if (p->selectors[r->dst.v[k]].kind == SEL_SELF)
			return true;
	return false;
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
	t->has_via = false;
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

/* ---- the text of a side as a source ---- */

static int
by_prefix(const void *a, const void *b)
{
	return prefix_cmp(a, b);
}

const struct prefix *
net_subnets(struct net *t, size_t *n)
{
	size_t room = 0, kept = 0;

	for (size_t i = 0; t->subnets_stale && i < t->n_ids; i++)
		room += t->slots[t->ids[i].slot]->n.n_routes;
	if (t->subnets_stale) {
		t->subnets = xrealloc(t->subnets, (room + 1) * sizeof(*t->subnets));
		t->n_subnets = 0;
		for (size_t i = 0; i < t->n_ids; i++) {
			const struct net_node *nd = &t->slots[t->ids[i].slot]->n;
			for (size_t k = 0; k < nd->n_routes; k++)
				if (!prefix_is_default(&nd->routes[k]))
					t->subnets[t->n_subnets++] = nd->routes[k];
		}
		qsort(t->subnets, t->n_subnets, sizeof(*t->subnets), by_prefix);
		for (size_t i = 0; i < t->n_subnets; i++)
			if (kept == 0 || !prefix_eq(&t->subnets[kept - 1], &t->subnets[i]))
				t->subnets[kept++] = t->subnets[i];
		t->n_subnets = kept;
		t->subnets_stale = false;
	}
	*n = t->n_subnets;
	return t->subnets;
}

struct ranges {			/* collected, in the scratch arena */
	struct iprange *v;
	size_t n, cap;
};

static void
ranges_add(struct arena *a, struct ranges *r, struct iprange x)
{
	struct iprange *v = r->v;

	if (r->n == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 64;
		r->v = arena_array(a, r->cap, sizeof(*v));
		if (r->n > 0)
			memcpy(r->v, v, r->n * sizeof(*v));
	}
	r->v[r->n++] = x;
}

static void
add_node(struct net *t, const struct nnode *n, struct ranges *r)
{
	if (n->n.ip4.family != 0)
		ranges_add(t->scratch, r, iprange_of_ip(n->n.ip4));
	if (n->n.ip6.family != 0)
		ranges_add(t->scratch, r, iprange_of_ip(n->n.ip6));
}

static bool
is_written(enum selector_kind k)
{
	return k == SEL_RANGE || k == SEL_IPSET || k == SEL_INTERNET;
}

static void
add_members(struct net *t, const struct side *s, uint32_t sel, struct ranges *r)
{
	const uint64_t *m = t->members[sel];

	for (size_t w = 0; m != NULL && w < t->words; w++)
		for (uint64_t bits = m[w]; bits != 0; bits &= bits - 1) {
			const struct nnode *n =
			    t->slots[w * BITS_PER_WORD + (size_t)__builtin_ctzll(bits)];
			if (posture_ok(s, n))
				add_node(t, n, r);
		}
}

/* What stands in the list besides "*". */
static struct ipset
side_ranges(struct net *t, const struct side *s)
{
	struct ranges r = { NULL, 0, 0 };

	for (size_t i = 0; i < s->sel.n; i++) {
		const struct selector *sel = &t->p->selectors[s->sel.v[i]];
		if (s->n_postures > 0)
			add_members(t, s, s->sel.v[i], &r);
		else if (is_written(sel->kind))
			for (size_t k = 0; k < sel->set.n; k++)
				ranges_add(t->scratch, &r, sel->set.v[k]);
		else if (sel->kind != SEL_ALL)
			add_members(t, s, s->sel.v[i], &r);
	}
	return ipset_of(t->scratch, r.v, r.n);
}

static void
put_wild(struct net *t, struct jw *w)
{
	char text[PREFIX_TEXT_SIZE];
	size_t n;
	const struct prefix *v = net_subnets(t, &n);

	for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++)
		jw_str(w, wild[i]);
	for (size_t i = 0; i < n; i++)
		jw_str(w, prefix_write(&v[i], text));
}

static char *
text_of(struct net *t, struct ipset set, bool wildcard, bool danger)
{
	struct buf out;
	struct jw w;

	buf_init(&out, SIDE_BYTES_MAX);
	jw_init(&w, &out);
	jw_arr(&w);
	if (danger)
		jw_str(&w, "*");
	else {
		if (wildcard)
			put_wild(t, &w);
		ipset_json(&w, set);
	}
	jw_end_arr(&w);
	buf_byte(&out, '\0');
	return (char *)xrealloc(out.p, out.n);
}

void
net_put_wild(struct net *t, struct buf *out)
{
	struct jw w;

	jw_init(&w, out);
	jw_arr(&w);
	put_wild(t, &w);
	jw_end_arr(&w);
}

void
side_text(struct net *t, struct side *s)
{
	if (!s->stale)
		return;
	free(s->json);
	s->json = text_of(t, side_ranges(t, s), s->any && s->n_postures == 0,
	    s->danger && s->n_postures == 0);
	s->hash = text_hash(s->json, strlen(s->json));
	s->empty = strcmp(s->json, "[]") == 0;
	s->stale = false;
	arena_reset(t->scratch);
}

const char *
side_text_of_user(struct net *t, const struct side *s, int64_t user_id, uint64_t *hash,
    bool *empty)
{
	const struct user_nodes *o = net_owned(t, user_id);
	struct ranges r = { NULL, 0, 0 };
	char *text;
	const char *kept;

	for (size_t i = 0; o != NULL && i < o->n; i++) {
		const struct nnode *n = t->slots[o->slots[i]];
		if (posture_ok(s, n) && selected(&s->sel, n))
			add_node(t, n, &r);
	}
	text = text_of(t, ipset_of(t->scratch, r.v, r.n), false, false);
	*hash = text_hash(text, strlen(text));
	*empty = strcmp(text, "[]") == 0;
	kept = arena_strdup(t->scratch, text);
	free(text);
	return kept;
}
