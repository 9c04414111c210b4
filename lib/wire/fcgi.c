/*
 * lib/wire/fcgi.c -- FastCGI, the side of the web server.
 *
 * An answer's records are passed on piece by piece as they arrive, borrowed
 * from the input: nothing is collected but heads and the END_REQUEST body.
 */
#include "lib/wire/fcgi.h"

#include <string.h>

#define VERSION 1
#define REQUEST_ID 1
#define ROLE_RESPONDER 1
#define RECORD_MAX 65528	/* a multiple of eight, so no padding is needed */
#define LONG_LENGTH 128		/* lengths from here on take four bytes */

enum record_type {
	BEGIN_REQUEST = 1,
	END_REQUEST = 3,
	PARAMS = 4,
	STDIN = 5,
	STDOUT = 6,
	STDERR = 7
};

/* Offsets in a record's head. */
enum { H_VERSION, H_TYPE, H_ID, H_LENGTH = 4, H_PADDING = 6 };

/* ---- request ---- */

static void
record_head(struct buf *out, enum record_type type, size_t n)
{
	buf_byte(out, VERSION);
	buf_byte(out, (uint8_t)type);
	buf_be16(out, REQUEST_ID);
	buf_be16(out, (uint16_t)n);
	buf_be16(out, 0);
}

/* A stream of records without the empty one that ends it. */
static void
stream(struct buf *out, enum record_type type, struct span in)
{
	size_t n;

	for (; in.n > 0; in.p += n, in.n -= n) {
		n = in.n < RECORD_MAX ? in.n : RECORD_MAX;
		record_head(out, type, n);
		buf_put(out, in.p, n);
	}
}

static void
length(struct buf *out, size_t n)
{
	if (n < LONG_LENGTH)
		buf_byte(out, (uint8_t)n);
	else if (n <= INT32_MAX)
		buf_be32(out, (uint32_t)n | 1u << 31);
	else
		out->over = true;
}

void
fcgi_param(struct buf *params, struct str name, struct str value)
{
	length(params, name.n);
	length(params, value.n);
	buf_put(params, name.p, name.n);
	buf_put(params, value.p, value.n);
}

void
fcgi_request_head(struct buf *out, struct span params)
{
	record_head(out, BEGIN_REQUEST, 8);
	buf_be16(out, ROLE_RESPONDER);
	buf_byte(out, 0);	/* the worker closes the connection */
	buf_put(out, "\0\0\0\0", 5);
	stream(out, PARAMS, params);
	record_head(out, PARAMS, 0);
}

void
fcgi_stdin(struct buf *out, struct span body)
{
	stream(out, STDIN, body);
}

void
fcgi_stdin_end(struct buf *out)
{
	record_head(out, STDIN, 0);
}

/* ---- answer ---- */

void
fcgi_answer_init(struct fcgi_answer *a)
{
	*a = (struct fcgi_answer){ 0 };
}

/* Takes up to 'n' bytes off 'in'. */
static struct span
take(struct span *in, size_t n)
{
	struct span s = { in->p, n < in->n ? n : in->n };

	in->p += s.n;
	in->n -= s.n;
	return s;
}

/* Collects bytes of a head; false if it is not one of an answer. */
static bool
take_head(struct fcgi_answer *a, struct span *in)
{
	struct span s = take(in, (size_t)FCGI_HEAD_SIZE - a->head_n);
	uint8_t type;

	memcpy(a->head + a->head_n, s.p, s.n);
	a->head_n += (uint8_t)s.n;
	if (a->head_n < FCGI_HEAD_SIZE)
		return true;
	type = a->head[H_TYPE];
	a->left = (uint32_t)(a->head[H_LENGTH] << 8 | a->head[H_LENGTH + 1]);
	a->pad = a->head[H_PADDING];
	if (a->head[H_VERSION] != VERSION || a->ended ||
	    (a->head[H_ID] << 8 | a->head[H_ID + 1]) != REQUEST_ID)
		return false;
	if (type == END_REQUEST)
		return a->left == FCGI_END_SIZE;
	return type == STDOUT || type == STDERR;
}

/* Collects the body of END_REQUEST. */
static enum fcgi_event
take_end(struct fcgi_answer *a, struct span s)
{
	memcpy(a->end + a->end_n, s.p, s.n);
	a->end_n += (uint8_t)s.n;
	if (a->end_n < FCGI_END_SIZE)
		return FCGI_EV_MORE;
	a->app_status = (uint32_t)a->end[0] << 24 | (uint32_t)a->end[1] << 16 |
	    (uint32_t)a->end[2] << 8 | a->end[3];
	a->protocol_status = a->end[4];
	a->ended = true;
	return FCGI_EV_END;
}

/* Takes a piece of the present record's content. */
static enum fcgi_event
take_content(struct fcgi_answer *a, struct span *in, struct span *out)
{
	struct span s = take(in, a->left);

	a->left -= (uint32_t)s.n;
	if (a->head[H_TYPE] == END_REQUEST)
		return take_end(a, s);
	*out = s;
	return a->head[H_TYPE] == STDOUT ? FCGI_EV_OUT : FCGI_EV_ERR;
}

enum fcgi_event
fcgi_answer_next(struct fcgi_answer *a, struct span *in, struct span *out)
{
	enum fcgi_event ev;

	*out = (struct span){ NULL, 0 };
	while (in->n > 0 && !a->bad) {
		if (a->head_n < FCGI_HEAD_SIZE) {
			a->bad = !take_head(a, in);
		} else if (a->left > 0) {
			ev = take_content(a, in, out);
			if (ev != FCGI_EV_MORE)
				return ev;
		} else {
			a->pad -= (uint32_t)take(in, a->pad).n;
		}
		if (a->head_n == FCGI_HEAD_SIZE && a->left + a->pad == 0)
			a->head_n = 0;
	}
	return a->bad ? FCGI_EV_BAD : FCGI_EV_MORE;
}
