/*
 * handlers/api/v2_device_set.c -- /api/v2/device/{id}/…: what an administrator changes.
 *
 * The rules are node_act.h's, as for REST v1; answers are {}.
 */
#include <string.h>
#include <strings.h>

#include "handlers/api/fields.h"
#include "handlers/api/node_act.h"
#include "handlers/api/v2_device.h"
#include "handlers/api/v2_shapes.h"
#include "handlers/control/setting.h"
#include "handlers/routes.h"
#include "lib/config/config.h"
#include "lib/netmap/routes.h"

/* The device of the path and the body, checked. */
static enum err
begin(struct req *rq, struct node *n, jv **body)
{
	enum err e = api_body(rq, body);

	return e != OK ? e : v2_device(rq, n);
}

static enum err
done(struct req *rq, enum err e)
{
	if (e == OK)
		api_reply_empty(rq);
	return e;
}

/* False makes a device wait again, as one does that has just come. */
static enum err
device_authorized(struct req *rq)
{
	struct node n;
	jv *body;
	enum err e = begin(rq, &n, &body);

	return done(rq, e != OK ? e : store_node_set_authorized(rq->db, n.id,
	    json_get_bool(body, "authorized", false)));
}

static const struct api_field authorized_fields[] = {
	{ .name = "authorized", .type = API_BOOL, .flags = API_MUST }, END,
};
static const struct api_object authorized_body = { "SetAuthorizedRequest", authorized_fields };

const struct route route_v2_device_authorized = {
	.method = HTTP_POST,
	.path = "/api/v2/device/{id}/authorized",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = device_authorized,
	.op = &(const struct api_op){
		.id = "authorizeDevice", .tag = "Devices", .summary = "Authorize a device",
		.body = &authorized_body, .errors = "400 415 422",
	},
};

/* A label, or one with our base domain behind it, as devices are listed. */
static const char *
label_of(struct req *rq, const char *name)
{
	size_t n = strlen(name), d = strlen(rq->cfg->base_domain);

	if (n > 0 && name[n - 1] == '.')
		n--;
	if (d == 0 || n <= d + 1 || name[n - d - 1] != '.' ||
	    strncasecmp(name + n - d, rq->cfg->base_domain, d) != 0)
		return name;
	return arena_strndup(rq->arena, name, n - d - 1);
}

static enum err
device_name(struct req *rq)
{
	struct node n;
	jv *body;
	enum err e = begin(rq, &n, &body);

	return done(rq, e != OK ? e : node_act_rename(rq, &n,
	    label_of(rq, json_get_str(body, "name", "")), "body.name"));
}

static const struct api_field name_fields[] = {
	{ .name = "name", .type = API_TEXT, .flags = API_MUST, .example = "\"laptop\"" }, END,
};
static const struct api_object name_body = { "SetNameRequest", name_fields };

const struct route route_v2_device_name = {
	.method = HTTP_POST,
	.path = "/api/v2/device/{id}/name",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = device_name,
	.op = &(const struct api_op){
		.id = "setDeviceName", .tag = "Devices", .summary = "Set a device's name",
		.help = "A label, or the label with the tailnet's base domain.",
		.body = &name_body, .errors = "400 409 415 422",
	},
};

/* No tags at all change nothing: a tagged device is never without. */
static enum err
device_tags(struct req *rq)
{
	struct node n;
	jv *body;
	enum err e = begin(rq, &n, &body);

	if (e == OK && json_len(json_get(body, "tags")) > 0)
		e = node_act_tags(rq, &n, body);
	return done(rq, e);
}

static const struct api_field tags_fields[] = {
	{ .name = "tags", .type = API_LIST, .item = API_TEXT, .flags = API_NULL,
	  .example = "[\"tag:web\"]" },
	END,
};
static const struct api_object tags_body = { "SetDeviceTagsRequest", tags_fields };

const struct route route_v2_device_tags = {
	.method = HTTP_POST,
	.path = "/api/v2/device/{id}/tags",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE,
	.txn = TXN_WRITE,
	.body_max = API_LIST_BODY_MAX,
	.handle = device_tags,
	.op = &(const struct api_op){
		.id = "setDeviceTags", .tag = "Devices", .summary = "Set a device's tags",
		.help = "A token may give its own tags and those that they own by the policy. "
		    "Without any tag nothing changes.",
		.body = &tags_body, .errors = "400 409 415 422",
	},
};

/*
 * False gives a key that never runs out the time that a new one has; one that runs out
 * anyway keeps its own.
 */
