/*
 * lib/metrics/render.c -- the metrics as text, for Prometheus (format 0.0.4).
 *
 * A histogram's count is the sum of its cells, so that it never disagrees with them,
 * whatever is added meanwhile.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/metrics/map.h"

void
metrics_sample(struct metrics_samples *s, enum metric m, const char *label0,
    const char *label1, double value)
{
	s->v = arena_room(s->arena, s->v, s->n, &s->cap, sizeof(*s->v));
	s->v[s->n++] = (struct metrics_sample){ m, { label0, label1 }, value };
}

/* ---- parts of a line ---- */

static void
put_escaped(struct buf *out, const char *s, bool quotes)
{
	for (; *s != '\0'; s++) {
		if (*s == '\\')
			buf_str(out, "\\\\");
		else if (*s == '\n')
			buf_str(out, "\\n");
		else if (*s == '"' && quotes)
			buf_str(out, "\\\"");
		else
			buf_byte(out, (uint8_t)*s);
	}
}

static void
put_head(struct buf *out, const struct metric_row *r)
{
	static const char *const types[] = {
		[KIND_COUNTER] = "counter", [KIND_HISTOGRAM] = "histogram",
		[KIND_GAUGE] = "gauge", [KIND_ASKED] = "gauge",
		[KIND_ASKED_COUNTER] = "counter",
	};

	buf_printf(out, "# HELP %s ", r->name);
	put_escaped(out, r->help, false);
	buf_printf(out, "\n# TYPE %s %s\n", r->name, types[r->kind]);
}

/* {a="x",b="y",le="1"}; parts whose value is NULL are left out. */
static void
put_labels(struct buf *out, const struct metric_row *r, const char *const value[],
    const char *le)
{
	char before = '{';

	for (int i = 0; i < METRICS_LABELS; i++) {
		if (r->label[i].name == NULL || value[i] == NULL)
			continue;
		buf_printf(out, "%c%s=\"", before, r->label[i].name);
		put_escaped(out, value[i], true);
		buf_byte(out, '"');
		before = ',';
	}
	if (le != NULL)
		buf_printf(out, "%cle=\"%s\"", before, le);
	if (before == ',' || le != NULL)
		buf_byte(out, '}');
}

/* The label values of the cell with this number. */
static void
values_of(const struct metric_row *r, unsigned cell, const char *value[])
{
	unsigned inner = r->label[1].name != NULL ? r->label[1].n : 1;

	value[0] = r->label[0].name != NULL ? r->label[0].values[cell / inner] : NULL;
	value[1] = r->label[1].name != NULL ? r->label[1].values[cell % inner] : NULL;
}

/* ---- kinds ---- */

static uint64_t
cell_of(enum metric m, unsigned i)
{
	if (metrics_map == NULL)
		return 0;
	return atomic_load_explicit(&metrics_map->cell[metrics_place[m].base + i],
	    memory_order_relaxed);
}

static void
put_counter(struct buf *out, enum metric m)
{
	const struct metric_row *r = &metrics_rows[m];
	const char *value[METRICS_LABELS];

	for (unsigned i = 0; i < metrics_width(r); i++) {
		uint64_t v = cell_of(m, i);

		if (v == 0 && r->sparse)
			continue;
		values_of(r, i, value);
		buf_str(out, r->name);
		put_labels(out, r, value, NULL);
		buf_printf(out, " %" PRIu64 "\n", v);
	}
}

static void
put_bucket(struct buf *out, const struct metric_row *r, const char *const value[],
    const char *le, uint64_t n)
{
	buf_printf(out, "%s_bucket", r->name);
	put_labels(out, r, value, le);
	buf_printf(out, " %" PRIu64 "\n", n);
}

static void
put_one_histogram(struct buf *out, enum metric m, unsigned cell)
{
	const struct metric_row *r = &metrics_rows[m];
	unsigned n = metrics_bounds(r), at = cell * metrics_place[m].stride;
	const char *value[METRICS_LABELS];
	uint64_t total = 0;
	char le[32];

	values_of(r, cell, value);
	for (unsigned i = 0; i < n; i++) {
		total += cell_of(m, at + METRICS_BUCKETS + i);
		(void)snprintf(le, sizeof(le), "%g", (double)r->bounds[i] / 1e9);
		put_bucket(out, r, value, le, total);
	}
	total += cell_of(m, at + METRICS_BUCKETS + n);
	put_bucket(out, r, value, "+Inf", total);
	buf_printf(out, "%s_sum", r->name);
	put_labels(out, r, value, NULL);
	buf_printf(out, " %.9f\n%s_count", (double)cell_of(m, at + METRICS_SUM) / 1e9, r->name);
	put_labels(out, r, value, NULL);
	buf_printf(out, " %" PRIu64 "\n", total);
}

static void
put_histogram(struct buf *out, enum metric m)
{
	for (unsigned i = 0; i < metrics_width(&metrics_rows[m]); i++)
		put_one_histogram(out, m, i);
}

static int64_t
gauge_sum(enum metric m, unsigned cell, const bool *alive)
{
	int64_t sum = 0;

	for (size_t i = 0; metrics_map != NULL && i < METRICS_SLOTS; i++)
		if (alive[i])
			sum += atomic_load_explicit(
			    &metrics_map->slot[i].gauge[metrics_place[m].base + cell],
			    memory_order_relaxed);
	return sum;
}

static void
put_gauge(struct buf *out, enum metric m, const bool *alive)
{
	const struct metric_row *r = &metrics_rows[m];
	const char *value[METRICS_LABELS];

	for (unsigned i = 0; i < metrics_width(r); i++) {
		values_of(r, i, value);
		buf_str(out, r->name);
		put_labels(out, r, value, NULL);
		buf_printf(out, " %" PRId64 "\n", gauge_sum(m, i, alive));
	}
}

/* What nobody could find out is not there; 0 would be a lie. */
static void
put_asked(struct buf *out, enum metric m, const struct metrics_samples *s)
{
	const struct metric_row *r = &metrics_rows[m];
	bool any = false;

	for (size_t i = 0; i < s->n; i++) {
		if (s->v[i].id != m)
			continue;
		if (!any)
			put_head(out, r);
		any = true;
		buf_str(out, r->name);
		put_labels(out, r, s->v[i].label, NULL);
		buf_printf(out, " %.15g\n", s->v[i].value);
	}
}

void
metrics_render(struct metrics_samples *s, struct buf *out)
{
	bool alive[METRICS_SLOTS] = { false };

	if (metrics_map != NULL) {
		metrics_processes(s, alive);
		metrics_sample(s, METRIC_COUNTING_SINCE, NULL, NULL,
		    (double)metrics_map->since_ms / 1e3);
	}
	for (enum metric m = 0; m < METRIC_COUNT; m++) {
		enum metric_kind kind = metrics_rows[m].kind;

		if (kind == KIND_ASKED || kind == KIND_ASKED_COUNTER) {
			put_asked(out, m, s);
			continue;
		}
		put_head(out, &metrics_rows[m]);
		if (kind == KIND_COUNTER)
			put_counter(out, m);
		else if (kind == KIND_HISTOGRAM)
			put_histogram(out, m);
		else
			put_gauge(out, m, alive);
	}
}
