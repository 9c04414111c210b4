/*
 * notifier/batch_index.c -- decoding a delta and what is worked out once for it.
 *
 * Fields: the three of peers come first, then the others in the order in which
 * they first appear.  A client takes removals before changes before patches,
 * whatever stands first; the order here only makes messages repeatable.
 */
#include "notifier/batch.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"

static const struct str peer_fields[] = {
	{ "PeersChanged", 12 }, { "PeersRemoved", 12 }, { "PeersChangedPatch", 17 },
};

/* ---- decoding ---- */

static bool
batch_decode(struct batch *b)
{
	struct rd r = rd_of(buf_span(&b->bytes));
	struct delta_head h;
	size_t room = b->bytes.n / sizeof(int64_t), used = 0;

	if (delta_head_decode(&r, &h) != OK || h.count > b->bytes.n)
		return false;
	b->from = h.from;
	b->to = h.to;
	b->n = h.count;
	b->words = (b->n + 63) / 64;
	b->frags = xcalloc(b->n, sizeof(*b->frags));
	b->ids = xmalloc(room * sizeof(*b->ids));
	for (uint32_t i = 0; i < b->n; i++) {
		if (fragment_decode(&r, b->ids + used, (uint32_t)(room - used),
		    &b->frags[i]) != OK)
			return false;
		used += b->frags[i].n_ids;
	}
	b->ids = xrealloc(b->ids, used * sizeof(*b->ids));
	return rd_left(&r) == 0;
}

/* The lists of ids moved with the shrinking realloc: point to them again. */
static void
batch_rebase(struct batch *b)
{
	size_t used = 0;

	for (uint32_t i = 0; i < b->n; i++) {
		b->frags[i].ids = b->ids + used;
		used += b->frags[i].n_ids;
	}
}

/* A companion must be an item that stands earlier. */
static bool
batch_with_sound(const struct batch *b)
{
	for (uint32_t i = 0; i < b->n; i++) {
		uint32_t with = b->frags[i].with;

		if (with > i || (with && b->frags[with - 1].op != FRAG_ITEM))
			return false;
	}
	return true;
}

/* ---- fields ---- */

static bool
field_number(struct batch *b, struct str name, uint16_t *out)
{
	for (uint16_t i = 0; i < b->n_names; i++) {
		if (str_eq(b->names[i], name)) {
			*out = i;
			return true;
		}
	}
	if (b->n_names == BATCH_FIELDS_MAX)
		return false;
	b->names[b->n_names] = name;
	*out = b->n_names++;
	return true;
}

static bool
field_of(struct batch *b, uint32_t i)
{
	const struct fragment *f = &b->frags[i];

	switch (f->op) {
	case FRAG_UPSERT:
		b->field[i] = 0;
		return true;
	case FRAG_REMOVE:
		b->field[i] = 1;
		return true;
	case FRAG_PATCH:
		b->field[i] = 2;
		return true;
	case FRAG_VALUE:
	case FRAG_ITEM:
		return field_number(b, f->name, &b->field[i]);
	default:
		b->field[i] = UINT16_MAX;
		return true;
	}
}

/* Sorts by field, keeping the order within one (a counting sort). */
static void
order_make(struct batch *b)
{
	uint32_t at[BATCH_FIELDS_MAX + 1] = { 0 };

	for (uint32_t i = 0; i < b->n; i++)
		if (b->field[i] != UINT16_MAX)
			at[b->field[i] + 1]++;
	for (uint32_t f = 0; f < BATCH_FIELDS_MAX; f++)
		at[f + 1] += at[f];
	b->n_order = at[BATCH_FIELDS_MAX];
	b->order = xcalloc(b->n_order, sizeof(*b->order));
	for (uint32_t i = 0; i < b->n; i++)
		if (b->field[i] != UINT16_MAX)
			b->order[at[b->field[i]]++] = i;
}

static bool
batch_fields(struct batch *b)
{
	for (size_t i = 0; i < 3; i++)
		b->names[b->n_names++] = peer_fields[i];
	b->field = xcalloc(b->n, sizeof(*b->field));
	for (uint32_t i = 0; i < b->n; i++)
		if (!field_of(b, i))
			return false;
	order_make(b);
	return true;
}

/* ---- who differs ---- */

#define SHORT_LIST 16u

static int
id_cmp(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The subject, if it sees something else than all do. */
static bool
subject_differs(const struct fragment *f)
{
	return f->op != FRAG_WAKE && f->seen_by != SEEN_BY_EVERYONE &&
	    f->seen_by != SEEN_BY_LIST && f->subject > 0;
}

static uint32_t
few_ids(const struct fragment *f)
{
	return f->n_ids <= SHORT_LIST ? f->n_ids : 0;
}

/* Subjects and short lists come in any order: sorted. */
static void
special_few(struct batch *b)
{
	size_t total = 0, n = 0;
	uint32_t kept = 0;
	int64_t *v;

	for (uint32_t i = 0; i < b->n; i++)
		total += 1 + few_ids(&b->frags[i]);
	v = xcalloc(total, sizeof(*v));
	for (uint32_t i = 0; i < b->n; i++) {
		const struct fragment *f = &b->frags[i];

		if (subject_differs(f))
			v[n++] = f->subject;
		memcpy(v + n, f->ids, few_ids(f) * sizeof(*v));
		n += few_ids(f);
	}
	qsort(v, n, sizeof(*v), id_cmp);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || v[kept - 1] != v[i])
			v[kept++] = v[i];
	b->special = v;
	b->n_special = kept;
}

