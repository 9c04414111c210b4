/*
 * lib/netmap/derpmap.h -- tailcfg.DERPMap: merged from documents, written anew.
 *
 * A DERP map comes from files and from the network and goes to every client;
 * one member of a wrong type would end every client's poll.  So it is read
 * field by field and written with the right types.
 */
#ifndef LIB_NETMAP_DERPMAP_H
#define LIB_NETMAP_DERPMAP_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/str.h"

#define DERPMAP_BYTES_MAX (4u * 1024 * 1024)	/* of one document */
#define DERP_REGIONS_MAX 1024
#define DERP_NODES_MAX 64			/* in one region */

struct derpmap;

/*
 * What clients get while no region is known at all.  A client stays in state
 * Starting for ever without a region, even where it could reach its peers
 * directly; with one that nobody answers for it runs.  Port 9 of the client's
 * own loopback refuses at once and bothers nobody.
 */
#define DERPMAP_NO_RELAY "{\"Regions\":{\"999\":{\"RegionID\":999," \
	"\"RegionCode\":\"none\",\"RegionName\":\"No relay\",\"Nodes\":[{" \
	"\"Name\":\"999none\",\"RegionID\":999,\"HostName\":\"127.0.0.1\"," \
	"\"IPv4\":\"127.0.0.1\",\"IPv6\":\"none\",\"STUNPort\":-1,\"DERPPort\":9}]}}}"

struct derpmap *derpmap_new(struct arena *a);

/*
 * Lays a document ({"Regions":{"1":{…},"9":null}}) over the map: a region
 * replaces the one of its number, null removes it.  On ERR_BADREQ the map is
 * as before and *why says what is wrong.
 */
must_check enum err derpmap_add(struct derpmap *m, struct str text, const char **why);

size_t derpmap_regions(const struct derpmap *m);

/* The whole as JSON, regions by number. */
const char *derpmap_json(const struct derpmap *m);

#endif
