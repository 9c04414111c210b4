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

/*
 * The net of all nodes, with the policy in force.  It is the cache's: ask it,
 * do not change it.  NULL before the first netcache_sync().
 */
struct net *netcache_net(const struct netcache *c);

/* How a node's row is shown; what 'out' points to is in 'a'. */
must_check enum err netcache_view(struct req *rq, struct arena *a, const struct node *n,
    struct node_view *out);

/* What of a node's capabilities does not come from the policy. */
struct attrs_base netcache_caps(const struct req *rq);

/* Documents as clients get them; "" if there is none yet. */
const char *netcache_dns(const struct netcache *c);
/* Does each node get a DNS configuration of its own?  This is it: the same, where not. */
bool netcache_dns_is_personal(const struct netcache *c);
const char *netcache_dns_of(struct req *rq, const struct node *n);
const char *netcache_derpmap(const struct netcache *c);

/* tailcfg.MapResponse.Domain: the tailnet's name; without one the server's host. */
const char *netcache_domain(const struct req *rq);

/*
 * Appends the JSON array elements of all peers of 'viewer', compressed if
 * 'zstd', and returns their ids (ascending, in rq's arena).
 */
void netcache_put_peers(struct req *rq, int64_t viewer, bool zstd, struct buf *out,
    const int64_t **ids, uint32_t *n);

/* ---- what is the viewer's own ---- */

/* PacketFilters of a node. */
void netcache_put_filters(struct netcache *c, int64_t node, struct buf *out);

/* SSHPolicy of a node; false, and one that lets nobody in, if the policy says nothing of SSH. */
bool netcache_put_ssh(struct req *rq, int64_t node, struct buf *out);

/* Nodes with the same number have the same text; of a node that is not shown it is 0. */
struct netcache_alike {
	uint64_t filters, ssh;
};
struct netcache_alike netcache_alike(struct netcache *c, int64_t node);

/* UserProfiles of the owners of 'ids', and of 'owner'; an array. */
void netcache_put_profiles(struct req *rq, int64_t owner, const int64_t *ids, uint32_t n,
    struct buf *out);

/*
 * How viewers see a node: those with the same number alike.  A node that not all
 * see alike is 'varied'; of another the number is always 0.
 */
bool netcache_varied(const struct netcache *c, int64_t peer);
uint64_t netcache_look(struct req *rq, int64_t viewer, int64_t peer);
/* A node as 'viewer' sees it. */
void netcache_put_peer(struct req *rq, int64_t viewer, int64_t peer, struct buf *out);

/* ---- for deltas ---- */

struct netcache_pair {
	int64_t viewer, peer;
};

/*
 * What streams have to be told besides what the changes themselves say.  All
 * ids ascend; pairs are sorted by peer, then viewer.  A superset: what it names
 * need not differ any more.
 */
struct netcache_news {
	const int64_t *filters, *ssh, *selves;	/* nodes that get that field anew */
	size_t n_filters, n_ssh, n_selves;
	const int64_t *moved;		/* who sees these has to be told, and who does not */
	size_t n_moved;
	const int64_t *refreshed;	/* get a new map */
	size_t n_refreshed;
	const struct netcache_pair *pairs;	/* tell the viewer about the peer */
	size_t n_pairs;
	bool derpmap;
	bool unsteady;			/* more than one thing happened: what a map of the
					   time between showed may not be told again */
};

/* Can none of these changes be news to anybody else than they say? */
bool netcache_harmless(const struct change *v, size_t n);

/*
 * The news after change 'since'; false if they may not be all: this cache was
 * never at that change, as in a worker that has just started.
 */
must_check bool netcache_news(const struct netcache *c, struct arena *a, int64_t since,
    struct netcache_news *out);

/*
 * Loads everything, so that the first change is known as one.  Errors are left
 * to the first request.
 */
void netcache_prime(struct netcache *c, struct db *db, const struct config *cfg);

/* Appends text, compressed as a frame of its own if 'zstd'. */
void netcache_put_text(struct netcache *c, struct str text, bool zstd, struct buf *out);

/*
 * Appends what a first map ends with and is the same for everybody, unless the DNS
 * configuration is personal: ,"DERPMap":…,"DNSConfig":… … and the closing brace;
 * with UserProfiles if everybody sees everybody.
 */
void netcache_put_tail(struct req *rq, const struct node *n, bool zstd, struct buf *out);

/*
 * The same for a node that is not admitted: the relays, for its own measurements,
 * and an empty DNS configuration.  How the tailnet resolves names and who its users
 * are is not for it.
 */
void netcache_put_tail_outside(struct req *rq, bool zstd, struct buf *out);

#endif
