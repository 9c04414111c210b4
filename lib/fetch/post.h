/*
 * lib/fetch/post.h -- sending documents to other servers, several at once, with limits.
 */
#ifndef LIB_FETCH_POST_H
#define LIB_FETCH_POST_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/str.h"

#define POST_TIMEOUT_MS 5000	/* of one; connecting has half of it */

struct post {
	const char *url;		/* http or https */
	struct str body;		/* JSON */
	const char *const *headers;	/* "Name: value"; ends with NULL */

	/* Filled by post_all(). */
	bool done;			/* it was answered with 2xx */
	const char *why;		/* what went wrong else; without the address */
};

/*
 * Sends all of them and waits until each is answered or has failed, at most about
 * POST_TIMEOUT_MS.  Certificates are checked, redirects are failures, answers are
 * thrown away.
 */
void post_all(struct arena *a, struct post *v, size_t n);

#endif
