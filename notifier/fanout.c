/* notifier/fanout.c -- a delta to the streams. */
#include "notifier/fanout.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "lib/base/log.h"
#include "notifier/batch.h"
#include "notifier/notifier.h"

/* A message made for a choice; m is NULL if the choice says nothing. */
struct made {
	UT_hash_handle hh;
	struct msg *m;
	uint64_t key[];		/* the choice, then the form */
};

struct job {
	struct notifier *n;
	struct batch *b;
	struct choice choice;
	size_t key_bytes;	/* of choice.bits and one word behind them */
	struct made *made;	/* uthash */
};

/* ---- messages ---- */

/* Of the JSON in scratch. */
static struct msg *
message_frame(struct notifier *n, bool zstd)
{
	struct buf *json = &n->scratch.json, out;

	buf_init(&out, MESSAGE_BYTES_MAX);
	map_message_put(&out, zstd ? n->zstd : NULL, buf_span(json));
	if (json->over || out.over)
		fatal("a delta grew over %u bytes", MESSAGE_BYTES_MAX);
	out.p = xrealloc(out.p, out.n);
	return msg_take(&out, 0);
}

static struct msg *
message_make(struct notifier *n, const struct batch *b, const uint64_t *bits,
    bool zstd)
{
	struct msg *m;

	buf_clear(&n->scratch.json);
	if (!batch_join(b, bits, &n->scratch.json))
		return NULL;
	m = message_frame(n, zstd);
	m->patch = batch_only_patches(b, bits);
	return m;
}

static struct msg *
message_common(struct job *j, bool zstd)
{
	struct msg **m = &j->b->common_msg[zstd];

	if (*m == NULL)
		*m = message_make(j->n, j->b, j->b->common, zstd);
	return *m;
}

static struct msg *
message_chosen(struct job *j, bool zstd)
{
	uint64_t *key = j->choice.bits;
	struct made *made;

	key[j->b->words] = zstd;
	HASH_FIND(hh, j->made, key, j->key_bytes, made);
	if (made)
		return made->m;
	made = xcalloc(1, sizeof(*made) + j->key_bytes);
	memcpy(made->key, key, j->key_bytes);
	made->m = message_make(j->n, j->b, key, zstd);
	HASH_ADD_KEYPTR(hh, j->made, made->key, j->key_bytes, made);
	return made->m;
}

/* ---- one stream ---- */

static void
give(struct job *j, struct stream *s)
{
	struct viewer v = { s->node, s->alone, s->seq > j->b->from, &s->held };
	struct choice *ch = &j->choice;
	const uint64_t *bits;
	struct msg *m;

	batch_choose(j->b, &v, ch);
	if (ch->refresh && !ch->close) {
		stream_refresh(s);
		return;
	}
	bits = ch->common ? j->b->common : ch->bits;
	m = ch->common ? message_common(j, s->zstd) :
	    message_chosen(j, s->zstd);
	if (m) {
		batch_apply(j->b, bits, &j->n->streams.slots, &s->held);
		stream_push(s, m);
	}
	if (ch->close)
		stream_end(s);
}

/* Stale streams learn all from their new map, but an end is an end. */
static void
give_stale(struct job *j, struct stream *s)
{
	struct viewer v = { .node = s->node, .alone = s->alone, .held = &s->held };

	batch_choose(j->b, &v, &j->choice);
	if (j->choice.close)
		stream_end(s);
}

static void
job_begin(struct job *j, struct notifier *n, struct batch *b)
{
	*j = (struct job){ .n = n, .b = b };
	j->key_bytes = (b->words + 1) * sizeof(uint64_t);
	j->choice.bits = xcalloc(b->words + 1, sizeof(uint64_t));
	batch_resolve(b, &n->streams.slots);
}

static void
job_end(struct job *j)
{
	struct made *made, *tmp;

	HASH_ITER(hh, j->made, made, tmp) {
		HASH_DEL(j->made, made);
		msg_unref(made->m);
		free(made);
	}
	free(j->choice.bits);
}

/* ---- all ---- */

void
fanout(struct notifier *n, struct batch *b)
{
	struct stream *s, *tmp;
	struct job j;

	job_begin(&j, n, b);
	HASH_ITER(hh, n->streams.by_node, s, tmp) {
		if (s->state != STREAM_LIVE)
			give_stale(&j, s);
		else if (s->seq < b->to)	/* else its map shows all that */
			give(&j, s);
	}
	job_end(&j);
}

/* Hands it one batch; false if that ended the stream. */
static bool
replay_one(struct stream *s, struct batch *b)
{
	struct notifier *n = s->n;
	int64_t node = s->node;
	struct job j;

	job_begin(&j, n, b);
	give(&j, s);
	job_end(&j);
	HASH_FIND(hh, n->streams.by_node, &node, sizeof(node), s);
	return s != NULL;
}

bool
fanout_replay(struct stream *s, int64_t seq)
{
	const struct ring *ring = &s->n->delta.ring;
	struct batch *b;

	if (!ring_reaches(ring, seq)) {
		stream_refresh(s);
		return true;
	}
	while (s->state == STREAM_LIVE && (b = ring_after(ring, seq)) != NULL) {
		if (!replay_one(s, b))
			return false;
		seq = b->to;
	}
	return true;
}

void
fanout_remove_all(struct stream *s)
{
	struct notifier *n = s->n;
	struct buf *json = &n->scratch.json;
	uint32_t slot = 0;
	struct msg *m;
	int64_t id;

	buf_clear(json);
	for (; held_next(&n->streams.slots, &s->held, &slot, &id); slot++)
		buf_printf(json, "%s%" PRId64, json->n ? "," :
		    "{\"PeersRemoved\":[", id);
	if (json->n == 0)
		return;
	buf_str(json, "]}");
	held_clear(&n->streams.slots, &s->held);
	m = message_frame(n, s->zstd);
	stream_push(s, m);
	msg_unref(m);
}

void
fanout_refresh_all(struct notifier *n)
{
	struct stream *s, *tmp;

	HASH_ITER(hh, n->streams.by_node, s, tmp)
		if (s->state == STREAM_LIVE)
			stream_refresh(s);
}
