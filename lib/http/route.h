/*
 * lib/http/route.h -- one const row per endpoint, and how a path finds its row.
 *
 * The row carries what the dispatcher must do before and after the handler:
 * who may call, which transaction, how large a body.
 */
#ifndef LIB_HTTP_ROUTE_H
#define LIB_HTTP_ROUTE_H

#include <stddef.h>

#include "lib/access/scope.h"
#include "lib/http/req.h"

enum auth {
	AUTH_PUBLIC,	/* anyone, from anywhere */
	AUTH_MACHINE,	/* only over control.sock, inside a Noise session */
	AUTH_NOTIFIER,	/* only over control.sock, from the notifier itself */
	AUTH_API	/* who has a key or token with the row's scope; the command line */
};

enum txn {
	TXN_NONE,	/* no database */
	TXN_READ,	/* a consistent snapshot; writing fails */
	TXN_WRITE,	/* BEGIN IMMEDIATE … COMMIT; rolled back on error */
	TXN_OWN		/* the handler calls db_begin_…() itself, after slow work */
};

struct api_op;	/* handlers/api/op.h: how the API's document describes the row */

struct route {
	enum http_method method;
	const char *path;		/* "/api/v1/node/{id}/expire" */
	enum auth auth;
	enum scope scope;		/* that AUTH_API asks for; SCOPE_NONE: any key will do */
	enum txn txn;
	size_t body_max;		/* bytes */
	enum err (*handle)(struct req *rq);
	const struct api_op *op;	/* NULL outside the API */
	const char *action;	/* what the audit log calls its changes; NULL: op->id, or not noted */
};

/*
 * Finds the row for rq->method and rq->path and fills rq->vars.
 * ERR_NOTFOUND: no row has this path.  ERR_BADREQ: the path is known, the
 * method is not (answer 405).  HEAD finds GET rows.  Of two rows that match,
 * the one with fewer {name} parts wins.
 */
must_check enum err route_find(const struct route *const *routes, size_t n,
    struct req *rq, const struct route **out);

/* "GET, HEAD, POST": the methods of the rows that have rq->path, for Allow. */
const char *route_allow(const struct route *const *routes, size_t n,
    const struct req *rq);

#endif
