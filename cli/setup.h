/*
 * cli/setup.h -- headrace setup: a plan is a list of steps, which are data.
 *
 * The same list is printed, carried out, or gone through backwards to undo it.  A
 * step finds out first what is there already, so that doing all twice changes
 * nothing, and leaves alone what somebody has edited.
 */
#ifndef CLI_SETUP_H
#define CLI_SETUP_H

#include "cli/cmd.h"
#include "cli/setup_step.h"

#define SETUP_STEPS_MAX 40
#define SETUP_TEXTS_MAX 16		/* notes, problems */
#define SETUP_FILE_MAX (1024 * 1024)	/* of a configuration file */
#define SETUP_OUTPUT_MAX (64 * 1024)	/* of a command */

enum setup_server {
	SETUP_LIGHTTPD, SETUP_APACHE, SETUP_CADDY, SETUP_NGINX,
	SETUP_CGI,			/* a folder on somebody else's web server */
	SETUP_SERVERS
};

struct setup {
	struct cli *c;
	struct arena *arena;
	const char *host;
	const char *root;		/* "" or a folder, without a slash at its end */
	bool write, undo;
	enum setup_server server;
	bool runs;			/* the web server does */
	bool systemd, unit;		/* it runs; it knows headrace.service */
	bool ipv6;
	const char *certificate, *key;	/* NULL: the usual place, or Caddy's own */
	const char *program;		/* this one */
	const char *folder, *htdocs;	/* SETUP_CGI */
	const char *ini;		/* path of the configuration */
	struct config cfg;		/* as it will be */

	/* lighttpd: what other files of it say already */
	bool tls_elsewhere, fds_elsewhere, connections_elsewhere;

	struct setup_step steps[SETUP_STEPS_MAX];
	size_t n;
	const char *notes[SETUP_TEXTS_MAX];
	size_t n_notes;
	const char *problems[SETUP_TEXTS_MAX];	/* why nothing is written */
	size_t n_problems;
	size_t changed;
};

/* A web server as Debian has it. */
struct setup_row {
	const char *name, *title;
	const char *main_file;		/* is there if the web server is installed */
	const char *process;		/* its name in /proc */
	const char *site;		/* where our file goes */
	const char *enabled;		/* a link to it, NULL: a line does it */
	const char *folder;		/* of the enabled sites; NULL: the main file alone */
	const char *names[3];		/* lines that begin so name a host */
	const char *certificate, *key;	/* what stands before their paths */
	bool needs_certificate;
	const char *package;		/* what to install */
	const char *const *check, *const *reload;
	const char *reload_by_hand;
	const char *renewed;		/* how it reads a new certificate; NULL: by itself */
};

extern const struct setup_row setup_rows[SETUP_SERVERS];

/* ---- what is there (setup_look.c) ---- */

/* Chooses the web server and notes what the plan depends on. */
must_check enum err setup_look(struct setup *s);

/* root + path */
const char *setup_at(const struct setup *s, const char *path);

bool setup_is_there(const struct setup *s, const char *path);

/* Is 'host' there as a whole name, not as part of another? */
bool setup_names_host(struct str line, const char *host);

/* ---- texts (setup_text.c) ---- */

enum setup_template {
	SETUP_T_LIGHTTPD, SETUP_T_APACHE, SETUP_T_CADDY, SETUP_T_NGINX,
	SETUP_T_CGI, SETUP_T_HTACCESS, SETUP_T_INI, SETUP_TEMPLATES
};

/* A ready file with our name, paths and choices, and a line that tells an edit. */
struct str setup_text(const struct setup *s, enum setup_template t);

/* conf/headrace.ini as it is, and with keys set: NULL leaves the default. */
struct str setup_ini_pristine(void);
struct str setup_ini_text(const struct setup *s, bool marked, const char *data, const char *run);

/* A script of one command, marked. */
struct str setup_script(struct arena *a, const char *command);

/* The sum in a text's mark, "" if it has none; is the text still what it says? */
struct str setup_mark(struct str text);
bool setup_unedited(struct arena *a, struct str text);

/* ---- the plan (setup_plan.c, setup_cgi.c) ---- */
must_check enum err setup_plan(struct setup *s);
must_check enum err setup_plan_cgi(struct setup *s);

struct setup_step *setup_add(struct setup *s, enum setup_kind kind, const char *path);
void setup_note(struct setup *s, const char *fmt, ...) printf_like(2, 3);
void setup_problem(struct setup *s, const char *fmt, ...) printf_like(2, 3);

/* Reads what the configuration will be; a problem if it says something else than we need. */
must_check enum err setup_configure(struct setup *s, const char *data, const char *run);

/* ---- carrying out (setup_run.c) ---- */

/* Finds out what each step has to do; an error if it would be done outside of --root. */
must_check enum err setup_look_all(struct setup *s);
must_check enum err setup_carry_out(struct setup *s);
must_check enum err setup_undo(struct setup *s);

/* Runs child(arg) in a process; *out is what it said.  True if it ended well. */
bool setup_process(struct setup *s, void (*child)(void *), void *arg, const char **out);
bool setup_command(struct setup *s, const char *const *argv, const char **out);
const char *setup_words(struct arena *a, const char *const *argv);

/* ---- output (setup_out.c) ---- */
void setup_print(struct setup *s);

#endif
