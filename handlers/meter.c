/*
 * handlers/meter.c -- counts the requests that were answered.
 *
 * By family and not by path: paths hold ids, and a metric with a line for each of them
 * would grow with whatever the world asks for.
 */
#include "handlers/meter.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/http/route.h"
#include "lib/metrics/metrics.h"

static enum metrics_family
family_of_machine(const char *path)
{
	if (strcmp(path, "/machine/map") == 0)
		return METRICS_F_MAP;
	return strcmp(path, "/machine/register") == 0 ? METRICS_F_REGISTER : METRICS_F_MACHINE;
}

static enum metrics_family
family_of(const struct route *r)
{
	if (r == NULL)
		return METRICS_F_NONE;
	switch (r->auth) {
	case AUTH_PUBLIC:
		return METRICS_F_PAGE;
	case AUTH_MACHINE:
		return family_of_machine(r->path);
	case AUTH_NOTIFIER:
		return strcmp(r->path, "/internal/delta") == 0 ? METRICS_F_DELTA :
		    METRICS_F_INTERNAL;
	case AUTH_API:
		return str_starts(str_of(r->path), "/api/v2/") ? METRICS_F_API_V2 :
		    METRICS_F_API_V1;
	}
	return METRICS_F_NONE;
}

void
meter_request(const struct req *rq, int64_t begun_ns)
{
	enum metrics_family f = family_of(rq->route);

	metrics_add(METRIC_REQUESTS, f * METRICS_STATUSES + metrics_status(rq->status), 1);
	metrics_observe(METRIC_REQUEST_SECONDS, f, clock_mono_ns() - begun_ns);
}
