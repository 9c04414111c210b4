/*
 * cli/setup_plan.c -- the steps for a machine of one's own, in the order of need.
 *
 * headrace itself comes first, then the web server's files, then the commands that
 * make both look at them.  In a tree elsewhere (--root) only files are made.
 */
#include <assert.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/doctor_user.h"
#include "cli/setup.h"
#include "lib/base/file.h"

static const char *const enable_units[] = { "systemctl", "enable", "headrace.socket", "headrace.service", NULL };
static const char *const disable_units[] = { "systemctl", "disable", "--now", "headrace.socket", "headrace.service", NULL };
static const char *const is_enabled[] = { "systemctl", "is-enabled", "--quiet", "headrace.service", NULL };
static const char *const restart_unit[] = { "systemctl", "restart", "headrace.service", NULL };
static const char *const is_active[] = { "systemctl", "is-active", "--quiet", "headrace.service", NULL };

/* What the ready file of Apache needs, with what these need themselves. */
static const char *const apache_modules[] = {
	"mime", "setenvif", "socache_shmcb", "ssl", "http2", "proxy", "proxy_http", "proxy_fcgi",
};

struct setup_step *
setup_add(struct setup *s, enum setup_kind kind, const char *path)
{
	struct setup_step *t = &s->steps[s->n++];

	assert(s->n <= SETUP_STEPS_MAX);
	*t = (struct setup_step){ .kind = kind, .path = path, .mode = 0644 };
	return t;
}

static void
add_text(struct setup *s, const char **list, size_t *n, const char *fmt, va_list ap)
{
	char text[1024];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	if (*n < SETUP_TEXTS_MAX)
		list[(*n)++] = arena_strdup(s->arena, text);
}

void
setup_note(struct setup *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_text(s, s->notes, &s->n_notes, fmt, ap);
	va_end(ap);
}

void
setup_problem(struct setup *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_text(s, s->problems, &s->n_problems, fmt, ap);
	va_end(ap);
}

/* ---- the configuration ---- */

/*
 * Reads the configuration that is there, or what would be written.  One that says
 * nothing of the address is somebody's, and one with another address has clients.
 */
enum err
setup_configure(struct setup *s, const char *data, const char *run)
{
	const char *url = arena_printf(s->arena, "https://%s", s->host);
	struct str fresh = setup_ini_text(s, false, data, run), now = fresh;
	struct buf errors;
	enum err e;

	if (setup_is_there(s, s->ini)) {
		const char *why = file_read(s->arena, setup_at(s, s->ini), SETUP_FILE_MAX, &now);

		if (why != NULL)
			return cli_fail(s->c, ERR_INTERNAL, "%s: %s", setup_at(s, s->ini), why);
		if (str_eq(now, setup_ini_pristine()))
			now = fresh;
	}
	buf_init(&errors, 65536);
	e = config_load_text(s->arena, s->ini, now, &s->cfg, &errors);
	if (e != OK)
		return cli_fail_with(s->c, e, &errors);
	buf_fini(&errors);
	if (strcmp(s->cfg.url, url) == 0)
		return OK;
	if (s->undo && strncmp(s->cfg.url, "https://", 8) != 0)
		return OK;	/* somebody took our line out */
	if (s->undo)
		return cli_fail(s->c, ERR_CONFLICT, "%s says url = %s, not %s: what is to be undone?", s->ini, s->cfg.url, url);
	if (setup_mark(now).n == 0 && strstr(now.p, "\nurl") == NULL)
		setup_problem(s, "%s was edited, and does not say the address: put url = %s under [server] there",
		    s->ini, url);
	else
		setup_problem(s, "%s says url = %s.  Clients keep that address.  If it is to change, write url = %s there",
		    s->ini, s->cfg.url, url);
	return OK;
}

static void
plan_ini(struct setup *s)
{
	struct setup_step *t;

	t = setup_add(s, SETUP_FOLDER, "/etc/headrace");
	t->mode = 0755;
	t->undo = "rmdir /etc/headrace";
	t = setup_add(s, SETUP_INI, s->ini);
	t->what = arena_printf(s->arena, "%s, with url = https://%s", s->ini, s->host);
	t->text = setup_ini_text(s, true, NULL, NULL);
	t->pristine = setup_ini_pristine();
	t->mode = 0640;
	t->group = true;
	t->undo = arena_printf(s->arena, "rm %s", s->ini);
}

