/*
 * lib/wire/fcgi.h -- FastCGI, the side of the web server.
 *
 * Pure.  One request per connection, id 1, no keep-conn: what a worker of
 * libfcgi answers on a connection belongs to the one request that went over it.
 */
#ifndef LIB_WIRE_FCGI_H
#define LIB_WIRE_FCGI_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/str.h"

/* ---- request ---- */

/* Appends one parameter to a list that goes to fcgi_request_head(). */
void fcgi_param(struct buf *params, struct str name, struct str value);

/* Appends the start of a request and all its parameters. */
void fcgi_request_head(struct buf *out, struct span params);

/* Appends a piece of the body; then, once, its end. */
void fcgi_stdin(struct buf *out, struct span body);
void fcgi_stdin_end(struct buf *out);

/* ---- answer ---- */

enum fcgi_event {
	FCGI_EV_MORE,	/* the input is used up */
	FCGI_EV_OUT,	/* bytes of standard output, borrowed from the input */
	FCGI_EV_ERR,	/* bytes of standard error, likewise */
	FCGI_EV_END,	/* the request is over: app_status, protocol_status */
	FCGI_EV_BAD	/* not an answer; so says each later call */
};

#define FCGI_HEAD_SIZE 8
#define FCGI_END_SIZE 8
#define FCGI_COMPLETE 0		/* protocol_status of a request that was served */

struct fcgi_answer {
	uint8_t head[FCGI_HEAD_SIZE], end[FCGI_END_SIZE];
	uint8_t head_n, end_n;		/* bytes of each that have arrived */
	uint32_t left, pad;		/* of the present record */
	bool ended, bad;
	uint32_t app_status;
	uint8_t protocol_status;
};

void fcgi_answer_init(struct fcgi_answer *a);

/*
 * Takes the next event off 'in', which may be cut anywhere.  Call it until it
 * says FCGI_EV_MORE or FCGI_EV_BAD.  The end of the connection before
 * FCGI_EV_END means that the worker died.
 */
enum fcgi_event fcgi_answer_next(struct fcgi_answer *a, struct span *in,
    struct span *out);

#endif
