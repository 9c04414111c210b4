/*
 * handlers/api/v2_webhook.c -- /api/v2/tailnet/-/webhooks and /api/v2/webhooks: whom to tell.
 *
 * Sending is handlers/internal/deliver.c.  A secret is in the answer that makes it and
 * nowhere else.
 */
#include <string.h>

#include "handlers/api/check.h"
#include "handlers/api/fields.h"
#include "handlers/api/put.h"
#include "handlers/api/v2.h"
#include "handlers/routes.h"
#include "lib/access/caller.h"
#include "lib/crypto/token.h"

#define WEBHOOKS_MAX 32		/* each is sent to by one worker */
#define SUBSCRIPTIONS_MAX 32

#define PROVIDERS " slack mattermost googlechat discord"	/* the first is "" */

/* Of these headrace knows (handlers/internal/event.c has their messages). */
#define EVENTS \
	"categoryTailnetManagement nodeCreated nodeNeedsApproval nodeApproved " \
	"nodeKeyExpiringInOneDay nodeKeyExpired nodeDeleted policyUpdate userCreated " \
	"userNeedsApproval userApproved userSuspended userRestored userRoleUpdated " \
	"userDeleted webhookUpdated webhookDeleted"

/* And these it never sees: they are Tailscale's, for what only a client or a lock knows. */
static const char *const unseen[] = {
	"categoryDeviceMisconfigurations", "subnetIPForwardingNotEnabled",
	"exitNodeIPForwardingNotEnabled", "nodeNeedsSignature", "nodeSigned",
};

static void
put_webhook(struct jw *w, const struct webhook *h, const char *secret)
{
	put_id(w, "endpointId", h->id);
	jw_kstr(w, "endpointUrl", h->url);
	jw_kstr(w, "providerType", h->provider);
	jw_kstr(w, "creatorLoginName", h->creator);
	jw_ktime(w, "created", h->created_ms);
	jw_ktime(w, "lastModified", h->updated_ms);
	jw_kraw(w, "subscriptions", h->subscriptions);
	jw_ki64(w, "failures", h->failures);
	jw_kstr(w, "lastError", h->error);
	jw_ki64(w, "dropped", h->dropped);
	if (secret != NULL)
		jw_kstr(w, "secret", secret);
}

static enum err
webhook_of_path(struct req *rq, struct webhook *out)
{
	int64_t id;
	enum err e = v2_id(rq, "endpointId", "webhook", &id);

	if (e == OK && (e = store_webhook_by_id(rq->db, rq->arena, id, out)) == ERR_NOTFOUND)
		return v2_not_found(rq, "webhook");
	return e;
}

static enum err
webhook_reply(struct req *rq, int64_t id, const char *secret)
{
	struct webhook h;
	struct jw w;
	enum err e = store_webhook_by_id(rq->db, rq->arena, id, &h);

	if (e != OK)
		return e;
	api_reply(rq, &w);
	put_webhook(&w, &h, secret);
	api_reply_end(&w);
	return OK;
}

/* ---- shapes ---- */

#define WEBHOOK_FIELDS \
	ID("endpointId"), TEXT("endpointUrl"), \
	{ .name = "providerType", .type = API_TEXT, .words = PROVIDERS }, TEXT("creatorLoginName"), \
	TIME("created"), TIME("lastModified"), TEXTS("subscriptions"), \
	{ .name = "failures", .type = API_INT, .help = "attempts in a row that failed" }, \
	TEXT("lastError"), \
	{ .name = "dropped", .type = API_INT, .help = "events that nobody took in time" }

static const struct api_field webhook_fields[] = { WEBHOOK_FIELDS, END };
static const struct api_object webhook_shape = { "Webhook", webhook_fields };
static const struct api_field secret_fields[] = { WEBHOOK_FIELDS, TEXT("secret"), END };
static const struct api_object secret_shape = { "WebhookWithSecret", secret_fields };
static const struct api_field list_fields[] = { MANY("webhooks", webhook_shape), END };
static const struct api_object list_shape = { "ListWebhooksResponse", list_fields };

/* ---- list, get ---- */

static enum err
list(struct req *rq)
{
	struct webhook *v;
	size_t n;
	struct jw w;
	enum err e;

	if ((e = v2_tailnet(rq)) != OK ||
	    (e = store_webhooks(rq->db, rq->arena, &v, &n)) != OK)
		return e;
	api_reply(rq, &w);
	jw_key(&w, "webhooks");
	jw_arr(&w);
	for (size_t i = 0; i < n; i++) {
		jw_obj(&w);
		put_webhook(&w, &v[i], NULL);
		jw_end_obj(&w);
	}
	jw_end_arr(&w);
	api_reply_end(&w);
	return OK;
}

