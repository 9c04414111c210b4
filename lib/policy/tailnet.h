/*
 * lib/policy/tailnet.h -- a tailnet described in a file: users, nodes, owner, domains.
 *
 * For `policy preview --tailnet FILE`: what a policy would do in a tailnet that
 * need not exist.  The file is JSON (HuJSON, so that it may have comments):
 *
 *   {"users": [{"id": 1, "name": "ann", "email": "ann@example.com", "role": "admin"}],
 *    "nodes": {"web": {"tags": ["tag:web"], "ipv4": "100.64.0.1", "ipv6": "fd7a:115c:a1e0::1",
 *                      "routable_ips": ["10.0.0.0/8"], "approved_routes": ["10.0.0.0/8"]},
 *              "laptop": {"user": "ann", "ipv4": "100.64.0.2"}},
 *    "tailnet": {"owner": "ann@example.com", "domains": ["example.com"]}}
 *
 * A node may say what postures ask: "os", "os_version", "version", "release_track",
 * "auto_update", "state_encrypted", "attributes" ({"custom:tier": "prod"}).
 *
 * A node has a user or tags.  Its id is its place in the file unless it says
 * "id".  A route is in force if it is announced ("routable_ips") and approved;
 * of several nodes with the same one, the lowest id carries it.
 */
#ifndef LIB_POLICY_TAILNET_H
#define LIB_POLICY_TAILNET_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/policy/net.h"

/* Limits; more is an error with its place. */
#define TAILNET_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define TAILNET_NODES_MAX 100000u
#define TAILNET_USERS_MAX 100000u
#define TAILNET_LIST_MAX 1024u		/* routes or tags of a node, domains */
#define TAILNET_TEXT_MAX 254u		/* a name, an e-mail address */

struct tailnet {
	const char *owner;		/* "" if it does not say */
	struct policy_context ctx;	/* the domains */
};

/*
 * Reads the file's text and puts its users and nodes into 't', which is empty.
 * False if anything is wrong; then 'errs' says what, with its place, and 't'
 * is of no use.  What 'out' points to is in 'a', which must own 'text' too.
 */
must_check bool tailnet_read(struct arena *a, struct str text, struct net *t,
    struct tailnet *out, struct policy_errors *errs);

#endif
