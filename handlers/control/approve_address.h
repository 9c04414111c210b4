/*
 * handlers/control/approve_address.h -- which addresses a node gets.
 */
#ifndef HANDLERS_CONTROL_APPROVE_ADDRESS_H
#define HANDLERS_CONTROL_APPROVE_ADDRESS_H

#include "lib/http/req.h"
#include "lib/model/model.h"
#include "lib/policy/net.h"

/*
 * Sets n->ipv4 and n->ipv6, one per family that the tailnet has, where they are
 * NULL.  The owner and tags of 'n' decide about a pool of the policy (NULL: none).  ERR_FORBIDDEN:
 * all are taken (the text is the client's).
 */
must_check enum err approve_addresses(struct req *rq, struct net *net, struct node *n);

#endif
