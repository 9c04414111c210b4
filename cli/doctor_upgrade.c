/*
 * cli/doctor_upgrade.c -- POST /ts2021 as clients send it, byte for byte, and what comes back.
 *
 * It is spoken here by hand and not by an HTTP library: what matters is just what
 * libraries hide, and after the 101 the connection is ours.
 */
#include "cli/doctor.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/clock.h"
#include "lib/crypto/noise.h"
#include "lib/wire/ts2021.h"

#define BODY_MAX 4096			/* of an answer that is no upgrade */
#define BODY_MS 1500			/* and for how long it is awaited */
#define QUOTE 160
#define WEBSOCKET_KEY "aGVhZHJhY2UgZG9jdG9yIQ=="

struct upgrade {
	const char *url;
	struct noise_initiator noise;
	struct probe_line *line;	/* NULL if it is closed */
	struct probe_answer opened;	/* how the connection began */
	enum { UP_ANSWERED, UP_CUT, UP_SILENT, UP_TOOBIG, UP_NOT_HTTP } end;
	int status;
	struct str head, rest;		/* 'rest' is what came behind the head */
};

/* ---- speaking ---- */

static const char *
initiation(struct doctor *d, struct upgrade *u)
{
	uint8_t message[NOISE_INITIATION_SIZE];
	struct buf text;
	struct key32 priv;

	u->noise = (struct noise_initiator){ .control = d->key, .version = DOCTOR_VERSION };
	key_generate(&priv);
	noise_static_init(&u->noise.self, &priv);
	key_wipe(&priv);
	if (noise_initiate(&u->noise, message) != OK)
		return NULL;
	buf_init(&text, 1024);
	base64_write(&text, message, sizeof(message));
	return buf_text(&text, d->arena);
}

static const char *
host_header(const struct doctor *d, const char *url)
{
	struct probe_url u = { .host = "" };

	if (probe_url_read(d->arena, url, &u) != NULL)
		return "";
	return strstr(u.base, "://") + 3;
}

static const char *
noise_request(struct doctor *d, const char *url, const char *handshake)
{
	return arena_printf(d->arena, "POST /ts2021 HTTP/1.1\r\nHost: %s\r\n"
	    "User-Agent: Go-http-client/1.1\r\nContent-Length: 0\r\nConnection: upgrade\r\n"
	    "Upgrade: " TS2021_UPGRADE "\r\n" TS2021_HEADER ": %s\r\n\r\n",
	    host_header(d, url), handshake);
}

static const char *
websocket_request(struct doctor *d, const char *url, const char *handshake)
{
	return arena_printf(d->arena, "GET /ts2021?" TS2021_HEADER "=%s HTTP/1.1\r\nHost: %s\r\n"
	    "User-Agent: Mozilla/5.0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
	    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " WEBSOCKET_KEY "\r\n"
	    "Sec-WebSocket-Protocol: " TS2021_UPGRADE "\r\n\r\n",
	    cli_escape(d->c, handshake), host_header(d, url));
}

/* ---- reading ---- */

/* The length of the head with its empty line, 0 if it has not ended. */
static size_t
head_length(const struct buf *b)
{
	const uint8_t *end = b->n > 0 ? memmem(b->p, b->n, "\r\n\r\n", 4) : NULL;

	return end != NULL ? (size_t)(end - b->p) + 4 : 0;
}

static bool
read_more(struct upgrade *u, struct buf *b, int64_t deadline_ms)
{
	uint8_t part[4096];
	ssize_t n = probe_recv(u->line, part, sizeof(part), deadline_ms);

	if (n > 0)
		buf_put(b, part, (size_t)n);
	else
		u->end = n == 0 ? UP_CUT : UP_SILENT;
	return n > 0 && !b->over;
}

static void
read_status(struct upgrade *u)
{
	struct str head = u->head, line, word;
	int64_t status = 0;

	(void)str_cut(&head, '\n', &line);
	(void)str_cut(&line, ' ', &word);
	(void)str_cut(&line, ' ', &word);
	if (!str_starts(u->head, "HTTP/1.") || !str_i64(str_trim(word), &status))
		u->end = UP_NOT_HTTP;
	u->status = (int)status;
}

/* A page that came instead: as much of it as helps. */
static void
read_body(struct doctor *d, struct upgrade *u, struct buf *b, size_t head)
{
	const char *text = probe_header(d->arena, u->head, "Content-Length");
	int64_t deadline = clock_mono_ms() + BODY_MS, length = BODY_MAX;

	if (text == NULL || !str_i64(str_of(text), &length) || length < 0 || length > BODY_MAX)
		length = BODY_MAX;
	while (b->n < head + (size_t)length && read_more(u, b, deadline))
		;
	u->end = UP_ANSWERED;
}

static struct str
kept(struct doctor *d, const struct buf *b, size_t from, size_t to)
{
	return (struct str){ arena_strndup(d->arena, (const char *)b->p + from, to - from), to - from };
}

