/*
 * cli/setup_cgi.c -- the steps for a host where one has a folder and no more.
 *
 * The script runs as the host runs scripts; nothing runs all the time.  So there is
 * no notifier, and without it no Tailscale client gets in: that is said.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/setup.h"

static const char *const usual[] = { "public_html", "www", "htdocs", "html", "web" };

/* The folder that the web server shows. */
static const char *
find_htdocs(struct setup *s, const char *home)
{
	const char *path;

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		path = arena_printf(s->arena, "%s/%s", home, usual[i]);
		if (setup_is_there(s, path))
			return path;
	}
	path = arena_printf(s->arena, "%s/%s", home, usual[0]);
	setup_problem(s, "No folder is there that a web server might show (%s): name it with --htdocs", path);
	return path;
}

static bool
is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static struct setup_step *
add_folder(struct setup *s, const char *path)
{
	struct setup_step *t = setup_add(s, SETUP_FOLDER, path);

	t->mode = 0700;
	t->undo = arena_printf(s->arena, "rmdir %s", path);
	return t;
}

static void
plan_files(struct setup *s, const char *data, const char *run)
{
	struct setup_step *t = add_folder(s, s->folder);

	t = setup_add(s, SETUP_INI, s->ini);
	t->what = arena_printf(s->arena, "%s, with url = https://%s", s->ini, s->host);
	t->text = setup_ini_text(s, true, data, run);
	t->pristine = setup_ini_pristine();
	t->mode = 0600;
	t->undo = arena_printf(s->arena, "rm %s", s->ini);
	t = add_folder(s, data);
	t->stays = true;
	t->undo = arena_printf(s->arena, "rm -r %s (that is the tailnet itself)", data);
	(void)add_folder(s, run);
	if (s->root[0] == '\0') {
		t = setup_add(s, SETUP_DATA, s->cfg.db_path);
		t->stays = true;
		t->undo = arena_printf(s->arena, "rm %s* %s (that is the tailnet itself)", s->cfg.db_path,
		    s->cfg.noise_key_path);
	}
}

static void
plan_script(struct setup *s)
{
	struct setup_step *t = setup_add(s, SETUP_FILE, arena_printf(s->arena, "%s/headrace.cgi", s->htdocs));

	t->text = setup_text(s, SETUP_T_CGI);
	t->mode = 0755;
	t->undo = arena_printf(s->arena, "rm %s", t->path);
	t = setup_add(s, SETUP_FILE, arena_printf(s->arena, "%s/.htaccess", s->htdocs));
	t->text = setup_text(s, SETUP_T_HTACCESS);
	t->undo = arena_printf(s->arena, "rm %s", t->path);
}

static void
say_what_works(struct setup *s)
{
	setup_note(s, "What works so: the pages, the web API with HEADRACE_ADDRESS=https://%s, and the check of a relay (/verify).", s->host);
	setup_note(s, "What does not: Tailscale clients.  They need a connection that lasts (/ts2021), which headrace-notifier "
	    "holds, a process that runs all the time.  Clients are told 426 Upgrade Required, and try again for ever.  "
	    "That takes a machine of your own, however small: there, as root, headrace setup %s.", s->host);
	setup_note(s, "%s has to be shown at the top of https://%s, by an Apache that lets .htaccess set Options, AuthConfig and "
	    "FileInfo, and that runs scripts as you (suEXEC, as hosts do): %s is for your eyes only.  Elsewhere: send every "
	    "path to headrace.cgi, with REQUEST_URI as it came.", s->htdocs, s->host, s->folder);
}

enum err
setup_plan_cgi(struct setup *s)
{
	const char *home = getenv("HOME"), *data, *run;
	enum err e;

	if (home == NULL || home[0] != '/')
		home = "";
	s->folder = cli_get(s->c, "folder");
	s->htdocs = cli_get(s->c, "htdocs");
	if (home[0] == '\0' && (s->folder == NULL || s->htdocs == NULL))
		return cli_fail(s->c, ERR_BADREQ, "there is no $HOME: say --folder and --htdocs");
	if (s->folder == NULL)
		s->folder = arena_printf(s->arena, "%s/headrace", home);
	if (s->htdocs == NULL)
		s->htdocs = find_htdocs(s, home);
	if (is_below(s->folder, s->htdocs))
		return cli_fail(s->c, ERR_BADREQ, "%s would be shown to everybody: --folder must not be below --htdocs", s->folder);
	s->ini = arena_printf(s->arena, "%s/headrace.ini", s->folder);
	data = arena_printf(s->arena, "%s/data", s->folder);
	run = arena_printf(s->arena, "%s/run", s->folder);
	if ((e = setup_configure(s, data, run)) != OK)
		return e;
	plan_files(s, data, run);
	plan_script(s);
	say_what_works(s);
	return OK;
}
