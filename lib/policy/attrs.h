/*
 * lib/policy/attrs.h -- what a policy's nodeAttrs and switches give to a node.
 *
 * A node learns of its capabilities from the CapMap of its own record; others
 * see of them only that it is an exit node worth suggesting.  Some attributes
 * are also for us: no IPv4 address, which NextDNS profile, addresses from which
 * pool.
 */
#ifndef LIB_POLICY_ATTRS_H
#define LIB_POLICY_ATTRS_H

#include "lib/json/json.h"
#include "lib/policy/net.h"

/* Capabilities that do not come from the policy. */
struct attrs_base {
	bool taildrop, auto_update;
	const char *tailnet;	/* the tailnet's name for people; "" for none */
};

/*
 * Writes the member "CapMap" of a node as it sees itself into an open object; of one
 * of which no policy speaks (NULL) what does not come from it.
 */
void attrs_self_json(struct net *t, const struct net_node *n, const struct attrs_base *base,
    struct jw *w);

/* The same as others see it; writes nothing if there is nothing to see. */
void attrs_peer_json(const struct net_node *n, struct jw *w);

/* Does the policy give the node this attribute ("disable-ipv4"), by nodeAttrs or a switch? */
bool attrs_has(struct net *t, const struct net_node *n, const char *attr);

/*
 * Is the IPv4 address of 'n' shown to 'viewer'?  "disable-ipv4" takes it from a
 * node's own record, from what others see of it, and from what it sees of others.
 * Routes stay.
 */
bool attrs_ipv4_shown(struct net *t, const struct net_node *viewer, const struct net_node *n);

struct attrs_nextdns {
	const char *profile;	/* of several the first in alphabetical order; lives as the policy */
	bool no_device_info;	/* say nothing of the device to NextDNS */
};

/* False if the policy gives it no profile; then profile is NULL. */
bool attrs_nextdns(struct net *t, const struct net_node *n, struct attrs_nextdns *out);

/*
 * From which addresses a new node is to get its IPv4 address.  The first entry
 * with a pool that means the node decides; false if there is none.  The node
 * need not be in the net.  The set lives as the policy.
 */
bool attrs_pool(struct net *t, const struct net_node *n, struct ipset *out);

#endif
