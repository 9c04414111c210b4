/*
 * lib/store/backup_name.c -- files get the names they are known by, in one step.
 *
 * A machine that stops at any moment has the old file or the new one under the name,
 * never neither: without a database `headrace serve` would begin an empty one.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/store/backup.h"

/* A name is on the disk only when its folder is. */
static int
sync_folder_of(struct arena *a, const char *path)
{
	int fd = open(dirname(arena_strdup(a, path)), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		return 0;	/* a folder that may be written to, but not read */
	if (fsync(fd) != 0 && errno != EINVAL)	/* there are file systems that cannot */
		rc = -1;
	(void)close(fd);
	return rc;
}

/* Sticks and shares know no second name for a file, and NFS no renaming that refuses. */
static int
name_if_free(const char *from, const char *to)
{
	/* The call itself: musl has no function for it. */
	if (syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	return link(from, to) == 0 ? unlink(from) : -1;
}

int
backup_name(struct arena *a, const char *from, const char *to, bool replace)
{
	int rc = replace ? rename(from, to) : name_if_free(from, to);

	return rc == 0 ? sync_folder_of(a, to) : rc;
}

/* What is in 'path' gets a second name; ENOENT is no error. */
static int
keep(const char *path, const char *kept, bool *had)
{
	if (link(path, kept) == 0)
		*had = true;
	else if (errno == EPERM || errno == EOPNOTSUPP)
		return (*had = rename(path, kept) == 0) ? 0 : -1;
	else if (errno != ENOENT)
		return -1;
	return 0;
}

/* SQLite would take what lies there for the new file's, and write old pages into it. */
static int
keep_logs(struct arena *a, const char *path, const char *kept, bool *had)
{
	static const char *const ends[] = { "-wal", "-shm", "-journal" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (rename(arena_printf(a, "%s%s", path, ends[i]),
		    arena_printf(a, "%s%s", kept, ends[i])) == 0)
			*had = true;
		else if (errno != ENOENT)
			return -1;
	return 0;
}

enum err
backup_place(struct arena *a, const char *from, const char *path, const char *kept, bool *had,
    const char **why)
{
	*had = false;
	if (keep(path, kept, had) != 0 || keep_logs(a, path, kept, had) != 0) {
		*why = arena_printf(a, "cannot keep %s as %s: %s", path, kept, strerror(errno));
		return ERR_INTERNAL;
	}
	if (backup_name(a, from, path, true) != 0) {
		*why = arena_printf(a, "cannot put %s in place: %s", path, strerror(errno));
		return ERR_INTERNAL;
	}
	return OK;
}
