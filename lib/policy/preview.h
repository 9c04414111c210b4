/*
 * lib/policy/preview.h -- what a policy gives to each node, as one JSON document.
 *
 *   {"accepted": true,
 *    "nodes": {NAME: {"filter": [...], "ssh": [...], "self": {"CapMap": {...}},
 *                     "peers": {NAME: {"AllowedIPs": [...], "CapMap": {...}}}}}}
 *   {"accepted": false, "error": "..."}
 *
 * The parts have the form of tailcfg; "ssh" is there if the policy has such a
 * section.
 */
#ifndef LIB_POLICY_PREVIEW_H
#define LIB_POLICY_PREVIEW_H

#include "lib/policy/net.h"

/* Large: in a tailnet of n nodes up to n times n peers. */
#define PREVIEW_BYTES_MAX ((size_t)1024 * 1024 * 1024)

/*
 * Reads the policy, puts it in force in 't', runs its tests, and writes the
 * document.  False if the policy is refused; then *why (in the arena) is the
 * error that the document has, too.  The arena must own 'text' and live until
 * the net gets another policy.
 */
must_check bool preview_json(struct arena *a, struct net *t, struct str text,
    const struct policy_context *ctx, struct buf *out, const char **why);

/* The first part alone: NULL, and *why, if the policy is refused. */
struct policy *preview_load(struct arena *a, struct net *t, struct str text,
    const struct policy_context *ctx, const char **why);

#endif
