/*
 * cli/find.c -- which node or user a person means; and whether they mean it.
 *
 * User names start with a letter, so digits are an id.  A node may be called
 * "7"; then its id wins if there is a node 7.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cmd.h"

static bool
is_number(const char *s)
{
	return *s != '\0' && s[strspn(s, "0123456789")] == '\0';
}

/* The one member of 'list', or an error that says how many there are. */
static enum err
the_one(struct cli *c, jv *list, const char *kind, const char *name, jv **out)
{
	*out = json_at(list, 0);
	if (json_len(list) == 0)
		return cli_fail(c, ERR_NOTFOUND, "%s \"%s\" not found", kind, name);
	if (json_len(list) > 1)
		return cli_fail(c, ERR_CONFLICT, "%zu %ss are called \"%s\"; give an id",
		    json_len(list), kind, name);
	return OK;
}

enum err
cli_user(struct cli *c, const char *id_or_name, jv **out)
{
	const char *key = is_number(id_or_name) ? "id" : "name";
	jv *answer;
	enum err e;

	if (*id_or_name == '\0')
		return cli_fail(c, ERR_BADREQ, "an empty name means no user");
	e = cli_call(c, HTTP_GET, arena_printf(c->arena, "/api/v1/user?%s=%s", key,
	    cli_escape(c, id_or_name)), NULL, &answer);
	if (e != OK)
		return e;
	return the_one(c, json_get(answer, "users"), "user", id_or_name, out);
}

/* The label of "Web1.tail.example" or "web1": DNS knows no case. */
static const char *
label_of(struct cli *c, const char *name)
{
	char *label = arena_strndup(c->arena, name, strcspn(name, "."));

	for (char *p = label; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return label;
}

static enum err
node_by_name(struct cli *c, const char *name, jv **out)
{
	jv *answer;
	enum err e;

	e = cli_call(c, HTTP_GET, arena_printf(c->arena, "/api/v1/node?name=%s",
	    cli_escape(c, label_of(c, name))), NULL, &answer);
	if (e != OK)
		return e;
	return the_one(c, json_get(answer, "nodes"), "node", name, out);
}

enum err
cli_node(struct cli *c, const char *id_or_name, jv **out)
{
	jv *answer;
	enum err e;

	if (*id_or_name == '\0')
		return cli_fail(c, ERR_BADREQ, "an empty name means no node");
	if (!is_number(id_or_name))
		return node_by_name(c, id_or_name, out);
	e = cli_call(c, HTTP_GET, arena_printf(c->arena, "/api/v1/node/%s",
	    id_or_name), NULL, &answer);
	if (e == ERR_NOTFOUND)
		return node_by_name(c, id_or_name, out);
	*out = json_get(answer, "node");
	return e;
}

enum err
cli_node_chosen(struct cli *c, size_t spare, jv **out)
{
	const char *who = cli_get(c, "identifier");

	if (who == NULL && c->n_args > spare)
		who = c->args[0];
	if (who == NULL)
		return cli_fail(c, ERR_BADREQ,
		    "which node? give its id or name, alone or with --identifier");
	return cli_node(c, who, out);
}

enum err
cli_confirm(struct cli *c, const char *fmt, ...)
{
	char question[512], answer[16] = "";
	va_list ap;

	if (cli_has(c, "force"))
		return OK;
	va_start(ap, fmt);
	(void)vsnprintf(question, sizeof(question), fmt, ap);
	va_end(ap);
	if (!isatty(STDIN_FILENO))
		return cli_fail(c, ERR_BADREQ, "%s There is no terminal to ask on: "
		    "add --force", question);
	fprintf(stderr, "%s [y/N] ", table_clean(c->arena, question));
	if (fgets(answer, sizeof(answer), stdin) != NULL &&
	    (answer[0] == 'y' || answer[0] == 'Y'))
		return OK;
	return cli_fail(c, ERR_FORBIDDEN, "not confirmed; nothing was changed");
}
