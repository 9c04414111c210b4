/*
 * handlers/control/naming.h -- giving nodes names that nobody else has.
 */
#ifndef HANDLERS_CONTROL_NAMING_H
#define HANDLERS_CONTROL_NAMING_H

#include "lib/http/req.h"
#include "lib/model/model.h"

/*
 * A free label for a hostname: what name_from_hostname() gives, else that with
 * "-1", "-2", …  'own' (may be NULL) is a name that counts as free: the node's
 * present one.  Costs O(log k) lookups for k nodes of the same hostname.
 */
must_check enum err naming_free(struct req *rq, const char *hostname,
    const char *own, const char **out);

/*
 * Follows a change of hostname: a name that was made from the old hostname is
 * made anew, one that an admin gave stays.  Sets n->hostname and n->name.
 */
must_check enum err naming_follow(struct req *rq, struct node *n, const char *hostname);

#endif
