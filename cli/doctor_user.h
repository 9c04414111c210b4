/* cli/doctor_user.h -- what another user of this machine may do, by modes and owners. */
#ifndef CLI_DOCTOR_USER_H
#define CLI_DOCTOR_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"

#define USER_GROUPS_MAX 64

struct doctor_user {
	uid_t uid;
	gid_t groups[USER_GROUPS_MAX];	/* the first is the primary one */
	size_t n_groups;
};

/* The user that a process acts as; false if it cannot be seen. */
must_check bool doctor_user_of(struct arena *a, pid_t pid, struct doctor_user *out);

/* "www-data", else the number. */
const char *doctor_user_name(struct arena *a, uid_t uid);

/* 'want' is a sum of 4 (read), 2 (write) and 1 (enter, run). */
bool doctor_user_may(const struct doctor_user *u, const struct stat *st, unsigned want);

/* The first folder above 'path' that the user may not enter; NULL: none. */
const char *doctor_user_stopped(struct arena *a, const struct doctor_user *u, const char *path);

/* Who listens on this TCP port of this machine; one who is not root, if there is one. */
must_check bool doctor_user_on_port(struct arena *a, unsigned port, struct doctor_user *out);

#endif
