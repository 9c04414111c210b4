/*
 * cli/oauth_clients.c -- headrace oauth-clients: programs that get themselves tokens.
 *
 * In Tailscale's API they are keys of the type "client", so these are its endpoints.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"

#define KEYS "/api/v2/tailnet/-/keys"

static bool
is_client(jv *key)
{
	return strcmp(json_get_str(key, "keyType", ""), "client") == 0;
}

/* The clients of the list, which has pre-auth keys in it too. */
static enum err
clients_of(struct cli *c, jv *keys, jv **out)
{
	struct buf b;
	struct jw w;

	buf_init(&b, REQ_OUT_MAX);
	jw_init(&w, &b);
	jw_arr(&w);
	for (size_t i = 0; i < json_len(keys); i++)
		if (is_client(json_at(keys, i)))
			jw_raw(&w, str_of(json_dump(c->arena, json_at(keys, i))));
	jw_end_arr(&w);
	*out = json_parse(c->arena, (struct str){ (const char *)b.p, b.n },
	    JSON_DEPTH_DEFAULT, NULL);
	buf_fini(&b);
	return *out != NULL ? OK : cli_fail(c, ERR_INTERNAL, "the list of clients is broken");
}

static enum err
clients_list(struct cli *c)
{
	static const char *const heads[] = { "ID", "SCOPES", "TAGS", "DESCRIPTION",
		"CREATED (UTC)", NULL };
	struct table t;
	jv *answer, *list, *k;
	enum err e;

	if ((e = cli_call(c, HTTP_GET, KEYS, NULL, &answer)) != OK ||
	    (e = clients_of(c, json_get(answer, "keys"), &list)) != OK)
		return e;
	if (cli_machine(c, list))
		return OK;
	table_begin(&t, c->arena, heads);
	for (size_t i = 0; i < json_len(list); i++) {
		k = json_at(list, i);
		table_put(&t, json_get_str(k, "id", ""));
		table_put(&t, table_join(c->arena, json_get(k, "scopes")));
		table_put(&t, table_join(c->arena, json_get(k, "tags")));
		table_put(&t, json_get_str(k, "description", ""));
		table_put(&t, table_time(c->arena, json_get(k, "created"), ""));
	}
	table_print(&t);
	return OK;
}

static enum err
clients_create(struct cli *c)
{
	struct body b;
	jv *key;
	enum err e;

	if (!cli_has(c, "scope"))
		return cli_fail(c, ERR_BADREQ, "at least one --scope is needed: what the "
		    "client may do, like devices:core or all:read");
	cli_body_begin(&b);
	cli_body_text(&b, "keyType", "client");
	cli_body_text(&b, "description", cli_get(c, "description"));
	jw_kraw(&b.w, "scopes", cli_list_json(c, "scope"));
	if (cli_has(c, "tag"))
		jw_kraw(&b.w, "tags", cli_list_json(c, "tag"));
	if ((e = cli_call(c, HTTP_POST, KEYS, cli_body_end(c, &b), &key)) != OK)
		return e;
	cli_done(c, key, "Client ID: %s\nClient secret: %s", json_get_str(key, "id", ""),
	    json_get_str(key, "key", ""));
	return OK;
}

static enum err
clients_delete(struct cli *c)
{
	const char *id = cli_get(c, "id");
	jv *answer;
	enum err e;

	if (id == NULL && c->n_args > 0)
		id = c->args[0];
	if (id == NULL)
		return cli_fail(c, ERR_BADREQ, "missing --id parameter");
	e = cli_call(c, HTTP_GET, arena_printf(c->arena, KEYS "/%s", cli_escape(c, id)),
	    NULL, &answer);
	if (e == OK && !is_client(answer))
		return cli_fail(c, ERR_NOTFOUND, "%s is no OAuth client but a pre-auth key; "
		    "see `headrace preauthkeys delete`", id);
	if (e == OK)
		e = cli_call(c, HTTP_DELETE, arena_printf(c->arena, KEYS "/%s",
		    cli_escape(c, id)), NULL, &answer);
	if (e == OK)
		cli_done(c, answer, "OAuth client deleted");
	return e;
}

static const struct cli_flag create_flags[] = {
	{ "scope", 's', FLAG_LIST, "SCOPE", "what it may do: devices:core,auth_keys" },
	{ "tag", 't', FLAG_LIST, "TAG", "tags that its devices and keys may have" },
	{ "description", 'd', FLAG_TEXT, "TEXT", "what it is for" },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct cli_flag id_flags[] = {
	{ "id", 'i', FLAG_TEXT, "ID", "id of the client" },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct cli_cmd cmds[] = {
	{ "list", "ls show", "", "show clients", 0, 0, NULL, clients_list },
	{ "create", "c new", "", "make a client and print its id and secret\n"
	    "The secret is shown this once.  Clients with devices:core or auth_keys\n"
	    "need tags: what they bring in belongs to these.", 0, 0, create_flags,
	    clients_create },
	{ "delete", "remove del rm d", "[ID]", "delete a client, and its tokens", 0, 1,
	    id_flags, clients_delete },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL, NULL },
};

const struct cli_group cli_oauth_clients = {
	"oauth-clients", "oauth-client oauthclients oauthclient oauth",
	"programs that get themselves tokens for the web API", cmds,
};
