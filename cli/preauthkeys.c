/* cli/preauthkeys.c -- headrace preauthkeys: keys with which machines join. */
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"

#define LIFE_DEFAULT "1h"

static const char *
owner_of(struct cli *c, jv *key)
{
	const char *tags = table_join(c->arena, json_get(key, "aclTags"));

	return *tags != '\0' ? tags : json_get_str(json_get(key, "user"), "name", "");
}

static const char *
yes(jv *key, const char *member)
{
	return json_get_bool(key, member, false) ? "yes" : "no";
}

static enum err
keys_list(struct cli *c)
{
	static const char *const heads[] = { "ID", "KEY", "OWNER", "REUSABLE",
		"EPHEMERAL", "USED", "EXPIRATION (UTC)", "CREATED (UTC)", NULL };
	struct table t;
	jv *answer, *list, *k;
	enum err e;

	e = cli_call(c, HTTP_GET, cli_has(c, "valid") ? "/api/v1/preauthkey?valid=true" :
	    "/api/v1/preauthkey", NULL, &answer);
	if (e != OK)
		return e;
	list = json_get(answer, "preAuthKeys");
	if (cli_machine(c, list))
		return OK;
	table_begin(&t, c->arena, heads);
	for (size_t i = 0; i < json_len(list); i++) {
		k = json_at(list, i);
		table_put(&t, json_get_str(k, "id", ""));
		table_put(&t, json_get_str(k, "key", ""));
		table_put(&t, owner_of(c, k));
		table_put(&t, yes(k, "reusable"));
		table_put(&t, yes(k, "ephemeral"));
		table_put(&t, yes(k, "used"));
		table_put_in(&t, table_time(c->arena, json_get(k, "expiration"), "never"),
		    table_time_colour(json_get(k, "expiration")));
		table_put(&t, table_time(c->arena, json_get(k, "createdAt"), ""));
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
	cli_body_text(&b, "user", json_get_str(u, "id", NULL));
	cli_body_text(&b, "expiration", until);
	jw_kbool(&b.w, "reusable", cli_has(c, "reusable"));
	jw_kbool(&b.w, "ephemeral", cli_has(c, "ephemeral"));
	jw_kbool(&b.w, "preauthorized", cli_has(c, "preauthorized"));
	cli_body_text(&b, "description", cli_get(c, "description"));
	jw_kraw(&b.w, "aclTags", cli_list_json(c, "tags"));
	e = cli_call(c, HTTP_POST, "/api/v1/preauthkey", cli_body_end(c, &b), &answer);
	if (e != OK)
		return e;
	key = json_get(answer, "preAuthKey");
	cli_done(c, key, "%s", json_get_str(key, "key", ""));
	return OK;
}

/* The id that -i or the first argument gives. */
static enum err
chosen_key(struct cli *c, const char **out)
{
	*out = cli_get(c, "id");
	if (*out == NULL && c->n_args > 0)
		*out = c->args[0];
	if (*out == NULL)
		return cli_fail(c, ERR_BADREQ, "missing --id parameter");
	return OK;
}

static enum err
keys_expire(struct cli *c)
{
	const char *id;
	struct body b;
	jv *answer;
	enum err e;

	if ((e = chosen_key(c, &id)) != OK)
		return e;
	cli_body_begin(&b);
	cli_body_text(&b, "id", id);
	e = cli_call(c, HTTP_POST, "/api/v1/preauthkey/expire", cli_body_end(c, &b),
	    &answer);
	if (e == OK)
		cli_done(c, answer, "Key expired");
	return e;
}

static enum err
keys_delete(struct cli *c)
{
	const char *id;
	jv *answer;
	enum err e;

	if ((e = chosen_key(c, &id)) != OK ||
	    (e = cli_confirm(c, "This deletes pre-auth key %s; nodes that joined with "
	    "it stay.", id)) != OK)
		return e;
	e = cli_call(c, HTTP_DELETE, arena_printf(c->arena, "/api/v1/preauthkey?id=%s",
	    cli_escape(c, id)), NULL, &answer);
	if (e == OK)
		cli_done(c, answer, "Key deleted");
	return e;
}

static const struct cli_flag list_flags[] = {
	{ "valid", 0, FLAG_BOOL, NULL, "only keys that still let a machine in" },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct cli_flag create_flags[] = {
	{ "user", 'u', FLAG_TEXT, "USER", "id or name of the user who owns the nodes" },
	{ "reusable", 0, FLAG_BOOL, NULL, "for any number of machines" },
	{ "ephemeral", 0, FLAG_BOOL, NULL, "nodes are removed once they are offline" },
	{ "expiration", 'e', FLAG_TEXT, "TIME",
	    "how long or until when it works: 30m, 90d, never (default " LIFE_DEFAULT ")" },
	{ "tags", 0, FLAG_LIST, "TAG", "tags of the nodes: tag:web,tag:prod" },
	{ "preauthorized", 0, FLAG_BOOL, NULL,
	    "nodes need not wait for approval (headrace settings: devicesApprovalOn)" },
	{ "description", 0, FLAG_TEXT, "TEXT", "what it is for" },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct cli_flag id_flags[] = {
	{ "id", 'i', FLAG_TEXT, "ID", "id of the key" },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct cli_cmd cmds[] = {
	{ "list", "ls show", "", "show keys", 0, 0, list_flags, keys_list },
	{ "create", "c new", "", "make a key and print it\n"
	    "The key is shown this once.  It needs a user, tags, or both; with tags\n"
	    "the nodes belong to the tags.", 0, 0, create_flags, keys_create },
	{ "expire", "revoke exp e", "[ID]", "end a key now", 0, 1, id_flags, keys_expire },
	{ "delete", "del rm d", "[ID]", "delete a key", 0, 1, id_flags, keys_delete },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL, NULL },
};

const struct cli_group cli_preauthkeys = {
	"preauthkeys", "preauthkey authkey pre", "keys with which machines join", cmds,
};
