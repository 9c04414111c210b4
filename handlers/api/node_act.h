/*
 * handlers/api/node_act.h -- what an administrator may do to a device: one set of rules
 * for v1 and v2.
 *
 * Each checks, writes, and makes the error text where it refuses.  'at' is the place
 * of the value in the request ("body.name").
 */
#ifndef HANDLERS_API_NODE_ACT_H
#define HANDLERS_API_NODE_ACT_H

#include "lib/http/req.h"
#include "lib/json/json.h"
#include "lib/model/model.h"

/* A DNS label that no other node has. */
must_check enum err node_act_rename(struct req *rq, const struct node *n, const char *name,
    const char *at);

/*
 * Body member "tags", one or more.  The first tag of a user's node makes it a tagged
 * one; its expiry stays.  An admin need not own a tag, a token must; where there is a
 * policy it must know the tag.
 */
must_check enum err node_act_tags(struct req *rq, const struct node *n, jv *body);

/* Gives it to a user; a tagged node loses its tags. */
must_check enum err node_act_user(struct req *rq, const struct node *n, int64_t user_id);

/* An address that the tailnet may give and no other node has. */
must_check enum err node_act_ip(struct req *rq, const struct node *n, const char *text,
    const char *at);

/* Body member "routes", each a network, as it is stored; an exit node's in pairs. */
must_check enum err node_act_route_list(struct req *rq, jv *body, const char **json);

/* Body member "routes": they replace those approved before; an empty list approves none. */
must_check enum err node_act_routes(struct req *rq, const struct node *n, jv *body);

/*
 * When the key runs out; TIME_NONE: never.  A time in the past becomes now: peers are
 * told the time, and 1970 would be a strange one.
 */
must_check enum err node_act_expiry(struct req *rq, const struct node *n, int64_t expiry_ms);

#endif
