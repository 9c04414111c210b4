/*
 * lib/access/caller.h -- who asks, as the audit log and the checks of a handler see it.
 *
 * Made by the dispatcher (handlers/admit.c) for rows of AUTH_API; the text
 * belongs to the request's arena.
 */
#ifndef LIB_ACCESS_CALLER_H
#define LIB_ACCESS_CALLER_H

#include "lib/access/scope.h"

enum caller_kind {
	CALLER_LOCAL,	/* the command line on this machine: everything */
	CALLER_KEY,	/* an API key */
	CALLER_TOKEN	/* an OAuth client's access token */
};

struct caller {
	enum caller_kind kind;
	const char *id;		/* of the key, or of the OAuth client; "" for the command line */
	const char *name;	/* for people: "hskey-api-<12>", "client <12>", "root (command line)" */
	int64_t user_id;	/* whose key it is; 0: nobody's */
	const char *user_name;	/* "" if nobody's */
	scope_set scopes;
	const char *tags;	/* JSON array of the tags that a token may give; NULL: any */
};

#endif
