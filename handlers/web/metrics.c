/*
 * handlers/web/metrics.c -- GET /metrics: the counters of all processes, and how the
 * tailnet is, in Prometheus' text format.
 *
 * For the world there is no such page unless the configuration has a token, and then
 * only for who shows it.  /internal/metrics is the same for the notifier, which has
 * metrics.listen; without a token whoever reaches that address may read.  A database that
 * cannot be read costs the lines that come from it, as that is when the others are wanted.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "handlers/credential.h"
#include "handlers/routes.h"
#include "handlers/throttle.h"
#include "lib/base/log.h"
#include "lib/config/config.h"
#include "lib/crypto/token.h"
#include "lib/metrics/metrics.h"
#include "lib/store/store.h"

static void
put(struct metrics_samples *s, enum metric m, int64_t value)
{
	metrics_sample(s, m, NULL, NULL, (double)value);
}

static void
put_state(struct metrics_samples *s, enum metric m, const char *state, int64_t value)
{
	metrics_sample(s, m, state, NULL, (double)value);
}

static void
put_webhooks(struct req *rq, struct metrics_samples *s, const struct counts *c)
{
	int64_t age_ms = c->outbox_since_ms == TIME_NONE ? 0 : rq->now_ms - c->outbox_since_ms;

	put_state(s, METRIC_WEBHOOKS, "ok", c->webhooks_ok);
	put_state(s, METRIC_WEBHOOKS, "failing", c->webhooks_failing);
	put(s, METRIC_WEBHOOK_OUTBOX, c->outbox);
	metrics_sample(s, METRIC_WEBHOOK_OUTBOX_AGE, NULL, NULL,
	    age_ms > 0 ? (double)age_ms / 1e3 : 0);
	put(s, METRIC_WEBHOOK_DROPPED, c->webhooks_dropped);
}

static void
put_counts(struct req *rq, struct metrics_samples *s, const struct counts *c)
{
	put_state(s, METRIC_NODES, "online", c->online);
	put_state(s, METRIC_NODES, "offline", c->offline);
	put_state(s, METRIC_NODES, "expired", c->expired);
	put_state(s, METRIC_NODES, "waiting", c->waiting);
	put_state(s, METRIC_NODES, "suspended", c->suspended);
	put(s, METRIC_NODES_EPHEMERAL, c->ephemeral);
	put(s, METRIC_NODES_TAGGED, c->tagged);
	put_state(s, METRIC_USERS, "active", c->users_active);
	put_state(s, METRIC_USERS, "suspended", c->users_suspended);
	put_state(s, METRIC_USERS, "needs-approval", c->users_waiting);
	put(s, METRIC_AUTHKEYS, c->authkeys);
	put(s, METRIC_APIKEYS, c->apikeys);
	put(s, METRIC_LOGINS_WAITING, c->logins);
	put(s, METRIC_SSH_CHECKS_WAITING, c->ssh_checks);
	put_webhooks(rq, s, c);
	put(s, METRIC_CHANGE_SEQ, c->change_seq);
	put(s, METRIC_POLICY_VERSION, c->policy_version);
}

static void
ask_database(struct req *rq, struct metrics_samples *s)
{
	struct counts c;
	enum err e;

	if (rq->db == NULL)
		return;
	if ((e = db_begin_read(rq->db)) == OK)
		e = store_counts(rq->db, rq->now_ms, &c);
	if (e == OK)
		put_counts(rq, s, &c);
	else
		log_err("metrics: %s", db_errmsg(rq->db));
	db_rollback(rq->db);
}

/* Without a file there is no log; a database in memory has neither. */
static void
ask_files(struct req *rq, struct metrics_samples *s)
{
	struct stat st;

	if (stat(rq->cfg->db_path, &st) != 0)
		return;
	put(s, METRIC_DB_BYTES, st.st_size);
	if (stat(arena_printf(rq->arena, "%s-wal", rq->cfg->db_path), &st) == 0)
		put(s, METRIC_WAL_BYTES, st.st_size);
	else
		put(s, METRIC_WAL_BYTES, 0);
}

static enum err
render(struct req *rq)
{
	struct metrics_samples s = { .arena = rq->arena };

	ask_database(rq, &s);
	ask_files(rq, &s);
	metrics_sample(&s, METRIC_BUILD, HEADRACE_VERSION, NULL, 1);
	req_reply(rq, 200, METRICS_CTYPE);
	req_header(rq, "Cache-Control", "no-store");
	metrics_render(&s, &rq->out);
	return OK;
}

/* A wrong token counts like a wrong key: handlers/throttle.h. */
static enum err
check_token(struct req *rq)
{
	struct credential c;

	if (req_param(rq, "HTTP_AUTHORIZATION") == NULL)
		return req_fail(rq, ERR_AUTH, "no token");
	if (credential_read(rq, &c) && c.scheme == CREDENTIAL_BEARER &&
	    token_same(c.secret, str_of(rq->cfg->metrics_token)))
		return OK;
	return rq->db != NULL ? throttle_failure(rq) : req_fail(rq, ERR_AUTH, "no valid token");
}

static enum err
metrics(struct req *rq)
{
	bool token = rq->cfg->metrics_token[0] != '\0';
	enum err e;

	if (rq->origin != ORIGIN_LOCAL) {
		if (!token)
			return req_fail(rq, ERR_NOTFOUND, "404 page not found");
		if ((e = check_token(rq)) != OK)
			return e;
	}
	return render(rq);
}

const struct route route_metrics = {
	.method = HTTP_GET,
	.path = "/metrics",
	.auth = AUTH_PUBLIC,
	.txn = TXN_NONE,	/* a database that does not answer is part of the answer */
	.handle = metrics,
};

static enum err
internal_metrics(struct req *rq)
{
	enum err e;

	if (rq->cfg->metrics_token[0] != '\0' && (e = check_token(rq)) != OK)
		return e;
	return render(rq);
}

const struct route route_internal_metrics = {
	.method = HTTP_GET,
	.path = "/internal/metrics",
	.auth = AUTH_NOTIFIER,
	.txn = TXN_NONE,
	.handle = internal_metrics,
};
