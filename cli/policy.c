/* cli/policy.c -- headrace policy: the rules of the tailnet. */
#include <string.h>

#include "cli/cmd.h"

static const struct cli_cmd cmds[] = {
	{ "preview", "", "", "show what a policy would do, without changing anything", 0, 0,
	    cli_policy_preview_flags, cli_policy_preview },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL, NULL },
};

const struct cli_group cli_policy = {
	"policy", "acl", "who may reach what", cmds,
};
