/*
 * cli/setup_look.c -- which web server is there, and what it has been told already.
 *
 * Debian's folders and commands stand here, in one table.  A server counts as
 * installed if its main file is there; in a tree elsewhere that is all there is.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/setup.h"
#include "lib/base/file.h"

#define COMM_MAX 64

static const char *const check_lighttpd[] = { "lighttpd", "-tt", "-f", "/etc/lighttpd/lighttpd.conf", NULL };
static const char *const check_apache[] = { "apache2ctl", "-t", NULL };
static const char *const check_caddy[] = { "caddy", "validate", "--config", "/etc/caddy/Caddyfile", NULL };
static const char *const check_nginx[] = { "nginx", "-t", "-q", NULL };
static const char *const reload_lighttpd[] = { "systemctl", "restart", "lighttpd", NULL };
static const char *const reload_apache[] = { "systemctl", "restart", "apache2", NULL };
static const char *const reload_caddy[] = { "systemctl", "reload-or-restart", "caddy", NULL };
static const char *const reload_nginx[] = { "systemctl", "reload-or-restart", "nginx", NULL };

const struct setup_row setup_rows[SETUP_SERVERS] = {
	[SETUP_LIGHTTPD] = {
		"lighttpd", "lighttpd", "/etc/lighttpd/lighttpd.conf", "lighttpd",
		"/etc/lighttpd/conf-available/50-headrace.conf", "/etc/lighttpd/conf-enabled/50-headrace.conf",
		"/etc/lighttpd/conf-enabled", { "$HTTP[\"host\"]" }, "ssl.pemfile = \"", "ssl.privkey = \"", true,
		"lighttpd lighttpd-mod-openssl", check_lighttpd, reload_lighttpd, "service lighttpd restart", "restart",
	},
	[SETUP_APACHE] = {
		"apache", "Apache", "/etc/apache2/apache2.conf", "apache2",
		"/etc/apache2/sites-available/headrace.conf", "/etc/apache2/sites-enabled/headrace.conf",
		"/etc/apache2/sites-enabled", { "ServerName", "ServerAlias" }, "SSLCertificateFile ", "SSLCertificateKeyFile ", true,
		"apache2", check_apache, reload_apache, "service apache2 restart", "reload",
	},
	[SETUP_CADDY] = {
		"caddy", "Caddy", "/etc/caddy/Caddyfile", "caddy",
		"/etc/caddy/headrace.caddyfile", NULL,
		NULL, { "" }, "tls ", NULL, false,
		"caddy", check_caddy, reload_caddy, "caddy reload --config /etc/caddy/Caddyfile", NULL,
	},
	[SETUP_NGINX] = {
		"nginx", "nginx", "/etc/nginx/nginx.conf", "nginx",
		"/etc/nginx/sites-available/headrace.conf", "/etc/nginx/sites-enabled/headrace.conf",
		"/etc/nginx/sites-enabled", { "server_name" }, "ssl_certificate ", "ssl_certificate_key ", true,
		"nginx", check_nginx, reload_nginx, "service nginx restart", "reload",
	},
	[SETUP_CGI] = { .name = "cgi", .title = "a folder for CGI scripts" },
};

const char *
setup_at(const struct setup *s, const char *path)
{
	return arena_printf(s->arena, "%s%s", s->root, path);
}

bool
setup_is_there(const struct setup *s, const char *path)
{
	return access(setup_at(s, path), F_OK) == 0;
}

/* ---- which one ---- */

/* Does a process of this name run?  In a tree elsewhere nothing does. */
static bool
runs(const struct setup *s, const char *process)
{
	DIR *dir = s->root[0] == '\0' ? opendir("/proc") : NULL;
	const struct dirent *e;
	struct str comm;
	bool found = false;

	while (dir != NULL && !found && (e = readdir(dir)) != NULL)
		found = isdigit((unsigned char)e->d_name[0]) &&
		    file_read(s->arena, arena_printf(s->arena, "/proc/%s/comm", e->d_name), COMM_MAX, &comm) == NULL &&
		    str_is(str_trim(comm), process);
	if (dir != NULL)
		(void)closedir(dir);
	return found;
}

static enum err
choose_by_name(struct setup *s, const char *name)
{
	for (int i = 0; i < SETUP_SERVERS; i++)
		if (strcmp(name, setup_rows[i].name) == 0) {
			s->server = (enum setup_server)i;
			return OK;
		}
	return cli_fail(s->c, ERR_BADREQ, "--server is lighttpd, apache, caddy, nginx or cgi, not \"%.40s\"", name);
}

/* Of several the one that runs, or that we have written for already. */
static enum err
choose_installed(struct setup *s)
{
	unsigned all = 0, likely = 0;
	const char *names = "";
	const struct setup_row *row;

	for (int i = 0; i < SETUP_CGI; i++) {
		row = &setup_rows[i];
		if (!setup_is_there(s, row->main_file))
			continue;
		all |= 1u << i;
		names = arena_printf(s->arena, "%s%s%s", names, *names != '\0' ? ", " : "", row->name);
		if (setup_is_there(s, row->site) || (!s->undo && runs(s, row->process)))
			likely |= 1u << i;
	}
	if (all == 0)
		return cli_fail(s->c, ERR_NOTFOUND, "no web server is installed that setup knows: "
		    "apt-get install lighttpd lighttpd-mod-openssl (or caddy, apache2, nginx)");
	if (__builtin_popcount(all) > 1)
		all = likely;
	if (__builtin_popcount(all) != 1)
		return cli_fail(s->c, ERR_BADREQ, "several web servers are installed: say which with --server (%s)", names);
	s->server = (enum setup_server)__builtin_ctz(all);
	return OK;
}

