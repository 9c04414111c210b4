/*
 * notifier/stream.h -- the map streams, one per node.
 *
 * A stream begins with a worker's open answer and then gets what deltas bring
 * (fanout.h).  It is live, or stale: its reader was too slow or its map has to
 * be made anew, so its queue was dropped, deltas pass it by, and once it has
 * drained a worker is asked for a whole new map.
 */
#ifndef NOTIFIER_STREAM_H
#define NOTIFIER_STREAM_H

#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

#include "lib/base/buf.h"
#include "notifier/msg.h"
#include "notifier/slots.h"
#include "notifier/wheel.h"

struct notifier;
struct inner;
struct call;

enum stream_state { STREAM_LIVE, STREAM_STALE };

struct stream {
	struct notifier *n;
	int64_t node;
	UT_hash_handle hh;
	struct inner *rq;		/* whose answer it is */
	enum stream_state state;
	bool lossy;			/* messages were dropped since the last map */
	bool zstd, alone;		/* as the open answer says */
	bool slow;			/* it ends, as its reader does not read */
	int64_t seq;			/* of the change that its map shows */
	struct held held;
	size_t queue_max;
	struct call *refresh;		/* asked, while stale */
	int64_t last_ms;		/* last message queued */
	int64_t moved_ms;		/* last byte sent, or queue empty before */
	struct wheel_timer timer;	/* keep-alive, stall */
};

struct streams {
	struct stream *by_node;		/* uthash; iterates in order of opening */
	struct slots slots;
	struct msg *keepalive[2];	/* [1] is zstd */
	uint64_t serial;		/* of the latest inner request */
};

void streams_init(struct streams *s);
void streams_fini(struct streams *s);

/*
 * Makes the request the stream of the node that the open answer in 'body'
 * names; takes the body's memory.  A bad answer becomes an HTTP error.
 */
void stream_open(struct inner *rq, struct buf *body, int64_t started_ms);

/* The same answer, but the client had gone: the node is not here after all. */
void stream_never(struct notifier *n, const struct buf *body,
    int64_t started_ms);

/* Queues a message; a queue that is too long makes the stream stale. */
void stream_push(struct stream *s, struct msg *m);

/* Its map must be made anew. */
void stream_refresh(struct stream *s);

/* Ends it after what is queued (END_STREAM); the struct is gone then. */
void stream_end(struct stream *s);

/* ---- from the request ---- */

void stream_sent(struct stream *s);	/* bytes of the queue are out */
void stream_lost(struct stream *s);	/* the client's end; the struct is gone then */
void stream_stop(struct stream *s);	/* the notifier stops; nobody is told */

#endif
