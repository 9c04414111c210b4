/*
 * lib/base/err.h -- the few ways in which something can fail.
 *
 * A function that can fail returns enum err; the text is made where the facts
 * are (req_fail(), db->errmsg).  lib/http maps a code to a status, cli to an
 * exit status, each by one table.
 */
#ifndef LIB_BASE_ERR_H
#define LIB_BASE_ERR_H

enum err {
	OK = 0,
	ERR_BADREQ,	/* the caller's input is wrong */
	ERR_INVALID,	/* it reads, but a member of it is of the wrong type or unknown */
	ERR_AUTH,	/* who are you */
	ERR_FORBIDDEN,	/* known, and not allowed */
	ERR_NOTFOUND,
	ERR_CONFLICT,	/* clashes with what is there */
	ERR_STALE,	/* made from a state that is no more */
	ERR_MEDIA,	/* a body in a form that is not understood */
	ERR_LIMITED,	/* too often; later it may be allowed */
	ERR_UNSUPPORTED,	/* a right request for something that is not done here */
	ERR_TOOBIG,	/* over a limit */
	ERR_BUSY,	/* try again later */
	ERR_STORAGE,	/* the disk: full, read-only, failing, or not there */
	ERR_UPSTREAM,	/* somebody that we asked failed */
	ERR_INTERNAL,	/* database broken, a bug */
	ERR_COUNT
};

#define must_check __attribute__((warn_unused_result))
#define printf_like(f, a) __attribute__((format(printf, f, a)))

/* A short lower-case word for 'e', for logs. */
const char *err_name(enum err e);

#endif
