/*
 * handlers/web/ts2021.c -- /ts2021 where it should never arrive.
 *
 * The web server passes Upgrade requests for this path to the notifier.  A
 * request that reaches a worker has lost its Upgrade header on the way, or came
 * from a browser: both get told, and the administrator finds a line in the log,
 * at most one a minute because anybody can cause it.
 */
#include "handlers/routes.h"
#include "lib/base/log.h"

#define LOG_EVERY_MS 60000
#define BODY_MAX 4096

static int64_t logged_ms;

static enum err
ts2021(struct req *rq)
{
	if (rq->now_ms - logged_ms >= LOG_EVERY_MS) {
		logged_ms = rq->now_ms;
		log_warn("/ts2021 reached a worker: the web server must pass it with "
		    "its Upgrade header to the notifier (see conf/)");
	}
	req_reply_text(rq, 426,
	    "This address speaks Tailscale's control protocol and needs a connection "
	    "upgrade.\nIf a Tailscale client sees this, a web server or proxy in "
	    "front of headrace\nswallowed the Upgrade header or does not pass "
	    "/ts2021 to the notifier.\n");
	req_header(rq, "Upgrade", "tailscale-control-protocol");
	return OK;
}

const struct route route_ts2021_get = {
	.method = HTTP_GET,
	.path = "/ts2021",
	.auth = AUTH_PUBLIC,
	.txn = TXN_NONE,
	.body_max = BODY_MAX,
	.handle = ts2021,
};

const struct route route_ts2021_post = {
	.method = HTTP_POST,
	.path = "/ts2021",
	.auth = AUTH_PUBLIC,
	.txn = TXN_NONE,
	.body_max = BODY_MAX,
	.handle = ts2021,
};
