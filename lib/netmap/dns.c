/* lib/netmap/dns.c -- tailcfg.DNSConfig from the configuration and the extra records. */
#include "lib/netmap/dns.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/ip.h"
#include "lib/netmap/name.h"

struct records {
	struct dns_record *v;
	size_t n;
};

static bool
record_valid(const struct dns_record *r)
{
	size_t n = strlen(r->name);
	struct ip ip;

	if (n == 0 || n > NAME_FQDN_MAX || strpbrk(r->name, " \t\"\\/") != NULL)
		return false;
	if (!ip_read(str_of(r->value), &ip))
		return false;
	return strcmp(r->type, ip.family == 4 ? "A" : "AAAA") == 0;
}

static int
by_record(const void *pa, const void *pb)
{
	const struct dns_record *a = pa, *b = pb;
	int c = strcmp(a->name, b->name);

	if (c == 0)
		c = strcmp(a->type, b->type);
	return c != 0 ? c : strcmp(a->value, b->value);
}

static const char *
lower_name(struct arena *a, const char *name)
{
	char *s = arena_strdup(a, name);
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (s[i] >= 'A' && s[i] <= 'Z')
			s[i] = (char)(s[i] - 'A' + 'a');
	if (n > 0 && s[n - 1] == '.')
		s[n - 1] = '\0';
	return s;
}

static const char *
records_json(struct arena *a, struct records *r)
{
	struct buf out;
	struct jw w;

	if (r->n > 1)
		qsort(r->v, r->n, sizeof(r->v[0]), by_record);
	buf_init(&out, SIZE_MAX);
	jw_init(&w, &out);
	jw_arr(&w);
	for (size_t i = 0; i < r->n; i++) {
		if (i > 0 && by_record(&r->v[i], &r->v[i - 1]) == 0)
			continue;
		jw_obj(&w);
		jw_kstr(&w, "Name", r->v[i].name);
		jw_kstr(&w, "Type", r->v[i].type);
		jw_kstr(&w, "Value", r->v[i].value);
		jw_end_obj(&w);
	}
	jw_end_arr(&w);
	return buf_text(&out, a);
}

const char *
dns_records_read(struct arena *a, struct str text, const char **why)
{
	jv *doc = json_parse(a, text, 4, why);
	struct records r = { 0 };

	if (doc == NULL)
		return NULL;
	*why = "it must be a JSON array of {\"name\",\"type\",\"value\"}";
	if (!json_is(doc, JSON_ARR) || json_len(doc) > EXTRA_RECORDS_MAX)
		return NULL;
	r.v = arena_array(a, json_len(doc), sizeof(r.v[0]));
	for (size_t i = 0; i < json_len(doc); i++) {
		jv *o = json_at(doc, i);
		r.v[i] = (struct dns_record){
			.name = lower_name(a, json_get_str(o, "name", "")),
			.type = json_get_str(o, "type", "A"),
			.value = json_get_str(o, "value", ""),
		};
		if (!record_valid(&r.v[i])) {
			*why = arena_printf(a, "record %zu (%.60s) is not a name with "
			    "an A or AAAA address", i + 1, r.v[i].name);
			return NULL;
		}
	}
	r.n = json_len(doc);
	return records_json(a, &r);
}

/* All extra records: the configuration's and the stored ones. */
static struct records
gather(struct arena *a, const struct config *cfg, const char *stored)
{
	jv *doc = stored ? json_parse(a, str_of(stored), 4, NULL) : NULL;
	struct records r = { 0 };

	r.v = arena_array(a, cfg->n_extra + json_len(doc), sizeof(r.v[0]));
	for (size_t i = 0; i < cfg->n_extra; i++)
		r.v[r.n++] = cfg->extra[i];
	for (size_t i = 0; i < json_len(doc); i++) {
		jv *o = json_at(doc, i);
		r.v[r.n++] = (struct dns_record){
			.name = json_get_str(o, "Name", ""),
			.type = json_get_str(o, "Type", "A"),
			.value = json_get_str(o, "Value", ""),
		};
	}
	return r;
}

static void
write_resolvers(struct jw *w, const char *key, const struct text_list *servers)
{
	jw_key(w, key);
	jw_arr(w);
	for (size_t i = 0; i < servers->n; i++) {
		jw_obj(w);
		jw_kstr(w, "Addr", servers->v[i]);
		jw_end_obj(w);
	}
	jw_end_arr(w);
}

/* Is 'name' the domain or below it? */
static bool
within(const char *name, const char *domain)
{
	size_t n = strlen(name), d = strlen(domain);

	if (d == 0 || n < d || strcmp(name + n - d, domain) != 0)
		return false;
	return n == d || name[n - d - 1] == '.';
}

