/*
 * lib/policy/compare.c -- what one policy allows and another does not, in words that people use.
 *
 * Each node's differences are gathered as sets of addresses; equal ones of many
 * nodes become one line, and only then names are looked for: "every device of
 * ann" is found because all their addresses are in the set.
 */
#include "lib/policy/compare.h"

#include <stdlib.h>
#include <string.h>

#include "lib/policy/box.h"
#include "lib/policy/naming.h"
#include "lib/policy/ssh.h"

#define NODE_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define SERVER "https://unused"		/* what is delegated to whom makes no difference here */

/* One line of the answer. */
struct change {
	bool gain;
	const char *access;
	struct ipset src, dst;
};

struct compare {
	struct arena *a, *scratch;	/* the answer's; one node's */
	struct net *before, *after;
	struct buf filters[2], ssh[2];
	struct ipset known;		/* sources that are somebody */
	struct change *v;
	size_t n, room, over;
};

/* ---- gathering ---- */

static struct ipset
set_copy(struct arena *a, struct ipset s)
{
	return ipset_of(a, s.v, s.n);
}

static void
add_change(struct compare *c, const struct box *b, bool gain)
{
	struct ipset src = ipset_both(c->scratch, b->src, c->known);

	if (src.n == 0)
		return;
	c->v = arena_room(c->a, c->v, c->n, &c->room, sizeof(*c->v));
	c->v[c->n++] = (struct change){ .gain = gain,
		.access = arena_strdup(c->a, box_access(c->scratch, b)),
		.src = set_copy(c->a, src), .dst = set_copy(c->a, b->dst) };
}

static bool
same_bytes(const struct buf *x, const struct buf *y)
{
	return x->n == y->n && (x->n == 0 || memcmp(x->p, y->p, x->n) == 0);
}

/* The filter and the SSH rules of a node in both nets; are they the same? */
static bool
same_node(struct compare *c, int64_t id)
{
	struct net *nets[] = { c->before, c->after };

	for (size_t i = 0; i < 2; i++) {
		buf_clear(&c->filters[i]);
		buf_clear(&c->ssh[i]);
		net_filter(nets[i], id, &c->filters[i]);
		if (!ssh_policy_json(nets[i], id, SERVER, &c->ssh[i]))
			buf_clear(&c->ssh[i]);
	}
	return same_bytes(&c->filters[0], &c->filters[1]) && same_bytes(&c->ssh[0], &c->ssh[1]);
}

static void
compare_node(void *arg, const struct net_node *n)
{
	struct compare *c = arg;
	struct boxes v[2], diff[2];

	if (same_node(c, n->id))
		return;
	for (size_t i = 0; i < 2; i++) {
		v[i] = diff[i] = (struct boxes){ .a = c->scratch };
		boxes_of_node(n, &c->filters[i], &c->ssh[i], &v[i]);
	}
	boxes_minus(&v[1], &v[0], &diff[1]);
	boxes_minus(&v[0], &v[1], &diff[0]);
	for (size_t i = 0; i < 2; i++) {
		c->over += v[i].over + diff[i].over;
		for (size_t k = 0; k < diff[i].n; k++)
			add_change(c, &diff[i].v[k], i == 1);
	}
	arena_reset(c->scratch);
}

/* ---- joining ---- */

static int
set_cmp(struct ipset x, struct ipset y)
{
	int d;

	if (x.n != y.n)
		return x.n < y.n ? -1 : 1;
	for (size_t i = 0; i < x.n; i++)
		if ((d = ip_cmp(&x.v[i].lo, &y.v[i].lo)) != 0 ||
		    (d = ip_cmp(&x.v[i].hi, &y.v[i].hi)) != 0)
			return d;
	return 0;
}

static int
same_kind_cmp(const struct change *a, const struct change *b)
{
	if (a->gain != b->gain)
		return a->gain ? -1 : 1;
	return strcmp(a->access, b->access);
}

static int
by_src(const void *x, const void *y)
{
	const struct change *a = x, *b = y;
	int d = same_kind_cmp(a, b);

	return d != 0 ? d : set_cmp(a->src, b->src);
}

