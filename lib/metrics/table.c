/*
 * lib/metrics/table.c -- one row per metric: name, help, kind, labels, bounds.
 *
 * A row added, moved or changed makes another layout, and the file is made anew at
 * the next start.  docs/metrics.md has the same rows for people; a test holds the
 * two together.
 */
#include "lib/metrics/table.h"

#define MS 1000000LL		/* in ns */
#define US 1000LL
#define S (1000 * MS)

/* What a request or a transaction takes. */
static const int64_t short_bounds[] = { 100 * US, 250 * US, 500 * US, MS, 2500 * US, 5 * MS,
	10 * MS, 25 * MS, 50 * MS, 100 * MS, 250 * MS, 500 * MS, S, 2500 * MS, 5 * S, 10 * S, 0 };

/* What people wait for. */
static const int64_t long_bounds[] = { MS, 2500 * US, 5 * MS, 10 * MS, 25 * MS, 50 * MS,
	100 * MS, 250 * MS, 500 * MS, S, 2500 * MS, 5 * S, 10 * S, 30 * S, 60 * S, 0 };

const char *const metrics_roles[METRICS_ROLES] = {
	[METRICS_SERVE] = "serve", [METRICS_WEB] = "web", [METRICS_CONTROL] = "control",
	[METRICS_DELTAS] = "deltas", [METRICS_WEBHOOKS] = "webhooks",
	[METRICS_NOTIFIER] = "notifier", [METRICS_CGI] = "cgi",
};

static const char *const families[METRICS_FAMILIES] = {
	[METRICS_F_PAGE] = "page", [METRICS_F_API_V1] = "api_v1", [METRICS_F_API_V2] = "api_v2",
	[METRICS_F_REGISTER] = "register", [METRICS_F_MAP] = "map",
	[METRICS_F_MACHINE] = "machine", [METRICS_F_DELTA] = "delta",
	[METRICS_F_INTERNAL] = "internal", [METRICS_F_NONE] = "none",
};

static const int status_codes[METRICS_STATUSES - 1] = {
	200, 201, 204, 302, 303, 304, 400, 401, 403, 404, 405, 409,
	412, 413, 415, 422, 429, 500, 501, 502, 503,
};

static const char *const statuses[METRICS_STATUSES] = {
	"200", "201", "204", "302", "303", "304", "400", "401", "403", "404", "405", "409",
	"412", "413", "415", "422", "429", "500", "501", "502", "503", "other",
};

static const char *const registrations[METRICS_REGISTRATIONS] = {
	[METRICS_R_NEW] = "new", [METRICS_R_RENEWED] = "renewed", [METRICS_R_KNOWN] = "known",
	[METRICS_R_LOGIN] = "login", [METRICS_R_ASKED_TO_LOGIN] = "asked_to_login",
	[METRICS_R_NEW_KEY] = "new_key", [METRICS_R_LOGOUT] = "logout",
	[METRICS_R_REFUSED] = "refused", [METRICS_R_FAILED] = "failed",
};

static const char *const txns[METRICS_TXNS] = {
	[METRICS_READ] = "read", [METRICS_WRITE] = "write",
};

static const char *const messages[METRICS_MESSAGES] = {
	[METRICS_M_FIRST] = "first", [METRICS_M_REFRESH] = "refresh",
	[METRICS_M_DELTA] = "delta", [METRICS_M_PATCH] = "patch",
	[METRICS_M_KEEPALIVE] = "keepalive",
};

static const char *const ends[METRICS_ENDS] = {
	[METRICS_E_CLIENT] = "client", [METRICS_E_REPLACED] = "replaced",
	[METRICS_E_CLOSED] = "closed", [METRICS_E_SLOW] = "slow",
	[METRICS_E_STOPPED] = "stopped",
};

static const char *const handshakes[METRICS_HANDSHAKES] = {
	[METRICS_H_OK] = "ok", [METRICS_H_FAILED] = "failed", [METRICS_H_REFUSED] = "refused",
};

static const char *const calls[METRICS_CALLS] = {
	[METRICS_C_SMALL] = "small", [METRICS_C_MAP] = "map",
};

static const char *const call_ends[METRICS_CALL_ENDS] = {
	[METRICS_X_DIED] = "died", [METRICS_X_DOWN] = "down", [METRICS_X_TIMEOUT] = "timeout",
	[METRICS_X_BAD] = "bad",
};

#define LABEL(name, of) { name, of, sizeof(of) / sizeof((of)[0]) }
#define ASKED(name) { name, NULL, 0 }

