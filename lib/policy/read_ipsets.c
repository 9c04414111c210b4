/*
 * lib/policy/read_ipsets.c -- IP sets: lines that add and take away addresses, in order.
 *
 * A later line wins over an earlier one.  So the lines are painted from the
 * last to the first over the stretches between all their ends, and no stretch
 * is painted twice: the cost is that of sorting, whatever the order of lines.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/policy/policy_impl.h"

/* A range of a line; the lines of a set in its order. */
struct stroke {
	struct iprange r;
	bool minus;
};

struct canvas {
	struct arena *a;
	struct stroke *v;
	size_t n, cap;
};

enum state { WAITING, OPEN, DONE };

struct reading {
	struct reader *r;
	const struct hj **lists;	/* by ipset; NULL if it has no lines */
	enum state *state;
	size_t ranges;			/* so far, for IPSET_RANGES_MAX */
	unsigned depth;			/* for IPSET_DEPTH_MAX */
};

static void
add_stroke(struct canvas *c, struct iprange r, bool minus)
{
	struct stroke *v = c->v;

	if (c->n == c->cap) {
		c->cap = c->cap > 0 ? 2 * c->cap : 16;
		c->v = arena_array(c->a, c->cap, sizeof(*v));
		if (c->n > 0)
			memcpy(c->v, v, c->n * sizeof(*v));
	}
	c->v[c->n++] = (struct stroke){ r, minus };
}

/* ---- painting ---- */

static int
by_address(const void *a, const void *b)
{
	return ip_cmp(a, b);
}

/* The first address behind the range; false if there is none. */
static bool
address_after(struct iprange r, struct ip *out)
{
	*out = r.hi;
	ip_next(out);
	return ip_cmp(out, &r.hi) > 0;
}

/* Where a stretch begins: at each range, and behind each.  Sorted, once each. */
static size_t
cuts_of(const struct canvas *c, struct ip **out)
{
	struct ip *v = arena_array(c->a, 2 * c->n + 1, sizeof(*v));
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < c->n; i++) {
		v[n++] = c->v[i].r.lo;
		n += address_after(c->v[i].r, &v[n]);
	}
	if (n > 1)
		qsort(v, n, sizeof(*v), by_address);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || !ip_eq(&v[kept - 1], &v[i]))
			v[kept++] = v[i];
	*out = v;
	return kept;
}

static size_t
cut_at(const struct ip *v, size_t n, const struct ip *ip)
{
	const struct ip *found = bsearch(ip, v, n, sizeof(*v), by_address);

	return found != NULL ? (size_t)(found - v) : n;
}

/* The next stretch from 'i' on that is not painted; shortens the way for the next. */
static size_t
unpainted(size_t *next, size_t i)
{
	size_t end = i, step;

	while (next[end] != end)
		end = next[end];
	while (next[i] != i) {
		step = next[i];
		next[i] = end;
		i = step;
	}
	return end;
}

/* The stretch from cut 'i' to the next, or to the end of its family. */
static struct iprange
stretch(const struct ip *cuts, size_t n, size_t i, const struct iprange *within)
{
	struct iprange r = { cuts[i], within->hi };

	if (i + 1 < n && cuts[i + 1].family == r.lo.family && ip_cmp(&cuts[i + 1], &r.hi) <= 0) {
		r.hi = cuts[i + 1];
		for (size_t k = r.hi.family == 4 ? 4 : 16; k > 0 && r.hi.b[--k]-- == 0;)
			;
	}
	return r;
}

static struct ipset
paint(const struct canvas *c)
{
	struct ip *cuts;
	size_t n_cuts = cuts_of(c, &cuts), n = 0;
	size_t *next = arena_array(c->a, n_cuts + 1, sizeof(*next));
	struct iprange *v = arena_array(c->a, n_cuts + 1, sizeof(*v));

	for (size_t i = 0; i <= n_cuts; i++)
		next[i] = i;
	for (size_t k = c->n; k-- > 0;) {
		const struct iprange *r = &c->v[k].r;
		size_t i = unpainted(next, cut_at(cuts, n_cuts, &r->lo));
		while (i < n_cuts && cuts[i].family == r->lo.family &&
		    ip_cmp(&cuts[i], &r->hi) <= 0) {
			if (!c->v[k].minus)
				v[n++] = stretch(cuts, n_cuts, i, r);
			next[i] = i + 1;
			i = unpainted(next, i);
		}
	}
	return ipset_of(c->a, v, n);
}

