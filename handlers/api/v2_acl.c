/*
 * handlers/api/v2_acl.c -- /api/v2/tailnet/{tailnet}/acl: the policy, as its text.
 *
 * The text comes and goes as it is (HuJSON); who asks for JSON gets it without the
 * comments.  Its ETag is the SHA-256 of the text, which gitops-pusher computes from a
 * file too; a POST with If-Match is done only if the policy is still that one, and of
 * two at once one is told that it was late.
 */
#include <string.h>
#include <strings.h>

#include "handlers/api/fields.h"
#include "handlers/api/v2.h"
#include "handlers/control/policy_load.h"
#include "handlers/control/policy_set.h"
#include "handlers/routes.h"
#include "lib/access/caller.h"
#include "lib/config/config.h"
#include "lib/crypto/key.h"
#include "lib/crypto/sha256.h"
#include "lib/json/hujson.h"

#define HUJSON "application/hujson"
#define BOTH_TYPES "application/json " HUJSON
#define ACL_BODY_MAX ((size_t)POLICY_BYTES_MAX + 64 * 1024)	/* above it not even a reason */
#define STALE "precondition failed, invalid old hash"

/* What holds as long as nobody has set a policy. */
#define DEFAULT_ALLOWS "// No policy has been set: everything is allowed.\n{}\n"
#define DEFAULT_DENIES "// No policy has been read yet: nothing is allowed.\n{\"grants\": []}\n"

/* ---- what there is ---- */

struct acl {
	struct str text;
	int64_t version;	/* the newest; 0: none has been set */
	const char *problem;	/* why it is not in force; NULL */
};

/* Inside a transaction. */
static enum err
acl_load(struct req *rq, struct acl *out)
{
	struct policy_version newest;
	struct policy_loaded p;
	enum err e = store_policy_newest(rq->db, rq->arena, INT64_MAX, &newest);

	if (e == ERR_NOTFOUND) {
		*out = (struct acl){ .text = rq->cfg->policy_mode == POLICY_FILE ?
		    STR(DEFAULT_DENIES) : STR(DEFAULT_ALLOWS) };
		return OK;
	}
	if (e != OK || (e = policy_load(rq, rq->arena, &p)) != OK)
		return e;
	*out = (struct acl){ str_of(newest.text), newest.id, p.problem };
	return OK;
}

static const char *
etag_of(struct arena *a, struct str text)
{
	char hex[SHA256_HEX_SIZE];

	sha256_hex(text, hex);
	return arena_printf(a, "\"%s\"", hex);
}

/* ---- answers ---- */

static bool
is_type(struct str one, const char *type)
{
	struct str name = { "", 0 };

	(void)str_cut(&one, ';', &name);
	name = str_trim(name);
	return name.n == strlen(type) && strncasecmp(name.p, type, name.n) == 0;
}

/* Which of the two is named first in such a header? */
static bool
names_json(const char *header)
{
	struct str rest = str_of(header), one;

	while (str_cut(&rest, ',', &one)) {
		if (is_type(one, "application/json"))
			return true;
		if (is_type(one, HUJSON))
			return false;
	}
	return false;
}

/* By Accept; a client that says nothing there gets back what it sent. */
static bool
wants_json(const struct req *rq)
{
	const char *accept = req_param(rq, "HTTP_ACCEPT");

	if (accept != NULL && !str_is(str_trim(str_of(accept)), "*/*"))
		return names_json(accept);
	return names_json(req_param(rq, "CONTENT_TYPE"));
}

static void
acl_reply(struct req *rq, const struct acl *acl)
{
	const char *why;
	struct place at;
	struct hj *doc = wants_json(rq) ? hujson_parse(rq->arena, acl->text, &at, &why) : NULL;

	req_reply(rq, 200, doc != NULL ? "application/json" : HUJSON);
	if (doc != NULL)
		buf_str(&rq->out, hujson_json(rq->arena, doc));
	else
		buf_put(&rq->out, acl->text.p, acl->text.n);
	req_header(rq, "ETag", etag_of(rq->arena, acl->text));
	req_header(rq, "Vary", "Accept");
}

/* With ?details=1: the text in base64, and what is wrong with it. */
static void
details_reply(struct req *rq, const struct acl *acl)
{
	struct buf text;
	struct jw w;

	buf_init(&text, SIZE_MAX);
	base64_write(&text, (const uint8_t *)acl->text.p, acl->text.n);
	api_reply(rq, &w);
	jw_kstr(&w, "acl", buf_text(&text, rq->arena));
	jw_kraw(&w, "warnings", "[]");
	jw_key(&w, "errors");
	jw_arr(&w);
	if (acl->problem != NULL)
		jw_str(&w, acl->problem);
	jw_end_arr(&w);
	api_reply_end(&w);
	req_header(rq, "ETag", etag_of(rq->arena, acl->text));
}

