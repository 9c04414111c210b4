/*
 * cli/main.c -- finds the command that is meant, runs it, reports its end.
 *
 * Global flags may stand before, between and after the words of a command.
 */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "lib/base/log.h"
#include "lib/crypto/key.h"
#include "lib/store/db.h"

const struct cli_group *const cli_groups[] = {
	&cli_users, &cli_preauthkeys, &cli_nodes, &cli_auth, &cli_policy, &cli_apikeys,
	&cli_oauth_clients, &cli_settings, &cli_webhooks, &cli_db,
	&cli_generate, &cli_debug, NULL,
};

const struct cli_cmd *const cli_commands[] = {
	&cli_serve, &cli_worker, &cli_audit, &cli_backup, &cli_restore, &cli_configtest,
	&cli_health, &cli_doctor, &cli_setup, &cli_version, &cli_completion, NULL,
};

static const struct cli_cmd *const hidden[] = { &cli_complete, &cli_man, NULL };

/* What a script can tell apart; 2 is a wrong call, as with most programs. */
static const int exit_status[ERR_COUNT] = {
	[OK] = 0,
	[ERR_BADREQ] = 2,
	[ERR_INVALID] = 2,
	[ERR_AUTH] = 3,
	[ERR_FORBIDDEN] = 3,
	[ERR_NOTFOUND] = 4,
	[ERR_CONFLICT] = 5,
	[ERR_STALE] = 5,
	[ERR_MEDIA] = 2,
	[ERR_LIMITED] = 6,
	[ERR_UNSUPPORTED] = 2,
	[ERR_TOOBIG] = 2,
	[ERR_BUSY] = 6,
	[ERR_STORAGE] = 1,
	[ERR_UPSTREAM] = 1,
	[ERR_INTERNAL] = 1,
};

const struct cli_group *
cli_find_group(const char *word)
{
	for (size_t i = 0; cli_groups[i] != NULL; i++)
		if (cli_named(word, cli_groups[i]->name, cli_groups[i]->aliases))
			return cli_groups[i];
	return NULL;
}

const struct cli_cmd *
cli_find_command(const struct cli_group *g, const char *word)
{
	const struct cli_cmd *cmd;

	if (g == NULL) {
		for (size_t i = 0; (cmd = cli_commands[i]) != NULL; i++)
			if (cli_named(word, cmd->name, cmd->aliases))
				return cmd;
		for (size_t i = 0; (cmd = hidden[i]) != NULL; i++)
			if (strcmp(word, cmd->name) == 0)
				return cmd;
		return NULL;
	}
	for (cmd = g->cmds; cmd->name != NULL; cmd++)
		if (cli_named(word, cmd->name, cmd->aliases))
			return cmd;
	return NULL;
}

static enum err
check_args(struct cli *c)
{
	const struct cli_cmd *cmd = c->cmd;

	if (c->n_args >= cmd->args_min && c->n_args <= cmd->args_max)
		return OK;
	if (c->n_args > cmd->args_max)
		return cli_fail(c, ERR_BADREQ, "unexpected argument \"%s\"; see "
		    "`headrace %s%s%s --help`", c->args[cmd->args_max],
		    c->group ? c->group->name : "", c->group ? " " : "", cmd->name);
	return cli_fail(c, ERR_BADREQ, "%s is missing; see `headrace %s%s%s --help`",
	    cmd->args, c->group ? c->group->name : "", c->group ? " " : "", cmd->name);
}

static enum err
run_command(struct cli *c, int argc, char **argv)
{
	enum err e;
	int next;

	if ((e = cli_parse(c, argc, argv, c->cmd, false, &next)) != OK)
		return e;
	if (cli_has(c, "help")) {
		cli_help_cmd(c->group, c->cmd);
		return OK;
	}
	if ((e = check_args(c)) != OK)
		return e;
	return c->cmd->run(c);
}

/* After "headrace users": the command's name, or the group's help. */
static enum err
run_group(struct cli *c, int argc, char **argv)
{
	enum err e;
	int at;

	if ((e = cli_parse(c, argc, argv, NULL, true, &at)) != OK)
		return e;
	if (at >= argc) {
		cli_help_group(c->group);
		return OK;
	}
	c->cmd = cli_find_command(c->group, argv[at]);
	if (c->cmd == NULL)
		return cli_fail(c, ERR_BADREQ, "unknown command \"%s %s\"; see "
		    "`headrace %s --help`", c->group->name, argv[at], c->group->name);
	return run_command(c, argc - at, argv + at);
}

/* "headrace help [GROUP [COMMAND]]" */
static enum err
run_help(struct cli *c, int argc, char **argv)
{
	if (argc < 2) {
		cli_help_all();
		return OK;
	}
	c->group = cli_find_group(argv[1]);
	if (c->group != NULL && argc == 2) {
		cli_help_group(c->group);
		return OK;
	}
	c->cmd = cli_find_command(c->group, argv[c->group != NULL ? 2 : 1]);
	if (c->cmd == NULL)
		return cli_fail(c, ERR_BADREQ, "unknown command; see `headrace help`");
	cli_help_cmd(c->group, c->cmd);
	return OK;
}

static enum err
run(struct cli *c, int argc, char **argv)
{
	enum err e;
	int at;

	if ((e = cli_parse(c, argc, argv, NULL, true, &at)) != OK)
		return e;
	if (at >= argc || strcmp(argv[at], "help") == 0)
		return run_help(c, argc - at, argv + at);
	c->group = cli_find_group(argv[at]);
	if (c->group != NULL)
		return run_group(c, argc - at, argv + at);
	c->cmd = cli_find_command(NULL, argv[at]);
	if (c->cmd != NULL)
		return run_command(c, argc - at, argv + at);
	return cli_fail(c, ERR_BADREQ, "unknown command \"%s\"; see `headrace help`",
	    argv[at]);
}

int
cli_main(int argc, char **argv)
{
	struct cli c = { .arena = arena_new() };
	enum err e;

	log_init("headrace", LOG_NONE);	/* errors are reported once, below */
	crypto_init();
	e = run(&c, argc, argv);
	if (e == OK && fflush(stdout) != 0)
		e = cli_fail(&c, ERR_INTERNAL, "cannot write to standard output: %m");
	if (e != OK)
		cli_print_error(&c);
	db_close(c.db);
	arena_free(c.arena);
	return exit_status[e];
}
