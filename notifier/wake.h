/*
 * notifier/wake.h -- how we learn of a commit: a datagram, and a watch on the WAL.
 *
 * Workers send a datagram after each commit.  Whoever else writes to the
 * database, the sqlite3 shell say, is noticed by what it leaves in the WAL.
 */
#ifndef NOTIFIER_WAKE_H
#define NOTIFIER_WAKE_H

#include <uv.h>

#include "notifier/watch.h"

struct notifier;

struct wake {
	int fd;
	uv_poll_t poll;
	struct watch wal;
};

void wake_init(struct notifier *n);
void wake_fini(struct notifier *n);	/* after the handles are closed */

#endif
