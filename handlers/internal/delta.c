/*
 * handlers/internal/delta.c -- GET /internal/delta: what changed, as fragments of map messages.
 *
 * Per node one of remove, upsert and patch, the cheapest that says it all: a
 * client rebuilds its whole map for some fields and applies others in place.
 */
#include <stdlib.h>
#include <string.h>

#include "handlers/control/netcache.h"
#include "handlers/routes.h"
#include "lib/netmap/node_json.h"
#include "lib/store/store.h"
#include "lib/wire/delta.h"

#define DELTA_CHANGES_MAX 50000	/* more: everybody gets a new map */
#define DELTA_BYTES_MAX (256u * 1024 * 1024)

/* What happened to one node. */
struct touched {
	int64_t id;
	unsigned kinds;		/* bits 1 << enum change_kind */
	unsigned fields;	/* PATCH_* */
};

/* A UserProfile that upserts of this delta refer to. */
struct companion {
	int64_t user_id;
	uint32_t index;		/* 1 + index of its fragment */
};

struct delta {
	struct req *rq;
	struct buf out;		/* fragments */
	uint32_t count;
	struct touched *nodes;
	size_t n_nodes;
	struct companion *companions;
	size_t n_companions;
	bool rebuild;		/* clients shall build their whole map anew */
	enum err e;
};

static bool
has(const struct touched *t, enum change_kind k)
{
	return t->kinds & (1u << k);
}

static uint32_t
emit(struct delta *d, const struct fragment *f)
{
	fragment_encode(&d->out, f);
	return ++d->count;
}

/* ---- fragments of one node ---- */

/* The fragment index of the owner's profile, made at its first use. */
static uint32_t
companion_of(struct delta *d, int64_t user_id)
{
	struct str json = netcache_profile(d->rq->cache, user_id);
	struct fragment f = {
		.op = FRAG_ITEM, .seen_by = SEEN_BY_LIST, .name = STR("UserProfiles"),
		.bytes = { (const uint8_t *)json.p, json.n },
	};
	struct companion *c;

	for (size_t i = d->n_companions; i > 0; i--)
		if (d->companions[i - 1].user_id == user_id)
			return d->companions[i - 1].index;
	if (json.n == 0)
		return 0;
	c = &d->companions[d->n_companions++];
	*c = (struct companion){ user_id, emit(d, &f) };
	return c->index;
}

static void
emit_remove(struct delta *d, int64_t id)
{
	emit(d, &(struct fragment){ .op = FRAG_REMOVE, .seen_by = SEEN_BY_ALL, .subject = id });
}

static void
emit_upsert(struct delta *d, int64_t id)
{
	struct str json = netcache_peer(d->rq->cache, id);
	struct fragment f = {
		.op = FRAG_UPSERT, .seen_by = SEEN_BY_ALL, .subject = id,
		.bytes = { (const uint8_t *)json.p, json.n },
	};

	if (json.n == 0) {	/* its row cannot be shown */
		emit_remove(d, id);
		return;
	}
	f.with = companion_of(d, netcache_owner(d->rq->cache, id));
	emit(d, &f);
}

static void
emit_refresh(struct delta *d, enum audience seen_by, int64_t id)
{
	emit(d, &(struct fragment){ .op = FRAG_REFRESH, .seen_by = seen_by, .subject = id });
}

static void
emit_json(struct delta *d, const struct fragment *as, struct buf *json)
{
	struct fragment f = *as;

	f.bytes = buf_span(json);
	emit(d, &f);
	buf_fini(json);
}

static void
emit_patch(struct delta *d, const struct node *n, unsigned fields)
{
	struct buf json;
	struct jw w;

	buf_init(&json, DELTA_BYTES_MAX);
	jw_init(&w, &json);
	node_json_patch(&w, d->rq->arena, n, fields);
	emit_json(d, &(struct fragment){ .op = FRAG_PATCH, .seen_by = SEEN_BY_ALL,
	    .subject = n->id }, &json);
}

