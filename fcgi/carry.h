/*
 * fcgi/carry.h -- from CGI variables and a body to a struct req, and back.
 *
 * FastCGI and plain CGI differ only in where the bytes come from and go to.
 */
#ifndef FCGI_CARRY_H
#define FCGI_CARRY_H

#include "fcgi/backend.h"
#include "lib/http/req.h"

struct carry_source {
	char *const *env;	/* "NAME=value", ends with NULL */
	/* Up to 'n' bytes of the body; 0 at its end or on an error. */
	size_t (*read)(void *arg, void *to, size_t n);
	void *arg;
	bool has_end;	/* a body without CONTENT_LENGTH may be read until it ends */
};

/*
 * Reads one request from 'src' into 'rq'.  True: give it to carry_dispatch().
 * False: it was refused, and the answer is in 'rq' already.  Either way the
 * caller sends the answer and then calls req_end().  Variables that only the
 * notifier may set are believed from ORIGIN_CONTROL alone and invisible to
 * handlers otherwise.
 */
must_check bool carry_read(struct backend *b, struct arena *a, enum origin origin,
    const struct carry_source *src, struct req *rq);

/* Answers it, with 503 if there is no database. */
void carry_dispatch(struct backend *b, struct req *rq);

/* The head of a CGI answer: "Status:", headers, empty line. */
void carry_head(const struct req *rq, struct buf *out);

#endif
