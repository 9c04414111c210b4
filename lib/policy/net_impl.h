/*
 * lib/policy/net_impl.h -- the insides of struct net, for the net_*.c files only.
 *
 * Nodes have stable slots; all sets of nodes are bitmaps over them.  The rules'
 * two sides are interned: rules that name the same sources share one bitmap
 * and one ready text.
 */
#ifndef LIB_POLICY_NET_IMPL_H
#define LIB_POLICY_NET_IMPL_H

#include "lib/policy/net.h"

#define BITS_PER_WORD 64

/* A node, with what is worked out for it alone. */
struct nnode {
	struct net_node n;	/* its texts follow in 'text' */
	char *text;
	uint32_t slot;
	uint64_t *selected;	/* by which selectors of the policy */
	uint64_t *postures;	/* which postures of the policy hold */
	const struct net_user *user;	/* NULL if tagged or unknown */
	char ip4[IP_TEXT_SIZE], ip6[IP_TEXT_SIZE];	/* "" if none */
	bool exit_node;		/* has a default route */
};

struct id_slot {
	int64_t id;
	uint32_t slot;
};

/* One side of rules: who is meant by a list of selectors. */
struct side {
	struct selectors sel;
	const uint32_t *postures;
	size_t n_postures;
	struct selectors via;
	bool dst;		/* a destination: exit nodes stand for the internet */
	bool any, danger, self, internet;	/* has "*", danger-all, self, internet */
	struct ipset lit;	/* what is written as addresses */
	uint64_t *bits;		/* nodes that are on this side, by address or by route */
	bool named;		/* some filter has it as its sources */
	bool stale;		/* 'json' has to be made again */
	char *json;		/* SrcIPs of what it means as a source: an array */
	uint64_t hash;		/* of 'json' */
	bool empty;		/* 'json' is [] */
};

struct rule {			/* one of policy.rules, in the order of the filter */
	const struct policy_rule *r;
	uint32_t src, dst;	/* sides */
	const struct str *const *ports;	/* per pass and port: what stands behind the address */
	bool via, self;		/* self: the part of the rule that is for autogroup:self */
};

struct user_nodes {		/* untagged nodes of one user */
	int64_t user_id;
	uint32_t *slots;
	size_t n, cap;
};

struct net {
	struct policy *p;
	struct arena *a;	/* what lives as long as the policy */
	struct arena *users_a;
	struct net_user *users;	/* by id */
	size_t n_users;
	uint64_t **user_selected;	/* per user: selectors that mean it */

	struct nnode **slots;	/* NULL: free */
	size_t n_slots, cap_slots;
	size_t words;		/* of a bitmap over slots */
	struct id_slot *ids;	/* by id */
	size_t n_ids;
	struct user_nodes *owned;	/* by user_id */
	size_t n_owned;

	size_t sel_words, posture_words;
	uint64_t **members;	/* per selector: nodes; NULL until the first */
	uint32_t *range_sels;	/* selectors that are asked by address */
	size_t n_range_sels;
	uint32_t *tag_sels;	/* SEL_TAG, by name */
	size_t n_tag_sels;

	struct side *sides;
	size_t n_sides, cap_sides;
	struct rule *rules;
	size_t n_rules;
	bool has_via;
	bool has_self;		/* some rule is for autogroup:self */

	struct prefix *subnets;	/* all routes in force but default ones, once each */
	size_t n_subnets;
	bool subnets_stale;
	struct ipset internet;

	uint64_t *touched, *moved;	/* since they were last taken */
	bool has_touched, has_moved;
	struct net_kept kept;
	struct arena *scratch;
};

static inline bool
bit_has(const uint64_t *w, size_t i)
{
	return w[i / BITS_PER_WORD] >> (i % BITS_PER_WORD) & 1;
}

static inline void
bit_set(uint64_t *w, size_t i)
{
	w[i / BITS_PER_WORD] |= (uint64_t)1 << (i % BITS_PER_WORD);
}

static inline void
bit_clear(uint64_t *w, size_t i)
{
	w[i / BITS_PER_WORD] &= ~((uint64_t)1 << (i % BITS_PER_WORD));
}

static inline void
bits_or(uint64_t *to, const uint64_t *from, size_t words)
{
	for (size_t i = 0; i < words; i++)
		to[i] |= from[i];
}

/* net_slot.c */
struct nnode *net_find(const struct net *t, int64_t id);
struct user_nodes *net_owned(const struct net *t, int64_t user_id);
size_t net_slot_at(const struct net *t, int64_t id);	/* in ids: where it is or would be */
struct nnode *net_slot_add(struct net *t, int64_t id);
void net_slot_own(struct net *t, int64_t user_id, uint32_t slot);
void net_slot_disown(struct net *t, int64_t user_id, uint32_t slot);
/* Everything that 'from' points to goes into one piece that n->text owns. */
void net_slot_copy(struct nnode *n, const struct net_node *from);

/* net_shift.c */
/* How one node changed. */
struct shift {
	struct nnode *n;
	const uint64_t *before, *after;	/* selectors that mean it */
	const uint64_t *postures_before, *postures_after;
	bool moved;		/* its addresses changed */
	bool rerouted;		/* its routes did */
};

/* Brings sets and sides up to date; false if nothing changed that a rule could see. */
bool net_shift(struct net *t, const struct shift *s);
/* Routers of the same prefix move too: for a 'via' the lowest of them is shown. */
void net_shift_twins(struct net *t, const struct net_node *n);
/* Who has an SSH rule with the node among its sources. */
void net_shift_ssh(struct net *t, const struct shift *s);
bool net_shift_routes_eq(const struct net_node *a, const struct net_node *b);
void net_touch(struct net *t, const uint64_t *nodes);	/* all of a bitmap */
/* All of a user's nodes, if a rule is for autogroup:self. */
void net_touch_owned(struct net *t, int64_t user_id);
/* Puts a node into the sets of a policy that does not know it yet. */
void net_enroll(struct net *t, struct nnode *n);

/* net_select.c */
bool net_means(struct net *t, const struct selector *s, const struct nnode *n);
void net_select_setup(struct net *t);
/* Which selectors mean the node: n->selected, n->postures, n->user afresh. */
void net_select_node(struct net *t, struct nnode *n, uint64_t *selected, uint64_t *postures);
void net_select_users(struct net *t);

/* net_side.c */
void net_sides_setup(struct net *t);
void net_sides_free(struct net *t);
bool net_side_posture(const struct side *s, const struct nnode *n);
bool net_side_selected(const struct selectors *s, const struct nnode *n);
bool net_side_has(const struct net *t, const struct side *s, const struct nnode *n);
/* Brings s->json up to date. */
void net_side_text(struct net *t, struct side *s);
/* The sources of 's' that are nodes of 'user_id', as SrcIPs. */
const char *net_side_text_of_user(struct net *t, const struct side *s, int64_t user_id,
    uint64_t *hash, bool *empty);
/* "*" as SrcIPs. */
void net_put_wild(struct net *t, struct buf *out);
uint64_t net_hash(const char *s, size_t n);
/* Does the side mean any address of 'p' (no default route)? */
bool net_side_meets(const struct side *s, const struct prefix *p);
const struct prefix *net_subnets(struct net *t, size_t *n);

/* Does a range, as a destination, concern the node: its address, its routes, or its exit? */
bool net_range_concerns(const struct net *t, struct iprange r, const struct nnode *n);
/* The same by routes alone; by default routes only if 'exits'. */
bool net_range_routed(const struct net *t, struct iprange r, const struct nnode *n, bool exits);

#endif
