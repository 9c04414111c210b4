/*
 * notifier/fanout.h -- a delta to the streams: choose, join, compress, queue.
 *
 * Each distinct message is made once.  Streams that get the common choice share
 * one per form (plain, zstd), kept in the batch for replays; other choices are
 * looked up in a table that lives as long as the fan-out.
 */
#ifndef NOTIFIER_FANOUT_H
#define NOTIFIER_FANOUT_H

#include <stdbool.h>
#include <stdint.h>

struct notifier;
struct batch;
struct stream;

/* To all live streams. */
void fanout(struct notifier *n, struct batch *b);

/*
 * To one that was opened with a map as of 'seq': what the ring has since then.
 * False if that ended the stream.
 */
bool fanout_replay(struct stream *s, int64_t seq);

/* Takes away every peer that the stream holds. */
void fanout_remove_all(struct stream *s);

/* A new map for everybody: a delta was lost. */
void fanout_refresh_all(struct notifier *n);

#endif
