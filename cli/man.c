/*
 * cli/man.c -- headrace man: the manual page headrace(1), for `make man` and packages.
 *
 * Commands and flags come from the rows, so that the page cannot be behind; what a
 * row cannot say stands here as roff.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"

static const char head[] =
".SH NAME\n"
"headrace \\- a control server for Tailscale clients\n"
".SH SYNOPSIS\n"
".B headrace\n"
"[\\fIflags\\fR] \\fIcommand\\fR ...\n"
".SH DESCRIPTION\n"
"headrace lets machines that run Tailscale's clients find each other and says who may\n"
"reach what.\n"
".B headrace serve\n"
"runs the server behind a web server; the other commands look after a tailnet.\n"
".PP\n"
"A command is a request to the web API.  On the server's machine it is answered\n"
"straight from the database, with all rights of whoever may write to that, and the\n"
"server need not run.  With\n"
".B HEADRACE_ADDRESS\n"
"in the environment it goes to that server, with the rights of an API key.\n"
".PP\n"
"Flags may stand before, between and after the words of a command.  Nodes and users are\n"
"meant by id or by name.  Times are like 30m, 24h, 90d, 1y (from now),\n"
"2030\\-12\\-31T23:59:59Z, or never.\n";

static const char tail[] =
".SH OUTPUT\n"
"Text for people; times are UTC.  With \\fB\\-o json\\fR, \\fBjson\\-line\\fR (all in one line)\n"
"or \\fByaml\\fR a list is a bare array, a single thing its object, a deletion {}.\n"
"Errors go to standard error, as {\"error\": \"...\"} with these.  \\fBpolicy get\\fR prints the\n"
"text as it is, whatever \\fB\\-o\\fR says.\n"
".SH EXIT STATUS\n"
".TP\n.B 0\nDone.\n"
".TP\n.B 1\nFailed: a file, the database, a server that does not answer, a check that found something.\n"
".TP\n.B 2\nA wrong call or value.\n"
".TP\n.B 3\nNot allowed, or not confirmed.\n"
".TP\n.B 4\nNot found.\n"
".TP\n.B 5\nClashes with what is there, or that has changed meanwhile.\n"
".TP\n.B 6\nBusy; try again.\n"
".SH ENVIRONMENT\n"
".TP\n.B HEADRACE_CONFIG\nThe configuration file, where \\fB\\-c\\fR does not say.\n"
".TP\n.B HEADRACE_ADDRESS\nThe server to which requests go: https://headrace.example.com, or only the name.\n"
".TP\n.B HEADRACE_API_KEY\nThe key for it (\\fBheadrace apikeys create\\fR).\n"
".TP\n.B HEADRACE_API_KEY_FILE\nThe name of a file with the key, instead.\n"
".TP\n.B HEADRACE_TIMEOUT\nHow long to wait for it: 30s where nothing is said, at most 1h.\n"
".TP\n.B HEADRACE_INSECURE\n1: its certificate is not checked.\n"
".TP\n.B SSL_CERT_FILE\nThe authorities that \\fBheadrace doctor\\fR trusts, instead of the system's.\n"
".TP\n.B NO_COLOR\nTables have no colours on a terminal.\n"
".PP\nWhat else begins with HEADRACE_ sets a key of the configuration; see\n"
".BR headrace.ini (5).\n"
".SH FILES\n"
".TP\n.I " CONFIG_FILE_DEFAULT "\nThe configuration; \\fBheadrace configtest \\-v\\fR prints every key with its value.\n"
".TP\n.I /var/lib/headrace\nThe database and the private key, where server.data does not say otherwise.\n"
".TP\n.I /run/headrace\nSockets, where server.run does not say otherwise.\n"
".TP\n.I /usr/share/doc/headrace\nThis documentation in \\fIdocs\\fR, and files for web servers in \\fIexamples\\fR.\n"
".SH EXAMPLES\n"
".EX\n"
"headrace setup headrace.example.com \\-\\-write\n"
"headrace doctor https://headrace.example.com\n"
"headrace users create alice\n"
"headrace preauthkeys create \\-u alice \\-e 24h\n"
"headrace nodes list \\-o json\n"
"headrace nodes tag web1 \\-t tag:web\n"
"headrace policy set policy.hujson\n"
"headrace backup /var/backups/headrace.db\n"
".EE\n"
".SH SEE ALSO\n"
".BR headrace.ini (5),\n"
".BR headrace\\-notifier (8),\n"
".BR tailscale (8),\n"
".BR sqlite3 (1)\n";

/* A text, as roff has it: no hyphen that is a minus, no command by accident. */
static void
put(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	if (*p == '.' || *p == '\'')
		fputs("\\&", stdout);
	for (; *p != '\0'; p++)
		if (*p == '-')
			fputs("\\-", stdout);
		else if (*p == '\\')
			fputs("\\e", stdout);
		else if (*p == '\n')
			fputs("\n\\&", stdout);
		else if (*p == 0xe2 && p[1] == 0x80 && p[2] == 0xa6) {	/* the only one in our helps */
			fputs("...", stdout);
			p += 2;
		} else
			putchar(*p);
}

