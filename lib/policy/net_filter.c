/*
 * lib/policy/net_filter.c -- the packet filter of one node: rules cut down to what concerns it.
 *
 * Clients take the rules as they stand; the order and the grouping are those of
 * Tailscale's own service, so that tools which compare the two see no
 * difference: rules of the same sources and protocols become one.
 */
#include <stdio.h>
#include <string.h>

#include "lib/policy/net_impl.h"

/* Without any policy, and what a policy without rules says of destinations. */
#define FILTER_ALLOW_ALL "[{\"SrcIPs\":[\"*\"],\"DstPorts\":" \
	"[{\"IP\":\"*\",\"Ports\":{\"First\":0,\"Last\":65535}}]}]"
#define FILTER_ALL_PORTS ",\"DstPorts\":[{\"IP\":\"*\",\"Ports\":{\"First\":0,\"Last\":65535}}]}]"

/* What one rule gives: ports on what concerns the node, or capabilities. */
struct item {
	const struct rule *r;
	const struct policy_pass *pass;	/* NULL: capabilities */
	const char *companion;		/* the reversed capability that comes with another */
	struct item *next;
};

/* One rule of the filter. */
struct group {
	const char *src;		/* SrcIPs as JSON */
	uint64_t src_hash, hash;	/* of that; with the protocols */
	struct item *first, *last;
};

struct filter {
	struct net *t;
	const struct nnode *n;
	struct group *v;
	size_t n_groups, cap;
	uint32_t *table;		/* by sources and protocols: index + 1 */
	size_t mask;
	struct buf *out;
	size_t written;			/* rules, and ports within a rule */
	size_t ports;
	bool digest;			/* the hash of sources stands for them */
};

/* ---- collecting ---- */

static bool
protos_eq(const struct policy_pass *a, const struct policy_pass *b)
{
	return a->n_protos == b->n_protos &&
	    (a->n_protos == 0 || memcmp(a->protos, b->protos, a->n_protos) == 0);
}

static void
grow(struct filter *f)
{
	size_t cap = f->cap ? f->cap * 2 : 32;
	struct group *v = arena_array(f->t->scratch, cap, sizeof(*v));
	uint32_t *table = arena_array(f->t->scratch, cap * 2, sizeof(*table));

	if (f->n_groups > 0)
		memcpy(v, f->v, f->n_groups * sizeof(*v));
	f->mask = cap * 2 - 1;
	for (size_t g = 0; g < f->n_groups; g++) {
		size_t i = v[g].hash & f->mask;
		while (table[i] != 0)
			i = (i + 1) & f->mask;
		table[i] = (uint32_t)g + 1;
	}
	f->v = v;
	f->table = table;
	f->cap = cap;
}

/* The group with these sources and protocols; capabilities always get one of their own. */
static struct group *
group_for(struct filter *f, const char *src, uint64_t hash, const struct item *it)
{
	uint64_t src_hash = hash;
	struct group *g;
	size_t i;

	if (f->n_groups == f->cap)
		grow(f);
	if (it->pass != NULL)
		for (size_t k = 0; k < it->pass->n_protos; k++)
			hash = hash * 31 + it->pass->protos[k] + 1;
	for (i = hash & f->mask; f->table[i] != 0; i = (i + 1) & f->mask) {
		g = &f->v[f->table[i] - 1];
		if (it->pass != NULL && g->first->pass != NULL && g->hash == hash &&
		    protos_eq(g->first->pass, it->pass) && strcmp(g->src, src) == 0)
			return g;
	}
	f->table[i] = (uint32_t)f->n_groups + 1;
	g = &f->v[f->n_groups++];
	*g = (struct group){ .src = src, .src_hash = src_hash, .hash = hash };
	return g;
}

static void
add(struct filter *f, const char *src, uint64_t hash, struct item it)
{
	struct item *kept = arena_alloc(f->t->scratch, sizeof(*kept));
	struct group *g;

	*kept = it;
	g = group_for(f, src, hash, kept);
	if (g->first == NULL)
		g->first = kept;
	else
		g->last->next = kept;
	g->last = kept;
}

/* Capabilities that tell the other end of what it may offer. */
static const char *
companion_of(const char *cap)
{
	if (strcmp(cap, "tailscale.com/cap/drive") == 0)
		return "tailscale.com/cap/drive-sharer";
	if (strcmp(cap, "tailscale.com/cap/relay") == 0)
		return "tailscale.com/cap/relay-target";
	return NULL;
}

