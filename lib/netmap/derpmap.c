/* lib/netmap/derpmap.c -- DERP maps: merged from documents, written anew. */
#include "lib/netmap/derpmap.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/ip.h"
#include "lib/json/json.h"

struct region {
	int64_t id;
	const char *json;	/* as clients get it; NULL if removed */
};

struct derpmap {
	struct arena *arena;
	struct region v[DERP_REGIONS_MAX];
	size_t n;
};

struct derpmap *
derpmap_new(struct arena *a)
{
	struct derpmap *m = arena_alloc(a, sizeof(*m));

	m->arena = a;
	return m;
}

/* "", "none" or an address of that family (tailcfg.DERPNode.IPv4). */
static bool
address_ok(const char *s, uint8_t family)
{
	struct ip ip;

	return s[0] == '\0' || strcmp(s, "none") == 0 ||
	    (ip_read(str_of(s), &ip) && ip.family == family);
}

/* Writes one node; NULL or what is wrong with it. */
static const char *
write_node(struct jw *w, jv *o, int64_t region)
{
	static const char *const bools[] = { "STUNOnly", "InsecureForTests", "CanPort80" };
	int64_t stun = json_get_i64(o, "STUNPort", 0), derp = json_get_i64(o, "DERPPort", 0);

	if (json_get_str(o, "Name", "")[0] == '\0' || json_get_str(o, "HostName", "")[0] == '\0')
		return "a node needs Name and HostName";
	if (!address_ok(json_get_str(o, "IPv4", ""), 4) ||
	    !address_ok(json_get_str(o, "IPv6", ""), 6))
		return "IPv4 and IPv6 of a node are an address, \"none\" or absent";
	if (stun < -1 || stun > UINT16_MAX || derp < 0 || derp > UINT16_MAX)
		return "a port is out of range";
	jw_obj(w);
	jw_copy_str(w, o, "Name");
	jw_ki64(w, "RegionID", region);
	jw_copy_str(w, o, "HostName");
	jw_copy_str(w, o, "CertName");
	jw_copy_str(w, o, "IPv4");
	jw_copy_str(w, o, "IPv6");
	jw_copy_i64(w, o, "STUNPort");
	jw_copy_i64(w, o, "DERPPort");
	jw_copy_str(w, o, "STUNTestIP");
	for (size_t i = 0; i < sizeof(bools) / sizeof(bools[0]); i++)
		jw_copy_bool(w, o, bools[i]);
	jw_end_obj(w);
	return NULL;
}

static const char *
write_region(struct jw *w, jv *o, int64_t id)
{
	jv *nodes = json_get(o, "Nodes");
	const char *why;

	if (json_len(nodes) == 0 || json_len(nodes) > DERP_NODES_MAX)
		return "a region needs Nodes, and not too many";
	jw_obj(w);
	jw_ki64(w, "RegionID", id);
	jw_copy_str(w, o, "RegionCode");
	jw_copy_str(w, o, "RegionName");
	jw_copy_bool(w, o, "Avoid");
	jw_copy_bool(w, o, "NoMeasureNoHome");
	jw_key(w, "Nodes");
	jw_arr(w);
	for (size_t i = 0; i < json_len(nodes); i++)
		if ((why = write_node(w, json_at(nodes, i), id)) != NULL)
			return why;
	jw_end_arr(w);
	jw_end_obj(w);
	return NULL;
}

/* The region as JSON in the arena; NULL and *why if it is malformed. */
static const char *
region_json(struct arena *a, jv *o, int64_t id, const char **why)
{
	struct buf out;
	struct jw w;

	buf_init(&out, DERPMAP_BYTES_MAX);
	jw_init(&w, &out);
	*why = write_region(&w, o, id);
	if (*why == NULL && out.over)
		*why = "a region is too large";
	if (*why == NULL)
		return buf_text(&out, a);
	buf_fini(&out);
	return NULL;
}

struct adding {
	struct derpmap *m;
	const char *why;
};

static void
region_put(struct adding *ad, int64_t id, const char *json)
{
	struct derpmap *m = ad->m;

	for (size_t i = 0; i < m->n; i++) {
		if (m->v[i].id == id) {
			m->v[i].json = json;
			return;
		}
	}
	if (m->n == DERP_REGIONS_MAX)
		ad->why = "too many regions";
	else
		m->v[m->n++] = (struct region){ id, json };
}

static void
add_region(void *arg, const char *key, jv *value)
{
	struct adding *ad = arg;
	const char *json = NULL;
	int64_t id;

	if (ad->why != NULL)
		return;
	if (!str_i64(str_of(key), &id) || id < 1 || id > UINT16_MAX) {
		ad->why = "a region's number must be 1 to 65535";
		return;
	}
	if (value != NULL && (json = region_json(ad->m->arena, value, id, &ad->why)) == NULL)
		return;
	region_put(ad, id, json);
}

enum err
derpmap_add(struct derpmap *m, struct str text, const char **why)
{
	jv *doc = json_parse(m->arena, text, JSON_DEPTH_DEFAULT, why), *regions;
	struct derpmap *before = arena_alloc(m->arena, sizeof(*before));
	struct adding ad = { m, NULL };

	if (doc == NULL)
		return ERR_BADREQ;
	regions = json_get(doc, "Regions");
	if (!json_is(regions, JSON_OBJ)) {
		*why = "it must be an object with Regions";
		return ERR_BADREQ;
	}
	*before = *m;
	json_each(regions, add_region, &ad);
	if (ad.why == NULL)
		return OK;
	*m = *before;
	*why = ad.why;
	return ERR_BADREQ;
}

size_t
derpmap_regions(const struct derpmap *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		n += m->v[i].json != NULL;
	return n;
}

static int
by_id(const void *pa, const void *pb)
{
	const struct region *a = pa, *b = pb;

	return a->id < b->id ? -1 : a->id > b->id;
}

const char *
derpmap_json(const struct derpmap *m)
{
	struct region *v = arena_array(m->arena, m->n, sizeof(*v));
	struct buf out;
	const char *sep = "";

	if (m->n > 0) {
		memcpy(v, m->v, m->n * sizeof(*v));
		qsort(v, m->n, sizeof(*v), by_id);
	}
	buf_init(&out, SIZE_MAX);
	buf_str(&out, "{\"Regions\":{");
	for (size_t i = 0; i < m->n; i++) {
		if (v[i].json == NULL)
			continue;
		buf_printf(&out, "%s\"%lld\":%s", sep, (long long)v[i].id, v[i].json);
		sep = ",";
	}
	buf_str(&out, "}}");
	return buf_text(&out, m->arena);
}
