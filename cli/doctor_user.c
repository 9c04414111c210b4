/*
 * cli/doctor_user.c -- what another user of this machine may do, by modes and owners.
 *
 * access() tells only what we may ourselves, and whoever looks after a server is root.
 * Who the web server is, the kernel knows: the process that listens on the port.
 */
#include "cli/doctor_user.h"

#include <dirent.h>
#include <libgen.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/str.h"

#define STATUS_MAX (64 * 1024)
#define TCP_MAX (16 * 1024 * 1024)
#define INODES_MAX 32
#define TCP_LISTEN "0A"

/* The next run of digits; false if there is none. */
static bool
next_number(struct str *s, gid_t *out)
{
	unsigned long v = 0;

	while (s->n > 0 && (*s->p < '0' || *s->p > '9'))
		*s = (struct str){ s->p + 1, s->n - 1 };
	if (s->n == 0)
		return false;
	for (; s->n > 0 && *s->p >= '0' && *s->p <= '9'; *s = (struct str){ s->p + 1, s->n - 1 })
		v = v * 10 + (unsigned long)(*s->p - '0');
	*out = (gid_t)v;
	return true;
}

/* The numbers of "\t4 24 27", from the one at 'skip' on. */
static size_t
numbers(struct str line, size_t skip, gid_t *out, size_t room)
{
	gid_t v;
	size_t n = 0;

	while (n < room && next_number(&line, &v))
		if (skip > 0)
			skip--;
		else
			out[n++] = v;
	return n;
}

bool
doctor_user_of(struct arena *a, pid_t pid, struct doctor_user *out)
{
	struct str text, line, head;
	gid_t id[1];
	bool seen = false;

	*out = (struct doctor_user){ .n_groups = 1 };
	if (file_read(a, arena_printf(a, "/proc/%d/status", (int)pid), STATUS_MAX, &text) != NULL)
		return false;
	while (str_cut(&text, '\n', &line)) {
		if (!str_cut(&line, ':', &head))
			continue;
		if (str_is(head, "Uid") && numbers(line, 1, id, 1) == 1) {
			out->uid = id[0];
			seen = true;
		} else if (str_is(head, "Gid")) {
			(void)numbers(line, 1, out->groups, 1);
		} else if (str_is(head, "Groups")) {
			out->n_groups = 1 + numbers(line, 0, out->groups + 1, USER_GROUPS_MAX - 1);
		}
	}
	return seen;
}

const char *
doctor_user_name(struct arena *a, uid_t uid)
{
	const struct passwd *pw = getpwuid(uid);

	return pw != NULL ? arena_strdup(a, pw->pw_name) : arena_printf(a, "user %u", (unsigned)uid);
}

bool
doctor_user_may(const struct doctor_user *u, const struct stat *st, unsigned want)
{
	if (u->uid == 0)
		return true;
	if (u->uid == st->st_uid)
		return (st->st_mode >> 6 & want) == want;
	for (size_t i = 0; i < u->n_groups; i++)
		if (u->groups[i] == st->st_gid)
			return (st->st_mode >> 3 & want) == want;
	return (st->st_mode & want) == want;
}

const char *
doctor_user_stopped(struct arena *a, const struct doctor_user *u, const char *path)
{
	const char *folder = dirname(arena_strdup(a, path)), *above;
	struct stat st;

	if (strcmp(folder, "/") == 0 || strcmp(folder, ".") == 0)
		return NULL;
	if ((above = doctor_user_stopped(a, u, folder)) != NULL)
		return above;
	if (stat(folder, &st) == 0 && !doctor_user_may(u, &st, 1))
		return folder;
	return NULL;
}

/* ---- who listens ---- */

/* Column 'n' of a line of /proc/net/tcp. */
static struct str
column(struct str line, size_t n)
{
	struct str word = { 0 };

	while (str_cut(&line, ' ', &word))
		if (word.n > 0 && n-- == 0)
			return word;
	return (struct str){ 0 };
}

static size_t
inodes_of(struct arena *a, const char *path, unsigned port, int64_t *out, size_t n)
{
	const char *end = arena_printf(a, ":%04X", port);
	struct str text, line;

	if (file_read(a, path, TCP_MAX, &text) != NULL)
		return n;
	while (n < INODES_MAX && str_cut(&text, '\n', &line))
		if (str_ends(column(line, 1), end) && str_is(column(line, 3), TCP_LISTEN) &&
		    str_i64(column(line, 9), &out[n]))
			n++;
	return n;
}

/* Has the process one of these sockets open? */
static bool
has_socket(struct arena *a, const char *pid, const int64_t *inodes, size_t n)
{
	const char *folder = arena_printf(a, "/proc/%s/fd", pid);
	DIR *dir = opendir(folder);
	const struct dirent *e;
	char to[64];
	ssize_t len;
	bool found = false;

	while (dir != NULL && !found && (e = readdir(dir)) != NULL) {
		len = readlinkat(dirfd(dir), e->d_name, to, sizeof(to) - 1);
		to[len > 0 ? len : 0] = '\0';
		for (size_t i = 0; i < n && strncmp(to, "socket:[", 8) == 0; i++)
			found = found || strtoll(to + 8, NULL, 10) == inodes[i];
	}
	if (dir != NULL)
		(void)closedir(dir);
	return found;
}

bool
doctor_user_on_port(struct arena *a, unsigned port, struct doctor_user *out)
{
	int64_t inodes[INODES_MAX];
	size_t n = inodes_of(a, "/proc/net/tcp", port, inodes, 0);
	DIR *dir = opendir("/proc");
	const struct dirent *e;
	struct doctor_user u;
	bool found = false;

	n = inodes_of(a, "/proc/net/tcp6", port, inodes, n);
	while (n > 0 && dir != NULL && (!found || out->uid == 0) && (e = readdir(dir)) != NULL) {
		if (e->d_name[0] < '0' || e->d_name[0] > '9' || !has_socket(a, e->d_name, inodes, n) ||
		    !doctor_user_of(a, (pid_t)strtol(e->d_name, NULL, 10), &u))
			continue;
		*out = u;
		found = true;
	}
	if (dir != NULL)
		(void)closedir(dir);
	return found;
}
