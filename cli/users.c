/* cli/users.c -- headrace users: the people who own nodes. */
#include <string.h>

#include "cli/cmd.h"

/* The user that -i, -n or the first argument means; 'spare' arguments follow. */
static enum err
chosen_user(struct cli *c, size_t spare, jv **out)
{
	const char *who = cli_get(c, "identifier");

	if (who == NULL)
		who = cli_get(c, "name");
	if (who == NULL && c->n_args > spare)
		who = c->args[0];
	if (who == NULL)
		return cli_fail(c, ERR_BADREQ,
		    "which user? give --identifier ID, --name NAME or the name alone");
	return cli_user(c, who, out);
}

static enum err
users_list(struct cli *c)
{
	static const char *const heads[] = { "ID", "NAME", "DISPLAY NAME", "EMAIL",
		"PROVIDER", "ROLE", "STATUS", "CREATED (UTC)", NULL };
	static const char *const filters[] = { "name", "email", "identifier" };
	const char *target = "/api/v1/user", *v;
	struct table t;
	jv *answer, *list, *u;
	enum err e;

	for (size_t i = 0; i < 3; i++)
		if ((v = cli_get(c, filters[i])) != NULL)
			target = arena_printf(c->arena, "%s%s%s=%s", target,
			    strchr(target, '?') ? "&" : "?",
			    i == 2 ? "id" : filters[i], cli_escape(c, v));
	if ((e = cli_call(c, HTTP_GET, target, NULL, &answer)) != OK)
		return e;
	list = json_get(answer, "users");
	if (cli_machine(c, list))
		return OK;
	table_begin(&t, c->arena, heads);
	for (size_t i = 0; i < json_len(list); i++) {
		u = json_at(list, i);
		table_put(&t, json_get_str(u, "id", ""));
		table_put(&t, json_get_str(u, "name", ""));
		table_put(&t, json_get_str(u, "displayName", ""));
		table_put(&t, json_get_str(u, "email", ""));
		table_put(&t, json_get_str(u, "provider", ""));
		table_put(&t, json_get_str(u, "role", ""));
		table_put(&t, json_get_str(u, "status", ""));
		table_put(&t, table_time(c->arena, json_get(u, "createdAt"), ""));
	}
	table_print(&t);
	return OK;
}

static enum err
users_create(struct cli *c)
{
	struct body b;
	jv *answer, *u;
	enum err e;

	cli_body_begin(&b);
	cli_body_text(&b, "name", c->args[0]);
	cli_body_text(&b, "displayName", cli_get(c, "display-name"));
	cli_body_text(&b, "email", cli_get(c, "email"));
	cli_body_text(&b, "pictureUrl", cli_get(c, "picture-url"));
	e = cli_call(c, HTTP_POST, "/api/v1/user", cli_body_end(c, &b), &answer);
	if (e != OK)
		return e;
	u = json_get(answer, "user");
	cli_done(c, u, "User created: %s, id %s", json_get_str(u, "name", ""),
	    json_get_str(u, "id", ""));
	return OK;
}

/* "users rename OLD NEW", or with flags as headscale has them. */
static enum err
users_rename(struct cli *c)
{
	const char *name = cli_get(c, "new-name");
	size_t spare = name == NULL;
	jv *u, *answer;
	enum err e;

	if (name == NULL && c->n_args > 0)
		name = c->args[c->n_args - 1];
	if (name == NULL)
		return cli_fail(c, ERR_BADREQ, "the new name is missing");
	if ((e = chosen_user(c, spare, &u)) != OK)
		return e;
	e = cli_call(c, HTTP_POST, arena_printf(c->arena, "/api/v1/user/%s/rename/%s",
	    json_get_str(u, "id", ""), cli_escape(c, name)), NULL, &answer);
	if (e == OK)
		cli_done(c, json_get(answer, "user"), "User renamed: %s is now %s",
		    json_get_str(u, "name", ""), name);
	return e;
}

