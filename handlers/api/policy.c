/*
 * handlers/api/policy.c -- /api/v1/policy: reading, setting and checking the policy.
 *
 * Two administrators who edit at the same time must not undo each other unseen:
 * a change may say which version it was made from (expectVersion, or If-Match
 * with the ETag of a GET).
 */
#include <inttypes.h>
#include <string.h>

#include "handlers/api/api.h"
#include "handlers/api/policy_put.h"
#include "handlers/api/shapes.h"
#include "handlers/control/policy_load.h"
#include "handlers/routes.h"

#define POLICY_NOTE_MAX 512	/* bytes of an author or a comment */

/* ---- GET ---- */

void
put_policy_text(struct jw *w, const char *text, int64_t version, int64_t at_ms)
{
	jw_kstr(w, "policy", text);
	jw_ki64(w, "version", version);
	jw_ktime(w, "updatedAt", at_ms);
}

void
policy_etag(struct req *rq, int64_t version)
{
	req_header(rq, "ETag", arena_printf(rq->arena, "\"%" PRId64 "\"", version));
}

static enum err
policy_get(struct req *rq)
{
	struct policy_loaded p;
	struct jw w;
	enum err e;

	if ((e = policy_load(rq, rq->arena, &p)) != OK)
		return e;
	if (p.newest == 0)
		return req_fail(rq, ERR_NOTFOUND, "acl policy not found: none has been set, so "
		    "everything is %s", p.policy == NULL ? "allowed" : "denied");
	if (p.version == 0)
		return req_fail(rq, ERR_NOTFOUND, "%s", p.problem);
	api_reply(rq, &w);
	put_policy_text(&w, p.text, p.version, p.since_ms);
	jw_ki64(&w, "newest", p.newest);
	api_reply_end(&w);
	policy_etag(rq, p.newest);
	return OK;
}

const struct route route_policy_get = {
	.method = HTTP_GET,
	.path = "/api/v1/policy",
	.auth = AUTH_API,
	.scope = SCOPE_POLICY_FILE_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = policy_get,
	.op = &(const struct api_op){
		.id = "getPolicy", .tag = "Policy", .summary = "Get policy",
		.answer = &shape_policy, .etag = true,
	},
};

/* ---- what a change says ---- */

static enum err
read_note(struct req *rq, jv *body, const char *name, const char **out)
{
	struct str s = str_of(json_get_str(body, name, NULL));

	*out = s.p;
	if (s.n > POLICY_NOTE_MAX)
		return req_fail(rq, ERR_BADREQ, "body.%s has more than %d bytes", name,
		    POLICY_NOTE_MAX);
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return req_fail(rq, ERR_BADREQ, "body.%s must be one line", name);
	return OK;
}

/* If-Match: "7", as GET gave it; * is any version. */
static enum err
read_if_match(struct req *rq, int64_t *out)
{
	const char *text = req_param(rq, "HTTP_IF_MATCH");
	struct str s = str_trim(str_of(text));

	if (text == NULL || str_is(s, "*"))
		return OK;
	if (s.n < 3 || s.p[0] != '"' || s.p[s.n - 1] != '"' ||
	    !str_i64((struct str){ s.p + 1, s.n - 2 }, out) || *out < 0)
		return req_fail_at(rq, ERR_BADREQ, "header.If-Match",
		    "If-Match must be the ETag of the policy, like \"7\"");
	return OK;
}

enum err
policy_read_new(struct req *rq, jv *body, struct policy_new *out)
{
	enum err e;

	*out = (struct policy_new){
		.source = rq->origin == ORIGIN_LOCAL ? "cli" : "api",
		.expect = POLICY_ANY_VERSION,
	};
	if ((e = read_note(rq, body, "author", &out->author)) != OK ||
	    (e = read_note(rq, body, "comment", &out->comment)) != OK ||
	    (e = read_if_match(rq, &out->expect)) != OK)
		return e;
	out->expect = json_get_i64(body, "expectVersion", out->expect);
	return OK;
}

/* ---- PUT ---- */

/* Of If-Match HTTP says that it is 412; of expectVersion, which is our own, 409 is said. */
static enum err
set(struct req *rq, const struct policy_new *p, struct policy_was_set *done)
{
	enum err e = policy_set(rq, p, done);

	if (e != ERR_CONFLICT || req_param(rq, "HTTP_IF_MATCH") == NULL)
		return e;
	rq->err_at = "header.If-Match";
	return ERR_STALE;
}

