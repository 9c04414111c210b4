/*
 * lib/policy/ipset.h -- sets of addresses, as sorted ranges that do not touch.
 *
 * What a rule names is a set like this, worked out once per rule; adding,
 * taking away and asking cost the number of ranges, not of addresses.
 */
#ifndef LIB_POLICY_IPSET_H
#define LIB_POLICY_IPSET_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/ip.h"
#include "lib/json/json.h"

struct ipset {
	struct iprange *v;	/* sorted; IPv4 before IPv6; disjoint, not adjacent */
	size_t n;
};

/*
 * From any ranges, in any order: sorts and joins them.  'v' may be reused.  What
 * is no range (of no family or two, the end before the start) names no address.
 */
struct ipset ipset_of(struct arena *a, const struct iprange *v, size_t n);

/* Ranges that are gathered one by one, in 'a'; ipset_of() makes a set of them. */
struct ranges {
	struct arena *a;
	struct iprange *v;
	size_t n, cap;
};
void ranges_add(struct ranges *r, struct iprange one);
/* A node's addresses; one of family 0 is none. */
void ranges_add_ips(struct ranges *r, const struct ip *ip4, const struct ip *ip6);

struct iprange iprange_of_prefix(struct prefix p);	/* host bits are dropped */
struct iprange iprange_of_ip(struct ip ip);

/* "10.0.0.1-10.0.0.9", a prefix, or an address; false for anything else. */
must_check bool iprange_read(struct str s, struct iprange *out);

struct ipset ipset_union(struct arena *a, struct ipset x, struct ipset y);
struct ipset ipset_minus(struct arena *a, struct ipset x, struct ipset y);
struct ipset ipset_both(struct arena *a, struct ipset x, struct ipset y);

bool ipset_has(struct ipset s, const struct ip *ip);
bool ipset_overlaps(struct ipset s, struct iprange r);
bool ipset_meets(struct ipset x, struct ipset y);		/* any address in both? */
bool ipset_covers(struct ipset s, struct iprange r);		/* all of r in s? */
bool ipset_eq(struct ipset x, struct ipset y);

/* If the range is exactly one prefix, that. */
bool iprange_is_prefix(struct iprange r, struct prefix *out);

/* One range as packet filters have it: address, prefix, or "lo-hi". */
#define IPRANGE_TEXT_SIZE 96
const char *iprange_write(struct iprange r, char out[static IPRANGE_TEXT_SIZE]);
/* Always "lo-hi". */
const char *iprange_write_ends(struct iprange r, char out[static IPRANGE_TEXT_SIZE]);

/* All of them as JSON strings, into an array that is open. */
void ipset_json(struct jw *w, struct ipset s);

#endif
