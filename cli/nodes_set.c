/* cli/nodes_set.c -- headrace nodes: those commands that change one, and all rows. */
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"

/* POSTs to …/node/ID/<action> and prints the node, or in text mode what was done. */
static enum err
change(struct cli *c, jv *n, const char *action, const char *body, const char *done)
{
	const char *target;
	jv *answer;
	enum err e;

	target = arena_printf(c->arena, "/api/v1/node/%s/%s",
	    json_get_str(n, "id", ""), action);
	if ((e = cli_call(c, HTTP_POST, target, body, &answer)) != OK)
		return e;
	cli_done(c, json_get(answer, "node"), "%s: %s", done,
	    table_clean(c->arena, json_get_str(json_get(answer, "node"), "givenName", "")));
	return OK;
}

/* The value of a flag, or the argument behind the node. */
static enum err
wanted(struct cli *c, const char *flag, const char *what, const char **out)
{
	*out = flag != NULL ? cli_get(c, flag) : NULL;
	if (*out == NULL && c->n_args > 0 &&
	    (c->n_args > 1 || cli_get(c, "identifier") != NULL))
		*out = c->args[c->n_args - 1];
	if (*out == NULL)
		return cli_fail(c, ERR_BADREQ, "%s is missing", what);
	return OK;
}

static enum err
nodes_rename(struct cli *c)
{
	const char *name;
	jv *n;
	enum err e;

	if ((e = wanted(c, NULL, "the new name", &name)) != OK ||
	    (e = cli_node_chosen(c, 1, &n)) != OK)
		return e;
	return change(c, n, arena_printf(c->arena, "rename/%s", cli_escape(c, name)),
	    NULL, "Node renamed");
}

static enum err
nodes_expire(struct cli *c)
{
	const char *when = cli_get(c, "expiry"), *until = NULL;
	bool never = cli_has(c, "disable");
	struct body b;
	jv *n;
	enum err e;

	if (never && when != NULL)
		return cli_fail(c, ERR_BADREQ, "--disable and --expiry exclude each other");
	if (when != NULL && (e = cli_time(c, when, &until)) != OK)
		return e;
	if (when != NULL && until == NULL)
		never = true;
	if ((e = cli_node_chosen(c, 0, &n)) != OK)
		return e;
	cli_body_begin(&b);
	cli_body_text(&b, "expiry", until);
	jw_kbool(&b.w, "disableExpiry", never);
	return change(c, n, "expire", cli_body_end(c, &b), never ? "Node expiry disabled" :
	    until != NULL ? "Node expiration updated" : "Node expired");
}

static enum err
nodes_delete(struct cli *c)
{
	const char *name;
	jv *n, *answer;
	enum err e;

	if ((e = cli_node_chosen(c, 0, &n)) != OK)
		return e;
	name = json_get_str(n, "givenName", "");
	if ((e = cli_confirm(c, "This deletes node \"%s\".", name)) != OK)
		return e;
	e = cli_call(c, HTTP_DELETE, arena_printf(c->arena, "/api/v1/node/%s",
	    json_get_str(n, "id", "")), NULL, &answer);
	if (e == OK)
		cli_done(c, answer, "Node deleted: %s", table_clean(c->arena, name));
	return e;
}

static enum err
nodes_tag(struct cli *c)
{
	struct body b;
	jv *n;
	enum err e;

	if (!cli_has(c, "tags"))
		return cli_fail(c, ERR_BADREQ, "give --tags tag:one,tag:two");
	if ((e = cli_node_chosen(c, 0, &n)) != OK)
		return e;
	cli_body_begin(&b);
	jw_kraw(&b.w, "tags", cli_list_json(c, "tags"));
	return change(c, n, "tags", cli_body_end(c, &b), "Node updated");
}

static enum err
nodes_move(struct cli *c)
{
	const char *who;
	struct body b;
	jv *n, *u;
	enum err e;

	if ((e = wanted(c, "user", "the user", &who)) != OK ||
	    (e = cli_node_chosen(c, cli_get(c, "user") == NULL, &n)) != OK ||
	    (e = cli_user(c, who, &u)) != OK)
		return e;
	cli_body_begin(&b);
	cli_body_text(&b, "user", json_get_str(u, "id", ""));
	return change(c, n, "user", cli_body_end(c, &b), "Node moved");
}

static enum err
nodes_set_ip(struct cli *c)
{
	const char *ip;
	struct body b;
	jv *n;
	enum err e;

	if ((e = wanted(c, NULL, "the address", &ip)) != OK ||
	    (e = cli_node_chosen(c, 1, &n)) != OK)
		return e;
	cli_body_begin(&b);
	cli_body_text(&b, "ip", ip);
	return change(c, n, "ip", cli_body_end(c, &b), "Node updated");
}

