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
