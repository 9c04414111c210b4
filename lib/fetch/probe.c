/*
 * lib/fetch/probe.c -- looking at a server closely, with libcurl.
 *
 * Trust is what a client's is: the system's certificates, or those of $SSL_CERT_FILE,
 * which programs in Go read and libcurl does not.
 */
#include "lib/fetch/probe.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/fetch/handle.h"

/* ---- addresses ---- */

static const char *
url_part(struct arena *a, CURLU *u, CURLUPart what, unsigned flags)
{
	char *text = NULL;
	const char *copy = "";

	if (curl_url_get(u, what, &text, flags) == CURLUE_OK && text != NULL)
		copy = arena_strdup(a, text);
	curl_free(text);
	return copy;
}

static const char *
without_brackets(struct arena *a, const char *host)
{
	size_t n = strlen(host);

	return host[0] == '[' && n > 2 ? arena_strndup(a, host + 1, n - 2) : host;
}

static const char *
read_parts(struct arena *a, CURLU *u, struct probe_url *out)
{
	const char *scheme = url_part(a, u, CURLUPART_SCHEME, 0);
	const char *host = url_part(a, u, CURLUPART_HOST, 0);

	out->tls = strcmp(scheme, "https") == 0;
	if (!out->tls && strcmp(scheme, "http") != 0)
		return "it must begin with https:// or http://";
	if (url_part(a, u, CURLUPART_USER, 0)[0] != '\0' || strpbrk(host, " \"'\\") != NULL)
		return "there must be nothing but a host and a port in it";
	out->host = without_brackets(a, host);
	out->port_given = url_part(a, u, CURLUPART_PORT, 0)[0] != '\0';
	out->port = url_part(a, u, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	out->path = url_part(a, u, CURLUPART_PATH, 0);
	if (strcmp(out->path, "/") == 0)
		out->path = "";
	out->base = arena_printf(a, "%s://%s%s%s", scheme, host, out->port_given ? ":" : "",
	    out->port_given ? out->port : "");
	return NULL;
}

const char *
probe_url_read(struct arena *a, const char *text, struct probe_url *out)
{
	CURLU *u = curl_url();
	const char *why = "it is no address";

	if (u == NULL)
		fatal("libcurl does not start");
	if (curl_url_set(u, CURLUPART_URL, text, 0) == CURLUE_OK)
		why = read_parts(a, u, out);
	curl_url_cleanup(u);
	return why;
}

/* ---- one request ---- */

struct taking {
	struct buf head, body;
};

static size_t
take_body(char *p, size_t size, size_t n, void *arg)
{
	struct taking *t = arg;

	buf_put(&t->body, p, size * n);
	return t->body.over ? 0 : size * n;	/* 0 ends the transfer */
}

/* Of several answers (100, redirects) the last counts. */
static size_t
take_head(char *p, size_t size, size_t n, void *arg)
{
	struct taking *t = arg;

	if (n >= 5 && memcmp(p, "HTTP/", 5) == 0)
		buf_clear(&t->head);
	buf_put(&t->head, p, size * n);
	return t->head.over ? 0 : size * n;
}

/* "host" of the address, in brackets if it is an IPv6 address. */
static const char *
host_of(struct arena *a, const char *url)
{
	CURLU *u = curl_url();
	const char *host = "";

	if (u == NULL)
		fatal("libcurl does not start");
	if (curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK)
		host = url_part(a, u, CURLUPART_HOST, 0);
	curl_url_cleanup(u);
	return host;
}

/* Connects there whatever that name says; the list is the caller's to free. */
static struct curl_slist *
connect_to(CURL *c, struct arena *a, const struct probe_ask *ask)
{
	struct curl_slist *list;
	bool v6;

	if (ask->address == NULL)
		return NULL;
	v6 = strchr(ask->address, ':') != NULL;
	list = curl_slist_append(NULL, arena_printf(a, v6 ? "%s::[%s]:" : "%s::%s:",
	    host_of(a, ask->url), ask->address));
	if (list == NULL)
		fatal("out of memory");
	(void)curl_easy_setopt(c, CURLOPT_CONNECT_TO, list);
	return list;
}

static void
set_trust(CURL *c, bool insecure)
{
	const char *file = getenv("SSL_CERT_FILE");

	if (file != NULL && *file != '\0')
		(void)curl_easy_setopt(c, CURLOPT_CAINFO, file);
	(void)curl_easy_setopt(c, CURLOPT_CERTINFO, 1L);
	if (insecure) {
		(void)curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
		(void)curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

static void
set_common(CURL *c, const struct probe_ask *ask, char *why)
{
	handle_init(c, ask->url, ask->timeout_ms, ask->timeout_ms);
	(void)curl_easy_setopt(c, CURLOPT_ERRORBUFFER, why);
	(void)curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
	(void)curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);	/* a resolver may hang for minutes */
	(void)curl_easy_setopt(c, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(c, CURLOPT_HTTP09_ALLOWED, 0L);
	set_trust(c, ask->insecure);
}

static void
set_request(CURL *c, const struct probe_ask *ask, struct curl_slist *headers, struct taking *t)
{
	if (ask->body.p != NULL) {
		(void)curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)ask->body.n);
		(void)curl_easy_setopt(c, CURLOPT_POSTFIELDS, ask->body.p);
	}
	(void)curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, ask->method);
	(void)curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	(void)curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, ask->follow ? 1L : 0L);
	(void)curl_easy_setopt(c, CURLOPT_MAXREDIRS, (long)PROBE_REDIRECTS_MAX);
	(void)curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
	(void)curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	(void)curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_head);
	(void)curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
}