/* ---- what it has been told already ---- */

bool
setup_names_host(struct str line, const char *host)
{
	const char *p = memmem(line.p, line.n, host, strlen(host));
	char before, after;

	if (p == NULL)
		return false;
	before = p > line.p ? p[-1] : ' ';
	after = p + strlen(host) < line.p + line.n ? p[strlen(host)] : ' ';
	return !isalnum((unsigned char)before) && strchr(".-/", before) == NULL &&
	    !isalnum((unsigned char)after) && strchr(".-/", after) == NULL;
}

static void
look_at_line(struct setup *s, const char *file, struct str line)
{
	const struct setup_row *row = &setup_rows[s->server];

	if (line.n == 0 || line.p[0] == '#')
		return;
	for (size_t i = 0; i < 3 && row->names[i] != NULL; i++)
		if (str_starts(line, row->names[i]) && setup_names_host(line, s->host) &&
		    (row->names[i][0] != '\0' || str_ends(line, "{")))
			setup_problem(s, "%s has a site for %s already: take it out there, or leave it as it is and "
			    "compare it with what is printed here", file, s->host);
	s->fds_elsewhere |= str_starts(line, "server.max-fds");
	s->connections_elsewhere |= str_starts(line, "server.max-connections");
	s->tls_elsewhere |= memmem(line.p, line.n, "ssl.engine", 10) != NULL;
}

static void
look_at_file(struct setup *s, const char *path)
{
	struct str text, line;

	if (file_read(s->arena, setup_at(s, path), SETUP_FILE_MAX, &text) != NULL)
		return;
	while (str_cut(&text, '\n', &line))
		look_at_line(s, path, str_trim(line));
}

static void
look_at_sites(struct setup *s)
{
	const struct setup_row *row = &setup_rows[s->server];
	DIR *dir = row->folder != NULL ? opendir(setup_at(s, row->folder)) : NULL;
	const struct dirent *e;
	const char *path;

	look_at_file(s, row->main_file);
	while (dir != NULL && (e = readdir(dir)) != NULL) {
		path = arena_printf(s->arena, "%s/%s", row->folder, e->d_name);
		if (e->d_name[0] != '.' && strcmp(path, row->enabled) != 0)
			look_at_file(s, path);
	}
	if (dir != NULL)
		(void)closedir(dir);
}

/* ---- what we have told it ourselves ---- */

/* The path that follows 'before' on a line of its own; NULL if there is none. */
static const char *
path_after(struct setup *s, struct str text, const char *before)
{
	struct str line;
	size_t n;

	while (before != NULL && str_cut(&text, '\n', &line)) {
		line = str_trim(line);
		if (!str_starts(line, before))
			continue;
		line = (struct str){ line.p + strlen(before), line.n - strlen(before) };
		for (n = 0; n < line.n && strchr("\"; \t", line.p[n]) == NULL; n++)
			;
		return n > 0 && line.p[0] == '/' ? arena_strndup(s->arena, line.p, n) : NULL;
	}
	return NULL;
}

/* Without --certificate the one that our file has named before stays. */
static void
recall_certificate(struct setup *s)
{
	const struct setup_row *row = &setup_rows[s->server];
	const char *certificate, *key;
	struct str text;

	if (s->certificate != NULL || file_read(s->arena, setup_at(s, row->site), SETUP_FILE_MAX, &text) != NULL)
		return;
	certificate = path_after(s, text, row->certificate);
	key = path_after(s, text, row->key);
	if (row->key == NULL && certificate != NULL)	/* the second word of that line */
		key = path_after(s, text, arena_printf(s->arena, "%s%s ", row->certificate, certificate));
	if (certificate == NULL || key == NULL)
		return;
	s->certificate = certificate;
	s->key = key;
}

enum err
setup_look(struct setup *s)
{
	const char *name = cli_get(s->c, "server");
	enum err e;

	if (name == NULL && s->root[0] == '\0' && geteuid() != 0)
		name = setup_rows[SETUP_CGI].name;
	if ((e = name != NULL ? choose_by_name(s, name) : choose_installed(s)) != OK)
		return e;
	s->systemd = s->root[0] == '\0' && access("/run/systemd/system", F_OK) == 0;
	s->unit = setup_is_there(s, "/lib/systemd/system/headrace.service") ||
	    setup_is_there(s, "/usr/local/lib/systemd/system/headrace.service") ||
	    setup_is_there(s, "/etc/systemd/system/headrace.service");
	s->ipv6 = access("/proc/net/if_inet6", F_OK) == 0 || s->root[0] != '\0';
	if (s->server == SETUP_CGI)
		return OK;
	s->runs = runs(s, setup_rows[s->server].process);
	for (int i = 0; i < SETUP_CGI && !s->runs; i++)
		if (runs(s, setup_rows[i].process))
			setup_note(s, "%s runs, and %s does not: only one of them can have ports 80 and 443.",
			    setup_rows[i].title, setup_rows[s->server].title);
	if (!setup_is_there(s, setup_rows[s->server].main_file))
		setup_problem(s, "%s is not installed: apt-get install %s", setup_rows[s->server].title,
		    setup_rows[s->server].package);
	recall_certificate(s);
	if (!s->undo)
		look_at_sites(s);
	return OK;
}
