/*
 * handlers/api/policy_history.c -- /api/v1/policy/history, rollback, status: every version.
 *
 * Putting a version back adds a new one with its text, so that the history says
 * what was in force when.
 */
#include <inttypes.h>
#include <string.h>

#include "handlers/api/api.h"
#include "handlers/api/policy_put.h"
#include "handlers/api/shapes.h"
#include "handlers/control/policy_load.h"
#include "handlers/routes.h"
#include "lib/config/config.h"

#define HISTORY_DEFAULT 100
#define HISTORY_MAX 10000

static void
put_version(struct jw *w, const struct policy_version *v, int64_t in_force)
{
	jw_obj(w);
	if (v->text != NULL)
		put_policy_text(w, v->text, v->id, v->created_ms);
	else
		jw_ki64(w, "version", v->id);
	jw_ktime(w, "createdAt", v->created_ms);
	jw_kstr(w, "source", v->source);
	jw_kstr(w, "author", v->author);
	jw_kstr(w, "comment", v->comment);
	jw_key(w, "rollbackOf");
	if (v->rollback_of != 0)
		jw_i64(w, v->rollback_of);
	else
		jw_null(w);
	jw_ki64(w, "bytes", v->bytes);
	jw_kbool(w, "inForce", v->id == in_force);
	jw_end_obj(w);
}

static enum err
policy_history(struct req *rq)
{
	const char *limit = req_query(rq, "limit");
	int64_t max = HISTORY_DEFAULT;
	struct policy_version *v;
	struct policy_loaded p;
	struct jw w;
	size_t n;
	enum err e;

	if (limit != NULL && (!str_i64(str_of(limit), &max) || max < 1 || max > HISTORY_MAX))
		return req_fail(rq, ERR_BADREQ, "limit must be a number from 1 to %d", HISTORY_MAX);
	if ((e = policy_load(rq, rq->arena, &p)) != OK ||
	    (e = store_policies(rq->db, rq->arena, (size_t)max, &v, &n)) != OK)
		return e;
	api_reply(rq, &w);
	jw_key(&w, "versions");
	jw_arr(&w);
	for (size_t i = 0; i < n; i++)
		put_version(&w, &v[i], p.version);
	jw_end_arr(&w);
	api_reply_end(&w);
	return OK;
}

static const struct api_field history_query[] = {
	{ .name = "limit", .type = API_INT, .max = HISTORY_MAX },
	{ .name = NULL },
};

const struct route route_policy_history = {
	.method = HTTP_GET,
	.path = "/api/v1/policy/history",
	.auth = AUTH_API,
	.scope = SCOPE_POLICY_FILE_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = policy_history,
	.op = &(const struct api_op){
		.id = "listPolicyVersions", .tag = "Policy", .summary = "List versions of the policy",
		.query = history_query, .answer = &shape_policy_history, .errors = "400",
	},
};

static enum err
version_of_path(struct req *rq, struct policy_version *out)
{
	int64_t id;
	enum err e;

	if ((e = req_var_i64(rq, "version", &id)) != OK)
		return e;
	e = store_policy_by_id(rq->db, rq->arena, id, out);
	if (e == ERR_NOTFOUND)
		return req_fail(rq, e, "the policy has no version %" PRId64, id);
	return e;
}

static enum err
policy_version(struct req *rq)
{
	struct policy_version v;
	struct policy_loaded p;
	struct jw w;
	enum err e;

	if ((e = version_of_path(rq, &v)) != OK || (e = policy_load(rq, rq->arena, &p)) != OK)
		return e;
	api_reply(rq, &w);
	jw_key(&w, "version");
	put_version(&w, &v, p.version);
	api_reply_end(&w);
	return OK;
}

const struct route route_policy_version = {
	.method = HTTP_GET,
	.path = "/api/v1/policy/history/{version}",
	.auth = AUTH_API,
	.scope = SCOPE_POLICY_FILE_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = policy_version,
	.op = &(const struct api_op){
		.id = "getPolicyVersion", .tag = "Policy", .summary = "Get a version of the policy",
		.answer = &shape_policy_version, .errors = "400",
	},
};

