/*
 * cli/help.c -- help texts, made from the rows, so that they cannot be stale.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"

#define LEFT 28		/* where the explanations begin */
#define WIDTH 80	/* of the terminals of old, which is what everybody has at least */

/* So many columns take the n bytes at p. */
static int
columns(const char *p, size_t n)
{
	int w = 0;

	for (size_t i = 0; i < n; i++)
		w += ((unsigned char)p[i] & 0xc0) != 0x80;
	return w;
}

void
cli_fill(int left, const char *text, size_t n)
{
	const char *end = text + n, *p = text;
	int at = left, blanks = 0;

	while (p < end) {
		size_t len = strcspn(p, " \n");
		int w;

		if (len > (size_t)(end - p))
			len = (size_t)(end - p);
		w = columns(p, len);
		if (at > left && at + blanks + w > WIDTH - 1) {
			printf("\n%*s", left, "");
			at = left;
			blanks = 0;
		}
		printf("%*s%.*s", blanks, "", (int)len, p);
		at += blanks + w;
		p += len;
		blanks = p < end && *p == '\n' && p > text && p[-1] == '.' ? 2 : (int)strspn(p, " \n");
		p += strspn(p, " \n");
	}
	putchar('\n');
}

static void
line(const char *left, const char *help)
{
	printf("  %s", left);
	if (strlen(left) + 4 > LEFT)
		printf("\n%*s", LEFT, "");
	else
		printf("%*s", LEFT - 2 - (int)strlen(left), "");
	cli_fill(LEFT, help, strcspn(help, "\n"));
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
	printf("\nWith HEADRACE_ADDRESS and HEADRACE_API_KEY in the environment the commands go\n"
	    "to that server; without, to the database of this machine.\n");
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

/* The first line says what it does; what follows is a paragraph. */
static void
command_text(const char *help)
{
	size_t first = strcspn(help, "\n");

	cli_fill(0, help, first);
	if (help[first] != '\0') {
		putchar('\n');
		cli_fill(0, help + first + 1, strlen(help + first + 1));
	}
	putchar('\n');
}

void
cli_help_cmd(const struct cli_group *g, const struct cli_cmd *cmd)
{
	printf("Usage: headrace %s%s%s%s%s [flags]\n\n", g ? g->name : "",
	    g ? " " : "", cmd->name, cmd->args[0] != '\0' ? " " : "", cmd->args);
	command_text(cmd->help);
	aliases_line(cmd->aliases);
	printf("Flags:\n");
	flag_lines(cmd->flags);
	flag_lines(cli_global_flags);
}
