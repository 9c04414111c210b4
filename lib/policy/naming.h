/* lib/policy/naming.h -- names for sets of addresses: users, tags and nodes. */
#ifndef LIB_POLICY_NAMING_H
#define LIB_POLICY_NAMING_H

#include "lib/json/json.h"
#include "lib/policy/net.h"

struct naming;

/* For the nodes that are in 't' now; it costs a walk over them, as does each set. */
struct naming *naming_new(struct arena *a, struct net *t);

/* Writes an array: users and tags of which all nodes are in the set, other nodes, addresses. */
void naming_put(struct naming *k, struct ipset set, struct jw *w);

#endif
