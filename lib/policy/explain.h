/*
 * lib/policy/explain.h -- which rule lets one reach another, and if none: what comes nearest.
 */
#ifndef LIB_POLICY_EXPLAIN_H
#define LIB_POLICY_EXPLAIN_H

#include "lib/json/json.h"
#include "lib/policy/net.h"

#define EXPLAIN_TEXT_MAX 512u	/* of a name */
#define EXPLAIN_RULES_MAX 20	/* shown of each kind */

struct explain_ask {
	const char *src;	/* node (name or id), user, or a name as policies have them */
	const char *dst;	/* the same, and ":PORT" if one is meant */
	const char *proto;	/* "tcp"; "" for TCP or UDP */
};

/*
 * Writes the members of the answer into an open object:
 *
 *   "allowed": true, "partly": false, "port": 443 or null, "proto": "tcp" or "",
 *   "src": {"name": "ann@example.com", "addresses": "100.64.0.1"}, "dst": {...},
 *   "rules": [{"line": 7, "section": "acls", "number": 2, "src": ["group:dev"],
 *              "dst": ["tag:web"], "passes": "tcp:443", "for": "100.64.0.1", "via": []}],
 *   "nearest": [{..., "why": "is not for 100.64.0.1"}],
 *   "notes": ["..."]
 *
 * "allowed": all that 'src' means get to some of 'dst'; "partly": only some of
 * them do, "left" says which do not.  False if a name or the port means
 * nothing; then *why says so.
 */
must_check bool explain_json(struct arena *a, struct net *t, const struct policy_context *ctx,
    const struct explain_ask *ask, struct jw *w, const char **why);

#endif
