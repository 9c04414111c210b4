/*
 * lib/policy/ssh_sources.c -- the sources of SSH rules, worked out once for all destinations.
 *
 * A rule for a thousand servers is told to each of them with all its sources,
 * so their text is kept with the net until the net changes.  Addresses are
 * sorted as text, as Tailscale's service does.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/policy/ssh_impl.h"

#define RECORDER_PORT 80			/* where tsrecorder listens in the tailnet */
#define KEPT_BYTES_MAX ((size_t)32 << 20)	/* of texts, per net */

struct cache {
	struct arena *a;
	uint64_t generation;
	struct ssh_sources **rules;	/* by number of the rule; NULL until asked for */
	size_t bytes;
};

/* ---- keeping ---- */

static void
cache_drop(void *p)
{
	struct cache *c = p;

	arena_free(c->a);
	free(c);
}

static void
cache_clear(struct net *t, struct cache *c)
{
	arena_reset(c->a);
	c->rules = arena_array(c->a, net_policy(t)->n_ssh, sizeof(*c->rules));
	c->bytes = 0;
	c->generation = net_kept(t)->generation;
}

static struct cache *
cache_of(struct net *t)
{
	struct net_kept *k = net_kept(t);
	struct cache *c = k->p;

	if (!c) {
		c = k->p = xcalloc(1, sizeof(*c));
		k->drop = cache_drop;
		c->a = arena_new();
		cache_clear(t, c);
	} else if (c->generation != k->generation) {
		cache_clear(t, c);
	}
	return c;
}

void
ssh_sources_trim(struct net *t)
{
	struct cache *c = cache_of(t);

	if (c->bytes > KEPT_BYTES_MAX)
		cache_clear(t, c);
}

/* ---- nodes ---- */

struct pick {
	struct net *t;
	struct arena *a;
	const struct policy_ssh *r;
	const struct net_node **v;
	size_t n, cap;
};

static void
pick_add(struct pick *p, const struct net_node *n)
{
	p->v = arena_room(p->a, p->v, p->n, &p->cap, sizeof(*p->v));
	p->v[p->n++] = n;
}

static void
pick_source(void *arg, const struct net_node *n)
{
	struct pick *p = arg;

	if (ssh_from(p->t, p->r, &(struct ssh_end){ .node = n }, NULL))
		pick_add(p, n);
}

static void
pick_recorder(void *arg, const struct net_node *n)
{
	struct pick *p = arg;

	if (net_selects_any(p->t, p->r->recorder, n))
		pick_add(p, n);
}

/* Users by id, tagged devices after them. */
static uint64_t
owner_rank(int64_t owner)
{
	return owner ? (uint64_t)owner : UINT64_MAX;
}