static enum probe_end
end_of(CURLcode rc)
{
	switch (rc) {
	case CURLE_OK:
		return PROBE_ANSWERED;
	case CURLE_COULDNT_RESOLVE_HOST:
		return PROBE_NO_NAME;
	case CURLE_COULDNT_CONNECT:
		return PROBE_NO_CONNECT;
	case CURLE_SSL_CONNECT_ERROR:
		return PROBE_NO_TLS;
	case CURLE_PEER_FAILED_VERIFICATION:
		return PROBE_CERTIFICATE;
	case CURLE_OPERATION_TIMEDOUT:
		return PROBE_TIMEOUT;
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_PARTIAL_FILE:
		return PROBE_CUT;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_HTTP2:
		return PROBE_NOT_HTTP;
	case CURLE_WRITE_ERROR:
		return PROBE_TOOBIG;
	default:
		return PROBE_FAILED;
	}
}

int64_t
probe_date(const char *text)
{
	static const char *const forms[] = { "%a, %d %b %Y %T GMT", "%b %d %T %Y GMT" };

	/* Not curl_getdate(): its time_t may be another than ours, on 32-bit machines. */
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = { 0 };
		const char *end = strptime(text, forms[i], &tm);
		if (end != NULL && *end == '\0')
			return (int64_t)timegm(&tm) * 1000;
	}
	return 0;
}

/* ---- what can be seen of a certificate ---- */

static void
read_cert_field(struct arena *a, const char *line, struct probe_cert *out)
{
	const char *value = strchr(line, ':');
	struct str name = { line, value != NULL ? (size_t)(value - line) : 0 };

	if (value == NULL)
		return;
	value++;
	if (str_is(name, "Subject"))
		out->subject = arena_strdup(a, value);
	else if (str_is(name, "Issuer"))
		out->issuer = arena_strdup(a, value);
	else if (str_is(name, "X509v3 Subject Alternative Name"))
		out->names = arena_strdup(a, value);
	else if (str_is(name, "Start date"))
		out->start_ms = probe_date(value);
	else if (str_is(name, "Expire date"))
		out->expire_ms = probe_date(value);
}

static void
read_cert(CURL *c, struct arena *a, struct probe_cert *out)
{
	struct curl_certinfo *info = NULL;

	*out = (struct probe_cert){ 0 };
	if (curl_easy_getinfo(c, CURLINFO_CERTINFO, &info) != CURLE_OK || info == NULL ||
	    info->num_of_certs < 1)
		return;
	out->chain = info->num_of_certs;
	for (const struct curl_slist *l = info->certinfo[0]; l != NULL; l = l->next)
		read_cert_field(a, l->data, out);
}

/* Did the time run out before the end of a TLS handshake? */
static bool
slow_tls(CURL *c, CURLcode rc, const char *url)
{
	curl_off_t spoke = 0;

	(void)curl_easy_getinfo(c, CURLINFO_APPCONNECT_TIME_T, &spoke);
	return rc == CURLE_OPERATION_TIMEDOUT && spoke == 0 && strncasecmp(url, "https:", 6) == 0;
}

