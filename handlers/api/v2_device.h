/*
 * handlers/api/v2_device.h -- a device as REST v2 shows it, and what lists choose by.
 */
#ifndef HANDLERS_API_V2_DEVICE_H
#define HANDLERS_API_V2_DEVICE_H

#include "handlers/api/put.h"
#include "handlers/api/v2.h"
#include "lib/netmap/name.h"

/* A node with what else its object is made of. */
struct v2_device {
	const struct node *n;
	const char *user;	/* the login name, or "tagged-devices" */
	const char *name;	/* with the base domain */
	bool shields_up;	/* it lets nobody in */
};

/* Members "advertisedRoutes" and "enabledRoutes". */
void v2_put_routes(struct jw *w, struct arena *a, const struct node *n);

/* ---- v2_filter.c ---- */

/* ?os=linux&tags=tag:a&tags=tag:b: what each member that is asked for may be. */
struct v2_filter;

/* NULL if nothing is asked for, which all devices satisfy. */
struct v2_filter *v2_filter_read(struct req *rq);

/* Every member that is asked for has one of the values. */
bool v2_filter_passes(const struct v2_filter *f, struct arena *a, const struct v2_device *d);

/* ---- v2_connectivity.c ---- */

/* The names of DERP regions. */
struct v2_regions;

must_check enum err v2_regions_load(struct req *rq, struct v2_regions **out);

/* Member "clientConnectivity". */
void v2_put_connectivity(struct jw *w, struct arena *a, const struct v2_regions *r,
    const struct node *n);

#endif
