/*
 * notifier/head.h -- what a connection says before it turns into a Noise session.
 *
 * Three ways lead to /ts2021: an HTTP/1 upgrade (POST), a WebSocket (GET, for
 * browser clients) and either of them wrapped in SCGI by a web server.  All
 * fill one struct head; head_judge() decides from it.  Pure.
 */
#ifndef NOTIFIER_HEAD_H
#define NOTIFIER_HEAD_H

#include <http_parser.h>
#include <stdbool.h>
#include <sys/types.h>

#include "lib/base/buf.h"
#include "lib/base/client.h"
#include "lib/base/str.h"

enum head_field {
	FIELD_NONE,		/* a header that says nothing to us */
	FIELD_UPGRADE,
	FIELD_HANDSHAKE,
	FIELD_WS_KEY,
	FIELD_WS_VERSION,
	FIELD_WS_PROTOCOL,
	FIELD_FORWARDED,	/* X-Forwarded-For */
	FIELD_VIA,
	FIELD_AUTHORIZATION,	/* for scrape.c */
	FIELD_COUNT
};

struct head {
	struct buf method, target, field[FIELD_COUNT];
	struct buf remote;	/* REMOTE_ADDR, by SCGI only */
	struct ip source;	/* by the PROXY protocol only, else of family 0 */
	bool has_body;		/* announced, in whatever way */
	bool scgi;
};

void head_init(struct head *h);
void head_fini(struct head *h);

enum head_kind { HEAD_REFUSED, HEAD_NOISE, HEAD_WEBSOCKET };

struct verdict {
	enum head_kind kind;
	struct buf handshake;	/* base64 of the initiation; free it */
	int status;		/* of a refusal */
	const char *text;	/* for the client; a constant */
	const char *hint;	/* for the log, or NULL; a constant */
};

void head_judge(const struct head *h, struct verdict *v);

/*
 * Where the client is: what the server in front of us says if that peer is known, else of
 * family 0.  It says so by SCGI, by the PROXY protocol, or else by the last entry of
 * X-Forwarded-For; what stands before that counts as far as 'proxies' are known
 * (lib/base/client.h).
 */
struct ip head_client(const struct head *h, bool known, const struct prefix_list *proxies);

/* ---- reading ---- */

struct http1 {
	http_parser parser;
	http_parser_settings settings;
	struct head *head;
	struct buf name;	/* of the header that is being read */
	enum head_field field;
	bool in_value, done, too_big;
};

void http1_init(struct http1 *p, struct head *h);
void http1_fini(struct http1 *p);

/* Bytes used of 'in'; p->done if the head is complete.  -1: not HTTP; -2: too big. */
ssize_t http1_feed(struct http1 *p, struct span in);

/* Takes an SCGI head; size, 0 for more, -1 if it is none. */
ssize_t head_from_scgi(struct head *h, struct span in);

#endif
