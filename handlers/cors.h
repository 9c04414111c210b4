/*
 * handlers/cors.h -- which web pages of elsewhere may use the API from a browser.
 *
 * Those whose origin stands in api.cors_origins; for all others no header says
 * anything, and the browser refuses.  Keys go in Authorization, which a page has to
 * know: there are no cookies, so nothing is ever sent along by itself.
 */
#ifndef HANDLERS_CORS_H
#define HANDLERS_CORS_H

#include "lib/http/req.h"

/*
 * Answers a browser's question before its request, if the origin is allowed; else
 * false, and OPTIONS is a method like any that nobody has.
 */
bool cors_preflight(struct req *rq);

/* Adds to a finished answer what lets an allowed page read it. */
void cors_mark(struct req *rq);

#endif
