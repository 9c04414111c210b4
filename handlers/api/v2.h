/*
 * handlers/api/v2.h -- what the endpoints of REST v2, Tailscale's API, share.
 *
 * Every function that can fail has made the error text when it returns.  What is
 * not there and what is no id at all get one answer, 404: a path tells nothing
 * about what exists.
 */
#ifndef HANDLERS_API_V2_H
#define HANDLERS_API_V2_H

#include "handlers/api/api.h"
#include "lib/policy/net.h"

/* The {tailnet} of the path: "-" or the base domain; else ERR_NOTFOUND. */
must_check enum err v2_tailnet(struct req *rq);

/* ERR_NOTFOUND, "<what> not found": the one text for it. */
enum err v2_not_found(struct req *rq, const char *what);

/* The decimal id in {var} of the path; whatever else stands there is not found. */
must_check enum err v2_id(struct req *rq, const char *var, const char *what, int64_t *id);

/* The device or user whose {id} is in the path. */
must_check enum err v2_device(struct req *rq, struct node *out);
must_check enum err v2_user(struct req *rq, struct user *out);

/*
 * May the caller give these tags (stored form) to a device or a key?  A token may
 * give its own and those that its own own by the policy in 'net' (approve_net();
 * NULL: none), else ERR_FORBIDDEN; anybody else may give any.  That the policy
 * knows the tags is approve_tags_known()'s to say, before this.
 */
must_check enum err v2_tags_allowed(struct req *rq, struct net *net, const char *tags);

#endif
