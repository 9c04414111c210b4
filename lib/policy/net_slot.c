/*
 * lib/policy/net_slot.c -- where the nodes of a net are: slots, ids, owners, and the copies of what was given.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/ids.h"
#include "lib/base/log.h"
#include "lib/policy/net_impl.h"

/* ---- finding ---- */

/* Where 'id' is, or would be. */
size_t
net_slot_at(const struct net *t, int64_t id)
{
	if (t->n_ids > 0 && t->ids[t->n_ids - 1].id < id)
		return t->n_ids;	/* new nodes have the highest id */
	return ids_lower(t->ids, t->n_ids, sizeof(*t->ids), id);
}

struct nnode *
net_find(const struct net *t, int64_t id)
{
	size_t i = net_slot_at(t, id);

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
	size_t i = ids_lower(t->users, t->n_users, sizeof(*t->users), id);

	return i < t->n_users && t->users[i].id == id ? &t->users[i] : NULL;
}

static size_t
owned_at(const struct net *t, int64_t user_id)
{
	return ids_lower(t->owned, t->n_owned, sizeof(*t->owned), user_id);
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

struct nnode *
net_slot_add(struct net *t, int64_t id)
{
	struct nnode *n = xcalloc(1, sizeof(*n));
	size_t i = net_slot_at(t, id);

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

void
net_slot_own(struct net *t, int64_t user_id, uint32_t slot)
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

void
net_slot_disown(struct net *t, int64_t user_id, uint32_t slot)
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
	for (size_t i = 0; i < p->n_custom; i++)
		size += strlen(p->custom[i].name) + strlen(p->custom[i].value) + 2;
	return size + p->n_custom * sizeof(struct net_custom) + (n->n_routes + n->n_primary) * sizeof(struct prefix) +
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

static void
put_posture(char **at, const struct net_posture *from, struct net_custom *custom,
    struct net_posture *p)
{
	p->os = put_text(at, from->os);
	p->os_version = put_text(at, from->os_version);
	p->ts_version = put_text(at, from->ts_version);
	p->ts_track = put_text(at, from->ts_track);
	for (size_t i = 0; i < from->n_custom; i++) {
		custom[i].name = put_text(at, from->custom[i].name);
		custom[i].value = put_text(at, from->custom[i].value);
	}
	p->custom = custom;
}

/* Everything that 'from' points to goes into one piece that n->text owns. */
void
net_slot_copy(struct nnode *n, const struct net_node *from)
{
	char *text = xcalloc(1, text_size(from) + 1), *at = text;
	const char **tags = (const char **)at;
	struct net_custom *custom;

	n->n = *from;
	at += from->n_tags * sizeof(char *);	/* what holds pointers comes first */
	custom = (struct net_custom *)at;
	at += from->posture.n_custom * sizeof(*custom);
	n->n.routes = put_prefixes(&at, from->routes, from->n_routes);
	n->n.primary = put_prefixes(&at, from->primary, from->n_primary);
	for (size_t i = 0; i < from->n_tags; i++)
		tags[i] = put_text(&at, from->tags[i]);
	n->n.tags = tags;
	n->n.name = put_text(&at, from->name);
	put_posture(&at, &from->posture, custom, &n->n.posture);
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

