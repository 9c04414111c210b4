/* cli/nodes.c -- headrace nodes: those commands that only look. */
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"

/* "1.102.5" of "1.102.5-t1a2b3c-g4d5e6f". */
static const char *
short_version(struct cli *c, jv *n)
{
	const char *v = json_get_str(n, "clientVersion", "");

	return arena_strndup(c->arena, v, strcspn(v, "-"));
}

static const char *
owner_of(struct cli *c, jv *n)
{
	const char *tags = table_join(c->arena, json_get(n, "tags"));

	return *tags != '\0' ? tags : json_get_str(json_get(n, "user"), "name", "");
}

static void
put_state(struct table *t, jv *n)
{
	if (json_get_bool(n, "suspended", false))
		table_put_in(t, "suspended", RED);
	else if (!json_get_bool(n, "authorized", true))
		table_put_in(t, "waiting", RED);
	else if (json_get_bool(n, "expired", false))
		table_put_in(t, "expired", RED);
	else if (json_get_bool(n, "online", false))
		table_put_in(t, "online", GREEN);
	else
		table_put_in(t, "offline", DIM);
}

static void
put_node_row(struct cli *c, struct table *t, jv *n)
{
	bool online = json_get_bool(n, "online", false);

	table_put(t, json_get_str(n, "id", ""));
	table_put(t, json_get_str(n, "givenName", ""));
	table_put(t, owner_of(c, n));
	table_put(t, table_join(c->arena, json_get(n, "ipAddresses")));
	put_state(t, n);
	table_put(t, online ? "now" : table_time(c->arena, json_get(n, "lastSeen"), ""));
	table_put_in(t, table_time(c->arena, json_get(n, "expiry"), "never"),
	    table_time_colour(json_get(n, "expiry")));
	table_put(t, json_get_bool(n, "ephemeral", false) ? "yes" : "no");
	table_put(t, short_version(c, n));
	table_put(t, json_get_str(n, "os", ""));
}

static enum err
list_nodes(struct cli *c, bool waiting)
{
	static const char *const heads[] = { "ID", "NAME", "OWNER", "ADDRESSES", "STATE",
		"LAST SEEN (UTC)", "EXPIRY (UTC)", "EPHEMERAL", "VERSION", "OS", NULL };
	const char *user = cli_get(c, "user"), *target = "/api/v1/node";
	struct table t;
	jv *answer, *list;
	enum err e;

	target = arena_printf(c->arena, "%s?waiting=%s", target, waiting ? "true" : "false");
	if (user != NULL)
		target = arena_printf(c->arena, "%s&user=%s", target, cli_escape(c, user));
	if ((e = cli_call(c, HTTP_GET, target, NULL, &answer)) != OK)
		return e;
	list = json_get(answer, "nodes");
	if (cli_machine(c, list))
		return OK;
	table_begin(&t, c->arena, heads);
	for (size_t i = 0; i < json_len(list); i++)
		put_node_row(c, &t, json_at(list, i));
	table_print(&t);
	return OK;
}

enum err
cli_nodes_list(struct cli *c)
{
	return list_nodes(c, cli_has(c, "waiting"));
}

static void
line(struct cli *c, const char *label, const char *text)
{
	printf("%-18s %s\n", label, table_clean(c->arena, text));
}

static void
show_text(struct cli *c, const char *label, jv *n, const char *member)
{
	line(c, label, json_get_str(n, member, ""));
}

static void
show_time(struct cli *c, const char *label, jv *n, const char *member)
{
	line(c, label, table_time(c->arena, json_get(n, member), "never"));
}

static void
show_list(struct cli *c, const char *label, jv *n, const char *member)
{
	line(c, label, table_join(c->arena, json_get(n, member)));
}

static const char *
state_text(jv *n)
{
	bool online = json_get_bool(n, "online", false);

	if (json_get_bool(n, "suspended", false))
		return "suspended: its user is not active";
	if (!json_get_bool(n, "authorized", true))
		return "waiting for approval";
	if (json_get_bool(n, "expired", false))
		return online ? "expired, connected" : "expired";
	return online ? "online" : "offline";
}

