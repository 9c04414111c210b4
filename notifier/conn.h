/*
 * notifier/conn.h -- one connection of a client, from its first byte to the last.
 *
 *   head ──▶ session ──▶ live ──▶ closing
 *     └──────── refused ───────────┘
 *
 * 'head' reads HTTP/1 or SCGI and runs the Noise handshake that it carries;
 * 'session' has Noise and HTTP/2 but no whole request yet, 'live' has had one.
 * What a phase does with bytes and how long it may last is a table in conn.c.
 */
#ifndef NOTIFIER_CONN_H
#define NOTIFIER_CONN_H

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "lib/base/buf.h"
#include "lib/base/ip.h"
#include "lib/crypto/key.h"
#include "lib/wire/ts2021.h"
#include "notifier/wheel.h"

struct notifier;
struct opening;
struct websock;
struct inner;

enum conn_phase {
	CONN_HEAD,
	CONN_SESSION,
	CONN_LIVE,
	CONN_REFUSED,	/* an error was written; input is thrown away */
	CONN_PHASES
};

struct conn {
	struct notifier *n;
	struct conn *next, *prev;
	struct conn *dirty_next;
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_tcp_t tcp;
		uv_pipe_t pipe;
	} u;
	enum conn_phase phase;
	bool dirty, dead;
	bool finish;		/* close when all is written */
	bool finish_idle;	/* and when its last request is over */
	bool shut;		/* our side is shut down */
	bool known;		/* the peer is on this machine, or a known proxy */
	bool heard;		/* since the last PING */
	unsigned misses;
	struct wheel_timer timer;
	int64_t deadline_ms;	/* of the phase; 0: none */
	int64_t ping_ms;
	int64_t write_ms;	/* when the write under way began; 0: none */
	uv_write_t write;
	uv_shutdown_t shutdown;
	uint8_t *writing;	/* memory of that write */
	struct buf tail;	/* bytes for the wire that wait for it */

	struct opening *opening;	/* in phase 'head' only */
	struct websock *ws;		/* NULL if there is none */
	struct ts2021 ts;
	nghttp2_session *h2;
	struct inner *inners;		/* its requests */
	size_t body_bytes;		/* of their bodies */
	struct key32 machine;
	uint16_t capver;
	char remote[IP_TEXT_SIZE];	/* the client's address; "" if unknown */
};

struct conns {
	struct conn *all, *dirty;
	size_t n;
	size_t body_bytes;		/* of all requests */
};

/* A handle to accept into; conn_start() once that is done. */
struct conn *conn_new(struct notifier *n, bool tcp);
void conn_start(struct conn *c);

/* Has output: it is flushed at the end of this turn of the loop. */
void conn_dirty(struct conn *c);

/* Ends it at once.  'why' is for the debug log. */
void conn_fail(struct conn *c, const char *why);

/* Ends it after what is to be written is written. */
void conn_finish(struct conn *c);

/* Answers with an HTTP error and ends. */
void conn_refuse(struct conn *c, int status, const char *text);

/* The first whole request is there. */
void conn_live(struct conn *c);

/* Appends bytes for the wire as they are. */
void conn_put(struct conn *c, struct span bytes);

/* Appends bytes of the tunnel: as they are, or in WebSocket messages. */
void conn_put_tunnel(struct conn *c, struct span bytes);

/* Bytes came through the tunnel: Noise records.  False if the connection died. */
bool conn_tunnel(struct conn *c, struct span in);

/* Starts Noise and HTTP/2 with the initiation of the head. */
void conn_session(struct conn *c, const struct noise_session *s,
    const struct noise_peer *peer);

/* ---- between conn.c and conn_write.c ---- */

void conn_write_clock(struct conn *c, bool under_way);
void conn_linger(struct conn *c);	/* all is written and our side is shut */

/* ---- all of them ---- */

void conns_flush(struct notifier *n);	/* twice per turn of the loop */

/* GOAWAY to all, END_STREAM to their streams; those without a session end. */
void conns_shutdown(struct notifier *n);

#endif