const struct route route_v2_webhook_list = {
	.method = HTTP_GET,
	.path = "/api/v2/tailnet/{tailnet}/webhooks",
	.auth = AUTH_API,
	.scope = SCOPE_WEBHOOKS_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = list,
	.op = &(const struct api_op){
		.id = "listWebhooks", .tag = "Webhooks", .summary = "List webhooks",
		.answer = &list_shape,
	},
};

static enum err
get(struct req *rq)
{
	struct webhook h;
	enum err e = webhook_of_path(rq, &h);

	return e != OK ? e : webhook_reply(rq, h.id, NULL);
}

const struct route route_v2_webhook_get = {
	.method = HTTP_GET,
	.path = "/api/v2/webhooks/{endpointId}",
	.auth = AUTH_API,
	.scope = SCOPE_WEBHOOKS_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = get,
	.op = &(const struct api_op){
		.id = "getWebhook", .tag = "Webhooks", .summary = "Get a webhook",
		.answer = &webhook_shape,
	},
};

/* ---- make, change ---- */

/* A password in the address would be in every list; the signature says who we are. */
static enum err
check_address(struct req *rq, const char *url)
{
	struct str host;

	if (*url == '\0' || api_check_url(url) != NULL)
		return req_fail_at(rq, ERR_INVALID, "body.endpointUrl",
		    "endpointUrl must start with https:// or http://, and a host");
	host.p = strstr(url, "://") + 3;
	host.n = strcspn(host.p, "/?#");
	if (memchr(host.p, '@', host.n) != NULL)
		return req_fail_at(rq, ERR_INVALID, "body.endpointUrl",
		    "endpointUrl must not have a user name or password");
	return OK;
}

static enum err
check_events(struct req *rq, jv *list)
{
	for (size_t i = 0; i < json_len(list); i++)
		for (size_t k = 0; k < sizeof(unseen) / sizeof(unseen[0]); k++)
			if (strcmp(json_text(json_at(list, i)), unseen[k]) == 0)
				return req_fail_at(rq, ERR_UNSUPPORTED, "body.subscriptions",
				    "%s never happens here: headrace does not see it", unseen[k]);
	if (json_len(list) == 0)
		return req_fail_at(rq, ERR_INVALID, "body.subscriptions",
		    "subscriptions names no event; \"categoryTailnetManagement\" is all");
	return OK;
}

static enum err
check_room(struct req *rq)
{
	struct webhook *v;
	size_t n;
	enum err e = store_webhooks(rq->db, rq->arena, &v, &n);

	if (e == OK && n >= WEBHOOKS_MAX)
		return req_fail(rq, ERR_CONFLICT, "there are %d webhooks already, and no more "
		    "are possible; delete one", WEBHOOKS_MAX);
	return e;
}

static enum err
read_webhook(struct req *rq, struct webhook *h)
{
	jv *body;
	enum err e;

	if ((e = v2_tailnet(rq)) != OK || (e = api_body(rq, &body)) != OK)
		return e;
	*h = (struct webhook){
		.url = json_get_str(body, "endpointUrl", ""),
		.provider = json_get_str(body, "providerType", ""),
		.subscriptions = json_dump(rq->arena, json_get(body, "subscriptions")),
		.creator = *rq->caller->user_name != '\0' ? rq->caller->user_name :
		    rq->caller->name,
		.created_ms = rq->now_ms,
	};
	if ((e = check_address(rq, h->url)) != OK ||
	    (e = check_events(rq, json_get(body, "subscriptions"))) != OK)
		return e;
	return check_room(rq);
}

static enum err
create(struct req *rq)
{
	struct webhook h;
	struct token t;
	int64_t id;
	enum err e = read_webhook(rq, &h);

	if (e != OK)
		return e;
	token_new("webhook", &t);
	h.secret = t.text;
	if ((e = store_webhook_create(rq->db, &h, &id)) == OK)
		e = webhook_reply(rq, id, t.text);
	token_wipe(&t);
	return e;
}

#define SUBSCRIPTIONS { .name = "subscriptions", .type = API_LIST, .item = API_TEXT, \
	.flags = API_MUST, .max = SUBSCRIPTIONS_MAX, .words = EVENTS " " UNSEEN, \
	.example = "[\"nodeCreated\",\"policyUpdate\"]", \
	.help = "types of events; \"categoryTailnetManagement\" is all of them" }
#define UNSEEN "categoryDeviceMisconfigurations subnetIPForwardingNotEnabled " \
	"exitNodeIPForwardingNotEnabled nodeNeedsSignature nodeSigned"

