/* handlers/meter.h -- counts the requests that were answered. */
#ifndef HANDLERS_METER_H
#define HANDLERS_METER_H

#include "lib/http/req.h"

/* 'rq' has its answer; 'begun_ns' is clock_mono_ns() from before. */
void meter_request(const struct req *rq, int64_t begun_ns);

#endif
