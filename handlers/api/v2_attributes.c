/*
 * handlers/api/v2_attributes.c -- /api/v2/device/{id}/attributes: what postures ask of.
 *
 * A device tells its "node:" attributes itself; "custom:" ones are set here, within
 * the limits that Tailscale has, so that what is written for one works with the other.
 */
#include <string.h>

#include "handlers/api/fields.h"
#include "handlers/api/v2.h"
#include "handlers/api/v2_shapes.h"
#include "handlers/control/netload.h"
#include "handlers/routes.h"
#include "lib/policy/posture.h"

#define ATTRIBUTES_MAX 50		/* custom ones of a device */
#define NUMBER_MAX 9007199254740991	/* 2^53 - 1: what every JSON reader has exactly */
#define COMMENT_MAX 200

/* ---- reading ---- */

static void
put_own(struct jw *w, const struct net_posture *of)
{
	for (const struct posture_attr *p = posture_attrs; p->name != NULL; p++) {
		const char *value = posture_value(of, p->name);

		if (value != NULL && p->type == POSTURE_BOOL)
			jw_kraw(w, p->name, value);
		else if (value != NULL)
			jw_kstr(w, p->name, value);
	}
}

/* The tick removes what has run out, some seconds later. */
static size_t
drop_expired(struct node_attribute *v, size_t n, int64_t now_ms)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (v[i].expiry_ms == TIME_NONE || v[i].expiry_ms > now_ms)
			v[kept++] = v[i];
	return kept;
}

static void
put_attributes(struct req *rq, const struct net_posture *of,
    const struct node_attribute *v, size_t n)
{
	struct jw w;

	api_reply(rq, &w);
	jw_key(&w, "attributes");
	jw_obj(&w);
	put_own(&w, of);
	for (size_t i = 0; i < n; i++)
		jw_kraw(&w, v[i].name, v[i].value);
	jw_end_obj(&w);
	jw_key(&w, "expiries");
	jw_obj(&w);
	for (size_t i = 0; i < n; i++)
		if (v[i].expiry_ms != TIME_NONE)
			jw_ktime(&w, v[i].name, v[i].expiry_ms);
	jw_end_obj(&w);
	api_reply_end(&w);
}

static enum err
attributes_get(struct req *rq)
{
	struct node_attribute *v;
	struct net_posture of;
	struct node n;
	size_t count;
	enum err e;

	if ((e = v2_device(rq, &n)) != OK ||
	    (e = store_node_attributes(rq->db, rq->arena, n.id, &v, &count)) != OK)
		return e;
	netload_posture(rq->arena, &n, &of);
	put_attributes(rq, &of, v, drop_expired(v, count, rq->now_ms));
	return OK;
}

const struct route route_v2_attributes_get = {
	.method = HTTP_GET,
	.path = "/api/v2/device/{id}/attributes",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_ATTRIBUTES_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = attributes_get,
	.op = &(const struct api_op){
		.id = "getDeviceAttributes", .tag = "Devices",
		.summary = "Get a device's posture attributes", .answer = &shape_v2_attributes,
	},
};

/* ---- writing ---- */

/* The custom attribute of the path. */
static enum err
name_of_path(struct req *rq, const char **name)
{
	*name = req_var(rq, "attributeKey");
	if (posture_custom_name(str_of(*name)))
		return OK;
	return req_fail_at(rq, ERR_BADREQ, "path.attributeKey", "an attribute that can be set "
	    "is called custom: and letters, digits, '_' or ':', at most %d characters in all, "
	    "not \"%.64s\"", POSTURE_CUSTOM_MAX, *name);
}

static bool
whole_number(jv *v)
{
	return json_is(v, JSON_INT) && json_int(v) >= 0 && json_int(v) <= NUMBER_MAX;
}

static enum err
read_value(struct req *rq, jv *body, const char **out)
{
	jv *v = json_get(body, "value");

	*out = json_dump(rq->arena, v);
	if (json_is(v, JSON_BOOL) || whole_number(v) ||
	    (json_text(v) != NULL && posture_custom_value(str_of(json_text(v)))))
		return OK;
	return req_fail_at(rq, ERR_BADREQ, "body.value", "the value must be text of letters, "
	    "digits, '_' or '.', at most %d characters; or a whole number from 0 to 2^53-1; or "
	    "true or false", POSTURE_CUSTOM_MAX);
}