static void
plan_data(struct setup *s)
{
	struct setup_step *t;

	t = setup_add(s, SETUP_ACCOUNT, NULL);
	t->what = "the system user " SETUP_USER;
	t->undo = "deluser --system " SETUP_USER " (when it owns nothing any more)";
	t->stays = true;
	plan_ini(s);
	t = setup_add(s, SETUP_FOLDER, s->cfg.data_dir);
	t->mode = 0700;
	t->ours = t->stays = true;
	t->undo = arena_printf(s->arena, "rm -r %s (that is the tailnet itself)", s->cfg.data_dir);
	t = setup_add(s, SETUP_FOLDER, s->cfg.run_dir);
	t->mode = 0755;
	t->ours = true;
	t->undo = arena_printf(s->arena, "rmdir %s", s->cfg.run_dir);
	t = setup_add(s, SETUP_DATA, s->cfg.db_path);
	t->ours = t->stays = true;
	t->undo = arena_printf(s->arena, "rm %s* %s (that is the tailnet itself)", s->cfg.db_path, s->cfg.noise_key_path);
}

/* ---- headrace as a service ---- */

static void
plan_service(struct setup *s)
{
	struct setup_step *t = setup_add(s, SETUP_COMMAND, NULL);

	if (!s->systemd || !s->unit) {
		t->what = arena_printf(s->arena, "setpriv --reuid=" SETUP_USER " --regid=" SETUP_USER
		    " --init-groups %s serve", s->program);
		if (!s->systemd)
			setup_note(s, "No systemd runs here.  The folder %s has to be there after each start of the machine "
			    "(install -d -o headrace -g headrace %s), and then `headrace serve`.", s->cfg.run_dir, s->cfg.run_dir);
		else
			setup_note(s, "systemd has no headrace.service: the package brings it, and so does make install.");
		return;
	}
	if (strcmp(s->cfg.data_dir, "/var/lib/headrace") != 0)
		setup_note(s, "headrace.service may write to /var/lib/headrace only: systemctl edit headrace, and there "
		    "[Service] and ReadWritePaths=%s", s->cfg.data_dir);
	t->argv = enable_units;
	t->undo_argv = disable_units;
	t->probe = is_enabled;
	t->undo = setup_words(s->arena, disable_units);
	t = setup_add(s, SETUP_COMMAND, NULL);
	t->argv = restart_unit;
	t->probe = is_active;
	t->after_ini = true;
}

/* ---- the web server ---- */

/* Caddy reads the files as its own user, and the others as root. */
static void
check_caddy_may_read(struct setup *s, const char *path)
{
	const struct passwd *pw = s->root[0] == '\0' && geteuid() == 0 ? getpwnam("caddy") : NULL;
	struct doctor_user u = { .n_groups = 1 };
	gid_t groups[USER_GROUPS_MAX];
	int n = USER_GROUPS_MAX;
	struct stat st;

	if (pw == NULL || path == NULL || stat(path, &st) != 0)
		return;
	u.uid = pw->pw_uid;
	u.groups[0] = pw->pw_gid;
	if (getgrouplist("caddy", pw->pw_gid, groups, &n) > 0) {
		memcpy(u.groups, groups, sizeof(groups[0]) * (size_t)n);
		u.n_groups = (size_t)n;
	}
	if (doctor_user_stopped(s->arena, &u, path) != NULL || !doctor_user_may(&u, &st, 4))
		setup_problem(s, "Caddy's user may not read %s: put a copy of certificate and key where caddy can, or leave "
		    "--certificate out, and Caddy gets one itself", path);
}

static void
plan_certificate(struct setup *s)
{
	const char *live = arena_printf(s->arena, "/etc/letsencrypt/live/%s/fullchain.pem", s->host);
	const char *cert = s->certificate != NULL ? s->certificate : live;

	if (s->undo || (s->certificate == NULL && !setup_rows[s->server].needs_certificate))
		return;
	if (s->key != NULL && !setup_is_there(s, s->key))
		setup_problem(s, "%s is not there: --key has to name the certificate's key", s->key);
	if (setup_is_there(s, cert)) {
		if (s->server == SETUP_CADDY)
			check_caddy_may_read(s, s->key);
		return;
	}
	if (s->certificate != NULL)
		setup_problem(s, "%s is not there: --certificate has to name the certificate, with those between it and its root", cert);
	else
		setup_problem(s, "There is no certificate (%s).  Name one with --certificate and --key; or get one: "
		    "apt-get install certbot, then certbot certonly --webroot -w /var/www/html -d %s; "
		    "or take Caddy, which gets its own", live, s->host);
}

/* certbot renews the files; the web server has to be told, else it serves the old ones until they end. */
static void
plan_renewal(struct setup *s)
{
	static const char hook[] = "/etc/letsencrypt/renewal-hooks/deploy/headrace";
	const struct setup_row *row = &setup_rows[s->server];
	struct setup_step *t;

	if (row->renewed == NULL || (s->certificate != NULL && strncmp(s->certificate, "/etc/letsencrypt/", 17) != 0))
		return;
	t = setup_add(s, SETUP_FILE, hook);
	t->text = setup_script(s->arena, s->systemd ?
	    arena_printf(s->arena, "systemctl %s %s", row->renewed, row->process) :
	    arena_printf(s->arena, "service %s %s", row->process, row->renewed));
	t->mode = 0755;
	t->undo = arena_printf(s->arena, "rm %s", hook);
}