static bool
has_route(const struct config *cfg, const char *name)
{
	if (within(name, cfg->base_domain))
		return true;
	for (size_t i = 0; i < cfg->n_split; i++)
		if (within(name, cfg->split[i].domain))
			return true;
	return false;
}

/*
 * A client without global resolvers asks us only for domains with a route.  So
 * a foreign record name is routed to the global nameservers; with none it is
 * answered by the client alone (an empty list).
 */
static void
write_routes(struct jw *w, const struct config *cfg, const struct records *r)
{
	const char *last = "";

	jw_key(w, "Routes");
	jw_obj(w);
	for (size_t i = 0; i < cfg->n_split; i++)
		write_resolvers(w, cfg->split[i].domain, &cfg->split[i].servers);
	for (size_t i = 0; i < r->n; i++) {
		if (has_route(cfg, r->v[i].name) || strcmp(last, r->v[i].name) == 0)
			continue;
		last = r->v[i].name;
		write_resolvers(w, last, &cfg->nameservers);
	}
	jw_end_obj(w);
}

static void
write_domains(struct jw *w, const struct config *cfg)
{
	jw_key(w, "Domains");
	jw_arr(w);
	if (cfg->base_domain[0] != '\0')
		jw_str(w, cfg->base_domain);
	for (size_t i = 0; i < cfg->search_domains.n; i++)
		jw_str(w, cfg->search_domains.v[i]);
	jw_end_arr(w);
}

const char *
dns_config_json(struct arena *a, const struct config *cfg, const char *stored)
{
	struct records r = gather(a, cfg, stored);
	const char *records = records_json(a, &r);	/* sorts r */
	struct buf out;
	struct jw w;

	buf_init(&out, SIZE_MAX);
	jw_init(&w, &out);
	jw_obj(&w);
	if (cfg->magic_dns)
		jw_kbool(&w, "Proxied", true);
	write_domains(&w, cfg);
	if (cfg->nameservers.n > 0)
		write_resolvers(&w, cfg->override_local_dns ? "Resolvers" :
		    "FallbackResolvers", &cfg->nameservers);
	write_routes(&w, cfg, &r);
	if (r.n > 0)
		jw_kraw(&w, "ExtraRecords", records);
	jw_end_obj(&w);
	return buf_text(&out, a);
}

/* ---- NextDNS ---- */

#define NEXTDNS "\"Addr\":\"https://dns.nextdns.io"

/* The first resolver of theirs at or after 'text', behind its host; NULL if there is none. */
static const char *
nextdns_find(const char *text)
{
	const char *at = text;

	while ((at = strstr(at, NEXTDNS)) != NULL) {
		at += strlen(NEXTDNS);
		if (*at == '"' || *at == '/' || *at == '?')
			return at;
	}
	return NULL;
}

bool
dns_is_personal(const char *json)
{
	return nextdns_find(json) != NULL;
}

static void
put_escaped(struct buf *out, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789-._~";

	for (; *text != '\0'; text++)
		if (strchr(plain, *text) != NULL)
			buf_byte(out, (uint8_t)*text);
		else
			buf_printf(out, "%%%02X", (unsigned char)*text);
}

static void
put_query(struct buf *out, char before, const char *name, const char *value)
{
	buf_printf(out, "%c%s=", before, name);
	put_escaped(out, value);
}

/* The rest of an address, behind the host; 'n' bytes of it stand in the configuration. */
static void
put_nextdns(struct buf *out, const char *rest, size_t n, const struct dns_device *d)
{
	const char *query = memchr(rest, '?', n);
	size_t path = query != NULL ? (size_t)(query - rest) : n;

	if (d->profile != NULL)
		buf_printf(out, "/%s", d->profile);
	else
		buf_put(out, rest, path);
	buf_put(out, rest + path, n - path);
	if (d->nothing)
		return;
	put_query(out, query != NULL ? '&' : '?', "device_name", d->name);
	put_query(out, '&', "device_model", d->model);
	put_query(out, '&', "device_ip", d->ip);
}

const char *
dns_config_personal(struct arena *a, const char *json, const struct dns_device *d)
{
	const char *at;
	struct buf out;
	size_t n;

	buf_init(&out, SIZE_MAX);
	while ((at = nextdns_find(json)) != NULL) {
		buf_put(&out, json, (size_t)(at - json));
		n = strcspn(at, "\"\\");	/* a backslash: what follows is kept as it is */
		put_nextdns(&out, at, n, d);
		json = at + n;
	}
	buf_str(&out, json);
	return buf_text(&out, a);
}
