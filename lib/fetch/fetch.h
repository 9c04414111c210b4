/*
 * lib/fetch/fetch.h -- asking another server, with limits.
 */
#ifndef LIB_FETCH_FETCH_H
#define LIB_FETCH_FETCH_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/str.h"

#define FETCH_TIMEOUT_MS 15000	/* the whole; connecting has a third of it */

/*
 * GETs an http or https address (certificates are checked, up to 5 redirects)
 * into the arena.  ERR_UPSTREAM and *why: it failed, or answered anything but
 * 200.  ERR_TOOBIG: more than 'max' bytes.
 */
must_check enum err fetch_url(struct arena *a, const char *url, size_t max,
    struct str *out, const char **why);

struct fetch_ask {
	const char *method;	/* "GET", "PUT" */
	const char *url;
	const char *const *headers;	/* "Name: value" each, ends with NULL; may be NULL */
	struct str body;	/* p NULL: none */
	size_t max;		/* bytes of an answer */
	long timeout_ms;	/* 0: FETCH_TIMEOUT_MS */
	bool insecure;		/* any certificate will do */
};

struct fetch_answer {
	int status;
	struct str body;	/* in the arena */
};

/*
 * Sends one request and takes any status for an answer; follows no redirect, so that
 * what is in the headers reaches nobody else.  ERR_UPSTREAM and *why: there is none.
 */
must_check enum err fetch_send(struct arena *a, const struct fetch_ask *ask,
    struct fetch_answer *out, const char **why);

#endif
