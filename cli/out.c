/*
 * cli/out.c -- answers as JSON, one line of JSON, or YAML; errors.
 *
 * YAML's keys are lower case and JSON is indented with tabs, because scripts
 * written for headscale expect that.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/cmd.h"

struct emitter {
	struct arena *arena;
	int depth;
	bool first;	/* JSON: this object has no member yet */
	bool hang;	/* YAML: "- " stands on this line already */
};

static void
indent(int depth, const char *step)
{
	while (depth-- > 0)
		fputs(step, stdout);
}

static void
count_one(void *arg, const char *key, jv *value)
{
	(void)key;
	(void)value;
	++*(size_t *)arg;
}

/* Does 'v' hold other values? */
static bool
has_members(jv *v)
{
	size_t n = json_len(v);

	json_each(v, count_one, &n);
	return n > 0;
}

static void json_value(const struct emitter *e, jv *v);

static void
json_member(void *arg, const char *key, jv *value)
{
	struct emitter *e = arg;

	fputs(e->first ? "\n" : ",\n", stdout);
	e->first = false;
	indent(e->depth, "\t");
	printf("\"%s\": ", key);	/* our own names: nothing to escape */
	json_value(e, value);
}

static void
json_value(const struct emitter *e, jv *v)
{
	struct emitter in = { e->arena, e->depth + 1, true, false };
	bool list = json_is(v, JSON_ARR);

	if (!has_members(v)) {
		fputs(json_dump(e->arena, v), stdout);
		return;
	}
	putchar(list ? '[' : '{');
	for (size_t i = 0; i < json_len(v); i++) {
		fputs(i > 0 ? ",\n" : "\n", stdout);
		indent(in.depth, "\t");
		json_value(&in, json_at(v, i));
	}
	json_each(v, json_member, &in);
	putchar('\n');
	indent(e->depth, "\t");
	putchar(list ? ']' : '}');
}

/* Can 's' stand in YAML without quotes and stay text? */
static bool
yaml_plain(const char *s)
{
	static const char *const words[] = {
		"true", "false", "null", "yes", "no", "on", "off", "y", "n",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(s, words[i]) == 0)
			return false;
	if (!isalpha((unsigned char)*s))
		return false;
	for (; *s != '\0'; s++)
		if (!isalnum((unsigned char)*s) && strchr("_./@+-", *s) == NULL &&
		    (*s != ':' || !isalnum((unsigned char)s[1])))
			return false;
	return true;
}

static const char *
yaml_scalar(const struct emitter *e, jv *v)
{
	const char *text = json_text(v);

	if (text != NULL && yaml_plain(text))
		return text;
	return json_dump(e->arena, v);	/* JSON's quoted text is YAML, too */
}

static void yaml_block(const struct emitter *e, jv *v);

static void
yaml_line_begin(struct emitter *e)
{
	if (!e->hang)
		indent(e->depth, "  ");
	e->hang = false;
}

static void
yaml_member(void *arg, const char *key, jv *value)
{
	struct emitter *e = arg;
	struct emitter in = { e->arena, e->depth + 1, false, false };

	yaml_line_begin(e);
	for (; *key != '\0'; key++)
		putchar(tolower((unsigned char)*key));
	putchar(':');
	if (has_members(value)) {
		putchar('\n');
		yaml_block(&in, value);
	} else {
		printf(" %s\n", yaml_scalar(e, value));
	}
}

static void
yaml_block(const struct emitter *e, jv *v)
{
	struct emitter at = *e, in = { e->arena, e->depth + 1, false, true };

	if (!has_members(v)) {
		printf("%s\n", yaml_scalar(e, v));
		return;
	}
	for (size_t i = 0; i < json_len(v); i++) {
		yaml_line_begin(&at);
		fputs("- ", stdout);
		yaml_block(&in, json_at(v, i));
	}
	json_each(v, yaml_member, &at);
}

bool
cli_machine(struct cli *c, jv *v)
{
	struct emitter e = { .arena = c->arena };

	switch (c->mode) {
	case OUT_TEXT:
		return false;
	case OUT_JSON:
		json_value(&e, v);
		putchar('\n');
		break;
	case OUT_JSON_LINE:
		printf("%s\n", json_dump(c->arena, v));
		break;
	case OUT_YAML:
		yaml_block(&e, v);
		break;
	}
	return true;
}

void
cli_done(struct cli *c, jv *v, const char *fmt, ...)
{
	va_list ap;

	if (cli_machine(c, v))
		return;
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

/* A text may have several lines, as the errors of a configuration do. */
static void
print_error_text(const struct cli *c, const char *text)
{
	struct str rest = str_of(text), one;
	const char *before = "Error: ";

	while (str_cut(&rest, '\n', &one)) {
		fprintf(stderr, "%s%s\n", before,
		    table_clean(c->arena, arena_strndup(c->arena, one.p, one.n)));
		before = "       ";
	}
}

void
cli_print_error(const struct cli *c)
{
	const char *text = c->errmsg != NULL ? c->errmsg : "failed";
	struct buf out;
	struct jw w;

	if (c->mode == OUT_TEXT) {
		print_error_text(c, text);
		return;
	}
	buf_init(&out, REQ_BODY_MAX);
	jw_init(&w, &out);
	jw_obj(&w);
	jw_kstr(&w, "error", text);
	jw_end_obj(&w);
	fprintf(stderr, "%.*s\n", (int)out.n, (const char *)out.p);
	buf_fini(&out);
}
