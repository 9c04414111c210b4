/*
 * notifier/h2.h -- HTTP/2 inside Noise: nghttp2 and nothing else.
 *
 * Plaintext in, plaintext out.  Requests become struct inner; what an inner
 * request queues is pulled from here when the client's windows allow.
 */
#ifndef NOTIFIER_H2_H
#define NOTIFIER_H2_H

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/base/str.h"
#include "lib/wire/cgi.h"

struct notifier;
struct conn;
struct inner;

struct h2_shared {
	nghttp2_session_callbacks *callbacks;
	nghttp2_option *option;
};

void h2_shared_init(struct h2_shared *h);
void h2_shared_fini(struct h2_shared *h);

/* Starts a session; queues the early payload and SETTINGS. */
void h2_open(struct conn *c);

/* False: the client does not speak HTTP/2. */
bool h2_feed(struct conn *c, struct span in);

/* Appends about FLUSH_BYTES of output to scratch.plain; false on a fatal error. */
bool h2_fill(struct conn *c);

/* Neither side has anything more to say. */
bool h2_over(const struct conn *c);

void h2_ping(struct conn *c);

/* No new requests; ends the streams, the connection ends with the last. */
void h2_goaway(struct conn *c);

/*
 * Starts the answer to a request; 'head' may be NULL.  The body is pulled from
 * the request's queue, unless 'no_body'.
 */
void h2_answer(struct inner *rq, int status, const struct cgi_head *head,
    bool no_body);

/* The queue has something again, or has ended. */
void h2_resume(struct inner *rq);

void h2_reset(struct inner *rq);

#endif
