/*
 * cli/doctor_http.c -- the certificate, /key, /health, the API: what needs no upgrade.
 *
 * A bad certificate is a finding, and then everything else is looked at without trust.
 */
#include "cli/doctor.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/clock.h"

#define BODY_MAX (64 * 1024)		/* as much as clients read of /key */
#define QUOTE 120
#define SOON_MS (14LL * 24 * 60 * 60 * 1000)
#define CLOCK_MAX_MS 60000
#define LARGE_BODY ((size_t)1536 * 1024)	/* over the default limit of web servers, below ours */

/* Of OpenSSL's X509_V_ERR_...: what has a finding of its own. */
enum { UNSPECIFIED = 1, NOT_YET_VALID = 9, EXPIRED = 10, SELF_SIGNED = 18, SELF_SIGNED_IN_CHAIN = 19,
	NO_ISSUER = 20, NO_LEAF_SIGNATURE = 21 };

struct probe_ask
doctor_ask(const struct doctor *d, const char *method, const char *url)
{
	return (struct probe_ask){
		.method = method, .url = url, .address = d->address, .max = BODY_MAX,
		.timeout_ms = (long)d->timeout_ms, .insecure = d->cert_bad,
	};
}

static void
get(struct doctor *d, const char *path, bool follow, struct probe_answer *out)
{
	struct probe_ask ask = doctor_ask(d, "GET", arena_printf(d->arena, "%s%s", d->url.base, path));

	ask.follow = follow;
	probe_http(d->arena, &ask, out);
}

/* ---- what all answers have ---- */

void
doctor_note_server(struct doctor *d, struct str head)
{
	const char *text = probe_header(d->arena, head, "Server");

	for (int s = 0; text != NULL && s < SERVER_COUNT; s++)
		if (strncasecmp(text, doctor_server_names[s], strlen(doctor_server_names[s])) == 0) {
			d->server = (enum doctor_server)s;
			d->server_known = true;
		}
}

const char *
doctor_status(struct doctor *d, struct str head)
{
	struct str line, version;

	(void)str_cut(&head, '\n', &line);
	(void)str_cut(&line, ' ', &version);
	return doctor_quote(d, str_trim(line), 60);
}

bool
doctor_answered(struct doctor *d, const struct probe_answer *a)
{
	static const enum doctor_id ids[] = {
		[PROBE_NO_NAME] = FOUND_NAME, [PROBE_NO_CONNECT] = FOUND_PORT_REFUSED,
		[PROBE_NO_TLS] = FOUND_TLS, [PROBE_CERTIFICATE] = FOUND_CERT_OTHER,
		[PROBE_SLOW_TLS] = FOUND_TLS_SLOW, [PROBE_TIMEOUT] = FOUND_HTTP_HANG, [PROBE_CUT] = FOUND_HTTP_CUT,
		[PROBE_NOT_HTTP] = FOUND_HTTP_NOT, [PROBE_TOOBIG] = FOUND_HTTP_BIG,
		[PROBE_FAILED] = FOUND_HTTP_NOT,
	};

	if (a->end == PROBE_ANSWERED) {
		doctor_note_server(d, a->head);
		return true;
	}
	doctor_found(d, ids[a->end], NULL, "%s: %s.", a->url, a->why);
	return false;
}

static const char *
media_type(struct doctor *d, const struct probe_answer *a)
{
	const char *type = probe_header(d->arena, a->head, "Content-Type");

	return type != NULL ? type : "no type";
}

/* Is it a web server that says that what is behind it does not answer? */
static bool
is_gateway(int status)
{
	return status >= 502 && status <= 504;
}

/* ---- the certificate ---- */

static enum doctor_id
cert_fault(const struct probe_answer *a)
{
	switch (a->verify) {
	case 0:
	case UNSPECIFIED:	/* the chain was not at fault, and libcurl has compared the name */
		return FOUND_CERT_NAME;
	case NOT_YET_VALID:
		return FOUND_CERT_EARLY;
	case EXPIRED:
		return FOUND_CERT_EXPIRED;
	case SELF_SIGNED:
		return FOUND_CERT_SELF;
	case SELF_SIGNED_IN_CHAIN:
	case NO_ISSUER:
	case NO_LEAF_SIGNATURE:
		return FOUND_CERT_CHAIN;
	default:
		return FOUND_CERT_OTHER;
	}
}

static const char *
day(struct doctor *d, int64_t ms)
{
	char text[RFC3339_SIZE];

	return arena_strndup(d->arena, rfc3339_write(ms, text), 10);
}

static const char *
cert_text(struct doctor *d, const struct probe_cert *c)
{
	if (c->subject == NULL)
		return "nothing could be seen of it";
	return arena_printf(d->arena, "\"%.80s\" for %.200s, by \"%.80s\", valid from %s to %s, %d in the chain",
	    c->subject, c->names != NULL ? c->names : "no name", c->issuer != NULL ? c->issuer : "?",
	    day(d, c->start_ms), day(d, c->expire_ms), c->chain);
}

