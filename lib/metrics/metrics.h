/*
 * lib/metrics/metrics.h -- counters that all processes of a server share.
 *
 * Workers keep no truth and come and go, so what they count lies in a mapped file,
 * server.run/metrics.map: an addition is one atomic instruction, nobody asks anybody,
 * and a process that is killed takes nothing along.  Counters and histograms are
 * one cell for all processes.  Gauges ("streams open now") belong to the process that
 * sets them and count only while it lives.  Further rows of the table are asked
 * when somebody reads: handlers/web/metrics.c.
 *
 * One table (table.c) has a row per metric; docs/metrics.md explains each.  Nothing
 * here fails: without a file nothing is counted.
 */
#ifndef LIB_METRICS_METRICS_H
#define LIB_METRICS_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"

#define METRICS_FILE "metrics.map"	/* in server.run */
#define METRICS_CTYPE "text/plain; version=0.0.4; charset=utf-8"

/* ---- labels ---- */

/* Which kind of process; METRICS_CGI has no gauges, as it lives for one request. */
enum metrics_role { METRICS_WEB, METRICS_CONTROL, METRICS_DELTAS, METRICS_WEBHOOKS,
	METRICS_WORKER_ROLES, METRICS_NOTIFIER = METRICS_WORKER_ROLES, METRICS_SERVE,
	METRICS_CGI, METRICS_ROLES };

/* What a request was for. */
enum metrics_family { METRICS_F_PAGE, METRICS_F_API_V1, METRICS_F_API_V2, METRICS_F_REGISTER,
	METRICS_F_MAP, METRICS_F_MACHINE, METRICS_F_DELTA, METRICS_F_INTERNAL, METRICS_F_NONE,
	METRICS_FAMILIES };

#define METRICS_STATUSES 22
unsigned metrics_status(int status);	/* the place of an HTTP status in its label */

enum metrics_registration { METRICS_R_NEW, METRICS_R_RENEWED, METRICS_R_KNOWN, METRICS_R_LOGIN,
	METRICS_R_ASKED_TO_LOGIN, METRICS_R_NEW_KEY, METRICS_R_LOGOUT, METRICS_R_REFUSED,
	METRICS_R_FAILED, METRICS_REGISTRATIONS };

enum metrics_txn { METRICS_READ, METRICS_WRITE, METRICS_TXNS };

enum metrics_message { METRICS_M_FIRST, METRICS_M_REFRESH, METRICS_M_DELTA, METRICS_M_PATCH,
	METRICS_M_KEEPALIVE, METRICS_MESSAGES };

enum metrics_end { METRICS_E_CLIENT, METRICS_E_REPLACED, METRICS_E_CLOSED, METRICS_E_SLOW,
	METRICS_E_STOPPED, METRICS_ENDS };

enum metrics_handshake { METRICS_H_OK, METRICS_H_FAILED, METRICS_H_REFUSED, METRICS_HANDSHAKES };

/* The notifier's requests to workers that may have to wait: enum call_class without CALL_OWN. */
enum metrics_call { METRICS_C_SMALL, METRICS_C_MAP, METRICS_CALLS };

enum metrics_call_end { METRICS_X_DIED, METRICS_X_DOWN, METRICS_X_TIMEOUT, METRICS_X_BAD,
	METRICS_CALL_ENDS };

/* ---- metrics ---- */

enum metric {
	/* counted by whoever answers a request */
	METRIC_REQUESTS,		/* by family and status */
	METRIC_REQUEST_SECONDS,		/* by family */
	METRIC_REGISTRATIONS,
	METRIC_WORKERS_BUSY,		/* by role of a worker */

	/* counted by lib/store */
	METRIC_DB_TXN_SECONDS,		/* by txn */
	METRIC_DB_WAIT_SECONDS,
	METRIC_DB_COMMIT_SECONDS,
	METRIC_DB_BUSY,

	/* counted by the notifier */
	METRIC_CONNECTIONS,
	METRIC_CONNECTIONS_ALL,
	METRIC_HANDSHAKES,
	METRIC_BYTES_IN,
	METRIC_BYTES_OUT,
	METRIC_STREAMS,
	METRIC_STREAMS_OPENED,
	METRIC_STREAMS_ENDED,
	METRIC_MESSAGES,
	METRIC_FIRST_MAP_SECONDS,
	METRIC_CHANGE_LAG_SECONDS,
	METRIC_CALLS_WAITING,		/* by call */
	METRIC_CALLS_RUNNING,
	METRIC_CALL_WAIT_SECONDS,	/* by call */
	METRIC_CALL_FAILURES,
	METRIC_HELD,
	METRIC_FIRST_MAP_BYTES,

	/* asked of the database */
	METRIC_NODES,			/* by state */
	METRIC_NODES_EPHEMERAL,
	METRIC_NODES_TAGGED,
	METRIC_USERS,			/* by status */
	METRIC_AUTHKEYS,
	METRIC_APIKEYS,
	METRIC_LOGINS_WAITING,
	METRIC_SSH_CHECKS_WAITING,
	METRIC_WEBHOOKS,		/* by state */
	METRIC_WEBHOOK_OUTBOX,
	METRIC_WEBHOOK_OUTBOX_AGE,
	METRIC_WEBHOOK_DROPPED,
	METRIC_CHANGE_SEQ,
	METRIC_POLICY_VERSION,
	METRIC_DB_BYTES,
	METRIC_WAL_BYTES,

	/* asked of the system, by role and slot */
	METRIC_PROCESSES,		/* by role */
	METRIC_PROCESS_CPU,
	METRIC_PROCESS_MEMORY,
	METRIC_PROCESS_FDS,
	METRIC_PROCESS_FDS_MAX,
	METRIC_PROCESS_START,
	METRIC_COUNTING_SINCE,
	METRIC_BUILD,
	METRIC_COUNT
};

/* ---- the file ---- */

/*
 * Maps 'path', makes it if it is missing or of another layout; before that, and after
 * false (errno says why), nothing is counted.  Every role but METRICS_CGI gets a slot
 * for its gauges, if one is free.
 */
bool metrics_open(const char *path, enum metrics_role role);
void metrics_close(void);	/* gives the slot back */

/* ---- counting; 'cell' is the place of the label's value, 0 without labels ---- */

void metrics_add(enum metric m, unsigned cell, uint64_t n);
void metrics_set(enum metric m, unsigned cell, int64_t value);
void metrics_observe(enum metric m, unsigned cell, int64_t ns);	/* negative counts as 0 */

/* ---- reading ---- */

/* Values that whoever reads has found out; texts are borrowed. */
struct metrics_sample {
	enum metric id;
	const char *label[2];	/* NULL: the metric has no such label */
	double value;
};

struct metrics_samples {
	struct arena *arena;
	struct metrics_sample *v;
	size_t n, cap;
};

void metrics_sample(struct metrics_samples *s, enum metric m, const char *label0,
    const char *label1, double value);

/* All metrics in Prometheus' text format; adds those of processes to 's'. */
void metrics_render(struct metrics_samples *s, struct buf *out);

#endif
