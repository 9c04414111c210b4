/*
 * handlers/control/netcache.h -- the network as a control worker remembers it.
 *
 * A cache, not truth: each node as its peers see it, ready as JSON, and blocks
 * of nodes ready compressed.  netcache_sync() brings it to the last change at a
 * cost that follows the changes, so a first map is a walk over ready pieces.
 */
#ifndef HANDLERS_CONTROL_NETCACHE_H
#define HANDLERS_CONTROL_NETCACHE_H

#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/http/req.h"
#include "lib/model/model.h"
#include "lib/netmap/node_json.h"

#define NETCACHE_BLOCK 64	/* ids per block */

struct netcache;

struct netcache *netcache_new(void);
void netcache_free(struct netcache *c);

/* Brings rq->cache to the last change; inside a transaction. */
must_check enum err netcache_sync(struct req *rq);

/* The change that it shows. */
int64_t netcache_seq(const struct netcache *c);

/* A node as its peers see it; empty if there is none that could be shown. */
struct str netcache_peer(const struct netcache *c, int64_t id);

/* Whose profile goes with that node (TAGGED_USER_ID for a tagged one). */
int64_t netcache_owner(const struct netcache *c, int64_t id);

/* A UserProfile; empty if there is no such user. */
struct str netcache_profile(const struct netcache *c, int64_t user_id);

/* How a node is shown: its domain, the routes that go to it, whether it has expired. */
must_check enum err netcache_view(struct req *rq, const struct node *n,
    struct node_view *out);

/* Documents as clients get them; "" if there is none yet. */
const char *netcache_dns(const struct netcache *c);
const char *netcache_derpmap(const struct netcache *c);

/* tailcfg.MapResponse.Domain: the tailnet's name; without one the server's host. */
const char *netcache_domain(const struct req *rq);

/*
 * Appends the JSON array elements of all peers of 'viewer', compressed if
 * 'zstd', and returns their ids (ascending, in rq's arena).
 */
void netcache_put_peers(struct req *rq, int64_t viewer, bool zstd, struct buf *out,
    const int64_t **ids, uint32_t *n);

/* Appends text, compressed as a frame of its own if 'zstd'. */
void netcache_put_text(struct netcache *c, struct str text, bool zstd, struct buf *out);

/*
 * Appends what a first map ends with and is the same for everybody:
 * ,"DERPMap":…,"DNSConfig":…,"UserProfiles":[…] … and the closing brace.
 */
void netcache_put_tail(struct req *rq, bool zstd, struct buf *out);

#endif
