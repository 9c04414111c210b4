/*
 * handlers/actor.h -- tells the audit log who is at work.
 */
#ifndef HANDLERS_ACTOR_H
#define HANDLERS_ACTOR_H

#include "lib/http/req.h"
#include "lib/store/db.h"

/*
 * Who a request's changes are noted for: its caller, the machine that registers, the
 * server itself.  False for one whose changes nobody asks for (maps, presence) or that
 * makes none.  Text in the request's arena.
 */
must_check bool actor_of(const struct req *rq, struct actor *out);

/* For the rare map request that changes more than what devices report; inside its transaction. */
must_check enum err actor_machine(struct req *rq, const char *action);

/* Notes that the caller was refused for want of a scope; never fails. */
void actor_denied(struct req *rq);

#endif
