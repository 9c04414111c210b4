/*
 * lib/policy/reach.c -- does a rule let these sources reach this destination?
 *
 * Nothing here goes through pairs of nodes.  What depends on the pair,
 * autogroup:self, is asked once per user.
 */
#include "lib/policy/reach.h"

#include <stdlib.h>
#include <string.h>

enum { ICMP = 1, TCP = 6, UDP = 17, ICMPV6 = 58 };

/* The addresses of a rule's two sides, worked out when first asked for. */
struct sides {
	bool ready, self, any;		/* destinations: "autogroup:self", "*" */
	struct ipset src, dst;
};

/* The devices of one user. */
struct owner {
	int64_t user_id;
	struct ipset set;
};

struct reach {
	struct arena *a;
	struct net *t;
	struct policy *p;
	const struct posture_given *given;
	struct sides *sides;
	struct owner *owners;
	size_t n_owners;
	bool owners_ready;
};

struct reach *
reach_new(struct arena *a, struct net *t)
{
	struct reach *x = arena_alloc(a, sizeof(*x));

	x->a = a;
	x->t = t;
	x->p = net_policy(t);
	x->sides = arena_array(a, x->p->n_rules + 1, sizeof(*x->sides));
	return x;
}

void
reach_given(struct reach *x, const struct posture_given *given)
{
	x->given = given;
}

/* ---- addresses ---- */

static void
add_subnets(void *arg, const struct net_node *n)
{
	for (size_t i = 0; i < n->n_routes; i++)
		if (!prefix_is_default(&n->routes[i]))
			ranges_add(arg, iprange_of_prefix(n->routes[i]));
}

/* "*" as a source: what a tailnet gives its nodes, and the networks behind them. */
static struct ipset
everybody(struct reach *x)
{
	static const char *const tailnet[] = { "100.64.0.0-100.115.91.255",
		"100.115.94.0-100.127.255.255", "fd7a:115c:a1e0::/48" };
	struct ranges h = { .a = x->a };
	struct iprange r;

	for (size_t i = 0; i < sizeof(tailnet) / sizeof(tailnet[0]); i++)
		if (iprange_read(str_of(tailnet[i]), &r))
			ranges_add(&h, r);
	net_each(x->t, add_subnets, &h);
	return ipset_of(x->a, h.v, h.n);
}

static struct ipset
anything(struct reach *x)
{
	struct iprange all[] = {
		iprange_of_prefix((struct prefix){ .ip.family = 4 }),
		iprange_of_prefix((struct prefix){ .ip.family = 6 }),
	};

	return ipset_of(x->a, all, 2);
}

static struct ipset
selector_set(struct reach *x, uint32_t selector, bool dst)
{
	switch (x->p->selectors[selector].kind) {
	case SEL_ALL:
		return dst ? anything(x) : everybody(x);
	case SEL_DANGER_ALL:
		return anything(x);
	default:
		return net_addresses(x->t, x->a, selector);
	}
}

static struct ipset
selectors_set(struct reach *x, struct selectors s, bool dst)
{
	struct ipset set = { NULL, 0 };

	for (size_t i = 0; i < s.n; i++)
		set = ipset_union(x->a, set, selector_set(x, s.v[i], dst));
	return set;
}

/* Nodes with one of the rule's postures. */
struct fit {
	struct net *t;
	const struct policy_rule *r;
	struct ranges h;
};

static void
add_fit(void *arg, const struct net_node *n)
{
	struct fit *f = arg;

	if (net_posture_ok(f->t, f->r->postures, f->r->n_postures, n))
		ranges_add_ips(&f->h, &n->ip4, &n->ip6);
}

static const struct sides *
rule_sides(struct reach *x, size_t rule)
{
	const struct policy_rule *r = &x->p->rules[rule];
	struct sides *s = &x->sides[rule];
	struct fit f = { x->t, r, { .a = x->a } };

	if (s->ready)
		return s;
	s->ready = true;
	s->src = selectors_set(x, r->src, false);
	s->dst = selectors_set(x, r->dst, true);
	for (size_t i = 0; i < r->dst.n; i++) {
		s->self |= x->p->selectors[r->dst.v[i]].kind == SEL_SELF;
		s->any |= x->p->selectors[r->dst.v[i]].kind == SEL_ALL;
	}
	if (x->given == NULL && r->n_postures > 0) {
		net_each(x->t, add_fit, &f);
		s->src = ipset_both(x->a, s->src, ipset_of(x->a, f.h.v, f.h.n));
	}
	return s;
}

