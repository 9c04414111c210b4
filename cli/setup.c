/*
 * cli/setup.c -- headrace setup HOST: a server behind the web server that is there.
 *
 * Without --write it only looks and prints.  What is written can be read first, and
 * taken back: --undo goes through the same list the other way round.
 */
#include "cli/setup.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A path that every web server's file and every shell takes as it stands. */
static enum err
check_path(struct setup *s, const char *flag, const char **out)
{
	const char *v = cli_get(s->c, flag), *p = v;

	if ((*out = v) == NULL)
		return OK;
	while (isalnum((unsigned char)*p) || (*p != '\0' && strchr("/._-+@=:", *p) != NULL))
		p++;
	if (v[0] != '/' || strlen(v) >= PATH_MAX / 2)
		return cli_fail(s->c, ERR_BADREQ, "--%s must be a whole path, beginning with /", flag);
	if (*p != '\0')
		return cli_fail(s->c, ERR_BADREQ, "--%s: a path with \"%c\" in it cannot stand in every web server's file", flag,
		    isprint((unsigned char)*p) ? *p : '?');
	return OK;
}

static enum err
read_host(struct setup *s)
{
	const char *text = s->c->args[0], *why;
	struct ip ip;

	if (strncmp(text, "https://", 8) == 0)
		text += 8;
	if (ip_read(str_of(text), &ip) || strchr(text, '.') == NULL)
		return cli_fail(s->c, ERR_BADREQ, "\"%.100s\" is no name that clients and certificates can have; "
		    "give a whole one, like headrace.example.com", s->c->args[0]);
	if ((why = config_domain_read(s->arena, str_of(text), &s->host)) != NULL)
		return cli_fail(s->c, ERR_BADREQ, "\"%.100s\" %s: setup takes the name alone, like headrace.example.com "
		    "(clients reach it at port 443)", s->c->args[0], why);
	return OK;
}

static enum err
read_root(struct setup *s)
{
	const char *v = cli_get(s->c, "root");
	char real[PATH_MAX];

	s->root = "";
	if (v == NULL)
		return OK;
	if (realpath(v, real) == NULL)
		return cli_fail(s->c, ERR_BADREQ, "--root %s: no such folder", v);
	s->root = strcmp(real, "/") == 0 ? "" : arena_strdup(s->arena, real);
	return OK;
}

/* The program as a script or unit would name it. */
static void
find_program(struct setup *s)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path));

	s->program = n > 0 && n < PATH_MAX ? arena_strndup(s->arena, path, (size_t)n) : "/usr/bin/headrace";
}

static enum err
read_flags(struct setup *s)
{
	const char *unused;
	enum err e;

	s->write = cli_has(s->c, "write");
	s->undo = cli_has(s->c, "undo");
	if ((e = read_host(s)) != OK || (e = read_root(s)) != OK ||
	    (e = check_path(s, "certificate", &s->certificate)) != OK || (e = check_path(s, "key", &s->key)) != OK ||
	    (e = check_path(s, "folder", &unused)) != OK || (e = check_path(s, "htdocs", &unused)) != OK)
		return e;
	if ((s->certificate != NULL) != (s->key != NULL))
		return cli_fail(s->c, ERR_BADREQ, "--certificate and --key go together");
	if (cli_has(s->c, "config"))
		return cli_fail(s->c, ERR_BADREQ, "setup makes the configuration itself; --config does not go with it");
	find_program(s);
	return OK;
}

static enum err
check_rights(struct setup *s)
{
	if (!s->write || s->server == SETUP_CGI || s->root[0] != '\0' || geteuid() == 0)
		return OK;
	return cli_fail(s->c, ERR_FORBIDDEN, "only root may write there: sudo headrace setup %s --write", s->host);
}

static enum err
setup(struct cli *c)
{
	struct setup *s = arena_alloc(c->arena, sizeof(*s));
	enum err e;

	s->c = c;
	s->arena = c->arena;
	if ((e = cli_remote() ? cli_local_only(c) : OK) != OK || (e = read_flags(s)) != OK ||
	    (e = setup_look(s)) != OK || (e = check_rights(s)) != OK ||
	    (e = s->server == SETUP_CGI ? setup_plan_cgi(s) : setup_plan(s)) != OK ||
	    (e = setup_look_all(s)) != OK)
		return e;
	if (s->write && (s->n_problems == 0 || s->undo))
		e = s->undo ? setup_undo(s) : setup_carry_out(s);
	if (e == OK)
		setup_print(s);
	if (e == OK && s->write && !s->undo && s->n_problems > 0)
		return cli_fail(c, ERR_CONFLICT, "nothing was changed: see what is in the way");
	return e;
}

static const struct cli_flag flags[] = {
	{ "server", 's', FLAG_TEXT, "lighttpd|apache|caddy|nginx|cgi", "if several are installed; cgi: a folder on somebody's web server" },
	{ "write", 'w', FLAG_BOOL, NULL, "do it; without, nothing is changed" },
	{ "undo", 0, FLAG_BOOL, NULL, "take back what setup has written (with --write); the tailnet's data stays" },
	{ "certificate", 0, FLAG_TEXT, "FILE", "certificate for TLS, with the key (default that of certbot; Caddy gets its own)" },
	{ "key", 0, FLAG_TEXT, "FILE", "its private key" },
	{ "root", 0, FLAG_TEXT, "DIR", "work in the tree below DIR: files only" },
	{ "folder", 0, FLAG_TEXT, "DIR", "cgi: folder for configuration and data (default ~/headrace)" },
	{ "htdocs", 0, FLAG_TEXT, "DIR", "cgi: folder that the web server shows (default ~/public_html, ~/www, ...)" },
	{ NULL, 0, 0, NULL, NULL },
};

const struct cli_cmd cli_setup = {
	"setup", "", "HOST", "put headrace behind the web server of this machine\n"
	    "Looks which of lighttpd, Apache, Caddy and nginx is installed, and prints the virtual host for\n"
	    "HOST and all else that is to do.  With --write it does it: user, folders, configuration, database,\n"
	    "key, service, virtual host; the web server is asked whether it accepts that, and told.  A second\n"
	    "run changes nothing.  Files that somebody has edited are left alone.  docs/setup.md has examples.",
	1, 1, flags, setup,
};