static void
emit_self(struct delta *d, const struct node *n)
{
	struct node_view view;
	struct buf json;
	struct jw w;

	if ((d->e = netcache_view(d->rq, n, &view)) != OK)
		return;
	buf_init(&json, DELTA_BYTES_MAX);
	jw_init(&w, &json);
	node_json_self(&w, d->rq->arena, n, &view, d->rq->cfg);
	emit_json(d, &(struct fragment){ .op = FRAG_VALUE, .seen_by = SEEN_BY_SUBJECT,
	    .subject = n->id, .name = STR("Node"),
	    .with = companion_of(d, netcache_owner(d->rq->cache, n->id)) }, &json);
}

static void
emit_gone(struct delta *d, int64_t id)
{
	emit_remove(d, id);
	emit_refresh(d, SEEN_BY_SUBJECT, id);	/* it learns of its own end */
}

static void
emit_node(struct delta *d, const struct touched *t)
{
	bool expiry = has(t, CHANGE_NODE_EXPIRY);
	struct node n;

	d->e = store_node_by_id(d->rq->db, d->rq->arena, t->id, &n);
	if (d->e == ERR_NOTFOUND) {
		d->e = OK;
		emit_gone(d, t->id);
		return;
	}
	if (d->e != OK)
		return;
	if (has(t, CHANGE_NODE))
		emit_upsert(d, t->id);
	else if ((t->fields != 0 || expiry) && node_showable(&n))
		emit_patch(d, &n, t->fields | (expiry ? PATCH_EXPIRY : 0u));
	if (expiry)	/* its stream may begin or cease to be alone */
		emit_refresh(d, SEEN_BY_SUBJECT, t->id);
	else if (has(t, CHANGE_NODE_SELF) && node_showable(&n))
		emit_self(d, &n);
}

/* ---- what is no node ---- */

static void
emit_value(struct delta *d, enum frag_op op, struct str name, struct str json)
{
	emit(d, &(struct fragment){ .op = op, .seen_by = SEEN_BY_EVERYONE, .name = name,
	    .bytes = { (const uint8_t *)json.p, json.n } });
}

static void
emit_document(struct delta *d, const char *name)
{
	if (strcmp(name, DOCUMENT_DNS) == 0)
		emit_value(d, FRAG_VALUE, STR("DNSConfig"),
		    str_of(netcache_dns(d->rq->cache)));
	else if (strcmp(name, DOCUMENT_DERPMAP) == 0)
		emit_value(d, FRAG_VALUE, STR("DERPMap"),
		    str_of(netcache_derpmap(d->rq->cache)));
	else if (strcmp(name, DOCUMENT_SETTINGS) == 0)
		emit_refresh(d, SEEN_BY_EVERYONE, 0);
}

static void
emit_other(struct delta *d, const struct change *c)
{
	struct str profile;

	if (c->kind == CHANGE_USER) {
		profile = netcache_profile(d->rq->cache, c->id);
		if (profile.n > 0)
			emit_value(d, FRAG_ITEM, STR("UserProfiles"), profile);
		d->rebuild = true;
	} else if (c->kind == CHANGE_DOCUMENT) {
		emit_document(d, c->subject);
	} else if (c->kind == CHANGE_LOGIN) {
		emit(d, &(struct fragment){ .op = FRAG_WAKE, .seen_by = SEEN_BY_EVERYONE,
		    .name = str_of(arena_printf(d->rq->arena, "login/%.50s", c->subject)) });
	}
}

/*
 * A client takes a profile at once but shows the old name until its next whole
 * rebuild; Domain, said again, makes it do one (protocol guide, 6.5).
 */
static void
emit_rebuild(struct delta *d)
{
	struct buf json;
	struct jw w;

	buf_init(&json, DELTA_BYTES_MAX);
	jw_init(&w, &json);
	jw_str(&w, netcache_domain(d->rq));
	emit_json(d, &(struct fragment){ .op = FRAG_VALUE, .seen_by = SEEN_BY_EVERYONE,
	    .name = STR("Domain") }, &json);
}

/* ---- collecting ---- */

static unsigned
patch_fields(const char *letters)
{
	return (strchr(letters, 'e') ? PATCH_ENDPOINTS : 0u) |
	    (strchr(letters, 'd') ? PATCH_DERP : 0u) |
	    (strchr(letters, 'o') ? PATCH_ONLINE : 0u);
}

static int
by_id(const void *pa, const void *pb)
{
	const struct touched *a = pa, *b = pb;

	return a->id < b->id ? -1 : a->id > b->id;
}

