/*
 * handlers/api/v2_connectivity.c -- member "clientConnectivity" of a device: where it can
 * be reached, and how well it reaches the relays.
 *
 * Clients report it as tailcfg.NetInfo: seconds by "<region>-v4" or "-v6"; shown are
 * milliseconds by the region's name.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handlers/api/v2_device.h"
#include "lib/netmap/endpoints.h"

struct v2_regions {
	jv *map;	/* {"1":{"RegionName":…}} */
};

enum err
v2_regions_load(struct req *rq, struct v2_regions **out)
{
	const char *text;
	enum err e = store_document(rq->db, rq->arena, DOCUMENT_DERPMAP, &text);
	jv *map;

	if (e != OK)
		return e;
	map = json_parse(rq->arena, str_of(text), JSON_DEPTH_DEFAULT, NULL);
	*out = arena_alloc(rq->arena, sizeof(**out));
	**out = (struct v2_regions){ .map = json_get(map, "Regions") };
	return OK;
}

/* A region that is not known any more is called by its number. */
static const char *
region_name(struct arena *a, const struct v2_regions *r, int64_t id)
{
	const char *number = arena_printf(a, "%" PRId64, id);
	const char *name = json_get_str(json_get(r->map, number), "RegionName", "");

	return *name != '\0' ? name : number;
}

#define LATENCIES_MAX 128	/* regions of one device that are shown */

struct latencies {
	struct { int64_t region; double seconds; } v[LATENCIES_MAX];
	size_t n;
};

/* The better one of IPv4 and IPv6 counts. */
static void
note_latency(void *arg, const char *key, jv *value)
{
	struct latencies *l = arg;
	double seconds = json_num(value);
	long region = strtol(key, NULL, 10);
	size_t i = 0;

	if (region <= 0 || !(seconds > 0) || seconds > 3600)
		return;
	while (i < l->n && l->v[i].region != region)
		i++;
	if (i == LATENCIES_MAX)
		return;
	if (i == l->n) {
		l->n++;
		l->v[i].region = region;
		l->v[i].seconds = seconds;
	} else if (seconds < l->v[i].seconds) {
		l->v[i].seconds = seconds;
	}
}

static void
put_latencies(struct jw *w, struct arena *a, const struct v2_regions *r, jv *netinfo,
    int64_t home)
{
	struct latencies l = { .n = 0 };
	char ms[32];

	json_each(json_get(netinfo, "DERPLatency"), note_latency, &l);
	jw_key(w, "latency");
	jw_obj(w);
	for (size_t i = 0; i < l.n; i++) {
		jw_key(w, region_name(a, r, l.v[i].region));
		jw_obj(w);
		(void)snprintf(ms, sizeof(ms), "%.3f", l.v[i].seconds * 1000);
		jw_kraw(w, "latencyMs", ms);
		if (l.v[i].region == home)
			jw_kbool(w, "preferred", true);
		jw_end_obj(w);
	}
	jw_end_obj(w);
}

static void
put_supports(struct jw *w, jv *netinfo)
{
	jw_key(w, "clientSupports");
	jw_obj(w);
	jw_kbool(w, "hairPinning", json_get_bool(netinfo, "HairPinning", false));
	jw_kbool(w, "ipv6", json_get_bool(netinfo, "WorkingIPv6", false));
	jw_kbool(w, "pcp", json_get_bool(netinfo, "PCP", false));
	jw_kbool(w, "pmp", json_get_bool(netinfo, "PMP", false));
	jw_kbool(w, "udp", json_get_bool(netinfo, "WorkingUDP", false));
	jw_kbool(w, "upnp", json_get_bool(netinfo, "UPnP", false));
	jw_end_obj(w);
}

void
v2_put_connectivity(struct jw *w, struct arena *a, const struct v2_regions *r,
    const struct node *n)
{
	jv *netinfo = json_parse(a, str_of(n->netinfo), JSON_DEPTH_DEFAULT, NULL);

	jw_key(w, "clientConnectivity");
	jw_obj(w);
	jw_kraw(w, "endpoints", endpoints_clean(a, n->endpoints));
	jw_kstr(w, "derp", n->home_derp > 0 ? region_name(a, r, n->home_derp) : "");
	jw_kbool(w, "mappingVariesByDestIP",
	    json_get_bool(netinfo, "MappingVariesByDestIP", false));
	put_latencies(w, a, r, netinfo, n->home_derp);
	put_supports(w, netinfo);
	jw_end_obj(w);
}
