/*
 * handlers/control/logins.h -- logins that wait for a person.
 */
#ifndef HANDLERS_CONTROL_LOGINS_H
#define HANDLERS_CONTROL_LOGINS_H

#include "lib/http/req.h"
#include "lib/model/model.h"

/* More than these wait at a time: the oldest has to ask again. */
#define LOGINS_MAX 1024

/*
 * Gives 'l' an id and stores it, or, if the same machine and node key already
 * wait, finds that one: a client that asks again gets the same address.
 * Inside a write transaction.
 */
must_check enum err logins_open(struct req *rq, struct login *l);

/* Stores 'l' under the id that it has; ERR_CONFLICT if there is one with that id. */
must_check enum err logins_add(struct req *rq, const struct login *l);

/*
 * The login behind a followup address, if it is this machine's.  ERR_NOTFOUND:
 * none, or it has run out.  ERR_BADREQ: not such an address.
 */
must_check enum err logins_of_url(struct req *rq, const char *url, struct login *out);

/*
 * Answers that the request waits until somebody has decided about the login, or
 * the SSH check, of this id.  In the transaction that saw it waiting.
 */
must_check enum err logins_hold(struct req *rq, const char *id);

#endif