static enum err
read_attribute(struct req *rq, jv *body, struct node_attribute *v)
{
	enum err e;

	if ((e = name_of_path(rq, &v->name)) != OK || (e = read_value(rq, body, &v->value)) != OK)
		return e;
	v->comment = json_get_str(body, "comment", "");
	v->expiry_ms = api_get_time(body, "expiry");
	if (v->expiry_ms == TIME_NONE || v->expiry_ms > rq->now_ms)
		return OK;
	return req_fail_at(rq, ERR_BADREQ, "body.expiry", "the expiry is in the past");
}

/* There may be one more, or it is there already. */
static enum err
room_for(struct req *rq, int64_t node_id, const char *name)
{
	struct node_attribute *v;
	size_t n;
	enum err e = store_node_attributes(rq->db, rq->arena, node_id, &v, &n);

	if (e != OK || n < ATTRIBUTES_MAX)
		return e;
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].name, name) == 0)
			return OK;
	return req_fail(rq, ERR_BADREQ, "a device has at most %d custom attributes",
	    ATTRIBUTES_MAX);
}

static const struct api_field path[] = {
	{ .name = "attributeKey", .type = API_TEXT, .example = "\"custom:tier\"",
	  .help = "custom: and letters, digits, '_' or ':', at most 50 characters in all" },
	END,
};

static enum err
attribute_set(struct req *rq)
{
	struct node_attribute v = { .node_id = 0 };
	struct node n;
	jv *body;
	enum err e;

	if ((e = api_body(rq, &body)) != OK || (e = v2_device(rq, &n)) != OK ||
	    (e = read_attribute(rq, body, &v)) != OK ||
	    (e = room_for(rq, n.id, v.name)) != OK)
		return e;
	v.node_id = n.id;
	if ((e = store_node_attribute_put(rq->db, &v, rq->now_ms)) != OK)
		return e;
	api_reply_empty(rq);
	return OK;
}

static const struct api_field set_fields[] = {
	{ .name = "value", .type = API_ANY, .flags = API_MUST,
	  .help = "text, a whole number, true or false", .example = "\"prod\"" },
	{ .name = "expiry", .type = API_TIME, .help = "when it goes by itself" },
	{ .name = "comment", .type = API_TEXT, .max = COMMENT_MAX }, END,
};
static const struct api_object set_body = { "SetDeviceAttributeRequest", set_fields };

const struct route route_v2_attribute_set = {
	.method = HTTP_POST,
	.path = "/api/v2/device/{id}/attributes/{attributeKey}",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_ATTRIBUTES,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = attribute_set,
	.op = &(const struct api_op){
		.id = "setDeviceAttribute", .tag = "Devices",
		.summary = "Set a custom posture attribute of a device",
		.help = "Postures of the policy ask for it by its name, which begins with custom:",
		.path = path, .body = &set_body, .errors = "400 415 422",
	},
};

static enum err
attribute_delete(struct req *rq)
{
	const char *name;
	struct node n;
	enum err e;

	if ((e = v2_device(rq, &n)) != OK || (e = name_of_path(rq, &name)) != OK)
		return e;
	e = store_node_attribute_delete(rq->db, n.id, name);
	if (e == ERR_NOTFOUND)
		return v2_not_found(rq, "attribute");
	if (e == OK)
		api_reply_empty(rq);
	return e;
}

const struct route route_v2_attribute_delete = {
	.method = HTTP_DELETE,
	.path = "/api/v2/device/{id}/attributes/{attributeKey}",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_ATTRIBUTES,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,	/* and not looked at */
	.handle = attribute_delete,
	.op = &(const struct api_op){
		.id = "deleteDeviceAttribute", .tag = "Devices",
		.summary = "Delete a custom posture attribute of a device",
		.path = path, .errors = "400",
	},
};
