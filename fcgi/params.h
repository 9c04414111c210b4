/*
 * fcgi/params.h -- the variables of a request, as a web server gives them.
 *
 * Handlers find each name once.  A header that came in two lines is one list (RFC 9110,
 * 5.3), which some web servers leave to us; any other name with two values is refused:
 * whichever counted, somebody would have meant the other.
 */
#ifndef FCGI_PARAMS_H
#define FCGI_PARAMS_H

#include "lib/http/req.h"

/*
 * From "NAME=value" texts, ending with NULL, to rq->params; those that only the notifier
 * may set are left out where rq->origin is another.  NULL, or what is wrong, and then
 * there are none.
 */
const char *params_take(struct req *rq, char *const *env);

#endif
