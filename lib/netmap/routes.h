/*
 * lib/netmap/routes.h -- lists of prefixes: what a node announces, what an admin approves.
 *
 * They are stored as JSON arrays of text, sorted and without doubles.  A text
 * that is no prefix is skipped when read: the database is open to the sqlite3
 * shell, and one slip there must not cost anybody the map.
 */
#ifndef LIB_NETMAP_ROUTES_H
#define LIB_NETMAP_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/ip.h"
#include "lib/json/json.h"

#define ROUTES_MAX 4096		/* of one node */

struct routes {
	struct prefix *v;	/* sorted by prefix_cmp(), no doubles, no host bits */
	size_t n;
};

/* From a JSON array (NULL is empty).  At most ROUTES_MAX are taken. */
struct routes routes_of(struct arena *a, jv *array);
struct routes routes_parse(struct arena *a, const char *json);

/* A stored list without what is no prefix; "[]" costs nothing. */
const char *routes_clean(struct arena *a, const char *json);

/* To the stored form. */
const char *routes_json(struct arena *a, const struct routes *r);

/* Adds one prefix, masked; keeps the order. */
void routes_add(struct arena *a, struct routes *r, struct prefix p);

/* The routes of either. */
struct routes routes_union(struct arena *a, const struct routes *x, const struct routes *y);

/* What both have: the routes in force. */
struct routes routes_both(struct arena *a, const struct routes *x, const struct routes *y);
bool routes_has(const struct routes *r, const struct prefix *p);

/* If one default route is in the list, the other is too: an exit node has both. */
void routes_pair_defaults(struct arena *a, struct routes *r);

#endif
