/*
 * handlers/api/health.c -- GET /api/v1/health: does the database answer?
 *
 * The row's transaction has opened the database already; reading the last
 * change proves that its pages can be read, too.
 */
#include "handlers/api/api.h"
#include "handlers/routes.h"

static enum err
api_health(struct req *rq)
{
	struct jw w;
	int64_t seq;
	enum err e;

	if ((e = store_change_last(rq->db, &seq)) != OK)
		return e;
	api_reply(rq, &w);
	jw_kbool(&w, "databaseConnectivity", true);
	api_reply_end(&w);
	return OK;
}

const struct route route_api_health = {
	.method = HTTP_GET,
	.path = "/api/v1/health",
	.auth = AUTH_ADMIN,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = api_health,
};
