/* lib/policy/role.c -- what a user may be, as text. */
#include <string.h>

#include "lib/policy/policy.h"

static const char *const names[ROLE_COUNT] = {
	[ROLE_MEMBER] = "member",
	[ROLE_OWNER] = "owner",
	[ROLE_ADMIN] = "admin",
	[ROLE_IT_ADMIN] = "it-admin",
	[ROLE_NETWORK_ADMIN] = "network-admin",
	[ROLE_BILLING_ADMIN] = "billing-admin",
	[ROLE_AUDITOR] = "auditor",
};

const char *
role_name(enum role r)
{
	return names[r];
}

bool
role_read(const char *s, enum role *out)
{
	for (size_t i = 0; i < ROLE_COUNT; i++)
		if (strcmp(names[i], s) == 0) {
			*out = (enum role)i;
			return true;
		}
	return false;
}
