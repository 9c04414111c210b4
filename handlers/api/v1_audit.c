/*
 * handlers/api/v1_audit.c -- GET /api/v1/audit: who changed what, newest first.
 *
 * Rows are written by triggers (schema/0003-audit.sql); this only shows them, a page at
 * a time, because the log is as long as the tailnet is old.
 */
#include "handlers/api/fields.h"
#include "handlers/api/api.h"
#include "handlers/api/put.h"
#include "handlers/routes.h"
#include "lib/base/clock.h"

#define ROWS_DEFAULT 100
#define ROWS_MAX 1000

static void
put_row(struct jw *w, const struct audit_row *r)
{
	jw_obj(w);
	put_id(w, "id", r->id);
	jw_ktime(w, "time", r->at_ms);
	jw_key(w, "actor");
	jw_obj(w);
	jw_kstr(w, "kind", r->actor_kind);
	jw_kstr(w, "id", r->actor_id);
	jw_kstr(w, "name", r->actor);
	jw_kstr(w, "user", r->user);
	jw_kstr(w, "address", r->address);
	jw_end_obj(w);
	jw_kstr(w, "action", r->action);
	jw_kstr(w, "outcome", r->outcome);
	jw_key(w, "target");
	jw_obj(w);
	jw_kstr(w, "kind", r->target_kind);
	jw_kstr(w, "id", r->target_id);
	jw_kstr(w, "name", r->target);
	jw_end_obj(w);
	jw_kraw(w, "before", r->before);
	jw_kraw(w, "after", r->after);
	jw_end_obj(w);
}

static int64_t
query_time(struct req *rq, const char *name)
{
	const char *text = req_query(rq, name);
	int64_t ms;

	return text != NULL && rfc3339_read(str_of(text), &ms) ? ms : TIME_NONE;
}

static enum err
read_filter(struct req *rq, struct audit_filter *f)
{
	int64_t limit;
	enum err e;

	*f = (struct audit_filter){
		.since_ms = query_time(rq, "since"), .until_ms = query_time(rq, "until"),
		.actor = req_query(rq, "actor"), .target = req_query(rq, "target"),
		.action = req_query(rq, "action"),
	};
	if ((e = api_query_id(rq, "limit", &limit)) != OK ||
	    (e = api_query_id(rq, "before", &f->before_id)) != OK)
		return e;
	f->max = limit > 0 ? (size_t)limit : ROWS_DEFAULT;
	return OK;
}

/* "next" is what to give as ?before= for the rows that come after these. */
static enum err
audit_list(struct req *rq)
{
	struct audit_filter f;
	struct audit_row *v;
	size_t n;
	struct jw w;
	enum err e;

	if ((e = read_filter(rq, &f)) != OK ||
	    (e = store_audit(rq->db, rq->arena, &f, &v, &n)) != OK)
		return e;
	api_reply(rq, &w);
	jw_key(&w, "entries");
	jw_arr(&w);
	for (size_t i = 0; i < n; i++)
		put_row(&w, &v[i]);
	jw_end_arr(&w);
	if (n == f.max)
		put_id(&w, "next", v[n - 1].id);
	api_reply_end(&w);
	return OK;
}

static const struct api_field actor_fields[] = {
	{ .name = "kind", .type = API_TEXT, .words = "key token cli node server shell" },
	TEXT("id"), TEXT("name"), TEXT("user"), TEXT("address"), END,
};
static const struct api_object actor_shape = { "AuditActor", actor_fields };
static const struct api_field target_fields[] = { TEXT("kind"), TEXT("id"), TEXT("name"), END };
static const struct api_object target_shape = { "AuditTarget", target_fields };
static const struct api_object values_shape = { "AuditValues", NULL };
static const struct api_field entry_fields[] = {
	ID("id"), TIME("time"), ONE("actor", actor_shape), TEXT("action"),
	{ .name = "outcome", .type = API_TEXT, .words = "done denied" },
	ONE("target", target_shape), ONE("before", values_shape), ONE("after", values_shape), END,
};
static const struct api_object entry_shape = { "AuditEntry", entry_fields };
static const struct api_field list_fields[] = {
	MANY("entries", entry_shape),
	{ .name = "next", .type = API_ID, .flags = API_MAY,
	  .help = "there may be more: give it as before" },
	END,
};
static const struct api_object list_shape = { "ListAuditResponse", list_fields };

static const struct api_field list_query[] = {
	TIME("since"), TIME("until"),
	{ .name = "actor", .type = API_TEXT, .help = "id, name, user or kind" },
	{ .name = "action", .type = API_TEXT,
	  .help = "operationId of the request, registerNode, edit, tick" },
	{ .name = "target", .type = API_TEXT, .help = "id, name or kind" },
	{ .name = "limit", .type = API_INT, .max = ROWS_MAX, .help = "100 if it is not given" },
	{ .name = "before", .type = API_ID, .help = "entries older than the one with this id" }, END,
};

const struct route route_audit_list = {
	.method = HTTP_GET,
	.path = "/api/v1/audit",
	.auth = AUTH_API,
	.scope = SCOPE_LOGS_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = audit_list,
	.op = &(const struct api_op){
		.id = "listAudit", .tag = "Audit", .summary = "List the audit log, newest first",
		.query = list_query, .answer = &list_shape, .errors = "400",
	},
};
