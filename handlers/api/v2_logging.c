/*
 * handlers/api/v2_logging.c -- GET /api/v2/tailnet/{tailnet}/logging/configuration.
 *
 * The audit log in the words of Tailscale's configuration log, oldest first.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "handlers/api/fields.h"
#include "handlers/api/put.h"
#include "handlers/api/v2.h"
#include "handlers/routes.h"
#include "lib/base/clock.h"

#define ROWS_MAX 20000	/* of one answer: the newest of the time that is asked for */
#define WORD_MAX 48

/* Who did it, as Tailscale calls such: where it came from, and what kind of actor. */
static const struct audit_origin { const char *kind, *origin, *type; } origins[] = {
	{ "key", "CONFIG_API", "API_KEY" }, { "token", "CONFIG_API", "OAUTH_CLIENT" },
	{ "cli", "ADMIN_CONSOLE", "ADMIN" }, { "shell", "ADMIN_CONSOLE", "ADMIN" },
	{ "node", "NODE", "NODE" }, { "server", "CONTROL", "AUTOMATED_WORKER" },
};

static const struct audit_origin *
origin_of(const struct audit_row *r)
{
	size_t i = 0;

	while (i + 1 < sizeof(origins) / sizeof(origins[0]) &&
	    strcmp(origins[i].kind, r->actor_kind) != 0)
		i++;
	return &origins[i];
}

/* "approvedRoutes" as "APPROVED_ROUTES", "ssh-check" as "SSH_CHECK". */
static const char *
upper(struct arena *a, const char *name)
{
	char out[WORD_MAX];
	size_t n = 0;

	for (; *name != '\0' && n + 3 < sizeof(out); name++) {
		if (isupper((unsigned char)*name) && n > 0)
			out[n++] = '_';
		out[n++] = *name == '-' ? '_' : (char)toupper((unsigned char)*name);
	}
	return arena_strndup(a, out, n);
}

static const char *
action_of(const struct audit_row *r)
{
	if (strcmp(r->outcome, "denied") == 0)
		return "DENY";
	if (strcmp(r->before, "{}") == 0)
		return "CREATE";
	return strcmp(r->after, "{}") == 0 ? "DELETE" : "UPDATE";
}

struct members { const char *name; size_t n; };

static void
count_member(void *arg, const char *key, jv *value)
{
	struct members *m = arg;

	(void)value;
	m->name = key;
	m->n++;
}

/* What of the target changed, if it is one thing; then "old" and "new" are its values. */
static const char *
property_of(jv *before, jv *after)
{
	struct members old = { NULL, 0 }, new = { NULL, 0 };

	json_each(before, count_member, &old);
	json_each(after, count_member, &new);
	if (old.n != 1 || new.n != 1 || strcmp(old.name, new.name) != 0)
		return NULL;
	return old.name;
}

static void
put_value(struct req *rq, struct jw *w, const char *key, jv *values, const char *property)
{
	jv *v = property != NULL ? json_get(values, property) : values;

	if (v == NULL || (property == NULL && strcmp(json_dump(rq->arena, v), "{}") == 0))
		return;
	jw_kraw(w, key, json_dump(rq->arena, v));
}

static void
put_who(struct jw *w, const struct audit_row *r)
{
	bool user = *r->user != '\0';

	jw_kstr(w, "origin", origin_of(r)->origin);
	jw_key(w, "actor");
	jw_obj(w);
	jw_kstr(w, "id", r->actor_id);
	jw_kstr(w, "type", user ? "USER" : origin_of(r)->type);
	jw_kstr(w, "loginName", user ? r->user : r->actor);
	jw_kstr(w, "displayName", r->actor);
	jw_end_obj(w);
}

static void
put_row(struct req *rq, struct jw *w, const struct audit_row *r)
{
	jv *before = json_parse(rq->arena, str_of(r->before), JSON_DEPTH_DEFAULT, NULL);
	jv *after = json_parse(rq->arena, str_of(r->after), JSON_DEPTH_DEFAULT, NULL);
	const char *property = property_of(before, after);

	jw_obj(w);
	put_id(w, "eventGroupID", r->id);
	put_who(w, r);
	jw_key(w, "target");
	jw_obj(w);
	jw_kstr(w, "id", r->target_id);
	jw_kstr(w, "name", r->target);
	jw_kstr(w, "type", upper(rq->arena, r->target_kind));
	if (property != NULL)
		jw_kstr(w, "property", upper(rq->arena, property));
	jw_end_obj(w);
	jw_kstr(w, "action", action_of(r));
	put_value(rq, w, "old", before, property);
	put_value(rq, w, "new", after, property);
	jw_kstr(w, "actionDetails", r->action);
	jw_ktime(w, "eventTime", r->at_ms);
	jw_end_obj(w);
}