static enum err
acl_get(struct req *rq)
{
	struct acl acl;
	bool details;
	enum err e;

	if ((e = v2_tailnet(rq)) != OK ||
	    (e = api_query_bool(rq, "details", &details)) != OK ||
	    (e = acl_load(rq, &acl)) != OK)
		return e;
	if (details)
		details_reply(rq, &acl);
	else
		acl_reply(rq, &acl);
	return OK;
}

static const struct api_field get_query[] = {
	{ .name = "details", .type = API_BOOL,
	  .help = "answer with {acl, warnings, errors}, the text in base64" }, END,
};
static const struct api_field accept_header[] = {
	{ .name = "Accept", .type = API_TEXT, .help = "application/json: as JSON; else the text" },
	END,
};

const struct route route_v2_acl_get = {
	.method = HTTP_GET,
	.path = "/api/v2/tailnet/{tailnet}/acl",
	.auth = AUTH_API,
	.scope = SCOPE_POLICY_FILE_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = acl_get,
	.op = &(const struct api_op){
		.id = "getPolicyFile", .tag = "PolicyFile", .summary = "Get policy file",
		.help = "The newest text.  As long as none has been set, one that says what holds.",
		.query = get_query, .headers = accept_header, .answer_type = BOTH_TYPES, .etag = true,
	},
};

/* ---- setting ---- */

/* The body as text: what policy_judge() does not look at. */
static enum err
read_text(struct req *rq, struct str *out)
{
	*out = (struct str){ arena_strndup(rq->arena, (const char *)rq->body.p, rq->body.n),
	    rq->body.n };
	if (rq->body.n == 0)
		return req_fail_at(rq, ERR_BADREQ, "body", "request body is required");
	return OK;
}

/* The hash in "<hash>"; some leave the quotes away. */
static struct str
bare_etag(struct str s)
{
	s = str_trim(s);
	if (str_starts(s, "W/"))
		s = (struct str){ s.p + 2, s.n - 2 };
	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		s = (struct str){ s.p + 1, s.n - 2 };
	return s;
}

/*
 * Which version a change expects to find.  "ts-default" means that none has been
 * set yet: so a first push does not overwrite what somebody has set by hand.
 */
static enum err
expected(struct req *rq, const char *if_match, int64_t *version)
{
	struct str want = bare_etag(str_of(if_match));
	struct acl acl;
	enum err e;

	*version = POLICY_ANY_VERSION;
	if (if_match == NULL || str_is(want, "*"))
		return OK;
	if ((e = db_begin_read(rq->db)) != OK)
		return e;
	e = acl_load(rq, &acl);
	db_rollback(rq->db);
	if (e != OK)
		return e;
	*version = acl.version;
	if (str_eq(want, bare_etag(str_of(etag_of(rq->arena, acl.text)))) ||
	    (acl.version == 0 && str_is(want, "ts-default")))
		return OK;
	return req_fail_at(rq, ERR_STALE, "header.If-Match", STALE);
}

/* For people who look at its history. */
static const char *
author(const struct req *rq)
{
	const struct caller *c = rq->caller;

	return c->user_name[0] != '\0' ? c->user_name : c->name;
}

static enum err
acl_set(struct req *rq)
{
	struct policy_new p = { .source = rq->origin == ORIGIN_LOCAL ? "cli" : "api",
	    .author = author(rq) };
	struct policy_was_set done;
	enum err e;

	if ((e = v2_tailnet(rq)) != OK || (e = policy_may_set(rq)) != OK ||
	    (e = read_text(rq, &p.text)) != OK ||
	    (e = expected(rq, req_param(rq, "HTTP_IF_MATCH"), &p.expect)) != OK)
		return e;
	e = policy_set(rq, &p, &done);
	if (e == ERR_CONFLICT)	/* somebody was quicker */
		return req_fail_at(rq, ERR_STALE, "header.If-Match", STALE);
	if (e == OK)
		acl_reply(rq, &(struct acl){ p.text, done.version, NULL });
	return e;
}

static const struct api_field set_headers[] = {
	{ .name = "If-Match", .type = API_TEXT, .help = "the ETag of the policy that this one "
	  "replaces; \"ts-default\": only if none has been set; *: whatever there is" },
	{ .name = "Accept", .type = API_TEXT, .help = "as of GET; without, as the body's type" },
	END,
};

