/*
 * lib/base/sock.h -- before and after bind(): whose place is it, and why did it fail?
 *
 * Sockets are given as in the configuration: "unix:/path" or "address:port".
 */
#ifndef LIB_BASE_SOCK_H
#define LIB_BASE_SOCK_H

#include <stdbool.h>

/*
 * Removes the socket of this type that a program left here when it was killed.  False with
 * errno if the place is not free: EADDRINUSE if somebody listens there, EEXIST if it is no
 * socket.
 */
bool sock_clear(const char *path, int type);

/* What to do about errno 'error' of binding to 'where'; never NULL. */
const char *sock_advice(const char *where, int error);

#endif