/* "NODE.CREATE", "NODE" or "CREATE"; nothing asks for all. */
static bool
wanted(struct req *rq, const struct audit_row *r, const char *event)
{
	const char *type = upper(rq->arena, r->target_kind), *action = action_of(r);

	return event == NULL || *event == '\0' || strcasecmp(event, type) == 0 ||
	    strcasecmp(event, action) == 0 ||
	    strcasecmp(event, arena_printf(rq->arena, "%s.%s", type, action)) == 0;
}

static void
reply(struct req *rq, const struct audit_row *v, size_t n)
{
	const char *event = req_query(rq, "event"), *domain = rq->cfg->base_domain;
	struct jw w;

	api_reply(rq, &w);
	jw_kstr(&w, "version", "1.1");
	jw_kstr(&w, "tailnetId", *domain != '\0' ? domain : "-");
	jw_key(&w, "logs");
	jw_arr(&w);
	for (size_t i = n; i > 0; i--)
		if (wanted(rq, &v[i - 1], event))
			put_row(rq, &w, &v[i - 1]);
	jw_end_arr(&w);
	api_reply_end(&w);
}

static enum err
log_get(struct req *rq)
{
	struct audit_filter f = {
		.actor = req_query(rq, "actor"), .target = req_query(rq, "target"),
		.max = ROWS_MAX,
	};
	struct audit_row *v;
	size_t n;
	enum err e;

	if ((e = v2_tailnet(rq)) != OK)
		return e;
	if (!rfc3339_read(str_of(req_query(rq, "start")), &f.since_ms) ||
	    !rfc3339_read(str_of(req_query(rq, "end")), &f.until_ms))
		return req_fail(rq, ERR_BADREQ, "start and end must be times");
	if ((e = store_audit(rq->db, rq->arena, &f, &v, &n)) == OK)
		reply(rq, v, n);
	return e;
}

static const struct api_field actor_fields[] = {
	TEXT("id"), TEXT("type"), TEXT("loginName"), TEXT("displayName"), END,
};
static const struct api_object actor_shape = { "ConfigurationLogActor", actor_fields };
static const struct api_field target_fields[] = {
	TEXT("id"), TEXT("name"), TEXT("type"), TEXT_MAY("property"), END,
};
static const struct api_object target_shape = { "ConfigurationLogTarget", target_fields };
static const struct api_field log_fields[] = {
	TEXT("eventGroupID"), TEXT("origin"), ONE("actor", actor_shape),
	ONE("target", target_shape), TEXT("action"),
	{ .name = "old", .type = API_ANY, .flags = API_MAY },
	{ .name = "new", .type = API_ANY, .flags = API_MAY },
	TEXT("actionDetails"), TIME("eventTime"), END,
};
static const struct api_object log_shape = { "ConfigurationLog", log_fields };
static const struct api_field list_fields[] = {
	TEXT("version"), TEXT("tailnetId"), MANY("logs", log_shape), END,
};
static const struct api_object list_shape = { "ConfigurationLogs", list_fields };

static const struct api_field list_query[] = {
	{ .name = "start", .type = API_TIME, .flags = API_MUST },
	{ .name = "end", .type = API_TIME, .flags = API_MUST },
	{ .name = "actor", .type = API_TEXT, .help = "id, name, user or kind" },
	{ .name = "target", .type = API_TEXT, .help = "id, name or kind" },
	{ .name = "event", .type = API_TEXT, .help = "like NODE.CREATE" }, END,
};

const struct route route_v2_logging_get = {
	.method = HTTP_GET,
	.path = "/api/v2/tailnet/{tailnet}/logging/configuration",
	.auth = AUTH_API,
	.scope = SCOPE_LOGS_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = log_get,
	.op = &(const struct api_op){
		.id = "listConfigurationAuditLogs", .tag = "Logging",
		.summary = "List configuration audit logs",
		.help = "Of the time from start to end; the newest 20000 at most.",
		.query = list_query, .answer = &list_shape, .errors = "400",
	},
};
