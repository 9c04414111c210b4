/*
 * cli/complete.c -- what may stand next on a command line; a shell asks.
 *
 * `headrace __complete -- WORD...` prints what the last word may become: one a line,
 * behind a tab what it is; or ":files" where a file is meant.  The scripts of
 * completion.c only pass words on, so a new version of headrace needs no new ones.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cmd.h"

#define NAMES_MAX 200	/* more are no help; and a shell would ask before it shows them */

/* A command line, as far as it has been read. */
struct asked {
	struct cli *c;
	const struct cli_group *group;
	const struct cli_cmd *cmd;
	const struct cli_flag *wants;	/* the flag whose value comes next; NULL: none does */
	size_t n_args;
	bool flags_over;		/* after "--" */
	bool lost;			/* a word was no command */
	const char *before;		/* a part of the last word that stays: "--output=" */
	const char *word;		/* the rest of it */
};

/* ---- the words before the last ---- */

/* By its name, of which 'n' bytes count, or by its letter if that is not 0. */
static const struct cli_flag *
find_flag(const struct asked *q, const char *name, size_t n, char letter)
{
	const struct cli_flag *tables[] = { q->cmd ? q->cmd->flags : NULL, cli_global_flags };

	for (size_t i = 0; i < 2; i++)
		for (const struct cli_flag *f = tables[i]; f != NULL && f->name != NULL; f++)
			if (letter != 0 ? f->letter == letter :
			    strlen(f->name) == n && strncmp(f->name, name, n) == 0)
				return f;
	return NULL;
}

static bool
has_value(const struct cli_flag *f)
{
	return f != NULL && f->kind != FLAG_BOOL;
}

/* "--name", "--name=value", "-xyz", of which the last may want the next word. */
static void
take_flag(struct asked *q, const char *w)
{
	const struct cli_flag *f;

	if (strncmp(w, "--", 2) == 0) {
		f = strchr(w, '=') == NULL ? find_flag(q, w + 2, strlen(w + 2), 0) : NULL;
		q->wants = has_value(f) ? f : NULL;
		return;
	}
	for (w++; *w != '\0'; w++)
		if (has_value(f = find_flag(q, "", 0, *w))) {
			q->wants = w[1] == '\0' ? f : NULL;
			return;
		}
}

static void
take_value(struct asked *q, const char *w)
{
	struct cli *c = q->c;

	if (q->wants == cli_global_flags && c->n_values < CLI_VALUES_MAX) {	/* -c FILE */
		c->values[c->n_values].flag = q->wants;
		c->values[c->n_values++].text = w;
	}
	q->wants = NULL;
}

static void
take_command(struct asked *q, const char *w)
{
	if (q->group == NULL && (q->group = cli_find_group(w)) != NULL)
		return;
	q->cmd = cli_find_command(q->group, w);
	q->lost = q->lost || q->cmd == NULL;
}

static void
take_word(struct asked *q, const char *w)
{
	if (q->wants != NULL)
		take_value(q, w);
	else if (!q->flags_over && strcmp(w, "--") == 0)
		q->flags_over = true;
	else if (!q->flags_over && w[0] == '-' && w[1] != '\0')
		take_flag(q, w);
	else if (q->cmd != NULL)
		q->n_args++;
	else if (q->group != NULL || strcmp(w, "help") != 0)
		take_command(q, w);
}

/* ---- what the last may be ---- */

/* Prints what begins like the word. */
static bool
offer(const struct asked *q, const char *text, const char *help)
{
	if (strncmp(text, q->word, strlen(q->word)) != 0)
		return false;
	printf("%s%s\t%.*s\n", q->before, text, (int)strcspn(help, "\n"), help);
	return true;
}

static void
offer_words(const struct asked *q, const char *words, char between)
{
	struct str rest = str_of(words), one;

	while (str_cut(&rest, between, &one))
		(void)offer(q, arena_strndup(q->c->arena, one.p, one.n), "");
}

static void
offer_flags(const struct asked *q, const struct cli_flag *f)
{
	for (; f != NULL && f->name != NULL; f++)
		(void)offer(q, arena_printf(q->c->arena, "--%s", f->name), f->help);
}

/* Asking must not make a database, nor let a person wait for long. */
static bool
may_ask(struct cli *c)
{
	if (cli_remote())
		return setenv("HEADRACE_TIMEOUT", "2s", 1) == 0;
	return cli_config(c) == OK && access(c->cfg->db_path, R_OK) == 0;
}