/* One entry per node, all that happened to it in it. */
static void
merge_nodes(struct delta *d)
{
	size_t kept = 0;

	if (d->n_nodes > 1)
		qsort(d->nodes, d->n_nodes, sizeof(d->nodes[0]), by_id);
	for (size_t i = 0; i < d->n_nodes; i++) {
		if (kept > 0 && d->nodes[kept - 1].id == d->nodes[i].id) {
			d->nodes[kept - 1].kinds |= d->nodes[i].kinds;
			d->nodes[kept - 1].fields |= d->nodes[i].fields;
		} else {
			d->nodes[kept++] = d->nodes[i];
		}
	}
	d->n_nodes = kept;
}

static void
collect(struct delta *d, const struct change *v, size_t n)
{
	d->nodes = arena_array(d->rq->arena, n, sizeof(d->nodes[0]));
	d->companions = arena_array(d->rq->arena, n, sizeof(d->companions[0]));
	for (size_t i = 0; i < n; i++) {
		if (v[i].kind > CHANGE_NODE_GONE)
			continue;
		d->nodes[d->n_nodes++] = (struct touched){
			.id = v[i].id, .kinds = 1u << v[i].kind,
			.fields = v[i].kind == CHANGE_NODE_PATCH ?
			    patch_fields(v[i].subject) : 0,
		};
	}
	merge_nodes(d);
}

/* Several renames of one user, or writes of one document, are one change. */
static bool
repeated(const struct change *v, size_t n, size_t i)
{
	for (size_t k = i + 1; k < n && k < i + 64; k++)
		if (v[k].kind == v[i].kind && v[k].id == v[i].id &&
		    strcmp(v[k].subject, v[i].subject) == 0)
			return true;
	return false;
}

static void
build(struct delta *d, const struct change *v, size_t n)
{
	collect(d, v, n);
	for (size_t i = 0; i < n; i++)
		if (v[i].kind > CHANGE_NODE_GONE && !repeated(v, n, i))
			emit_other(d, &v[i]);
	if (d->rebuild)
		emit_rebuild(d);
	for (size_t i = 0; d->e == OK && i < d->n_nodes; i++)
		emit_node(d, &d->nodes[i]);
}

static enum err
reply(struct req *rq, const struct delta *d, int64_t from)
{
	struct delta_head head = {
		.from = from, .to = netcache_seq(rq->cache), .count = d->count };

	req_reply(rq, 200, DELTA_CTYPE);
	rq->out.max = DELTA_BYTES_MAX + 1024;
	delta_head_encode(&rq->out, &head);
	buf_put(&rq->out, d->out.p, d->out.n);
	if (d->out.over || rq->out.over)
		return req_fail(rq, ERR_INTERNAL, "a delta of more than %u bytes",
		    DELTA_BYTES_MAX);
	return OK;
}

static enum err
fill(struct delta *d, int64_t since)
{
	struct req *rq = d->rq;
	struct change *v;
	size_t n;
	enum err e;

	if (since < 0 || since == netcache_seq(rq->cache))
		return OK;
	e = store_changes_since(rq->db, rq->arena, since, DELTA_CHANGES_MAX, &v, &n);
	if (e == ERR_TOOBIG) {
		emit_refresh(d, SEEN_BY_EVERYONE, 0);
		return OK;
	}
	if (e == OK)
		build(d, v, n);
	return e != OK ? e : d->e;
}

static enum err
internal_delta(struct req *rq)
{
	const char *text = req_query(rq, "since");
	struct delta d = { .rq = rq };
	int64_t since;
	enum err e;

	if (text == NULL || !str_i64(str_of(text), &since))
		return req_fail(rq, ERR_BADREQ, "since must be a number");
	if ((e = netcache_sync(rq)) != OK)
		return e;
	buf_init(&d.out, DELTA_BYTES_MAX);
	e = fill(&d, since);
	if (e == OK)
		e = reply(rq, &d, since < 0 ? netcache_seq(rq->cache) : since);
	buf_fini(&d.out);
	return e;
}

const struct route route_internal_delta = {
	.method = HTTP_GET,
	.path = "/internal/delta",
	.auth = AUTH_NOTIFIER,
	.txn = TXN_READ,
	.body_max = 0,
	.handle = internal_delta,
};
