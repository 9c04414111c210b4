/*
 * cli/args.c -- from argv to flags and arguments, by the rows of a command.
 *
 * getopt_long() does the reading; its tables are made from the rows, so that a
 * flag is described in one place only.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "lib/base/clock.h"

const struct cli_flag cli_global_flags[] = {
	{ "config", 'c', FLAG_TEXT, "FILE", "configuration (default $HEADRACE_CONFIG, "
	    "else " CONFIG_FILE_DEFAULT ")" },
	{ "output", 'o', FLAG_TEXT, "FORM", "json, json-line or yaml instead of text" },
	{ "force", 0, FLAG_BOOL, NULL, "do not ask before something is deleted" },
	{ "help", 'h', FLAG_BOOL, NULL, "show this help" },
	{ NULL, 0, 0, NULL, NULL },
};

#define FLAGS_MAX 24
#define LONG_BASE 256	/* getopt's value of flag i is LONG_BASE + i */

struct opt_tables {
	const struct cli_flag *flags[FLAGS_MAX];
	struct option longs[FLAGS_MAX + 1];
	char shorts[2 * FLAGS_MAX + 3];
	size_t n, n_short;
};

static void
add_flags(struct opt_tables *t, const struct cli_flag *f)
{
	for (; f != NULL && f->name != NULL && t->n < FLAGS_MAX; f++) {
		t->longs[t->n] = (struct option){
			.name = f->name,
			.has_arg = f->kind == FLAG_BOOL ? no_argument : required_argument,
			.val = LONG_BASE + (int)t->n,
		};
		t->flags[t->n++] = f;
		if (f->letter == 0)
			continue;
		t->shorts[t->n_short++] = f->letter;
		if (f->kind != FLAG_BOOL)
			t->shorts[t->n_short++] = ':';
	}
}

static void
make_tables(struct opt_tables *t, const struct cli_cmd *cmd, bool first_only)
{
	*t = (struct opt_tables){ 0 };
	if (first_only)
		t->shorts[t->n_short++] = '+';
	t->shorts[t->n_short++] = ':';	/* tells a missing value from a strange flag */
	if (cmd != NULL)
		add_flags(t, cmd->flags);
	add_flags(t, cli_global_flags);
}

static const struct cli_flag *
flag_of(const struct opt_tables *t, int value)
{
	if (value >= LONG_BASE)
		return t->flags[value - LONG_BASE];
	for (size_t i = 0; i < t->n; i++)
		if (t->flags[i]->letter == value)
			return t->flags[i];
	return NULL;
}

static enum err
set_mode(struct cli *c, const char *text)
{
	static const char *const names[] = {
		[OUT_TEXT] = "text", [OUT_JSON] = "json",
		[OUT_JSON_LINE] = "json-line", [OUT_YAML] = "yaml",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(text, names[i]) == 0) {
			c->mode = (enum out_mode)i;
			return OK;
		}
	return cli_fail(c, ERR_BADREQ, "unknown output form \"%s\"; "
	    "it is json, json-line, yaml or text", text);
}

static enum err
take(struct cli *c, const struct cli_flag *f, const char *text)
{
	if (c->n_values == CLI_VALUES_MAX)
		return cli_fail(c, ERR_BADREQ, "too many flags");
	c->values[c->n_values].flag = f;
	c->values[c->n_values++].text = text;
	if (f == &cli_global_flags[1])
		return set_mode(c, text);
	return OK;
}

/* What getopt stumbled over: optopt is a letter, a row's value, or 0. */
static enum err
bad_flag(struct cli *c, const struct opt_tables *t, int got, const char *word)
{
	const struct cli_flag *f = optopt != 0 ? flag_of(t, optopt) : NULL;

	if (f != NULL)
		return cli_fail(c, ERR_BADREQ, "--%s %s", f->name,
		    got == ':' ? "needs a value" : "takes no value");
	if (optopt != 0)
		return cli_fail(c, ERR_BADREQ, "unknown flag -%c; see --help", optopt);
	return cli_fail(c, ERR_BADREQ, "unknown or ambiguous flag %s; see --help", word);
}

enum err
cli_parse(struct cli *c, int argc, char **argv, const struct cli_cmd *cmd,
    bool first_only, int *next)
{
	struct opt_tables t;
	int got;
	enum err e;

	make_tables(&t, cmd, first_only);
	opterr = 0;
	optind = 0;	/* GNU: start afresh, whatever was parsed before */
	for (;;) {
		got = getopt_long(argc, argv, t.shorts, t.longs, NULL);
		if (got == -1)
			break;
		if (got == '?' || got == ':')
			return bad_flag(c, &t, got, argv[optind - 1]);
		if ((e = take(c, flag_of(&t, got), optarg)) != OK)
			return e;
	}
	*next = optind;
	c->args = (const char **)argv + optind;
	c->n_args = (size_t)(argc - optind);
	return OK;
}

bool
cli_named(const char *word, const char *name, const char *aliases)
{
	struct str rest = str_of(aliases), one;

	if (strcmp(word, name) == 0)
		return true;
	while (str_cut(&rest, ' ', &one))
		if (one.n > 0 && str_is(one, word))
			return true;
	return false;
}

const char *
cli_get(const struct cli *c, const char *name)
{
	for (size_t i = c->n_values; i > 0; i--)
		if (strcmp(c->values[i - 1].flag->name, name) == 0)
			return c->values[i - 1].text;
	return NULL;
}

bool
cli_has(const struct cli *c, const char *name)
{
	for (size_t i = 0; i < c->n_values; i++)
		if (strcmp(c->values[i].flag->name, name) == 0)
			return true;
	return false;
}

const char *
cli_list_json(struct cli *c, const char *name)
{
	struct str rest, one;
	struct buf out;
	struct jw w;
	const char *text;

	buf_init(&out, REQ_BODY_MAX);
	jw_init(&w, &out);
	jw_arr(&w);
	for (size_t i = 0; i < c->n_values; i++) {
		if (strcmp(c->values[i].flag->name, name) != 0)
			continue;
		rest = str_of(c->values[i].text);
		while (str_cut(&rest, ',', &one))
			if ((one = str_trim(one)).n > 0)
				jw_strn(&w, one);
	}
	jw_end_arr(&w);
	text = arena_strndup(c->arena, (const char *)out.p, out.n);
	buf_fini(&out);
	return text;
}

enum err
cli_time(struct cli *c, const char *text, const char **out)
{
	char buf[RFC3339_SIZE];
	int64_t ms;

	*out = NULL;
	if (strcmp(text, "never") == 0)
		return OK;
	if (rfc3339_read(str_of(text), &ms)) {
		*out = arena_strdup(c->arena, rfc3339_write(ms, buf));
		return OK;
	}
	if (!duration_read(str_of(text), &ms))
		return cli_fail(c, ERR_BADREQ, "\"%s\" is no duration (30m, 24h, 90d, 1y), "
		    "no time (2030-12-31T23:59:59Z) and not \"never\"", text);
	if (ms > 0)
		*out = arena_strdup(c->arena, rfc3339_write(clock_wall_ms() + ms, buf));
	return OK;
}
