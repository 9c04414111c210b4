/*
 * notifier/websock.h -- the tunnel of browser clients: a byte stream in WebSocket messages.
 *
 * Message boundaries mean nothing.  Only binary messages are taken; ours are
 * kept under the 32 KiB that client libraries accept.
 */
#ifndef NOTIFIER_WEBSOCK_H
#define NOTIFIER_WEBSOCK_H

#include "lib/base/buf.h"
#include "lib/base/str.h"

#define WEBSOCK_ACCEPT_SIZE 32

struct conn;
struct websock;

/* What proves to a client that we speak WebSocket: Sec-WebSocket-Accept. */
const char *websock_accept(struct str key, char out[static WEBSOCK_ACCEPT_SIZE]);

struct websock *websock_new(struct conn *c);
void websock_free(struct websock *w);	/* NULL is fine */

/* Bytes from the socket; what they hold goes to conn_tunnel(). */
void websock_feed(struct websock *w, struct span in);

/* Appends 'bytes' as messages to 'out'. */
void websock_put(struct websock *w, struct span bytes, struct buf *out);

#endif