/* "users role USER ROLE" */
static enum err
users_role(struct cli *c)
{
	struct body b;
	jv *u, *answer;
	enum err e;

	if ((e = chosen_user(c, 1, &u)) != OK)
		return e;
	cli_body_begin(&b);
	cli_body_text(&b, "role", c->args[c->n_args - 1]);
	e = cli_call(c, HTTP_POST, arena_printf(c->arena, "/api/v1/user/%s/role",
	    json_get_str(u, "id", "")), cli_body_end(c, &b), &answer);
	if (e != OK)
		return e;
	u = json_get(answer, "user");
	cli_done(c, u, "Role set: %s is %s", json_get_str(u, "name", ""),
	    json_get_str(u, "role", ""));
	return OK;
}

static enum err
set_status(struct cli *c, const char *verb)
{
	jv *u, *answer;
	enum err e;

	if ((e = chosen_user(c, 0, &u)) != OK ||
	    (e = cli_call(c, HTTP_POST, arena_printf(c->arena, "/api/v1/user/%s/%s",
	    json_get_str(u, "id", ""), verb), NULL, &answer)) != OK)
		return e;
	u = json_get(answer, "user");
	cli_done(c, u, "User %s is %s", json_get_str(u, "name", ""),
	    json_get_str(u, "status", ""));
	return OK;
}

static enum err
users_approve(struct cli *c)
{
	return set_status(c, "approve");
}

static enum err
users_suspend(struct cli *c)
{
	return set_status(c, "suspend");
}

static enum err
users_restore(struct cli *c)
{
	return set_status(c, "restore");
}

static enum err
users_destroy(struct cli *c)
{
	const char *name;
	jv *u, *answer;
	enum err e;

	if ((e = chosen_user(c, 0, &u)) != OK)
		return e;
	name = json_get_str(u, "name", "");
	e = cli_confirm(c, "This deletes user \"%s\" and its pre-auth keys.", name);
	if (e != OK)
		return e;
	e = cli_call(c, HTTP_DELETE, arena_printf(c->arena, "/api/v1/user/%s",
	    json_get_str(u, "id", "")), NULL, &answer);
	if (e == OK)
		cli_done(c, answer, "User destroyed: %s", name);
	return e;
}

static const struct cli_flag list_flags[] = {
	{ "identifier", 'i', FLAG_TEXT, "ID", "only the user with this id" },
	{ "name", 'n', FLAG_TEXT, "NAME", "only users with this name" },
	{ "email", 'e', FLAG_TEXT, "EMAIL", "only users with this e-mail address" },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct cli_flag create_flags[] = {
	{ "display-name", 'd', FLAG_TEXT, "TEXT", "name that people see" },
	{ "email", 'e', FLAG_TEXT, "EMAIL", "e-mail address" },
	{ "picture-url", 'p', FLAG_TEXT, "URL", "picture that clients show" },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct cli_flag rename_flags[] = {
	{ "identifier", 'i', FLAG_TEXT, "ID", "id of the user" },
	{ "name", 'n', FLAG_TEXT, "NAME", "name of the user" },
	{ "new-name", 'r', FLAG_TEXT, "NAME", "the new name" },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct cli_flag which_flags[] = {
	{ "identifier", 'i', FLAG_TEXT, "ID", "id of the user" },
	{ "name", 'n', FLAG_TEXT, "NAME", "name of the user" },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct cli_cmd cmds[] = {
	{ "list", "ls show", "", "show users", 0, 0, list_flags, users_list },
	{ "create", "c new", "NAME", "make a user", 1, 1, create_flags, users_create },
	{ "rename", "mv", "[USER] [NEW]", "give a user another name", 0, 2,
	    rename_flags, users_rename },
	{ "role", "", "[USER] ROLE", "say what a user is to the policy's autogroups\n"
	    "ROLE is member, owner, admin, it-admin, network-admin, billing-admin or auditor.\n"
	    "It is also what an API key of the user may do at most.", 1, 2, which_flags, users_role },
	{ "approve", "", "[USER]", "let in a user who waits for it", 0, 1, which_flags,
	    users_approve },
	{ "suspend", "", "[USER]", "shut out a user, with all devices and keys", 0, 1,
	    which_flags, users_suspend },
	{ "restore", "", "[USER]", "let in again a user who was suspended", 0, 1, which_flags,
	    users_restore },
	{ "destroy", "delete", "[USER]", "delete a user who owns no nodes", 0, 1,
	    which_flags, users_destroy },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL, NULL },
};

const struct cli_group cli_users = {
	"users", "user", "the people who own nodes", cmds,
};
