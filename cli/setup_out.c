/*
 * cli/setup_out.c -- a plan, or what became of it, for people and for programs.
 */
#include <stdio.h>
#include <string.h>

#include "cli/setup.h"

static const char *
result(const struct setup *s, const struct setup_step *t)
{
	static const char *const words[SETUP_STATES] = {
		[SETUP_TO_DO] = "to do", [SETUP_DONE] = "done", [SETUP_THERE] = "there",
		[SETUP_KEPT] = "kept", [SETUP_STAYS] = "stays", [SETUP_BY_HAND] = "by hand",
	};

	if (s->undo && t->state == SETUP_THERE)
		return "gone";
	if (t->kind == SETUP_COMMAND && t->state == SETUP_THERE)
		return t->after_web ? "not needed" : "runs";
	return words[t->state];
}

/* What a step is about. */
static const char *
subject(const struct setup *s, const struct setup_step *t)
{
	const char *const *argv = s->undo && t->undo_argv != NULL ? t->undo_argv : t->argv;

	if (t->what != NULL)
		return t->what;
	if (argv != NULL)
		return setup_words(s->arena, argv);
	if (t->kind == SETUP_LINK)
		return arena_printf(s->arena, "%s -> %s%s%s", t->path, t->to, t->as != NULL ? ", as by " : "",
		    t->as != NULL ? t->as : "");
	if (t->kind == SETUP_LINE)
		return arena_printf(s->arena, "%s: %.*s", t->path, (int)t->text.n, t->text.p);
	if (t->kind == SETUP_FOLDER)
		return arena_printf(s->arena, "%s/", t->path);
	if (t->kind == SETUP_DATA)
		return arena_printf(s->arena, "%s and %s", t->path, s->cfg.noise_key_path);
	return t->path;
}

/* Steps that a person wants to see: not each module that is on already. */
static bool
is_dull(const struct setup *s, const struct setup_step *t)
{
	bool module = t->kind == SETUP_LINK && t->stays;

	return (t->state == SETUP_THERE && (t->kind == SETUP_COMMAND || module)) ||
	    (module && (s->undo || t->as == NULL));
}

/* ---- for people ---- */

static void
print_step(const struct setup *s, const struct setup_step *t)
{
	printf("  %-10s  %s\n", result(s, t), subject(s, t));
	if (t->note != NULL)
		printf("  %10s  (%s)\n", "", t->note);
	if (t->undo != NULL && ((!s->undo && t->state == SETUP_DONE) || t->state == SETUP_STAYS))
		printf("  %10s  %s: %s\n", "", t->state == SETUP_STAYS ? "to remove it" : "undo", t->undo);
}

static void
print_text(const struct setup_step *t)
{
	printf("\n---- %s\n%.*s----\n", t->path, (int)t->text.n, t->text.p);
}

static void
print_list(const char *head, const char *const *list, size_t n)
{
	if (n > 0)
		printf("\n%s\n", head);
	for (size_t i = 0; i < n; i++)
		printf("  - %s\n", list[i]);
}

static bool
anything_to_do(const struct setup *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->steps[i].state == SETUP_TO_DO || s->steps[i].offer)
			return true;
	return false;
}

static const char *
same_call(const struct setup *s, const char *more)
{
	const char *root = s->root[0] != '\0' ? arena_printf(s->arena, " --root %s", s->root) : "";

	return arena_printf(s->arena, "headrace setup %s --server %s%s%s", s->host, setup_rows[s->server].name, root, more);
}

static void
print_end(const struct setup *s)
{
	if (s->write && s->changed == 0)
		printf("\nNothing was changed: all is as it should be.\n");
	else if (s->write && !s->undo)
		printf("\nUndo all of it: %s\n", same_call(s, " --undo --write"));
	else if (!s->write && !anything_to_do(s))
		printf("\nThere is nothing to do.\n");
	else if (!s->write)
		printf("\nNothing was changed.  With --write it is done.\n");
	if (s->write && !s->undo && s->server != SETUP_CGI && s->root[0] == '\0')
		printf("Then: headrace doctor https://%s says whether clients get through.\n", s->host);
}

static void
print_people(const struct setup *s)
{
	const struct setup_row *row = &setup_rows[s->server];

	printf("https://%s by %s%s%s\n\n", s->host, row->title, s->runs ? ", which runs" : "",
	    s->systemd ? ", with systemd" : "");
	for (size_t i = 0; i < s->n; i++)
		if (!is_dull(s, &s->steps[i]))
			print_step(s, &s->steps[i]);
	for (size_t i = 0; i < s->n && !s->write && !s->undo; i++)
		if (s->steps[i].kind == SETUP_FILE)
			print_text(&s->steps[i]);
	print_list("This is in the way:", s->problems, s->n_problems);
	print_list("To know:", s->notes, s->undo ? 0 : s->n_notes);
	if (!s->write || s->n_problems == 0)
		print_end(s);
}

/* ---- for programs ---- */

static void
put_list(struct jw *w, const char *key, const char *const *list, size_t n)
{
	jw_key(w, key);
	jw_arr(w);
	for (size_t i = 0; i < n; i++)
		jw_str(w, list[i]);
	jw_end_arr(w);
}

static void
put_step(const struct setup *s, struct jw *w, const struct setup_step *t)
{
	static const char *const kinds[SETUP_KINDS] = {
		[SETUP_ACCOUNT] = "user", [SETUP_FOLDER] = "folder", [SETUP_FILE] = "file", [SETUP_INI] = "file",
		[SETUP_LINK] = "link", [SETUP_LINE] = "line", [SETUP_DATA] = "data", [SETUP_COMMAND] = "command",
	};

	jw_obj(w);
	jw_kstr(w, "kind", kinds[t->kind]);
	jw_kstr(w, "path", t->path);
	jw_kstr(w, "what", subject(s, t));
	jw_kstr(w, "result", result(s, t));
	jw_kstr(w, "note", t->note);
	jw_kstr(w, "undo", t->undo);
	if (t->text.n > 0) {
		jw_key(w, "text");
		jw_strn(w, t->text);
	}
	jw_end_obj(w);
}

static jv *
as_json(const struct setup *s)
{
	struct body b;

	cli_body_begin(&b);
	jw_kstr(&b.w, "host", s->host);
	jw_kstr(&b.w, "url", s->cfg.url);
	jw_kstr(&b.w, "webServer", setup_rows[s->server].name);
	jw_kstr(&b.w, "root", s->root);
	jw_kbool(&b.w, "written", s->write && s->n_problems == 0);
	jw_ki64(&b.w, "changed", (int64_t)s->changed);
	jw_key(&b.w, "steps");
	jw_arr(&b.w);
	for (size_t i = 0; i < s->n; i++)
		put_step(s, &b.w, &s->steps[i]);
	jw_end_arr(&b.w);
	put_list(&b.w, "problems", s->problems, s->n_problems);
	put_list(&b.w, "notes", s->notes, s->n_notes);
	return json_parse(s->arena, str_of(cli_body_end(s->c, &b)), JSON_DEPTH_DEFAULT, NULL);
}

void
setup_print(struct setup *s)
{
	if (!cli_machine(s->c, as_json(s)))
		print_people(s);
}
