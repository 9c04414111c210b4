/*
 * cli/doctor.c -- headrace doctor [URL]: walks a deployment as a client would, and as an
 * operator would.
 *
 * The rows go from the outside to the inside.  One that lacks what an earlier one should
 * have found is skipped, so that a missing name is one finding and not ten.
 */
#include "cli/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/clock.h"
#include "lib/base/ip.h"

#define TIMEOUT_DEFAULT_MS 10000	/* what a client gives a connection */
#define WAIT_MAX_MS (60 * 60 * 1000)
#define TEXT_MAX 1024			/* of one thing that was seen */

static const struct {
	const char *name;
	unsigned needs;			/* enum doctor_fact */
	void (*run)(struct doctor *d);
} rows[] = {
	{ "address", 0, doctor_url },
	{ "name", 0, doctor_name },
	{ "ports", FACT_ADDRESS, doctor_ports },
	{ "certificate", FACT_ADDRESS, doctor_certificate },
	{ "key", FACT_ADDRESS, doctor_key },
	{ "health", FACT_HTTP, doctor_health },
	{ "upgrade", FACT_HTTP | FACT_KEY, doctor_upgrade },
	{ "inside", FACT_TUNNEL, doctor_inner },
	{ "other port", FACT_ADDRESS | FACT_KEY, doctor_other_port },
	{ "websocket", FACT_HTTP | FACT_KEY | FACT_TUNNEL, doctor_websocket },
	{ "API", FACT_HTTP, doctor_api },
	{ "large body", FACT_HTTP | FACT_KEY, doctor_body },
	{ "configuration", 0, doctor_config },
	{ "programs", FACT_CONFIG, doctor_programs },
	{ "database", FACT_CONFIG, doctor_database },
	{ "disk", FACT_CONFIG, doctor_disk },
	{ "sockets", FACT_CONFIG, doctor_sockets },
	{ "relays", FACT_CONFIG, doctor_relays },
	{ "one machine", FACT_CONFIG, doctor_tailnet },
	{ "idle", FACT_TUNNEL, doctor_idle },	/* at the end: it may take an hour */
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

/* ---- what checks say ---- */

static const char *
vtext(struct doctor *d, const char *fmt, va_list ap)
{
	char text[TEXT_MAX];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	return table_clean(d->arena, text);
}

void
doctor_saw(struct doctor *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	d->about = vtext(d, fmt, ap);
	va_end(ap);
}

void
doctor_skip(struct doctor *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	d->about = vtext(d, fmt, ap);
	va_end(ap);
	d->skipped = true;
}

const char *
doctor_fill(struct doctor *d, const char *form, const char *address, const char *detail)
{
	const char *all = "", *at;

	if (form == NULL)
		return NULL;
	while ((at = strpbrk(form, "~@")) != NULL) {
		all = arena_printf(d->arena, "%s%.*s%s", all, (int)(at - form), form,
		    *at == '~' ? address : detail);
		form = at + 1;
	}
	return arena_printf(d->arena, "%s%s", all, form);
}

/*
 * Of a private address clients try only one port, and then wait for another that never
 * comes: whatever was wrong, they say this.
 */
#define ABORTED "connection attempts aborted by context: context deadline exceeded"

static const char *
words_of_client(struct doctor *d, enum doctor_id id, const char *detail)
{
	if (d->private_host && id >= FOUND_UP_SWALLOWED && id <= FOUND_NOISE_GARBAGE)
		return ABORTED;
	return doctor_fill(d, doctor_cases[id].client, d->name, detail != NULL ? detail : "…");
}

void
doctor_found(struct doctor *d, enum doctor_id id, const char *detail, const char *fmt, ...)
{
	struct doctor_finding *f = &d->found[d->n_found];
	va_list ap;

	if (d->n_found == DOCTOR_FINDINGS_MAX)
		return;
	va_start(ap, fmt);
	f->seen = vtext(d, fmt, ap);
	va_end(ap);
	f->id = id;
	f->check = d->check;
	f->client = words_of_client(d, id, detail);
	d->n_found++;
}

/* Several blanks, of which pages are full, become one. */
static char *
one_line(char *text)
{
	char *to = text;

	for (const char *p = text; *p != '\0'; p++)
		if (*p != ' ' || (to > text && to[-1] != ' '))
			*to++ = *p;
	*to = '\0';
	return text;
}

const char *
doctor_quote(struct doctor *d, struct str text, size_t max)
{
	struct str first = { text.p, text.n < 4 * max ? text.n : 4 * max };
	char *copy;
	size_t n;

	while (first.n < text.n && first.n > 0 && !str_utf8_valid(first) && 4 * max - first.n < 4)
		first.n--;
	if (!str_utf8_valid(first))
		return "(something that is no text)";
	copy = arena_strndup(d->arena, first.p, first.n);
	for (char *p = copy; *p != '\0'; p++)
		if (*p == '\t' || *p == '\r' || *p == '\n')
			*p = ' ';
	copy = one_line(arena_strdup(d->arena, table_clean(d->arena, copy)));
	if ((n = strlen(copy)) > max) {
		for (n = max; n > 0 && ((unsigned char)copy[n] & 0xc0) == 0x80; n--)
			;
		return arena_printf(d->arena, "%.*s…", (int)n, copy);
	}
	while (n > 0 && copy[n - 1] == ' ')
		copy[--n] = '\0';
	return copy;
}

/* ---- walking ---- */

size_t
doctor_problems(const struct doctor *d, size_t from)
{
	size_t n = 0;

	for (size_t i = from; i < d->n_found; i++)
		n += !doctor_cases[d->found[i].id].notice;
	return n;
}

static const char *
result_of(const struct doctor *d, size_t before)
{
	if (doctor_problems(d, before) > 0)
		return "FAILED";
	return d->n_found > before ? "notice" : d->skipped ? "skipped" : "ok";
}

static struct doctor_outcome
run_row(struct doctor *d, size_t row)
{
	size_t before = d->n_found;
	struct doctor_outcome out = { .name = rows[row].name };

	d->check = rows[row].name;
	d->about = "";
	d->skipped = (d->facts & rows[row].needs) != rows[row].needs;
	doctor_progress(d, rows[row].name);
	if (!d->skipped)
		rows[row].run(d);
	else if ((rows[row].needs & FACT_CONFIG) != 0)
		d->about = "the configuration was not looked at";
	else
		d->about = "not without what is missing above";
	if (d->about[0] == '\0' && d->n_found > before)
		d->about = doctor_cases[d->found[before].id].what;
	out.about = d->about;
	out.result = result_of(d, before);
	return out;
}

static void
run_all(struct doctor *d, struct doctor_outcome *out)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		out[i] = run_row(d, i);
		/* Of somebody else's server there is nothing more to say than that. */
		if (!d->skipped || (rows[i].needs & FACT_CONFIG) == 0)
			doctor_show_row(d, &out[i]);
	}
	doctor_progress(d, "");
	doctor_tunnel_end(d);
}

