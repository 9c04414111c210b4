/*
 * cli/setup_text.c -- the ready files of conf/, with one server's names in them.
 *
 * They are part of the program: what the documents show, what the tests try and
 * what setup writes is the same text.  A first line with a sum tells later whether
 * somebody has edited the file; so there is no list of what was written, which
 * could be lost or be wrong.
 */
#include <ctype.h>
#include <string.h>

#include "cli/setup.h"
#include "lib/base/embed.h"
#include "lib/crypto/sha256.h"

#define EXAMPLE "headrace.example.com"
#define MARK "headrace setup wrote this; once it is edited, it is left alone.  Sum: "
#define SUM_SIZE 16

EMBED(setup_lighttpd, "conf/lighttpd/headrace.conf");
EMBED(setup_apache, "conf/apache/headrace.conf");
EMBED(setup_caddy, "conf/caddy/Caddyfile");
EMBED(setup_nginx, "conf/nginx/headrace.conf");
EMBED(setup_cgi, "conf/cgi/headrace.cgi");
EMBED(setup_htaccess, "conf/cgi/htaccess");
EMBED(setup_ini, "conf/headrace.ini");

#define BOTH(id) { setup_##id##_start, setup_##id##_end }

static const struct { const char *start, *end; } files[SETUP_TEMPLATES] = {
	[SETUP_T_LIGHTTPD] = BOTH(lighttpd),
	[SETUP_T_APACHE] = BOTH(apache),
	[SETUP_T_CADDY] = BOTH(caddy),
	[SETUP_T_NGINX] = BOTH(nginx),
	[SETUP_T_CGI] = BOTH(cgi),
	[SETUP_T_HTACCESS] = BOTH(htaccess),
	[SETUP_T_INI] = BOTH(ini),
};

static struct str
file_text(enum setup_template t)
{
	return (struct str){ files[t].start, (size_t)(files[t].end - files[t].start) };
}

/* ---- the mark ---- */

/* Length of a line "#!/bin/sh\n" at the start. */
static size_t
shebang(struct str text)
{
	const char *end = text.n > 2 && memcmp(text.p, "#!", 2) == 0 ? memchr(text.p, '\n', text.n) : NULL;

	return end != NULL ? (size_t)(end - text.p) + 1 : 0;
}

/* The line with the mark; empty if there is none. */
static struct str
mark_line(struct str text)
{
	size_t skip = shebang(text);
	struct str line = { text.p + skip, text.n - skip };
	const char *end = line.n > 0 ? memchr(line.p, '\n', line.n) : NULL;

	if (end == NULL || line.n < 2)
		return (struct str){ 0 };
	line.n = (size_t)(end - line.p) + 1;
	if (line.n != 2 + strlen(MARK) + SUM_SIZE + 1 || memcmp(line.p + 2, MARK, strlen(MARK)) != 0)
		return (struct str){ 0 };
	return line;
}

struct str
setup_mark(struct str text)
{
	struct str line = mark_line(text);

	return line.n == 0 ? STR("") : (struct str){ line.p + line.n - 1 - SUM_SIZE, SUM_SIZE };
}

static const char *
sum(struct arena *a, struct str text)
{
	char hex[SHA256_HEX_SIZE];

	sha256_hex(text, hex);
	return arena_strndup(a, hex, SUM_SIZE);
}

bool
setup_unedited(struct arena *a, struct str text)
{
	struct str line = mark_line(text), rest;
	struct buf b;

	if (line.n == 0)
		return false;
	buf_init(&b, SETUP_FILE_MAX);
	buf_put(&b, text.p, (size_t)(line.p - text.p));
	buf_put(&b, line.p + line.n, (size_t)(text.p + text.n - line.p) - line.n);
	rest.n = b.n;
	rest.p = buf_text(&b, a);
	return str_is(setup_mark(text), sum(a, rest));
}

static struct str
marked(struct arena *a, struct str text, char comment)
{
	size_t skip = shebang(text);
	struct str out;
	struct buf b;

	buf_init(&b, 2 * SETUP_FILE_MAX);
	buf_put(&b, text.p, skip);
	buf_printf(&b, "%c " MARK "%s\n", comment, sum(a, text));
	buf_put(&b, text.p + skip, text.n - skip);
	out.n = b.n;
	out.p = buf_text(&b, a);
	return out;
}

struct str
setup_script(struct arena *a, const char *command)
{
	return marked(a, str_of(arena_printf(a, "#!/bin/sh\nexec %s\n", command)), '#');
}

/* ---- filling in ---- */

struct change { const char *from, *to; };

#define CHANGES_MAX 8

struct filling {
	const struct setup *s;
	struct change changes[CHANGES_MAX];
	size_t n;
	bool own_certificate;	/* between such a mark and the next */
	bool in_advice;		/* on where to put the file */
	struct buf out;
};

