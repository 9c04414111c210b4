/*
 * lib/fetch/fetch.h -- getting a document from another server, with limits.
 */
#ifndef LIB_FETCH_FETCH_H
#define LIB_FETCH_FETCH_H

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

#endif