/* ---- whom a name means ---- */

bool
reach_nobody(const struct crowd *c)
{
	return c->set.n == 0 && c->n_probes == 0;
}

/* Users that the selector means, as devices that they may have. */
static void
users_as_probes(struct reach *x, uint32_t selector, struct crowd *out)
{
	size_t n;
	const struct net_user *u = net_users(x->t, &n);
	struct net_node *v = arena_array(x->a, n + 1, sizeof(*v));

	for (size_t i = 0; i < n; i++)
		if (net_selects_user(x->t, selector, &u[i]))
			v[out->n_probes++] = (struct net_node){
				.user_id = u[i].id, .name = u[i].name };
	out->probes = v;
}

static void
tag_as_probe(struct reach *x, const struct selector *s, struct crowd *out)
{
	struct net_node *v = arena_alloc(x->a, sizeof(*v));
	const char **tag = arena_alloc(x->a, sizeof(*tag));

	*tag = s->name;
	*v = (struct net_node){ .name = s->name, .tags = tag, .n_tags = 1 };
	out->probes = v;
	out->n_probes = 1;
}

bool
reach_crowd(struct reach *x, uint32_t selector, struct crowd *out)
{
	const struct selector *s = &x->p->selectors[selector];

	*out = (struct crowd){ .set = selector_set(x, selector, false) };
	if (out->set.n > 0)
		return true;
	if (s->kind == SEL_TAG)
		tag_as_probe(x, s, out);
	else
		users_as_probes(x, selector, out);
	return !reach_nobody(out);
}

static struct crowd
probes_where(struct arena *a, const struct crowd *c, const bool *keep)
{
	struct net_node *v = arena_array(a, c->n_probes + 1, sizeof(*v));
	struct crowd out = { .probes = v };

	for (size_t i = 0; i < c->n_probes; i++)
		if (keep[i])
			v[out.n_probes++] = c->probes[i];
	return out;
}

/* The probe's name is that of its user or tag, and probes of one crowd differ in it. */
static bool
has_probe(const struct crowd *c, const struct net_node *probe)
{
	for (size_t i = 0; i < c->n_probes; i++)
		if (c->probes[i].user_id == probe->user_id &&
		    strcmp(c->probes[i].name, probe->name) == 0)
			return true;
	return false;
}

struct crowd
reach_without(struct arena *a, const struct crowd *x, const struct crowd *y)
{
	bool *keep = arena_array(a, x->n_probes + 1, sizeof(*keep));
	struct crowd out;

	for (size_t i = 0; i < x->n_probes; i++)
		keep[i] = !has_probe(y, &x->probes[i]);
	out = probes_where(a, x, keep);
	out.set = ipset_minus(a, x->set, y->set);
	return out;
}

/* ---- what a rule lets through ---- */

static bool
posture_fits(struct reach *x, const struct policy_rule *r)
{
	return x->given == NULL ||
	    posture_any_given(x->p, r->postures, r->n_postures, x->given);
}

/* A device that is not there tells nothing of itself. */
static bool
probe_meant(struct reach *x, const struct policy_rule *r, const struct net_node *probe)
{
	return net_selects_any(x->t, r->src, probe) &&
	    (x->given != NULL || r->n_postures == 0);
}

struct crowd
reach_sources(struct reach *x, size_t rule, const struct crowd *src)
{
	const struct policy_rule *r = &x->p->rules[rule];
	bool *keep = arena_array(x->a, src->n_probes + 1, sizeof(*keep));
	struct crowd out;

	if (!posture_fits(x, r))
		return (struct crowd){ .probes = NULL };
	for (size_t i = 0; i < src->n_probes; i++)
		keep[i] = probe_meant(x, r, &src->probes[i]);
	out = probes_where(x->a, src, keep);
	out.set = ipset_both(x->a, src->set, rule_sides(x, rule)->src);
	return out;
}

