/* lib/netmap/routers.c -- which node a prefix goes to when several offer it. */
#include "lib/netmap/routers.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"

struct router {
	int64_t id;
	bool online;
	struct routes offers, serving;	/* malloc'ed */
	int64_t changed_seq;
};

struct routers {
	struct router *v;	/* by id; one that offers nothing stays until elected */
	size_t n, cap;
	bool dirty;
};

struct routers *
routers_new(void)
{
	return xcalloc(1, sizeof(struct routers));
}

void
routers_clear(struct routers *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->v[i].offers.v);
		free(r->v[i].serving.v);
	}
	r->n = 0;
}

void
routers_free(struct routers *r)
{
	if (r == NULL)
		return;
	routers_clear(r);
	free(r->v);
	free(r);
}

/* Where 'id' is, or where it belongs. */
static size_t
position(const struct routers *r, int64_t id)
{
	size_t lo = 0, hi = r->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (r->v[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct router *
find(const struct routers *r, int64_t id)
{
	size_t at = position(r, id);

	return at < r->n && r->v[at].id == id ? &r->v[at] : NULL;
}

static struct router *
insert(struct routers *r, int64_t id)
{
	size_t at = position(r, id);

	if (r->n == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 8;
		r->v = xrealloc(r->v, r->cap * sizeof(*r->v));
	}
	memmove(&r->v[at + 1], &r->v[at], (r->n - at) * sizeof(*r->v));
	r->v[at] = (struct router){ .id = id };
	r->n++;
	return &r->v[at];
}

static bool
same(const struct routes *a, const struct routes *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!prefix_eq(&a->v[i], &b->v[i]))
			return false;
	return true;
}

static void
assign(struct routes *to, const struct routes *from)
{
	free(to->v);
	to->v = xmalloc(from->n * sizeof(*to->v));
	to->n = from->n;
	if (from->n > 0)
		memcpy(to->v, from->v, from->n * sizeof(*to->v));
}

void
routers_set(struct routers *r, int64_t id, bool online, const struct routes *offers)
{
	struct router *node = find(r, id);

	if (node == NULL) {
		if (offers->n == 0)
			return;
		node = insert(r, id);
	} else if (node->online == online && same(&node->offers, offers)) {
		return;
	}
	node->online = online;
	assign(&node->offers, offers);
	r->dirty = true;
}

/* One node's offer of one prefix. */
struct bid {
	const struct prefix *prefix;
	struct router *node;
};

static int
by_merit(const void *pa, const void *pb)
{
	const struct bid *a = pa, *b = pb;
	int c = prefix_cmp(a->prefix, b->prefix);

	if (c != 0)
		return c;
	if (a->node->online != b->node->online)
		return a->node->online ? -1 : 1;
	return a->node->id < b->node->id ? -1 : a->node->id > b->node->id;
}

static struct bid *
all_bids(struct routers *r, size_t *n)
{
	struct bid *v;
	size_t total = 0;

	for (size_t i = 0; i < r->n; i++)
		total += r->v[i].offers.n;
	v = xmalloc(total * sizeof(*v));
	*n = 0;
	for (size_t i = 0; i < r->n; i++)
		for (size_t k = 0; k < r->v[i].offers.n; k++)
			v[(*n)++] = (struct bid){ &r->v[i].offers.v[k], &r->v[i] };
	if (total > 1)
		qsort(v, total, sizeof(*v), by_merit);
	return v;
}

/* Fills 'won' (one list per router, in order) from the sorted bids. */
static void
award(struct routers *r, const struct bid *bids, size_t n, struct routes *won)
{
	for (size_t i = 0; i < n; i++) {
		struct routes *w = &won[bids[i].node - r->v];
		bool first = i == 0 || !prefix_eq(bids[i].prefix, bids[i - 1].prefix);
		if (first || prefix_is_default(bids[i].prefix))
			w->v[w->n++] = *bids[i].prefix;
	}
}

/* Takes the result over; marks whose share it changed. */
static void
settle(struct routers *r, struct routes *won, int64_t seq)
{
	for (size_t i = 0; i < r->n; i++) {
		if (!same(&r->v[i].serving, &won[i])) {
			assign(&r->v[i].serving, &won[i]);
			r->v[i].changed_seq = seq;
		}
		free(won[i].v);
	}
}

void
routers_elect(struct routers *r, int64_t seq)
{
	struct routes *won;
	struct bid *bids;
	size_t n;

	if (!r->dirty)
		return;
	bids = all_bids(r, &n);
	won = xcalloc(r->n, sizeof(*won));
	for (size_t i = 0; i < r->n; i++)
		won[i].v = xmalloc(r->v[i].offers.n * sizeof(*won[i].v));
	award(r, bids, n, won);
	settle(r, won, seq);
	free(won);
	free(bids);
	r->dirty = false;
}

struct routes
routers_serving(const struct routers *r, int64_t id)
{
	const struct router *node = find(r, id);

	return node ? node->serving : (struct routes){ 0 };
}

void
routers_changed(const struct routers *r, int64_t seq, void (*fn)(void *, int64_t), void *arg)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].changed_seq > seq)
			fn(arg, r->v[i].id);
}
