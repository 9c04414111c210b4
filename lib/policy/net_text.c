/*
 * lib/policy/net_text.c -- what a side of a rule is called as SrcIPs in a packet filter.
 *
 * The text is made once and kept until a node enters or leaves the side: a
 * filter is mostly such texts put together.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/policy/net_impl.h"

#define SIDE_BYTES_MAX (64u * 1024 * 1024)	/* of one text */

/* "*" as a source: every address that a node may have ... */
static const char *const wild[] = {
	"100.64.0.0-100.115.91.255", "100.115.94.0-100.127.255.255", "fd7a:115c:a1e0::/48",
};

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
			if (net_side_posture(s, n))
				ranges_add_ips(r, &n->n.ip4, &n->n.ip6);
		}
}

/* What stands in the list besides "*". */
static struct ipset
side_ranges(struct net *t, const struct side *s)
{
	struct ranges r = { .a = t->scratch };

	for (size_t i = 0; i < s->sel.n; i++) {
		const struct selector *sel = &t->p->selectors[s->sel.v[i]];
		if (s->n_postures > 0)
			add_members(t, s, s->sel.v[i], &r);
		else if (is_written(sel->kind))
			for (size_t k = 0; k < sel->set.n; k++)
				ranges_add(&r, sel->set.v[k]);
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
net_side_text(struct net *t, struct side *s)
{
	if (!s->stale)
		return;
	free(s->json);
	s->json = text_of(t, side_ranges(t, s), s->any && s->n_postures == 0,
	    s->danger && s->n_postures == 0);
	s->hash = net_hash(s->json, strlen(s->json));
	s->empty = strcmp(s->json, "[]") == 0;
	s->stale = false;
	arena_reset(t->scratch);
}

const char *
net_side_text_of_user(struct net *t, const struct side *s, int64_t user_id, uint64_t *hash,
    bool *empty)
{
	const struct user_nodes *o = net_owned(t, user_id);
	struct ranges r = { .a = t->scratch };
	char *text;
	const char *kept;

	for (size_t i = 0; o != NULL && i < o->n; i++) {
		const struct nnode *n = t->slots[o->slots[i]];
		if (net_side_posture(s, n) && net_side_selected(&s->sel, n))
			ranges_add_ips(&r, &n->n.ip4, &n->n.ip6);
	}
	text = text_of(t, ipset_of(t->scratch, r.v, r.n), false, false);
	*hash = net_hash(text, strlen(text));
	*empty = strcmp(text, "[]") == 0;
	kept = arena_strdup(t->scratch, text);
	free(text);
	return kept;
}
