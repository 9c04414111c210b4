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
#define COLUMNS 96

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
	{ "idle", FACT_TUNNEL, doctor_idle },
	{ "other port", FACT_ADDRESS | FACT_KEY, doctor_other_port },
	{ "websocket", FACT_HTTP | FACT_KEY, doctor_websocket },
	{ "API", FACT_HTTP, doctor_api },
	{ "large body", FACT_HTTP | FACT_KEY, doctor_body },
	{ "configuration", 0, doctor_config },
	{ "programs", FACT_CONFIG, doctor_programs },
	{ "database", FACT_CONFIG, doctor_database },
	{ "disk", FACT_CONFIG, doctor_disk },
	{ "sockets", FACT_CONFIG, doctor_sockets },
	{ "relays", FACT_CONFIG, doctor_relays },
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

struct outcome {
	const char *about, *result;	/* result: "ok", "notice", "FAILED", "skipped" */
};

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

/* Each '~' of 'form' becomes 'address', each '@' 'detail'. */
static const char *
fill(struct doctor *d, const char *form, const char *address, const char *detail)
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
	f->client = fill(d, doctor_cases[id].client, d->name, detail != NULL ? detail : "…");
	d->n_found++;
}

const char *
doctor_quote(struct doctor *d, struct str text, size_t max)
{
	bool cut = text.n > max;

	text.n = cut ? max : text.n;
	while (cut && text.n > 0 && !str_utf8_valid(text) && max - text.n < 4)
		text.n--;
	if (!str_utf8_valid(text))
		return "(something that is no text)";
	text = str_trim(text);
	return table_clean(d->arena, arena_printf(d->arena, "%.*s%s", (int)text.n, text.p,
	    cut ? "…" : ""));
}

/* ---- walking ---- */

static size_t
problems(const struct doctor *d, size_t from)
{
	size_t n = 0;

	for (size_t i = from; i < d->n_found; i++)
		n += !doctor_cases[d->found[i].id].notice;
	return n;
}

static struct outcome
run_row(struct doctor *d, size_t row)
{
	size_t before = d->n_found;
	struct outcome out = { .about = "" };

	d->check = rows[row].name;
	d->about = "";
	d->skipped = (d->facts & rows[row].needs) != rows[row].needs;
	if (!d->skipped)
		rows[row].run(d);
	else if ((rows[row].needs & FACT_CONFIG) != 0)
		d->about = "this machine has no configuration that can be read";
	else
		d->about = "not without what is missing above";
	out.about = d->about;
	out.result = problems(d, before) > 0 ? "FAILED" : d->n_found > before ? "notice" :
	    d->skipped ? "skipped" : "ok";
	return out;
}

/* ---- output for programs ---- */

