/*
 * fcgi/limits.h -- what a carrier of requests takes at most, and for how long.
 *
 * Sizes of the request itself are in lib/http/req.h; a route's body_max is
 * asked for before a body is read.
 */
#ifndef FCGI_LIMITS_H
#define FCGI_LIMITS_H

#define CARRY_PARAMS_MAX 256		/* CGI variables */
#define CARRY_PARAMS_BYTES_MAX (256 * 1024)	/* of all of them */
#define CARRY_DRAIN_MAX (64L * 1024 * 1024)	/* of a body that nobody wants */
#define CARRY_READ_S 30			/* for a whole request to arrive */

#define WORKER_WRITE_S 60		/* for an answer to be taken */
#define WORKER_DB_COMPLAIN_MS 10000	/* between two log lines about the database */

#define SERVE_STOP_MS 3500		/* for children to end (the notifier takes up to 3 s); then they are killed */
#define SERVE_HEIR_MS 5000		/* for the children of a killed serve to leave its sockets */
#define SERVE_HEIR_STEP_MS 50
#define SERVE_SETTLE_MS 1000		/* a child that lives shorter is not well */
#define SERVE_BACKOFF_MIN_MS 100
#define SERVE_BACKOFF_MAX_MS 10000
#define SERVE_ROLL_MS 200		/* between two workers of a rolling restart */
#define SERVE_BACKLOG 1024		/* connections that wait for a process */

#define WORKER_KEEP_BYTES (8 * 1024 * 1024)	/* of free memory, for the next request */

#endif
