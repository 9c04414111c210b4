/*
 * lib/wake/wake.h -- the datagram by which a writer tells the notifier of a commit.
 *
 * Eight bytes, the last change's seq, big-endian.  Losing one is harmless: the
 * notifier also watches the WAL file.  Sending never blocks and never fails
 * loudly; without a notifier there is nobody to tell.
 */
#ifndef LIB_WAKE_WAKE_H
#define LIB_WAKE_WAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"

/* Sends to the socket at 'path'. */
void wake_send(const char *path, int64_t seq);

/* A bound, non-blocking, close-on-exec socket, mode 0600; -1 and errno on failure. */
int wake_listen(const char *path);

/* Reads all that is there; true if there was any, *seq is the highest. */
bool wake_drain(int fd, int64_t *seq);

#endif
