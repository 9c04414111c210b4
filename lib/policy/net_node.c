/*
 * lib/policy/net_node.c -- nodes and users in and out of a net, and whom that touches.
 *
 * A change costs the selectors that the node enters or leaves: only the rules
 * with one of these get a new text, and only their other side is touched.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/ids.h"
#include "lib/base/log.h"
#include "lib/policy/net_impl.h"

struct net *
net_new(void)
{
	struct net *t = xcalloc(1, sizeof(*t));

	t->scratch = arena_new();
	t->users_a = arena_new();
	t->a = arena_new();
	net_select_setup(t);
	net_sides_setup(t);
	return t;
}

static void
node_free(struct nnode *n)
{
	free(n->selected);
	free(n->postures);
	free(n->text);
	free(n);
}

void
net_free(struct net *t)
{
	if (t == NULL)
		return;
	if (t->kept.drop != NULL)
		t->kept.drop(t->kept.p);
	net_sides_free(t);
	for (size_t i = 0; i < t->n_slots; i++)
		if (t->slots[i] != NULL)
			node_free(t->slots[i]);
	for (size_t i = 0; i < t->n_owned; i++)
		free(t->owned[i].slots);
	free(t->owned);
	free(t->slots);
	free(t->ids);
	free(t->touched);
	free(t->moved);
	arena_free(t->scratch);
	arena_free(t->users_a);
	arena_free(t->a);
	free(t);
}

struct net_kept *
net_kept(struct net *t)
{
	return &t->kept;
}

/* ---- finding ---- */

