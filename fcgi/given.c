/* fcgi/given.c -- see given.h; the protocol is two environment variables and descriptors from 3 on. */
#include "fcgi/given.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/str.h"

#define FIRST 3

union address {
	struct sockaddr any;
	struct sockaddr_un un;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static int64_t
env_number(const char *name)
{
	const char *text = getenv(name);
	int64_t n;

	return text != NULL && str_i64(str_of(text), &n) ? n : 0;
}

void
given_take(struct given *g)
{
	int64_t n = env_number("LISTEN_PID") == getpid() ? env_number("LISTEN_FDS") : 0;

	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
	*g = (struct given){ 0 };
	if (n > GIVEN_MAX)
		log_warn("%" PRId64 " sockets were given, only the first %d are looked at",
		    n, GIVEN_MAX);
	g->n = n < 0 ? 0 : n > GIVEN_MAX ? GIVEN_MAX : (int)n;
	for (int i = 0; i < g->n; i++)
		(void)fcntl(FIRST + i, F_SETFD, FD_CLOEXEC);
}

/* Listens 'fd' for streams?  Then its address. */
static bool
listens(int fd, union address *out)
{
	socklen_t len = sizeof(*out), n = sizeof(int);
	int listening = 0, type = 0;

	*out = (union address){ 0 };
	return getsockname(fd, &out->any, &len) == 0 &&
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0 && type == SOCK_STREAM &&
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &n) == 0 && listening != 0;
}

static bool
is_same(const union address *a, const struct sockaddr *sa)
{
	const union address *b = (const union address *)(const void *)sa;

	if (a->any.sa_family != sa->sa_family)
		return false;
	if (sa->sa_family == AF_UNIX)
		return strncmp(a->un.sun_path, b->un.sun_path, sizeof(a->un.sun_path)) == 0;
	if (sa->sa_family == AF_INET)
		return a->in.sin_port == b->in.sin_port &&
		    a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	return a->in6.sin6_port == b->in6.sin6_port &&
	    memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, sizeof(a->in6.sin6_addr)) == 0;
}

int
given_find(struct given *g, const struct sockaddr *address)
{
	union address a;

	for (int i = 0; i < g->n; i++) {
		if (!listens(FIRST + i, &a) || !is_same(&a, address))
			continue;
		g->used[i] = true;
		return FIRST + i;
	}
	return -1;
}

bool
given_has(const struct given *g, int fd)
{
	return fd >= FIRST && fd < FIRST + g->n;
}

/* For a message: "/run/x.sock", "port 8081". */
static void
describe(const union address *a, char *out, size_t n)
{
	if (a->any.sa_family == AF_UNIX)
		(void)snprintf(out, n, "%s", a->un.sun_path);
	else	/* the port is at the same place in both */
		(void)snprintf(out, n, "port %d", ntohs(a->in.sin_port));
}

void
given_check(const struct given *g)
{
	char what[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1];
	union address a;

	for (int i = 0; i < g->n; i++) {
		if (g->used[i])
			continue;
		if (!listens(FIRST + i, &a)) {
			log_warn("descriptor %d was given as a listening socket and is none",
			    FIRST + i);
			continue;
		}
		describe(&a, what, sizeof(what));
		log_warn("a socket on %s was given, but server.run and notifier.listen ask "
		    "for none there: who connects to it gets no answer; correct headrace.socket",
		    what);
	}
}
