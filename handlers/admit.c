/* handlers/admit.c -- who asks, and may they: the door of the API. */
#include "handlers/admit.h"

#include "lib/http/route.h"

static const struct caller local = {
	.kind = CALLER_LOCAL, .id = "", .name = "command line", .user_name = "",
	.scopes = SCOPES_ALL,
};

bool
admit_may_try(const struct req *rq)
{
	return rq->origin == ORIGIN_LOCAL || req_param(rq, "HTTP_AUTHORIZATION") != NULL;
}

bool
admit_has(const struct req *rq, enum scope s)
{
	return scope_has(rq->caller->scopes, s);
}

enum err
admit_need(struct req *rq, enum scope s)
{
	if (admit_has(rq, s))
		return OK;
	return req_fail(rq, ERR_FORBIDDEN, "token is missing the required scope %s",
	    scope_name(s));
}

enum err
admit(struct req *rq)
{
	if (rq->origin != ORIGIN_LOCAL)
		return req_fail(rq, ERR_AUTH, "no valid key");
	rq->caller = &local;
	return admit_need(rq, rq->route->scope);
}
