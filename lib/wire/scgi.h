/*
 * lib/wire/scgi.h -- the head of an SCGI request.
 *
 * Pure: the caller collects bytes and asks after each read.  A head is a
 * netstring of NUL-terminated names and values in turns; the body follows.
 */
#ifndef LIB_WIRE_SCGI_H
#define LIB_WIRE_SCGI_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/str.h"

#define SCGI_HEAD_MAX (16u * 1024)	/* bytes inside the netstring */
#define SCGI_PAIRS_MAX 256
#define SCGI_WIRE_MAX (SCGI_HEAD_MAX + 7)	/* with length, ':' and ',' */

struct scgi_head {
	struct span pairs;		/* borrowed */
	int64_t content_length;
};

/*
 * Decodes the head at the start of 'in'.  Returns its size, that is where the
 * body begins; 0 if 'in' holds only part of it; -1 if it is none: too long, not
 * led by CONTENT_LENGTH, without SCGI=1, or with a name twice.
 */
ssize_t scgi_decode(struct span in, struct scgi_head *h);

/* The value of 'name', also NUL-terminated; p is NULL if it is not there. */
struct str scgi_get(const struct scgi_head *h, const char *name);

/* Takes the next pair off 'pairs'; false at the end, or if it is malformed. */
bool scgi_next(struct span *pairs, struct str *name, struct str *value);

#endif
