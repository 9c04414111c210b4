/*
 * lib/policy/net_select.c -- whom a selector means: users, nodes, addresses.
 *
 * What a node is selected by is found from the node's side: its user's
 * selectors are known beforehand, its tags are looked up, and only selectors
 * written as addresses are asked one by one.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/log.h"
#include "lib/policy/net_impl.h"
#include "lib/policy/posture.h"

/* ---- users ---- */

static bool
email_has_domain(const char *email, const char *domain)
{
	const char *at = strrchr(email, '@');

	return at != NULL && strcasecmp(at + 1, domain) == 0;
}

/* "alice@" is the name alone; the identity provider's own word goes first. */
static bool
user_named(const struct net_user *u, const char *name)
{
	size_t n = strlen(name);

	if (u->provider_id[0] != '\0' && strcmp(u->provider_id, name) == 0)
		return true;
	if (n > 0 && name[n - 1] == '@')
		return strlen(u->name) == n - 1 && strncasecmp(u->name, name, n - 1) == 0;
	return strcasecmp(u->email, name) == 0 || strcasecmp(u->name, name) == 0;
}

static bool
selects_user(const struct policy *p, const struct selector *s, const struct net_user *u)
{
	const struct policy_group *g;

	switch (s->kind) {
	case SEL_USER:
		return user_named(u, s->name);
	case SEL_USER_DOMAIN:
		return email_has_domain(u->email, s->name);
	case SEL_USER_PASSKEY:
		return u->passkey;
	case SEL_MEMBER:
		return true;
	case SEL_ROLE:
		return u->role == s->role;
	case SEL_GROUP:
		g = &p->groups[s->index];
		for (size_t i = 0; i < g->members.n; i++)
			if (selects_user(p, &p->selectors[g->members.v[i]], u))
				return true;
		return false;
	default:
		return false;
	}
}

bool
net_selects_user(struct net *t, uint32_t selector, const struct net_user *u)
{
	return u != NULL && selects_user(t->p, &t->p->selectors[selector], u);
}

/* ---- nodes ---- */

static bool
has_tag(const struct net_node *n, const char *tag)
{
	for (size_t i = 0; i < n->n_tags; i++)
		if (strcmp(n->tags[i], tag) == 0)
			return true;
	return false;
}

static bool
has_address(const struct selector *s, const struct net_node *n)
{
	return (n->ip4.family != 0 && ipset_has(s->set, &n->ip4)) ||
	    (n->ip6.family != 0 && ipset_has(s->set, &n->ip6));
}

/* Does the selector mean the node itself, be it by address? */
static bool
selects(struct net *t, const struct selector *s, const struct net_node *n)
{
	const struct net_user *u;

	switch (s->kind) {
	case SEL_ALL:
	case SEL_DANGER_ALL:
		return true;
	case SEL_RANGE:
	case SEL_IPSET:
		return has_address(s, n);
	case SEL_TAG:
		return has_tag(n, s->name);
	case SEL_TAGGED:
		return n->user_id == 0;
	case SEL_MEMBER:
		return n->user_id != 0;
	default:
		u = n->user_id != 0 ? net_user(t, n->user_id) : NULL;
		return u != NULL && selects_user(t->p, s, u);
	}
}

bool
net_selects(struct net *t, uint32_t selector, const struct net_node *n)
{
	return selects(t, &t->p->selectors[selector], n);
}

bool
net_selects_any(struct net *t, struct selectors s, const struct net_node *n)
{
	for (size_t i = 0; i < s.n; i++)
		if (net_selects(t, s.v[i], n))
			return true;
	return false;
}

bool
net_posture_ok(struct net *t, const uint32_t *postures, size_t n, const struct net_node *nd)
{
	for (size_t i = 0; i < n; i++)
		if (posture_holds(&t->p->postures[postures[i]], &nd->posture))
			return true;
	return n == 0;
}

/* ---- of a policy: which selectors have to be asked at all ---- */

static int
by_tag(const void *pa, const void *pb, void *arg)
{
	const struct selector *v = arg;

	return strcmp(v[*(const uint32_t *)pa].name, v[*(const uint32_t *)pb].name);
}

