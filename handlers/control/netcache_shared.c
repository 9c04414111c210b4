/*
 * handlers/control/netcache_shared.c -- what is the same for every viewer: users, DNS, DERP map.
 */
#include <stdlib.h>
#include <string.h>

#include "handlers/control/netcache_impl.h"
#include "lib/base/ids.h"
#include "lib/base/log.h"
#include "lib/netmap/derpmap.h"
#include "lib/netmap/dns.h"
#include "lib/policy/attrs.h"
#include "lib/policy/ssh.h"
#include "lib/store/store.h"

static char *
profile_json(const struct user *u)
{
	struct buf out;
	struct jw w;
	char *text;

	buf_init(&out, MAP_BYTES_MAX);
	jw_init(&w, &out);
	if (u != NULL)
		node_json_profile(&w, u);
	else
		node_json_tagged_profile(&w);
	buf_byte(&out, '\0');
	text = xstrdup((const char *)out.p);
	buf_fini(&out);
	return text;
}

static void
clear_profiles(struct netcache *c)
{
	for (size_t i = 0; i < c->n_profiles; i++)
		free(c->profiles[i].json);
	free(c->profiles);
	c->profiles = NULL;
	c->n_profiles = 0;
}

static int
by_id(const void *pa, const void *pb)
{
	const struct profile *a = pa, *b = pb;

	return a->id < b->id ? -1 : a->id > b->id;
}

enum err
netcache_load_users(struct req *rq)
{
	struct netcache *c = rq->cache;
	struct user *v;
	size_t n;
	enum err e = store_users(rq->db, rq->arena, &v, &n);

	if (e != OK)
		return e;
	clear_profiles(c);
	c->profiles = xcalloc(n + 1, sizeof(*c->profiles));
	for (size_t i = 0; i < n; i++)
		c->profiles[i] = (struct profile){ v[i].id, profile_json(&v[i]) };
	c->profiles[n] = (struct profile){ TAGGED_USER_ID, profile_json(NULL) };
	c->n_profiles = n + 1;
	qsort(c->profiles, c->n_profiles, sizeof(*c->profiles), by_id);
	c->tail.fresh = c->tail.z_fresh = false;
	return OK;
}

struct str
netcache_profile(const struct netcache *c, int64_t user_id)
{
	struct profile key = { user_id, NULL };
	const struct profile *p = c->n_profiles == 0 ? NULL :
	    bsearch(&key, c->profiles, c->n_profiles, sizeof(key), by_id);

	return p ? str_of(p->json) : (struct str){ "", 0 };
}

static enum err
load_document(struct req *rq, const char *name, char **to)
{
	const char *text;
	enum err e = store_document(rq->db, rq->arena, name, &text);

	if (e != OK)
		return e;
	free(*to);
	*to = xstrdup(text ? text : "");
	return OK;
}

/* Before the first tick there is no such document. */
enum err
netcache_load_settings(struct req *rq)
{
	const char *text;
	enum err e = store_document(rq->db, rq->arena, DOCUMENT_SETTINGS, &text);
	jv *v = text == NULL ? NULL :
	    json_parse(rq->arena, str_of(text), JSON_DEPTH_DEFAULT, NULL);

	rq->cache->auto_update = json_get_bool(v, "auto_update", rq->cfg->auto_update);
	return e;
}

/* Does the policy say that its relays are all there are? */
static bool
alone(struct arena *a, const char *derp_map)
{
	return json_get_bool(json_parse(a, str_of(derp_map), JSON_DEPTH_DEFAULT, NULL),
	    "OmitDefaultRegions", false);
}

/* Lays the policy's relays over those of the configuration. */
static void
add_policys_relays(struct req *rq)
{
	struct netcache *c = rq->cache;
	const struct policy *p = net_policy(c->net);
	struct derpmap *m = derpmap_new(rq->arena);
	const char *why = "";

	if (p == NULL || p->derp_map == NULL)
		return;
	if (c->derpmap[0] != '\0' && strcmp(c->derpmap, DERPMAP_NO_RELAY) != 0 &&
	    !alone(rq->arena, p->derp_map) && derpmap_add(m, str_of(c->derpmap), &why) != OK)
		log_warn("the stored DERP map does not read: %s", why);
	if (derpmap_add(m, str_of(p->derp_map), &why) != OK)
		log_warn("the policy's derpMap is left out: %s", why);
	free(c->derpmap);
	c->derpmap = xstrdup(derpmap_regions(m) > 0 ? derpmap_json(m) : DERPMAP_NO_RELAY);
}

enum err
netcache_load_documents(struct req *rq)
{
	struct netcache *c = rq->cache;
	enum err e;

	if ((e = load_document(rq, DOCUMENT_DNS, &c->dns)) != OK ||
	    (e = load_document(rq, DOCUMENT_DERPMAP, &c->derpmap)) != OK)
		return e;
	if (c->dns[0] == '\0') {	/* before the first tick */
		free(c->dns);
		c->dns = xstrdup(dns_config_json(rq->arena, rq->cfg, NULL));
	}
	add_policys_relays(rq);
	c->tail.fresh = c->tail.z_fresh = false;
	return OK;
}

const char *
netcache_dns(const struct netcache *c)
{
	return c->dns;
}

bool
netcache_dns_is_personal(const struct netcache *c)
{
	return dns_is_personal(c->dns);
}

