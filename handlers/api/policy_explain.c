/*
 * handlers/api/policy_explain.c -- GET /api/v1/policy/explain: which rule lets one reach another.
 *
 *   ?src=NAME&dst=NAME[:PORT][&proto=tcp]
 */
#include <inttypes.h>
#include <string.h>

#include "handlers/api/api.h"
#include "handlers/api/policy_live.h"
#include "handlers/api/shapes.h"
#include "handlers/routes.h"
#include "lib/policy/explain.h"

/* Without a policy everything may pass, which is what an empty document says. */
static enum err
load(struct req *rq, struct net **out, struct policy_context *ctx)
{
	struct policy_errors errs = { .n = 0 };
	struct policy *p;
	enum err e;

	if ((e = policy_live_net(rq, out)) != OK ||
	    (e = policy_live_current(rq, *out)) != OK ||
	    (e = policy_live_context(rq, ctx)) != OK)
		return e;
	if (net_policy(*out) != NULL)
		return OK;
	p = policy_parse(rq->arena, STR("{}"), ctx, &errs);
	if (p == NULL)
		return req_fail(rq, ERR_INTERNAL, "an empty policy does not read");
	net_set_policy(*out, p);
	return OK;
}

/*
 * A device that is not admitted is unknown to the policy.  'why' says that of its
 * name; this says what is so.
 */
static enum err
name_unknown(struct req *rq, const char *name, const char *why)
{
	const char *label = arena_strndup(rq->arena, name, strcspn(name, ":"));
	struct node n;
	int64_t id;
	enum err e = str_i64(str_of(label), &id) ?
	    store_node_by_id(rq->db, rq->arena, id, &n) :
	    store_node_by_name(rq->db, rq->arena, label, &n);

	if (e == ERR_NOTFOUND || (e == OK && node_admitted(&n)))
		return why == NULL ? OK : req_fail(rq, ERR_BADREQ, "%s", why);
	if (e != OK)
		return e;
	return req_fail(rq, ERR_BADREQ, "\"%s\": node %" PRId64 " %s: no rule speaks of it",
	    name, n.id, n.waits ? "waits for approval" : "belongs to a user who is not active");
}

static enum err
policy_explain(struct req *rq)
{
	struct explain_ask ask = { .src = req_query(rq, "src"), .dst = req_query(rq, "dst"),
		.proto = req_query(rq, "proto") };
	struct policy_context ctx;
	const char *why = "";
	struct net *t;
	struct jw w;
	enum err e;

	if (ask.proto == NULL)
		ask.proto = "";
	if ((e = load(rq, &t, &ctx)) != OK)
		return e;
	api_reply(rq, &w);
	if (!explain_json(rq->arena, t, &ctx, &ask, &w, &why))
		return (e = name_unknown(rq, ask.src, NULL)) != OK ? e :
		    name_unknown(rq, ask.dst, why);
	api_reply_end(&w);
	return OK;
}

static const struct api_field explain_query[] = {
	{ .name = "src", .type = API_TEXT, .flags = API_MUST },
	{ .name = "dst", .type = API_TEXT, .flags = API_MUST },
	{ .name = "proto", .type = API_TEXT },
	{ .name = NULL },
};

const struct route route_policy_explain = {
	.method = HTTP_GET,
	.path = "/api/v1/policy/explain",
	.auth = AUTH_API,
	.scope = SCOPE_POLICY_FILE_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = policy_explain,
	.op = &(const struct api_op){
		.id = "explainPolicy", .tag = "Policy", .summary = "Which rule lets one reach another",
		.query = explain_query, .answer = &shape_policy_explain, .errors = "400",
	},
};
