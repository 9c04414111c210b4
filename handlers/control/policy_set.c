/*
 * handlers/control/policy_set.c -- judging a policy, and making it the one in force.
 *
 * Judging costs a walk over the tailnet, so it is done under a read transaction,
 * where it holds up nobody; adding the row is then quick.  What may have changed
 * in between are users and nodes, as they may at any time after.
 */
#include "handlers/control/policy_set.h"

#include <inttypes.h>
#include <string.h>

#include "handlers/control/approve_node.h"
#include "handlers/control/netload.h"
#include "handlers/control/policy_load.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/config/config.h"
#include "lib/store/store.h"

/* What is wrong with the text before it is looked at as a policy; NULL if nothing. */
static const char *
bad_text(struct req *rq, struct str text)
{
	if (text.n > POLICY_BYTES_MAX)
		return arena_printf(rq->arena, "the policy has %zu bytes; at most %u are allowed",
		    text.n, POLICY_BYTES_MAX);
	if (memchr(text.p, '\0', text.n) != NULL)
		return "the policy holds a NUL byte: it is no text";
	if (str_trim(text).n == 0)
		return "the policy is empty; {} allows everything, {\"grants\": []} nothing";
	return NULL;
}

static void
run_tests(struct req *rq, const struct policy_context *ctx, struct policy_verdict *out)
{
	struct selftest *tests = arena_alloc(rq->arena, sizeof(*tests));

	if (!selftest_run(rq->arena, out->net, ctx, tests))
		out->why = selftest_text(rq->arena, tests);
	out->checks = tests->checks;
}

enum err
policy_judge(struct req *rq, struct str text, struct policy_verdict *out)
{
	struct policy_errors errs = { .n = 0 };
	struct policy_context ctx;
	struct policy *p;
	enum err e;

	*out = (struct policy_verdict){ .why = bad_text(rq, text) };
	if (out->why != NULL)
		return OK;
	if ((e = policy_load_context(rq, rq->arena, &ctx)) != OK)
		return e;
	if ((p = policy_parse(rq->arena, text, &ctx, &errs)) == NULL) {
		out->why = policy_errors_text(rq->arena, &errs);
		return OK;
	}
	out->net = netload_new(rq);
	if ((e = netload(rq, out->net)) != OK)
		return e;
	net_set_policy(out->net, p);
	run_tests(rq, &ctx, out);
	return OK;
}

/* ---- setting ---- */

static enum err
refuse_unless_good(struct req *rq, struct str text, struct policy_verdict *verdict)
{
	enum err e = db_begin_read(rq->db);

	if (e != OK)
		return e;
	e = policy_judge(rq, text, verdict);
	db_rollback(rq->db);
	if (e == OK && verdict->why != NULL)
		return req_fail(rq, ERR_BADREQ, "%s", verdict->why);
	return e;
}

static enum err
conflict(struct req *rq, int64_t expect, const struct policy_version *newest)
{
	char at[RFC3339_SIZE];

	if (newest->id == 0)
		return req_fail(rq, ERR_CONFLICT, "version %" PRId64
		    " was expected, but no policy has been set", expect);
	return req_fail(rq, ERR_CONFLICT, "version %" PRId64 " was expected, but the policy is "
	    "at version %" PRId64 ", set at %s%s%.64s; look at that one first", expect,
	    newest->id, rfc3339_write(newest->created_ms, at),
	    newest->author[0] != '\0' ? " by " : "", newest->author);
}

static enum err
add_version(struct req *rq, const struct policy_new *p, struct net *net, int64_t *id)
{
	struct policy_version v = {
		.text = p->text.p, .author = p->author, .source = p->source,
		.comment = p->comment, .rollback_of = p->rollback_of,
		.created_ms = rq->now_ms,
	};
	enum err e = store_policy_add(rq->db, &v, id);

	return e != OK ? e : approve_all(rq, net);
}

/* Inside the write transaction. */
static enum err
set_now(struct req *rq, const struct policy_new *p, struct net *net, struct policy_was_set *out)
{
	struct policy_version newest;
	enum err e = store_policy_newest(rq->db, rq->arena, INT64_MAX, &newest);

	if (e == ERR_NOTFOUND)
		newest = (struct policy_version){ .id = 0, .text = NULL };
	else if (e != OK)
		return e;
	if (p->expect != POLICY_ANY_VERSION && p->expect != newest.id)
		return conflict(rq, p->expect, &newest);
	if (newest.text != NULL && str_is(p->text, newest.text)) {
		*out = (struct policy_was_set){ newest.id, newest.created_ms, true };
		return OK;
	}
	*out = (struct policy_was_set){ .at_ms = rq->now_ms };
	return add_version(rq, p, net, &out->version);
}

enum err
policy_set(struct req *rq, const struct policy_new *p, struct policy_was_set *out)
{
	struct policy_verdict verdict;
	enum err e;

	if ((e = refuse_unless_good(rq, p->text, &verdict)) != OK ||
	    (e = db_begin_write(rq->db)) != OK)
		return e;
	if ((e = db_end_write(rq->db, set_now(rq, p, verdict.net, out))) != OK)
		return e;
	if (!out->unchanged)
		log_info("policy version %" PRId64 " is in force (%s)", out->version, p->source);
	return OK;
}

enum err
policy_may_set(struct req *rq)
{
	if (rq->cfg->policy_mode == POLICY_DATABASE)
		return OK;
	return req_fail(rq, ERR_BADREQ, "update is disabled for modes other than 'database': "
	    "policy.mode is file, so edit %s", rq->cfg->policy_path);
}
