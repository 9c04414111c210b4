/*
 * lib/access/scope.h -- what a key, a token or a role may do: the one table.
 *
 * Scopes are named as in Tailscale's API: "devices:core" may change and read
 * devices, "devices:core:read" only read them; "all" is everything, "all:read"
 * every reading.  A route's row names the one scope that it needs.
 */
#ifndef LIB_ACCESS_SCOPE_H
#define LIB_ACCESS_SCOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/str.h"

/* Each area has two: to read it, and to change it (which includes reading). */
enum scope {
	SCOPE_NONE,		/* nothing is asked for beyond being somebody */
	SCOPE_ALL_READ, SCOPE_ALL,
	SCOPE_DEVICES_CORE_READ, SCOPE_DEVICES_CORE,
	SCOPE_DEVICES_ROUTES_READ, SCOPE_DEVICES_ROUTES,
	SCOPE_DEVICES_ATTRIBUTES_READ, SCOPE_DEVICES_ATTRIBUTES, /* devices:posture_attributes */
	SCOPE_AUTH_KEYS_READ, SCOPE_AUTH_KEYS,
	SCOPE_API_KEYS_READ, SCOPE_API_KEYS,		/* api_access_tokens */
	SCOPE_OAUTH_KEYS_READ, SCOPE_OAUTH_KEYS,
	SCOPE_USERS_READ, SCOPE_USERS,
	SCOPE_POLICY_FILE_READ, SCOPE_POLICY_FILE,
	SCOPE_DNS_READ, SCOPE_DNS,
	SCOPE_FEATURE_SETTINGS_READ, SCOPE_FEATURE_SETTINGS,
	SCOPE_ACCOUNT_SETTINGS_READ, SCOPE_ACCOUNT_SETTINGS,	/* contacts */
	SCOPE_WEBHOOKS_READ, SCOPE_WEBHOOKS,
	SCOPE_LOGS_READ, SCOPE_LOGS,			/* logs:configuration */
	SCOPE_COUNT
};

/* A set of scopes, one bit each, closed: what a member implies is in it too. */
typedef uint64_t scope_set;

#define SCOPES_ALL (((scope_set)1 << SCOPE_COUNT) - 1)
#define SCOPES_TEXT_MAX 64	/* scopes in one list */

/* "devices:core:read"; "" for SCOPE_NONE. */
const char *scope_name(enum scope s);

/* False if there is no such scope; SCOPE_NONE cannot be named. */
must_check bool scope_read(struct str name, enum scope *out);

/* The set with 's' and everything that it implies added. */
scope_set scope_add(scope_set set, enum scope s);
bool scope_has(scope_set set, enum scope s);

/* Is everything of 'part' in 'set'? */
bool scope_within(scope_set part, scope_set set);

/* What a user of this role ("it-admin") may do: the table of roles; nothing if there is none such. */
scope_set scope_of_role(const char *role);

/*
 * The fewest names that mean this set, separated by blanks (as OAuth has it),
 * in the arena; "all" for everything.
 */
const char *scope_text(struct arena *a, scope_set set);

/* Reads such a list; false and *bad is the first name that is none. */
must_check bool scope_read_list(struct str text, scope_set *out, struct str *bad);

/* The same of a stored list: names that a newer version has written count for nothing. */
scope_set scope_read_known(const char *text);

#endif
