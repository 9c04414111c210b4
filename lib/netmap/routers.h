/*
 * lib/netmap/routers.h -- which node a prefix goes to when several offer it.
 *
 * Clients accept one owner per prefix, so of the nodes whose route is announced
 * and approved one serves it: an online one before an offline one, then the
 * lowest id.  Default routes are not elected: every exit node shows them.
 */
#ifndef LIB_NETMAP_ROUTERS_H
#define LIB_NETMAP_ROUTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/netmap/routes.h"

struct routers;

struct routers *routers_new(void);
void routers_free(struct routers *r);

/* What a node offers now; nothing (n = 0) takes it out.  'offers' is copied. */
void routers_set(struct routers *r, int64_t id, bool online, const struct routes *offers);
void routers_clear(struct routers *r);

/*
 * Decides anew if something changed since the last time.  Nodes whose share
 * changed are marked with 'seq'.
 */
void routers_elect(struct routers *r, int64_t seq);

/* What goes to the node; borrowed until the next election. */
struct routes routers_serving(const struct routers *r, int64_t id);

/* Calls fn for each node whose share changed after 'seq'. */
void routers_changed(const struct routers *r, int64_t seq, void (*fn)(void *arg, int64_t id), void *arg);

#endif