/* Short-lived ones are renewed late: a sixth of their time is soon. */
static void
judge_end(struct doctor *d, const struct probe_cert *c)
{
	int64_t left = c->expire_ms - clock_wall_ms(), whole = c->expire_ms - c->start_ms;

	if (c->expire_ms != 0 && left > 0 && left < SOON_MS && left < whole / 6)
		doctor_found(d, FOUND_CERT_SOON, NULL, "It ends on %s, in %lld hours.",
		    day(d, c->expire_ms), (long long)(left / 3600000));
}

/* Asks again without trust, to see what it is that cannot be trusted. */
static void
judge_bad(struct doctor *d, const struct probe_answer *a)
{
	const char *why = a->why;
	struct probe_answer seen;

	d->cert_bad = true;
	get(d, "/key?v=142", false, &seen);
	doctor_saw(d, "%s", cert_text(d, &seen.cert));
	doctor_found(d, cert_fault(a), NULL, "%s: %s.", why, cert_text(d, &seen.cert));
}

void
doctor_certificate(struct doctor *d)
{
	struct probe_answer a;

	if (!d->url.tls) {
		doctor_skip(d, "the address is http://");
		return;
	}
	get(d, "/key?v=142", false, &a);
	doctor_note_server(d, a.head);
	if (a.end == PROBE_CERTIFICATE) {
		judge_bad(d, &a);
	} else if (a.end == PROBE_NO_TLS || a.end == PROBE_SLOW_TLS) {
		doctor_found(d, a.end == PROBE_NO_TLS ? FOUND_TLS : FOUND_TLS_SLOW, NULL, "%s.", a.why);
		d->facts &= ~(unsigned)FACT_ADDRESS;
	} else {
		doctor_saw(d, "%s", cert_text(d, &a.cert));
		judge_end(d, &a.cert);
	}
}

/* ---- /key ---- */

/* Clocks, from the answer that came just now. */
static void
judge_clock(struct doctor *d, const struct probe_answer *a)
{
	const char *date = probe_header(d->arena, a->head, "Date");
	int64_t ms = date != NULL ? probe_date(date) : 0, off;
	char here[RFC3339_SIZE];

	if (ms == 0)
		return;
	off = ms - clock_wall_ms();
	if (off > CLOCK_MAX_MS || off < -CLOCK_MAX_MS)
		doctor_found(d, FOUND_CLOCK, NULL, "The server's Date is \"%.60s\", here it is %s: %lld s apart.",
		    date, rfc3339_write(clock_wall_ms(), here), (long long)(off < 0 ? -off : off) / 1000);
}

static void
judge_key(struct doctor *d, const struct probe_answer *a)
{
	jv *v = json_parse(d->arena, a->body, JSON_DEPTH_DEFAULT, NULL);
	const char *key = json_get_str(v, "publicKey", "");

	if (v == NULL) {
		doctor_found(d, FOUND_KEY_BODY, NULL, "%s: %s, \"%s\"", a->url, media_type(d, a),
		    doctor_quote(d, a->body, QUOTE));
	} else if (!key_valid(str_of(key), MKEY_PREFIX) ||
	    !key_read(str_of(key), MKEY_PREFIX, &d->key)) {
		doctor_found(d, key[0] == '\0' ? FOUND_KEY_NONE : FOUND_KEY_BAD, NULL, "%s: \"%s\"", a->url,
		    doctor_quote(d, a->body, QUOTE));
	} else {
		d->facts |= FACT_KEY;
		doctor_saw(d, "%s", key);
	}
}

void
doctor_key(struct doctor *d)
{
	struct probe_answer first, a;
	const char *to;

	get(d, "/key?v=142", false, &first);
	if (!doctor_answered(d, &first))
		return;
	d->facts |= FACT_HTTP;
	judge_clock(d, &first);
	a = first;
	if (first.status >= 300 && first.status < 400) {
		to = probe_header(d->arena, first.head, "Location");
		doctor_found(d, FOUND_KEY_REDIRECT, doctor_status(d, first.head), "%s leads to \"%.200s\".",
		    first.url, to != NULL ? to : "");
		get(d, "/key?v=142", true, &a);
		if (!doctor_answered(d, &a))
			return;
	}
	if (is_gateway(a.status))
		doctor_found(d, FOUND_GATEWAY, doctor_status(d, a.head), "%s: %s.", a.url,
		    doctor_status(d, a.head));
	else if (a.status != 200)
		doctor_found(d, FOUND_KEY_STATUS, doctor_status(d, a.head), "%s: %s, \"%s\"", a.url,
		    doctor_status(d, a.head), doctor_quote(d, a.body, QUOTE));
	else
		judge_key(d, &a);
}