/* ---- the command ---- */

static enum err
read_time(struct doctor *d, const char *flag, int64_t max_ms, int64_t *ms)
{
	const char *v = cli_get(d->c, flag);

	if (v != NULL && (!duration_read(str_of(v), ms) || *ms < 0 || *ms > max_ms))
		return cli_fail(d->c, ERR_BADREQ, "--%s must be a time like 10s, at most %d minutes, "
		    "not \"%.40s\"", flag, (int)(max_ms / 60000), v);
	return OK;
}

static enum err
read_flags(struct doctor *d)
{
	struct ip ip;
	enum err e;

	d->timeout_ms = TIMEOUT_DEFAULT_MS;
	d->only = cli_get(d->c, "address");
	if (d->only != NULL && !ip_read(str_of(d->only), &ip))
		return cli_fail(d->c, ERR_BADREQ, "--address must be an IP address, not \"%.60s\"", d->only);
	if ((e = read_time(d, "timeout", 10 * 60000, &d->timeout_ms)) != OK)
		return e;
	if (d->timeout_ms < 100)
		d->timeout_ms = 100;
	return read_time(d, "wait", WAIT_MAX_MS, &d->wait_ms);
}

/* The argument, $HEADRACE_ADDRESS, or what the configuration says. */
static enum err
read_url(struct doctor *d)
{
	const char *text = d->c->n_args > 0 ? d->c->args[0] : getenv("HEADRACE_ADDRESS"), *why;
	enum err e;

	if (text == NULL || *text == '\0') {
		if ((e = cli_config(d->c)) != OK)
			return e;
		text = d->c->cfg->url;
	}
	if (strstr(text, "://") == NULL)
		text = arena_printf(d->arena, "https://%s", text);
	if (strlen(text) > TEXT_MAX || (why = probe_url_read(d->arena, text, &d->url)) != NULL)
		return cli_fail(d->c, ERR_BADREQ, "\"%.200s\" cannot be the address of a server: %s", text,
		    strlen(text) > TEXT_MAX ? "it is too long" : why);
	d->name = d->url.base;
	return OK;
}

static enum err
doctor(struct cli *c)
{
	struct doctor *d = arena_alloc(c->arena, sizeof(*d));
	struct doctor_outcome out[N_ROWS];
	size_t n;
	enum err e;

	d->c = c;
	d->arena = c->arena;
	if (cli_has(c, "list")) {
		doctor_show_list(d);
		return OK;
	}
	if ((e = read_flags(d)) != OK || (e = read_url(d)) != OK)
		return e;
	run_all(d, out);
	if (!cli_machine(c, doctor_as_json(d, out, N_ROWS)))
		doctor_show_findings(d);
	if ((n = doctor_problems(d, 0)) > 0)
		return cli_fail(c, ERR_UPSTREAM, n == 1 ? "%zu problem was found" : "%zu problems were found", n);
	return OK;
}

static const struct cli_flag flags[] = {
	{ "address", 0, FLAG_TEXT, "IP", "connect there, whatever the name resolves to" },
	{ "wait", 'w', FLAG_TEXT, "TIME", "keep a connection idle so long and see who cuts it (2m tells most)" },
	{ "timeout", 0, FLAG_TEXT, "TIME", "wait so long in each step (default 10s, as clients do)" },
	{ "remote", 0, FLAG_BOOL, NULL, "look at the address alone, not at this machine" },
	{ "list", 0, FLAG_BOOL, NULL, "list everything that can be found" },
	{ NULL, 0, 0, NULL, NULL },
};

const struct cli_cmd cli_doctor = {
	"doctor", "", "[URL]", "find out why clients do not get through\n"
	    "Looks at a server as a client does: name, ports, certificate, key, upgrade, handshake; and on\n"
	    "the server's machine also at the programs, the database, the disk and the sockets.  Without URL\n"
	    "at HEADRACE_ADDRESS, else at server.url.  Certificates are trusted as clients do it\n"
	    "(SSL_CERT_FILE).  With HEADRACE_API_KEY it is seen whether the key arrives.\n"
	    "Exit status: 0 nothing is wrong; 1 something is.  docs/troubleshooting.md has all of it.",
	0, 1, flags, doctor,
};
