/*
 * fcgi/given.h -- listening sockets that were open before us: sd_listen_fds(3), without its library.
 *
 * Who starts us keeps such a socket (headrace.socket of systemd does), so that a
 * connection made while we are restarted waits instead of failing.  A socket is known by its
 * address, not by its place: the configuration says which ones we need.
 */
#ifndef FCGI_GIVEN_H
#define FCGI_GIVEN_H

#include <stdbool.h>
#include <sys/socket.h>

#define GIVEN_MAX 16	/* more are left alone, with a warning */

struct given {
	int n;			/* descriptors from 3 on; 0: nobody gave any */
	bool used[GIVEN_MAX];
};

/* Takes what $LISTEN_FDS says, if $LISTEN_PID means us; children will see neither. */
void given_take(struct given *g);

/* The given stream socket that listens on this address, -1 if none does. */
int given_find(struct given *g, const struct sockaddr *address);

/* Is it one of them?  Then its file belongs to who gave it. */
bool given_has(const struct given *g, int fd);

/* Warns of those that nothing asked for: what connects to them would wait for ever. */
void given_check(const struct given *g);

#endif
