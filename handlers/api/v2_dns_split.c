/*
 * handlers/api/v2_dns_split.c -- /api/v2/tailnet/{tailnet}/dns/split-dns and …/configuration.
 *
 * Split DNS is a map of domains to resolvers; PATCH changes the domains that it names,
 * null or an empty list takes one away.  The configuration is everything about DNS; what
 * a POST of it leaves out is empty or off then, as Go's client leaves out just that.
 */
#include <string.h>

#include "handlers/api/fields.h"
#include "handlers/api/v2_dns.h"
#include "handlers/routes.h"

/* ---- split DNS ---- */

/* A map that is being made of the stored one and the body's. */
struct merge {
	struct req *rq;
	struct jw w;
	struct text_list named;	/* by the body, as they are stored */
	size_t cap;
	enum err e;
};

static void
take_domain(void *arg, const char *name, jv *servers)
{
	struct merge *m = arg;
	const char *domain, *wrong;

	if (m->e != OK)
		return;
	if ((wrong = config_domain_read(m->rq->arena, str_of(name), &domain)) != NULL) {
		m->e = req_fail_at(m->rq, ERR_BADREQ,
		    arena_printf(m->rq->arena, "body.%.64s", name),
		    "body has a domain \"%.80s\" that %s", name, wrong);
		return;
	}
	m->named.v = arena_room(m->rq->arena, m->named.v, m->named.n, &m->cap, sizeof(domain));
	m->named.v[m->named.n++] = domain;
	if (json_len(servers) > 0)
		jw_kraw(&m->w, name, json_dump(m->rq->arena, servers));
}

static bool
is_named(const struct merge *m, const char *domain)
{
	for (size_t i = 0; i < m->named.n; i++)
		if (strcmp(m->named.v[i], domain) == 0)
			return true;
	return false;
}

static void
keep_domain(struct merge *m, const struct split_dns *d)
{
	if (is_named(m, d->domain))
		return;
	jw_key(&m->w, d->domain);
	jw_arr(&m->w);
	for (size_t i = 0; i < d->servers.n; i++)
		jw_str(&m->w, d->servers.v[i]);
	jw_end_arr(&m->w);
}

/* The body's domains, and those of 'now' that it does not name. */
static enum err
merged(struct req *rq, jv *body, const struct config *now, jv **out)
{
	struct merge m = { .rq = rq };
	struct buf text;

	buf_init(&text, SIZE_MAX);
	jw_init(&m.w, &text);
	jw_obj(&m.w);
	json_each(body, take_domain, &m);
	for (size_t i = 0; now != NULL && i < now->n_split; i++)
		keep_domain(&m, &now->split[i]);
	jw_end_obj(&m.w);
	*out = json_parse(rq->arena, str_of(buf_text(&text, rq->arena)), 4, NULL);
	return m.e;
}

static void
split_reply(struct req *rq, const struct settings *s)
{
	struct jw w;

	req_reply(rq, 200, "application/json");
	jw_init(&w, &rq->out);
	setting_write(&w, &setting_rows[SETTING_DNS_SPLIT], s);
}

static enum err
split_get(struct req *rq)
{
	struct settings s;
	enum err e;

	if ((e = v2_tailnet(rq)) == OK && (e = setting_load(rq, &s)) == OK)
		split_reply(rq, &s);
	return e;
}

static enum err
split_set(struct req *rq)
{
	bool patch = rq->method == HTTP_PATCH;
	struct settings s;
	jv *body, *all;
	enum err e;

	if ((e = v2_dns_begin(rq, &body)) != OK || (e = setting_load(rq, &s)) != OK ||
	    (e = merged(rq, body, patch ? &s.cfg : NULL, &all)) != OK ||
	    (e = v2_dns_set(rq, SETTING_DNS_SPLIT, "body", all, &s)) != OK)
		return e;
	split_reply(rq, &s);
	return OK;
}

static const struct api_field split_fields[] = {
	{ .name = "", .type = API_LIST, .item = API_TEXT, .flags = API_NULL,
	  .example = "[\"10.0.0.53\"]" }, END,
};
static const struct api_object split_body = { "SplitDNS", split_fields };
static const struct api_field split_shape[] = { TEXTS(""), END };
static const struct api_object split_answer = { "SplitDNSReply", split_shape };

const struct route route_v2_dns_split_get = {
	.method = HTTP_GET,
	.path = "/api/v2/tailnet/{tailnet}/dns/split-dns",
	.auth = AUTH_API,
	.scope = SCOPE_DNS_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = split_get,
	.op = &(const struct api_op){
		.id = "getSplitDns", .tag = "DNS", .summary = "Get split DNS",
		.answer = &split_answer,
	},
};