const char *
netcache_dns_of(struct req *rq, const struct node *n)
{
	const struct net_node *as = net_node(rq->cache->net, n->id);
	struct attrs_nextdns attrs = { .profile = NULL };
	struct dns_device d = { .name = n->hostname, .model = n->os,
	    .ip = n->ipv4 != NULL ? n->ipv4 : n->ipv6 != NULL ? n->ipv6 : "" };

	if (!netcache_dns_is_personal(rq->cache))
		return rq->cache->dns;
	if (as != NULL)
		(void)attrs_nextdns(rq->cache->net, as, &attrs);
	d.profile = attrs.profile;
	d.nothing = attrs.no_device_info;
	return dns_config_personal(rq->arena, rq->cache->dns, &d);
}

const char *
netcache_derpmap(const struct netcache *c)
{
	return c->derpmap;
}

void
netcache_clear_shared(struct netcache *c)
{
	clear_profiles(c);
	free(c->dns);
	free(c->derpmap);
	c->dns = c->derpmap = NULL;
	ready_fini(&c->tail);
}

const char *
netcache_domain(const struct req *rq)
{
	const char *host = strstr(rq->cfg->url, "://");

	if (rq->cfg->base_domain[0] != '\0')
		return rq->cfg->base_domain;
	host = host ? host + 3 : rq->cfg->url;
	return arena_strndup(rq->arena, host, strcspn(host, ":/"));
}

static void
put_all_profiles(struct netcache *c, struct jw *w)
{
	jw_key(w, "UserProfiles");
	jw_arr(w);
	for (size_t i = 0; i < c->n_profiles; i++)
		jw_raw(w, str_of(c->profiles[i].json));
	jw_end_arr(w);
}

/*
 * It continues the object of the head, so a comma takes the place of its brace.
 * Without a DNS configuration (NULL) it is for one who is not admitted.
 */
static void
tail_text(struct req *rq, const char *dns, struct buf *out)
{
	struct netcache *c = rq->cache;
	struct jw w;

	jw_init(&w, out);
	jw_obj(&w);
	if (c->derpmap[0] != '\0')
		jw_kraw(&w, "DERPMap", c->derpmap);
	jw_kraw(&w, "DNSConfig", dns != NULL ? dns : "{}");
	jw_kstr(&w, "Domain", netcache_domain(rq));
	if (dns != NULL && net_all_visible(c->net))
		put_all_profiles(c, &w);
	jw_kbool(&w, "CollectServices", false);
	if (!rq->cfg->logtail)
		jw_kraw(&w, "Debug", "{\"DisableLogTail\":true}");
	jw_end_obj(&w);
	if (out->n > 0 && !out->over)
		out->p[0] = ',';
}

/* One that is made for one node. */
static void
put_own_tail(struct req *rq, const char *dns, bool zstd, struct buf *out)
{
	struct buf text;

	buf_init(&text, MAP_BYTES_MAX);
	tail_text(rq, dns, &text);
	netcache_put_text(rq->cache, buf_as_str(&text), zstd, out);
	buf_fini(&text);
}

void
netcache_put_tail(struct req *rq, const struct node *n, bool zstd, struct buf *out)
{
	struct ready *r = &rq->cache->tail;

	if (netcache_dns_is_personal(rq->cache)) {
		put_own_tail(rq, netcache_dns_of(rq, n), zstd, out);
		return;
	}
	if (!r->fresh) {
		r->plain.max = MAP_BYTES_MAX;
		buf_clear(&r->plain);
		tail_text(rq, rq->cache->dns, &r->plain);
		r->fresh = true;
		r->z_fresh = false;
	}
	ready_put(rq->cache, r, zstd, out);
}

void
netcache_put_tail_outside(struct req *rq, bool zstd, struct buf *out)
{
	put_own_tail(rq, NULL, zstd, out);
}

/* ---- what is the viewer's own ---- */

void
netcache_put_filters(struct netcache *c, int64_t node, struct buf *out)
{
	/* "*":null first, so that nothing of an earlier map stays. */
	buf_str(out, "{\"*\":null,\"base\":");
	net_filter(c->net, node, out);
	buf_byte(out, '}');
}

bool
netcache_put_ssh(struct req *rq, int64_t node, struct buf *out)
{
	if (net_policy(rq->cache->net) != NULL &&
	    ssh_policy_json(rq->cache->net, node, rq->cfg->url, out))
		return true;
	buf_str(out, "{\"rules\":[]}");
	return false;
}

void
netcache_put_profiles(struct req *rq, int64_t owner, const int64_t *ids, uint32_t n,
    struct buf *out)
{
	int64_t *owners = arena_array(rq->arena, (size_t)n + 1, sizeof(*owners));
	size_t n_owners = 0;
	struct jw w;

	owners[n_owners++] = owner;
	for (uint32_t i = 0; i < n; i++) {
		int64_t id = netcache_owner(rq->cache, ids[i]);
		if (id != owners[n_owners - 1])	/* neighbours mostly are one user's */
			owners[n_owners++] = id;
	}
	n_owners = ids_sort_unique(owners, n_owners);
	jw_init(&w, out);
	jw_arr(&w);
	for (size_t i = 0; i < n_owners; i++) {
		struct str json = netcache_profile(rq->cache, owners[i]);
		if (json.n > 0)
			jw_raw(&w, json);
	}
	jw_end_arr(&w);
}