static int
by_owner(const void *pa, const void *pb)
{
	const struct net_node *a = *(const struct net_node *const *)pa;
	const struct net_node *b = *(const struct net_node *const *)pb;
	uint64_t x = owner_rank(a->user_id), y = owner_rank(b->user_id);

	if (x != y)
		return x < y ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

static void
split(struct ssh_sources *s, struct arena *a)
{
	const struct net_node *const *v = s->all.v;

	s->parts = arena_array(a, s->all.n, sizeof(*s->parts));
	for (size_t i = 0; i < s->all.n; i++) {
		if (i == 0 || v[i]->user_id != v[i - 1]->user_id)
			s->parts[s->n_parts++] = (struct ssh_part){
				.owner = v[i]->user_id, .v = v + i };
		s->parts[s->n_parts - 1].n++;
	}
}

/* ---- texts ---- */

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
sort_texts(const char **v, size_t n)
{
	if (n > 1)
		qsort(v, n, sizeof(*v), by_text);
}

static bool
tag_is_source(const struct policy *p, const struct policy_ssh *r, const char *tag)
{
	for (size_t i = 0; i < r->src.n; i++) {
		const struct selector *s = &p->selectors[r->src.v[i]];

		if (s->kind == SEL_TAGGED || (s->kind == SEL_TAG && strcmp(s->name, tag) == 0))
			return true;
	}
	return false;
}

/* A tagged device is listed once for each of its tags that is meant. */
static size_t
times_listed(const struct policy *p, const struct policy_ssh *r, const struct net_node *n)
{
	size_t times = 0;

	for (size_t i = 0; i < n->n_tags; i++)
		times += tag_is_source(p, r, n->tags[i]);
	return times ? times : 1;
}

static size_t
put_ip(const char **v, struct arena *a, const struct ip *ip, size_t times)
{
	char text[IP_TEXT_SIZE];

	if (ip->family == 0)
		return 0;
	v[0] = arena_strdup(a, ip_write(ip, text));
	for (size_t i = 1; i < times; i++)
		v[i] = v[0];
	return times;
}

static const char **
addresses_of(struct net *t, struct arena *a, const struct policy_ssh *r,
    const struct ssh_part *part, size_t *n)
{
	const struct policy *p = net_policy(t);
	const char **v;
	size_t room = 0;

	for (size_t i = 0; i < part->n; i++)
		room += 2 * times_listed(p, r, part->v[i]);
	v = arena_array(a, room, sizeof(*v));
	*n = 0;
	for (size_t i = 0; i < part->n; i++) {
		size_t times = times_listed(p, r, part->v[i]);

		*n += put_ip(v + *n, a, &part->v[i]->ip4, times);
		*n += put_ip(v + *n, a, &part->v[i]->ip6, times);
	}
	sort_texts(v, *n);
	return v;
}

struct str
ssh_principals(struct net *t, const struct ssh_sources *s, struct ssh_part *part)
{
	struct cache *c = cache_of(t);
	struct arena *scratch;
	const char **v;
	struct buf b;
	size_t n;

	if (part->principals.n > 0)
		return part->principals;
	scratch = arena_new();
	v = addresses_of(t, scratch, s->rule, part, &n);
	buf_init(&b, n * (IP_TEXT_SIZE + sizeof(",{\"nodeIP\":\"\"}")) + 2);
	buf_byte(&b, '[');
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%s{\"nodeIP\":\"%s\"}", i ? "," : "", v[i]);
	buf_byte(&b, ']');
	part->principals.n = b.n;
	part->principals.p = buf_text(&b, c->a);
	c->bytes += part->principals.n;
	arena_free(scratch);
	return part->principals;
}

static void
find_recorders(struct net *t, struct arena *a, struct ssh_sources *s)
{
	struct pick p = { .t = t, .a = a, .r = s->rule };
	char ip[IP_TEXT_SIZE];

	net_each(t, pick_recorder, &p);
	s->recorders = arena_array(a, 2 * p.n, sizeof(*s->recorders));
	for (size_t i = 0; i < p.n; i++) {
		if (p.v[i]->ip4.family != 0)
			s->recorders[s->n_recorders++] = arena_printf(a, "%s:%d",
			    ip_write(&p.v[i]->ip4, ip), RECORDER_PORT);
		if (p.v[i]->ip6.family != 0)
			s->recorders[s->n_recorders++] = arena_printf(a, "[%s]:%d",
			    ip_write(&p.v[i]->ip6, ip), RECORDER_PORT);
	}
	sort_texts(s->recorders, s->n_recorders);
}

/* ---- what the others ask for ---- */

struct ssh_sources *
ssh_sources(struct net *t, const struct policy_ssh *r)
{
	struct cache *c = cache_of(t);
	struct ssh_sources **at = &c->rules[r - net_policy(t)->ssh];
	struct pick p = { .t = t, .a = c->a, .r = r };

	if (*at)
		return *at;
	net_each(t, pick_source, &p);
	if (p.n > 1)
		qsort(p.v, p.n, sizeof(*p.v), by_owner);
	*at = arena_alloc(c->a, sizeof(**at));
	**at = (struct ssh_sources){ .rule = r, .all = { .v = p.v, .n = p.n } };
	split(*at, c->a);
	if (r->recorder.n > 0)
		find_recorders(t, c->a, *at);
	c->bytes += p.n * (2 * sizeof(*p.v) + sizeof(struct ssh_part));
	return *at;
}

struct ssh_part *
ssh_sources_of(struct ssh_sources *s, int64_t owner)
{
	size_t lo = 0, hi = s->n_parts;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->parts[mid].owner == owner)
			return &s->parts[mid];
		if (owner_rank(s->parts[mid].owner) < owner_rank(owner))
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}