enum err
policy_set_reply(struct req *rq, const struct policy_new *p)
{
	struct policy_was_set done;
	struct jw w;
	enum err e;

	if ((e = policy_may_set(rq)) != OK || (e = set(rq, p, &done)) != OK)
		return e;
	api_reply(rq, &w);
	put_policy_text(&w, p->text.p, done.version, done.at_ms);
	jw_kbool(&w, "unchanged", done.unchanged);
	api_reply_end(&w);
	policy_etag(rq, done.version);
	return OK;
}

static enum err
policy_put(struct req *rq)
{
	struct policy_new p;
	jv *body;
	enum err e;

	if ((e = policy_may_set(rq)) != OK || (e = api_body(rq, &body)) != OK ||
	    (e = policy_read_new(rq, body, &p)) != OK)
		return e;
	p.text = str_of(json_get_str(body, "policy", ""));
	return policy_set_reply(rq, &p);
}

const struct api_field policy_set_headers[] = {
	{ .name = "If-Match", .type = API_TEXT, .help = "the ETag of the policy that this one was "
	  "made from; if there is a newer one, nothing is set", .example = "\"\\\"7\\\"\"" },
	{ .name = NULL },
};

static const struct api_field put_fields[] = {
	{ .name = "policy", .type = API_TEXT, .flags = API_MUST, .max = REQ_BODY_MAX,
	  .help = "HuJSON: JSON with comments", .example = "\"{\\\"acls\\\": []}\"" },
	{ .name = "author", .type = API_TEXT }, { .name = "comment", .type = API_TEXT },
	{ .name = "expectVersion", .type = API_INT },
	{ .name = NULL },
};
static const struct api_object put_body = { "SetPolicyRequest", put_fields };

const struct route route_policy_put = {
	.method = HTTP_PUT,
	.path = "/api/v1/policy",
	.auth = AUTH_API,
	.scope = SCOPE_POLICY_FILE,
	.txn = TXN_OWN,
	.body_max = REQ_BODY_MAX,
	.handle = policy_put,
	.op = &(const struct api_op){
		.id = "setPolicy", .tag = "Policy", .summary = "Set policy",
		.headers = policy_set_headers, .body = &put_body, .answer = &shape_policy,
		.etag = true, .errors = "400 409 412 415 422",
	},
};

/* ---- check ---- */

static enum err
policy_check(struct req *rq)
{
	struct policy_verdict verdict;
	struct jw w;
	jv *body;
	enum err e;

	if ((e = api_body(rq, &body)) != OK ||
	    (e = policy_judge(rq, str_of(json_get_str(body, "policy", "")), &verdict)) != OK)
		return e;
	if (verdict.why != NULL)
		return req_fail(rq, ERR_BADREQ, "%s", verdict.why);
	api_reply(rq, &w);
	jw_ki64(&w, "checks", (int64_t)verdict.checks);
	api_reply_end(&w);
	return OK;
}

static const struct api_field check_fields[] = {
	{ .name = "policy", .type = API_TEXT, .flags = API_MUST, .max = REQ_BODY_MAX },
	{ .name = NULL },
};
static const struct api_object check_body = { "CheckPolicyRequest", check_fields };

const struct route route_policy_check = {
	.method = HTTP_POST,
	.path = "/api/v1/policy/check",
	.auth = AUTH_API,
	.scope = SCOPE_POLICY_FILE_READ,
	.txn = TXN_READ,
	.body_max = REQ_BODY_MAX,
	.handle = policy_check,
	.op = &(const struct api_op){
		.id = "checkPolicy", .tag = "Policy", .summary = "Check policy",
		.body = &check_body, .answer = &shape_policy_checked, .errors = "400 415 422",
	},
};

/* Do the tests of the policy in force hold now? */
static enum err
policy_test(struct req *rq)
{
	struct policy_verdict verdict;
	struct policy_loaded p;
	struct jw w;
	enum err e;

	if ((e = policy_load(rq, rq->arena, &p)) != OK)
		return e;
	if (p.version == 0)
		return req_fail(rq, ERR_NOTFOUND, "%s",
		    p.problem ? p.problem : "no policy has been set, so everything is allowed");
	if ((e = policy_judge(rq, str_of(p.text), &verdict)) != OK)
		return e;
	api_reply(rq, &w);
	jw_ki64(&w, "version", p.version);
	jw_kbool(&w, "passed", verdict.why == NULL);
	jw_ki64(&w, "checks", (int64_t)verdict.checks);
	jw_kstr(&w, "error", verdict.why);
	api_reply_end(&w);
	return OK;
}

const struct route route_policy_test = {
	.method = HTTP_GET,
	.path = "/api/v1/policy/test",
	.auth = AUTH_API,
	.scope = SCOPE_POLICY_FILE_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = policy_test,
	.op = &(const struct api_op){
		.id = "testPolicy", .tag = "Policy", .summary = "Run the tests of the policy in force",
		.answer = &shape_policy_tested,
	},
};
