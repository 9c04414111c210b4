/*
 * lib/policy/visible.h -- who sees whom, and what may pass: the one place that decides.
 *
 * Until the policy engine is there, everybody sees everybody and everything
 * may pass, as in a tailnet without a policy.
 */
#ifndef LIB_POLICY_VISIBLE_H
#define LIB_POLICY_VISIBLE_H

#include <stdbool.h>

#include "lib/model/model.h"

/* Does 'viewer' have 'peer' in its map?  Symmetric. */
bool policy_visible(const struct node *viewer, const struct node *peer);

/* The packet filter of a node, as tailcfg.MapResponse.PacketFilters. */
const char *policy_filters_json(const struct node *n);

#endif