/* The sources of a rule as this node has them. */
static const char *
sources(struct filter *f, const struct rule *r, uint64_t *hash, bool *empty)
{
	struct side *s = &f->t->sides[r->src];

	if (r->self)
		return net_side_text_of_user(f->t, s, f->n->n.user_id, hash, empty);
	*hash = s->hash;
	*empty = s->empty;
	return s->json;
}

static void
collect_rule(struct filter *f, const struct rule *r)
{
	uint64_t hash;
	bool empty;
	const char *src = sources(f, r, &hash, &empty);

	if (r->r->src.n == 0)
		return;		/* [] is nobody; a group without members still has a rule */
	for (size_t i = 0; !empty && i < r->r->n_pass; i++)
		add(f, src, hash, (struct item){ .r = r, .pass = &r->r->pass[i] });
	if (r->r->n_app > 0 && !r->via)
		add(f, src, hash, (struct item){ .r = r });
}

/* The other way round: what the destinations of an app capability are to its sources. */
static void
collect_companions(struct filter *f, const struct rule *r)
{
	const struct side *dst = &f->t->sides[r->dst];
	const char *src = dst->json;
	uint64_t hash = dst->hash;
	bool empty;

	if (r->self)
		src = net_side_text_of_user(f->t, &f->t->sides[r->src], f->n->n.user_id, &hash,
		    &empty);
	for (size_t i = 0; i < r->r->n_app; i++) {
		const char *cap = companion_of(r->r->app[i].name);
		if (cap != NULL)
			add(f, src, hash, (struct item){ .r = r, .companion = cap });
	}
}

static bool
concerns(const struct filter *f, const struct rule *r, uint32_t side)
{
	if (r->self)
		return f->n->n.user_id != 0;
	return bit_has(f->t->sides[side].bits, f->n->slot);
}

static void
collect(struct filter *f)
{
	struct net *t = f->t;

	for (size_t i = 0; i < t->n_sides; i++)	/* first: it empties the scratch arena */
		if (t->sides[i].named)
			net_side_text(t, &t->sides[i]);
	for (size_t i = 0; i < t->n_rules; i++) {
		const struct rule *r = &t->rules[i];
		if (concerns(f, r, r->dst))
			collect_rule(f, r);
		if (r->r->n_app > 0 && !r->via && concerns(f, r, r->src))
			collect_companions(f, r);
	}
}

/* ---- writing ---- */

static void
put_ports(struct filter *f, const struct item *it, const char *ip)
{
	const struct str *ports = it->r->ports[it->pass - it->r->r->pass];
	size_t n = strlen(ip);

	for (size_t i = 0; i < it->pass->n_ports; i++) {
		if (f->ports++ > 0)
			buf_byte(f->out, ',');
		buf_put(f->out, "{\"IP\":\"", 7);
		buf_put(f->out, ip, n);
		buf_put(f->out, ports[i].p, ports[i].n);
	}
}

static void
put_own_ports(struct filter *f, const struct item *it)
{
	if (f->n->ip4[0] != '\0')
		put_ports(f, it, f->n->ip4);
	if (f->n->ip6[0] != '\0')
		put_ports(f, it, f->n->ip6);
}

static void
put_range_ports(struct filter *f, const struct item *it, const struct selector *s)
{
	char text[IPRANGE_TEXT_SIZE];

	for (size_t i = 0; i < s->set.n; i++) {
		struct iprange r = s->set.v[i];
		if (it->r->via ? net_range_routed(f->t, r, f->n, true) : net_range_concerns(f->t, r, f->n))
			put_ports(f, it, s->kind == SEL_INTERNET ? iprange_write_ends(r, text) :
			    iprange_write(r, text));
	}
}

static void
put_dst_ports(struct filter *f, const struct item *it)
{
	const struct policy *p = f->t->p;
	const struct selectors *dst = &it->r->r->dst;

	if (it->r->self) {
		put_own_ports(f, it);
		return;
	}
	for (size_t i = 0; i < dst->n; i++) {
		const struct selector *s = &p->selectors[dst->v[i]];
		if (s->kind == SEL_ALL)
			put_ports(f, it, "*");
		else if (s->kind == SEL_RANGE || s->kind == SEL_IPSET ||
		    s->kind == SEL_INTERNET)
			put_range_ports(f, it, s);
		else if (!it->r->via && bit_has(f->n->selected, dst->v[i]))
			put_own_ports(f, it);
	}
}

static void
put_dst(struct filter *f, const char *text, const char *bits)
{
	buf_printf(f->out, "%s\"%s%s\"", f->ports++ ? "," : "", text, bits);
}

