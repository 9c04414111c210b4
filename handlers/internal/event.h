/*
 * handlers/internal/event.h -- what a webhook is sent, in Tailscale's format.
 */
#ifndef HANDLERS_INTERNAL_EVENT_H
#define HANDLERS_INTERNAL_EVENT_H

#include "lib/http/req.h"
#include "lib/model/model.h"

#define EVENT_BODY_MAX ((size_t)32 * 1024 * 1024)

/*
 * Writes as many of the events, from the first on, as one request should carry, in the
 * form that the webhook's provider takes; *taken says how many, at least 1.
 */
must_check enum err event_body(struct req *rq, const struct webhook *w,
    const struct webhook_event *v, size_t n, struct str *body, size_t *taken);

#endif
