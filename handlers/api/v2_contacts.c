/*
 * handlers/api/v2_contacts.c -- /api/v2/tailnet/-/contacts: whom to write to.
 *
 * For people and their tools: headrace sends no mail, so no address waits for
 * being verified.
 */
#include "handlers/api/check.h"
#include "handlers/api/fields.h"
#include "handlers/api/v2.h"
#include "handlers/api/v2_shapes.h"
#include "handlers/routes.h"

static const char *const types[] = { "account", "support", "security" };
#define N_TYPES (sizeof(types) / sizeof(types[0]))

static const char *
setting_of(struct req *rq, const char *type)
{
	return arena_printf(rq->arena, "contact.%s", type);
}

static enum err
put_contact(struct req *rq, struct jw *w, const char *type)
{
	const char *json;
	jv *email;
	enum err e = store_setting(rq->db, rq->arena, setting_of(rq, type), &json);

	if (e != OK)
		return e;
	email = json_parse(rq->arena, str_of(json), 1, NULL);
	jw_key(w, type);
	jw_obj(w);
	jw_kstr(w, "email", json_text(email) != NULL ? json_text(email) : "");
	jw_kbool(w, "needsVerification", false);
	jw_end_obj(w);
	return OK;
}

static enum err
contacts_get(struct req *rq)
{
	struct jw w;
	enum err e = v2_tailnet(rq);

	if (e != OK)
		return e;
	api_reply(rq, &w);
	for (size_t i = 0; e == OK && i < N_TYPES; i++)
		e = put_contact(rq, &w, types[i]);
	api_reply_end(&w);
	return e;
}

const struct route route_v2_contacts_get = {
	.method = HTTP_GET,
	.path = "/api/v2/tailnet/{tailnet}/contacts",
	.auth = AUTH_API,
	.scope = SCOPE_ACCOUNT_SETTINGS_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = contacts_get,
	.op = &(const struct api_op){
		.id = "getContacts", .tag = "Contacts", .summary = "Get contacts",
		.answer = &shape_v2_contacts,
	},
};

static enum err
type_of_path(struct req *rq, const char **type)
{
	struct str want = str_of(req_var(rq, "contactType"));

	for (size_t i = 0; i < N_TYPES; i++)
		if (str_is(want, types[i])) {
			*type = types[i];
			return OK;
		}
	return v2_not_found(rq, "contact type");
}

/* "" is nobody; without the member nothing changes. */
static enum err
contact_set(struct req *rq)
{
	const char *type = "", *email, *why;
	jv *body;
	enum err e;

	if ((e = v2_tailnet(rq)) != OK || (e = api_body(rq, &body)) != OK ||
	    (e = type_of_path(rq, &type)) != OK)
		return e;
	email = json_get_str(body, "email", NULL);
	if (email != NULL && (why = api_check_email(email)) != NULL)
		return req_fail_at(rq, ERR_BADREQ, "body.email", "%s", why);
	if (email != NULL && (e = store_setting_put(rq->db, setting_of(rq, type),
	    json_dump(rq->arena, json_get(body, "email")), rq->now_ms)) != OK)
		return e;
	api_reply_empty(rq);
	return OK;
}

static const struct api_field path[] = {
	{ .name = "contactType", .type = API_TEXT, .words = "account support security" }, END,
};
static const struct api_field set_fields[] = {
	{ .name = "email", .type = API_TEXT, .max = USER_TEXT_MAX,
	  .example = "\"help@example.com\"" },
	END,
};
static const struct api_object set_body = { "UpdateContactRequest", set_fields };

const struct route route_v2_contact_set = {
	.method = HTTP_PATCH,
	.path = "/api/v2/tailnet/{tailnet}/contacts/{contactType}",
	.auth = AUTH_API,
	.scope = SCOPE_ACCOUNT_SETTINGS,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = contact_set,
	.op = &(const struct api_op){
		.id = "updateContact", .tag = "Contacts", .summary = "Set a contact's address",
		.path = path, .body = &set_body, .errors = "400 415 422",
	},
};
