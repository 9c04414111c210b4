/*
 * handlers/control/mapopen.h -- a stream's first map, wrapped for the notifier.
 */
#ifndef HANDLERS_CONTROL_MAPOPEN_H
#define HANDLERS_CONTROL_MAPOPEN_H

#include "lib/http/req.h"
#include "lib/model/model.h"

/*
 * Answers with an "open" message (lib/wire/delta.h) for node 'n': the whole
 * map, or, if its key has run out or it is not admitted, a map of itself alone.
 * Inside a read transaction, after netcache_sync().
 */
must_check enum err mapopen_node(struct req *rq, const struct node *n, bool zstd);

/* The same for a stream that runs already and may hold what is no more. */
must_check enum err mapopen_again(struct req *rq, const struct node *n, bool zstd);

/* The same for a node that was deleted: it learns that it has to log in. */
must_check enum err mapopen_gone(struct req *rq, const struct node_gone *g, bool zstd);

/* One whole framed map as an ordinary answer: for requests without a stream. */
must_check enum err mapopen_once(struct req *rq, const struct node *n, bool zstd);

#endif
