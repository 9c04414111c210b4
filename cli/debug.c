/* cli/debug.c -- headrace debug and headrace generate: for scripts and tests. */
#include <stdio.h>

#include "cli/cmd.h"
#include "lib/crypto/key.h"

/* ---- debug ---- */

static enum err
create_node(struct cli *c)
{
	static const char *const needed[] = { "user", "name", "key" };
	struct body b;
	jv *u, *answer, *n;
	enum err e;

	for (size_t i = 0; i < 3; i++)
		if (cli_get(c, needed[i]) == NULL)
			return cli_fail(c, ERR_BADREQ, "missing --%s", needed[i]);
	if ((e = cli_user(c, cli_get(c, "user"), &u)) != OK)
		return e;
	cli_body_begin(&b);
	cli_body_text(&b, "user", json_get_str(u, "name", ""));
	cli_body_text(&b, "name", cli_get(c, "name"));
	cli_body_text(&b, "key", cli_get(c, "key"));
	jw_kraw(&b.w, "routes", cli_list_json(c, "route"));
	e = cli_call(c, HTTP_POST, "/api/v1/debug/node", cli_body_end(c, &b), &answer);
	if (e != OK)
		return e;
	n = json_get(answer, "node");
	cli_done(c, n, "Node created: %s", table_clean(c->arena, json_get_str(n, "name", "")));
	return OK;
}

static const struct cli_flag create_node_flags[] = {
	{ "user", 'u', FLAG_TEXT, "USER", "id or name of a user" },
	{ "name", 0, FLAG_TEXT, "NAME", "hostname of the device" },
	{ "key", 'k', FLAG_TEXT, "ID", "id for the login: hskey-authreq- and 24 characters" },
	{ "route", 'r', FLAG_LIST, "CIDR", "routes that the device announces" },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct cli_cmd debug_cmds[] = {
	{ "create-node", "", "", "make a login that waits, for a device that does not exist\n"
	    "`headrace auth register --auth-id ID --user NAME` makes it a node.", 0, 0,
	    create_node_flags, create_node },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL, NULL },
};

const struct cli_group cli_debug = { "debug", "", "what only tests need", debug_cmds };

/* ---- generate ---- */

static enum err
private_key(struct cli *c)
{
	char text[KEY_TEXT_SIZE];
	struct key32 key;
	struct body b;
	const char *json;

	key_generate(&key);
	key_write(&key, PRIVKEY_PREFIX, text);
	key_wipe(&key);
	cli_body_begin(&b);
	cli_body_text(&b, "private_key", text);
	json = cli_body_end(c, &b);
	cli_done(c, json_parse(c->arena, str_of(json), JSON_DEPTH_DEFAULT, NULL), "%s", text);
	return OK;
}

static const struct cli_cmd generate_cmds[] = {
	{ "private-key", "", "", "print a new private key, as the server's noise.key holds one", 0, 0,
	    NULL, private_key },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL, NULL },
};

const struct cli_group cli_generate = { "generate", "gen", "make keys", generate_cmds };
