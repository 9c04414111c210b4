/* lib/policy/naming.h -- names for sets of addresses: users, tags and nodes. */
#ifndef LIB_POLICY_NAMING_H
#define LIB_POLICY_NAMING_H

#include "lib/json/json.h"
#include "lib/policy/net.h"

struct naming;

/* For the nodes that are in 't' now; it costs a walk over them, as does each set. */
struct naming *naming_new(struct arena *a, struct net *t);

/* All addresses that somebody has or carries: of nodes and of the networks behind them. */
struct ipset naming_known(const struct naming *k);

/*
 * Writes an array: users and tags of which all nodes are in the set, other nodes,
 * addresses; or "all nodes", "all nodes but ann@example.com".
 */
void naming_put(struct naming *k, struct ipset set, struct jw *w);

#endif