static void
put_own_dsts(struct filter *f, bool four, bool six)
{
	if (four && f->n->ip4[0] != '\0')
		put_dst(f, f->n->ip4, "/32");
	if (six && f->n->ip6[0] != '\0')
		put_dst(f, f->n->ip6, "/128");
}

/* Capabilities hold for the node's own addresses, and for its part of a network behind it. */
static void
put_cap_dsts(struct filter *f, const struct item *it)
{
	const struct selectors *dst = it->companion ? &it->r->r->src : &it->r->r->dst;
	bool four = it->r->self, six = it->r->self;

	for (size_t i = 0; i < dst->n; i++) {
		const struct selector *s = &f->t->p->selectors[dst->v[i]];
		bool range = s->kind == SEL_RANGE || s->kind == SEL_IPSET;
		bool own = !range && bit_has(f->n->selected, dst->v[i]);
		four |= own || (range && f->n->n.ip4.family && ipset_has(s->set, &f->n->n.ip4));
		six |= own || (range && f->n->n.ip6.family && ipset_has(s->set, &f->n->n.ip6));
	}
	put_own_dsts(f, four, six);
	for (size_t i = 0; i < dst->n; i++) {
		const struct selector *s = &f->t->p->selectors[dst->v[i]];
		char text[PREFIX_TEXT_SIZE];
		struct prefix p;
		for (size_t k = 0; s->kind == SEL_RANGE && k < s->set.n; k++)
			if (net_range_routed(f->t, s->set.v[k], f->n, false) &&
			    iprange_is_prefix(s->set.v[k], &p))
				put_dst(f, prefix_write(&p, text), "");
	}
}

static void
put_caps(struct filter *f, const struct item *it)
{
	struct jw w;

	buf_str(f->out, "\"CapGrant\":[{\"Dsts\":[");
	put_cap_dsts(f, it);
	buf_str(f->out, "],\"CapMap\":");
	jw_init(&w, f->out);
	jw_obj(&w);
	if (it->companion != NULL)
		jw_kraw(&w, it->companion, "null");
	for (size_t i = 0; it->companion == NULL && i < it->r->r->n_app; i++)
		jw_kraw(&w, it->r->r->app[i].name, it->r->r->app[i].json);
	jw_end_obj(&w);
	buf_str(f->out, "}]");
}

static void
put_protos(struct filter *f, const struct policy_pass *pass)
{
	for (size_t i = 0; i < pass->n_protos; i++)
		buf_printf(f->out, "%s%u", i ? "," : ",\"IPProto\":[", pass->protos[i]);
	if (pass->n_protos > 0)
		buf_byte(f->out, ']');
}

static void
put_group(struct filter *f, const struct group *g)
{
	size_t mark = f->out->n;

	f->ports = 0;
	buf_printf(f->out, "%s{\"SrcIPs\":", f->written ? "," : "");
	if (f->digest)
		buf_be64(f->out, g->src_hash);
	else
		buf_str(f->out, g->src);
	buf_byte(f->out, ',');
	if (g->first->pass == NULL) {
		put_caps(f, g->first);
	} else {
		buf_str(f->out, "\"DstPorts\":[");
		for (const struct item *it = g->first; it != NULL; it = it->next)
			put_dst_ports(f, it);
		buf_byte(f->out, ']');
		put_protos(f, g->first->pass);
	}
	buf_byte(f->out, '}');
	if (f->ports == 0 && !f->out->over)
		f->out->n = mark;	/* nothing of it is for this node */
	else
		f->written++;
}

static void
put_filter(struct net *t, int64_t id, bool digest, struct buf *out)
{
	struct filter f = { .t = t, .n = net_find(t, id), .out = out, .digest = digest };

	if (t->p == NULL) {
		buf_str(out, FILTER_ALLOW_ALL);
		return;
	}
	if (!t->p->has_rules) {	/* as if it said: from "*" to "*:*" */
		buf_str(out, "[{\"SrcIPs\":");
		net_put_wild(t, out);
		buf_str(out, FILTER_ALL_PORTS);
		return;
	}
	buf_byte(out, '[');
	if (f.n != NULL) {
		collect(&f);
		for (size_t i = 0; i < f.n_groups; i++)
			put_group(&f, &f.v[i]);
		arena_reset(t->scratch);
	}
	buf_byte(out, ']');
}

void
net_filter(struct net *t, int64_t id, struct buf *out)
{
	put_filter(t, id, false, out);
}

void
net_filter_digest(struct net *t, int64_t id, struct buf *out)
{
	put_filter(t, id, true, out);
}
