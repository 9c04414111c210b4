/* notifier/opening.c -- from the first byte to the Noise session. */
#include "notifier/opening.h"

#include <http_parser.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/metrics/metrics.h"
#include "lib/wire/proxy.h"
#include "lib/wire/scgi.h"
#include "notifier/conn.h"
#include "notifier/head.h"
#include "notifier/notifier.h"
#include "notifier/websock.h"

enum dialect { PROXIED, UNKNOWN, HTTP1, SCGI };	/* each of the first two becomes a later one */

struct opening {
	enum dialect dialect;
	struct head head;
	struct http1 http;
	struct buf proxy;	/* a PROXY header that has not arrived as a whole */
	struct buf scgi;	/* an SCGI head, likewise */
};

struct opening *
opening_new(bool proxied)
{
	struct opening *o = xcalloc(1, sizeof(*o));

	o->dialect = proxied ? PROXIED : UNKNOWN;
	head_init(&o->head);
	http1_init(&o->http, &o->head);
	buf_init(&o->proxy, READ_BYTES + PROXY_WIRE_MAX);
	buf_init(&o->scgi, READ_BYTES + SCGI_WIRE_MAX);
	return o;
}

void
opening_free(struct opening *o)
{
	if (o == NULL)
		return;
	http1_fini(&o->http);
	head_fini(&o->head);
	buf_fini(&o->proxy);
	buf_fini(&o->scgi);
	free(o);
}

/* ---- answers ---- */

/* SCGI answers like CGI: the web server makes the status line. */
static void
status_put(struct buf *out, bool scgi, int status)
{
	buf_printf(out, "%s%d %s\r\n", scgi ? "Status: " : "HTTP/1.1 ", status,
	    http_status_str((enum http_status)status));
}

void
opening_error(struct buf *out, const struct opening *o, int status,
    const char *text)
{
	status_put(out, o && o->dialect == SCGI, status);
	buf_printf(out, "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Length: %zu\r\n", strlen(text) + 1);
	if (status == 426)
		buf_str(out, "Upgrade: " TS2021_UPGRADE "\r\n");
	if (status == 405)
		buf_str(out, "Allow: POST, GET\r\n");
	buf_printf(out, "Connection: close\r\n\r\n%s\n", text);
}

static void
accept_put(struct buf *out, const struct opening *o, enum head_kind kind)
{
	char proof[WEBSOCK_ACCEPT_SIZE];

	status_put(out, o->dialect == SCGI, 101);
	if (kind == HEAD_NOISE) {
		buf_str(out, "Upgrade: " TS2021_UPGRADE "\r\n");
	} else {
		buf_printf(out, "Upgrade: websocket\r\n"
		    "Sec-WebSocket-Protocol: " TS2021_UPGRADE "\r\n"
		    "Sec-WebSocket-Accept: %s\r\n", websock_accept(
		    buf_as_str(&o->head.field[FIELD_WS_KEY]), proof));
	}
	buf_str(out, "Connection: upgrade\r\n\r\n");
}

static void
refuse(struct conn *c, int status, const char *text, const char *hint)
{
	const struct head *h = &c->opening->head;
	struct str method = buf_as_str(&h->method), path = { 0 };
	struct str target = buf_as_str(&h->target);
	struct str via = buf_as_str(&h->field[FIELD_VIA]);

	(void)str_cut(&target, '?', &path);
	log_info("refused %s%.*s %.*s from %s%s%.*s: %d %s%s%s",
	    h->scgi ? "(SCGI) " : "", (int)method.n, method.p,
	    (int)(path.n < 80 ? path.n : 80), path.p,
	    c->remote[0] ? c->remote : "?", via.n ? " via " : "",
	    (int)(via.n < 80 ? via.n : 80), via.p, status, text,
	    hint ? "; " : "", hint ? hint : "");
	conn_refuse(c, status, text);
}

/* ---- the handshake ---- */

struct handshake {
	uint8_t in[NOISE_INITIATION_SIZE];
	uint8_t out[NOISE_RESPONSE_SIZE];
	struct noise_session session;
	struct noise_peer peer;
};

/* NULL, or what is wrong. */
static const char *
handshake_run(struct conn *c, struct str text, struct handshake *h)
{
	uint16_t version;

	switch (ts2021_initiation_read(text, h->in, &version)) {
	case OK:
		break;
	case ERR_TOOBIG:
		return "the handshake has the wrong length";
	default:
		return "the handshake is not base64";
	}
	if (noise_respond(&c->n->noise, h->in, h->out, &h->session,
	    &h->peer) != OK)
		return "the Noise handshake failed: it was not made for this "
		    "server's key";
	return NULL;
}

