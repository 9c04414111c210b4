/*
 * handlers/control/map.c -- POST /machine/map: a node's news, and its map.
 *
 * Stream: the answer goes to the notifier, which keeps the stream.  Without
 * Stream: a lite update, or one whole map.  Nothing is written when the node
 * says nothing new, so a fleet that reconnects costs no writes.
 */
#include <string.h>

#include "handlers/actor.h"
#include "handlers/control/approve_net.h"
#include "handlers/control/approve_node.h"
#include "handlers/control/control.h"
#include "handlers/control/mapopen.h"
#include "handlers/control/naming.h"
#include "handlers/control/netcache.h"
#include "handlers/routes.h"
#include "lib/crypto/key.h"
#include "lib/netmap/endpoints.h"
#include "lib/netmap/hostinfo.h"
#include "lib/store/store.h"

/* A MapRequest, read and checked. */
struct ask {
	int64_t version;
	bool zstd, stream, omit_peers, read_only;
	const char *node_key, *disco_key;
	const char *endpoints;	/* NULL if the request has none */
	bool has_host;
	struct hostinfo host;
};

static enum err
read_compress(struct req *rq, jv *body, bool *zstd)
{
	const char *name = json_get_str(body, "Compress", "");

	*zstd = strcmp(name, "zstd") == 0;
	if (!*zstd && name[0] != '\0')
		return req_fail(rq, ERR_BADREQ, "Compress must be \"zstd\" or absent");
	return OK;
}

static enum err
read_ask(struct req *rq, jv *body, struct ask *a)
{
	jv *host = json_get(body, "Hostinfo"), *endpoints = json_get(body, "Endpoints");
	enum err e;

	*a = (struct ask){
		.version = json_get_i64(body, "Version", 0),
		.stream = json_get_bool(body, "Stream", false),
		.omit_peers = json_get_bool(body, "OmitPeers", false),
		.read_only = json_get_bool(body, "ReadOnly", false),
		.has_host = json_is(host, JSON_OBJ),
	};
	if (a->version < CAPVER_MIN)
		return req_fail(rq, ERR_BADREQ, "unsupported client version (%lld); "
		    "Tailscale 1.80 (%d) or newer is needed", (long long)a->version, CAPVER_MIN);
	if ((e = read_compress(rq, body, &a->zstd)) != OK ||
	    (e = control_key(rq, body, "NodeKey", NODEKEY_PREFIX, &a->node_key)) != OK ||
	    (e = control_key(rq, body, "DiscoKey", DISCOKEY_PREFIX, &a->disco_key)) != OK)
		return e;
	if (json_is(endpoints, JSON_ARR))
		a->endpoints = endpoints_json_of(rq->arena, endpoints);
	if (a->has_host && (e = hostinfo_read(rq->arena, host, &a->host)) != OK)
		return req_fail(rq, e, "Hostinfo is larger than %d bytes", HOSTINFO_MAX);
	return OK;
}

/* ---- the node's news ---- */

static bool
replace(const char **field, const char *with)
{
	if (strcmp(*field, with) == 0)
		return false;
	*field = with;
	return true;
}

static enum err
take_host(struct req *rq, const struct hostinfo *h, struct node *n, bool *news)
{
	enum err e = OK;

	if (strcmp(n->hostname, h->hostname) != 0) {
		e = naming_follow(rq, n, h->hostname);
		*news = true;
	}
	*news |= replace(&n->hostinfo, h->json);
	*news |= replace(&n->os, h->os);
	*news |= replace(&n->client_version, h->client_version);
	*news |= replace(&n->routes, h->routes);
	if (h->netinfo != NULL) {	/* clients leave it out when it is unchanged */
		if (h->home_derp > 0 && n->home_derp != h->home_derp) {
			*news = true;	/* none (0) would be no news: clients keep the last */
			n->home_derp = h->home_derp;
		}
		*news |= replace(&n->netinfo, h->netinfo);
	}
	return e;
}

/* Lays what the request says over the row; *news: something differs. */
static enum err
take_news(struct req *rq, const struct ask *a, struct node *n, bool *news)
{
	enum err e = OK;

	*news = false;
	if (a->has_host)
		e = take_host(rq, &a->host, n, news);
	if (a->disco_key[0] != '\0')
		*news |= replace(&n->disco_key, a->disco_key);
	if (a->endpoints != NULL && !endpoints_same(rq->arena, n->endpoints, a->endpoints))
		*news |= replace(&n->endpoints, a->endpoints);
	*news |= n->cap != a->version;
	n->cap = a->version;
	if (a->stream) {
		*news |= !n->online;
		n->online = true;
		if (rq->remote_addr[0] != '\0')
			*news |= replace(&n->client_address, rq->remote_addr);
	}
	return e;
}

/*
 * The node of this key, if it is this machine's.  A deleted node is ERR_NOTFOUND
 * with g->id set; a key that never was, with g->id of NEVER_ID.  A key that is
 * another machine's answers as if it did not exist.
 */
