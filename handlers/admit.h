/*
 * handlers/admit.h -- who asks, and may they: the door of the API.
 *
 * The only reader of Authorization.  The command line on this machine is let in as
 * whoever runs it; the world shows an API key (v1: as a bearer token; v2: also as the
 * user name of Basic) or, on v2, an OAuth access token.
 */
#ifndef HANDLERS_ADMIT_H
#define HANDLERS_ADMIT_H

#include "lib/access/caller.h"
#include "lib/http/req.h"

#define ADMIT_RETRY_AFTER_S "60"

/*
 * Sets rq->caller and checks rq->route->scope.  ERR_AUTH: no valid key; ERR_LIMITED:
 * that too often from this address; ERR_FORBIDDEN: a valid one without the scope
 * (noted in the audit log).  Outside a transaction; needs rq->db.
 */
must_check enum err admit(struct req *rq);

/*
 * Could admit() succeed, by the form of the header alone?  Of whom it cannot no body
 * is read.
 */
bool admit_may_try(const struct req *rq);

/* Does the caller hold this scope? */
bool admit_has(const struct req *rq, enum scope s);

/* ERR_FORBIDDEN with the text that names the scope, unless the caller holds it. */
must_check enum err admit_need(struct req *rq, enum scope s);

/* ERR_FORBIDDEN unless the caller holds all of 'want': nobody gives what they have not. */
must_check enum err admit_may_give(struct req *rq, scope_set want);

#endif
