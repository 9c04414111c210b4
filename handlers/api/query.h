/*
 * handlers/api/query.h -- a request's path and query, checked against the row's tables.
 */
#ifndef HANDLERS_API_QUERY_H
#define HANDLERS_API_QUERY_H

#include "lib/http/req.h"

/*
 * Are the {names} and the query as rq->route->op, which is there, describes them?  Else
 * ERR_BADREQ, with the place.  An empty text counts as absent.
 */
must_check enum err api_query_check(struct req *rq);

#endif