/* ---- reading ---- */

static void read_one(struct reading *s, uint32_t i);

/* "add X", "remove X" or X alone, which adds. */
static struct str
split_line(struct str line, bool *minus)
{
	struct str rest = line, word = line;

	(void)str_cut(&rest, ' ', &word);
	*minus = word.n == 6 && strncasecmp(word.p, "remove", 6) == 0;
	if (*minus || (word.n == 3 && strncasecmp(word.p, "add", 3) == 0))
		return str_trim(rest.p != NULL ? rest : (struct str){ "", 0 });
	return line;
}

/* A nested set has to be known first. */
static bool
nested_ok(struct reading *s, struct str name, struct place at)
{
	uint32_t i;

	if (!names_find(&s->r->names->ipsets, name, &i))
		return true;
	if (s->state[i] == WAITING && s->depth < IPSET_DEPTH_MAX)
		read_one(s, i);
	if (s->state[i] == DONE)
		return true;
	bad(s->r, at, "\"%s\" %s", s->r->p->ipsets[i].name,
	    s->state[i] == OPEN ? "contains itself" : "is nested too deep");
	return false;
}

static void
add_set(struct reading *s, struct canvas *c, struct ipset set, bool minus, struct place at)
{
	if (s->ranges + set.n > IPSET_RANGES_MAX) {
		if (!s->r->ranges_full)
			bad(s->r, at, "all ipsets together have more than %d ranges",
			    IPSET_RANGES_MAX);
		s->r->ranges_full = true;
		return;
	}
	s->ranges += set.n;
	for (size_t i = 0; i < set.n; i++)
		add_stroke(c, set.v[i], minus);
}

static void
read_line(struct reading *s, struct canvas *c, const char *name, const struct hj *e)
{
	struct use use = { IN_IPSET, "ipsets", name, true };
	struct str what;
	struct ipset set;
	bool minus;

	if (e->type != HJ_STRING) {
		bad(s->r, e->at, "a line of an ipset must be text");
		return;
	}
	what = split_line(read_text(e), &minus);
	if (str_starts(what, "host:"))
		what = (struct str){ what.p + strlen("host:"), what.n - strlen("host:") };
	if (nested_ok(s, what, e->at) && selector_set(s->r, &use, e->at, what, &set))
		add_set(s, c, set, minus, e->at);
}

static void
read_one(struct reading *s, uint32_t i)
{
	struct policy_ipset *set = &s->r->p->ipsets[i];
	struct canvas c = { .a = s->r->a };

	s->state[i] = OPEN;
	s->depth++;
	for (const struct hj *e = s->lists[i] ? s->lists[i]->child : NULL; e != NULL; e = e->next)
		read_line(s, &c, set->name, e);
	set->set = paint(&c);
	s->depth--;
	s->state[i] = DONE;
}

void
read_ipsets(struct reader *r, const struct hj *v)
{
	size_t n = r->p->n_ipsets;
	struct reading s = {
		.r = r,
		.lists = arena_array(r->a, n, sizeof(*s.lists)),
		.state = arena_array(r->a, n, sizeof(*s.state)),
	};
	uint32_t i;

	for (const struct hj *m = v ? v->child : NULL; m != NULL; m = m->next) {
		if (!names_find(&r->names->ipsets, str_trim(str_of(m->key)), &i))
			continue;
		if (m->type == HJ_ARRAY)
			s.lists[i] = m;
		else if (m->type != HJ_NULL)
			bad(r, m->at, "ipsets[\"%s\"] must be a list", m->key);
	}
	for (i = 0; i < n; i++)
		if (s.state[i] == WAITING)
			read_one(&s, i);
}
