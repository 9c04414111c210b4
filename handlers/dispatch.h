/*
 * handlers/dispatch.h -- from a request to its whole answer.
 *
 * What every endpoint needs done before and after, by the data in its route
 * row: who may call, how large a body, which transaction, which status.
 */
#ifndef HANDLERS_DISPATCH_H
#define HANDLERS_DISPATCH_H

#include "lib/http/req.h"

/*
 * Answers 'rq': the carrier has set its first part and called req_begin().  With
 * db NULL, endpoints that need it answer 503.  Afterwards status, head, ctype and out are the answer; the caller sends them
 * and calls req_end().  Never fails: a failure is an answer too.
 */
void dispatch(struct req *rq);

/*
 * The largest body that the endpoint of 'rq' takes, 0 if there is none: a
 * carrier refuses more before it reads (answer: dispatch_too_big()).
 */
size_t dispatch_body_max(struct req *rq);

/* The answers that a carrier gives by itself, without asking an endpoint. */
void dispatch_too_big(struct req *rq);
void dispatch_refuse(struct req *rq, enum err e, const char *why);

#endif
