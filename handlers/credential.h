/*
 * handlers/credential.h -- what a request's Authorization header shows.
 *
 * Only its form is judged here; whether there is such a key is admit.c's to say.
 */
#ifndef HANDLERS_CREDENTIAL_H
#define HANDLERS_CREDENTIAL_H

#include "lib/base/str.h"
#include "lib/http/req.h"

#define CREDENTIAL_MAX 1024	/* bytes of the header; a key has 90 */

enum credential_scheme { CREDENTIAL_BEARER, CREDENTIAL_BASIC };

struct credential {
	enum credential_scheme scheme;
	struct str user;	/* of Basic */
	struct str secret;	/* the password of Basic, the token of Bearer */
};

/*
 * Reads the header; the text is the arena's.  False if there is none, if it is too
 * long, of another scheme, or garbled in any way: several headers, which web servers
 * join with a comma, are.
 */
must_check bool credential_read(const struct req *rq, struct credential *out);

#endif
