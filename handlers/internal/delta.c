/*
 * handlers/internal/delta.c -- GET /internal/delta: what changed, as fragments of map messages.
 *
 * Per node one of remove, upsert and patch, the cheapest that says it all: a
 * client rebuilds its whole map for some fields and applies others in place.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "handlers/internal/delta_impl.h"
#include "handlers/routes.h"
#include "lib/base/log.h"
#include "lib/store/store.h"

#define DELTA_CHANGES_MAX 50000	/* more: everybody gets a new map */
#define NEW_NODE_MS 60000	/* the first delta about a node is asked for within this time */

static bool
has(const struct touched *t, enum change_kind k)
{
	return t->kinds & (1u << k);
}

uint32_t
delta_emit(struct delta *d, const struct fragment *f)
{
	fragment_encode(&d->out, f);
	return ++d->count;
}

void
delta_emit_json(struct delta *d, const struct fragment *as, struct buf *json)
{
	struct fragment f = *as;

	f.bytes = buf_span(json);
	delta_emit(d, &f);
	buf_fini(json);
}

/* ---- fragments of one node ---- */

uint32_t
delta_companion(struct delta *d, int64_t user_id)
{
	struct str json = netcache_profile(d->rq->cache, user_id);
	struct fragment f = {
		.op = FRAG_ITEM, .seen_by = SEEN_BY_LIST, .name = STR("UserProfiles"),
		.bytes = { (const uint8_t *)json.p, json.n },
	};

	for (size_t i = d->n_companions; i > 0; i--)
		if (d->companions[i - 1].user_id == user_id)
			return d->companions[i - 1].index;
	if (json.n == 0)
		return 0;
	if (d->n_companions == d->cap_companions) {
		d->cap_companions = d->cap_companions ? 2 * d->cap_companions : 16;
		d->companions = xrealloc(d->companions,
		    d->cap_companions * sizeof(*d->companions));
	}
	d->companions[d->n_companions++] = (struct companion){ user_id, delta_emit(d, &f) };
	return d->count;
}

void
delta_rebuild(struct delta *d, enum audience seen_by, const int64_t *ids, size_t n)
{
	struct fragment f = { .op = FRAG_VALUE, .seen_by = seen_by, .name = STR("Domain"),
		.ids = ids, .n_ids = (uint32_t)n };
	struct buf json;
	struct jw w;

	buf_init(&json, DELTA_BYTES_MAX);
	jw_init(&w, &json);
	jw_str(&w, netcache_domain(d->rq));
	delta_emit_json(d, &f, &json);
}

static void
emit_refresh(struct delta *d, enum audience seen_by, int64_t id)
{
	delta_emit(d, &(struct fragment){ .op = FRAG_REFRESH, .seen_by = seen_by, .subject = id });
}

/* Whoever is told the node whole in the same delta gets no patch of it. */
static void
emit_patch(struct delta *d, const struct node *n, unsigned fields)
{
	struct fragment f = { .op = FRAG_PATCH, .seen_by = SEEN_BY_ALL, .subject = n->id };
	struct buf json;
	struct jw w;

	f.n_ids = (uint32_t)delta_pair_viewers(d, n->id, &f.ids);
	if (f.n_ids > 0)
		f.seen_by = SEEN_BY_OTHERS;
	buf_init(&json, DELTA_BYTES_MAX);
	jw_init(&w, &json);
	node_json_patch(&w, d->rq->arena, n, fields);
	delta_emit_json(d, &f, &json);
}

/* Its policy's attributes and its name are in it, where NextDNS answers. */
static void
emit_own_dns(struct delta *d, const struct node *n)
{
	struct str json;

	if (!netcache_dns_is_personal(d->rq->cache))
		return;
	json = str_of(netcache_dns_of(d->rq, n));
	delta_emit(d, &(struct fragment){ .op = FRAG_VALUE, .seen_by = SEEN_BY_SUBJECT,
	    .subject = n->id, .name = STR("DNSConfig"),
	    .bytes = { (const uint8_t *)json.p, json.n } });
}

static void
emit_self(struct delta *d, const struct node *n)
{
	struct attrs_base caps = netcache_caps(d->rq);
	struct node_view view;
	struct buf json;
	struct jw w;

	if ((d->e = netcache_view(d->rq, d->rq->arena, n, &view)) != OK)
		return;
	buf_init(&json, DELTA_BYTES_MAX);
	jw_init(&w, &json);
	node_json_self(&w, d->rq->arena, n, &view, netcache_net(d->rq->cache), &caps);
	delta_emit_json(d, &(struct fragment){ .op = FRAG_VALUE, .seen_by = SEEN_BY_SUBJECT,
	    .subject = n->id, .name = STR("Node"),
	    .with = delta_companion(d, netcache_owner(d->rq->cache, n->id)) }, &json);
	emit_own_dns(d, n);
}

