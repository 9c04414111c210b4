/*
 * cli/doctor_show.c -- headrace doctor's findings, for people and for programs.
 *
 * People see each check as it ends, because some take as long as a client would wait; what
 * was found comes behind, from the outside to the inside, since the first is often the
 * reason for the others.
 */
#include "cli/doctor.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MARGIN 12
#define NAME_WIDTH 15			/* of the longest name, and two */
#define RESULT_WIDTH 9

/* ---- the lines to change ---- */

static const char *
replaced(struct arena *a, const char *text, const char *what, const char *with)
{
	const char *all = "", *at;

	for (; (at = strstr(text, what)) != NULL; text = at + strlen(what))
		all = arena_printf(a, "%s%.*s%s", all, (int)(at - text), text, with);
	return arena_printf(a, "%s%s", all, text);
}

/* With this deployment's name, and its sockets where they are known. */
static const char *
fitting(struct doctor *d, const char *line)
{
	const struct config *cfg = d->c->cfg;

	line = replaced(d->arena, line, "NAME", d->url.host);
	if ((d->facts & FACT_CONFIG) == 0)
		return line;
	if (strncmp(cfg->notifier_listen, "unix:", 5) == 0)
		line = replaced(d->arena, line, "/run/headrace/notifier.sock", cfg->notifier_listen + 5);
	return replaced(d->arena, line, "/run/headrace/web.sock", config_socket(d->arena, cfg, "web.sock"));
}

static const char *
file_of(struct doctor *d, int server)
{
	const char *site = doctor_site(d, (enum doctor_server)server);

	return site != NULL ? site : doctor_server_files[server];
}

/* The web server that answered, or all that we know if it did not say who it is. */
static bool
concerned(const struct doctor *d, int server)
{
	return !d->server_known || server == (int)d->server;
}

/* ---- for programs ---- */

static void
put_changes(struct doctor *d, struct jw *w, enum doctor_topic topic)
{
	jw_key(w, "change");
	jw_arr(w);
	for (int s = 0; s < SERVER_COUNT; s++) {
		if (topic == TOPIC_NONE || !concerned(d, s))
			continue;
		jw_obj(w);
		jw_kstr(w, "server", doctor_server_names[s]);
		jw_kstr(w, "file", file_of(d, s));
		jw_kstr(w, "where", doctor_changes[topic][s].where);
		jw_kstr(w, "line", fitting(d, doctor_changes[topic][s].line));
		jw_end_obj(w);
	}
	jw_end_arr(w);
}

static void
put_finding(struct doctor *d, struct jw *w, const struct doctor_finding *f)
{
	const struct doctor_case *is = &doctor_cases[f->id];

	jw_obj(w);
	jw_kstr(w, "id", is->id);
	jw_kstr(w, "check", f->check);
	jw_kbool(w, "notice", is->notice);
	jw_kstr(w, "what", is->what);
	jw_kstr(w, "seen", f->seen);
	jw_kstr(w, "why", is->why);
	jw_kstr(w, "client", f->client);
	jw_kstr(w, "cure", is->cure);
	put_changes(d, w, is->topic);
	jw_end_obj(w);
}

static void
put_checks(const struct doctor_outcome *out, size_t n, struct jw *w)
{
	jw_key(w, "checks");
	jw_arr(w);
	for (size_t i = 0; i < n; i++) {
		jw_obj(w);
		jw_kstr(w, "name", out[i].name);
		jw_kstr(w, "result", out[i].result);
		jw_kstr(w, "about", out[i].about);
		jw_end_obj(w);
	}
	jw_end_arr(w);
}

jv *
doctor_as_json(struct doctor *d, const struct doctor_outcome *out, size_t n)
{
	struct body b;

	cli_body_begin(&b);
	jw_kstr(&b.w, "url", d->name);
	jw_kbool(&b.w, "healthy", doctor_problems(d, 0) == 0);
	jw_kstr(&b.w, "webServer", d->server_known ? doctor_server_names[d->server] : NULL);
	put_checks(out, n, &b.w);
	jw_key(&b.w, "findings");
	jw_arr(&b.w);
	for (size_t i = 0; i < d->n_found; i++)
		put_finding(d, &b.w, &d->found[i]);
	jw_end_arr(&b.w);
	return json_parse(d->arena, str_of(cli_body_end(d->c, &b)), JSON_DEPTH_DEFAULT, NULL);
}

/* ---- for people ---- */

void
doctor_progress(const struct doctor *d, const char *text)
{
	if (d->c->mode == OUT_TEXT && isatty(STDERR_FILENO) && isatty(STDOUT_FILENO))
		fprintf(stderr, "\r\033[K%s", text);
}

