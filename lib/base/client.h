/*
 * lib/base/client.h -- where a client is, behind however many proxies.
 *
 * A header that anybody can send is believed only as far as it was written by proxies
 * that are known: from the end, which the nearest one wrote, towards the front.
 */
#ifndef LIB_BASE_CLIENT_H
#define LIB_BASE_CLIENT_H

#include <stddef.h>

#include "lib/base/ip.h"

struct prefix_list {
	struct prefix *v;
	size_t n;
};

/* "::ffff:192.0.2.1", as sockets for both families show it, is 192.0.2.1. */
struct ip client_unmapped(struct ip ip);

/* Is it one of them? */
bool client_trusted(const struct prefix_list *trusted, const struct ip *ip);

/*
 * The client's address.  'peer' is who spoke to the first server that is ours (family 0:
 * unknown); 'forwarded' is X-Forwarded-For without what that server added itself.  As
 * long as the address at hand is a trusted proxy's, the entry before counts instead;
 * what is no address ends the walk.
 */
struct ip client_of(struct ip peer, struct str forwarded, const struct prefix_list *trusted);

/* The same where the first server has added the peer to the list itself, as its last entry. */
struct ip client_last(struct str forwarded, const struct prefix_list *trusted);

#endif
