/*
 * notifier/opening.h -- the first phase of a connection: head, verdict, handshake.
 *
 * The Noise initiation travels in the head, so the handshake is judged before
 * the 101: a client that fails it gets an HTTP error with a reason.
 */
#ifndef NOTIFIER_OPENING_H
#define NOTIFIER_OPENING_H

#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/base/str.h"

struct conn;
struct opening;

/* 'proxied': the first bytes are a header of the PROXY protocol. */
struct opening *opening_new(bool proxied);
void opening_free(struct opening *o);	/* NULL is fine */

void opening_feed(struct conn *c, struct span in);

/* Appends an error answer in the form that the peer speaks; 'o' may be NULL. */
void opening_error(struct buf *out, const struct opening *o, int status,
    const char *text);

#endif
