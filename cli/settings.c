/*
 * cli/settings.c -- headrace settings: what goes before the configuration file.
 *
 * A value is written as its setting has it now: so the list is asked first, and says
 * of which type the new one must be.
 */
#include <string.h>

#include "cli/cmd.h"

/* A value for people: lists by commas, maps by '='. */
struct shown { struct arena *a; const char *text; };

static void
show_member(void *arg, const char *key, jv *value)
{
	struct shown *s = arg;

	s->text = arena_printf(s->a, "%s%s%s=%s", s->text, *s->text != '\0' ? ";" : "", key,
	    table_join(s->a, value));
}

static const char *
show(struct cli *c, jv *value)
{
	struct shown s = { c->arena, "" };

	if (json_is(value, JSON_ARR))
		return table_clean(c->arena, table_join(c->arena, value));
	if (!json_is(value, JSON_OBJ))
		return json_dump(c->arena, value);
	json_each(value, show_member, &s);
	return table_clean(c->arena, s.text);
}

static const char *
where_from(struct cli *c, jv *s)
{
	const char *key = json_get_str(s, "key", NULL);

	if (json_get_bool(s, "set", false))
		return "set";
	return key == NULL ? "default" : table_clean(c->arena, key);
}

static enum err
ask_list(struct cli *c, jv **list)
{
	jv *answer;
	enum err e = cli_call(c, HTTP_GET, "/api/v1/settings", NULL, &answer);

	if (e == OK)
		*list = json_get(answer, "settings");
	return e;
}

static enum err
settings_list(struct cli *c)
{
	static const char *const heads[] = { "NAME", "VALUE", "FROM", "WHAT IT DOES", NULL };
	struct table t;
	jv *list, *s;
	enum err e;

	if ((e = ask_list(c, &list)) != OK || cli_machine(c, list))
		return e;
	table_begin(&t, c->arena, heads);
	for (size_t i = 0; i < json_len(list); i++) {
		s = json_at(list, i);
		table_put(&t, json_get_str(s, "name", ""));
		table_put_in(&t, show(c, json_get(s, "value")),
		    json_get_bool(s, "set", false) ? BOLD : PLAIN);
		table_put(&t, where_from(c, s));
		table_put(&t, json_get_str(s, "help", ""));
	}
	table_print(&t);
	return OK;
}

/* ---- values ---- */

static void
write_list(struct jw *w, struct str text)
{
	struct str one;

	jw_arr(w);
	while (str_trim(text).n > 0 && str_cut(&text, ',', &one))
		jw_strn(w, str_trim(one));
	jw_end_arr(w);
}

/* "corp.example=10.0.0.1,10.0.0.2;lab.example=10.0.0.3" */
static void
write_map(struct cli *c, struct jw *w, struct str text)
{
	struct str one, name;

	jw_obj(w);
	while (str_trim(text).n > 0 && str_cut(&text, ';', &one)) {
		name = (struct str){ "", 0 };
		(void)str_cut(&one, '=', &name);
		name = str_trim(name);
		jw_key(w, arena_strndup(c->arena, name.p, name.n));
		write_list(w, one);
	}
	jw_end_obj(w);
}

/* As JSON of the type that 'like' has; the server says what is wrong with it. */
static void
write_value(struct cli *c, struct jw *w, jv *like, const char *text)
{
	jv *value = json_parse(c->arena, str_of(text), JSON_DEPTH_DEFAULT, NULL);
	bool list = json_is(like, JSON_ARR), map = json_is(like, JSON_OBJ);

	if (value != NULL && (!list || json_is(value, JSON_ARR)))
		jw_raw(w, str_of(json_dump(c->arena, value)));
	else if (list)
		write_list(w, str_of(text));
	else if (map)
		write_map(c, w, str_of(text));
	else
		jw_str(w, text);
}

/* The setting of that name; else an error that names all. */
static enum err
find(struct cli *c, const char *name, jv **out)
{
	const char *names = "";
	jv *list;
	enum err e = ask_list(c, &list);

	for (size_t i = 0; e == OK && i < json_len(list); i++) {
		const char *one = json_get_str(json_at(list, i), "name", "");
		if (strcmp(one, name) == 0) {
			*out = json_at(list, i);
			return OK;
		}
		names = arena_printf(c->arena, "%s%s%s", names, *names != '\0' ? ", " : "", one);
	}
	return e != OK ? e : cli_fail(c, ERR_NOTFOUND, "there is no setting \"%s\"; there are: %s",
	    table_clean(c->arena, name), names);
}

static enum err
done(struct cli *c, jv *answer, const char *how)
{
	jv *s = json_get(answer, "setting");

	cli_done(c, s, "%s is %s now%s", json_get_str(s, "name", ""),
	    show(c, json_get(s, "value")), how);
	return OK;
}

static const char *
path_of(struct cli *c)
{
	return arena_printf(c->arena, "/api/v1/settings/%s", cli_escape(c, c->args[0]));
}

static enum err
settings_set(struct cli *c)
{
	struct body b;
	jv *s, *answer;
	enum err e = find(c, c->args[0], &s);

	if (e != OK)
		return e;
	cli_body_begin(&b);
	jw_key(&b.w, "value");
	write_value(c, &b.w, json_get(s, "value"), c->args[1]);
	e = cli_call(c, HTTP_PUT, path_of(c), cli_body_end(c, &b), &answer);
	return e != OK ? e : done(c, answer, "");
}

static enum err
settings_reset(struct cli *c)
{
	jv *s, *answer;
	enum err e;

	if ((e = find(c, c->args[0], &s)) != OK ||
	    (e = cli_call(c, HTTP_DELETE, path_of(c), NULL, &answer)) != OK)
		return e;
	return done(c, answer, ", as without a setting");
}

static const struct cli_cmd cmds[] = {
	{ "list", "ls show", "", "show settings, their values and where these come from",
	  0, 0, NULL, settings_list },
	{ "set", "s", "NAME VALUE", "set one, with effect at once\n"
	    "VALUE is true or false, a number, a list (9.9.9.9,1.1.1.1), or domains with\n"
	    "resolvers (corp.example=10.0.0.1,10.0.0.2;lab.example=10.0.0.3).",
	  2, 2, NULL, settings_set },
	{ "reset", "unset r", "NAME", "take it back: the configuration file says again",
	  1, 1, NULL, settings_reset },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL, NULL },
};

const struct cli_group cli_settings = {
	"settings", "setting", "what goes before the configuration file", cmds,
};
