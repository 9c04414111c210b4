/* lib/policy/net_node.c -- nodes and users into a net and out of it. */
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
	t->kept.generation++;	/* whatever selectors mean it: what is kept goes by owners */
	if (before != 0) {
		net_slot_disown(t, before, n->slot);
		net_touch_owned(t, before);
	}
	if (n->n.user_id != 0)
		net_slot_own(t, n->n.user_id, n->slot);
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
	if (net_shift(t, s) || anyhow) {
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
		s.n = n = net_slot_add(t, from->id);
	else
		s.moved = !addresses_eq(&n->n, from);
	s.rerouted = n->text == NULL ? from->n_routes > 0 : !net_shift_routes_eq(&n->n, from);
	if (t->has_via) {	/* by its routes, or by a tag that 'via' names */
		net_shift_twins(t, &n->n);
		net_shift_twins(t, from);
	}
	net_slot_copy(n, from);
	own(t, n, user_before);
	reselect(t, &s, true);
}

void
net_drop_node(struct net *t, int64_t id)
{
	struct nnode *n = net_find(t, id);
	struct shift s = { .n = n };
	size_t i = net_slot_at(t, id);

	if (n == NULL)
		return;
	s.before = n->selected;
	s.postures_before = n->postures;
	s.rerouted = n->n.n_routes > 0;
	if (s.rerouted && t->has_via)
		net_shift_twins(t, &n->n);
	net_shift(t, &s);
	if (n->n.user_id != 0) {
		net_slot_disown(t, n->n.user_id, n->slot);
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
			net_shift_ssh(t, &(struct shift){ .n = nd, .after = nd->selected });
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
