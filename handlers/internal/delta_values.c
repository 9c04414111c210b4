/*
 * handlers/internal/delta_values.c -- packet filters and SSH rules of a delta.
 *
 * Nodes of the same text share a fragment: rules for all destinations give
 * thousands of nodes one and the same filter.
 */
#include <string.h>

#include <stdlib.h>

#include "handlers/internal/delta_impl.h"

/* Whose text it is, and where it stands in the one buffer. */
struct text {
	int64_t node;
	const struct buf *in;
	size_t at, n;
};

static int
by_text(const void *pa, const void *pb)
{
	const struct text *a = pa, *b = pb;
	int c;

	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	c = memcmp(a->in->p + a->at, b->in->p + b->at, a->n);
	if (c != 0)
		return c;
	return a->node < b->node ? -1 : a->node > b->node;
}

static bool
same(const struct text *a, const struct text *b)
{
	return a->n == b->n && memcmp(a->in->p + a->at, b->in->p + b->at, a->n) == 0;
}

/* A node alone gets it even while its stream hears nothing of others. */
static void
emit(struct delta *d, struct str name, const struct text *v, size_t n)
{
	int64_t *ids = arena_array(d->rq->arena, n, sizeof(*ids));
	struct fragment f = { .op = FRAG_VALUE, .seen_by = SEEN_BY_SUBJECT,
		.subject = v->node, .name = name, .bytes = { v->in->p + v->at, v->n } };

	for (size_t i = 0; i < n; i++)
		ids[i] = v[i].node;
	if (n > 1) {
		f.seen_by = SEEN_BY_LIST;
		f.subject = 0;
		f.ids = ids;
		f.n_ids = (uint32_t)n;
	}
	delta_emit(d, &f);
}

static void
put_filters(struct req *rq, int64_t node, struct buf *out)
{
	netcache_put_filters(rq->cache, node, out);
}

static void
put_ssh(struct req *rq, int64_t node, struct buf *out)
{
	(void)netcache_put_ssh(rq, node, out);
}

static void
values(struct delta *d, struct str name, const int64_t *ids, size_t n,
    void (*put)(struct req *rq, int64_t node, struct buf *out))
{
	struct text *v = arena_array(d->rq->arena, n, sizeof(*v));
	struct buf all;

	buf_init(&all, DELTA_BYTES_MAX);
	for (size_t i = 0; i < n; i++) {
		v[i] = (struct text){ .node = ids[i], .in = &all, .at = all.n };
		put(d->rq, ids[i], &all);
		v[i].n = all.n - v[i].at;
	}
	if (all.over)
		d->out.over = true;
	else if (n > 1)
		qsort(v, n, sizeof(*v), by_text);
	for (size_t i = 0, end; !all.over && i < n; i = end) {
		for (end = i + 1; end < n && same(&v[i], &v[end]); end++)
			;
		emit(d, name, &v[i], end - i);
	}
	buf_fini(&all);
}

void
delta_values(struct delta *d)
{
	values(d, STR("PacketFilters"), d->news.filters, d->news.n_filters, put_filters);
	values(d, STR("SSHPolicy"), d->news.ssh, d->news.n_ssh, put_ssh);
}