static void
show_node(struct cli *c, jv *n)
{
	show_text(c, "ID", n, "id");
	show_text(c, "Name", n, "givenName");
	show_text(c, "Hostname", n, "name");
	show_text(c, "User", json_get(n, "user"), "name");
	show_list(c, "Tags", n, "tags");
	show_list(c, "Addresses", n, "ipAddresses");
	line(c, "State", state_text(n));
	show_time(c, "Last seen (UTC)", n, "lastSeen");
	show_text(c, "Last seen at", n, "clientAddress");
	show_time(c, "Expiry (UTC)", n, "expiry");
	show_time(c, "Created (UTC)", n, "createdAt");
	line(c, "Ephemeral", json_get_bool(n, "ephemeral", false) ? "yes" : "no");
	show_text(c, "Client version", n, "clientVersion");
	show_text(c, "OS", n, "os");
	show_list(c, "Routes announced", n, "availableRoutes");
	show_list(c, "Routes approved", n, "approvedRoutes");
	show_list(c, "Routes in force", n, "subnetRoutes");
	show_text(c, "Registered by", n, "registerMethod");
	show_text(c, "Pre-auth key", json_get(n, "preAuthKey"), "key");
	show_text(c, "Machine key", n, "machineKey");
	show_text(c, "Node key", n, "nodeKey");
	show_text(c, "Disco key", n, "discoKey");
}

/* Without a node it lists them all, as headscale's "nodes show" does. */
enum err
cli_nodes_show(struct cli *c)
{
	jv *n;
	enum err e;

	if (c->n_args == 0 && cli_get(c, "identifier") == NULL)
		return list_nodes(c, false);
	if ((e = cli_node_chosen(c, 0, &n)) != OK)
		return e;
	if (!cli_machine(c, n))
		show_node(c, n);
	return OK;
}

static bool
has_routes(jv *n)
{
	return json_len(json_get(n, "availableRoutes")) > 0 ||
	    json_len(json_get(n, "approvedRoutes")) > 0;
}

/* Those that have routes, of 'list', or of 'only' if that is given. */
static jv *
with_routes(struct cli *c, jv *list, jv *only)
{
	size_t count = only != NULL ? 1 : json_len(list);
	struct buf out;
	struct jw w;
	jv *n, *kept;

	buf_init(&out, REQ_OUT_MAX);
	jw_init(&w, &out);
	jw_arr(&w);
	for (size_t i = 0; i < count; i++) {
		n = only != NULL ? only : json_at(list, i);
		if (has_routes(n))
			jw_raw(&w, str_of(json_dump(c->arena, n)));
	}
	jw_end_arr(&w);
	kept = json_parse(c->arena, buf_as_str(&out), JSON_DEPTH_DEFAULT, NULL);
	buf_fini(&out);
	return kept;
}

static void
print_routes(struct cli *c, jv *list)
{
	static const char *const heads[] = { "ID", "NAME", "APPROVED", "ANNOUNCED",
		"IN FORCE", NULL };
	static const char *const lists[] = { "approvedRoutes", "availableRoutes",
		"subnetRoutes" };
	struct table t;
	jv *n;

	table_begin(&t, c->arena, heads);
	for (size_t i = 0; i < json_len(list); i++) {
		n = json_at(list, i);
		table_put(&t, json_get_str(n, "id", ""));
		table_put(&t, json_get_str(n, "givenName", ""));
		for (size_t k = 0; k < 3; k++)
			table_put(&t, table_join(c->arena, json_get(n, lists[k])));
	}
	table_print(&t);
}

enum err
cli_nodes_list_routes(struct cli *c)
{
	jv *answer = NULL, *only = NULL, *list;
	enum err e;

	if (c->n_args > 0 || cli_get(c, "identifier") != NULL)
		e = cli_node_chosen(c, 0, &only);
	else
		e = cli_call(c, HTTP_GET, "/api/v1/node", NULL, &answer);
	if (e != OK)
		return e;
	list = with_routes(c, json_get(answer, "nodes"), only);
	if (!cli_machine(c, list))
		print_routes(c, list);
	return OK;
}