static void
session_begin(struct conn *c, const struct handshake *h, enum head_kind kind)
{
	struct buf head;

	buf_init(&head, 4096);
	accept_put(&head, c->opening, kind);
	conn_put(c, buf_span(&head));
	buf_fini(&head);
	if (kind == HEAD_WEBSOCKET)
		c->ws = websock_new(c);
	conn_put_tunnel(c, (struct span){ h->out, sizeof(h->out) });
	conn_session(c, &h->session, &h->peer);
}

/* The web server in front of us knows the client better than the socket does. */
static void
remote_set(struct conn *c)
{
	struct ip ip = head_client(&c->opening->head, c->known, &c->n->cfg.trusted_proxies);

	if (ip.family != 0)
		(void)ip_write(&ip, c->remote);
}

static void
head_done(struct conn *c)
{
	enum metrics_handshake result = METRICS_H_OK;
	struct handshake h;
	struct verdict v;
	const char *wrong;

	remote_set(c);
	head_judge(&c->opening->head, &v);
	if (v.kind == HEAD_REFUSED) {
		refuse(c, v.status, v.text, v.hint);
		result = METRICS_H_REFUSED;
	} else if ((wrong = handshake_run(c, buf_as_str(&v.handshake),
	    &h)) != NULL) {
		refuse(c, 400, wrong, NULL);
		result = METRICS_H_FAILED;
	} else {
		session_begin(c, &h, v.kind);
		noise_session_wipe(&h.session);
	}
	metrics_add(METRIC_HANDSHAKES, result, 1);
	buf_fini(&v.handshake);
}

/* ---- input ---- */

/* What is no head at all. */
static void
refuse_input(struct conn *c, int status, const char *text)
{
	refuse(c, status, text, NULL);
	metrics_add(METRIC_HANDSHAKES, METRICS_H_REFUSED, 1);
}

/* What came right behind the head belongs to the session. */
static void
feed_rest(struct conn *c, struct span rest)
{
	if (rest.n == 0 || c->dead || c->phase == CONN_REFUSED)
		return;
	if (c->ws)
		websock_feed(c->ws, rest);
	else
		(void)conn_tunnel(c, rest);
}

static void
feed_http(struct conn *c, struct span in)
{
	ssize_t n = http1_feed(&c->opening->http, in);

	if (n == -2) {
		refuse_input(c, 431, "the request's head is too big");
	} else if (n < 0) {
		refuse_input(c, 400, "this is not HTTP");
	} else if (c->opening->http.done) {
		head_done(c);
		feed_rest(c, (struct span){ in.p + n, in.n - (size_t)n });
	}
}

static void
feed_scgi(struct conn *c, struct span in)
{
	struct opening *o = c->opening;
	struct buf all;
	ssize_t n;

	buf_put(&o->scgi, in.p, in.n);
	n = head_from_scgi(&o->head, buf_span(&o->scgi));
	if (n < 0 || (n == 0 && o->scgi.n >= SCGI_WIRE_MAX)) {
		refuse_input(c, 400, "this is not SCGI");
	} else if (n > 0) {
		all = o->scgi;	/* the opening ends before its bytes do */
		o->scgi = (struct buf){ 0 };
		head_done(c);
		feed_rest(c, (struct span){ all.p + n, all.n - (size_t)n });
		buf_fini(&all);
	}
}

static void
feed_head(struct conn *c, struct span in)
{
	struct opening *o = c->opening;

	if (o->dialect == UNKNOWN)
		o->dialect = in.p[0] >= '0' && in.p[0] <= '9' ? SCGI : HTTP1;
	if (o->dialect == SCGI)
		feed_scgi(c, in);
	else
		feed_http(c, in);
}

/* Who may say so, says where the client is. */
static void
feed_proxy(struct conn *c, struct span in)
{
	struct opening *o = c->opening;
	struct buf all;
	ssize_t n;

	buf_put(&o->proxy, in.p, in.n);
	n = c->known ? proxy_decode(buf_span(&o->proxy), &o->head.source) : -1;
	if (n == 0)
		return;
	o->dialect = UNKNOWN;
	if (!c->known) {
		refuse_input(c, 403, "only a proxy in server.trusted_proxies may connect here");
	} else if (n < 0) {
		refuse_input(c, 400, "no header of the PROXY protocol, which "
		    "notifier.proxy_protocol asks for");
	} else {
		all = o->proxy;	/* the opening ends before its bytes do */
		o->proxy = (struct buf){ 0 };
		if (all.n > (size_t)n)
			feed_head(c, (struct span){ all.p + n, all.n - (size_t)n });
		buf_fini(&all);
	}
}

void
opening_feed(struct conn *c, struct span in)
{
	if (c->opening->dialect == PROXIED)
		feed_proxy(c, in);
	else
		feed_head(c, in);
}
