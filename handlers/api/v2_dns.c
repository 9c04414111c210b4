/*
 * handlers/api/v2_dns.c -- /api/v2/tailnet/{tailnet}/dns/…: what clients do with names.
 *
 * What is set here goes before [dns] of the configuration, checked as that is, and is
 * with every client at once.  dns/configuration is all of it in one piece.
 */
#include "handlers/api/v2_dns.h"

#include <string.h>

#include "handlers/api/fields.h"
#include "handlers/routes.h"

/* ---- what they share ---- */

struct looking_for { const char *name; bool found; };

static void
look_for(void *arg, const char *key, jv *value)
{
	struct looking_for *l = arg;

	(void)value;
	l->found |= strcmp(key, l->name) == 0;
}

/*
 * A list in the body.  Go's clients write one without items as null; but it has to
 * be there, or a body meant for something else would clear the setting.
 */
static enum err
list_in(struct req *rq, jv *body, const char *name, jv **out)
{
	struct looking_for l = { name, false };

	json_each(body, look_for, &l);
	if (!l.found)
		return req_fail_at(rq, ERR_INVALID, "body",
		    "expected required property %s to be present in body", name);
	*out = json_get(body, name);
	if (*out == NULL)
		*out = json_parse(rq->arena, STR("[]"), 2, NULL);
	return OK;
}

void
v2_dns_put(struct jw *w, const char *name, enum setting_id id, const struct settings *s)
{
	jw_key(w, name);
	setting_write(w, &setting_rows[id], s);
}

enum err
v2_dns_begin(struct req *rq, jv **body)
{
	enum err e = v2_tailnet(rq);

	return e != OK ? e : api_body(rq, body);
}

enum err
v2_dns_set(struct req *rq, enum setting_id id, const char *at, jv *value, struct settings *s)
{
	enum err e;

	if ((e = setting_put(rq, id, at, value)) != OK || (e = setting_apply(rq)) != OK)
		return e;
	return setting_load(rq, s);
}

/* ---- nameservers ---- */

static enum err
nameservers_get(struct req *rq)
{
	struct settings s;
	struct jw w;
	enum err e;

	if ((e = v2_tailnet(rq)) != OK || (e = setting_load(rq, &s)) != OK)
		return e;
	api_reply(rq, &w);
	v2_dns_put(&w, "dns", SETTING_DNS_NAMESERVERS, &s);
	api_reply_end(&w);
	return OK;
}

static enum err
nameservers_set(struct req *rq)
{
	struct settings s;
	struct jw w;
	jv *body, *list;
	enum err e;

	if ((e = v2_dns_begin(rq, &body)) != OK ||
	    (e = list_in(rq, body, "dns", &list)) != OK ||
	    (e = v2_dns_set(rq, SETTING_DNS_NAMESERVERS, "body.dns", list, &s)) != OK)
		return e;
	api_reply(rq, &w);
	v2_dns_put(&w, "dns", SETTING_DNS_NAMESERVERS, &s);
	v2_dns_put(&w, "magicDNS", SETTING_DNS_MAGIC, &s);
	api_reply_end(&w);
	return OK;
}

static const struct api_field nameservers_fields[] = {
	{ .name = "dns", .type = API_LIST, .item = API_TEXT, .flags = API_NULL,
	  .example = "[\"9.9.9.9\"]" }, END,
};
static const struct api_object nameservers_body = { "DNSNameservers", nameservers_fields };
static const struct api_field nameservers_shape[] = { TEXTS("dns"), FLAG_MAY("magicDNS"), END };
static const struct api_object nameservers_answer = { "DNSNameserversReply", nameservers_shape };

const struct route route_v2_dns_nameservers_get = {
	.method = HTTP_GET,
	.path = "/api/v2/tailnet/{tailnet}/dns/nameservers",
	.auth = AUTH_API,
	.scope = SCOPE_DNS_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = nameservers_get,
	.op = &(const struct api_op){
		.id = "listDnsNameservers", .tag = "DNS", .summary = "List DNS nameservers",
		.answer = &nameservers_answer,
	},
};

const struct route route_v2_dns_nameservers_set = {
	.method = HTTP_POST,
	.path = "/api/v2/tailnet/{tailnet}/dns/nameservers",
	.auth = AUTH_API,
	.scope = SCOPE_DNS,
	.txn = TXN_WRITE,
	.body_max = DNS_BODY_MAX,
	.handle = nameservers_set,
	.op = &(const struct api_op){
		.id = "setDnsNameservers", .tag = "DNS", .summary = "Set DNS nameservers",
		.help = "IP addresses, or https:// addresses of resolvers.",
		.body = &nameservers_body, .answer = &nameservers_answer, .errors = "400 415 422",
	},
};

/* ---- preferences ---- */

