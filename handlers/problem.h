/*
 * handlers/problem.h -- how an answer says what is wrong.
 *
 * REST v1 has RFC 7807's object, {"title","status","detail","errors"}; v2 has
 * Tailscale's, {"message","status","data"}; everything else a line of text.
 */
#ifndef HANDLERS_PROBLEM_H
#define HANDLERS_PROBLEM_H

#include "lib/http/req.h"

/* Answers with this status, rq->errmsg and the place in rq->err_at; of our own failures nothing is told. */
void problem_reply(struct req *rq, int status);

#endif
