/* lib/base/sock.c -- before and after bind(). */
#include "lib/base/sock.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* EACCES: another user's.  Whoever may remove it owns the folder, and so the place. */
static bool
is_dead(const char *path, int type)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool dead = false;

	if (fd < 0)
		return false;
	if (strlen(path) < sizeof(sa.sun_path)) {
		(void)memcpy(sa.sun_path, path, strlen(path));
		dead = connect(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0 &&
		    (errno == ECONNREFUSED || errno == EACCES);
	}
	(void)close(fd);
	return dead;
}

bool
sock_clear(const char *path, int type)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return errno == ENOENT;
	if (!S_ISSOCK(st.st_mode)) {
		errno = EEXIST;
		return false;
	}
	if (!is_dead(path, type)) {
		errno = EADDRINUSE;
		return false;
	}
	return unlink(path) == 0 || errno == ENOENT;
}

static const struct advice { int error; const char *local, *net; } advices[] = {
	{ EACCES, "give its folder to the user that runs headrace, or choose another",
	    "ports below 1024 are root's: choose a higher one, which the web server passes on to" },
	{ EPERM, "another user's file lies there: remove it, or choose another place",
	    "this user may not listen there" },
	{ EROFS, "its file system is read-only: choose a place below /run", NULL },
	{ ENOSPC, "its file system is full: make room", NULL },
	{ ENOENT, "make its folder, and give it to the user that runs headrace", NULL },
	{ ENOTDIR, "a part of the path is no folder", NULL },
	{ EEXIST, "what lies there is no socket, so it stays: choose another place", NULL },
	{ EADDRINUSE, "another program listens there (ss -lxp shows it): end that one, or choose "
	    "another place",
	    "another program listens there (ss -ltnp shows it): end that one, or choose another "
	    "port" },
	{ EADDRNOTAVAIL, NULL, "this machine has no such address: ip address shows those it has" },
};

const char *
sock_advice(const char *where, int error)
{
	bool local = strncmp(where, "unix:", 5) == 0;
	const char *text;

	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++) {
		text = local ? advices[i].local : advices[i].net;
		if (advices[i].error == error && text != NULL)
			return text;
	}
	return "choose another place";
}
