/*
 * cli/help.c -- help texts, made from the rows, so that they cannot be stale.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"

#define LEFT 30		/* where the explanations begin */

static void
line(const char *left, const char *help)
{
	int n = (int)strcspn(help, "\n");

	if (strlen(left) + 2 > LEFT)
		printf("  %s\n%*s%.*s\n", left, LEFT + 2, "", n, help);
	else
		printf("  %-*s%.*s\n", LEFT, left, n, help);
}

void
cli_flag_form(const struct cli_flag *f, char out[static CLI_FLAG_FORM_SIZE])
{
	char letter[8];

	(void)snprintf(letter, sizeof(letter), f->letter ? "-%c, " : "    ", f->letter);
	(void)snprintf(out, CLI_FLAG_FORM_SIZE, "%s--%s%s%s%s", letter, f->name,
	    f->arg ? " " : "", f->arg ? f->arg : "", f->kind == FLAG_LIST ? ",..." : "");
}

static void
flag_lines(const struct cli_flag *f)
{
	char left[CLI_FLAG_FORM_SIZE];

	for (; f != NULL && f->name != NULL; f++) {
		cli_flag_form(f, left);
		line(left, f->help);
	}
}

static void
aliases_line(const char *aliases)
{
	if (aliases[0] != '\0')
		printf("Other names: %s\n\n", aliases);
}

void
cli_help_all(void)
{
	printf("headrace: a control server for Tailscale clients\n\n"
	    "Usage: headrace [flags] COMMAND ...\n\nCommands:\n");
	for (size_t i = 0; cli_commands[i] != NULL; i++)
		line(cli_commands[i]->name, cli_commands[i]->help);
	line("help [COMMAND ...]", "show help; the same as --help");
	printf("\nGroups of commands:\n");
	for (size_t i = 0; cli_groups[i] != NULL; i++)
		line(cli_groups[i]->name, cli_groups[i]->help);
	printf("\nFlags of every command:\n");
	flag_lines(cli_global_flags);
	printf("\nWith HEADRACE_ADDRESS and HEADRACE_API_KEY in the environment the commands go to that\n"
	    "server; without, to the database of this machine.\n");
	printf("\nExit status: 0 done; 1 failed; 2 wrong call or value; 3 not allowed;\n"
	    "4 not found; 5 clashes with what is there; 6 busy, try again.\n");
}

void
cli_help_group(const struct cli_group *g)
{
	char left[128];

	printf("headrace %s: %s\n\n", g->name, g->help);
	aliases_line(g->aliases);
	printf("Commands:\n");
	for (const struct cli_cmd *cmd = g->cmds; cmd->name != NULL; cmd++) {
		(void)snprintf(left, sizeof(left), "%s%s%s", cmd->name,
		    cmd->args[0] != '\0' ? " " : "", cmd->args);
		line(left, cmd->help);
	}
	printf("\nFlags: `headrace %s COMMAND --help` shows those of a command.\n",
	    g->name);
}

void
cli_help_cmd(const struct cli_group *g, const struct cli_cmd *cmd)
{
	printf("Usage: headrace %s%s%s%s%s [flags]\n\n%s\n\n", g ? g->name : "",
	    g ? " " : "", cmd->name, cmd->args[0] != '\0' ? " " : "", cmd->args,
	    cmd->help);
	aliases_line(cmd->aliases);
	printf("Flags:\n");
	flag_lines(cmd->flags);
	flag_lines(cli_global_flags);
}
