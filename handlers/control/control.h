/*
 * handlers/control/control.h -- what the endpoints inside a Noise session share.
 */
#ifndef HANDLERS_CONTROL_CONTROL_H
#define HANDLERS_CONTROL_CONTROL_H

#include "lib/http/req.h"
#include "lib/json/json.h"
#include "lib/model/model.h"

/*
 * tailcfg.CapabilityVersion 113 is Tailscale 1.80, the oldest client that is
 * served; newer numbers than any known must be taken.
 */
#define CAPVER_MIN 113

#define CONTROL_BODY_MAX (1024 * 1024)	/* bytes of JSON in a request */
#define CONTROL_DEPTH_MAX 32

/* The body as a JSON object; ERR_BADREQ with a text if it is none. */
must_check enum err control_body(struct req *rq, jv **out);

/*
 * A public key of the body in its text form (lower case), or "" if absent or
 * all zero, which is how Go writes "none".  ERR_BADREQ if malformed.
 */
must_check enum err control_key(struct req *rq, jv *body, const char *name,
    const char *prefix, const char **out);

/* A time of the body; TIME_NONE if absent or Go's zero time. */
must_check enum err control_time(struct req *rq, jv *body, const char *name, int64_t *ms);

#endif
