/* lib/policy/internet.h -- what "autogroup:internet" stands for. */
#ifndef LIB_POLICY_INTERNET_H
#define LIB_POLICY_INTERNET_H

#include "lib/policy/ipset.h"

/*
 * All public addresses: without private and link-local ones and those of a
 * tailnet.  An exit node gets a packet filter for exactly these.
 */
struct ipset internet_ranges(struct arena *a);

#endif