static void
plan_modules(struct setup *s)
{
	static const char *const ends[] = { "load", "conf" };
	const char *name, *module;
	struct setup_step *t;

	for (size_t i = 0; i < 2 * sizeof(apache_modules) / sizeof(apache_modules[0]); i++) {
		module = apache_modules[i / 2];
		name = arena_printf(s->arena, "%s.%s", module, ends[i % 2]);
		if (!setup_is_there(s, arena_printf(s->arena, "/etc/apache2/mods-available/%s", name)))
			continue;
		t = setup_add(s, SETUP_LINK, arena_printf(s->arena, "/etc/apache2/mods-enabled/%s", name));
		t->to = arena_printf(s->arena, "../mods-available/%s", name);
		t->web = t->stays = true;
		t->as = i % 2 == 0 ? arena_printf(s->arena, "a2enmod %s", module) : NULL;
		t->undo = arena_printf(s->arena, "a2dismod %s (if no other site needs it)", module);
	}
	if (setup_is_there(s, "/etc/apache2/mods-enabled/mpm_prefork.load"))
		setup_note(s, "Apache runs with mpm_prefork: each connected device takes a process.  "
		    "a2dismod mpm_prefork && a2enmod mpm_event makes it a thread.");
}

/* The ready file and what makes the web server read it. */
static void
plan_site(struct setup *s)
{
	static const enum setup_template templates[] = {
		[SETUP_LIGHTTPD] = SETUP_T_LIGHTTPD, [SETUP_APACHE] = SETUP_T_APACHE,
		[SETUP_CADDY] = SETUP_T_CADDY, [SETUP_NGINX] = SETUP_T_NGINX,
	};
	const struct setup_row *row = &setup_rows[s->server];
	struct setup_step *t = setup_add(s, SETUP_FILE, row->site);

	t->text = setup_text(s, templates[s->server]);
	t->web = true;
	t->undo = arena_printf(s->arena, "rm %s", row->site);
	t = setup_add(s, row->enabled != NULL ? SETUP_LINK : SETUP_LINE,
	    row->enabled != NULL ? row->enabled : row->main_file);
	t->web = true;
	if (row->enabled != NULL) {
		t->as = s->server == SETUP_LIGHTTPD ? "lighttpd-enable-mod headrace" :
		    s->server == SETUP_APACHE ? "a2ensite headrace" : NULL;
		t->to = arena_printf(s->arena, "../%s/%s", s->server == SETUP_LIGHTTPD ? "conf-available" :
		    "sites-available", strrchr(row->site, '/') + 1);
		t->undo = arena_printf(s->arena, "rm %s", row->enabled);
	} else {
		t->text = STR("import headrace.caddyfile");
		t->undo = arena_printf(s->arena, "take the line out of %s", row->main_file);
	}
}

static void
plan_web_server(struct setup *s)
{
	const struct setup_row *row = &setup_rows[s->server];
	struct setup_step *t;

	plan_certificate(s);
	if (s->server == SETUP_APACHE)
		plan_modules(s);
	if (s->server == SETUP_LIGHTTPD && s->root[0] == '\0' && !setup_is_there(s, "/usr/lib/lighttpd/mod_openssl.so"))
		setup_problem(s, "lighttpd has no TLS: apt-get install lighttpd-mod-openssl");
	plan_site(s);
	plan_renewal(s);
	if (s->root[0] != '\0')
		return;
	t = setup_add(s, SETUP_COMMAND, NULL);
	t->argv = t->undo_argv = row->check;
	t->after_web = t->is_check = true;
	t = setup_add(s, SETUP_COMMAND, NULL);
	t->after_web = true;
	if (s->systemd)
		t->argv = t->undo_argv = row->reload;
	else
		t->what = row->reload_by_hand;
}

enum err
setup_plan(struct setup *s)
{
	enum err e;

	s->ini = CONFIG_FILE_DEFAULT;
	if ((e = setup_configure(s, NULL, NULL)) != OK)
		return e;
	if (strncmp(s->cfg.notifier_listen, "unix:", 5) != 0)
		setup_problem(s, "%s says notifier.listen = %s: setup knows sockets only, so take that line out",
		    s->ini, s->cfg.notifier_listen);
	if (s->root[0] != '\0')
		plan_ini(s);
	else
		plan_data(s);
	if (s->root[0] == '\0')
		plan_service(s);
	plan_web_server(s);
	if (s->root[0] != '\0')
		setup_note(s, "In a tree elsewhere only files are made: no user, no database, no service, and "
		    "%s is not asked whether it accepts them.", setup_rows[s->server].title);
	return OK;
}
