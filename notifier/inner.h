/*
 * notifier/inner.h -- one request inside a connection, until its HTTP/2 stream ends.
 *
 *   reading ──▶ asked ──▶ answered
 *                 ▲ │
 *                 └─┴── held (hold.h)
 *
 * 'asked' has a call to a worker.  If the client goes while one is running, the
 * request stays without a connection until the answer is there: a map request
 * has set its node online, and that must be taken back.
 */
#ifndef NOTIFIER_INNER_H
#define NOTIFIER_INNER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "notifier/hold.h"
#include "notifier/msg.h"
#include "notifier/wheel.h"

struct conn;
struct call;
struct notifier;
struct stream;

struct inner {
	struct notifier *n;
	struct conn *conn;		/* NULL once the client is gone */
	struct inner *next, *prev;	/* of the connection */
	int32_t id;			/* of the HTTP/2 stream */
	bool whole;			/* the request is here to its end */
	bool answered;			/* the answer has begun */
	int refusal;			/* a status that its head calls for, or 0 */
	char method[16];
	struct buf path, body;
	struct wheel_timer timer;	/* until the request is whole */
	size_t header_bytes;
	uint64_t serial;		/* later requests have greater ones */
	uint64_t asked_ns;		/* when it was whole, by uv_hrtime() */

	struct call *call;
	struct hold hold;

	struct queue out;		/* of the answer's body */
	bool out_end;			/* nothing more will be queued */
	bool deferred;			/* HTTP/2 waits for the queue */
	struct stream *stream;		/* if the answer is a map stream */
};

/* ---- from HTTP/2 ---- */

struct inner *inner_new(struct conn *c, int32_t id);
void inner_header(struct inner *rq, struct str name, struct str value);
void inner_data(struct inner *rq, struct span data);
void inner_ready(struct inner *rq);	/* END_STREAM came */
bool inner_is_whole(const struct inner *rq);
void inner_sent(struct inner *rq);	/* something of the queue is out */
void inner_gone(struct inner *rq);	/* the HTTP/2 stream is closed */

/* ---- from the rest ---- */

/* Asks the workers; 'held' if the request was held before. */
void inner_ask(struct inner *rq, bool held);

/* Answers with a short text. */
void inner_text(struct inner *rq, int status, const char *text);

/* Begins the answer that a map stream fills; inner_push() and inner_end(). */
void inner_stream(struct inner *rq, struct stream *s);
void inner_push(struct inner *rq, struct msg *m);
void inner_end(struct inner *rq);

/* The notifier stops: ends streams, refuses what was not answered. */
void inner_stop(struct inner *rq);

#endif
