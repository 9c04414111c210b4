/*
 * lib/netmap/endpoints.h -- where a node can be reached: lists of "ip:port".
 */
#ifndef LIB_NETMAP_ENDPOINTS_H
#define LIB_NETMAP_ENDPOINTS_H

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/json/json.h"

#define ENDPOINTS_MAX 64		/* of one node */
#define ENDPOINT_TEXT_MAX 60

/* "1.2.3.4:5" or "[fd7a::1]:5" (netip.AddrPort); no zone. */
bool endpoint_valid(const char *s);

/* The stored form of MapRequest.Endpoints: valid ones, in the client's order. */
const char *endpoints_json_of(struct arena *a, jv *array);

/* A stored list without what is no endpoint; nearly always 'json' itself. */
const char *endpoints_clean(struct arena *a, const char *json);

/* The same set, in whatever order? */
bool endpoints_same(struct arena *a, const char *x, const char *y);

#endif