const struct route route_v2_dns_split_put = {
	.method = HTTP_PUT,
	.path = "/api/v2/tailnet/{tailnet}/dns/split-dns",
	.auth = AUTH_API,
	.scope = SCOPE_DNS,
	.txn = TXN_WRITE,
	.body_max = DNS_BODY_MAX,
	.handle = split_set,
	.op = &(const struct api_op){
		.id = "setSplitDns", .tag = "DNS", .summary = "Set split DNS",
		.help = "The body is a map of domains to resolvers and replaces what there was.",
		.body = &split_body, .answer = &split_answer, .errors = "400 415 422",
	},
};

const struct route route_v2_dns_split_patch = {
	.method = HTTP_PATCH,
	.path = "/api/v2/tailnet/{tailnet}/dns/split-dns",
	.auth = AUTH_API,
	.scope = SCOPE_DNS,
	.txn = TXN_WRITE,
	.body_max = DNS_BODY_MAX,
	.handle = split_set,
	.op = &(const struct api_op){
		.id = "updateSplitDns", .tag = "DNS", .summary = "Update split DNS",
		.help = "Domains that are not named stay; null or an empty list takes one away.",
		.body = &split_body, .answer = &split_answer, .errors = "400 415 422",
	},
};

/* ---- all in one ---- */

static void
put_resolvers(struct jw *w, const char *name, const struct text_list *l)
{
	jw_key(w, name);
	jw_arr(w);
	for (size_t i = 0; i < l->n; i++) {
		jw_obj(w);
		jw_kstr(w, "address", l->v[i]);
		jw_kbool(w, "useWithExitNode", false);
		jw_end_obj(w);
	}
	jw_end_arr(w);
}

static void
configuration_reply(struct req *rq, const struct settings *s)
{
	struct jw w;

	api_reply(rq, &w);
	put_resolvers(&w, "nameservers", &s->cfg.nameservers);
	jw_key(&w, "splitDNS");
	jw_obj(&w);
	for (size_t i = 0; i < s->cfg.n_split; i++)
		put_resolvers(&w, s->cfg.split[i].domain, &s->cfg.split[i].servers);
	jw_end_obj(&w);
	v2_dns_put(&w, "searchPaths", SETTING_DNS_SEARCH_PATHS, s);
	jw_key(&w, "preferences");
	jw_obj(&w);
	v2_dns_put(&w, "overrideLocalDNS", SETTING_DNS_OVERRIDE, s);
	v2_dns_put(&w, "magicDNS", SETTING_DNS_MAGIC, s);
	jw_end_obj(&w);
	api_reply_end(&w);
}

static enum err
configuration_get(struct req *rq)
{
	struct settings s;
	enum err e;

	if ((e = v2_tailnet(rq)) == OK && (e = setting_load(rq, &s)) == OK)
		configuration_reply(rq, &s);
	return e;
}

/* Resolvers as the configuration has them, as a list of texts. */
static enum err
plain_list(struct req *rq, jv *resolvers, const char *at, struct jw *w)
{
	jv *r;

	jw_arr(w);
	for (size_t i = 0; i < json_len(resolvers); i++) {
		r = json_at(resolvers, i);
		if (json_get_bool(r, "useWithExitNode", false))
			return req_fail_at(rq, ERR_UNSUPPORTED,
			    arena_printf(rq->arena, "%s[%zu].useWithExitNode", at, i),
			    "%s[%zu].useWithExitNode: resolvers are not used with exit nodes here",
			    at, i);
		jw_str(w, json_get_str(r, "address", ""));
	}
	jw_end_arr(w);
	return OK;
}

static void
take_plain(void *arg, const char *name, jv *resolvers)
{
	struct merge *m = arg;

	if (m->e != OK || json_len(resolvers) == 0)
		return;
	jw_key(&m->w, name);
	m->e = plain_list(m->rq, resolvers, arena_printf(m->rq->arena, "body.splitDNS.%.64s",
	    name), &m->w);
}

/* What a member of the body is as a setting. */
static enum err
plain(struct req *rq, jv *body, const char *name, jv **out)
{
	jv *value = json_get(body, name);
	struct merge m = { .rq = rq };
	struct buf text;

	buf_init(&text, SIZE_MAX);
	jw_init(&m.w, &text);
	if (strcmp(name, "splitDNS") == 0) {
		jw_obj(&m.w);
		json_each(value, take_plain, &m);
		jw_end_obj(&m.w);
	} else
		m.e = plain_list(rq, value, arena_printf(rq->arena, "body.%s", name), &m.w);
	if (m.e == OK)
		*out = json_parse(rq->arena, str_of(buf_text(&text, rq->arena)), 4, NULL);
	else
		buf_fini(&text);
	return m.e;
}

