/*
 * lib/base/file.c -- a whole file, of at most so many bytes; a file that one process holds.
 *
 * A path that somebody configured may be a folder, a pipe that nobody writes to
 * or /dev/zero: only regular files are read, and never more than asked for.
 */
#include "lib/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"

/* NULL if all of it is in 'b'. */
static const char *
read_all(int fd, struct buf *b)
{
	char part[16 * 1024];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) != 0) {
		if (n < 0 && errno != EINTR)
			return strerror(errno);
		if (n > 0)
			buf_put(b, part, (size_t)n);
		if (b->over)
			return "the file is too large";
	}
	return NULL;
}

const char *
file_read(struct arena *a, const char *path, size_t max, struct str *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *why = NULL;
	struct stat st;
	struct buf b;

	if (fd < 0)
		return strerror(errno);
	if (fstat(fd, &st) != 0)
		why = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		why = "it is not a file";
	buf_init(&b, max);
	if (why == NULL)
		why = read_all(fd, &b);
	(void)close(fd);
	out->n = b.n;
	out->p = buf_text(&b, a);
	return why;
}

/* A file that is there can be locked on a full or read-only disk, too. */
int
file_lock(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), why = errno;

	if (fd < 0)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	if (fd >= 0) {
		why = errno;
		(void)close(fd);
	}
	errno = why;
	return -1;
}