static enum err
device_key(struct req *rq)
{
	int64_t life;
	struct node n;
	jv *body;
	enum err e;

	if ((e = begin(rq, &n, &body)) == OK)
		e = setting_key_life(rq, &life);
	if (e == OK && json_get_bool(body, "keyExpiryDisabled", false))
		e = node_act_expiry(rq, &n, TIME_NONE);
	else if (e == OK && n.expiry_ms == TIME_NONE && life > 0)
		e = node_act_expiry(rq, &n, rq->now_ms + life);
	return done(rq, e);
}

static const struct api_field key_fields[] = {
	{ .name = "keyExpiryDisabled", .type = API_BOOL, .flags = API_MUST }, END,
};
static const struct api_object key_body = { "SetKeyRequest", key_fields };

const struct route route_v2_device_key = {
	.method = HTTP_POST,
	.path = "/api/v2/device/{id}/key",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = device_key,
	.op = &(const struct api_op){
		.id = "setDeviceKey", .tag = "Devices", .summary = "Set a device's key settings",
		.body = &key_body, .errors = "400 415 422",
	},
};

static enum err
device_expire(struct req *rq)
{
	struct node n;
	enum err e = v2_device(rq, &n);

	return done(rq, e != OK ? e : node_act_expiry(rq, &n, rq->now_ms));
}

const struct route route_v2_device_expire = {
	.method = HTTP_POST,
	.path = "/api/v2/device/{id}/expire",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,	/* and not looked at */
	.handle = device_expire,
	.op = &(const struct api_op){
		.id = "expireDeviceKey", .tag = "Devices", .summary = "Expire a device's key",
		.help = "Its client has to log in again.",
	},
};

static enum err
device_ip(struct req *rq)
{
	const char *text;
	struct node n;
	jv *body;
	enum err e = begin(rq, &n, &body);

	if (e != OK)
		return e;
	text = json_get_str(body, "ipv4", "");
	if (strchr(text, ':') != NULL)
		return req_fail_at(rq, ERR_BADREQ, "body.ipv4", "body.ipv4 must be an IPv4 "
		    "address, not \"%.64s\"", text);
	return done(rq, node_act_ip(rq, &n, text, "body.ipv4"));
}

static const struct api_field ip_fields[] = {
	{ .name = "ipv4", .type = API_TEXT, .flags = API_MUST, .example = "\"100.64.0.7\"" }, END,
};
static const struct api_object ip_body = { "SetIPv4Request", ip_fields };

const struct route route_v2_device_ip = {
	.method = HTTP_POST,
	.path = "/api/v2/device/{id}/ip",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = device_ip,
	.op = &(const struct api_op){
		.id = "setDeviceIp", .tag = "Devices", .summary = "Set a device's IPv4 address",
		.body = &ip_body, .errors = "400 409 415 422",
	},
};

/* ---- routes ---- */

static enum err
routes_reply(struct req *rq)
{
	struct node n;
	struct jw w;
	enum err e = v2_device(rq, &n);

	if (e != OK)
		return e;
	api_reply(rq, &w);
	v2_put_routes(&w, rq->arena, &n);
	api_reply_end(&w);
	return OK;
}

const struct route route_v2_device_routes = {
	.method = HTTP_GET,
	.path = "/api/v2/device/{id}/routes",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_ROUTES_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = routes_reply,
	.op = &(const struct api_op){
		.id = "getDeviceRoutes", .tag = "Devices",
		.summary = "Get a device's subnet routes", .answer = &shape_v2_routes,
	},
};

static enum err
device_set_routes(struct req *rq)
{
	struct node n;
	jv *body;
	enum err e = begin(rq, &n, &body);

	if (e != OK || (e = node_act_routes(rq, &n, body)) != OK)
		return e;
	return routes_reply(rq);
}

static const struct api_field routes_fields[] = {
	{ .name = "routes", .type = API_LIST, .item = API_TEXT, .max = ROUTES_MAX,
	  .flags = API_MUST, .example = "[\"10.0.0.0/8\"]" },
	END,
};
static const struct api_object routes_body = { "SetSubnetRoutesRequest", routes_fields };

const struct route route_v2_device_set_routes = {
	.method = HTTP_POST,
	.path = "/api/v2/device/{id}/routes",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_ROUTES,
	.txn = TXN_WRITE,
	.body_max = API_LIST_BODY_MAX,
	.handle = device_set_routes,
	.op = &(const struct api_op){
		.id = "setDeviceRoutes", .tag = "Devices",
		.summary = "Set a device's enabled subnet routes",
		.help = "They replace those enabled before; a device need not announce them.",
		.body = &routes_body, .answer = &shape_v2_routes, .errors = "400 415 422",
	},
};
