/*
 * lib/netmap/hostinfo.h -- tailcfg.Hostinfo: what a client says of its machine.
 *
 * Hostile input that every peer will read: a member of the wrong type would
 * make every other client's decoder drop its whole map.  So peers get a copy
 * that is written anew, member by member, with the right types.
 */
#ifndef LIB_NETMAP_HOSTINFO_H
#define LIB_NETMAP_HOSTINFO_H

#include "lib/json/json.h"

#define HOSTINFO_MAX (64 * 1024)	/* bytes of JSON that are stored */
#define HOSTINFO_HOSTNAME_MAX 255	/* bytes; longer ones are cut */
#define HOSTINFO_SERVICES_MAX 64	/* that peers are shown */

/* What is taken out of a Hostinfo into columns of its own. */
struct hostinfo {
	const char *json;	/* as sent, without NetInfo */
	const char *netinfo;	/* NULL if the client sent none */
	const char *hostname, *os, *client_version;
	const char *routes;	/* JSON array: announced */
	const char *request_tags;	/* JSON array, valid tags only, sorted */
	bool bad_tags;		/* it asked for something that is no tag, too */
	int64_t home_derp;	/* -1 if the client sent no NetInfo */
};

/* Reads 'v' (NULL reads as empty); removes NetInfo from it.  ERR_TOOBIG over HOSTINFO_MAX. */
must_check enum err hostinfo_read(struct arena *a, jv *v, struct hostinfo *out);

/* Writes the part of a stored Hostinfo that peers may see, as an object. */
void hostinfo_write_peer(struct jw *w, struct arena *a, const char *json);

#endif