static enum err
put_flag(struct req *rq, enum setting_id id, jv *preferences, const char *name)
{
	bool on = json_get_bool(preferences, name, false);

	return setting_put(rq, id, arena_printf(rq->arena, "body.preferences.%s", name),
	    json_parse(rq->arena, on ? STR("true") : STR("false"), 2, NULL));
}

/* Nameservers come before what needs some. */
static enum err
configuration_put(struct req *rq, jv *body)
{
	jv *preferences = json_get(body, "preferences"), *paths = json_get(body, "searchPaths");
	jv *servers, *split;
	enum err e;

	if (paths == NULL)
		paths = json_parse(rq->arena, STR("[]"), 2, NULL);
	if ((e = plain(rq, body, "nameservers", &servers)) != OK ||
	    (e = plain(rq, body, "splitDNS", &split)) != OK ||
	    (e = setting_put(rq, SETTING_DNS_NAMESERVERS, "body.nameservers", servers)) != OK ||
	    (e = setting_put(rq, SETTING_DNS_SPLIT, "body.splitDNS", split)) != OK ||
	    (e = setting_put(rq, SETTING_DNS_SEARCH_PATHS, "body.searchPaths", paths)) != OK ||
	    (e = put_flag(rq, SETTING_DNS_OVERRIDE, preferences, "overrideLocalDNS")) != OK)
		return e;
	return put_flag(rq, SETTING_DNS_MAGIC, preferences, "magicDNS");
}

static enum err
configuration_set(struct req *rq)
{
	struct settings s;
	jv *body;
	enum err e;

	if ((e = v2_dns_begin(rq, &body)) != OK || (e = configuration_put(rq, body)) != OK ||
	    (e = setting_apply(rq)) != OK || (e = setting_load(rq, &s)) != OK)
		return e;
	configuration_reply(rq, &s);
	return OK;
}

static const struct api_field resolver_fields[] = {
	{ .name = "address", .type = API_TEXT, .flags = API_MUST, .example = "\"9.9.9.9\"" },
	{ .name = "useWithExitNode", .type = API_BOOL, .example = "false",
	  .help = "true is not done here" }, END,
};
static const struct api_object resolver = { "DNSResolver", resolver_fields };
static const struct api_field split_map_fields[] = {
	{ .name = "", .type = API_LIST, .item = API_OBJECT, .of = &resolver }, END,
};
static const struct api_object split_map = { "DNSResolversByDomain", split_map_fields };
static const struct api_field configuration_preferences_fields[] = {
	{ .name = "overrideLocalDNS", .type = API_BOOL,
	  .help = "the nameservers replace those of the device" },
	{ .name = "magicDNS", .type = API_BOOL }, END,
};
static const struct api_object configuration_preferences = {
	"DNSConfigurationPreferences", configuration_preferences_fields };
static const struct api_field configuration_fields[] = {
	MANY("nameservers", resolver), ONE("splitDNS", split_map),
	{ .name = "searchPaths", .type = API_LIST, .item = API_TEXT,
	  .example = "[\"corp.example\"]" },
	ONE("preferences", configuration_preferences), END,
};
static const struct api_object configuration = { "DNSConfiguration", configuration_fields };

const struct route route_v2_dns_configuration_get = {
	.method = HTTP_GET,
	.path = "/api/v2/tailnet/{tailnet}/dns/configuration",
	.auth = AUTH_API,
	.scope = SCOPE_DNS_READ,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = configuration_get,
	.op = &(const struct api_op){
		.id = "getDnsConfiguration", .tag = "DNS", .summary = "Get DNS configuration",
		.answer = &configuration,
	},
};

const struct route route_v2_dns_configuration_set = {
	.method = HTTP_POST,
	.path = "/api/v2/tailnet/{tailnet}/dns/configuration",
	.auth = AUTH_API,
	.scope = SCOPE_DNS,
	.txn = TXN_WRITE,
	.body_max = DNS_BODY_MAX,
	.handle = configuration_set,
	.op = &(const struct api_op){
		.id = "setDnsConfiguration", .tag = "DNS", .summary = "Set DNS configuration",
		.help = "All of it: what is left out is empty or off then.",
		.body = &configuration, .answer = &configuration, .errors = "400 415 422 501",
	},
};
