/*
 * handlers/throttle.h -- whoever shows wrong keys too often is not listened to.
 *
 * Secrets have 256 random bits, so this is not what keeps them from being guessed: it
 * keeps the log, the database and the administrator from what tries to.  A right key
 * is never asked how many wrong ones came from its address: nobody can lock out an
 * administrator who sits behind the same proxy.
 */
#ifndef HANDLERS_THROTTLE_H
#define HANDLERS_THROTTLE_H

#include "lib/http/req.h"

#define THROTTLE_FAILURES_MAX 20	/* in TOKEN_FAILURE_WINDOW_MS, from one address */
#define THROTTLE_BUSY_MS 50		/* a note is not worth a longer wait for the lock */

/*
 * Counts a wrong key for the client's address (of IPv6 its /64) and answers ERR_AUTH,
 * or ERR_LIMITED, uncounted, once there were too many.  What is counted is logged.  Trouble with the database
 * is no error here.  Outside a transaction.
 */
must_check enum err throttle_failure(struct req *rq);

#endif
