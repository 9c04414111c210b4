/* cli/auth.c -- headrace auth: what waits for an administrator. */
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"

static enum err
chosen_login(struct cli *c, const char **out)
{
	*out = cli_get(c, "auth-id");
	if (*out == NULL && c->n_args > 0)
		*out = c->args[0];
	if (*out == NULL)
		return cli_fail(c, ERR_BADREQ,
		    "missing --auth-id; the page behind the client's link shows it");
	return OK;
}

/* POSTs the id, and the user if there is one. */
static enum err
decide(struct cli *c, const char *target, const char *user, jv **answer)
{
	const char *id;
	struct body b;
	enum err e;

	if ((e = chosen_login(c, &id)) != OK)
		return e;
	cli_body_begin(&b);
	cli_body_text(&b, "authId", id);
	cli_body_text(&b, "user", user);
	return cli_call(c, HTTP_POST, target, cli_body_end(c, &b), answer);
}

static enum err
auth_register(struct cli *c)
{
	const char *who = cli_get(c, "user");
	jv *u, *answer, *n;
	enum err e;

	if (who == NULL)
		return cli_fail(c, ERR_BADREQ, "missing --user");
	if ((e = cli_user(c, who, &u)) != OK ||
	    (e = decide(c, "/api/v1/auth/register", json_get_str(u, "name", ""),
	    &answer)) != OK)
		return e;
	n = json_get(answer, "node");
	cli_done(c, n, "Node %s registered",
	    table_clean(c->arena, json_get_str(n, "givenName", "")));
	return OK;
}

static enum err
auth_approve(struct cli *c)
{
	jv *answer;
	enum err e = decide(c, "/api/v1/auth/approve", NULL, &answer);

	if (e == OK)
		cli_done(c, answer, "Approved");
	return e;
}

static enum err
auth_reject(struct cli *c)
{
	jv *answer;
	enum err e = decide(c, "/api/v1/auth/reject", NULL, &answer);

	if (e == OK)
		cli_done(c, answer, "Rejected");
	return e;
}

/* What waits, in words. */
static const char *
purpose(struct cli *c, jv *l)
{
	const char *os = json_get_str(l, "os", "");

	if (strcmp(json_get_str(l, "kind", ""), "ssh") == 0)
		return arena_printf(c->arena, "ssh %s@%s from %s",
		    json_get_str(l, "localUser", ""), json_get_str(l, "destination", ""),
		    json_get_str(l, "source", ""));
	if (strcmp(json_get_str(l, "kind", ""), "user") == 0)
		return arena_printf(c->arena, "user %s", json_get_str(l, "user", ""));
	if (strcmp(json_get_str(l, "kind", ""), "device") == 0)
		return arena_printf(c->arena, *os ? "device %s of %s (%s)" : "device %s of %s",
		    json_get_str(l, "name", ""), json_get_str(l, "user", ""), os);
	return arena_printf(c->arena, *os ? "register %s (%s)" : "register %s",
	    json_get_str(l, "name", ""), os);
}

/* An id, or what lets it in. */
static const char *
approval(struct cli *c, jv *l)
{
	if (strcmp(json_get_str(l, "kind", ""), "device") == 0)
		return arena_printf(c->arena, "nodes approve %s", json_get_str(l, "nodeId", ""));
	if (strcmp(json_get_str(l, "kind", ""), "user") == 0)
		return arena_printf(c->arena, "users approve %s", json_get_str(l, "userId", ""));
	return json_get_str(l, "authId", "");
}

static enum err
auth_list(struct cli *c)
{
	static const char *const heads[] = { "AUTH ID, OR COMMAND", "WHAT",
		"CREATED (UTC)", "RUNS OUT (UTC)", NULL };
	struct table t;
	jv *answer, *list, *l;
	enum err e;

	if ((e = cli_call(c, HTTP_GET, "/api/v1/auth", NULL, &answer)) != OK)
		return e;
	list = json_get(answer, "logins");
	if (cli_machine(c, list))
		return OK;
	table_begin(&t, c->arena, heads);
	for (size_t i = 0; i < json_len(list); i++) {
		l = json_at(list, i);
		table_put(&t, approval(c, l));
		table_put(&t, purpose(c, l));
		table_put(&t, table_time(c->arena, json_get(l, "createdAt"), ""));
		table_put(&t, table_time(c->arena, json_get(l, "expiresAt"), "never"));
	}
	table_print(&t);
	return OK;
}

static const struct cli_flag id_flags[] = {
	{ "auth-id", 0, FLAG_TEXT, "ID", "hskey-authreq-…, as the login page shows it" },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct cli_flag register_flags[] = {
	{ "auth-id", 0, FLAG_TEXT, "ID", "hskey-authreq-…, as the login page shows it" },
	{ "user", 'u', FLAG_TEXT, "USER", "id or name of the user who owns the node" },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct cli_cmd cmds[] = {
	{ "list", "ls show", "", "show what waits: logins, SSH checks, devices, users", 0, 0, NULL,
	    auth_list },
	{ "register", "", "[ID]", "let a machine in as a node of a user", 0, 1,
	    register_flags, auth_register },
	{ "approve", "", "[ID]", "let an SSH session begin that is to be checked", 0, 1,
	    id_flags, auth_approve },
	{ "reject", "", "[ID]", "turn a login or SSH session away", 0, 1, id_flags, auth_reject },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL, NULL },
};

const struct cli_group cli_auth = {
	"auth", "", "what waits for an administrator", cmds,
};
