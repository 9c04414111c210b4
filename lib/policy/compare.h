/*
 * lib/policy/compare.h -- what one policy allows and another does not, in words that people use.
 *
 * What is compared is what nodes are given, not what is written: two policies
 * that say the same in different words do not differ.
 */
#ifndef LIB_POLICY_COMPARE_H
#define LIB_POLICY_COMPARE_H

#include "lib/json/json.h"
#include "lib/policy/net.h"

#define COMPARE_LINES_MAX 1000	/* shown of gains and of losses; the others are counted */

/*
 * Two nets of the same users and nodes, each with a policy.  Writes members
 * into an open object:
 *
 *   "gains": [{"src": ["ann@example.com", "tag:ci"], "dst": ["tag:web"], "access": "tcp:443"}],
 *   "loses": [...], "more": 0
 *
 * Names are of users, tags and nodes, the widest that fit; addresses are only
 * of what is no node.
 */
void compare_json(struct arena *a, struct net *before, struct net *after, struct jw *w);

#endif
