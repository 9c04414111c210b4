/*
 * lib/wake/wake.c -- both ends of the wake datagram.
 *
 * The sending socket is made once per process and never connected, so a
 * notifier that was started again is reached without noticing.
 */
#include "lib/wake/wake.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/sock.h"

#define WAKE_SIZE 8
#define DRAIN_MAX 1024	/* datagrams per call: a flood must not hold the loop */

/* False if the path is empty or too long for a socket's address. */
static bool
address(const char *path, struct sockaddr_un *sa)
{
	size_t n = strlen(path);

	*sa = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (n == 0 || n >= sizeof(sa->sun_path))
		return false;
	memcpy(sa->sun_path, path, n + 1);
	return true;
}

static int
dgram_socket(void)
{
	return socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

void
wake_send(const char *path, int64_t seq)
{
	static int fd = -1;
	struct sockaddr_un sa;
	uint64_t be = __builtin_bswap64((uint64_t)seq);

	if (fd < 0)
		fd = dgram_socket();
	if (fd >= 0 && address(path, &sa))
		(void)sendto(fd, &be, WAKE_SIZE, MSG_NOSIGNAL, (struct sockaddr *)&sa,
		    sizeof(sa));
}

/* fchmod() before bind() sets the mode of the file that bind() makes. */
static int
bind_at(int fd, const struct sockaddr_un *sa)
{
	if (!sock_clear(sa->sun_path, SOCK_DGRAM) || fchmod(fd, 0600) != 0)
		return -1;
	return bind(fd, (const struct sockaddr *)sa, sizeof(*sa));
}

int
wake_listen(const char *path)
{
	struct sockaddr_un sa;
	int fd, saved;

	if (!address(path, &sa)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if ((fd = dgram_socket()) < 0)
		return -1;
	if (bind_at(fd, &sa) == 0)
		return fd;
	saved = errno;
	(void)close(fd);
	errno = saved;
	return -1;
}

bool
wake_drain(int fd, int64_t *seq)
{
	bool any = false;
	uint64_t be;
	ssize_t n;

	for (int i = 0; i < DRAIN_MAX; i++) {
		n = recv(fd, &be, WAKE_SIZE, MSG_DONTWAIT | MSG_TRUNC);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		if (n != WAKE_SIZE)
			continue;	/* not from us */
		if (!any || (int64_t)__builtin_bswap64(be) > *seq)
			*seq = (int64_t)__builtin_bswap64(be);
		any = true;
	}
	return any;
}
