/*
 * lib/fetch/probe.h -- looking at a server closely: what answers, how it ends, and why.
 *
 * For `headrace doctor`.  No proxy is used, and no end of a request is an error of the
 * caller's: each is something to tell.  Whatever a server does, a probe ends in time and
 * holds no more than its limits.
 */
#ifndef LIB_FETCH_PROBE_H
#define LIB_FETCH_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/str.h"

#define PROBE_HEAD_MAX (64 * 1024)	/* of an answer's head: nobody needs more */
#define PROBE_REDIRECTS_MAX 10		/* as many as clients follow */

struct probe_url {
	bool tls;
	const char *host;	/* without the [] of an IPv6 address */
	const char *port;	/* also where the text has none */
	bool port_given;
	const char *path;	/* "" for "/" */
	const char *base;	/* scheme://host[:port] */
};

/* NULL if 'text' is an http or https address that we can use, else what is wrong. */
must_check const char *probe_url_read(struct arena *a, const char *text, struct probe_url *out);

enum probe_end {
	PROBE_ANSWERED,
	PROBE_NO_NAME,		/* the name does not resolve */
	PROBE_NO_CONNECT,
	PROBE_NO_TLS,		/* it does not speak TLS as we do */
	PROBE_CERTIFICATE,	/* it does, but its certificate is not good; see 'verify' */
	PROBE_SLOW_TLS,		/* no TLS handshake in time */
	PROBE_TIMEOUT,
	PROBE_CUT,		/* closed before an answer was whole */
	PROBE_NOT_HTTP,
	PROBE_TOOBIG,		/* head or body */
	PROBE_FAILED		/* anything else */
};

struct probe_cert {
	const char *subject, *issuer, *names;	/* NULL if there was none to see */
	int64_t start_ms, expire_ms;
	int chain;				/* certificates that were sent */
};

struct probe_ask {
	const char *method;		/* "GET", "POST", "PUT" */
	const char *url;
	const char *address;		/* IP to connect to instead of what the name says; may be NULL */
	const char *const *headers;	/* ends with NULL; may be NULL */
	struct str body;		/* p NULL: none */
	size_t max;			/* bytes of an answer's body */
	long timeout_ms;
	bool follow;			/* redirects */
	bool insecure;			/* any certificate will do */
};

struct probe_answer {
	enum probe_end end;
	const char *why;	/* in words of libcurl; "" if it was answered */
	long verify;		/* OpenSSL's X509_V_ERR_... of PROBE_CERTIFICATE; 0 or 1: another name */
	int status;
	struct str head, body;	/* of the last answer, if several came */
	int redirects;
	const char *url;	/* the one that answered */
	struct probe_cert cert;
};

void probe_http(struct arena *a, const struct probe_ask *ask, struct probe_answer *out);

/* A header's value from an answer's head, NULL if it is not there. */
const char *probe_header(struct arena *a, struct str head, const char *name);

/* A time as headers ("Date", RFC 9110 5.6.7) or certificates have it, in Unix milliseconds; 0 if it is none. */
int64_t probe_date(const char *text);

/* ---- a connection on which the caller speaks itself ---- */

struct probe_line;

/* Connects, and does TLS where the URL says so, with any certificate.  NULL: see 'out'. */
struct probe_line *probe_open(struct arena *a, const struct probe_ask *ask,
    struct probe_answer *out);
void probe_close(struct probe_line *l);

/* False if it cannot be sent until 'deadline' (clock_mono_ms). */
must_check bool probe_send(struct probe_line *l, struct span out, int64_t deadline_ms);

/* Bytes, 0 if the other side has closed or broken the connection, -1 if nothing came in time. */
ssize_t probe_recv(struct probe_line *l, void *to, size_t room, int64_t deadline_ms);

#endif
