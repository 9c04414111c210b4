/*
 * handlers/api/user_act.h -- what an administrator may do to a user: one set of rules for
 * v1 and v2.
 *
 * Nobody gets more by it than they have: who may not do all that a user's role may
 * cannot change that user, nor give that role.  Each makes the error text where it
 * refuses.
 */
#ifndef HANDLERS_API_USER_ACT_H
#define HANDLERS_API_USER_ACT_H

#include "lib/http/req.h"
#include "lib/model/model.h"

enum user_action { USER_APPROVE, USER_SUSPEND, USER_RESTORE };

/* ERR_FORBIDDEN if this user, as 'u' says, may do more than the caller. */
must_check enum err user_act_may(struct req *rq, const struct user *u);

/*
 * The same, but for the caller's own user: may a device be made this user's?  What a
 * policy lets the owner's devices do is nothing that others may give themselves.
 */
must_check enum err user_act_may_own(struct req *rq, const struct user *u);

/*
 * Approve: one who needs approval becomes active; restore: one who was suspended;
 * suspend: anybody but the caller and the tailnet's owner.  What is so already is no
 * mistake.
 */
must_check enum err user_act_status(struct req *rq, const struct user *u, enum user_action what);

/* What autogroups of the policy ask, and what keys of the user may do. */
must_check enum err user_act_role(struct req *rq, const struct user *u, const char *role);

/* Its keys go with it; so do its devices if 'devices', else it must have none. */
must_check enum err user_act_delete(struct req *rq, const struct user *u, bool devices);

#endif