/* The first line has no full stop, what follows it has. */
static void
put_help(const char *help)
{
	struct str rest = str_of(help), one;
	char line[512];

	(void)str_cut(&rest, '\n', &one);
	(void)snprintf(line, sizeof(line), "%.*s", (int)one.n, one.p);
	put(line);
	putchar('.');
	if (rest.n == 0)
		return;
	putchar('\n');
	(void)snprintf(line, sizeof(line), "%.*s", (int)rest.n, rest.p);
	put(line);
}

static void
put_other_names(const char *names)
{
	if (*names == '\0')
		return;
	fputs("\nOther names: ", stdout);
	put(names);
	putchar('.');
}

static void
put_flags(const struct cli_flag *f)
{
	char form[CLI_FLAG_FORM_SIZE];

	for (; f != NULL && f->name != NULL; f++) {
		cli_flag_form(f, form);
		fputs(".TP\n.B \"", stdout);
		put(form + strspn(form, " "));
		fputs("\"\n", stdout);
		put(f->help);
		putchar('\n');
	}
}

static void
put_command(const struct cli_group *g, const struct cli_cmd *cmd)
{
	printf(".TP\n\\fB%s%s", g != NULL ? g->name : "", g != NULL ? " " : "");
	put(cmd->name);
	fputs("\\fR", stdout);
	if (cmd->args[0] != '\0')
		putchar(' ');
	put(cmd->args);
	putchar('\n');
	put_help(cmd->help);
	put_other_names(cmd->aliases);
	putchar('\n');
	if (cmd->flags == NULL)
		return;
	fputs(".RS\n", stdout);
	put_flags(cmd->flags);
	fputs(".RE\n", stdout);
}

static void
put_group(const struct cli_group *g)
{
	fputs(".SS \"headrace ", stdout);
	put(g->name);
	fputs(": ", stdout);
	put(g->help);
	fputs("\"", stdout);
	put_other_names(g->aliases);
	putchar('\n');
	for (const struct cli_cmd *cmd = g->cmds; cmd->name != NULL; cmd++)
		put_command(g, cmd);
}

static enum err
man(struct cli *c)
{
	(void)c;
	printf(".TH HEADRACE 1 \"\" \"headrace %s\" \"User Commands\"\n", HEADRACE_VERSION);
	fputs(head, stdout);
	fputs(".SH COMMANDS\n", stdout);
	for (size_t i = 0; cli_commands[i] != NULL; i++)
		put_command(NULL, cli_commands[i]);
	for (size_t i = 0; cli_groups[i] != NULL; i++)
		put_group(cli_groups[i]);
	fputs(".SH \"FLAGS OF EVERY COMMAND\"\n", stdout);
	put_flags(cli_global_flags);
	fputs(tail, stdout);
	return OK;
}

const struct cli_cmd cli_man = {
	"man", "", "", "print the manual page headrace(1), as roff", 0, 0, NULL, man,
};