static void
read_answer(struct doctor *d, struct upgrade *u)
{
	int64_t deadline = clock_mono_ms() + d->timeout_ms;
	struct buf b;
	size_t head = 0;

	buf_init(&b, PROBE_HEAD_MAX + BODY_MAX);
	u->end = UP_ANSWERED;
	while ((head = head_length(&b)) == 0 && b.n < PROBE_HEAD_MAX && clock_mono_ms() < deadline &&
	    read_more(u, &b, deadline))
		;
	if (head == 0) {
		if (u->end == UP_ANSWERED)
			u->end = b.n >= PROBE_HEAD_MAX ? UP_TOOBIG : UP_SILENT;
		if (b.n >= 5 && memcmp(b.p, "HTTP/", 5) != 0)
			u->end = UP_NOT_HTTP;
		u->rest = b.n > 0 ? kept(d, &b, 0, b.n) : STR("");
	} else {
		u->head = kept(d, &b, 0, head);
		read_status(u);
		if (u->end == UP_ANSWERED && u->status != 101)
			read_body(d, u, &b, head);
		u->rest = kept(d, &b, head, b.n);
	}
	buf_fini(&b);
}

static void
end(struct upgrade *u)
{
	if (u->line != NULL)
		probe_close(u->line);
	u->line = NULL;
	noise_static_wipe(&u->noise.self);
}

/* False if no connection came about, or nothing could be sent on it. */
static bool
ask(struct doctor *d, const char *base, struct upgrade *u,
    const char *(*request)(struct doctor *, const char *, const char *))
{
	const char *handshake, *text;
	struct probe_ask q;

	*u = (struct upgrade){ .url = arena_printf(d->arena, "%s/ts2021", base) };
	q = doctor_ask(d, "POST", u->url);
	if ((handshake = initiation(d, u)) == NULL)
		return false;
	if ((u->line = probe_open(d->arena, &q, &u->opened)) == NULL)
		return false;
	text = request(d, u->url, handshake);
	if (!probe_send(u->line, (struct span){ (const uint8_t *)text, strlen(text) },
	    clock_mono_ms() + d->timeout_ms)) {
		u->opened.why = "nothing could be sent";
		return false;
	}
	read_answer(d, u);
	return true;
}

/* ---- judging ---- */

static const char *
in_short(struct doctor *d, const struct upgrade *u)
{
	static const char *const ends[] = {
		[UP_CUT] = "the connection was closed", [UP_SILENT] = "no answer in time",
		[UP_TOOBIG] = "a head without end", [UP_NOT_HTTP] = "something that is not HTTP/1.1",
	};

	if (u->line == NULL || u->opened.why[0] != '\0')
		return u->opened.why;
	if (u->end != UP_ANSWERED)
		return ends[u->end];
	return u->status == 101 ? "101 Switching Protocols" : doctor_status(d, u->head);
}

/* With as much as helps of a page that came instead. */
static const char *
in_words(struct doctor *d, const struct upgrade *u)
{
	const char *text = in_short(d, u);

	if (u->line == NULL || u->opened.why[0] != '\0' || u->end != UP_ANSWERED || u->status == 101)
		return text;
	return arena_printf(d->arena, "%s, \"%s\"", text, doctor_quote(d, u->rest, QUOTE));
}

static bool
says(const struct upgrade *u, const char *part)
{
	return u->rest.n > 0 && memmem(u->rest.p, u->rest.n, part, strlen(part)) != NULL;
}

/* Which finding an answer is that came, but is no 101. */
static enum doctor_id
fault_of_status(const struct upgrade *u)
{
	if (u->status == 426 && says(u, "needs a connection"))
		return FOUND_UP_WORKER;
	if (u->status == 426 || (u->status == 400 && says(u, "unknown Upgrade")))
		return FOUND_UP_SWALLOWED;
	if (u->status == 400 && (says(u, TS2021_HEADER) || says(u, "the handshake ")))
		return FOUND_UP_HEADER;
	if (u->status == 400 && says(u, "the Noise handshake failed"))
		return FOUND_NOISE_KEY;
	if (u->status >= 300 && u->status < 400)
		return FOUND_UP_REDIRECT;
	if (u->status >= 502 && u->status <= 504)
		return FOUND_UP_GATEWAY;
	return FOUND_UP_STATUS;
}

static enum doctor_id
fault_of(const struct upgrade *u)
{
	switch (u->end) {
	case UP_CUT:
		return FOUND_UP_CUT;
	case UP_SILENT:
		return FOUND_UP_HANG;
	case UP_TOOBIG:
		return FOUND_UP_BIG;
	case UP_NOT_HTTP:
		return FOUND_HTTP_NOT;
	case UP_ANSWERED:
		break;
	}
	return u->status == 101 ? FOUND_UP_PROTOCOL : fault_of_status(u);
}

/* 101, and to the right protocol: compared as clients do it. */
static bool
upgraded(struct doctor *d, const struct upgrade *u, const char *protocol)
{
	const char *to = probe_header(d->arena, u->head, "Upgrade");

	return u->end == UP_ANSWERED && u->status == 101 && to != NULL && strcmp(to, protocol) == 0;
}