static void
read_end(CURL *c, struct arena *a, CURLcode rc, const char *why, struct probe_answer *out)
{
	const char *url = NULL;
	long status = 0, redirects = 0;

	out->end = end_of(rc);
	out->why = arena_strdup(a, rc == CURLE_OK ? "" : why[0] != '\0' ? why :
	    curl_easy_strerror(rc));
	(void)curl_easy_getinfo(c, CURLINFO_SSL_VERIFYRESULT, &out->verify);
	(void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(c, CURLINFO_REDIRECT_COUNT, &redirects);
	(void)curl_easy_getinfo(c, CURLINFO_EFFECTIVE_URL, &url);
	out->status = (int)status;
	out->redirects = (int)redirects;
	out->url = arena_strdup(a, url != NULL ? url : "");
	if (slow_tls(c, rc, out->url))
		out->end = PROBE_SLOW_TLS;
	read_cert(c, a, &out->cert);
}

void
probe_http(struct arena *a, const struct probe_ask *ask, struct probe_answer *out)
{
	struct curl_slist *headers = handle_headers(ask->headers), *to;
	char why[CURL_ERROR_SIZE] = "";
	CURL *c = curl_easy_init();
	struct taking t;

	*out = (struct probe_answer){ 0 };
	if (c == NULL)
		fatal("libcurl does not start");
	buf_init(&t.head, PROBE_HEAD_MAX);
	buf_init(&t.body, ask->max);
	set_common(c, ask, why);
	set_request(c, ask, headers, &t);
	to = connect_to(c, a, ask);
	read_end(c, a, curl_easy_perform(c), why, out);
	if (t.head.over || t.body.over)
		out->end = PROBE_TOOBIG;
	out->body.n = t.body.n;
	out->body.p = buf_text(&t.body, a);
	out->head.n = t.head.n;
	out->head.p = buf_text(&t.head, a);
	curl_easy_cleanup(c);
	curl_slist_free_all(headers);
	curl_slist_free_all(to);
}

const char *
probe_header(struct arena *a, struct str head, const char *name)
{
	struct str line, field;

	while (str_cut(&head, '\n', &line)) {
		if (memchr(line.p, ':', line.n) == NULL)
			continue;
		(void)str_cut(&line, ':', &field);
		if (field.n == strlen(name) && strncasecmp(field.p, name, field.n) == 0) {
			line = str_trim(line);
			return arena_strndup(a, line.p, line.n);
		}
	}
	return NULL;
}

/* ---- a connection of one's own ---- */

struct probe_line {
	CURL *c;
	struct curl_slist *to;
	char why[CURL_ERROR_SIZE];
};

struct probe_line *
probe_open(struct arena *a, const struct probe_ask *ask, struct probe_answer *out)
{
	struct probe_line *l = arena_alloc(a, sizeof(*l));

	*out = (struct probe_answer){ 0 };
	if ((l->c = curl_easy_init()) == NULL)
		fatal("libcurl does not start");
	set_common(l->c, ask, l->why);
	set_trust(l->c, true);
	(void)curl_easy_setopt(l->c, CURLOPT_CONNECT_ONLY, 1L);
	(void)curl_easy_setopt(l->c, CURLOPT_SSL_ENABLE_ALPN, 0L);	/* clients offer none here */
	l->to = connect_to(l->c, a, ask);
	read_end(l->c, a, curl_easy_perform(l->c), l->why, out);
	if (out->end == PROBE_ANSWERED)
		return l;
	probe_close(l);
	return NULL;
}

void
probe_close(struct probe_line *l)
{
	curl_easy_cleanup(l->c);
	curl_slist_free_all(l->to);
	*l = (struct probe_line){ 0 };
}

/* Waits until something can be done; false when the time is over. */
static bool
wait_for(struct probe_line *l, short what, int64_t deadline_ms)
{
	int64_t left = deadline_ms - clock_mono_ms();
	struct pollfd fd = { .events = what };
	curl_socket_t s = CURL_SOCKET_BAD;

	if (left <= 0 || curl_easy_getinfo(l->c, CURLINFO_ACTIVESOCKET, &s) != CURLE_OK)
		return false;
	fd.fd = s;
	return poll(&fd, 1, left > 600000 ? 600000 : (int)left) >= 0;
}

bool
probe_send(struct probe_line *l, struct span out, int64_t deadline_ms)
{
	size_t n;
	CURLcode rc;

	while (out.n > 0) {
		rc = curl_easy_send(l->c, out.p, out.n, &n);
		if (rc == CURLE_AGAIN) {
			if (!wait_for(l, POLLOUT, deadline_ms))
				return false;
			continue;
		}
		if (rc != CURLE_OK || n > out.n)
			return false;
		out.p += n;
		out.n -= n;
	}
	return true;
}

ssize_t
probe_recv(struct probe_line *l, void *to, size_t room, int64_t deadline_ms)
{
	size_t n;
	CURLcode rc;

	while ((rc = curl_easy_recv(l->c, to, room, &n)) == CURLE_AGAIN)
		if (!wait_for(l, POLLIN, deadline_ms))
			return -1;
	return rc == CURLE_OK ? (ssize_t)n : 0;
}