static bool
special_has(const struct batch *b, const struct fragment *f)
{
	uint32_t i = 0;

	for (uint32_t k = 0; k < f->n_ids; k++, i++) {
		while (i < b->n_special && b->special[i] < f->ids[k])
			i++;
		if (i == b->n_special || b->special[i] != f->ids[k])
			return false;
	}
	return true;
}

/*
 * Long lists come again and again in one delta, mostly the same, so they are
 * merged as they come and never sorted.
 */
static void
special_merge(struct batch *b, const struct fragment *f)
{
	int64_t *v = xcalloc(b->n_special + (size_t)f->n_ids, sizeof(*v));
	uint32_t i = 0, k = 0, used = 0;

	while (i < b->n_special || k < f->n_ids) {
		if (k == f->n_ids || (i < b->n_special && b->special[i] <= f->ids[k])) {
			k += k < f->n_ids && b->special[i] == f->ids[k];
			v[used++] = b->special[i++];
		} else {
			v[used++] = f->ids[k++];
		}
	}
	free(b->special);
	b->special = v;
	b->n_special = used;
}

static void
special_make(struct batch *b)
{
	special_few(b);
	for (uint32_t i = 0; i < b->n; i++)
		if (b->frags[i].n_ids > SHORT_LIST && !special_has(b, &b->frags[i]))
			special_merge(b, &b->frags[i]);
}

static void
needs_add(struct batch *b, bool common)
{
	for (uint32_t i = 0; i < b->n; i++) {
		enum frag_op op = b->frags[i].op;

		if ((op == FRAG_PATCH || op == FRAG_REMOVE) &&
		    (b->common[i / 64] >> (i % 64) & 1) == common)
			b->needs[b->n_needs++] = (struct need){ i, SLOT_NONE };
	}
}

/* Those of the common choice first: most viewers need no others looked at. */
static void
needs_make(struct batch *b)
{
	b->needs = xcalloc(b->n, sizeof(*b->needs));
	needs_add(b, true);
	b->n_needs_common = b->n_needs;
	needs_add(b, false);
}

static void
common_add(struct batch *b, uint32_t i)
{
	const struct fragment *f = &b->frags[i];

	switch (f->op) {
	case FRAG_REFRESH:
		b->common_refresh = true;
		break;
	case FRAG_CLOSE:
		b->common_close = true;
		break;
	case FRAG_WAKE:
		break;
	default:
		b->common[i / 64] |= (uint64_t)1 << (i % 64);
		if (f->with)
			b->common[(f->with - 1) / 64] |=
			    (uint64_t)1 << ((f->with - 1) % 64);
	}
}

static void
common_make(struct batch *b)
{
	b->common = xcalloc(b->words, sizeof(*b->common));
	for (uint32_t i = 0; i < b->n; i++) {
		if (b->frags[i].seen_by == SEEN_BY_ALL ||
		    b->frags[i].seen_by == SEEN_BY_EVERYONE ||
		    b->frags[i].seen_by == SEEN_BY_OTHERS)
			common_add(b, i);
		b->newcomers_refresh |= b->frags[i].seen_by == SEEN_BY_NEWCOMERS;
	}
}

/* ---- life ---- */

struct batch *
batch_new(struct buf *answer)
{
	struct batch *b = xcalloc(1, sizeof(*b));

	b->bytes = *answer;
	*answer = (struct buf){ .max = answer->max };
	if (!batch_decode(b) || !batch_with_sound(b) || !batch_fields(b)) {
		batch_free(b);
		return NULL;
	}
	batch_rebase(b);
	special_make(b);
	common_make(b);
	needs_make(b);
	return b;
}

void
batch_free(struct batch *b)
{
	if (b == NULL)
		return;
	msg_unref(b->common_msg[0]);
	msg_unref(b->common_msg[1]);
	buf_fini(&b->bytes);
	free(b->ids);
	free(b->frags);
	free(b->field);
	free(b->order);
	free(b->special);
	free(b->needs);
	free(b->common);
	free(b);
}

size_t
batch_size(const struct batch *b)
{
	return sizeof(*b) + b->bytes.cap + b->n * (sizeof(*b->frags) +
	    sizeof(*b->field) + sizeof(*b->order) + sizeof(*b->needs)) +
	    2 * b->n_special * sizeof(*b->special);
}