static enum err
policy_rollback(struct req *rq)
{
	struct policy_version v;
	struct policy_new p;
	jv *body;
	enum err e;

	if ((e = policy_may_set(rq)) != OK ||
	    (e = api_body(rq, &body)) != OK ||
	    (e = policy_read_new(rq, body, &p)) != OK || (e = version_of_path(rq, &v)) != OK)
		return e;
	p.text = str_of(v.text);
	p.rollback_of = v.id;
	return policy_set_reply(rq, &p);
}

static const struct api_field rollback_fields[] = {
	{ .name = "author", .type = API_TEXT }, { .name = "comment", .type = API_TEXT },
	{ .name = "expectVersion", .type = API_INT },
	{ .name = NULL },
};
static const struct api_object rollback_body = { "RollbackPolicyRequest", rollback_fields };

const struct route route_policy_rollback = {
	.method = HTTP_POST,
	.path = "/api/v1/policy/rollback/{version}",
	.auth = AUTH_API,
	.scope = SCOPE_POLICY_FILE,
	.txn = TXN_OWN,
	.body_max = API_BODY_MAX,
	.handle = policy_rollback,
	.op = &(const struct api_op){
		.id = "rollbackPolicy", .tag = "Policy", .summary = "Put an older version back",
		.headers = policy_set_headers, .body = &rollback_body, .body_optional = true,
		.answer = &shape_policy, .etag = true, .errors = "400 409 412 415 422",
	},
};

/* ---- status ---- */

/* What the watched file's last look said; NULL if it is fine. */
static enum err
file_problem(struct req *rq, const char **out)
{
	const char *text;
	enum err e;

	*out = NULL;
	if (rq->cfg->policy_mode != POLICY_FILE)
		return OK;
	if ((e = store_document(rq->db, rq->arena, DOCUMENT_POLICY_FILE, &text)) != OK ||
	    text == NULL)
		return e;
	*out = json_get_str(json_parse(rq->arena, str_of(text), JSON_DEPTH_DEFAULT, NULL),
	    "problem", NULL);
	return OK;
}

/* A policy stays in force when its users or nodes change; but would it be accepted now? */
static enum err
refused_now(struct req *rq, const struct policy_loaded *p, const char **out)
{
	struct policy_verdict verdict;
	enum err e;

	*out = NULL;
	if (p->version == 0)
		return OK;
	if ((e = policy_judge(rq, str_of(p->text), &verdict)) == OK)
		*out = verdict.why;
	return e;
}

static enum err
policy_status(struct req *rq)
{
	const char *file, *refused;
	struct policy_loaded p;
	struct jw w;
	enum err e;

	if ((e = policy_load(rq, rq->arena, &p)) != OK ||
	    (e = file_problem(rq, &file)) != OK || (e = refused_now(rq, &p, &refused)) != OK)
		return e;
	api_reply(rq, &w);
	jw_kstr(&w, "mode", rq->cfg->policy_mode == POLICY_FILE ? "file" : "database");
	jw_kstr(&w, "path", rq->cfg->policy_path);
	jw_ki64(&w, "version", p.version);
	jw_key(&w, "since");
	if (p.version != 0)
		jw_time(&w, p.since_ms);
	else
		jw_null(&w);
	jw_ki64(&w, "newest", p.newest);
	jw_kbool(&w, "allowsAll", p.policy == NULL);
	jw_kstr(&w, "problem", p.problem);
	jw_kstr(&w, "fileProblem", file);
	jw_kstr(&w, "refusedNow", refused);
	api_reply_end(&w);
	return OK;
}

const struct route route_policy_status = {
	.method = HTTP_GET,
	.path = "/api/v1/policy/status",
	.auth = AUTH_API,
	.scope = SCOPE_POLICY_FILE_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = policy_status,
	.op = &(const struct api_op){
		.id = "getPolicyStatus", .tag = "Policy", .summary = "Which policy is in force",
		.answer = &shape_policy_status,
	},
};
