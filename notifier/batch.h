/*
 * notifier/batch.h -- one delta, prepared for handing out: who gets which fragments.
 *
 * Nearly all streams get the same fragments.  So a batch knows that common
 * choice, and who may differ: the nodes that it names (subjects and listed
 * nodes; 'special'), and the streams that do not hold a patched or removed
 * peer ('need').  Handing out costs one look-up per stream and not one test
 * per stream and fragment.
 *
 * Pure: no I/O, no event loop.
 */
#ifndef NOTIFIER_BATCH_H
#define NOTIFIER_BATCH_H

#include "lib/base/buf.h"
#include "lib/wire/delta.h"
#include "notifier/msg.h"
#include "notifier/slots.h"

#define BATCH_FIELDS_MAX 256	/* different field names in one delta */

struct need {
	uint32_t frag;
	uint32_t slot;		/* set by batch_resolve() */
};

struct batch {
	int64_t from, to;
	struct buf bytes;	/* the answer; fragments borrow from it */
	int64_t *ids;
	struct fragment *frags;
	uint32_t n;
	uint32_t words;		/* of a choice: one bit per fragment */

	uint16_t *field;	/* of each fragment; see batch_index.c */
	uint32_t *order;	/* fragments that carry text, by field */
	uint32_t n_order;
	struct str names[BATCH_FIELDS_MAX];
	uint16_t n_names;

	int64_t *special;	/* ascending */
	uint32_t n_special;
	struct need *needs;
	uint32_t n_needs, n_needs_common;

	uint64_t *common;
	bool common_refresh, common_close;
	bool newcomers_refresh;
	struct msg *common_msg[2];	/* made when first wanted; [1] is zstd */
};

/* Whom a choice is for. */
struct viewer {
	int64_t node;
	bool alone;		/* hears only of itself and what everyone hears */
	bool newcomer;		/* its map is of a change inside the batch */
	const struct held *held;
};

/* What a viewer gets; 'bits' belongs to the caller, batch->words long. */
struct choice {
	uint64_t *bits;
	bool common;		/* exactly the common choice; 'bits' not written */
	bool refresh, close;
};

/* Takes the bytes of 'answer' (empty then); NULL if they are not a delta. */
struct batch *batch_new(struct buf *answer);
void batch_free(struct batch *b);

/* Memory that it takes, about; the same for its whole life. */
size_t batch_size(const struct batch *b);

/* Looks up the slots of the peers it patches.  Before choosing, each time. */
void batch_resolve(struct batch *b, const struct slots *s);

void batch_choose(const struct batch *b, const struct viewer *v,
    struct choice *out);

/*
 * Appends the JSON of a choice ('bits': words of it), one field name once;
 * false and nothing if there is nothing to say.
 */
bool batch_join(const struct batch *b, const uint64_t *bits, struct buf *out);

/* Is nothing but patches chosen? */
bool batch_only_patches(const struct batch *b, const uint64_t *bits);

/* Notes in 'h' which peers the viewer holds after that message. */
void batch_apply(const struct batch *b, const uint64_t *bits, struct slots *s,
    struct held *h);

/* Does it wake requests that are held on 'topic'? */
bool batch_wakes(const struct batch *b, struct str topic);

#endif
