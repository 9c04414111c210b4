/*
 * handlers/api/setting.c -- /api/v1/settings: what goes before the configuration, one by one.
 *
 * Ours: for `headrace settings` and for pages, which want to show where a value comes
 * from and to take one back.  Settings of DNS ask for the scope dns, as in REST v2.
 */
#include <string.h>

#include "handlers/admit.h"
#include "handlers/api/api.h"
#include "handlers/api/fields.h"
#include "handlers/control/setting.h"
#include "handlers/routes.h"

static bool
is_dns(size_t id)
{
	return id >= SETTING_DNS_MAGIC;
}

/* What the file alone says. */
static void
put_default(struct jw *w, struct req *rq, const struct setting_row *row)
{
	struct settings file = { .cfg = *rq->cfg };

	jw_key(w, "default");
	setting_write(w, row, &file);
}

static bool
is_stored(const struct setting *stored, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(stored[i].name, name) == 0)
			return true;
	return false;
}

static void
put_setting(struct jw *w, struct req *rq, size_t id, const struct settings *now, bool set)
{
	const struct setting_row *row = &setting_rows[id];

	jw_obj(w);
	jw_kstr(w, "name", row->name);
	jw_key(w, "value");
	setting_write(w, row, now);
	jw_kbool(w, "set", set);
	put_default(w, rq, row);
	jw_kstr(w, "key", row->key);
	jw_kstr(w, "help", row->help);
	jw_end_obj(w);
}

static enum err
load(struct req *rq, struct settings *now, struct setting **stored, size_t *n)
{
	enum err e = setting_load(rq, now);

	return e != OK ? e : store_settings(rq->db, rq->arena, stored, n);
}

static enum err
setting_list(struct req *rq)
{
	bool dns = admit_has(rq, SCOPE_DNS_READ);
	struct settings now;
	struct setting *stored;
	struct jw w;
	size_t n;
	enum err e = load(rq, &now, &stored, &n);

	if (e != OK)
		return e;
	api_reply(rq, &w);
	jw_key(&w, "settings");
	jw_arr(&w);
	for (size_t id = 0; id < SETTING_COUNT; id++)
		if (dns || !is_dns(id))
			put_setting(&w, rq, id, &now,
			    is_stored(stored, n, setting_rows[id].name));
	jw_end_arr(&w);
	api_reply_end(&w);
	return OK;
}

/* The one of the path; whoever may not change it does not get this far. */
static enum err
of_path(struct req *rq, enum setting_id *id)
{
	const struct setting_row *row = setting_find(req_var(rq, "name"));

	if (row == NULL)
		return req_fail(rq, ERR_NOTFOUND, "there is no setting \"%.64s\"",
		    req_var(rq, "name"));
	*id = (enum setting_id)(row - setting_rows);
	return is_dns(*id) ? admit_need(rq, SCOPE_DNS) : OK;
}

/* Tells clients, and answers with what holds then. */
static enum err
done(struct req *rq, enum setting_id id)
{
	struct settings now;
	struct setting *stored;
	struct jw w;
	size_t n;
	enum err e;

	if ((e = setting_apply(rq)) != OK || (e = load(rq, &now, &stored, &n)) != OK)
		return e;
	api_reply(rq, &w);
	jw_key(&w, "setting");
	put_setting(&w, rq, id, &now, is_stored(stored, n, setting_rows[id].name));
	api_reply_end(&w);
	return OK;
}

static enum err
setting_set(struct req *rq)
{
	enum setting_id id;
	jv *body;
	enum err e;

	if ((e = of_path(rq, &id)) != OK || (e = api_body(rq, &body)) != OK ||
	    (e = setting_put(rq, id, "body.value", json_get(body, "value"))) != OK)
		return e;
	return done(rq, id);
}

static enum err
setting_reset(struct req *rq)
{
	enum setting_id id;
	enum err e;

	if ((e = of_path(rq, &id)) != OK || (e = setting_delete(rq, id)) != OK)
		return e;
	return done(rq, id);
}

static const struct api_field fields[] = {
	TEXT("name"), { .name = "value", .type = API_ANY },
	{ .name = "set", .type = API_BOOL, .help = "here; else it is the configuration's" },
	{ .name = "default", .type = API_ANY, .help = "what holds if it is not set" },
	{ .name = "key", .type = API_TEXT, .flags = API_NULL,
	  .help = "of the configuration, that it goes before" },
	TEXT("help"), END,
};
static const struct api_object shape = { "Setting", fields };
static const struct api_field list_fields[] = { MANY("settings", shape), END };
static const struct api_object list_shape = { "SettingList", list_fields };
static const struct api_field one_fields[] = { ONE("setting", shape), END };
static const struct api_object one_shape = { "SettingReply", one_fields };
static const struct api_field set_fields[] = {
	{ .name = "value", .type = API_ANY, .flags = API_MUST, .example = "true" }, END,
};
static const struct api_object set_body = { "SetSettingRequest", set_fields };
static const struct api_field path[] = {
	{ .name = "name", .type = API_TEXT, .help = "as the list has it",
	  .example = "\"devicesApprovalOn\"" }, END,
};

const struct route route_setting_list = {
	.method = HTTP_GET,
	.path = "/api/v1/settings",
	.auth = AUTH_API,
	.scope = SCOPE_FEATURE_SETTINGS_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = setting_list,
	.op = &(const struct api_op){
		.id = "listSettings", .tag = "Settings", .summary = "List settings",
		.help = "Those of DNS are shown to who has the scope dns:read.",
		.answer = &list_shape,
	},
};

const struct route route_setting_set = {
	.method = HTTP_PUT,
	.path = "/api/v1/settings/{name}",
	.auth = AUTH_API,
	.scope = SCOPE_FEATURE_SETTINGS,
	.txn = TXN_WRITE,
	.body_max = SETTING_BYTES_MAX + API_BODY_MAX,
	.handle = setting_set,
	.op = &(const struct api_op){
		.id = "setSetting", .tag = "Settings", .summary = "Set a setting",
		.path = path, .body = &set_body, .answer = &one_shape, .errors = "400 415 422",
	},
};

const struct route route_setting_reset = {
	.method = HTTP_DELETE,
	.path = "/api/v1/settings/{name}",
	.auth = AUTH_API,
	.scope = SCOPE_FEATURE_SETTINGS,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,	/* and not looked at */
	.handle = setting_reset,
	.op = &(const struct api_op){
		.id = "resetSetting", .tag = "Settings", .summary = "Reset a setting",
		.help = "What the configuration says holds again.",
		.path = path, .answer = &one_shape,
	},
};