const struct metric_row metrics_rows[METRIC_COUNT] = {
	[METRIC_REQUESTS] = { "headrace_requests_total",
	    "Requests that workers answered, by what they were for and HTTP status.",
	    KIND_COUNTER, { LABEL("family", families), LABEL("status", statuses) },
	    .sparse = true },
	[METRIC_REQUEST_SECONDS] = { "headrace_request_duration_seconds",
	    "Time from a request's last byte to its whole answer, in the worker.",
	    KIND_HISTOGRAM, { LABEL("family", families) }, short_bounds },
	[METRIC_REGISTRATIONS] = { "headrace_registrations_total",
	    "Registrations of devices by result.",
	    KIND_COUNTER, { LABEL("result", registrations) } },
	[METRIC_WORKERS_BUSY] = { "headrace_workers_busy",
	    "Workers that answer a request now.",
	    KIND_GAUGE, { { "role", metrics_roles, METRICS_WORKER_ROLES } } },

	[METRIC_DB_TXN_SECONDS] = { "headrace_db_transaction_seconds",
	    "Time of database transactions from their lock to their end.",
	    KIND_HISTOGRAM, { LABEL("kind", txns) }, short_bounds },
	[METRIC_DB_WAIT_SECONDS] = { "headrace_db_lock_wait_seconds",
	    "Time that writing transactions waited for the database's lock.",
	    KIND_HISTOGRAM, .bounds = short_bounds },
	[METRIC_DB_COMMIT_SECONDS] = { "headrace_db_commit_seconds",
	    "Time of the commits of writing transactions.",
	    KIND_HISTOGRAM, .bounds = short_bounds },
	[METRIC_DB_BUSY] = { "headrace_db_busy_total",
	    "Writing transactions that did not get the database's lock in time.",
	    KIND_COUNTER },

	[METRIC_CONNECTIONS] = { "headrace_connections",
	    "Connections of clients that are open.", KIND_GAUGE },
	[METRIC_CONNECTIONS_ALL] = { "headrace_connections_total",
	    "Connections that clients have made.", KIND_COUNTER },
	[METRIC_HANDSHAKES] = { "headrace_handshakes_total",
	    "Beginnings of connections by result: a Noise session, one that failed, or a "
	    "head that was refused.", KIND_COUNTER, { LABEL("result", handshakes) } },
	[METRIC_BYTES_IN] = { "headrace_received_bytes_total",
	    "Bytes that came from clients.", KIND_COUNTER },
	[METRIC_BYTES_OUT] = { "headrace_sent_bytes_total",
	    "Bytes that went to clients.", KIND_COUNTER },
	[METRIC_STREAMS] = { "headrace_streams",
	    "Map streams that are open: devices that are connected.", KIND_GAUGE },
	[METRIC_STREAMS_OPENED] = { "headrace_streams_opened_total",
	    "Map streams that were opened.", KIND_COUNTER },
	[METRIC_STREAMS_ENDED] = { "headrace_streams_ended_total",
	    "Map streams that ended, by why.", KIND_COUNTER, { LABEL("reason", ends) } },
	[METRIC_MESSAGES] = { "headrace_messages_total",
	    "Messages queued for map streams by what they hold.",
	    KIND_COUNTER, { LABEL("kind", messages) } },
	[METRIC_FIRST_MAP_SECONDS] = { "headrace_first_map_seconds",
	    "Time from a map request's last byte to its first map in the stream's queue.",
	    KIND_HISTOGRAM, .bounds = long_bounds },
	[METRIC_CHANGE_LAG_SECONDS] = { "headrace_change_lag_seconds",
	    "Age of the oldest change of each delta when it had been handed to all streams.",
	    KIND_HISTOGRAM, .bounds = long_bounds },
	[METRIC_CALLS_WAITING] = { "headrace_calls_waiting",
	    "Requests of clients that wait in the notifier for a worker.",
	    KIND_GAUGE, { LABEL("class", calls) } },
	[METRIC_CALLS_RUNNING] = { "headrace_calls_running",
	    "Requests that the notifier has given to workers, its own ones included.",
	    KIND_GAUGE },
	[METRIC_CALL_WAIT_SECONDS] = { "headrace_call_wait_seconds",
	    "Time that requests waited in the notifier before a worker was asked.",
	    KIND_HISTOGRAM, { LABEL("class", calls) }, short_bounds },
	[METRIC_CALL_FAILURES] = { "headrace_call_failures_total",
	    "Questions of the notifier that workers did not answer, by why.",
	    KIND_COUNTER, { LABEL("reason", call_ends) } },
	[METRIC_HELD] = { "headrace_held_requests",
	    "Requests that wait for a person: logins and SSH checks.", KIND_GAUGE },
	[METRIC_FIRST_MAP_BYTES] = { "headrace_first_map_bytes",
	    "First maps that wait to be sent.", KIND_GAUGE },

	[METRIC_NODES] = { "headrace_nodes",
	    "Devices by state.", KIND_ASKED, { ASKED("state") } },
	[METRIC_NODES_EPHEMERAL] = { "headrace_nodes_ephemeral",
	    "Devices that go when they are offline.", KIND_ASKED },
	[METRIC_NODES_TAGGED] = { "headrace_nodes_tagged",
	    "Devices that belong to tags and not to a user.", KIND_ASKED },
	[METRIC_USERS] = { "headrace_users",
	    "Users by status.", KIND_ASKED, { ASKED("status") } },
	[METRIC_AUTHKEYS] = { "headrace_authkeys_valid",
	    "Pre-auth keys that a device could join with now.", KIND_ASKED },
	[METRIC_APIKEYS] = { "headrace_apikeys_valid",
	    "API keys that have not expired.", KIND_ASKED },
	[METRIC_LOGINS_WAITING] = { "headrace_logins_waiting",
	    "Logins that wait for somebody to approve them.", KIND_ASKED },
	[METRIC_SSH_CHECKS_WAITING] = { "headrace_ssh_checks_waiting",
	    "SSH sessions that wait for their user to be checked.", KIND_ASKED },
	[METRIC_WEBHOOKS] = { "headrace_webhooks",
	    "Webhooks by how sending goes.", KIND_ASKED, { ASKED("state") } },
	[METRIC_WEBHOOK_OUTBOX] = { "headrace_webhook_outbox_events",
	    "Events for webhooks that wait to be sent.", KIND_ASKED },
	[METRIC_WEBHOOK_OUTBOX_AGE] = { "headrace_webhook_outbox_age_seconds",
	    "Age of the oldest event that waits to be sent; 0 if none does.", KIND_ASKED },
	[METRIC_WEBHOOK_DROPPED] = { "headrace_webhook_dropped_events_total",
	    "Events that could not be sent in time, of the webhooks that there are.",
	    KIND_ASKED_COUNTER },
	[METRIC_CHANGE_SEQ] = { "headrace_change_seq",
	    "Number of the newest change.", KIND_ASKED },
	[METRIC_POLICY_VERSION] = { "headrace_policy_version",
	    "Number of the newest version of the policy; 0 if there is none.", KIND_ASKED },
	[METRIC_DB_BYTES] = { "headrace_db_size_bytes",
	    "Size of the database's file.", KIND_ASKED },
	[METRIC_WAL_BYTES] = { "headrace_db_wal_size_bytes",
	    "Size of the database's write-ahead log.", KIND_ASKED },

	[METRIC_PROCESSES] = { "headrace_processes",
	    "Processes that run.", KIND_ASKED, { ASKED("role") } },
	[METRIC_PROCESS_CPU] = { "headrace_process_cpu_seconds_total",
	    "CPU time of a process.", KIND_ASKED_COUNTER, { ASKED("role"), ASKED("slot") } },
	[METRIC_PROCESS_MEMORY] = { "headrace_process_resident_memory_bytes",
	    "Memory of a process that is resident, shared pages included.",
	    KIND_ASKED, { ASKED("role"), ASKED("slot") } },
	[METRIC_PROCESS_FDS] = { "headrace_process_open_fds",
	    "File descriptors that a process has open.",
	    KIND_ASKED, { ASKED("role"), ASKED("slot") } },
	[METRIC_PROCESS_FDS_MAX] = { "headrace_process_max_fds",
	    "File descriptors that a process may have open.",
	    KIND_ASKED, { ASKED("role"), ASKED("slot") } },
	[METRIC_PROCESS_START] = { "headrace_process_start_time_seconds",
	    "When a process was started, as Unix time.",
	    KIND_ASKED, { ASKED("role"), ASKED("slot") } },
	[METRIC_COUNTING_SINCE] = { "headrace_counting_since_seconds",
	    "Since when counters count, as Unix time.", KIND_ASKED },
	[METRIC_BUILD] = { "headrace_build_info",
	    "The version that answers; the value is always 1.",
	    KIND_ASKED, { ASKED("version") } },
};

unsigned
metrics_status(int status)
{
	unsigned i;

	for (i = 0; i < METRICS_STATUSES - 1 && status_codes[i] != status; i++)
		;
	return i;
}

unsigned
metrics_width(const struct metric_row *r)
{
	unsigned n = 1;

	for (int i = 0; i < METRICS_LABELS; i++)
		if (r->label[i].name != NULL)
			n *= r->label[i].n;
	return n;
}

unsigned
metrics_bounds(const struct metric_row *r)
{
	unsigned n = 0;

	while (r->bounds != NULL && r->bounds[n] != 0)
		n++;
	return n;
}
