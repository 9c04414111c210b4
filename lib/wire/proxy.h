/*
 * lib/wire/proxy.h -- the PROXY protocol, versions 1 and 2: whom a proxy speaks for.
 *
 * Haproxy's proxy-protocol.txt, section 2.  Pure: the caller collects bytes and asks after
 * each read.  Whether a header comes at all must be known beforehand and is never guessed,
 * or everybody could say to be somebody else.
 */
#ifndef LIB_WIRE_PROXY_H
#define LIB_WIRE_PROXY_H

#include <sys/types.h>

#include "lib/base/ip.h"
#include "lib/base/str.h"

#define PROXY_LINE_MAX 107	/* version 1, with CR and LF */
#define PROXY_WIRE_MAX 4096	/* version 2, with what it may carry besides addresses */

/*
 * Decodes the header at the start of 'in'.  Returns its size; 0 if 'in' holds only part of
 * it; -1 if it is none or too long.  'source' is the client, of family 0 where the proxy
 * names none: it speaks for itself (a health check), or for no TCP connection.
 */
ssize_t proxy_decode(struct span in, struct ip *source);

#endif
