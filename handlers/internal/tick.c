/*
 * handlers/internal/tick.c -- POST /internal/tick: what is due by the clock.
 *
 * A worker has no clock of its own; the notifier calls this and is told when to
 * call again.  Whatever changes leaves rows in changes, and so reaches the
 * streams like any other change.
 */
#include <inttypes.h>

#include "handlers/internal/documents.h"
#include "handlers/internal/policy_file.h"
#include "handlers/internal/policy_shell.h"
#include "handlers/routes.h"
#include "lib/base/log.h"
#include "lib/model/model.h"
#include "lib/store/store.h"

#define TICK_MS 5000				/* files are looked at this often */
#define KEEP_CHANGES_MS (60 * 60 * 1000)	/* no stream is ever that far behind */
#define KEEP_REVOKED_MS (7LL * 24 * 60 * 60 * 1000)
#define EXPIRING_MS (24LL * 60 * 60 * 1000)	/* that a key runs out is told a day before */
#define KEEP_GONE_MS (30LL * 24 * 60 * 60 * 1000)

/* The log of the past, and what webhooks are told of the future. */
static enum err
do_log(struct req *rq)
{
	int64_t keep = rq->cfg->audit_keep_ms;
	enum err e = store_webhooks_note_expiring(rq->db, rq->now_ms, rq->now_ms + EXPIRING_MS);

	return e != OK || keep == 0 ? e : store_audit_prune(rq->db, rq->now_ms - keep);
}

static enum err
do_due(struct req *rq)
{
	int64_t now = rq->now_ms, expired, reaped, logins, checks, attributes;
	enum err e;

	if ((e = store_nodes_mark_expired(rq->db, now, &expired)) != OK ||
	    (e = store_nodes_reap_ephemeral(rq->db,
	    now - rq->cfg->ephemeral_timeout_ms, &reaped)) != OK ||
	    (e = store_logins_expire(rq->db, now, &logins)) != OK ||
	    (e = store_ssh_checks_expire(rq->db, now, &checks)) != OK ||
	    (e = store_node_attributes_expire(rq->db, now, &attributes)) != OK ||
	    (e = store_oauth_tokens_prune(rq->db, now)) != OK ||
	    (e = store_authkeys_prune(rq->db, now - KEEP_REVOKED_MS)) != OK ||
	    (e = store_token_failures_prune(rq->db, now)) != OK ||
	    (e = store_changes_prune(rq->db, now - KEEP_CHANGES_MS)) != OK ||
	    (e = store_nodes_gone_prune(rq->db, now - KEEP_GONE_MS)) != OK ||
	    (e = do_log(rq)) != OK)
		return e;
	if (expired > 0)
		log_info("tick: %" PRId64 " keys have expired", expired);
	if (reaped > 0)
		log_info("tick: %" PRId64 " ephemeral nodes removed", reaped);
	if (checks > 0)
		log_info("tick: %" PRId64 " SSH checks were decided by nobody", checks);
	return OK;
}

/* When time has something to do next; TIME_NONE if never. */
static enum err
next_due(struct req *rq, int64_t *due)
{
	int64_t attribute;
	enum err e = store_nodes_next_due(rq->db, rq->cfg->ephemeral_timeout_ms, due);

	if (e != OK || (e = store_node_attributes_next_due(rq->db, &attribute)) != OK)
		return e;
	if (attribute != TIME_NONE && (*due == TIME_NONE || attribute < *due))
		*due = attribute;
	return OK;
}

static enum err
in_txn(struct req *rq)
{
	enum err e = db_begin_write(rq->db);

	return e != OK ? e : db_end_write(rq->db, do_due(rq));
}

static enum err
internal_tick(struct req *rq)
{
	int64_t due, wait = TICK_MS;
	enum err e;

	if ((e = documents_refresh(rq)) != OK || (e = in_txn(rq)) != OK ||
	    (e = policy_file_refresh(rq, &wait)) != OK ||
	    (e = policy_shell_refresh(rq)) != OK ||
	    (e = next_due(rq, &due)) != OK)
		return e;
	if (due != TIME_NONE && due - rq->now_ms < wait)
		wait = due > rq->now_ms ? due - rq->now_ms : 0;
	req_reply(rq, 200, "text/plain");
	buf_printf(&rq->out, "%" PRId64 "\n", wait);
	return OK;
}

const struct route route_internal_tick = {
	.method = HTTP_POST,
	.path = "/internal/tick",
	.auth = AUTH_NOTIFIER,
	.txn = TXN_OWN,
	.body_max = 4096,
	.handle = internal_tick,
	.action = "tick",
};