static void
judge(struct doctor *d, const struct upgrade *u)
{
	enum doctor_id id = fault_of(u);
	const char *to = probe_header(d->arena, u->head, "Upgrade");
	const char *detail = id == FOUND_UP_PROTOCOL ? (to != NULL ? to : "") : u->head.n > 0 ?
	    doctor_status(d, u->head) : NULL;

	doctor_found(d, id, detail, "POST %s: %s%s%s.", u->url, in_words(d, u),
	    id == FOUND_UP_PROTOCOL ? " to " : "", id == FOUND_UP_PROTOCOL ? detail : "");
}

void
doctor_upgrade(struct doctor *d)
{
	struct upgrade u;

	if (!ask(d, d->url.base, &u, noise_request)) {
		doctor_found(d, FOUND_UP_CUT, NULL, "%s: %s.", u.url, u.opened.why);
	} else {
		doctor_note_server(d, u.head);
		doctor_saw(d, "POST %s: %s", u.url, in_short(d, &u));
		if (upgraded(d, &u, TS2021_UPGRADE)) {
			doctor_tunnel_begin(d, u.line, u.rest, &u.noise);
			u.line = NULL;	/* it belongs to the tunnel, which may have closed it */
		} else {
			judge(d, &u);
		}
	}
	end(&u);
}

/* ---- the other port that clients try ---- */

/* Clients try it first: only a redirect is worth a word. */
static void
look_at_80(struct doctor *d, const struct upgrade *u, bool connected)
{
	const char *to;

	if (!connected)
		doctor_saw(d, "port 80: %s; clients go to https at once", u->opened.why);
	else
		doctor_saw(d, "POST %s: %s", u->url, in_short(d, u));
	if (connected && u->end == UP_ANSWERED && u->status >= 300 && u->status < 400) {
		to = probe_header(d->arena, u->head, "Location");
		doctor_found(d, FOUND_UP_PORT80, doctor_status(d, u->head), "POST %s: %s, to \"%.200s\".",
		    u->url, doctor_status(d, u->head), to != NULL ? to : "");
	}
}

/* Clients need it as soon as they dial again: without it they are locked out. */
static void
look_at_443(struct doctor *d, const struct upgrade *u, bool connected)
{
	const char *why = connected ? in_words(d, u) : u->opened.why;

	doctor_saw(d, "POST %s: %s", u->url, connected ? in_short(d, u) : why);
	if (!connected || !upgraded(d, u, TS2021_UPGRADE))
		doctor_found(d, FOUND_URL_LOCKOUT, why, "POST %s: %s.", u->url, why);
}

void
doctor_other_port(struct doctor *d)
{
	bool v6 = strchr(d->url.host, ':') != NULL, connected;
	const char *base = arena_printf(d->arena, v6 ? "%s://[%s]" : "%s://%s",
	    d->url.tls ? "http" : "https", d->url.host);
	struct upgrade u;

	if (!d->url.tls && d->private_host) {
		doctor_skip(d, "clients try no other port of a private address");
		return;
	}
	connected = ask(d, base, &u, noise_request);
	if (d->url.tls)
		look_at_80(d, &u, connected);
	else
		look_at_443(d, &u, connected);
	end(&u);
}

/* ---- WebSocket ---- */

#define WS_HEAD 2
#define WS_BINARY 0x82

/* The first message: a head, and the server's half of the handshake in it. */
static bool
websocket_response(struct doctor *d, struct upgrade *u)
{
	struct noise_session s;
	const uint8_t *p;
	struct buf b;
	bool good;

	buf_init(&b, PROBE_HEAD_MAX);
	buf_put(&b, u->rest.p, u->rest.n);
	while (b.n < WS_HEAD + NOISE_RESPONSE_SIZE &&
	    read_more(u, &b, clock_mono_ms() + d->timeout_ms))
		;
	p = b.p;
	good = b.n >= WS_HEAD + NOISE_RESPONSE_SIZE && p[0] == WS_BINARY && p[1] < 0x7f &&
	    noise_finish(&u->noise, p + WS_HEAD, &s) == OK;
	if (good)
		noise_session_wipe(&s);
	buf_fini(&b);
	return good;
}

void
doctor_websocket(struct doctor *d)
{
	struct upgrade u;
	const char *protocol, *to;

	if (!ask(d, d->url.base, &u, websocket_request)) {
		doctor_found(d, FOUND_WEBSOCKET, NULL, "%s: %s.", u.url, u.opened.why);
		end(&u);
		return;
	}
	to = probe_header(d->arena, u.head, "Upgrade");
	protocol = probe_header(d->arena, u.head, "Sec-WebSocket-Protocol");
	doctor_saw(d, "GET %s: %s", u.url, in_short(d, &u));
	if (u.end != UP_ANSWERED || u.status != 101 || to == NULL || strcasecmp(to, "websocket") != 0 ||
	    protocol == NULL || strcmp(protocol, TS2021_UPGRADE) != 0)
		doctor_found(d, FOUND_WEBSOCKET, NULL, "GET %s: %s.", u.url, in_words(d, &u));
	else if (!websocket_response(d, &u))
		doctor_found(d, FOUND_WEBSOCKET, NULL, "GET %s: 101, and then no handshake.", u.url);
	end(&u);
}
