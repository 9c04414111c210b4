/*
 * handlers/control/policy_load.h -- which policy is in force: the one place that says so.
 *
 * All versions are in the database; the newest that reads is in force.  Whether
 * one reads follows from its text alone, never from which users or nodes there
 * are: so it is the same in every process, a policy does not cease to work when
 * a user goes, and only CHANGE_POLICY is a reason to ask again.  What may be
 * set is asked more strictly, and at the time it is set: policy_set.h.
 */
#ifndef HANDLERS_CONTROL_POLICY_LOAD_H
#define HANDLERS_CONTROL_POLICY_LOAD_H

#include "lib/http/req.h"
#include "lib/model/model.h"
#include "lib/policy/policy.h"

struct policy_loaded {
	struct policy *policy;	/* NULL: none was ever set, everything is allowed (mode database) */
	int64_t version;	/* in force; 0 if none is */
	const char *text;	/* its text; "" if none is */
	int64_t since_ms;	/* when that version was made; 0 if none is */
	int64_t newest;		/* the newest version that there is; 0 if none is */
	const char *problem;	/* why that is not the one in force, in lines; NULL if it is */
};

/*
 * If there are versions but none reads, or none yet in mode file, 'policy' is one
 * that denies everything, with version 0.  What 'out' points to is in 'a'.  Inside a transaction.
 */
must_check enum err policy_load(struct req *rq, struct arena *a, struct policy_loaded *out);

/*
 * What a new policy of this tailnet may refer to, by the settings
 * tailnet.domains and tailnet.owner; without them, the domains of all users.
 */
must_check enum err policy_load_context(struct req *rq, struct arena *a,
    struct policy_context *out);

/* A user's role: as the database says, or owner if tailnet.owner means this one. */
enum role policy_load_role(const struct req *rq, const struct user *u);

#endif