static void
show_cells(const char *name, const char *result, enum colour colour, const char *about)
{
	printf("%-*s", NAME_WIDTH, name);
	table_cell(result, colour);
	if (about[0] != '\0')
		printf("%*s%s", RESULT_WIDTH - (int)strlen(result), "", about);
	putchar('\n');
}

void
doctor_show_row(const struct doctor *d, const struct doctor_outcome *out)
{
	enum colour colour = strcmp(out->result, "FAILED") == 0 ? RED : strcmp(out->result, "ok") == 0 ?
	    GREEN : DIM;

	if (d->c->mode != OUT_TEXT)
		return;
	doctor_progress(d, "");
	show_cells(out->name, out->result, colour, out->about);
	(void)fflush(stdout);
}

/* "  Why       text", its further lines below the first. */
static void
print_part(const char *head, const char *text)
{
	if (text == NULL)
		return;
	printf("  %-*s", MARGIN - 2, head);
	cli_fill(MARGIN, text, strlen(text));
}

/* Never broken, because it is to be copied. */
static void
print_line(struct str line)
{
	int tabs = 0;

	while (tabs < (int)line.n && line.p[tabs] == '\t')
		tabs++;
	printf("%*s%.*s\n", MARGIN + 4 * tabs, "", (int)line.n - tabs, line.p + tabs);
}

static void
print_changes(struct doctor *d, enum doctor_topic topic)
{
	const struct doctor_change *change;
	struct str rest, line;

	for (int s = 0; s < SERVER_COUNT && topic != TOPIC_NONE; s++) {
		if (!concerned(d, s))
			continue;
		change = &doctor_changes[topic][s];
		print_part(doctor_server_names[s], change->where == NULL ? file_of(d, s) :
		    arena_printf(d->arena, "%s, %s", file_of(d, s), change->where));
		rest = str_of(fitting(d, change->line));
		while (str_cut(&rest, '\n', &line))
			print_line(line);
	}
}

/* Did an earlier finding show the same lines? */
static bool
shown_before(const struct doctor *d, size_t finding)
{
	for (size_t i = 0; i < finding; i++)
		if (doctor_cases[d->found[i].id].topic == doctor_cases[d->found[finding].id].topic)
			return true;
	return false;
}

void
doctor_show_findings(struct doctor *d)
{
	for (size_t i = 0; i < d->n_found; i++) {
		const struct doctor_finding *f = &d->found[i];
		const struct doctor_case *is = &doctor_cases[f->id];

		putchar('\n');
		table_cell(is->notice ? "Notice: " : "Problem: ", is->notice ? BOLD : RED);
		table_cell(is->what, BOLD);
		printf(" (%s)\n", is->id);
		print_part("Seen", f->seen);
		print_part("Why", is->why);
		print_part("Clients", f->client);
		print_part("Cure", is->cure);
		if (is->topic != TOPIC_NONE && shown_before(d, i))
			print_part("Lines", "as above");
		else
			print_changes(d, is->topic);
	}
	if (doctor_problems(d, 0) == 0)
		printf("\nNothing is wrong.\n");
	else
		putchar('\n');
	(void)fflush(stdout);
}

/* ---- all that can be found ---- */

void
doctor_show_list(struct doctor *d)
{
	struct body b;
	jv *all;

	cli_body_begin(&b);
	jw_key(&b.w, "findings");
	jw_arr(&b.w);
	for (int i = 0; i < FOUND_COUNT; i++) {
		jw_obj(&b.w);
		jw_kstr(&b.w, "id", doctor_cases[i].id);
		jw_kbool(&b.w, "notice", doctor_cases[i].notice);
		jw_kstr(&b.w, "what", doctor_cases[i].what);
		jw_kstr(&b.w, "client", doctor_fill(d, doctor_cases[i].client, "…", "…"));
		jw_end_obj(&b.w);
	}
	jw_end_arr(&b.w);
	all = json_parse(d->arena, str_of(cli_body_end(d->c, &b)), JSON_DEPTH_DEFAULT, NULL);
	if (cli_machine(d->c, json_get(all, "findings")))
		return;
	for (int i = 0; i < FOUND_COUNT; i++) {
		printf("%s%s\n", doctor_cases[i].id, doctor_cases[i].notice ? " (notice)" : "");
		print_part("What", doctor_cases[i].what);
		print_part("Clients", doctor_fill(d, doctor_cases[i].client, "…", "…"));
	}
}
