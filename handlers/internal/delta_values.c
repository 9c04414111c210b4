/*
 * handlers/internal/delta_values.c -- packet filters and SSH rules of a delta.
 *
 * Nodes of the same text share a fragment: rules for all destinations give
 * thousands of nodes one and the same filter.
 */
#include <stdlib.h>

#include "handlers/internal/delta_impl.h"

/*
 * More than this is not worked out while other changes wait: who is left gets a
 * new map, which a stream gets by itself.
 */
#define VALUES_BYTES_MAX (8u * 1024 * 1024)

/* Whose text, and which. */
struct text {
	uint64_t alike;
	int64_t node;
};

/* One field of those whose value changed. */
struct field {
	struct str name;
	const int64_t *ids;
	size_t n;
	uint64_t (*alike)(struct netcache *c, int64_t node);
	void (*put)(struct req *rq, int64_t node, struct buf *out);
};

static uint64_t
filters_alike(struct netcache *c, int64_t node)
{
	return netcache_alike(c, node).filters;
}

static void
filters_put(struct req *rq, int64_t node, struct buf *out)
{
	netcache_put_filters(rq->cache, node, out);
}

static uint64_t
ssh_alike(struct netcache *c, int64_t node)
{
	return netcache_alike(c, node).ssh;
}

static void
ssh_put(struct req *rq, int64_t node, struct buf *out)
{
	(void)netcache_put_ssh(rq, node, out);
}

static int
by_text(const void *pa, const void *pb)
{
	const struct text *a = pa, *b = pb;

	if (a->alike != b->alike)
		return a->alike < b->alike ? -1 : 1;
	return a->node < b->node ? -1 : a->node > b->node;
}

/* A node alone gets it even while its stream hears nothing of others. */
static void
emit(struct delta *d, const struct field *field, const struct text *v, size_t n)
{
	int64_t *ids = arena_array(d->rq->arena, n, sizeof(*ids));
	struct fragment f = { .op = FRAG_VALUE, .seen_by = SEEN_BY_SUBJECT,
		.subject = v->node, .name = field->name };
	struct buf text;

	for (size_t i = 0; i < n; i++)
		ids[i] = v[i].node;
	if (n > 1) {
		f.seen_by = SEEN_BY_LIST;
		f.subject = 0;
		f.ids = ids;
		f.n_ids = (uint32_t)n;
	}
	buf_init(&text, DELTA_BYTES_MAX);
	field->put(d->rq, v->node, &text);
	delta_emit_json(d, &f, &text);
}

static void
refresh(struct delta *d, const struct text *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		delta_emit(d, &(struct fragment){ .op = FRAG_REFRESH,
		    .seen_by = SEEN_BY_SUBJECT, .subject = v[i].node });
}

static void
values(struct delta *d, const struct field *field)
{
	struct text *v = arena_array(d->rq->arena, field->n, sizeof(*v));
	size_t start = d->out.n;

	for (size_t i = 0; i < field->n; i++)
		v[i] = (struct text){ field->alike(d->rq->cache, field->ids[i]), field->ids[i] };
	if (field->n > 1)
		qsort(v, field->n, sizeof(*v), by_text);
	for (size_t i = 0, end; i < field->n; i = end) {
		for (end = i + 1; end < field->n && v[end].alike == v[i].alike; end++)
			;
		if (d->out.n - start < VALUES_BYTES_MAX)
			emit(d, field, &v[i], end - i);
		else
			refresh(d, &v[i], end - i);
	}
}

void
delta_values(struct delta *d)
{
	const struct netcache_news *news = &d->news;
	const struct field fields[] = {
		{ STR("PacketFilters"), news->filters, news->n_filters, filters_alike, filters_put },
		{ STR("SSHPolicy"), news->ssh, news->n_ssh, ssh_alike, ssh_put },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		values(d, &fields[i]);
}
