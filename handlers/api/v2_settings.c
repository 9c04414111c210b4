/*
 * handlers/api/v2_settings.c -- /api/v2/tailnet/{tailnet}/settings.
 *
 * Members that do something here are settings (handlers/control/setting.h).  The others
 * are shown as they truly are; asking for something else is 501, so that nobody believes
 * to have turned on what this server does not have.
 */
#include <string.h>

#include "handlers/api/fields.h"
#include "handlers/api/v2.h"
#include "handlers/control/setting.h"
#include "handlers/routes.h"

/* Members that cannot be set, as JSON. */
struct fixed { const char *name, *value; };

static const struct fixed fixed_members[] = {
	{ "aclsExternalLink", "\"\"" },
	{ "usersRoleAllowedToJoinExternalTailnets", "\"none\"" },
	{ "networkFlowLoggingOn", "false" },
	{ "regionalRoutingOn", "false" },
	{ "postureIdentityCollectionOn", "false" },
	{ "httpsEnabled", "false" },
};
#define N_FIXED (sizeof(fixed_members) / sizeof(fixed_members[0]))

static const enum setting_id settable[] = {
	SETTING_DEVICES_APPROVAL, SETTING_DEVICES_AUTO_UPDATES, SETTING_DEVICES_KEY_DAYS,
	SETTING_USERS_APPROVAL,
};
#define N_SETTABLE (sizeof(settable) / sizeof(settable[0]))

/* A policy that is a file's cannot be changed here. */
static const char *
externally_managed(const struct req *rq)
{
	return rq->cfg->policy_mode == POLICY_FILE ? "true" : "false";
}

static enum err
settings_reply(struct req *rq)
{
	struct settings s;
	struct jw w;
	enum err e = setting_load(rq, &s);

	if (e != OK)
		return e;
	api_reply(rq, &w);
	jw_kraw(&w, "aclsExternallyManagedOn", externally_managed(rq));
	for (size_t i = 0; i < N_SETTABLE; i++) {
		jw_key(&w, setting_rows[settable[i]].name);
		setting_write(&w, &setting_rows[settable[i]], &s);
	}
	for (size_t i = 0; i < N_FIXED; i++)
		jw_kraw(&w, fixed_members[i].name, fixed_members[i].value);
	api_reply_end(&w);
	return OK;
}

static enum err
settings_get(struct req *rq)
{
	enum err e = v2_tailnet(rq);

	return e != OK ? e : settings_reply(rq);
}

static enum err
check_fixed(struct req *rq, jv *body, const char *name, const char *value)
{
	jv *want = json_get(body, name);
	const char *at = arena_printf(rq->arena, "body.%s", name);

	if (want == NULL || strcmp(json_dump(rq->arena, want), value) == 0)
		return OK;
	return req_fail_at(rq, ERR_UNSUPPORTED, at, "%s cannot be set here: it is %s", at, value);
}

static enum err
settings_patch(struct req *rq)
{
	const struct setting_row *row;
	jv *body, *value;
	enum err e;

	if ((e = v2_tailnet(rq)) != OK || (e = api_body(rq, &body)) != OK ||
	    (e = check_fixed(rq, body, "aclsExternallyManagedOn",
	    externally_managed(rq))) != OK)
		return e;
	for (size_t i = 0; e == OK && i < N_FIXED; i++)
		e = check_fixed(rq, body, fixed_members[i].name, fixed_members[i].value);
	for (size_t i = 0; e == OK && i < N_SETTABLE; i++) {
		row = &setting_rows[settable[i]];
		if ((value = json_get(body, row->name)) != NULL)
			e = setting_put(rq, settable[i],
			    arena_printf(rq->arena, "body.%s", row->name), value);
	}
	if (e != OK || (e = setting_apply(rq)) != OK)
		return e;
	return settings_reply(rq);
}

static const struct api_field settings_fields[] = {
	FLAG("aclsExternallyManagedOn"), TEXT("aclsExternalLink"),
	FLAG("devicesApprovalOn"), FLAG("devicesAutoUpdatesOn"),
	{ .name = "devicesKeyDurationDays", .type = API_INT, .help = "0: keys do not run out" },
	FLAG("usersApprovalOn"),
	{ .name = "usersRoleAllowedToJoinExternalTailnets", .type = API_TEXT,
	  .words = "none admin member" },
	FLAG("networkFlowLoggingOn"), FLAG("regionalRoutingOn"),
	FLAG("postureIdentityCollectionOn"), FLAG("httpsEnabled"), END,
};
static const struct api_object shape = { "TailnetSettings", settings_fields };

const struct route route_v2_settings_get = {
	.method = HTTP_GET,
	.path = "/api/v2/tailnet/{tailnet}/settings",
	.auth = AUTH_API,
	.scope = SCOPE_FEATURE_SETTINGS_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = settings_get,
	.op = &(const struct api_op){
		.id = "getTailnetSettings", .tag = "TailnetSettings",
		.summary = "Get tailnet settings", .answer = &shape,
	},
};

const struct route route_v2_settings_patch = {
	.method = HTTP_PATCH,
	.path = "/api/v2/tailnet/{tailnet}/settings",
	.auth = AUTH_API,
	.scope = SCOPE_FEATURE_SETTINGS,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = settings_patch,
	.op = &(const struct api_op){
		.id = "updateTailnetSettings", .tag = "TailnetSettings",
		.summary = "Update tailnet settings",
		.help = "Members that are not given stay; one that does nothing here can only be "
		    "given as it is.",
		.body = &shape, .answer = &shape, .errors = "400 415 422 501",
	},
};
