/* notifier/presence_set.c -- who came and went. */
#include "notifier/presence_set.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <uthash.h>

#include "lib/base/log.h"

struct presence_node {
	int64_t id;
	bool leaving;		/* a '-' is due at due_ms */
	bool minus_sent;	/* a '-' is under way */
	bool plus;		/* a '+' is due */
	bool plus_sent;
	int64_t gone_wall_ms, due_ms;
	int64_t minus_done_ms;	/* INT64_MIN: none was reported */
	UT_hash_handle hh;
};

void
presence_set_init(struct presence_set *p, int64_t grace_ms)
{
	*p = (struct presence_set){ .grace_ms = grace_ms,
	    .sync_done_ms = INT64_MIN };
}

static void
node_drop(struct presence_set *p, struct presence_node *nd)
{
	HASH_DEL(p->nodes, nd);
	free(nd);
}

void
presence_set_fini(struct presence_set *p)
{
	struct presence_node *nd, *tmp;

	HASH_ITER(hh, p->nodes, nd, tmp)
		node_drop(p, nd);
}

static struct presence_node *
node_find(struct presence_set *p, int64_t id)
{
	struct presence_node *nd;

	HASH_FIND(hh, p->nodes, &id, sizeof(id), nd);
	return nd;
}

static struct presence_node *
node_make(struct presence_set *p, int64_t id)
{
	struct presence_node *nd = node_find(p, id);

	if (nd == NULL) {
		nd = xcalloc(1, sizeof(*nd));
		nd->id = id;
		nd->minus_done_ms = INT64_MIN;
		HASH_ADD(hh, p->nodes, id, sizeof(nd->id), nd);
	}
	return nd;
}

void
presence_gone(struct presence_set *p, int64_t id, int64_t wall_ms,
    int64_t now_ms)
{
	struct presence_node *nd = node_make(p, id);

	nd->leaving = true;
	nd->plus = false;
	nd->gone_wall_ms = wall_ms;
	nd->due_ms = now_ms + p->grace_ms;
}

void
presence_open(struct presence_set *p, int64_t id, int64_t started_ms)
{
	struct presence_node *nd = node_find(p, id);
	bool crossed = p->sync_reporting || started_ms <= p->sync_done_ms;

	if (nd) {
		nd->leaving = false;
		crossed = crossed || nd->minus_sent ||
		    started_ms <= nd->minus_done_ms;
	}
	if (crossed)
		node_make(p, id)->plus = true;
}

bool
presence_collect(struct presence_set *p, int64_t now_ms, struct buf *out)
{
	struct presence_node *nd, *tmp;

	assert(!p->reporting);
	HASH_ITER(hh, p->nodes, nd, tmp) {
		if (nd->leaving && nd->due_ms <= now_ms) {
			buf_printf(out, "-%" PRId64 " %" PRId64 "\n", nd->id,
			    nd->gone_wall_ms);
			nd->leaving = false;
			nd->minus_sent = p->reporting = true;
		} else if (nd->plus) {
			buf_printf(out, "+%" PRId64 "\n", nd->id);
			nd->plus = false;
			nd->plus_sent = p->reporting = true;
		} else if (!nd->leaving &&
		    nd->minus_done_ms < now_ms - PRESENCE_MEMORY_MS) {
			node_drop(p, nd);
		}
	}
	return p->reporting;
}

void
presence_sync_begin(struct presence_set *p)
{
	assert(!p->reporting);
	p->reporting = p->sync_reporting = true;
}

/* A '-' or '+' was not taken: try again, unless the node has turned round since. */
static void
node_retry(struct presence_node *nd, int64_t now_ms)
{
	if (nd->minus_sent && !nd->plus && !nd->leaving) {
		nd->leaving = true;
		nd->due_ms = now_ms + PRESENCE_RETRY_MS;
	}
	if (nd->plus_sent && !nd->leaving)
		nd->plus = true;
}

void
presence_done(struct presence_set *p, bool ok, int64_t now_ms)
{
	struct presence_node *nd, *tmp;

	/* A report that failed may have been taken all the same. */
	if (p->sync_reporting)
		p->sync_done_ms = now_ms;
	HASH_ITER(hh, p->nodes, nd, tmp) {
		if (nd->minus_sent)
			nd->minus_done_ms = now_ms;
		if (!ok)
			node_retry(nd, now_ms);
		nd->minus_sent = nd->plus_sent = false;
	}
	p->reporting = p->sync_reporting = false;
}

bool
presence_pending(const struct presence_set *p)
{
	return p->nodes != NULL;
}
