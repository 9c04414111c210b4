/*
 * handlers/api/v2_device.c -- /api/v2/tailnet/-/devices and /api/v2/device/{id}.
 *
 * A list goes row by row from the database into the answer: what it costs is the text
 * of the answer, however many devices there are.
 */
#include "handlers/api/v2_device.h"

#include <string.h>

#include "handlers/api/fields.h"
#include "handlers/api/v2_shapes.h"
#include "handlers/routes.h"
#include "lib/config/config.h"
#include "lib/netmap/node_json.h"
#include "lib/netmap/routes.h"

/* What the objects of one answer share. */
struct putting {
	struct req *rq;
	struct jw w;
	struct put_refs refs;
	struct v2_regions *regions;	/* NULL: without the members of fields=all */
	struct v2_filter *filter;
	struct arena *a;		/* of one device at a time */
};

/* ---- one device ---- */

static const char *
full_name(const struct req *rq, struct arena *a, const struct node *n)
{
	char label[NAME_LABEL_MAX + 1];

	name_shown(n->name, n->id, label);
	if (*rq->cfg->base_domain == '\0')
		return arena_strdup(a, label);
	return arena_printf(a, "%s.%s", label, rq->cfg->base_domain);
}

static struct v2_device
device_of(const struct putting *p, const struct node *n)
{
	const struct user *u = put_refs_user(&p->refs, n->user_id);
	bool may = strstr(n->hostinfo, "\"ShieldsUp\"") != NULL;

	return (struct v2_device){
		.n = n, .name = full_name(p->rq, p->a, n),
		.user = u != NULL ? user_login_name(u) : TAGGED_USER_NAME,
		.shields_up = may && json_get_bool(json_parse(p->a, str_of(n->hostinfo),
		    JSON_DEPTH_DEFAULT, NULL), "ShieldsUp", false),
	};
}

/* People see a tailnet-lock key as "tlpub:"; on the wire it is "nlpub:". */
static void
put_lock_key(struct jw *w, struct arena *a, const struct node *n)
{
	struct str key = str_of(n->nl_key);

	jw_kstr(w, "tailnetLockError", "");
	jw_kstr(w, "tailnetLockKey", str_starts(key, "nlpub:") ?
	    arena_printf(a, "tlpub:%s", n->nl_key + 6) : n->nl_key);
}

static void
put_distro(struct jw *w, jv *host)
{
	if (json_get(host, "Distro") == NULL)
		return;
	jw_key(w, "distro");
	jw_obj(w);
	jw_kstr(w, "name", json_get_str(host, "Distro", ""));
	jw_kstr(w, "version", json_get_str(host, "DistroVersion", ""));
	jw_kstr(w, "codeName", json_get_str(host, "DistroCodeName", ""));
	jw_end_obj(w);
}

/* Enabled is what was approved, announced or not. */
void
v2_put_routes(struct jw *w, struct arena *a, const struct node *n)
{
	jw_kraw(w, "advertisedRoutes", routes_clean(a, n->routes));
	jw_kraw(w, "enabledRoutes", routes_clean(a, n->approved));
}

/* What only fields=all shows. */
static void
put_more(struct putting *p, const struct node *n)
{
	jv *host = json_parse(p->a, str_of(n->hostinfo), JSON_DEPTH_DEFAULT, NULL);
	struct jw *w = &p->w;

	v2_put_routes(w, p->a, n);
	jw_kbool(w, "sshEnabled", json_len(json_get(host, "sshHostKeys")) > 0);
	put_distro(w, host);
	v2_put_connectivity(w, p->a, p->regions, n);
}

/* "Never", to Tailscale's clients: Go's zero time, as Go writes it. */
#define ZERO_TIME "0001-01-01T00:00:00Z"

static void
put_times(struct jw *w, const struct node *n)
{
	jw_ktime(w, "created", n->created_ms);
	if (n->expiry_ms == TIME_NONE)
		jw_kstr(w, "expires", ZERO_TIME);
	else
		jw_ktime(w, "expires", n->expiry_ms);
	jw_kbool(w, "connectedToControl", n->online);
	if (!n->online)
		jw_ktime(w, "lastSeen", n->last_seen_ms);
}

static void
put_device(struct putting *p, const struct v2_device *d)
{
	const struct node *n = d->n;
	struct jw *w = &p->w;

	put_addresses(w, "addresses", n);
	jw_kstr(w, "name", d->name);
	put_id(w, "id", n->id);
	put_id(w, "nodeId", n->id);
	jw_kbool(w, "authorized", !n->waits);
	jw_kstr(w, "user", d->user);
	jw_kraw(w, "tags", n->tags);
	jw_kbool(w, "keyExpiryDisabled", n->expiry_ms == TIME_NONE);
	jw_kbool(w, "blocksIncomingConnections", d->shields_up);
	jw_kstr(w, "clientVersion", n->client_version);
	put_times(w, n);
	jw_kstr(w, "hostname", n->hostname);
	jw_kbool(w, "isEphemeral", n->ephemeral);
	jw_kbool(w, "isExternal", false);	/* there is no sharing with other tailnets */
	jw_kstr(w, "machineKey", n->machine_key);
	jw_kstr(w, "nodeKey", n->node_key);
	jw_kstr(w, "os", n->os);
	put_lock_key(w, p->a, n);
	jw_kbool(w, "updateAvailable", false);	/* what the newest client is, nobody tells us */
	if (p->regions != NULL)
		put_more(p, n);
}