static void
emit_gone(struct delta *d, int64_t id)
{
	delta_peer_gone(d, id);
	emit_refresh(d, SEEN_BY_SUBJECT, id);	/* it learns of its own end */
}

/*
 * One that is not admitted: nobody holds it but from before, and what it sees of
 * itself is all its map.
 */
static void
emit_outsider(struct delta *d, const struct touched *t)
{
	if (has(t, CHANGE_NODE_ADMISSION))
		delta_peer_gone(d, t->id);
	if (has(t, CHANGE_NODE_ADMISSION) || has(t, CHANGE_NODE_SELF) ||
	    has(t, CHANGE_NODE_EXPIRY))
		emit_refresh(d, SEEN_BY_SUBJECT, t->id);
}

/* Does this delta bring the first node of a user? */
static bool
brings_user(struct delta *d, const struct touched *t, const struct node *n)
{
	int64_t count = 0;

	if (!has(t, CHANGE_NODE_ADMISSION) && n->created_ms + NEW_NODE_MS < d->rq->now_ms)
		return false;
	d->e = store_user_node_count(d->rq->db, n->user_id, &count);
	return d->e == OK && count == 1;
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
	if (!node_admitted(&n)) {
		emit_outsider(d, t);
		return;
	}
	if (has(t, CHANGE_NODE) || has(t, CHANGE_NODE_ADMISSION))
		delta_peer(d, t->id, brings_user(d, t, &n));
	else if ((t->fields != 0 || expiry) && node_showable(&n))
		emit_patch(d, &n, t->fields | (expiry ? PATCH_EXPIRY : 0u));
	if (expiry || has(t, CHANGE_NODE_ADMISSION))	/* its stream may begin or cease to be alone */
		emit_refresh(d, SEEN_BY_SUBJECT, t->id);
	else if (has(t, CHANGE_NODE_SELF) && node_showable(&n))
		emit_self(d, &n);
}

/* ---- what is no node ---- */

static void
emit_value(struct delta *d, enum audience seen_by, struct str name, struct str json)
{
	delta_emit(d, &(struct fragment){ .op = FRAG_VALUE, .seen_by = seen_by,
	    .name = name, .bytes = { (const uint8_t *)json.p, json.n } });
}

static void
emit_derpmap(struct delta *d)
{
	emit_value(d, SEEN_BY_EVERYONE, STR("DERPMap"), str_of(netcache_derpmap(d->rq->cache)));
}

static void
emit_document(struct delta *d, const char *name)
{
	if (strcmp(name, DOCUMENT_DNS) == 0 && netcache_dns_is_personal(d->rq->cache))
		emit_refresh(d, SEEN_BY_EVERYONE, 0);
	else if (strcmp(name, DOCUMENT_DNS) == 0)	/* not for those alone: they are not in */
		emit_value(d, SEEN_BY_ALL, STR("DNSConfig"), str_of(netcache_dns(d->rq->cache)));
	else if (strcmp(name, DOCUMENT_DERPMAP) == 0)
		d->news.derpmap = true;
	else if (strcmp(name, DOCUMENT_SETTINGS) == 0)
		emit_refresh(d, SEEN_BY_EVERYONE, 0);
}

static void
emit_user(struct delta *d, int64_t id)
{
	struct str profile = netcache_profile(d->rq->cache, id);
	struct fragment item = { .op = FRAG_ITEM, .seen_by = SEEN_BY_ALL,
		.name = STR("UserProfiles"), .bytes = { (const uint8_t *)profile.p, profile.n } };
	size_t n;

	if (profile.n == 0)
		return;
	if (delta_knows_user(d, id, &item.ids, &n)) {
		if (n == 0)
			return;
		item.seen_by = SEEN_BY_LIST;
		item.n_ids = (uint32_t)n;
	}
	delta_emit(d, &item);
	delta_rebuild(d, item.seen_by, item.ids, item.n_ids);
}