const struct route route_v2_acl_set = {
	.method = HTTP_POST,
	.path = "/api/v2/tailnet/{tailnet}/acl",
	.auth = AUTH_API,
	.scope = SCOPE_POLICY_FILE,
	.txn = TXN_OWN,
	.body_max = ACL_BODY_MAX,
	.handle = acl_set,
	.op = &(const struct api_op){
		.id = "setPolicyFile", .tag = "PolicyFile", .summary = "Set policy file",
		.help = "The body is the policy's text.  It is refused, with all that is wrong, if "
		    "it does not read or its tests fail.",
		.headers = set_headers, .form = API_RAW, .body_type = HUJSON " application/json",
		.answer_type = BOTH_TYPES, .etag = true, .errors = "400 412",
	},
};

/* ---- validating ---- */

/*
 * A list of tests is asked of the policy that there is: the same text with these
 * in place of its own.
 */
static enum err
with_tests(struct req *rq, const struct hj *tests, struct str *out)
{
	const char *why;
	struct place at;
	struct hj *doc;
	struct acl acl;
	struct buf text;
	struct jw w;
	enum err e = acl_load(rq, &acl);

	if (e != OK)
		return e;
	if ((doc = hujson_parse(rq->arena, acl.text, &at, &why)) == NULL)
		return req_fail(rq, ERR_BADREQ, "the policy does not read: %s", why);
	buf_init(&text, SIZE_MAX);
	jw_init(&w, &text);
	jw_obj(&w);
	jw_kraw(&w, "tests", hujson_json(rq->arena, tests));
	for (const struct hj *m = doc->child; m != NULL; m = m->next)
		if (strcasecmp(m->key, "tests") != 0 && strcasecmp(m->key, "sshTests") != 0)
			jw_kraw(&w, m->key, hujson_json(rq->arena, m));
	jw_end_obj(&w);
	*out = str_of(buf_text(&text, rq->arena));
	return OK;
}

/* What is wrong, in Tailscale's form: a message, and the tests that failed. */
static void
verdict_reply(struct req *rq, const char *why)
{
	struct str rest = str_of(why), first = { "", 0 };
	struct jw w;

	api_reply(rq, &w);
	if (why != NULL && str_starts(rest, "test(s) failed")) {
		(void)str_cut(&rest, '\n', &first);
		jw_key(&w, "message");
		jw_strn(&w, first);
		jw_key(&w, "data");
		jw_arr(&w);
		jw_obj(&w);
		jw_key(&w, "errors");
		jw_arr(&w);
		while (str_cut(&rest, '\n', &first))
			jw_strn(&w, first);
		jw_end_arr(&w);
		jw_end_obj(&w);
		jw_end_arr(&w);
	} else if (why != NULL)
		jw_kstr(&w, "message", why);
	api_reply_end(&w);
}

static enum err
acl_validate(struct req *rq)
{
	struct policy_verdict verdict;
	const char *why;
	struct place at;
	struct str text;
	struct hj *doc;
	enum err e;

	if ((e = v2_tailnet(rq)) != OK || (e = read_text(rq, &text)) != OK)
		return e;
	doc = hujson_parse(rq->arena, text, &at, &why);
	if (doc != NULL && doc->type == HJ_ARRAY && (e = with_tests(rq, doc, &text)) != OK)
		return e;
	if ((e = policy_judge(rq, text, &verdict)) == OK)
		verdict_reply(rq, verdict.why);
	return e;
}

static const struct api_field failed_fields[] = { TEXT_MAY("user"), TEXTS("errors"), END };
static const struct api_object failed = { "PolicyTestFailure", failed_fields };
static const struct api_field validated_fields[] = {
	{ .name = "message", .type = API_TEXT, .flags = API_MAY, .help = "what is wrong" },
	{ .name = "data", .type = API_LIST, .item = API_OBJECT, .of = &failed, .flags = API_MAY },
	END,
};
static const struct api_object validated = { "PolicyValidated", validated_fields };

const struct route route_v2_acl_validate = {
	.method = HTTP_POST,
	.path = "/api/v2/tailnet/{tailnet}/acl/validate",
	.auth = AUTH_API,
	.scope = SCOPE_POLICY_FILE_READ,
	.txn = TXN_READ,
	.body_max = ACL_BODY_MAX,
	.handle = acl_validate,
	.op = &(const struct api_op){
		.id = "validatePolicyFile", .tag = "PolicyFile", .summary = "Validate policy file",
		.help = "The body is a policy's text, or a list of tests that the policy in force has "
		    "to pass.  {} if all is well; 200 with a message if it is not.",
		.form = API_RAW, .body_type = HUJSON " application/json", .answer = &validated,
		.errors = "400",
	},
};
