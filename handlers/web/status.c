/*
 * handlers/web/status.c -- GET /health, /version and /robots.txt, for machines.
 */
#include "handlers/routes.h"
#include "lib/base/log.h"
#include "lib/json/json.h"
#include "lib/store/store.h"

/* Reads a row, because opening a transaction alone does not touch the file. */
static bool
database_answers(struct db *db)
{
	int64_t seq;
	bool ok;

	if (db == NULL)
		return false;
	ok = db_begin_read(db) == OK && store_change_last(db, &seq) == OK;
	if (!ok)
		log_err("health: %s", db_errmsg(db));
	db_rollback(db);
	return ok;
}

static enum err
health(struct req *rq)
{
	bool ok = database_answers(rq->db);

	req_reply(rq, ok ? 200 : 500, "application/health+json; charset=utf-8");
	buf_str(&rq->out, ok ? "{\"status\":\"pass\"}" : "{\"status\":\"fail\"}");
	return OK;
}

const struct route route_health = {
	.method = HTTP_GET,
	.path = "/health",
	.auth = AUTH_PUBLIC,
	.txn = TXN_NONE,	/* it asks by itself: a failure to begin is an answer */
	.handle = health,
};

static enum err
version(struct req *rq)
{
	struct jw w;

	req_reply(rq, 200, "application/json");
	jw_init(&w, &rq->out);
	jw_obj(&w);
	jw_kstr(&w, "version", HEADRACE_VERSION);
	jw_kstr(&w, "program", "headrace");
	jw_end_obj(&w);
	return OK;
}

const struct route route_version = {
	.method = HTTP_GET,
	.path = "/version",
	.auth = AUTH_PUBLIC,
	.txn = TXN_NONE,
	.handle = version,
};

static enum err
robots(struct req *rq)
{
	req_reply_text(rq, 200, "User-agent: *\nDisallow: /\n");
	return OK;
}

const struct route route_robots = {
	.method = HTTP_GET,
	.path = "/robots.txt",
	.auth = AUTH_PUBLIC,
	.txn = TXN_NONE,
	.handle = robots,
};