static int
by_dst(const void *x, const void *y)
{
	const struct change *a = x, *b = y;
	int d = same_kind_cmp(a, b);

	return d != 0 ? d : set_cmp(a->dst, b->dst);
}

/* The same ends for several kinds of traffic: "tcp:80" and "udp:53" become "tcp:80; udp:53". */
static int
by_both(const void *x, const void *y)
{
	const struct change *a = x, *b = y;
	int d = a->gain != b->gain ? (a->gain ? -1 : 1) : set_cmp(a->src, b->src);

	if (d == 0)
		d = set_cmp(a->dst, b->dst);
	return d != 0 ? d : strcmp(a->access, b->access);
}

static void
join_dst(struct compare *c, struct change *to, const struct change *from)
{
	to->dst = ipset_union(c->a, to->dst, from->dst);
}

static void
join_src(struct compare *c, struct change *to, const struct change *from)
{
	to->src = ipset_union(c->a, to->src, from->src);
}

static void
join_access(struct compare *c, struct change *to, const struct change *from)
{
	if (strcmp(to->access, from->access) != 0)
		to->access = arena_printf(c->a, "%s; %s", to->access, from->access);
}

static bool
same_ends(const struct change *x, const struct change *y)
{
	return x->gain == y->gain && set_cmp(x->src, y->src) == 0 && set_cmp(x->dst, y->dst) == 0;
}

static bool
same_src(const struct change *x, const struct change *y)
{
	return by_src(x, y) == 0;
}

static bool
same_dst(const struct change *x, const struct change *y)
{
	return by_dst(x, y) == 0;
}

/* How lines are made one: neighbours in this order, if they are the same in that. */
struct joint {
	int (*order)(const void *, const void *);
	bool (*same)(const struct change *, const struct change *);
	void (*to_one)(struct compare *, struct change *, const struct change *);
};

static void
join(struct compare *c, const struct joint *by)
{
	size_t n = 0;

	if (c->n == 0)
		return;
	qsort(c->v, c->n, sizeof(*c->v), by->order);
	for (size_t i = 1; i < c->n; i++)
		if (by->same(&c->v[n], &c->v[i]))
			by->to_one(c, &c->v[n], &c->v[i]);
		else
			c->v[++n] = c->v[i];
	c->n = n + 1;
}

/* ---- the answer ---- */

static void
put_changes(struct compare *c, struct naming *k, bool gain, struct jw *w)
{
	size_t shown = 0;

	jw_arr(w);
	for (size_t i = 0; i < c->n; i++) {
		if (c->v[i].gain != gain)
			continue;
		if (shown++ >= COMPARE_LINES_MAX) {
			c->over++;
			continue;
		}
		jw_obj(w);
		jw_key(w, "src");
		naming_put(k, c->v[i].src, w);
		jw_key(w, "dst");
		naming_put(k, c->v[i].dst, w);
		jw_kstr(w, "access", c->v[i].access);
		jw_end_obj(w);
	}
	jw_end_arr(w);
}

static void
begin(struct compare *c)
{
	c->scratch = arena_new();
	for (size_t i = 0; i < 2; i++) {
		buf_init(&c->filters[i], NODE_BYTES_MAX);
		buf_init(&c->ssh[i], NODE_BYTES_MAX);
	}
}

static void
end(struct compare *c)
{
	for (size_t i = 0; i < 2; i++) {
		buf_fini(&c->filters[i]);
		buf_fini(&c->ssh[i]);
	}
	arena_free(c->scratch);
}

void
compare_json(struct arena *a, struct net *before, struct net *after, struct jw *w)
{
	static const struct joint joints[] = {
		{ by_src, same_src, join_dst },
		{ by_dst, same_dst, join_src },
		{ by_both, same_ends, join_access },
	};
	struct compare c = { .a = a, .before = before, .after = after };
	struct naming *k = naming_new(a, after);

	c.known = naming_known(k);
	begin(&c);
	net_each(after, compare_node, &c);
	for (size_t i = 0; i < sizeof(joints) / sizeof(joints[0]); i++)
		join(&c, &joints[i]);
	jw_key(w, "gains");
	put_changes(&c, k, true, w);
	jw_key(w, "loses");
	put_changes(&c, k, false, w);
	jw_ki64(w, "more", (int64_t)c.over);
	end(&c);
}

