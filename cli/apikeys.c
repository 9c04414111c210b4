/* cli/apikeys.c -- headrace apikeys: keys with which programs use the web API. */
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"

#define LIFE_DEFAULT "90d"
#define PREFIX_LEN 12

static enum err
keys_list(struct cli *c)
{
	static const char *const heads[] = { "ID", "PREFIX", "USER", "SCOPES",
		"EXPIRATION (UTC)", "LAST USED (UTC)", "CREATED (UTC)", "DESCRIPTION", NULL };
	struct table t;
	jv *answer, *list, *k;
	enum err e;

	if ((e = cli_call(c, HTTP_GET, "/api/v1/apikey", NULL, &answer)) != OK)
		return e;
	list = json_get(answer, "apiKeys");
	if (cli_machine(c, list))
		return OK;
	table_begin(&t, c->arena, heads);
	for (size_t i = 0; i < json_len(list); i++) {
		k = json_at(list, i);
		table_put(&t, json_get_str(k, "id", ""));
		table_put(&t, json_get_str(k, "prefix", ""));
		table_put(&t, json_get_str(json_get(k, "user"), "name", ""));
		table_put(&t, table_join(c->arena, json_get(k, "scopes")));
		table_put_in(&t, table_time(c->arena, json_get(k, "expiration"), "never"),
		    table_time_colour(json_get(k, "expiration")));
		table_put(&t, table_time(c->arena, json_get(k, "lastSeen"), "never"));
		table_put(&t, table_time(c->arena, json_get(k, "createdAt"), ""));
		table_put(&t, json_get_str(k, "description", ""));
	}
	table_print(&t);
	return OK;
}

/* In text mode only the key, ready for a shell variable. */
static enum err
keys_create(struct cli *c)
{
	const char *who = cli_get(c, "user"), *life = cli_get(c, "expiration"), *until;
	struct body b;
	jv *u = NULL, *answer, *key;
	enum err e;

	if ((e = cli_time(c, life != NULL ? life : LIFE_DEFAULT, &until)) != OK ||
	    (who != NULL && (e = cli_user(c, who, &u)) != OK))
		return e;
	cli_body_begin(&b);
	cli_body_text(&b, "expiration", until);
	cli_body_text(&b, "user", json_get_str(u, "id", NULL));
	cli_body_text(&b, "description", cli_get(c, "description"));
	if (cli_has(c, "scope"))
		jw_kraw(&b.w, "scopes", cli_list_json(c, "scope"));
	e = cli_call(c, HTTP_POST, "/api/v1/apikey", cli_body_end(c, &b), &answer);
	if (e != OK)
		return e;
	key = json_get(answer, "apiKey");
	cli_done(c, key, "%s", json_text(key));
	return OK;
}

/* Exactly one of --id and --prefix, or an argument that is either. */
static enum err
chosen_key(struct cli *c, const char **id, const char **prefix)
{
	*id = cli_get(c, "id");
	*prefix = cli_get(c, "prefix");
	if (c->n_args > 0 && *id == NULL && *prefix == NULL) {
		if (strlen(c->args[0]) < PREFIX_LEN)
			*id = c->args[0];
		else
			*prefix = c->args[0];
	}
	if (*id == NULL && *prefix == NULL)
		return cli_fail(c, ERR_BADREQ, "either --id or --prefix must be provided");
	if (*id != NULL && *prefix != NULL)
		return cli_fail(c, ERR_BADREQ,
		    "only one of --id and --prefix can be provided");
	return OK;
}

static enum err
keys_expire(struct cli *c)
{
	const char *id, *prefix;
	struct body b;
	jv *answer;
	enum err e;

	if ((e = chosen_key(c, &id, &prefix)) != OK)
		return e;
	cli_body_begin(&b);
	cli_body_text(&b, "id", id);
	cli_body_text(&b, "prefix", prefix);
	e = cli_call(c, HTTP_POST, "/api/v1/apikey/expire", cli_body_end(c, &b), &answer);
	if (e == OK)
		cli_done(c, answer, "Key expired");
	return e;
}

static enum err
keys_delete(struct cli *c)
{
	const char *id, *prefix, *target;
	jv *answer;
	enum err e;

	if ((e = chosen_key(c, &id, &prefix)) != OK)
		return e;
	if (id != NULL)
		target = arena_printf(c->arena, "/api/v1/apikey/-?id=%s", cli_escape(c, id));
	else
		target = arena_printf(c->arena, "/api/v1/apikey/%s", cli_escape(c, prefix));
	if ((e = cli_call(c, HTTP_DELETE, target, NULL, &answer)) == OK)
		cli_done(c, answer, "Key deleted");
	return e;
}

static const struct cli_flag create_flags[] = {
	{ "expiration", 'e', FLAG_TEXT, "TIME",
	    "how long or until when it works: 30m, 90d, never (default " LIFE_DEFAULT ")" },
	{ "user", 'u', FLAG_TEXT, "USER", "id or name of the user whose it is" },
	{ "scope", 's', FLAG_LIST, "SCOPE",
	    "what it may do: devices:core:read,users (default all)" },
	{ "description", 'd', FLAG_TEXT, "TEXT", "what it is for" },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct cli_flag which_flags[] = {
	{ "id", 'i', FLAG_TEXT, "ID", "id of the key" },
	{ "prefix", 'p', FLAG_TEXT, "PREFIX", "its prefix, bare or as the list shows it" },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct cli_cmd cmds[] = {
	{ "list", "ls show", "", "show keys", 0, 0, NULL, keys_list },
	{ "create", "c new", "", "make a key and print it\n"
	    "The key is shown this once.  One with a user may do no more than the\n"
	    "user's role allows, and nothing once the user is suspended.",
	    0, 0, create_flags, keys_create },
	{ "expire", "revoke exp e", "[ID|PREFIX]", "end a key now", 0, 1, which_flags,
	    keys_expire },
	{ "delete", "remove del rm d", "[ID|PREFIX]", "delete a key", 0, 1, which_flags,
	    keys_delete },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL, NULL },
};

const struct cli_group cli_apikeys = {
	"apikeys", "apikey api", "keys with which programs use the web API", cmds,
};