#define NEVER_ID (INT64_C(1) << 52)

static enum err
find_gone(struct req *rq, const char *node_key, struct node_gone *g)
{
	enum err e = store_node_gone_by_key(rq->db, rq->arena, node_key, g);

	if (e == OK && strcmp(g->machine_key, rq->machine_key) == 0)
		return ERR_NOTFOUND;
	if (e != OK && e != ERR_NOTFOUND)
		return e;
	*g = (struct node_gone){
		.id = NEVER_ID, .node_key = node_key, .machine_key = rq->machine_key,
		.name = "unknown", .gone_ms = rq->now_ms,
	};
	return ERR_NOTFOUND;
}

static enum err
find_node(struct req *rq, const char *node_key, struct node *n, struct node_gone *g)
{
	enum err e = store_node_by_node_key(rq->db, rq->arena, node_key, n);

	if (e == ERR_NOTFOUND)
		return find_gone(rq, node_key, g);
	if (e == OK && strcmp(n->machine_key, rq->machine_key) != 0) {
		g->id = 0;
		return req_fail(rq, ERR_NOTFOUND, "node not found");
	}
	return e;
}

/* Routes that it did not announce before may need nobody's approval. */
static enum err
approve_news(struct req *rq, const char *routes_before, struct node *n)
{
	struct net *net;
	enum err e;

	if (strcmp(routes_before, n->routes) == 0 || strcmp(n->routes, "[]") == 0)
		return OK;
	if ((e = approve_net(rq, n->user_id, &net)) == OK)
		approve_node(rq, net, n);
	return e;
}

/* Lays the news over the row as it is now, and writes it. */
static enum err
write_news(struct req *rq, const struct ask *a, struct node *n, struct node_gone *g)
{
	struct node was;
	bool news;
	enum err e;

	if ((e = find_node(rq, a->node_key, n, g)) != OK)
		return e;
	was = *n;
	if ((e = take_news(rq, a, n, &news)) != OK || !news ||
	    (e = approve_news(rq, was.routes, n)) != OK)
		return e;
	if ((was.name != n->name || was.approved != n->approved) &&
	    (e = actor_machine(rq, "updateNode")) != OK)
		return e;
	n->last_seen_ms = rq->now_ms;
	return store_node_update(rq->db, n);
}

/* Reads, compares, and only if something differs reads again to write. */
static enum err
store_news(struct req *rq, const struct ask *a, struct node *n, struct node_gone *g)
{
	bool news;
	enum err e;

	if ((e = db_begin_read(rq->db)) != OK)
		return e;
	if ((e = find_node(rq, a->node_key, n, g)) == OK)
		e = take_news(rq, a, n, &news);
	db_rollback(rq->db);
	if (e != OK || !news || a->read_only)
		return e;
	if ((e = db_begin_write(rq->db)) != OK)
		return e;
	return db_end_write(rq->db, write_news(rq, a, n, g));
}

/* ---- the answer ---- */

static enum err
answer_map(struct req *rq, const struct ask *a, const struct node_gone *g)
{
	struct node n;
	enum err e;

	if ((e = netcache_sync(rq)) != OK)
		return e;
	if (g != NULL)
		return mapopen_gone(rq, g, a->zstd);
	e = store_node_by_node_key(rq->db, rq->arena, a->node_key, &n);
	if (e != OK)
		return e;
	return a->stream ? mapopen_node(rq, &n, a->zstd) : mapopen_once(rq, &n, a->zstd);
}

static enum err
with_snapshot(struct req *rq, const struct ask *a, const struct node_gone *g)
{
	enum err e = db_begin_read(rq->db);

	if (e == OK)
		e = answer_map(rq, a, g);
	db_rollback(rq->db);
	return e;
}

static enum err
machine_map(struct req *rq)
{
	struct node_gone gone = { 0 };
	struct node n;
	struct ask a;
	jv *body;
	enum err e;

	if ((e = control_body(rq, &body)) != OK || (e = read_ask(rq, body, &a)) != OK)
		return e;
	e = store_news(rq, &a, &n, &gone);
	if (e == ERR_NOTFOUND && gone.id != 0 && a.stream)
		return with_snapshot(rq, &a, &gone);
	if (e == ERR_NOTFOUND)
		return req_fail(rq, e, "node not found");
	if (e != OK)
		return e;
	if (!a.stream && a.omit_peers) {	/* the body is read and thrown away */
		req_reply(rq, 200, NULL);
		return OK;
	}
	return with_snapshot(rq, &a, NULL);
}

const struct route route_machine_map = {
	.method = HTTP_POST,
	.path = "/machine/map",
	.auth = AUTH_MACHINE,
	.txn = TXN_OWN,
	.body_max = CONTROL_BODY_MAX,
	.handle = machine_map,
};
