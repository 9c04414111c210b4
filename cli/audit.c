/* cli/audit.c -- headrace audit: who changed what. */
#include <string.h>

#include "cli/cmd.h"
#include "lib/base/clock.h"

/* "24h" ago, or a time. */
static enum err
past_time(struct cli *c, const char *text, const char **out)
{
	char buf[RFC3339_SIZE];
	int64_t ms;

	if (duration_read(str_of(text), &ms))
		ms = clock_wall_ms() - ms;
	else if (!rfc3339_read(str_of(text), &ms))
		return cli_fail(c, ERR_BADREQ, "\"%s\" is no duration (30m, 24h, 90d) and no "
		    "time (2026-12-31T23:59:59Z)", text);
	*out = arena_strdup(c->arena, rfc3339_write(ms, buf));
	return OK;
}

static void
add_query(struct cli *c, const char **target, const char *name, const char *value)
{
	if (value != NULL)
		*target = arena_printf(c->arena, "%s%s%s=%s", *target,
		    strchr(*target, '?') == NULL ? "?" : "&", name, cli_escape(c, value));
}

static enum err
target_of(struct cli *c, const char **target)
{
	static const char *const same[] = { "actor", "target", "action", "limit", "before" };
	static const char *const times[] = { "since", "until" };
	const char *text, *when = "";
	enum err e;

	*target = "/api/v1/audit";
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		if ((text = cli_get(c, times[i])) == NULL)
			continue;
		if ((e = past_time(c, text, &when)) != OK)
			return e;
		add_query(c, target, times[i], when);
	}
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		add_query(c, target, same[i], cli_get(c, same[i]));
	return OK;
}

static const char *
who(struct cli *c, jv *actor)
{
	const char *name = json_get_str(actor, "name", ""), *user = json_get_str(actor, "user", "");

	return *user == '\0' ? name : arena_printf(c->arena, "%s (%s)", user, name);
}

static const char *
what(struct cli *c, jv *row)
{
	const char *action = json_get_str(row, "action", "");

	if (strcmp(json_get_str(row, "outcome", ""), "denied") == 0)
		return arena_printf(c->arena, "%s (denied)", action);
	return action;
}

struct pair {
	struct cli *c;
	jv *after;
	const char *text;
};

static void
add_pair(void *arg, const char *key, jv *value)
{
	struct pair *p = arg;
	jv *new = json_get(p->after, key);

	p->text = arena_printf(p->c->arena, "%s%s%s: %s -> %s", p->text,
	    *p->text != '\0' ? ", " : "", key, json_dump(p->c->arena, value),
	    new != NULL ? json_dump(p->c->arena, new) : "null");
}

/* "tags: [] -> ["tag:web"]"; of something new or gone all that was noted. */
static const char *
change(struct cli *c, jv *row)
{
	jv *before = json_get(row, "before"), *after = json_get(row, "after");
	const char *old = json_dump(c->arena, before), *new = json_dump(c->arena, after);
	struct pair p = { c, after, "" };

	if (strcmp(old, "{}") == 0)
		return strcmp(new, "{}") == 0 ? "" : arena_printf(c->arena, "new: %s", new);
	if (strcmp(new, "{}") == 0)
		return arena_printf(c->arena, "was: %s", old);
	json_each(before, add_pair, &p);
	return p.text;
}

static void
print_rows(struct cli *c, jv *list)
{
	static const char *const heads[] = { "ID", "TIME (UTC)", "WHO", "FROM", "ACTION",
		"TARGET", "CHANGE", NULL };
	struct table t;
	jv *row, *target;

	table_begin(&t, c->arena, heads);
	for (size_t i = 0; i < json_len(list); i++) {
		row = json_at(list, i);
		target = json_get(row, "target");
		table_put(&t, json_get_str(row, "id", ""));
		table_put(&t, table_time(c->arena, json_get(row, "time"), ""));
		table_put(&t, who(c, json_get(row, "actor")));
		table_put(&t, json_get_str(json_get(row, "actor"), "address", ""));
		table_put_in(&t, what(c, row), strcmp(json_get_str(row, "outcome", ""),
		    "denied") == 0 ? RED : PLAIN);
		table_put(&t, arena_printf(c->arena, "%s %s", json_get_str(target, "kind", ""),
		    json_get_str(target, "name", "")));
		table_put(&t, change(c, row));
	}
	table_print(&t);
}

static enum err
audit_list(struct cli *c)
{
	const char *target;
	jv *answer, *list;
	enum err e;

	if (c->n_args == 1 && !cli_named(c->args[0], "list", "ls show"))
		return cli_fail(c, ERR_BADREQ, "unknown command \"audit %s\"; it is "
		    "`headrace audit list`", c->args[0]);
	if ((e = target_of(c, &target)) != OK ||
	    (e = cli_call(c, HTTP_GET, target, NULL, &answer)) != OK)
		return e;
	list = json_get(answer, "entries");
	if (!cli_machine(c, list))
		print_rows(c, list);
	return OK;
}

static const struct cli_flag list_flags[] = {
	{ "since", 's', FLAG_TEXT, "TIME", "from then on: 24h ago, or 2026-12-31T23:59:59Z" },
	{ "until", 'u', FLAG_TEXT, "TIME", "until then" },
	{ "actor", 'a', FLAG_TEXT, "WHO", "id, name or user; or key, token, cli, node, server, shell" },
	{ "target", 't', FLAG_TEXT, "WHAT", "id or name; or node, user, authkey, policy and so on" },
	{ "action", 0, FLAG_TEXT, "NAME", "what was done: setTags, registerNode, edit" },
	{ "limit", 'l', FLAG_TEXT, "NUMBER", "so many at most (default 100, at most 1000)" },
	{ "before", 'b', FLAG_TEXT, "ID", "older than the entry with this id" },
	{ NULL, 0, 0, NULL, NULL },
};

const struct cli_cmd cli_audit = {
	"audit", "audit-log", "[list]", "show who changed what, newest first\n"
	    "Edits in the sqlite3 shell are there, too.  The log cannot be changed, and\n"
	    "is kept as long as audit.keep says.", 0, 1, list_flags, audit_list,
};