/* Names of what there is, if there are not too many. */
static void
offer_names(const struct asked *q, const char *target, const char *list, const char *member)
{
	jv *answer, *v;
	size_t n = 0;

	if (!may_ask(q->c) || cli_call(q->c, HTTP_GET, target, NULL, &answer) != OK)
		return;
	v = json_get(answer, list);
	for (size_t i = 0; i < json_len(v) && n < NAMES_MAX; i++)
		n += offer(q, table_clean(q->c->arena,
		    json_get_str(json_at(v, i), member, "")), "");
}

static void
offer_nodes(const struct asked *q)
{
	offer_names(q, "/api/v1/node", "nodes", "givenName");
}

static void
offer_users(const struct asked *q)
{
	offer_names(q, "/api/v1/user", "users", "name");
}

static void
offer_files(const struct asked *q)
{
	(void)q;
	puts(":files");
}

/* What the capitals of a row's argument, or of a flag's value, stand for. */
static const struct {
	const char *kind;
	void (*offer)(const struct asked *q);
	const char *words;
} kinds[] = {
	{ "FILE", offer_files, NULL },
	{ "DIR", offer_files, NULL },
	{ "NODE", offer_nodes, NULL },
	{ "SRC", offer_nodes, NULL },
	{ "DST", offer_nodes, NULL },
	{ "USER", offer_users, NULL },
	{ "FORM", NULL, "json json-line yaml text" },
	{ "ROLE", NULL, "member owner admin it-admin network-admin billing-admin auditor" },
};

/* 'what' is "NODE", "[USER]", "DST[:PORT]"; in small letters all values there are: "bash|zsh". */
static void
offer_kind(const struct asked *q, const char *what)
{
	size_t n;

	what += *what == '[';
	n = strspn(what, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	if (n == 0)
		offer_words(q, what, '|');
	for (size_t i = 0; n > 0 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strlen(kinds[i].kind) != n || strncmp(kinds[i].kind, what, n) != 0)
			continue;
		if (kinds[i].offer != NULL)
			kinds[i].offer(q);
		else
			offer_words(q, kinds[i].words, ' ');
	}
}

static void
offer_argument(const struct asked *q)
{
	struct str rest = str_of(q->cmd->args), one;

	for (size_t i = 0; str_cut(&rest, ' ', &one); i++)
		if (i == q->n_args && one.n > 0)
			offer_kind(q, arena_strndup(q->c->arena, one.p, one.n));
}

static void
offer_commands(const struct asked *q)
{
	const struct cli_cmd *cmd;

	if (q->group != NULL) {
		for (cmd = q->group->cmds; cmd->name != NULL; cmd++)
			(void)offer(q, cmd->name, cmd->help);
		return;
	}
	for (size_t i = 0; cli_groups[i] != NULL; i++)
		(void)offer(q, cli_groups[i]->name, cli_groups[i]->help);
	for (size_t i = 0; (cmd = cli_commands[i]) != NULL; i++)
		(void)offer(q, cmd->name, cmd->help);
	(void)offer(q, "help", "show help");
}

/* "--output=js": the value of a flag, in the same word. */
static bool
take_inline_value(struct asked *q)
{
	const char *value = strchr(q->word, '=');
	const struct cli_flag *f;

	if (strncmp(q->word, "--", 2) != 0 || value == NULL)
		return false;
	f = find_flag(q, q->word + 2, (size_t)(value - q->word) - 2, 0);
	q->before = arena_strndup(q->c->arena, q->word, (size_t)(value - q->word) + 1);
	q->word = value + 1;
	q->wants = has_value(f) ? f : NULL;
	return true;
}

static enum err
complete(struct cli *c)
{
	struct asked q = { .c = c, .before = "", .word = "" };

	for (size_t i = 0; i < c->n_args; i++)
		if (i + 1 < c->n_args)
			take_word(&q, c->args[i]);
		else
			q.word = c->args[i];
	if (q.wants != NULL || (!q.flags_over && take_inline_value(&q))) {
		if (q.wants != NULL)
			offer_kind(&q, q.wants->arg);
	} else if (q.lost) {
		return OK;
	} else if (!q.flags_over && q.word[0] == '-') {
		offer_flags(&q, q.cmd != NULL ? q.cmd->flags : NULL);
		offer_flags(&q, cli_global_flags);
	} else if (q.cmd != NULL) {
		offer_argument(&q);
	} else {
		offer_commands(&q);
	}
	return OK;
}

const struct cli_cmd cli_complete = {
	"__complete", "", "-- WORD...", "say what the last word may become; the shells' scripts ask",
	0, CLI_WORDS_MAX, NULL, complete,
};
