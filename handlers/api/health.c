/*
 * handlers/api/health.c -- GET /api/v1/health: does the database answer?
 *
 * Reading a row is enough for a probe that comes every few seconds; with
 * ?full=true the whole file is looked over.
 */
#include <string.h>

#include "handlers/api/api.h"
#include "handlers/routes.h"

static enum err
look_over(struct req *rq)
{
	struct buf why;
	enum err e;

	buf_init(&why, REQ_ERRMSG_SIZE);
	e = db_check(rq->db, &why);
	if (e != OK)
		(void)req_fail(rq, e, "%.*s", (int)why.n, (const char *)why.p);
	buf_fini(&why);
	return e;
}

static enum err
api_health(struct req *rq)
{
	const char *full = req_query(rq, "full");
	struct jw w;
	int64_t seq;
	enum err e;

	if ((e = store_change_last(rq->db, &seq)) != OK)
		return e;
	if (full != NULL && strcmp(full, "true") == 0 && (e = look_over(rq)) != OK)
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
