/*
 * lib/http/req.h -- one request and its answer, whoever carries it.
 *
 * FastCGI, CGI, the CLI and the tests all make a struct req and give it to the
 * dispatcher; nothing here knows how it came.  All memory is the arena's.
 */
#ifndef LIB_HTTP_REQ_H
#define LIB_HTTP_REQ_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/str.h"

struct db;
struct config;
struct netcache;
struct caller;
struct route;

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_PATCH,
	HTTP_DELETE, HTTP_OPTIONS, HTTP_OTHER };

/* Where a request came from decides what it may reach. */
enum origin {
	ORIGIN_WEB,	/* web.sock or CGI: the world */
	ORIGIN_CONTROL,	/* control.sock: the notifier; machine_key is authenticated */
	ORIGIN_LOCAL	/* the CLI or a test, in this process: full rights */
};

struct req_param { const char *name, *value; };

/* The limits of a request and its answer; a route's body_max may be lower. */
#define REQ_PATH_MAX 1024
#define REQ_QUERY_MAX 4096
#define REQ_BODY_MAX ((size_t)8 * 1024 * 1024)	/* a policy of 1 MiB, escaped as JSON */
#define REQ_OUT_MAX ((size_t)256 * 1024 * 1024)
#define REQ_HEAD_MAX ((size_t)8 * 1024)
#define REQ_ERRMSG_SIZE 32768	/* all mistakes of a policy */
#define REQ_PATH_VARS_MAX 4
#define REQ_PATH_BEGIN 16

struct req {
	/* Set by whoever carries the request. */
	struct arena *arena;
	struct db *db;
	const struct config *cfg;
	struct netcache *cache;	/* handlers/control's; NULL outside control workers */
	int64_t now_ms;
	enum origin origin;
	enum http_method method;
	const char *path;	/* decoded, without query; NULL: malformed, answered with 400 */
	const char *query;	/* raw, "" if none */
	struct span body;
	const struct req_param *params;	/* CGI variables; ends with a NULL name */
	const char *machine_key;	/* "mkey:…" if ORIGIN_CONTROL, else NULL */
	const char *remote_addr;	/* "" if unknown */

	/* Filled by routing: the row that answers, the {name} parts of the path. */
	const struct route *route;
	struct req_param vars[REQ_PATH_VARS_MAX + 1];

	/* Who asks (lib/access/caller.h); set by the dispatcher for rows of AUTH_API, else NULL. */
	const struct caller *caller;

	/* The answer. */
	int status;
	const char *ctype;	/* NULL: no body */
	struct buf head;	/* further header lines, "Name: value\r\n" each */
	struct buf out;
	char errmsg[REQ_ERRMSG_SIZE];
	bool storage_fails;	/* which is why the status is 503 */
	const char *err_at;	/* the part of the request at fault, like "body.user"; NULL */
	const char *path_begin;	/* the first bytes of a malformed path, for the form of its answer */
};

/* Initialises the answer part; the caller has set the rest. */
void req_begin(struct req *rq);
void req_end(struct req *rq);		/* frees the buffers; the arena is the caller's */

/*
 * Takes "/path?query" apart into rq->path and rq->query.  A bad escape, an
 * escaped NUL or slash, text that is not UTF-8 or one too long leaves the path
 * NULL with a reason in rq->errmsg.  Needs rq->arena; call it after req_begin().
 */
void req_target(struct req *rq, struct str target);

/* A CGI variable, or NULL. */
const char *req_param(const struct req *rq, const char *name);

/* A {name} of the path; the route row guarantees that it is there. */
const char *req_var(const struct req *rq, const char *name);
must_check enum err req_var_i64(struct req *rq, const char *name, int64_t *out);

/* A query parameter, percent-decoded into the arena, or NULL if absent. */
const char *req_query(const struct req *rq, const char *name);
/* Of one that is given several times the i-th, from 0. */
const char *req_query_nth(const struct req *rq, const char *name, size_t i);

/* Makes the error text and returns 'e':  return req_fail(rq, ERR_NOTFOUND, "no node %d", id); */
enum err req_fail(struct req *rq, enum err e, const char *fmt, ...) printf_like(3, 4);

/* The same for a mistake in one place: "body.user", "query.id", "path.id", "header.If-Match". */
enum err req_fail_at(struct req *rq, enum err e, const char *at, const char *fmt, ...) printf_like(4, 5);

/* Starts an answer; the body goes to rq->out. */
void req_reply(struct req *rq, int status, const char *ctype);
void req_header(struct req *rq, const char *name, const char *value);
void req_reply_text(struct req *rq, int status, const char *text);

/* The status that stands for an error code. */
int http_status_of(enum err e);
const char *http_status_text(int status);
enum http_method http_method_of(const char *name);
const char *http_method_name(enum http_method m);

#endif