static const struct api_field create_fields[] = {
	{ .name = "endpointUrl", .type = API_TEXT, .flags = API_MUST, .max = URL_MAX,
	  .example = "\"https://example.com/webhook\"" },
	{ .name = "providerType", .type = API_TEXT, .example = "\"\"", .words = PROVIDERS,
	  .help = "\"\" is Tailscale's format" },
	SUBSCRIPTIONS, END,
};
static const struct api_object create_body = { "CreateWebhookRequest", create_fields };

const struct route route_v2_webhook_create = {
	.method = HTTP_POST,
	.path = "/api/v2/tailnet/{tailnet}/webhooks",
	.auth = AUTH_API,
	.scope = SCOPE_WEBHOOKS,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = create,
	.op = &(const struct api_op){
		.id = "createWebhook", .tag = "Webhooks", .summary = "Create a webhook",
		.help = "The secret, which signs what is sent, is in this answer and in no other.",
		.body = &create_body, .answer = &secret_shape, .errors = "400 409 415 422 501",
	},
};

static enum err
update(struct req *rq)
{
	struct webhook h;
	jv *body, *events;
	enum err e;

	if ((e = api_body(rq, &body)) != OK || (e = webhook_of_path(rq, &h)) != OK)
		return e;
	events = json_get(body, "subscriptions");
	if ((e = check_events(rq, events)) != OK ||
	    (e = store_webhook_subscribe(rq->db, h.id, json_dump(rq->arena, events),
	    rq->now_ms)) != OK)
		return e;
	return webhook_reply(rq, h.id, NULL);
}

static const struct api_field update_fields[] = { SUBSCRIPTIONS, END };
static const struct api_object update_body = { "UpdateWebhookRequest", update_fields };

const struct route route_v2_webhook_update = {
	.method = HTTP_PATCH,
	.path = "/api/v2/webhooks/{endpointId}",
	.auth = AUTH_API,
	.scope = SCOPE_WEBHOOKS,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = update,
	.op = &(const struct api_op){
		.id = "updateWebhook", .tag = "Webhooks", .summary = "Set what a webhook is told",
		.body = &update_body, .answer = &webhook_shape, .errors = "400 415 422 501",
	},
};

static enum err
delete(struct req *rq)
{
	struct webhook h;
	enum err e = webhook_of_path(rq, &h);

	if (e != OK || (e = store_webhook_delete(rq->db, h.id)) != OK)
		return e;
	api_reply_empty(rq);
	return OK;
}

const struct route route_v2_webhook_delete = {
	.method = HTTP_DELETE,
	.path = "/api/v2/webhooks/{endpointId}",
	.auth = AUTH_API,
	.scope = SCOPE_WEBHOOKS,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,	/* and not looked at */
	.handle = delete,
	.op = &(const struct api_op){
		.id = "deleteWebhook", .tag = "Webhooks",
		.summary = "Delete a webhook, with what it has not been told yet",
	},
};

static enum err
test(struct req *rq)
{
	struct webhook h;
	enum err e = webhook_of_path(rq, &h);

	if (e != OK || (e = store_webhook_test(rq->db, h.id, rq->now_ms)) != OK)
		return e;
	api_reply_empty(rq);
	return OK;
}

const struct route route_v2_webhook_test = {
	.method = HTTP_POST,
	.path = "/api/v2/webhooks/{endpointId}/test",
	.auth = AUTH_API,
	.scope = SCOPE_WEBHOOKS,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,	/* and not looked at */
	.handle = test,
	.op = &(const struct api_op){
		.id = "testWebhook", .tag = "Webhooks",
		.summary = "Send a test event, a moment later",
	},
};

static enum err
rotate(struct req *rq)
{
	struct webhook h;
	struct token t;
	enum err e = webhook_of_path(rq, &h);

	if (e != OK)
		return e;
	token_new("webhook", &t);
	if ((e = store_webhook_rotate(rq->db, h.id, t.text, rq->now_ms)) == OK)
		e = webhook_reply(rq, h.id, t.text);
	token_wipe(&t);
	return e;
}

const struct route route_v2_webhook_rotate = {
	.method = HTTP_POST,
	.path = "/api/v2/webhooks/{endpointId}/rotate",
	.auth = AUTH_API,
	.scope = SCOPE_WEBHOOKS,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,	/* and not looked at */
	.handle = rotate,
	.op = &(const struct api_op){
		.id = "rotateWebhookSecret", .tag = "Webhooks",
		.summary = "Give a webhook a new secret",
		.help = "Everything from then on is signed with it.  It is in this answer and in no other.",
		.answer = &secret_shape,
	},
};
