/*
 * lib/policy/visible.h -- who sees whom, and what may pass: the one place that decides.
 *
 * Until the policy engine is there, everybody sees everybody and everything
 * may pass, as in a tailnet without a policy.
 */
#ifndef LIB_POLICY_VISIBLE_H
#define LIB_POLICY_VISIBLE_H

#include <stdbool.h>
#include <stdint.h>

/* Does node 'viewer' have node 'peer' in its map?  Symmetric; false for itself. */
bool policy_visible(int64_t viewer, int64_t peer);

/* The packet filter of a node, as tailcfg.MapResponse.PacketFilters. */
const char *policy_filters_json(int64_t node);

#endif