bool
reach_leads(struct reach *x, size_t rule, const struct crowd *dst)
{
	const struct policy_rule *r = &x->p->rules[rule];

	if (ipset_meets(rule_sides(x, rule)->dst, dst->set))
		return true;
	for (size_t i = 0; i < dst->n_probes; i++)
		if (net_selects_any(x->t, r->dst, &dst->probes[i]))
			return true;
	return false;
}

/* Nodes by user, to make one set of each user's. */
struct owned {
	int64_t user_id;
	struct iprange r;
};

struct owned_list {
	struct arena *a;
	struct owned *v;
	size_t n;
};

static void
add_owned(void *arg, const struct net_node *n)
{
	struct owned_list *l = arg;

	if (n->user_id != 0 && n->ip4.family != 0)
		l->v[l->n++] = (struct owned){ n->user_id, iprange_of_ip(n->ip4) };
	if (n->user_id != 0 && n->ip6.family != 0)
		l->v[l->n++] = (struct owned){ n->user_id, iprange_of_ip(n->ip6) };
}

static int
by_user(const void *x, const void *y)
{
	const struct owned *a = x, *b = y;

	return a->user_id < b->user_id ? -1 : a->user_id > b->user_id;
}

static void
gather_owners(struct reach *x)
{
	struct owned_list l = { .a = x->a };
	struct ranges h;
	size_t i = 0;

	x->owners_ready = true;
	l.v = arena_array(x->a, 2 * net_count(x->t) + 1, sizeof(*l.v));
	net_each(x->t, add_owned, &l);
	qsort(l.v, l.n, sizeof(*l.v), by_user);
	x->owners = arena_array(x->a, l.n + 1, sizeof(*x->owners));
	while (i < l.n) {
		struct owner *o = &x->owners[x->n_owners++];
		o->user_id = l.v[i].user_id;
		for (h = (struct ranges){ .a = x->a }; i < l.n && l.v[i].user_id == o->user_id; i++)
			ranges_add(&h, l.v[i].r);
		o->set = ipset_of(x->a, h.v, h.n);
	}
}

static bool
has_user(const struct crowd *c, int64_t user_id)
{
	for (size_t i = 0; i < c->n_probes; i++)
		if (c->probes[i].user_id == user_id && user_id != 0)
			return true;
	return false;
}

/* autogroup:self: whom of 'meant' (by the rule as sources) it lets reach their own in 'dst'. */
static struct crowd
through_self(struct reach *x, const struct crowd *meant, const struct crowd *dst)
{
	bool *keep = arena_array(x->a, meant->n_probes + 1, sizeof(*keep));
	struct ipset set = { NULL, 0 };
	struct crowd out;

	if (!x->owners_ready)
		gather_owners(x);
	for (size_t i = 0; i < x->n_owners; i++)
		if (ipset_meets(x->owners[i].set, meant->set) &&
		    ipset_meets(x->owners[i].set, dst->set))
			set = ipset_union(x->a, set,
			    ipset_both(x->a, x->owners[i].set, meant->set));
	for (size_t i = 0; i < meant->n_probes; i++)
		keep[i] = has_user(dst, meant->probes[i].user_id);
	out = probes_where(x->a, meant, keep);
	out.set = set;
	return out;
}

/* A cheap look before sets are made: most rules are about others. */
static bool
concerns(struct reach *x, size_t rule, const struct crowd *src)
{
	return posture_fits(x, &x->p->rules[rule]) &&
	    (src->n_probes > 0 || ipset_meets(rule_sides(x, rule)->src, src->set));
}

struct crowd
reach_through(struct reach *x, size_t rule, const struct crowd *src, const struct crowd *dst)
{
	struct crowd meant = { .probes = NULL };
	bool leads = reach_leads(x, rule, dst);

	if ((!leads && !rule_sides(x, rule)->self) || !concerns(x, rule, src))
		return meant;
	meant = reach_sources(x, rule, src);
	return leads || reach_nobody(&meant) ? meant : through_self(x, &meant, dst);
}

