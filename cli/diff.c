/*
 * cli/diff.c -- two texts line by line, as `diff -u` shows them.
 *
 * Myers' greedy algorithm over what is left when equal beginnings and ends are
 * cut off.  Texts that have next to nothing in common are not worth its time:
 * from DIFF_EDITS_MAX on the rest is shown as replaced.
 */
#include <stdint.h>
#include <string.h>

#include "cli/cmd.h"

#define DIFF_EDITS_MAX 1500
#define DIFF_CONTEXT 3
#define DIFF_BYTES_MAX ((size_t)64 * 1024 * 1024)

struct side {
	struct str *line;
	bool *changed;		/* not in the other text */
	size_t n;
};

struct diff {
	struct arena *a;
	struct side x, y;
	size_t head;		/* lines that both begin with; the search is behind them */
	int64_t n, m;		/* lines in between of each */
	int64_t **reached;	/* by number of edits: how far on each diagonal */
};

static struct side
split(struct arena *a, struct str text)
{
	struct side s = { .n = 0 };
	struct str left = text, line;
	size_t max = 1;

	for (size_t i = 0; i < text.n; i++)
		max += text.p[i] == '\n';
	s.line = arena_array(a, max, sizeof(*s.line));
	s.changed = arena_array(a, max, sizeof(*s.changed));
	while (left.n > 0 && str_cut(&left, '\n', &line))
		s.line[s.n++] = line;
	return s;
}

static void
cut_ends(struct diff *d)
{
	size_t least = d->x.n < d->y.n ? d->x.n : d->y.n, tail = 0;

	while (d->head < least && str_eq(d->x.line[d->head], d->y.line[d->head]))
		d->head++;
	while (tail < least - d->head &&
	    str_eq(d->x.line[d->x.n - tail - 1], d->y.line[d->y.n - tail - 1]))
		tail++;
	d->n = (int64_t)(d->x.n - d->head - tail);
	d->m = (int64_t)(d->y.n - d->head - tail);
}

static bool
same_line(const struct diff *d, int64_t i, int64_t k)
{
	return str_eq(d->x.line[d->head + (size_t)i], d->y.line[d->head + (size_t)k]);
}

/* Where diagonal 'k' goes on from after e - 1 edits: down (a line of y) or right. */
static bool
comes_down(const int64_t *before, int64_t e, int64_t k)
{
	return k == -e || (k != e && before[e + k - 2] < before[e + k]);
}

/* How far one gets with 'e' edits; true if to the end. */
static bool
reach(struct diff *d, int64_t e)
{
	int64_t *now = arena_array(d->a, (size_t)(2 * e + 1), sizeof(*now)), i;
	const int64_t *before = e > 0 ? d->reached[e - 1] : NULL;

	d->reached[e] = now;	/* diagonal k is at e + k */
	for (int64_t k = -e; k <= e; k += 2) {
		if (e == 0)
			i = 0;
		else if (comes_down(before, e, k))
			i = before[e + k];
		else
			i = before[e + k - 2] + 1;
		while (i < d->n && i - k < d->m && same_line(d, i, i - k))
			i++;
		now[e + k] = i;
		if (i >= d->n && i - k >= d->m)
			return true;
	}
	return false;
}

/* Back from the end, marking the line that each edit took or added. */
static void
mark(struct diff *d, int64_t e)
{
	int64_t i = d->n, k = d->n - d->m;

	for (; e > 0; e--) {
		bool down = comes_down(d->reached[e - 1], e, k);

		k += down ? 1 : -1;
		i = d->reached[e - 1][e - 1 + k];
		if (down)
			d->y.changed[d->head + (size_t)(i - k)] = true;
		else
			d->x.changed[d->head + (size_t)i] = true;
	}
}

static void
compare(struct diff *d)
{
	d->reached = arena_array(d->a, DIFF_EDITS_MAX + 1, sizeof(*d->reached));
	for (int64_t e = 0; e <= DIFF_EDITS_MAX; e++)
		if (reach(d, e)) {
			mark(d, e);
			return;
		}
	memset(d->x.changed + d->head, true, (size_t)d->n);
	memset(d->y.changed + d->head, true, (size_t)d->m);
}

/* ---- output ---- */

/* A line of the result; 'i' and 'k' are where the two texts are before it. */
struct shown {
	char sign;
	size_t i, k;
};

static struct shown *
merge(const struct diff *d, size_t *n)
{
	struct shown *v = arena_array(d->a, d->x.n + d->y.n, sizeof(*v));
	size_t i = 0, k = 0;

	*n = 0;
	while (i < d->x.n || k < d->y.n) {
		v[*n] = (struct shown){ ' ', i, k };
		if (i < d->x.n && d->x.changed[i]) {
			v[*n].sign = '-';
			i++;
		} else if (k < d->y.n && d->y.changed[k]) {
			v[*n].sign = '+';
			k++;
		} else {
			i++;
			k++;
		}
		(*n)++;
	}
	return v;
}

/* The end of the hunk whose first change is 'from': further ones near by are in it. */
static size_t
hunk_end(const struct shown *v, size_t n, size_t from)
{
	size_t last = from;

	for (size_t at = from; at < n && at <= last + 2 * DIFF_CONTEXT + 1; at++)
		if (v[at].sign != ' ')
			last = at;
	return last + 1 + DIFF_CONTEXT < n ? last + 1 + DIFF_CONTEXT : n;
}

static void
put_hunk(const struct diff *d, const struct shown *v, size_t from, size_t to, struct buf *out)
{
	size_t taken = 0, added = 0;

	for (size_t at = from; at < to; at++) {
		taken += v[at].sign != '+';
		added += v[at].sign != '-';
	}
	buf_printf(out, "@@ -%zu,%zu +%zu,%zu @@\n", v[from].i + (taken > 0), taken,
	    v[from].k + (added > 0), added);
	for (size_t at = from; at < to; at++) {
		struct str s = v[at].sign == '+' ? d->y.line[v[at].k] : d->x.line[v[at].i];

		buf_byte(out, (uint8_t)v[at].sign);
		buf_put(out, s.p, s.n);
		buf_byte(out, '\n');
	}
}

const char *
diff_unified(struct arena *a, const char *name_x, struct str x, const char *name_y,
    struct str y)
{
	struct diff d = { .a = a, .x = split(a, x), .y = split(a, y) };
	struct shown *v;
	struct buf out;
	size_t n, end = 0;

	cut_ends(&d);
	if (d.n == 0 && d.m == 0)
		return "";
	compare(&d);
	v = merge(&d, &n);
	buf_init(&out, DIFF_BYTES_MAX);
	buf_printf(&out, "--- %s\n+++ %s\n", name_x, name_y);
	for (size_t at = 0; at < n; at++) {
		size_t from = at > DIFF_CONTEXT ? at - DIFF_CONTEXT : 0;

		if (v[at].sign == ' ')
			continue;
		end = hunk_end(v, n, at);
		put_hunk(&d, v, from, end, &out);
		at = end;
	}
	return buf_text(&out, a);
}