static enum err
putting_begin(struct req *rq, struct putting *p)
{
	const char *fields = req_query(rq, "fields");

	*p = (struct putting){ .rq = rq, .a = rq->arena };
	if (fields == NULL || strcmp(fields, "all") != 0)
		return OK;
	return v2_regions_load(rq, &p->regions);
}

/* ---- list ---- */

static void
list_one(void *arg, const struct node *n)
{
	struct putting *p = arg;
	struct v2_device d = device_of(p, n);

	if (v2_filter_passes(p->filter, p->a, &d)) {
		jw_obj(&p->w);
		put_device(p, &d);
		jw_end_obj(&p->w);
	}
	arena_reset(p->a);
}

static enum err
list(struct putting *p)
{
	struct req *rq = p->rq;
	enum err e;

	p->a = arena_new();
	api_reply(rq, &p->w);
	jw_key(&p->w, "devices");
	jw_arr(&p->w);
	e = p->regions != NULL ? store_nodes_each(rq->db, p->a, list_one, p) :
	    store_nodes_each_brief(rq->db, p->a, list_one, p);
	jw_end_arr(&p->w);
	api_reply_end(&p->w);
	arena_free(p->a);
	return e;
}

static enum err
device_list(struct req *rq)
{
	struct putting p;
	enum err e;

	if ((e = v2_tailnet(rq)) != OK || (e = putting_begin(rq, &p)) != OK ||
	    (e = put_refs_users(rq, &p.refs)) != OK)
		return e;
	p.filter = v2_filter_read(rq);
	return list(&p);
}

static const struct api_field list_query[] = {
	{ .name = "fields", .type = API_TEXT,
	  .help = "\"all\" adds routes, connectivity and more; else they are left out" },
	{ .name = "tags", .type = API_LIST, .item = API_TEXT, .help = "only devices with one of these tags; "
	  "other members of a device can be asked for likewise, by their names" },
	{ .name = "os", .type = API_TEXT }, { .name = "user", .type = API_TEXT },
	{ .name = "hostname", .type = API_TEXT }, { .name = "isEphemeral", .type = API_BOOL },
	{ .name = "authorized", .type = API_BOOL }, END,
};

const struct route route_v2_device_list = {
	.method = HTTP_GET,
	.path = "/api/v2/tailnet/{tailnet}/devices",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = device_list,
	.op = &(const struct api_op){
		.id = "listDevices", .tag = "Devices", .summary = "List devices",
		.query = list_query, .answer = &shape_v2_device_list,
	},
};

/* ---- one ---- */

/* The owner alone, where there is one. */
static enum err
owner_of(struct req *rq, const struct node *n, struct put_refs *out)
{
	if (n->user_id == 0)
		return OK;
	out->users = arena_alloc(rq->arena, sizeof(*out->users));
	out->n_users = 1;
	return api_user_by_id(rq, n->user_id, out->users);
}

static enum err
device_get(struct req *rq)
{
	struct putting p;
	struct v2_device d;
	struct node n;
	enum err e;

	if ((e = v2_device(rq, &n)) != OK || (e = putting_begin(rq, &p)) != OK ||
	    (e = owner_of(rq, &n, &p.refs)) != OK)
		return e;
	d = device_of(&p, &n);
	api_reply(rq, &p.w);
	put_device(&p, &d);
	api_reply_end(&p.w);
	return OK;
}

static const struct api_field get_query[] = {
	{ .name = "fields", .type = API_TEXT,
	  .help = "\"all\" adds routes, connectivity and more; else they are left out" },
	END,
};

const struct route route_v2_device_get = {
	.method = HTTP_GET,
	.path = "/api/v2/device/{id}",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = device_get,
	.op = &(const struct api_op){
		.id = "getDevice", .tag = "Devices", .summary = "Get a device",
		.query = get_query, .answer = &shape_v2_device,
	},
};

static enum err
device_delete(struct req *rq)
{
	struct node n;
	enum err e;

	if ((e = v2_device(rq, &n)) != OK || (e = store_node_delete(rq->db, n.id)) != OK)
		return e;
	api_reply_empty(rq);
	return OK;
}

const struct route route_v2_device_delete = {
	.method = HTTP_DELETE,
	.path = "/api/v2/device/{id}",
	.auth = AUTH_API,
	.scope = SCOPE_DEVICES_CORE,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,	/* and not looked at */
	.handle = device_delete,
	.op = &(const struct api_op){
		.id = "deleteDevice", .tag = "Devices", .summary = "Delete a device",
	},
};