/* Only these have ports; for the others a rule says "*". */
static bool
has_ports(uint8_t proto)
{
	return proto != ICMP && proto != ICMPV6;
}

static bool
passes_proto(const struct policy_pass *pass, uint8_t proto)
{
	if (pass->n_protos == 0)
		return proto == TCP || proto == UDP || proto == ICMP || proto == ICMPV6;
	return memchr(pass->protos, proto, pass->n_protos) != NULL;
}

static bool
passes_port(const struct policy_pass *pass, const struct traffic *tr, uint8_t proto)
{
	if (tr->any_port || !has_ports(proto))
		return true;
	for (size_t i = 0; i < pass->n_ports; i++)
		if (pass->ports[i].first <= tr->port && tr->port <= pass->ports[i].last)
			return true;
	return false;
}

bool
reach_passes(const struct policy_rule *r, const struct traffic *tr)
{
	for (size_t i = 0; i < r->n_pass; i++)
		for (size_t k = 0; k < tr->n_protos; k++)
			if (passes_proto(&r->pass[i], tr->protos[k]) &&
			    passes_port(&r->pass[i], tr, tr->protos[k]))
				return true;
	return false;
}

/* ---- in words ---- */

#define NAMED_MAX 3	/* of a crowd; the others are counted */

static size_t
put_ranges(struct buf *b, const struct ipset *s)
{
	char text[IPRANGE_TEXT_SIZE];
	size_t n = s->n < NAMED_MAX ? s->n : NAMED_MAX;

	for (size_t i = 0; i < n; i++)
		buf_printf(b, "%s%s", i > 0 ? ", " : "", iprange_write(s->v[i], text));
	return n;
}

static size_t
put_probes(struct buf *b, const struct crowd *c)
{
	size_t n = c->n_probes < NAMED_MAX ? c->n_probes : NAMED_MAX;

	buf_str(b, "a device of ");
	for (size_t i = 0; i < n; i++)
		buf_printf(b, "%s%s", i > 0 ? ", " : "", c->probes[i].name);
	return n;
}

const char *
reach_text(struct arena *a, const struct crowd *c)
{
	struct buf b;
	size_t all = c->set.n > 0 ? c->set.n : c->n_probes, said;

	if (all == 0)
		return "nobody";
	buf_init(&b, 4096);
	said = c->set.n > 0 ? put_ranges(&b, &c->set) : put_probes(&b, c);
	if (all > said)
		buf_printf(&b, " and %zu more", all - said);
	return buf_text(&b, a);
}

const char *
reach_rule_name(struct arena *a, const struct policy_rule *r)
{
	return arena_printf(a, "line %u (%s[%zu])", r->at.line, r->grant ? "grants" : "acls",
	    r->number);
}

static void
put_protos(struct arena *a, struct buf *b, const struct policy_pass *pass)
{
	for (size_t i = 0; i < pass->n_protos; i++) {
		buf_str(b, i > 0 ? "," : "");
		buf_str(b, policy_proto_name(a, pass->protos[i]));
	}
	buf_str(b, pass->n_protos > 0 ? ":" : "");
}

static void
put_ports(struct buf *b, const struct policy_pass *pass)
{
	for (size_t i = 0; i < pass->n_ports; i++) {
		const struct port_range *p = &pass->ports[i];
		buf_str(b, i > 0 ? "," : "");
		if (p->first == 0 && p->last == 65535)
			buf_str(b, "*");
		else if (p->first == p->last)
			buf_printf(b, "%u", p->first);
		else
			buf_printf(b, "%u-%u", p->first, p->last);
	}
}

const char *
reach_rule_ports(struct arena *a, const struct policy_rule *r)
{
	struct buf b;

	if (r->n_pass == 0)
		return "no traffic, only app capabilities";
	buf_init(&b, 64 * 1024);
	for (size_t i = 0; i < r->n_pass; i++) {
		buf_str(&b, i > 0 ? "; " : "");
		put_protos(a, &b, &r->pass[i]);
		put_ports(&b, &r->pass[i]);
	}
	return buf_text(&b, a);
}