static void
emit_other(struct delta *d, const struct change *c)
{
	if (c->kind == CHANGE_USER)
		emit_user(d, c->id);
	else if (c->kind == CHANGE_DOCUMENT)
		emit_document(d, c->subject);
	else if (c->kind == CHANGE_LOGIN)
		delta_emit(d, &(struct fragment){ .op = FRAG_WAKE,
		    .seen_by = SEEN_BY_EVERYONE,
		    .name = str_of(arena_printf(d->rq->arena, "login/%.50s", c->subject)) });
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
add(struct delta *d, int64_t id, enum change_kind kind, unsigned fields)
{
	d->nodes[d->n_nodes++] = (struct touched){ id, 1u << kind, fields };
}

/* Nodes that changes are about, and those whose place in the net changed with them. */
static void
collect(struct delta *d, const struct change *v, size_t n)
{
	const struct netcache_news *news = &d->news;

	d->nodes = arena_array(d->rq->arena, n + news->n_moved + news->n_selves,
	    sizeof(d->nodes[0]));
	for (size_t i = 0; i < n; i++)
		if (v[i].kind <= CHANGE_NODE_GONE)
			add(d, v[i].id, v[i].kind, v[i].kind == CHANGE_NODE_PATCH ?
			    patch_fields(v[i].subject) : 0);
	for (size_t i = 0; i < news->n_moved; i++)
		add(d, news->moved[i], CHANGE_NODE, 0);
	for (size_t i = 0; i < news->n_selves; i++)
		add(d, news->selves[i], CHANGE_NODE_SELF, 0);
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

/* Writes the head at the start of the answer: first to make room, then as it is. */
static void
begin(struct delta *d, int64_t from)
{
	d->out.n = 0;
	delta_head_encode(&d->out, &(struct delta_head){
		.from = from, .to = netcache_seq(d->rq->cache), .count = d->count });
}

static void
build(struct delta *d, const struct change *v, size_t n)
{
	collect(d, v, n);
	for (size_t i = 0; i < n; i++)
		if (v[i].kind > CHANGE_NODE_GONE && !repeated(v, n, i))
			emit_other(d, &v[i]);
	if (d->news.derpmap)
		emit_derpmap(d);
	for (size_t i = 0; d->e == OK && i < d->n_nodes; i++)
		emit_node(d, &d->nodes[i]);
	delta_pairs(d);
	delta_values(d);
	for (size_t i = 0; i < d->news.n_refreshed; i++)
		emit_refresh(d, SEEN_BY_SUBJECT, d->news.refreshed[i]);
	if (d->news.unsteady)
		emit_refresh(d, SEEN_BY_NEWCOMERS, 0);
}

/* Everybody gets a new map; only those who wait for something else hear of that. */
static void
emit_only_refresh(struct delta *d, const struct change *v, size_t n)
{
	buf_clear(&d->out);
	d->count = 0;
	begin(d, 0);
	emit_refresh(d, SEEN_BY_EVERYONE, 0);
	for (size_t i = 0; i < n; i++)
		if (v[i].kind == CHANGE_LOGIN)
			emit_other(d, &v[i]);
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
	if (e != OK)
		return e;
	d->oldest_ms = n > 0 ? v[0].at_ms : 0;
	/* A worker that started a moment ago does not know what was before; rare. */
	if (!netcache_news(rq->cache, rq->arena, since, &d->news) && !netcache_harmless(v, n) &&
	    net_policy(netcache_net(rq->cache)) != NULL)
		emit_refresh(d, SEEN_BY_EVERYONE, 0);
	build(d, v, n);
	if (d->out.over || d->count > DELTA_FRAGMENTS_MAX)
		emit_only_refresh(d, v, n);
	return d->e;
}

/* The head goes before what is there; the answer is the buffer itself. */
static void
reply(struct delta *d, int64_t from)
{
	struct req *rq = d->rq;
	size_t end = d->out.n;

	req_reply(rq, 200, DELTA_CTYPE);
	if (d->oldest_ms != 0)
		req_header(rq, DELTA_OLDEST, arena_printf(rq->arena, "%" PRId64, d->oldest_ms));
	begin(d, from);
	d->out.n = end;
	buf_fini(&rq->out);
	rq->out = d->out;
	d->out = (struct buf){ 0 };
}

/* The notifier asks for a delta after every commit, so it hears of webhooks here. */
static enum err
webhooks_header(struct req *rq)
{
	int64_t due;
	enum err e = store_webhooks_next(rq->db, &due);

	if (e == OK && due != TIME_NONE)
		req_header(rq, DELTA_WEBHOOKS, arena_printf(rq->arena, "%" PRId64,
		    due > rq->now_ms ? due - rq->now_ms : 0));
	return e;
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
	begin(&d, 0);
	e = fill(&d, since);
	if (e == OK)
		reply(&d, since < 0 ? netcache_seq(rq->cache) : since);
	if (e == OK)
		e = webhooks_header(rq);
	buf_fini(&d.out);
	free(d.companions);
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
