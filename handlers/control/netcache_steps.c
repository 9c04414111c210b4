/*
 * handlers/control/netcache_steps.c -- what the latest steps of the cache made different.
 *
 * What a change does to others follows from the state before it, which only a
 * cache remembers that was there.  So the worker that makes deltas makes nothing
 * else, and takes exactly the steps that the notifier asks for; an answer that
 * was lost is made again from what is kept here.
 */
#include <stdlib.h>
#include <string.h>

#include "handlers/control/netcache_impl.h"
#include "lib/base/ids.h"
#include "lib/base/log.h"

void
netcache_list_add(struct netcache_list *l, int64_t id)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 16;
		l->v = xrealloc(l->v, l->cap * sizeof(*l->v));
	}
	l->v[l->n++] = id;
}

void
netcache_pair_add(struct step *s, int64_t viewer, int64_t peer)
{
	if (s->n_pairs == s->cap_pairs) {
		s->cap_pairs = s->cap_pairs ? s->cap_pairs * 2 : 16;
		s->pairs = xrealloc(s->pairs, s->cap_pairs * sizeof(*s->pairs));
	}
	s->pairs[s->n_pairs++] = (struct netcache_pair){ viewer, peer };
}

struct step *
netcache_step_new(int64_t from, int64_t to)
{
	struct step *s = xcalloc(1, sizeof(*s));

	s->from = from;
	s->to = to;
	return s;
}

void
netcache_step_free(struct step *s)
{
	free(s->filters.v);
	free(s->ssh.v);
	free(s->selves.v);
	free(s->moved.v);
	free(s->refreshed.v);
	free(s->pairs);
	free(s);
}

static size_t
step_ids(const struct step *s)
{
	return s->filters.n + s->ssh.n + s->selves.n + s->moved.n + s->refreshed.n +
	    2 * s->n_pairs;
}

static struct step *
step_at(const struct steps *l, size_t i)
{
	return l->v[(l->head + i) % STEPS_MAX];
}

static void
drop_oldest(struct steps *l)
{
	struct step *s = step_at(l, 0);

	l->floor = s->to;
	l->ids -= step_ids(s);
	l->head = (l->head + 1) % STEPS_MAX;
	l->n--;
	netcache_step_free(s);
}

void
netcache_steps_push(struct netcache *c, struct step *s)
{
	struct steps *l = &c->steps;

	if (l->n == STEPS_MAX)
		drop_oldest(l);
	l->v[(l->head + l->n++) % STEPS_MAX] = s;
	l->ids += step_ids(s);
	while (l->n > 1 && l->ids > STEPS_IDS_MAX)
		drop_oldest(l);
}

void
netcache_steps_clear(struct netcache *c, int64_t floor)
{
	while (c->steps.n > 0)
		drop_oldest(&c->steps);
	c->steps.floor = floor;
}

/* ---- asking ---- */

static void
gather(struct netcache_list *to, const struct netcache_list *from)
{
	for (size_t i = 0; i < from->n; i++)
		netcache_list_add(to, from->v[i]);
}

static const int64_t *
settled(struct arena *a, struct netcache_list *l, size_t *n)
{
	int64_t *v = arena_array(a, l->n, sizeof(*v));

	*n = l->n > 0 ? ids_sort_unique(l->v, l->n) : 0;
	if (*n > 0)
		memcpy(v, l->v, *n * sizeof(*v));
	return v;
}

static int
by_peer(const void *pa, const void *pb)
{
	const struct netcache_pair *a = pa, *b = pb;

	if (a->peer != b->peer)
		return a->peer < b->peer ? -1 : 1;
	return a->viewer < b->viewer ? -1 : a->viewer > b->viewer;
}

static const struct netcache_pair *
settled_pairs(struct arena *a, const struct step *all, size_t *n)
{
	struct netcache_pair *v = arena_array(a, all->n_pairs, sizeof(*v));
	size_t kept = 0;

	if (all->n_pairs > 0)
		qsort(all->pairs, all->n_pairs, sizeof(*v), by_peer);
	for (size_t i = 0; i < all->n_pairs; i++)
		if (kept == 0 || by_peer(&v[kept - 1], &all->pairs[i]) != 0)
			v[kept++] = all->pairs[i];
	*n = kept;
	return v;
}

static void
add_step(struct step *all, const struct step *s)
{
	gather(&all->filters, &s->filters);
	gather(&all->ssh, &s->ssh);
	gather(&all->selves, &s->selves);
	gather(&all->moved, &s->moved);
	gather(&all->refreshed, &s->refreshed);
	for (size_t i = 0; i < s->n_pairs; i++)
		netcache_pair_add(all, s->pairs[i].viewer, s->pairs[i].peer);
	all->derpmap |= s->derpmap;
	all->events += s->events;
}

bool
netcache_news(const struct netcache *c, struct arena *a, int64_t since,
    struct netcache_news *out)
{
	struct step *all = netcache_step_new(since, c->seq);
	bool known = since >= c->steps.floor;

	for (size_t i = 0; i < c->steps.n; i++) {
		const struct step *s = step_at(&c->steps, i);
		if (s->to > since)
			add_step(all, s);
		known = known && (s->to <= since || s->from >= since);
	}
	*out = (struct netcache_news){
		.derpmap = all->derpmap,
		.unsteady = all->events > 1 && net_policy(c->net) != NULL,
	};
	out->filters = settled(a, &all->filters, &out->n_filters);
	out->ssh = settled(a, &all->ssh, &out->n_ssh);
	out->selves = settled(a, &all->selves, &out->n_selves);
	out->moved = settled(a, &all->moved, &out->n_moved);
	out->refreshed = settled(a, &all->refreshed, &out->n_refreshed);
	out->pairs = settled_pairs(a, all, &out->n_pairs);
	netcache_step_free(all);
	return known;
}
