/*
 * handlers/internal/event.c -- what a webhook is sent, in Tailscale's format.
 *
 * A trigger has stored what would be gone by now; the rest is looked up here: the
 * tailnet's name, addresses, the texts of two policies.  Chat services get the messages
 * alone.
 */
#include "handlers/internal/event.h"

#include <string.h>

#include "lib/config/config.h"
#include "lib/json/json.h"
#include "lib/store/store.h"

#define BODY_ENOUGH ((size_t)1024 * 1024)	/* the next event is for the next request */
#define CHAT_TEXT_MAX 1900			/* Discord takes 2000 characters */

/* Type, and message with the subject in the middle. */
static const struct words { const char *type, *before, *after; } messages[] = {
	{ "nodeCreated", "Node ", " created" },
	{ "nodeNeedsApproval", "Node ", " needs approval" },
	{ "nodeApproved", "Node ", " approved" },
	{ "nodeKeyExpiringInOneDay", "Key of node ", " expires within a day" },
	{ "nodeKeyExpired", "Key of node ", " has expired" },
	{ "nodeDeleted", "Node ", " deleted" },
	{ "policyUpdate", "Tailnet policy file updated", "" },
	{ "userCreated", "User ", " created" },
	{ "userNeedsApproval", "User ", " needs approval" },
	{ "userApproved", "User ", " approved" },
	{ "userSuspended", "User ", " suspended" },
	{ "userRestored", "User ", " restored" },
	{ "userRoleUpdated", "Role of user ", " updated" },
	{ "userDeleted", "User ", " deleted" },
	{ "webhookUpdated", "Webhook ", " updated" },
	{ "webhookDeleted", "Webhook ", " deleted" },
	{ "test", "This is a test event", "" },
};

static const char *
message(struct arena *a, const struct webhook_event *v)
{
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		if (strcmp(messages[i].type, v->type) == 0)
			return arena_printf(a, "%s%s%s", messages[i].before, v->subject,
			    messages[i].after);
	return v->type;
}

static const char *
tailnet_name(const struct req *rq)
{
	return *rq->cfg->base_domain != '\0' ? rq->cfg->base_domain : "-";
}

/* ---- an event's data ---- */

struct member {
	struct req *rq;
	struct jw *w;
	enum err e;
};

static void
put_device(struct member *m, const char *name)
{
	const char *domain = m->rq->cfg->base_domain;

	jw_kstr(m->w, "deviceName", *domain == '\0' ? name :
	    arena_printf(m->rq->arena, "%s.%s", name, domain));
}

static void
put_policy(struct member *m, const char *key, int64_t version)
{
	struct policy_version p;

	m->e = store_policy_by_id(m->rq->db, m->rq->arena, version, &p);
	if (m->e == OK)
		jw_kstr(m->w, key, p.text);
	else if (m->e == ERR_NOTFOUND)
		m->e = OK;
}

static void
put_member(void *arg, const char *key, jv *value)
{
	struct member *m = arg;

	if (m->e != OK)
		return;
	if (strcmp(key, "oldVersion") == 0)
		put_policy(m, "oldPolicy", json_int(value));
	else if (strcmp(key, "newVersion") == 0)
		put_policy(m, "newPolicy", json_int(value));
	else if (strcmp(key, "deviceName") == 0 && json_text(value) != NULL)
		put_device(m, json_text(value));
	else if (json_text(value) != NULL)
		jw_kstr(m->w, key, json_text(value));
}

/* Where the thing is to be seen: there is no console, so it is the API's address. */
static void
put_url(struct member *m, jv *data)
{
	const struct { const char *key, *path; } places[] = {
		{ "nodeID", "/api/v2/device/" }, { "userID", "/api/v2/users/" },
		{ "endpointID", "/api/v2/webhooks/" },
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (json_get(data, places[i].key) != NULL)
			jw_kstr(m->w, "url", arena_printf(m->rq->arena, "%s%s%s",
			    m->rq->cfg->url, places[i].path,
			    json_get_str(data, places[i].key, "")));
	if (json_get(data, "newVersion") != NULL)
		jw_kstr(m->w, "url", arena_printf(m->rq->arena, "%s/api/v2/tailnet/-/acl",
		    m->rq->cfg->url));
}

static enum err
put_data(struct req *rq, struct jw *w, const struct webhook_event *v)
{
	struct member m = { rq, w, OK };
	jv *data = json_parse(rq->arena, str_of(v->data), JSON_DEPTH_DEFAULT, NULL);

	jw_key(w, "data");
	if (strcmp(v->type, "test") == 0) {
		jw_null(w);
		return OK;
	}
	jw_obj(w);
	json_each(data, put_member, &m);
	put_url(&m, data);
	jw_end_obj(w);
	return m.e;
}

static enum err
put_event(struct req *rq, struct jw *w, const struct webhook_event *v)
{
	enum err e;

	jw_obj(w);
	jw_ktime(w, "timestamp", v->at_ms);
	jw_ki64(w, "version", 1);
	jw_kstr(w, "type", v->type);
	jw_kstr(w, "tailnet", tailnet_name(rq));
	jw_kstr(w, "message", message(rq->arena, v));
	e = put_data(rq, w, v);
	jw_end_obj(w);
	return e;
}

/* ---- bodies ---- */

static enum err
event_list(struct req *rq, struct jw *w, const struct webhook_event *v, size_t n, size_t *taken)
{
	enum err e = OK;

	jw_arr(w);
	for (*taken = 0; e == OK && *taken < n && w->out->n < BODY_ENOUGH; ++*taken)
		e = put_event(rq, w, &v[*taken]);
	jw_end_arr(w);
	return e;
}

/* One line per event; what does not fit comes with the next request. */
static enum err
chat_text(struct req *rq, const struct webhook *w, struct jw *jw, const struct webhook_event *v,
    size_t n, size_t *taken)
{
	const char *text = "", *line;

	for (*taken = 0; *taken < n; ++*taken) {
		line = arena_printf(rq->arena, "%s: %s", tailnet_name(rq), message(rq->arena, &v[*taken]));
		if (*taken > 0 && strlen(text) + strlen(line) > CHAT_TEXT_MAX)
			break;
		text = arena_printf(rq->arena, "%s%s%s", text, *taken > 0 ? "\n" : "", line);
	}
	jw_obj(jw);
	jw_kstr(jw, strcmp(w->provider, "discord") == 0 ? "content" : "text", text);
	jw_end_obj(jw);
	return OK;
}

enum err
event_body(struct req *rq, const struct webhook *w, const struct webhook_event *v, size_t n,
    struct str *body, size_t *taken)
{
	struct buf out;
	struct jw jw;
	enum err e;

	buf_init(&out, EVENT_BODY_MAX);
	jw_init(&jw, &out);
	if (*w->provider == '\0')
		e = event_list(rq, &jw, v, n, taken);
	else
		e = chat_text(rq, w, &jw, v, n, taken);
	if (out.over)
		e = ERR_TOOBIG;
	body->p = arena_strndup(rq->arena, (const char *)out.p, out.n);
	body->n = out.n;
	buf_fini(&out);
	return e;
}
