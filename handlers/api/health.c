/*
 * handlers/api/health.c -- GET /api/v1/health: does the database answer?
 *
 * Reading a row is enough for a probe that comes every few seconds; with
 * ?full=true the whole file is looked over.
 */
#include <string.h>

#include "handlers/api/api.h"
#include "handlers/api/shapes.h"
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
	bool full;
	struct jw w;
	int64_t seq;
	enum err e;

	if ((e = api_query_bool(rq, "full", &full)) != OK ||
	    (e = store_change_last(rq->db, &seq)) != OK ||
	    (full && (e = look_over(rq)) != OK))
		return e;
	api_reply(rq, &w);
	jw_kbool(&w, "databaseConnectivity", true);
	api_reply_end(&w);
	return OK;
}

static const struct api_field health_query[] = {
	{ .name = "full", .type = API_BOOL, .help = "look over the whole database" },
	{ .name = NULL },
};

const struct route route_api_health = {
	.method = HTTP_GET,
	.path = "/api/v1/health",
	.auth = AUTH_API,
	.scope = SCOPE_NONE,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = api_health,
	.op = &(const struct api_op){
		.id = "health", .tag = "Health", .summary = "Health check",
		.query = health_query, .answer = &shape_health, .errors = "400",
	},
};
