/*
 * handlers/control/approve_tags.h -- which tags a device may have: what tagOwners says.
 */
#ifndef HANDLERS_CONTROL_APPROVE_TAGS_H
#define HANDLERS_CONTROL_APPROVE_TAGS_H

#include "lib/http/req.h"
#include "lib/policy/net.h"

/* A device's wish for tags, and who vouches for it.  Lists of tags are in their stored form. */
struct approve_tags {
	const char *want;
	int64_t user_id;	/* who logs in, or whose key it is; 0: nobody */
	const char *given;	/* by the key: these need no owner */
	const char *present;	/* of the node that it is already; they may own tags */
};

/*
 * OK if every tag may be had; else 'refusal', with a text for the device's user
 * that names those that may not.  Without a policy (NULL) tags have no owners.
 */
must_check enum err approve_tags(struct req *rq, struct net *net,
    const struct approve_tags *ask, enum err refusal);

/* OK if the policy has all these tags, whoever owns them; an admin may give those. */
must_check enum err approve_tags_known(struct req *rq, struct net *net, const char *tags);

#endif