static void
put_changes(struct doctor *d, struct jw *w, enum doctor_topic topic)
{
	jw_key(w, "change");
	jw_arr(w);
	for (int s = 0; s < SERVER_COUNT; s++) {
		if (topic == TOPIC_NONE || (d->server_known && s != (int)d->server))
			continue;
		jw_obj(w);
		jw_kstr(w, "server", doctor_server_names[s]);
		jw_kstr(w, "file", doctor_changes[topic][s].file);
		jw_kstr(w, "line", doctor_changes[topic][s].line);
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

static jv *
as_json(struct doctor *d, const struct outcome *out)
{
	struct body b;

	cli_body_begin(&b);
	jw_kstr(&b.w, "url", d->name);
	jw_kbool(&b.w, "healthy", problems(d, 0) == 0);
	jw_kstr(&b.w, "webServer", d->server_known ? doctor_server_names[d->server] : NULL);
	jw_key(&b.w, "checks");
	jw_arr(&b.w);
	for (size_t i = 0; i < N_ROWS; i++) {
		jw_obj(&b.w);
		jw_kstr(&b.w, "name", rows[i].name);
		jw_kstr(&b.w, "result", out[i].result);
		jw_kstr(&b.w, "about", out[i].about);
		jw_end_obj(&b.w);
	}
	jw_end_arr(&b.w);
	jw_key(&b.w, "findings");
	jw_arr(&b.w);
	for (size_t i = 0; i < d->n_found; i++)
		put_finding(d, &b.w, &d->found[i]);
	jw_end_arr(&b.w);
	return json_parse(d->arena, str_of(cli_body_end(d->c, &b)), JSON_DEPTH_DEFAULT, NULL);
}

/* ---- output for people ---- */

/* "  Why:      text", its further lines below the first. */
static void
print_part(const char *head, const char *text)
{
	struct str rest = str_of(text), word;
	size_t column = 12;

	if (text == NULL)
		return;
	printf("  %-10s", head);
	while (str_cut(&rest, ' ', &word)) {
		if (column > 12 && column + word.n > COLUMNS) {
			printf("\n%12s", "");
			column = 12;
		}
		printf("%s%.*s", column > 12 ? " " : "", (int)word.n, word.p);
		column += word.n + 1;
	}
	putchar('\n');
}

static void
print_changes(const struct doctor *d, enum doctor_topic topic)
{
	const struct doctor_change *change;

	for (int s = 0; s < SERVER_COUNT && topic != TOPIC_NONE; s++) {
		change = &doctor_changes[topic][s];
		if (d->server_known && s != (int)d->server)
			continue;
		print_part(doctor_server_names[s], change->file);
		printf("%14s%s\n", "", change->line);	/* in one piece, to be copied */
	}
}

static void
print_findings(const struct doctor *d)
{
	for (size_t i = 0; i < d->n_found; i++) {
		const struct doctor_finding *f = &d->found[i];
		const struct doctor_case *is = &doctor_cases[f->id];

		printf("\n%s%s (%s)\n", is->notice ? "Notice: " : "", is->what, is->id);
		print_part("Seen", f->seen);
		print_part("Why", is->why);
		print_part("Clients", f->client);
		print_part("Cure", is->cure);
		print_changes(d, is->topic);
	}
}

static void
print_all(struct doctor *d, const struct outcome *out)
{
	static const char *const heads[] = { "CHECK", "RESULT", "SEEN", NULL };
	struct table t;

	table_begin(&t, d->arena, heads);
	for (size_t i = 0; i < N_ROWS; i++) {
		table_put(&t, rows[i].name);
		table_put_in(&t, out[i].result, out[i].result[0] == 'F' ? RED :
		    out[i].result[0] == 'o' ? GREEN : DIM);
		table_put(&t, out[i].about);
	}
	table_print(&t);
	print_findings(d);
}

/* ---- the command ---- */

static enum err
list_cases(struct doctor *d)
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
		jw_kstr(&b.w, "client", fill(d, doctor_cases[i].client, "…", "…"));
		jw_end_obj(&b.w);
	}
	jw_end_arr(&b.w);
	all = json_parse(d->arena, str_of(cli_body_end(d->c, &b)), JSON_DEPTH_DEFAULT, NULL);
	if (cli_machine(d->c, json_get(all, "findings")))
		return OK;
	for (int i = 0; i < FOUND_COUNT; i++) {
		printf("%s%s\n", doctor_cases[i].id, doctor_cases[i].notice ? " (notice)" : "");
		print_part("What", doctor_cases[i].what);
		print_part("Clients", fill(d, doctor_cases[i].client, "…", "…"));
	}
	return OK;
}

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
	struct outcome out[N_ROWS];
	enum err e;

	d->c = c;
	d->arena = c->arena;
	if (cli_has(c, "list"))
		return list_cases(d);
	if ((e = read_flags(d)) != OK || (e = read_url(d)) != OK)
		return e;
	for (size_t i = 0; i < N_ROWS; i++)
		out[i] = run_row(d, i);
	doctor_tunnel_end(d);
	if (!cli_machine(c, as_json(d, out)))
		print_all(d, out);
	if (problems(d, 0) > 0)
		return cli_fail(c, ERR_UPSTREAM, "%zu problems were found", problems(d, 0));
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