void
net_select_users(struct net *t)
{
	const struct policy *p = t->p;

	if (p == NULL)
		return;
	t->user_selected = arena_array(t->users_a, t->n_users, sizeof(uint64_t *));
	for (size_t u = 0; u < t->n_users; u++) {
		t->user_selected[u] = arena_array(t->users_a, t->sel_words, sizeof(uint64_t));
		for (size_t i = 0; i < p->n_selectors; i++)
			if (selects_user(p, &p->selectors[i], &t->users[u]))
				bit_set(t->user_selected[u], i);
	}
}

void
net_select_setup(struct net *t)
{
	const struct policy *p = t->p;
	size_t n = p ? p->n_selectors : 0;

	t->sel_words = n / BITS_PER_WORD + 1;
	t->posture_words = (p ? p->n_postures : 0) / BITS_PER_WORD + 1;
	t->members = arena_array(t->a, n, sizeof(uint64_t *));
	t->range_sels = arena_array(t->a, n, sizeof(uint32_t));
	t->tag_sels = arena_array(t->a, n, sizeof(uint32_t));
	t->n_range_sels = t->n_tag_sels = 0;
	for (size_t i = 0; i < n; i++) {
		enum selector_kind k = p->selectors[i].kind;
		if (k == SEL_TAG)
			t->tag_sels[t->n_tag_sels++] = (uint32_t)i;
		else if (k == SEL_RANGE || k == SEL_IPSET || k == SEL_TAGGED ||
		    k == SEL_ALL || k == SEL_DANGER_ALL)
			t->range_sels[t->n_range_sels++] = (uint32_t)i;
	}
	if (t->n_tag_sels > 1)
		qsort_r(t->tag_sels, t->n_tag_sels, sizeof(uint32_t), by_tag, p->selectors);
	net_select_users(t);
}

static void
select_tag(struct net *t, const char *tag, uint64_t *selected)
{
	size_t lo = 0, hi = t->n_tag_sels;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(t->p->selectors[t->tag_sels[mid]].name, tag);
		if (c == 0) {
			bit_set(selected, t->tag_sels[mid]);
			return;
		}
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
}

void
net_select_node(struct net *t, struct nnode *n, uint64_t *selected, uint64_t *postures)
{
	n->user = n->n.user_id != 0 ? net_user(t, n->n.user_id) : NULL;
	if (t->p == NULL)
		return;
	if (n->user != NULL)
		bits_or(selected, t->user_selected[n->user - t->users], t->sel_words);
	for (size_t i = 0; i < n->n.n_tags; i++)
		select_tag(t, n->n.tags[i], selected);
	for (size_t i = 0; i < t->n_range_sels; i++)
		if (selects(t, &t->p->selectors[t->range_sels[i]], &n->n))
			bit_set(selected, t->range_sels[i]);
	for (size_t i = 0; i < t->p->n_postures; i++)
		if (posture_holds(&t->p->postures[i], &n->n.posture))
			bit_set(postures, i);
}

/* ---- tag owners ---- */

static const struct policy_tag *
policy_tag(const struct policy *p, const char *name)
{
	for (size_t i = 0; i < p->n_tags; i++)
		if (strcmp(p->tags[i].name, name) == 0)
			return &p->tags[i];
	return NULL;
}

/* Owners may be tags, which have owners; 'seen' ends the circles. */
static bool
owns(struct net *t, const struct net_user *u, const struct net_node *n,
    const struct policy_tag *tag, bool *seen)
{
	const struct policy *p = t->p;

	if (tag == NULL || seen[tag - p->tags])
		return false;
	seen[tag - p->tags] = true;
	for (size_t i = 0; i < tag->owners.n; i++) {
		const struct selector *s = &p->selectors[tag->owners.v[i]];
		if (s->kind == SEL_TAG ? (n != NULL && has_tag(n, s->name)) ||
		    owns(t, u, n, policy_tag(p, s->name), seen) :
		    u != NULL && selects_user(p, s, u))
			return true;
	}
	return false;
}

bool
net_owns_tag(struct net *t, const struct net_user *u, const struct net_node *n, const char *tag)
{
	bool *seen, yes;

	if (t->p == NULL)
		return false;
	seen = xcalloc(t->p->n_tags + 1, sizeof(*seen));
	yes = owns(t, u, n, policy_tag(t->p, tag), seen);
	free(seen);
	return yes;
}