static void
add_change(struct filling *f, const char *from, const char *to)
{
	if (to != NULL)
		f->changes[f->n++] = (struct change){ from, to };
}

static void
put_changed(struct filling *f, struct str line)
{
	size_t i, n;

	while (line.n > 0) {
		for (i = 0; i < f->n && !str_starts(line, f->changes[i].from); i++)
			;
		n = i < f->n ? strlen(f->changes[i].from) : 1;
		if (i < f->n)
			buf_str(&f->out, f->changes[i].to);
		else
			buf_put(&f->out, line.p, 1);
		line = (struct str){ line.p + n, line.n - n };
	}
	buf_byte(&f->out, '\n');
}

/* Where another file says it already, lighttpd takes it for a mistake. */
static bool
said_elsewhere(const struct setup *s, struct str line)
{
	if (s->server != SETUP_LIGHTTPD)
		return false;
	return (s->fds_elsewhere && str_starts(line, "server.max-fds")) ||
	    (s->connections_elsewhere && str_starts(line, "server.max-connections")) ||
	    (s->tls_elsewhere && (str_starts(line, "ssl.") || str_starts(line, "$SERVER[\"socket\"]") ||
	    str_starts(line, "# Leave these out")));
}

static bool
left_out(struct filling *f, struct str line)
{
	if (str_starts(line, "# Put it into"))
		f->in_advice = true;
	else if (f->in_advice && str_is(line, "#")) {
		f->in_advice = false;
		return true;
	}
	return f->in_advice || said_elsewhere(f->s, line) ||
	    (!f->s->ipv6 && memmem(line.p, line.n, "[::]", 4) != NULL);
}

static void
put_line(struct filling *f, struct str line)
{
	const char *hash;

	if (left_out(f, line))
		return;
	if (memmem(line.p, line.n, "# [", 3) != NULL)
		f->own_certificate = memmem(line.p, line.n, "[own-certificate]", 17) != NULL;
	else if (f->own_certificate && f->s->certificate != NULL &&
	    (hash = memchr(line.p, '#', line.n)) != NULL) {
		buf_put(&f->out, line.p, (size_t)(hash - line.p));
		line = (struct str){ hash + 1, line.n - (size_t)(hash - line.p) - 1 };
	}
	put_changed(f, line);
	if (f->s->tls_elsewhere && f->s->server == SETUP_LIGHTTPD && str_starts(line, "$HTTP[\"host\"]")) {
		put_changed(f, STR("\tssl.pemfile = \"/etc/letsencrypt/live/" EXAMPLE "/fullchain.pem\""));
		put_changed(f, STR("\tssl.privkey = \"/etc/letsencrypt/live/" EXAMPLE "/privkey.pem\""));
	}
}

static struct str
filled(struct filling *f, struct str text, char comment)
{
	struct str line;

	buf_init(&f->out, SETUP_FILE_MAX);
	while (str_cut(&text, '\n', &line))
		if (text.n > 0 || line.n > 0)
			put_line(f, line);
	line.n = f->out.n;
	line.p = buf_text(&f->out, f->s->arena);
	return comment != '\0' ? marked(f->s->arena, line, comment) : line;
}

struct str
setup_text(const struct setup *s, enum setup_template t)
{
	const char *notifier = s->cfg.notifier_listen;
	struct filling f = { .s = s };

	add_change(&f, "/etc/letsencrypt/live/" EXAMPLE "/fullchain.pem", s->certificate);
	add_change(&f, "/etc/letsencrypt/live/" EXAMPLE "/privkey.pem", s->key);
	add_change(&f, EXAMPLE, s->host);
	add_change(&f, CONFIG_FILE_DEFAULT, s->ini);
	add_change(&f, "/usr/bin/headrace", s->program);
	add_change(&f, "/run/headrace/web.sock", config_socket(s->arena, &s->cfg, "web.sock"));
	if (notifier != NULL && strncmp(notifier, "unix:", 5) == 0)
		add_change(&f, "/run/headrace/notifier.sock", notifier + 5);
	return filled(&f, file_text(t), '#');
}

struct str
setup_ini_pristine(void)
{
	return file_text(SETUP_T_INI);
}

struct str
setup_ini_text(const struct setup *s, bool with_mark, const char *data, const char *run)
{
	struct filling f = { .s = s };

	add_change(&f, ";url = http://127.0.0.1:8080",
	    arena_printf(s->arena, "url = https://%s", s->host));
	if (data != NULL)
		add_change(&f, ";data = /var/lib/headrace", arena_printf(s->arena, "data = %s", data));
	if (run != NULL)
		add_change(&f, ";run = /run/headrace", arena_printf(s->arena, "run = %s", run));
	return filled(&f, file_text(SETUP_T_INI), with_mark ? ';' : '\0');
}
