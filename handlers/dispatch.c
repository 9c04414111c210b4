/*
 * handlers/dispatch.c -- from a request to its whole answer.
 *
 * Everything that an endpoint needs besides its subject happens here, in one
 * order: who may see it, body limit, transaction, handler, commit, status, wake.
 * What only a machine or the notifier may use does not exist for anybody else; the
 * API is there for the world, and asks for a key.
 */
#include "handlers/dispatch.h"

#include <assert.h>

#include "handlers/actor.h"
#include "handlers/admit.h"
#include "handlers/api/query.h"
#include "handlers/cors.h"
#include "handlers/meter.h"
#include "handlers/problem.h"
#include "handlers/routes.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/config/config.h"
#include "lib/store/store.h"
#include "lib/wake/wake.h"

#define RETRY_AFTER_S "1"
#define STORAGE_AFTER_S "10"
#define STORAGE_COMPLAIN_MS 10000	/* between two lines of one process */

struct visible {
	const struct route **rows;
	size_t n;
};

/* A machine's request never reaches the notifier's rows: it carries a key. */
static bool
may_see(const struct req *rq, const struct route *r)
{
	switch (r->auth) {
	case AUTH_PUBLIC:
		return true;
	case AUTH_MACHINE:
		return rq->origin == ORIGIN_CONTROL && rq->machine_key != NULL;
	case AUTH_NOTIFIER:
		return rq->origin == ORIGIN_CONTROL && rq->machine_key == NULL;
	case AUTH_API:
		return rq->origin == ORIGIN_WEB || rq->origin == ORIGIN_LOCAL;
	}
	return false;
}

static struct visible
visible_to(const struct req *rq)
{
	struct visible v = { .n = 0 };
	size_t i;

	v.rows = arena_array(rq->arena, routes_count, sizeof(const struct route *));
	for (i = 0; i < routes_count; i++)
		if (may_see(rq, routes_all[i]))
			v.rows[v.n++] = routes_all[i];
	return v;
}

static enum err
begin(struct req *rq, enum txn txn)
{
	switch (txn) {
	case TXN_READ:
		return db_begin_read(rq->db);
	case TXN_WRITE:
		return db_begin_write(rq->db);
	case TXN_NONE:
	case TXN_OWN:
		break;
	}
	return OK;
}

/* Who has no right to ask is told so before anything is looked at. */
static enum err
enter(struct req *rq, const struct route *r)
{
	enum err e;

	if (rq->body.n > r->body_max)
		return req_fail_at(rq, ERR_TOOBIG, "body", "request body too large");
	if (r->auth == AUTH_API && (e = admit(rq)) != OK)
		return e;
	return r->op != NULL ? api_query_check(rq) : OK;
}

/* An answer that did not fit must not be committed as if it had been given. */
static enum err
check_answer(struct req *rq)
{
	assert(rq->status != 0);
	if (rq->out.over || rq->head.over)
		return req_fail(rq, ERR_INTERNAL, "the answer is larger than %zu bytes",
		    rq->out.max);
	return OK;
}

static enum err
run(struct req *rq, const struct route *r)
{
	enum err e;

	if ((e = begin(rq, r->txn)) != OK)
		return e;
	if ((e = r->handle(rq)) == OK)
		e = check_answer(rq);
	if (e == OK && (r->txn == TXN_READ || r->txn == TXN_WRITE))
		e = db_commit(rq->db);
	if (rq->db != NULL)
		db_rollback(rq->db);
	return e;
}

/* The same, by somebody whom the audit log knows. */
static enum err
run_as(struct req *rq, const struct route *r)
{
	struct actor who;
	enum err e;

	if (rq->db == NULL || !actor_of(rq, &who))
		return run(rq, r);
	db_actor(rq->db, &who);
	e = run(rq, r);
	db_actor(rq->db, NULL);
	return e;
}

/* A full disk often holds the log, too: not once per request. */
static bool
is_said(enum err e)
{
	static int64_t last_ms;
	int64_t now = clock_mono_ms();

	if (e != ERR_STORAGE)
		return false;
	if (last_ms != 0 && now - last_ms < STORAGE_COMPLAIN_MS)
		return true;
	last_ms = now;
	return false;
}