/* ---- /health ---- */

void
doctor_health(struct doctor *d)
{
	struct probe_answer a;
	const char *status;

	get(d, "/health", false, &a);
	if (!doctor_answered(d, &a))
		return;
	status = json_get_str(json_parse(d->arena, a.body, JSON_DEPTH_DEFAULT, NULL), "status", "");
	doctor_saw(d, "%s", doctor_status(d, a.head));
	if (strcmp(status, "fail") == 0)
		doctor_found(d, FOUND_HEALTH_FAIL, NULL, "%s: %s.", a.url, doctor_status(d, a.head));
	else if (strcmp(status, "pass") == 0)
		return;
	else if ((d->facts & FACT_KEY) != 0)
		doctor_found(d, FOUND_HEALTH_FOREIGN, NULL, "%s: %s, %s, \"%s\"", a.url,
		    doctor_status(d, a.head), media_type(d, &a), doctor_quote(d, a.body, QUOTE));
	else
		doctor_skip(d, "%s, and not from headrace", doctor_status(d, a.head));
}

/* ---- the API ---- */

/* The key goes only where nobody on the way can read it, and to whom it belongs. */
static const char *
key_to_send(struct doctor *d)
{
	const char *key = NULL;

	if (getenv("HEADRACE_API_KEY") == NULL && getenv("HEADRACE_API_KEY_FILE") == NULL)
		return NULL;
	if ((!d->url.tls && !d->private_host) || d->cert_bad) {
		doctor_saw(d, "HEADRACE_API_KEY is not sent there: others could read it");
		return NULL;
	}
	return cli_api_key(d->c, &key) == OK ? key : NULL;
}

void
doctor_api(struct doctor *d)
{
	const char *url = arena_printf(d->arena, "%s/api/v1/health", d->url.base), *key = key_to_send(d);
	const char *headers[] = { NULL, NULL }, *status;
	struct probe_ask ask = doctor_ask(d, "GET", url);
	struct probe_answer a;
	jv *v;

	if (key != NULL)
		headers[0] = arena_printf(d->arena, "Authorization: Bearer %s", key);
	ask.headers = headers;
	probe_http(d->arena, &ask, &a);
	if (!doctor_answered(d, &a))
		return;
	status = doctor_status(d, a.head);
	v = json_parse(d->arena, a.body, JSON_DEPTH_DEFAULT, NULL);
	if (a.status == 200 && key != NULL && json_get(v, "databaseConnectivity") != NULL)
		doctor_saw(d, "the API key is accepted");
	else if (a.status == 401 && json_get_i64(v, "status", 0) == 401 && key != NULL)
		doctor_found(d, FOUND_API_KEY, NULL, "%s with the key of HEADRACE_API_KEY: %s.", url, status);
	else if (a.status == 401 && json_get_i64(v, "status", 0) == 401)
		doctor_saw(d, "%sit asks for a key, as it should", d->about[0] != '\0' ? "HEADRACE_API_KEY is not "
		    "sent where others could read it; " : "");
	else if ((d->facts & FACT_KEY) != 0)
		doctor_found(d, FOUND_API_FOREIGN, NULL, "%s: %s, %s, \"%s\"", url, status,
		    media_type(d, &a), doctor_quote(d, a.body, QUOTE));
	else
		doctor_skip(d, "%s, and not from headrace", status);
}

/* Without a key headrace answers 401 whatever is sent; a web server may be in the way. */
void
doctor_body(struct doctor *d)
{
	static const char *const headers[] = { "Content-Type: application/json", "Expect:", NULL };
	struct probe_ask ask = doctor_ask(d, "PUT", arena_printf(d->arena, "%s/api/v1/policy", d->url.base));
	char *body = arena_alloc(d->arena, LARGE_BODY);
	struct probe_answer a;

	memset(body, ' ', LARGE_BODY);
	ask.body = (struct str){ body, LARGE_BODY };
	ask.headers = headers;
	probe_http(d->arena, &ask, &a);
	if (a.end == PROBE_ANSWERED && a.status == 413)
		doctor_found(d, FOUND_BODY_LIMIT, NULL, "A body of %zu KiB: %s.", LARGE_BODY / 1024,
		    doctor_status(d, a.head));
	else if (a.end == PROBE_TIMEOUT)
		doctor_skip(d, "%zu KiB could not be sent in time", LARGE_BODY / 1024);
	else if (a.end == PROBE_ANSWERED)
		doctor_saw(d, "a body of %zu KiB passes", LARGE_BODY / 1024);
	else
		doctor_found(d, FOUND_BODY_LIMIT, NULL, "A body of %zu KiB: %s.", LARGE_BODY / 1024, a.why);
}
