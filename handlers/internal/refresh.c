/*
 * handlers/internal/refresh.c -- POST /internal/refresh: a whole new map for a running stream.
 *
 * Asked by the notifier when a stream has missed changes or when what it sees
 * changed as a whole.  Unlike a map request it says nothing of the node itself.
 */
#include <string.h>

#include "handlers/control/mapopen.h"
#include "handlers/control/netcache.h"
#include "handlers/routes.h"
#include "lib/store/store.h"

static enum err
internal_refresh(struct req *rq)
{
	const char *node = req_query(rq, "node"), *zstd = req_query(rq, "zstd");
	bool z = zstd != NULL && strcmp(zstd, "1") == 0;
	struct node_gone gone;
	struct node n;
	int64_t id;
	enum err e;

	if (node == NULL || !str_i64(str_of(node), &id))
		return req_fail(rq, ERR_BADREQ, "node must be a number");
	if ((e = netcache_sync(rq)) != OK)
		return e;
	if ((e = store_node_by_id(rq->db, rq->arena, id, &n)) == OK)
		return mapopen_again(rq, &n, z);
	if (e != ERR_NOTFOUND)
		return e;
	if ((e = store_node_gone_by_id(rq->db, rq->arena, id, &gone)) == OK)
		return mapopen_gone(rq, &gone, z);
	return e == ERR_NOTFOUND ? req_fail(rq, e, "no node %s", node) : e;
}

const struct route route_internal_refresh = {
	.method = HTTP_POST,
	.path = "/internal/refresh",
	.auth = AUTH_NOTIFIER,
	.txn = TXN_READ,
	.body_max = 4096,
	.handle = internal_refresh,
};