static void
log_failure(const struct req *rq, enum err e, const char *db_text)
{
	const char *method = http_method_name(rq->method);
	const char *path = rq->path == NULL ? "?" : rq->path;

	if (http_status_of(e) < 500 || e == ERR_UNSUPPORTED || is_said(e))
		log_debug("%s %s: %s: %s", method, path, err_name(e), rq->errmsg);
	else
		log_err("%s %s: %s: %s%s%s", method, path, err_name(e), rq->errmsg,
		    rq->errmsg[0] != '\0' && *db_text != '\0' ? "; " : "", db_text);
}

static void
answer(struct req *rq, enum err e)
{
	buf_clear(&rq->head);
	rq->storage_fails = e == ERR_STORAGE;
	problem_reply(rq, http_status_of(e));
	if (e == ERR_BUSY)
		req_header(rq, "Retry-After", RETRY_AFTER_S);
	if (e == ERR_STORAGE)
		req_header(rq, "Retry-After", STORAGE_AFTER_S);
	if (e == ERR_LIMITED)
		req_header(rq, "Retry-After", ADMIT_RETRY_AFTER_S);
	if (e == ERR_AUTH)
		req_header(rq, "WWW-Authenticate", "Bearer realm=\"headrace\"");
}

static void
answer_error(struct req *rq, enum err e, const char *db_text)
{
	log_failure(rq, e, db_text);
	answer(rq, e);
}

static void
answer_wrong_method(struct req *rq, const struct visible *v)
{
	if (str_starts(str_of(rq->path), "/api/"))
		problem_reply(rq, 405);
	else
		req_reply(rq, 405, NULL);
	req_header(rq, "Allow", route_allow(v->rows, v->n, rq));
}

/*
 * Tells the notifier of what was committed.  Failing to costs only the time
 * until it looks itself, so that is no error.
 */
static void
wake(struct req *rq)
{
	int64_t seq;

	if (store_change_last(rq->db, &seq) == OK)
		wake_send(config_socket(rq->arena, rq->cfg, "wake.sock"), seq);
}

/* What every answer has, and what no answer to HEAD has. */
static void
finish(struct req *rq)
{
	req_header(rq, "X-Frame-Options", "DENY");
	req_header(rq, "Content-Security-Policy", "frame-ancestors 'none'");
	req_header(rq, "X-Content-Type-Options", "nosniff");
	req_header(rq, "Referrer-Policy", "no-referrer");
	cors_mark(rq);
	if (rq->method == HTTP_HEAD)
		buf_clear(&rq->out);
}

static void
serve(struct req *rq, const struct route *r)
{
	int64_t before;
	enum err e;

	if (r->txn != TXN_NONE && rq->db == NULL) {	/* its carrier has logged why */
		answer(rq, ERR_STORAGE);
		return;
	}
	e = enter(rq, r);
	before = rq->db ? db_writes(rq->db) : 0;	/* what enter() notes is nobody's news */
	if (e == OK)
		e = run_as(rq, r);
	if (e != OK)
		answer_error(rq, e, r->txn == TXN_NONE ? "" : db_errmsg(rq->db));
	if (rq->db != NULL && db_writes(rq->db) != before)
		wake(rq);
	if (e == ERR_FORBIDDEN && rq->caller != NULL && rq->db != NULL)
		actor_denied(rq);
}

static void
find_and_serve(struct req *rq)
{
	const struct route *r;
	struct visible v;

	if (rq->path == NULL) {
		problem_reply(rq, 400);
		return;
	}
	if (cors_preflight(rq))
		return;
	v = visible_to(rq);
	switch (route_find(v.rows, v.n, rq, &r)) {
	case OK:
		serve(rq, r);
		break;
	case ERR_BADREQ:
		answer_wrong_method(rq, &v);
		break;
	default:
		answer_error(rq, req_fail(rq, ERR_NOTFOUND, "404 page not found"), "");
	}
}

void
dispatch(struct req *rq)
{
	int64_t begun_ns = clock_mono_ns();

	find_and_serve(rq);
	finish(rq);
	meter_request(rq, begun_ns);
}

size_t
dispatch_body_max(struct req *rq)
{
	const struct route *r;
	struct visible v = visible_to(rq);

	if (rq->path == NULL || route_find(v.rows, v.n, rq, &r) != OK ||
	    (r->auth == AUTH_API && !admit_may_try(rq)))
		return 0;
	return r->body_max;
}

void
dispatch_refuse(struct req *rq, enum err e, const char *why)
{
	answer_error(rq, req_fail(rq, e, "%s", why), "");
	finish(rq);
	meter_request(rq, clock_mono_ns());
}

void
dispatch_too_big(struct req *rq)
{
	dispatch_refuse(rq, ERR_TOOBIG, "request body too large");
}