/* Where 'id' is, or would be. */
static size_t
ids_at(const struct net *t, int64_t id)
{
	size_t lo = 0, hi = t->n_ids;

	if (hi > 0 && t->ids[hi - 1].id < id)
		return hi;	/* new nodes have the highest id */
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (t->ids[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct nnode *
net_find(const struct net *t, int64_t id)
{
	size_t i = ids_at(t, id);

	return i < t->n_ids && t->ids[i].id == id ? t->slots[t->ids[i].slot] : NULL;
}

const struct net_node *
net_node(const struct net *t, int64_t id)
{
	const struct nnode *n = net_find(t, id);

	return n ? &n->n : NULL;
}

size_t
net_count(const struct net *t)
{
	return t->n_ids;
}

void
net_each(struct net *t, void (*fn)(void *arg, const struct net_node *n), void *arg)
{
	for (size_t i = 0; i < t->n_ids; i++)
		fn(arg, &t->slots[t->ids[i].slot]->n);
}

const struct net_user *
net_users(const struct net *t, size_t *n)
{
	*n = t->n_users;
	return t->users;
}

const struct net_user *
net_user(const struct net *t, int64_t id)
{
	size_t lo = 0, hi = t->n_users;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (t->users[mid].id == id)
			return &t->users[mid];
		if (t->users[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static size_t
owned_at(const struct net *t, int64_t user_id)
{
	size_t lo = 0, hi = t->n_owned;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (t->owned[mid].user_id < user_id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct user_nodes *
net_owned(const struct net *t, int64_t user_id)
{
	size_t i = owned_at(t, user_id);

	return i < t->n_owned && t->owned[i].user_id == user_id ? &t->owned[i] : NULL;
}

/* ---- slots ---- */

static uint64_t *
grown(uint64_t *w, size_t from, size_t to)
{
	w = xrealloc(w, to * sizeof(*w));
	memset(w + from, 0, (to - from) * sizeof(*w));
	return w;
}

/* Room for twice as many nodes in every bitmap. */
static void
slots_grow(struct net *t)
{
	size_t cap = t->cap_slots ? t->cap_slots * 2 : 256;
	size_t words = cap / BITS_PER_WORD;

	t->slots = xrealloc(t->slots, cap * sizeof(struct nnode *));
	memset(t->slots + t->cap_slots, 0, (cap - t->cap_slots) * sizeof(struct nnode *));
	t->touched = grown(t->touched, t->words, words);
	t->moved = grown(t->moved, t->words, words);
	for (size_t i = 0; t->p != NULL && i < t->p->n_selectors; i++)
		if (t->members[i] != NULL)
			t->members[i] = grown(t->members[i], t->words, words);
	for (size_t i = 0; i < t->n_sides; i++)
		t->sides[i].bits = grown(t->sides[i].bits, t->words, words);
	t->cap_slots = cap;
	t->words = words;
}

/* Slots are given in turn; those of dropped nodes are used again once the end is reached. */
static uint32_t
slot_take(struct net *t)
{
	if (t->n_slots < t->cap_slots)
		return (uint32_t)t->n_slots++;
	if (t->n_ids < t->n_slots)
		for (size_t i = 0; i < t->n_slots; i++)
			if (t->slots[i] == NULL)
				return (uint32_t)i;
	slots_grow(t);
	return (uint32_t)t->n_slots++;
}

static struct nnode *
node_add(struct net *t, int64_t id)
{
	struct nnode *n = xcalloc(1, sizeof(*n));
	size_t i = ids_at(t, id);

	n->slot = slot_take(t);
	n->n.id = id;
	t->slots[n->slot] = n;
	t->ids = xrealloc(t->ids, (t->n_ids + 1) * sizeof(*t->ids));
	memmove(t->ids + i + 1, t->ids + i, (t->n_ids - i) * sizeof(*t->ids));
	t->ids[i] = (struct id_slot){ id, n->slot };
	t->n_ids++;
	return n;
}

/* ---- a user's nodes ---- */

static void
owned_add(struct net *t, int64_t user_id, uint32_t slot)
{
	struct user_nodes *o;
	size_t i = owned_at(t, user_id);

	if (i == t->n_owned || t->owned[i].user_id != user_id) {
		t->owned = xrealloc(t->owned, (t->n_owned + 1) * sizeof(*o));
		memmove(t->owned + i + 1, t->owned + i, (t->n_owned - i) * sizeof(*o));
		t->owned[i] = (struct user_nodes){ .user_id = user_id };
		t->n_owned++;
	}
	o = &t->owned[i];
	if (o->n == o->cap) {
		o->cap = o->cap ? o->cap * 2 : 4;
		o->slots = xrealloc(o->slots, o->cap * sizeof(*o->slots));
	}
	o->slots[o->n++] = slot;
}

static void
owned_remove(struct net *t, int64_t user_id, uint32_t slot)
{
	struct user_nodes *o = net_owned(t, user_id);

	for (size_t i = 0; o != NULL && i < o->n; i++)
		if (o->slots[i] == slot) {
			o->slots[i] = o->slots[--o->n];
			return;
		}
}

/* ---- copying ---- */

static size_t
text_size(const struct net_node *n)
{
	const struct net_posture *p = &n->posture;
	size_t size = strlen(n->name) + strlen(p->os) + strlen(p->os_version) +
	    strlen(p->ts_version) + strlen(p->ts_track) + 5;

	for (size_t i = 0; i < n->n_tags; i++)
		size += strlen(n->tags[i]) + 1;
	return size + (n->n_routes + n->n_primary) * sizeof(struct prefix) +
	    n->n_tags * sizeof(char *);
}

static const char *
put_text(char **at, const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = memcpy(*at, s, n);

	*at += n;
	return p;
}

static const struct prefix *
put_prefixes(char **at, const struct prefix *v, size_t n)
{
	const struct prefix *p = (const struct prefix *)*at;

	if (n > 0)
		memcpy(*at, v, n * sizeof(*v));
	*at += n * sizeof(*v);
	return p;
}

/* Everything that 'from' points to goes into one piece that n->text owns. */
static void
node_copy(struct nnode *n, const struct net_node *from)
{
	char *text = xcalloc(1, text_size(from) + 1), *at = text;
	const char **tags = (const char **)at;
	struct net_posture *p = &n->n.posture;

	n->n = *from;
	at += from->n_tags * sizeof(char *);
	n->n.routes = put_prefixes(&at, from->routes, from->n_routes);
	n->n.primary = put_prefixes(&at, from->primary, from->n_primary);
	for (size_t i = 0; i < from->n_tags; i++)
		tags[i] = put_text(&at, from->tags[i]);
	n->n.tags = tags;
	n->n.name = put_text(&at, from->name);
	p->os = put_text(&at, from->posture.os);
	p->os_version = put_text(&at, from->posture.os_version);
	p->ts_version = put_text(&at, from->posture.ts_version);
	p->ts_track = put_text(&at, from->posture.ts_track);
	free(n->text);
	n->text = text;
	n->ip4[0] = n->ip6[0] = '\0';
	if (from->ip4.family != 0)
		ip_write(&from->ip4, n->ip4);
	if (from->ip6.family != 0)
		ip_write(&from->ip6, n->ip6);
	n->exit_node = false;
	for (size_t i = 0; i < from->n_routes; i++)
		n->exit_node |= prefix_is_default(&from->routes[i]);
}

/* ---- touching ---- */

void
net_touch(struct net *t, const uint64_t *nodes)
{
	bits_or(t->touched, nodes, t->words);
	t->has_touched = true;
}

void
net_touch_owned(struct net *t, int64_t user_id)
{
	const struct user_nodes *o = net_owned(t, user_id);

	for (size_t i = 0; o != NULL && i < o->n; i++)
		bit_set(t->touched, o->slots[i]);
	t->has_touched = true;
}

static bool
routes_eq(const struct net_node *a, const struct net_node *b)
{
	if (a->n_routes != b->n_routes || a->n_primary != b->n_primary)
		return false;
	for (size_t i = 0; i < a->n_routes; i++)
		if (!prefix_eq(&a->routes[i], &b->routes[i]))
			return false;
	for (size_t i = 0; i < a->n_primary; i++)
		if (!prefix_eq(&a->primary[i], &b->primary[i]))
			return false;
	return true;
}

/* Routers of the same prefix: for a 'via' the lowest of them is shown. */
static void
move_twins(struct net *t, const struct net_node *n)
{
	for (size_t s = 0; s < t->n_slots; s++) {
		const struct nnode *o = t->slots[s];
		if (o == NULL || o->n.n_routes == 0)
			continue;
		for (size_t i = 0; i < o->n.n_routes; i++)
			for (size_t k = 0; k < n->n_routes; k++)
				if (prefix_eq(&o->n.routes[i], &n->routes[k]))
					bit_set(t->moved, s);
	}
}

/* ---- what a change does to the rules ---- */

struct shift {			/* how one node changed */
	struct nnode *n;
	const uint64_t *before, *after;	/* selectors that mean it */
	const uint64_t *postures_before, *postures_after;
	bool moved;		/* its addresses changed */
	bool rerouted;		/* its routes did */
};

static bool
bit_of(const uint64_t *w, uint32_t i)
{
	return w != NULL && bit_has(w, i);
}

static bool
postures_differ(const struct shift *s, const struct side *side)
{
	for (size_t i = 0; i < side->n_postures; i++)
		if (bit_of(s->postures_before, side->postures[i]) !=
		    bit_of(s->postures_after, side->postures[i]))
			return true;
	return false;
}

/* Is what the side means as a source another set of addresses now? */
static bool
side_shifted(const struct side *side, const struct shift *s)
{
	bool posture = side->n_postures > 0 && postures_differ(s, side);

	if (side->any && s->rerouted && side->n_postures == 0)
		return true;
	for (size_t i = 0; i < side->sel.n; i++) {
		bool was = bit_of(s->before, side->sel.v[i]);
		bool is = bit_of(s->after, side->sel.v[i]);
		if (was != is || ((was || is) && (s->moved || posture)))
			return true;
	}
	return false;
}

/* Sides with a selector that the node entered or left, or in which it has another address. */
static void
shift_sides(struct net *t, const struct shift *s)
{
	for (size_t i = 0; i < t->n_sides; i++) {
		struct side *side = &t->sides[i];
		side->stale = side->stale || side_shifted(side, s);
		if (s->after != NULL && side_has(t, side, s->n))
			bit_set(side->bits, s->n->slot);
		else
			bit_clear(side->bits, s->n->slot);
	}
}

/* Whoever is behind a side with a new text gets another filter. */
static void
touch_rules(struct net *t, const struct shift *s)
{
	for (size_t i = 0; i < t->n_rules; i++) {
		const struct rule *r = &t->rules[i];
		struct side *src = &t->sides[r->src], *dst = &t->sides[r->dst];
		if (side_shifted(src, s))
			net_touch(t, dst->bits);
		if (r->r->n_app > 0 && side_shifted(dst, s))
			net_touch(t, src->bits);
	}
}

static void
touch_ssh(struct net *t, const struct shift *s)
{
	for (size_t i = 0; i < t->p->n_ssh; i++) {
		const struct policy_ssh *r = &t->p->ssh[i];
		bool in = r->n_postures > 0;
		for (size_t k = 0; !in && k < r->src.n; k++)
			in = bit_of(s->before, r->src.v[k]) || bit_of(s->after, r->src.v[k]);
		for (size_t k = 0; !in && k < r->recorder.n; k++)
			in = bit_of(s->before, r->recorder.v[k]) ||
			    bit_of(s->after, r->recorder.v[k]);
		for (size_t k = 0; in && k < r->dst.n; k++)
			if (t->members[r->dst.v[k]] != NULL)
				net_touch(t, t->members[r->dst.v[k]]);
	}
}

/* False if nothing changed that a rule could see. */
static bool
shift(struct net *t, const struct shift *s)
{
	bool same = !s->moved && !s->rerouted && s->before != NULL && s->after != NULL &&
	    memcmp(s->before, s->after, t->sel_words * sizeof(uint64_t)) == 0 &&
	    memcmp(s->postures_before, s->postures_after,
	    t->posture_words * sizeof(uint64_t)) == 0;

	t->kept.generation += !same;
	if (t->p == NULL || same)
		return !same;
	for (size_t i = 0; i < t->p->n_selectors; i++) {
		bool is = bit_of(s->after, (uint32_t)i);
		if (is == bit_of(s->before, (uint32_t)i))
			continue;
		if (t->members[i] == NULL)
			t->members[i] = xcalloc(t->words, sizeof(uint64_t));
		if (is)
			bit_set(t->members[i], s->n->slot);
		else
			bit_clear(t->members[i], s->n->slot);
	}
	t->subnets_stale = t->subnets_stale || s->rerouted;
	if (s->rerouted && !t->p->has_rules)	/* "*" means the routes too */
		for (size_t i = 0; i < t->n_ids; i++)
			bit_set(t->touched, t->ids[i].slot);
	shift_sides(t, s);
	touch_rules(t, s);
	touch_ssh(t, s);
	return true;
}

void
net_enroll(struct net *t, struct nnode *n)
{
	free(n->selected);
	free(n->postures);
	n->selected = xcalloc(t->sel_words + 1, sizeof(uint64_t));
	n->postures = xcalloc(t->posture_words + 1, sizeof(uint64_t));
	net_select_node(t, n, n->selected, n->postures);
	for (size_t i = 0; t->p != NULL && i < t->p->n_selectors; i++) {
		if (!bit_has(n->selected, i))
			continue;
		if (t->members[i] == NULL)
			t->members[i] = xcalloc(t->words, sizeof(uint64_t));
		bit_set(t->members[i], n->slot);
	}
	for (size_t i = 0; i < t->n_sides; i++)
		if (side_has(t, &t->sides[i], n))
			bit_set(t->sides[i].bits, n->slot);
}

/* ---- the interface ---- */

static bool
addresses_eq(const struct net_node *a, const struct net_node *b)
{
	return a->ip4.family == b->ip4.family && a->ip6.family == b->ip6.family &&
	    (a->ip4.family == 0 || ip_eq(&a->ip4, &b->ip4)) &&
	    (a->ip6.family == 0 || ip_eq(&a->ip6, &b->ip6));
}

static void
own(struct net *t, struct nnode *n, int64_t before)
{
	if (before == n->n.user_id)
		return;
	if (before != 0) {
		owned_remove(t, before, n->slot);
		net_touch_owned(t, before);
	}
	if (n->n.user_id != 0)
		owned_add(t, n->n.user_id, n->slot);
}

/* n->selected and the rest afresh, and what follows from that; 'anyhow' if the node is new. */
static void
reselect(struct net *t, struct shift *s, bool anyhow)
{
	struct nnode *n = s->n;
	uint64_t *before = n->selected, *postures = n->postures;

	n->selected = xcalloc(t->sel_words + 1, sizeof(uint64_t));
	n->postures = xcalloc(t->posture_words + 1, sizeof(uint64_t));
	net_select_node(t, n, n->selected, n->postures);
	s->before = before;
	s->after = n->selected;
	s->postures_before = postures;
	s->postures_after = n->postures;
	if (shift(t, s) || anyhow) {
		net_touch_owned(t, n->n.user_id);
		bit_set(t->touched, n->slot);
		bit_set(t->moved, n->slot);
		t->has_touched = t->has_moved = true;
	}
	free(before);
	free(postures);
}

void
net_set_node(struct net *t, const struct net_node *from)
{
	struct nnode *n = net_find(t, from->id);
	struct shift s = { .n = n };
	int64_t user_before = n ? n->n.user_id : 0;

	if (n == NULL)
		s.n = n = node_add(t, from->id);
	else
		s.moved = !addresses_eq(&n->n, from);
	s.rerouted = n->text == NULL ? from->n_routes > 0 : !routes_eq(&n->n, from);
	if (s.rerouted && t->has_via) {
		move_twins(t, &n->n);
		move_twins(t, from);
	}
	node_copy(n, from);
	own(t, n, user_before);
	reselect(t, &s, true);
}

void
net_drop_node(struct net *t, int64_t id)
{
	struct nnode *n = net_find(t, id);
	struct shift s = { .n = n };
	size_t i = ids_at(t, id);

	if (n == NULL)
		return;
	s.before = n->selected;
	s.postures_before = n->postures;
	s.rerouted = n->n.n_routes > 0;
	if (s.rerouted && t->has_via)
		move_twins(t, &n->n);
	shift(t, &s);
	if (n->n.user_id != 0) {
		owned_remove(t, n->n.user_id, n->slot);
		net_touch_owned(t, n->n.user_id);
	}
	bit_clear(t->touched, n->slot);
	bit_clear(t->moved, n->slot);
	t->slots[n->slot] = NULL;
	memmove(t->ids + i, t->ids + i + 1, (t->n_ids - i - 1) * sizeof(*t->ids));
	t->n_ids--;
	node_free(n);
}

static int
by_user_id(const void *pa, const void *pb)
{
	const struct net_user *a = pa, *b = pb;

	return a->id < b->id ? -1 : a->id > b->id;
}

/* Rules for login names and roles go by more than which selectors mean a user. */
static bool
user_eq(const struct net_user *a, const struct net_user *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a->email, b->email) == 0 && strcmp(a->name, b->name) == 0 &&
	    strcmp(a->provider_id, b->provider_id) == 0 && a->role == b->role &&
	    a->passkey == b->passkey;
}

static void
users_copy(struct net *t, const struct net_user *v, size_t n)
{
	t->users = arena_array(t->users_a, n, sizeof(*v));
	t->n_users = n;
	for (size_t i = 0; i < n; i++) {
		t->users[i] = v[i];
		t->users[i].name = arena_strdup(t->users_a, v[i].name);
		t->users[i].email = arena_strdup(t->users_a, v[i].email);
		t->users[i].provider_id = arena_strdup(t->users_a, v[i].provider_id);
	}
	if (n > 1)
		qsort(t->users, n, sizeof(*v), by_user_id);
}

void
net_set_users(struct net *t, const struct net_user *v, size_t n)
{
	struct arena *old = t->users_a;

	t->users_a = arena_new();
	users_copy(t, v, n);
	net_select_users(t);
	for (size_t i = 0; i < t->n_ids; i++) {
		struct nnode *nd = t->slots[t->ids[i].slot];
		struct shift s = { .n = nd };
		bool changed = nd->n.user_id != 0 &&
		    !user_eq(nd->user, net_user(t, nd->n.user_id));
		reselect(t, &s, changed);
		if (changed && t->p != NULL)
			touch_ssh(t, &(struct shift){ .n = nd, .after = nd->selected });
	}
	arena_free(old);
}

static size_t
take(struct net *t, struct arena *a, uint64_t *bits, bool *has, int64_t **ids)
{
	size_t n = 0;

	*ids = arena_array(a, *has ? t->n_ids : 0, sizeof(**ids));
	for (size_t i = 0; *has && i < t->n_ids; i++)
		if (bit_has(bits, t->ids[i].slot))
			(*ids)[n++] = t->ids[i].id;
	if (*has)
		memset(bits, 0, t->words * sizeof(*bits));
	*has = false;
	return n;
}

size_t
net_take_touched(struct net *t, struct arena *a, int64_t **ids)
{
	return take(t, a, t->touched, &t->has_touched, ids);
}

size_t
net_take_moved(struct net *t, struct arena *a, int64_t **ids)
{
	return take(t, a, t->moved, &t->has_moved, ids);
}
