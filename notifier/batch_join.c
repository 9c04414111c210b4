/*
 * notifier/batch_join.c -- chosen fragments as one map message.
 *
 * Fragments are walked in the order of their fields, so each field name is
 * written once.  Of several values of one field the last wins: it is the
 * latest.
 */
#include "notifier/batch.h"

#include <inttypes.h>

struct joiner {
	const struct batch *b;
	const uint64_t *bits;
	struct buf *out;
	bool any;		/* a field is open or was written */
	bool array;		/* the open one is an array */
	uint16_t field;
};

static bool
chosen(const uint64_t *bits, uint32_t i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

static void
field_open(struct joiner *j, uint16_t field, bool array)
{
	struct str name = j->b->names[field];

	if (j->array)
		buf_byte(j->out, ']');
	buf_byte(j->out, j->any ? ',' : '{');
	buf_byte(j->out, '"');
	buf_put(j->out, name.p, name.n);
	buf_put(j->out, array ? "\":[" : "\":", array ? 3 : 2);
	j->any = true;
	j->array = array;
	j->field = field;
}

static void
element_put(struct joiner *j, const struct fragment *f, uint16_t field)
{
	if (!j->any || j->field != field)
		field_open(j, field, true);
	else
		buf_byte(j->out, ',');
	if (f->op == FRAG_REMOVE)
		buf_printf(j->out, "%" PRId64, f->subject);
	else
		buf_put(j->out, f->bytes.p, f->bytes.n);
}

/* Is there a later chosen value of the field of the fragment at 'at'? */
static bool
overridden(const struct joiner *j, uint32_t at)
{
	const struct batch *b = j->b;
	uint16_t field = b->field[b->order[at]];

	for (at++; at < b->n_order && b->field[b->order[at]] == field; at++)
		if (chosen(j->bits, b->order[at]))
			return true;
	return false;
}

bool
batch_only_patches(const struct batch *b, const uint64_t *bits)
{
	for (uint32_t at = 0; at < b->n_order; at++)
		if (chosen(bits, b->order[at]) && b->frags[b->order[at]].op != FRAG_PATCH)
			return false;
	return true;
}

bool
batch_join(const struct batch *b, const uint64_t *bits, struct buf *out)
{
	struct joiner j = { .b = b, .bits = bits, .out = out };

	for (uint32_t at = 0; at < b->n_order; at++) {
		uint32_t i = b->order[at];
		const struct fragment *f = &b->frags[i];

		if (!chosen(bits, i))
			continue;
		if (f->op != FRAG_VALUE) {
			element_put(&j, f, b->field[i]);
		} else if (!overridden(&j, at)) {
			field_open(&j, b->field[i], false);
			buf_put(out, f->bytes.p, f->bytes.n);
		}
	}
	if (!j.any)
		return false;
	if (j.array)
		buf_byte(out, ']');
	buf_byte(out, '}');
	return true;
}