static enum err
nodes_approve(struct cli *c)
{
	bool revoke = cli_has(c, "revoke");
	struct body b;
	jv *n;
	enum err e;

	if ((e = cli_node_chosen(c, 0, &n)) != OK)
		return e;
	cli_body_begin(&b);
	jw_kbool(&b.w, "authorized", !revoke);
	return change(c, n, "authorize", cli_body_end(c, &b),
	    revoke ? "Node has to wait" : "Node approved");
}

static enum err
nodes_approve_routes(struct cli *c)
{
	struct body b;
	jv *n;
	enum err e;

	if (!cli_has(c, "routes"))
		return cli_fail(c, ERR_BADREQ,
		    "give --routes 10.0.0.0/8,…; --routes \"\" approves none");
	if ((e = cli_node_chosen(c, 0, &n)) != OK)
		return e;
	cli_body_begin(&b);
	jw_kraw(&b.w, "routes", cli_list_json(c, "routes"));
	return change(c, n, "approve_routes", cli_body_end(c, &b), "Node updated");
}

#define WHICH { "identifier", 'i', FLAG_TEXT, "NODE", "id or name of the node" }
#define END { NULL, 0, 0, NULL, NULL }

static const struct cli_flag which_flags[] = { WHICH, END };

static const struct cli_flag list_flags[] = {
	{ "user", 'u', FLAG_TEXT, "USER", "only this user's, by name; tagged-devices: tagged ones" },
	{ "waiting", 0, FLAG_BOOL, NULL, "only those that wait for approval" },
	END,
};

static const struct cli_flag show_flags[] = {
	WHICH,
	{ "user", 'u', FLAG_TEXT, "USER", "without a node: only this user's nodes" },
	END,
};

static const struct cli_flag expire_flags[] = {
	WHICH,
	{ "expiry", 'e', FLAG_TEXT, "TIME", "when: 90d from now, 2030-12-31T23:59:59Z, never" },
	{ "disable", 'd', FLAG_BOOL, NULL, "never, the same as --expiry never" },
	END,
};

static const struct cli_flag tag_flags[] = {
	WHICH,
	{ "tags", 't', FLAG_LIST, "TAG", "all tags that the node shall have" },
	END,
};

static const struct cli_flag move_flags[] = {
	WHICH,
	{ "user", 'u', FLAG_TEXT, "USER", "id or name of the new owner" },
	END,
};

static const struct cli_flag approve_flags[] = {
	WHICH,
	{ "revoke", 0, FLAG_BOOL, NULL, "take the approval back: the node has to wait again" },
	END,
};

static const struct cli_flag route_flags[] = {
	WHICH,
	{ "routes", 'r', FLAG_LIST, "CIDR", "all routes that shall be approved" },
	END,
};

static const struct cli_cmd cmds[] = {
	{ "list", "ls", "", "show nodes", 0, 0, list_flags, cli_nodes_list },
	{ "show", "", "[NODE]", "show one node in full", 0, 1, show_flags, cli_nodes_show },
	{ "list-routes", "lsr routes", "[NODE]", "show nodes that have routes", 0, 1,
	    which_flags, cli_nodes_list_routes },
	{ "rename", "", "[NODE] NEW", "give a node another DNS name", 1, 2, which_flags,
	    nodes_rename },
	{ "expire", "logout exp e", "[NODE]", "end a node's key, now or at a time\n"
	    "Its client has to log in again then; name and addresses stay.", 0, 1,
	    expire_flags, nodes_expire },
	{ "delete", "del", "[NODE]", "remove a node", 0, 1, which_flags, nodes_delete },
	{ "tag", "tags t", "[NODE]", "set a node's tags\n"
	    "A user's node becomes a tagged one; `nodes move` gives it back.", 0, 1,
	    tag_flags, nodes_tag },
	{ "move", "mv", "[NODE] [USER]", "give a node to another user\n"
	    "A tagged node loses its tags.", 0, 2, move_flags, nodes_move },
	{ "set-ip", "", "[NODE] ADDRESS", "give a node another address\n"
	    "It must be in the configured prefixes and free; the address of the other\n"
	    "family stays.", 1, 2, which_flags, nodes_set_ip },
	{ "approve", "authorize", "[NODE]", "let in a node that waits for approval", 0, 1,
	    approve_flags, nodes_approve },
	{ "approve-routes", "", "[NODE]", "set the routes that a node may serve\n"
	    "0.0.0.0/0 or ::/0 makes it an exit node.", 0, 1, route_flags,
	    nodes_approve_routes },
	{ "register", "", "", "let a machine in: the older form of `headrace auth register`", 0, 0,
	    cli_nodes_register_flags, cli_nodes_register },
	{ "backfillips", "", "", "give nodes the addresses of a family that was switched on\n"
	    "Those of a family that was switched off are taken away.", 0, 0, NULL,
	    cli_nodes_backfillips },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL, NULL },
};

const struct cli_group cli_nodes = {
	"nodes", "node", "the machines of the tailnet", cmds,
};
