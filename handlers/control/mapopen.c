/*
 * handlers/control/mapopen.c -- a stream's first map, wrapped for the notifier.
 *
 * A map is the viewer's own part, ready blocks of peers, and a tail that is the
 * same for all.  As zstd these are frames one behind the other, which are one
 * message to a client.
 */
#include "handlers/control/mapopen.h"

#include "handlers/control/netcache.h"
#include "lib/config/config.h"
#include "lib/wire/delta.h"
#include "lib/wire/zstd_frame.h"

#define MAP_MAX (256u * 1024 * 1024)

/* Whose map: a node's, or of one that is gone. */
struct viewer {
	const struct node *node;	/* NULL if gone */
	struct node_view view;
	const struct node_gone *gone;
	bool outside;			/* a node that is not admitted */
	bool again;			/* its stream runs already */
};

static void
put_node(struct req *rq, const struct viewer *v, struct jw *w)
{
	struct attrs_base caps = netcache_caps(rq);

	if (v->node != NULL)
		node_json_self(w, rq->arena, v->node, &v->view, netcache_net(rq->cache), &caps);
	else
		node_json_gone(w, v->gone, rq->cfg->base_domain);
}

/* A stream that runs may have rules of an earlier policy: then none is an answer too. */
static void
put_ssh(struct req *rq, const struct viewer *v, int64_t id, struct buf *text)
{
	size_t mark = text->n;

	buf_str(text, ",\"SSHPolicy\":");
	if (!netcache_put_ssh(rq, id, text) && !v->again)
		text->n = mark;
}

/* Who may come in; to a node that is not admitted nobody. */
static void
put_rules(struct req *rq, const struct viewer *v, int64_t id, struct buf *text)
{
	buf_str(text, ",\"PacketFilters\":");
	if (v->outside) {
		buf_str(text, "{\"*\":null,\"base\":[]},\"SSHPolicy\":{\"rules\":[]}");
		return;
	}
	netcache_put_filters(rq->cache, id, text);
	put_ssh(rq, v, id, text);
}

/* {"ControlTime":…,"Node":… and what else is the viewer's own; the object stays open. */
static void
put_head(struct req *rq, const struct viewer *v, const struct stream_open *o, struct buf *out)
{
	int64_t owner = v->node != NULL && v->node->user_id != 0 ? v->node->user_id :
	    TAGGED_USER_ID;
	struct buf text;
	struct jw w;

	buf_init(&text, MAP_MAX);
	jw_init(&w, &text);
	jw_obj(&w);
	jw_ktime(&w, "ControlTime", rq->now_ms);
	jw_key(&w, "Node");
	put_node(rq, v, &w);
	put_rules(rq, v, o->node_id, &text);
	if (v->outside || !net_all_visible(netcache_net(rq->cache))) {
		buf_str(&text, ",\"UserProfiles\":");
		netcache_put_profiles(rq, owner, o->peers, o->n_peers, &text);
	}
	if (o->n_peers > 0)
		buf_str(&text, ",\"Peers\":[");
	netcache_put_text(rq->cache, buf_as_str(&text), o->zstd, out);
	buf_fini(&text);
}

/* The message without its length; *o gets the peers that it shows. */
static void
put_map(struct req *rq, const struct viewer *v, struct stream_open *o, struct buf *out)
{
	struct buf peers;

	buf_init(&peers, MAP_MAX);
	if (!o->alone)
		netcache_put_peers(rq, o->node_id, o->zstd, &peers, &o->peers, &o->n_peers);
	put_head(rq, v, o, out);
	buf_put(out, peers.p, peers.n);
	if (o->n_peers > 0)
		netcache_put_text(rq->cache, STR("]"), o->zstd, out);
	if (v->outside)
		netcache_put_tail_outside(rq, o->zstd, out);
	else
		netcache_put_tail(rq, v->node, o->zstd, out);
	if (peers.over)
		out->over = true;
	buf_fini(&peers);
}

static enum err
reply_map(struct req *rq, const struct viewer *v, struct stream_open *o, bool wrap)
{
	struct buf map;
	size_t mark;

	buf_init(&map, MAP_MAX);
	mark = map_message_begin(&map);
	put_map(rq, v, o, &map);
	map_message_end(&map, mark);
	o->seq = netcache_seq(rq->cache);
	req_reply(rq, 200, wrap ? OPEN_CTYPE : "application/octet-stream");
	rq->out.max = MAP_MAX + DELTA_IDS_MAX * sizeof(int64_t);
	if (wrap)
		stream_open_encode(&rq->out, o);
	buf_put(&rq->out, map.p, map.n);
	if (map.over)
		rq->out.over = true;
	buf_fini(&map);
	if (rq->out.over)
		return req_fail(rq, ERR_INTERNAL, "a map of more than %u bytes", MAP_MAX);
	return OK;
}

static enum err
reply_node(struct req *rq, struct viewer *v, bool zstd, bool wrap)
{
	struct stream_open o = { .node_id = v->node->id, .zstd = zstd };
	enum err e = netcache_view(rq, rq->arena, v->node, &v->view);

	if (e != OK)
		return e;
	v->outside = !node_admitted(v->node);
	o.alone = v->view.expired || v->outside;
	return reply_map(rq, v, &o, wrap);
}

enum err
mapopen_node(struct req *rq, const struct node *n, bool zstd)
{
	return reply_node(rq, &(struct viewer){ .node = n }, zstd, true);
}

enum err
mapopen_again(struct req *rq, const struct node *n, bool zstd)
{
	return reply_node(rq, &(struct viewer){ .node = n, .again = true }, zstd, true);
}

enum err
mapopen_once(struct req *rq, const struct node *n, bool zstd)
{
	return reply_node(rq, &(struct viewer){ .node = n }, zstd, false);
}

enum err
mapopen_gone(struct req *rq, const struct node_gone *g, bool zstd)
{
	struct stream_open o = { .node_id = g->id, .zstd = zstd, .alone = true };
	struct viewer v = { .gone = g };

	return reply_map(rq, &v, &o, true);
}
