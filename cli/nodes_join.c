/*
 * cli/nodes_join.c -- headrace nodes: register and backfillips, as headscale has them.
 */
#include <stdio.h>

#include "cli/cmd.h"

const struct cli_flag cli_nodes_register_flags[] = {
	{ "user", 'u', FLAG_TEXT, "USER", "id or name of the user who owns the node" },
	{ "key", 'k', FLAG_TEXT, "ID", "hskey-authreq-…, as the login page shows it" },
	{ NULL, 0, 0, NULL, NULL },
};

enum err
cli_nodes_register(struct cli *c)
{
	const char *who = cli_get(c, "user"), *key = cli_get(c, "key");
	jv *u, *answer, *n;
	enum err e;

	if (who == NULL || key == NULL)
		return cli_fail(c, ERR_BADREQ, "missing %s", who == NULL ? "--user" : "--key");
	if ((e = cli_user(c, who, &u)) != OK)
		return e;
	e = cli_call(c, HTTP_POST, arena_printf(c->arena, "/api/v1/node/register?user=%s&key=%s",
	    cli_escape(c, json_get_str(u, "name", "")), cli_escape(c, key)), NULL, &answer);
	if (e != OK)
		return e;
	n = json_get(answer, "node");
	cli_done(c, n, "Node %s registered",
	    table_clean(c->arena, json_get_str(n, "givenName", "")));
	return OK;
}

enum err
cli_nodes_backfillips(struct cli *c)
{
	jv *answer, *list;
	enum err e;

	e = cli_confirm(c, "This gives every node an address of each family in [prefixes] and takes "
	    "away those of a family that is switched off.");
	if (e != OK)
		return e;
	e = cli_call(c, HTTP_POST, "/api/v1/node/backfillips?confirmed=true", NULL, &answer);
	if (e != OK || cli_machine(c, answer))
		return e;
	list = json_get(answer, "changes");
	for (size_t i = 0; i < json_len(list); i++)
		printf("%s\n", table_clean(c->arena, json_text(json_at(list, i))));
	if (json_len(list) == 0)
		printf("Nothing to do: every node has the addresses that it should have\n");
	return OK;
}
