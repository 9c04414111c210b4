/*
 * handlers/api/policy_preview.c -- POST /api/v1/policy/preview: who would gain and who would lose what.
 *
 * Two nets of the same nodes, one with the policy in force and one with the
 * policy asked about; nothing is stored.  A policy that would be refused is an
 * answer, not an error: {"accepted": false, "error": "..."}.
 */
#include "handlers/api/api.h"
#include "handlers/api/policy_live.h"
#include "handlers/api/shapes.h"
#include "handlers/routes.h"
#include "lib/policy/compare.h"
#include "lib/policy/preview.h"

static enum err
load(struct req *rq, struct net **before, struct net **after)
{
	enum err e;

	if ((e = policy_live_net(rq, before)) != OK ||
	    (e = policy_live_current(rq, *before)) != OK)
		return e;
	return policy_live_net(rq, after);
}

static enum err
policy_preview(struct req *rq)
{
	struct policy_context ctx;
	struct net *before, *after;
	const char *text, *why;
	struct jw w;
	jv *body;
	enum err e;

	if ((e = api_body(rq, &body)) != OK)
		return e;
	text = json_get_str(body, "policy", "");
	if ((e = load(rq, &before, &after)) != OK ||
	    (e = policy_live_context(rq, &ctx)) != OK)
		return e;
	api_reply(rq, &w);
	if (preview_load(rq->arena, after, str_of(text), &ctx, &why) != NULL) {
		jw_kbool(&w, "accepted", true);
		compare_json(rq->arena, before, after, &w);
	} else {
		jw_kbool(&w, "accepted", false);
		jw_kstr(&w, "error", why);
	}
	api_reply_end(&w);
	return OK;
}

static const struct api_field preview_fields[] = {
	{ .name = "policy", .type = API_TEXT, .flags = API_MUST, .max = REQ_BODY_MAX },
	{ .name = NULL },
};
static const struct api_object preview_body = { "PreviewPolicyRequest", preview_fields };

const struct route route_policy_preview = {
	.method = HTTP_POST,
	.path = "/api/v1/policy/preview",
	.auth = AUTH_API,
	.scope = SCOPE_POLICY_FILE_READ,
	.txn = TXN_READ,
	.body_max = REQ_BODY_MAX,
	.handle = policy_preview,
	.op = &(const struct api_op){
		.id = "previewPolicy", .tag = "Policy", .summary = "Who would gain and lose access by a policy",
		.body = &preview_body, .answer = &shape_policy_preview, .errors = "400 415 422",
	},
};
