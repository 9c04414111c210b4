/* cli/policy_history.c -- headrace policy history, diff, rollback: every version. */
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"

/* "version 2 again", the comment, or both. */
static const char *
remark(struct cli *c, jv *v)
{
	int64_t of = json_get_i64(v, "rollbackOf", 0);
	const char *comment = json_get_str(v, "comment", "");

	if (of == 0)
		return table_clean(c->arena, comment);
	return table_clean(c->arena, arena_printf(c->arena, "version %lld again%s%s",
	    (long long)of, *comment ? ": " : "", comment));
}

enum err
cli_policy_history(struct cli *c)
{
	static const char *const heads[] = { "VERSION", "", "CREATED (UTC)", "SOURCE", "AUTHOR",
		"BYTES", "COMMENT", NULL };
	const char *limit = cli_get(c, "limit"), *target = "/api/v1/policy/history";
	struct table t;
	jv *answer, *list, *v;
	enum err e;

	if (limit != NULL)
		target = arena_printf(c->arena, "%s?limit=%s", target, cli_escape(c, limit));
	if ((e = cli_call(c, HTTP_GET, target, NULL, &answer)) != OK)
		return e;
	list = json_get(answer, "versions");
	if (cli_machine(c, list))
		return OK;
	table_begin(&t, c->arena, heads);
	for (size_t i = 0; i < json_len(list); i++) {
		v = json_at(list, i);
		table_put(&t, json_dump(c->arena, json_get(v, "version")));
		table_put_in(&t, json_get_bool(v, "inForce", false) ? "in force" : "", GREEN);
		table_put(&t, table_time(c->arena, json_get(v, "createdAt"), ""));
		table_put(&t, json_get_str(v, "source", ""));
		table_put(&t, table_clean(c->arena, json_get_str(v, "author", "")));
		table_put(&t, json_dump(c->arena, json_get(v, "bytes")));
		table_put(&t, remark(c, v));
	}
	table_print(&t);
	return OK;
}

/* A version by its number, the one in force if NULL; *name is for the diff's head. */
static enum err
text_of_version(struct cli *c, const char *number, struct str *text, const char **name)
{
	jv *v;
	enum err e;

	if (number != NULL)
		e = cli_call(c, HTTP_GET, arena_printf(c->arena, "/api/v1/policy/history/%s",
		    cli_escape(c, number)), NULL, &v);
	else
		e = cli_call(c, HTTP_GET, "/api/v1/policy", NULL, &v);
	if (e != OK)
		return e;
	if (number != NULL)
		v = json_get(v, "version");
	*text = str_of(json_get_str(v, "policy", ""));
	*name = arena_printf(c->arena, "version %lld\t%s",
	    (long long)json_get_i64(v, "version", 0),
	    table_time(c->arena, json_get(v, "updatedAt"), ""));
	return OK;
}

enum err
cli_policy_diff(struct cli *c)
{
	const char *from, *to, *text;
	struct str x, y;
	struct body b;
	enum err e;

	if ((e = text_of_version(c, c->args[0], &x, &from)) != OK ||
	    (e = text_of_version(c, c->n_args > 1 ? c->args[1] : NULL, &y, &to)) != OK)
		return e;
	text = diff_unified(c->arena, from, x, to, y);
	if (c->mode == OUT_TEXT) {
		fputs(*text ? text : "No line differs.\n", stdout);
		return OK;
	}
	cli_body_begin(&b);
	cli_body_text(&b, "diff", text);
	(void)cli_machine(c, json_parse(c->arena, str_of(cli_body_end(c, &b)),
	    JSON_DEPTH_DEFAULT, NULL));
	return OK;
}

enum err
cli_policy_rollback(struct cli *c)
{
	struct body b;
	jv *answer;
	enum err e;

	cli_body_begin(&b);
	cli_policy_author(c, &b);
	if ((e = cli_policy_expect(c, &b)) != OK)
		return e;
	e = cli_call(c, HTTP_POST, arena_printf(c->arena, "/api/v1/policy/rollback/%s",
	    cli_escape(c, c->args[0])), cli_body_end(c, &b), &answer);
	if (e == OK)
		cli_policy_done(c, answer);
	return e == ERR_BADREQ ? ERR_INTERNAL : e;
}

const struct cli_flag cli_policy_history_flags[] = {
	{ "limit", 'n', FLAG_TEXT, "N", "at most so many (default 100)" },
	{ NULL, 0, 0, NULL, NULL },
};

const struct cli_flag cli_policy_rollback_flags[] = {
	{ "comment", 'm', FLAG_TEXT, "TEXT", "what it is for; the history shows it" },
	{ "expect", 0, FLAG_TEXT, "N", "only if the newest version still is N" },
	{ NULL, 0, 0, NULL, NULL },
};
