/*
 * lib/wire/cgi.h -- the head of a CGI answer: status, headers, empty line.
 *
 * Pure.  Lines end in LF or CRLF.  The head is copied while it arrives; the
 * body is left where it is.
 */
#ifndef LIB_WIRE_CGI_H
#define LIB_WIRE_CGI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/str.h"

#define CGI_HEAD_MAX (16u * 1024)	/* bytes, with the empty line */
#define CGI_FIELDS_MAX 64

struct cgi_field {
	uint32_t name, name_n, value, value_n;	/* places in 'text' */
};

struct cgi_head {
	struct buf text;
	size_t line;			/* where the line that arrives begins */
	struct cgi_field fields[CGI_FIELDS_MAX];
	size_t n_fields;
	int status;			/* 200 without Status, 302 with Location */
	bool done, bad;
};

void cgi_head_init(struct cgi_head *h);
void cgi_head_fini(struct cgi_head *h);

/*
 * Takes bytes off 'in' up to the end of the head.  OK: h->done says whether it
 * is complete; then the body begins at in->p.  ERR_BADREQ: not a CGI head.
 * ERR_TOOBIG: over the limits above.
 */
must_check enum err cgi_head_feed(struct cgi_head *h, struct span *in);

/* The value of the first field of that name, any case; p is NULL if none. */
struct str cgi_head_get(const struct cgi_head *h, const char *name);

/* The fields in order without Status; false once 'i' is past the last. */
bool cgi_head_at(const struct cgi_head *h, size_t i, struct str *name,
    struct str *value);

#endif