static void
preferences_reply(struct req *rq, const struct settings *s)
{
	struct jw w;

	api_reply(rq, &w);
	v2_dns_put(&w, "magicDNS", SETTING_DNS_MAGIC, s);
	api_reply_end(&w);
}

static enum err
preferences_get(struct req *rq)
{
	struct settings s;
	enum err e;

	if ((e = v2_tailnet(rq)) == OK && (e = setting_load(rq, &s)) == OK)
		preferences_reply(rq, &s);
	return e;
}

static enum err
preferences_set(struct req *rq)
{
	struct settings s;
	jv *body;
	enum err e;

	if ((e = v2_dns_begin(rq, &body)) != OK ||
	    (e = v2_dns_set(rq, SETTING_DNS_MAGIC, "body.magicDNS", json_get(body, "magicDNS"),
	    &s)) != OK)
		return e;
	preferences_reply(rq, &s);
	return OK;
}

static const struct api_field preferences_fields[] = {
	{ .name = "magicDNS", .type = API_BOOL, .flags = API_MUST }, END,
};
static const struct api_object preferences = { "DNSPreferences", preferences_fields };

const struct route route_v2_dns_preferences_get = {
	.method = HTTP_GET,
	.path = "/api/v2/tailnet/{tailnet}/dns/preferences",
	.auth = AUTH_API,
	.scope = SCOPE_DNS_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = preferences_get,
	.op = &(const struct api_op){
		.id = "getDnsPreferences", .tag = "DNS", .summary = "Get DNS preferences",
		.answer = &preferences,
	},
};

const struct route route_v2_dns_preferences_set = {
	.method = HTTP_POST,
	.path = "/api/v2/tailnet/{tailnet}/dns/preferences",
	.auth = AUTH_API,
	.scope = SCOPE_DNS,
	.txn = TXN_WRITE,
	.body_max = API_BODY_MAX,
	.handle = preferences_set,
	.op = &(const struct api_op){
		.id = "setDnsPreferences", .tag = "DNS", .summary = "Set DNS preferences",
		.body = &preferences, .answer = &preferences, .errors = "400 415 422",
	},
};

/* ---- search paths ---- */

static void
searchpaths_reply(struct req *rq, const struct settings *s)
{
	struct jw w;

	api_reply(rq, &w);
	v2_dns_put(&w, "searchPaths", SETTING_DNS_SEARCH_PATHS, s);
	api_reply_end(&w);
}

static enum err
searchpaths_get(struct req *rq)
{
	struct settings s;
	enum err e;

	if ((e = v2_tailnet(rq)) == OK && (e = setting_load(rq, &s)) == OK)
		searchpaths_reply(rq, &s);
	return e;
}

static enum err
searchpaths_set(struct req *rq)
{
	struct settings s;
	jv *body, *list;
	enum err e;

	if ((e = v2_dns_begin(rq, &body)) != OK ||
	    (e = list_in(rq, body, "searchPaths", &list)) != OK ||
	    (e = v2_dns_set(rq, SETTING_DNS_SEARCH_PATHS, "body.searchPaths", list, &s)) != OK)
		return e;
	searchpaths_reply(rq, &s);
	return OK;
}

static const struct api_field searchpaths_fields[] = {
	{ .name = "searchPaths", .type = API_LIST, .item = API_TEXT, .flags = API_NULL,
	  .example = "[\"corp.example\"]" }, END,
};
static const struct api_object searchpaths_body = { "DNSSearchPaths", searchpaths_fields };
static const struct api_field searchpaths_shape[] = { TEXTS("searchPaths"), END };
static const struct api_object searchpaths_answer = { "DNSSearchPathsReply", searchpaths_shape };

const struct route route_v2_dns_searchpaths_get = {
	.method = HTTP_GET,
	.path = "/api/v2/tailnet/{tailnet}/dns/searchpaths",
	.auth = AUTH_API,
	.scope = SCOPE_DNS_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = searchpaths_get,
	.op = &(const struct api_op){
		.id = "listDnsSearchPaths", .tag = "DNS", .summary = "List DNS search paths",
		.answer = &searchpaths_answer,
	},
};

const struct route route_v2_dns_searchpaths_set = {
	.method = HTTP_POST,
	.path = "/api/v2/tailnet/{tailnet}/dns/searchpaths",
	.auth = AUTH_API,
	.scope = SCOPE_DNS,
	.txn = TXN_WRITE,
	.body_max = DNS_BODY_MAX,
	.handle = searchpaths_set,
	.op = &(const struct api_op){
		.id = "setDnsSearchPaths", .tag = "DNS", .summary = "Set DNS search paths",
		.body = &searchpaths_body, .answer = &searchpaths_answer, .errors = "400 415 422",
	},
};
