/* cli/policy.c -- headrace policy: the rules of the tailnet. */
#include <string.h>

#include "cli/cmd.h"

static const struct cli_cmd cmds[] = {
	{ "preview", "", "", "show what a policy would do, without changing anything", 0, 0,
	    cli_policy_preview_flags, cli_policy_preview },
	{ "explain", "", "SRC DST[:PORT]", "say which rule lets one reach another, or that none does\n"
	    "SRC and DST are nodes (name or id), users, or names as policies have them.", 2, 2,
	    cli_policy_explain_flags, cli_policy_explain },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL, NULL },
};

const struct cli_group cli_policy = {
	"policy", "acl", "who may reach what", cmds,
};
