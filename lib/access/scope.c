/*
 * lib/access/scope.c -- what a key, a token or a role may do: the one table.
 *
 * A set is closed when it is made, so a check is one bit: whoever holds
 * "devices:core" holds "devices:core:read" as a bit of its own.
 */
#include "lib/access/scope.h"

#include <string.h>

#define BIT(s) ((scope_set)1 << (s))

static const char *const names[SCOPE_COUNT] = {
	[SCOPE_NONE] = "",
	[SCOPE_ALL_READ] = "all:read",
	[SCOPE_ALL] = "all",
	[SCOPE_DEVICES_CORE_READ] = "devices:core:read",
	[SCOPE_DEVICES_CORE] = "devices:core",
	[SCOPE_DEVICES_ROUTES_READ] = "devices:routes:read",
	[SCOPE_DEVICES_ROUTES] = "devices:routes",
	[SCOPE_DEVICES_ATTRIBUTES_READ] = "devices:posture_attributes:read",
	[SCOPE_DEVICES_ATTRIBUTES] = "devices:posture_attributes",
	[SCOPE_AUTH_KEYS_READ] = "auth_keys:read",
	[SCOPE_AUTH_KEYS] = "auth_keys",
	[SCOPE_API_KEYS_READ] = "api_access_tokens:read",
	[SCOPE_API_KEYS] = "api_access_tokens",
	[SCOPE_OAUTH_KEYS_READ] = "oauth_keys:read",
	[SCOPE_OAUTH_KEYS] = "oauth_keys",
	[SCOPE_USERS_READ] = "users:read",
	[SCOPE_USERS] = "users",
	[SCOPE_POLICY_FILE_READ] = "policy_file:read",
	[SCOPE_POLICY_FILE] = "policy_file",
	[SCOPE_DNS_READ] = "dns:read",
	[SCOPE_DNS] = "dns",
	[SCOPE_FEATURE_SETTINGS_READ] = "feature_settings:read",
	[SCOPE_FEATURE_SETTINGS] = "feature_settings",
	[SCOPE_ACCOUNT_SETTINGS_READ] = "account_settings:read",
	[SCOPE_ACCOUNT_SETTINGS] = "account_settings",
	[SCOPE_WEBHOOKS_READ] = "webhooks:read",
	[SCOPE_WEBHOOKS] = "webhooks",
	[SCOPE_LOGS_READ] = "logs:configuration:read",
	[SCOPE_LOGS] = "logs:configuration",
};

/*
 * Roles, as Tailscale describes them.  A member reads and changes nothing of the
 * tailnet by the API; a billing admin has nothing to bill here.
 */
static const struct { const char *role; scope_set scopes; } roles[] = {
	{ "owner", SCOPES_ALL },
	{ "admin", SCOPES_ALL },
	{ "network-admin", BIT(SCOPE_ALL_READ) | BIT(SCOPE_POLICY_FILE) | BIT(SCOPE_DNS) |
	    BIT(SCOPE_DEVICES_ROUTES) },
	{ "it-admin", BIT(SCOPE_ALL_READ) | BIT(SCOPE_DEVICES_CORE) |
	    BIT(SCOPE_DEVICES_ROUTES) | BIT(SCOPE_DEVICES_ATTRIBUTES) |
	    BIT(SCOPE_AUTH_KEYS) | BIT(SCOPE_USERS) | BIT(SCOPE_FEATURE_SETTINGS) |
	    BIT(SCOPE_ACCOUNT_SETTINGS) | BIT(SCOPE_WEBHOOKS) | BIT(SCOPE_LOGS) },
	{ "auditor", BIT(SCOPE_ALL_READ) },
	{ "billing-admin", 0 },
	{ "member", 0 },
};

/* Reading scopes have odd numbers, and each is followed by its writing one. */
static bool
reads_only(enum scope s)
{
	return s % 2 == 1;
}

const char *
scope_name(enum scope s)
{
	return names[s];
}

bool
scope_read(struct str name, enum scope *out)
{
	for (int s = SCOPE_NONE + 1; s < SCOPE_COUNT; s++)
		if (str_is(name, names[s])) {
			*out = (enum scope)s;
			return true;
		}
	return false;
}

static scope_set
all_reading(void)
{
	scope_set set = 0;

	for (int s = SCOPE_ALL_READ; s < SCOPE_COUNT; s += 2)
		set |= BIT(s);
	return set;
}

scope_set
scope_add(scope_set set, enum scope s)
{
	set |= BIT(SCOPE_NONE) | BIT(s);
	if (s == SCOPE_ALL)
		return SCOPES_ALL;
	if (s == SCOPE_ALL_READ)
		return set | all_reading();
	if (s != SCOPE_NONE && !reads_only(s))
		set |= BIT(s - 1);
	return set;
}

bool
scope_has(scope_set set, enum scope s)
{
	return s == SCOPE_NONE || (set & BIT(s)) != 0;
}

bool
scope_within(scope_set part, scope_set set)
{
	return (part & ~set & ~BIT(SCOPE_NONE)) == 0;
}

scope_set
scope_of_role(const char *role)
{
	scope_set set = 0;

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (strcmp(roles[i].role, role) == 0)
			for (int s = SCOPE_NONE + 1; s < SCOPE_COUNT; s++)
				if ((roles[i].scopes & BIT(s)) != 0)
					set = scope_add(set, (enum scope)s);
	return set;
}

/* Does another member of the set imply this one? */
static bool
implied(scope_set set, enum scope s)
{
	if (!reads_only(s))
		return (set & BIT(SCOPE_ALL)) != 0 && s != SCOPE_ALL;
	return (set & BIT(s + 1)) != 0 ||
	    ((set & BIT(SCOPE_ALL_READ)) != 0 && s != SCOPE_ALL_READ);
}

const char *
scope_text(struct arena *a, scope_set set)
{
	const char *text = "";

	for (int s = SCOPE_NONE + 1; s < SCOPE_COUNT; s++)
		if ((set & BIT(s)) != 0 && !implied(set, (enum scope)s))
			text = arena_printf(a, "%s%s%s", text, *text != '\0' ? " " : "",
			    names[s]);
	return text;
}

bool
scope_read_list(struct str text, scope_set *out, struct str *bad)
{
	struct str one;
	enum scope s;

	*out = 0;
	while (str_cut(&text, ' ', &one)) {
		if (one.n == 0)
			continue;
		if (!scope_read(one, &s)) {
			*bad = one;
			return false;
		}
		*out = scope_add(*out, s);
	}
	return true;
}

scope_set
scope_read_known(const char *text)
{
	struct str rest = str_of(text), one;
	scope_set set = 0;
	enum scope s;

	while (str_cut(&rest, ' ', &one))
		if (scope_read(one, &s))
			set = scope_add(set, s);
	return set;
}
