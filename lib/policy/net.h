/*
 * lib/policy/net.h -- a policy applied to the nodes that there are.
 *
 * Kept by a worker and brought up to date node by node: each rule is a set of
 * address ranges and a bitmap of nodes per side, worked out once and then cut
 * down to one node.  So asking for a node's filter costs the rules that name
 * it, and a change of a node costs the selectors that it enters or leaves.
 *
 * No SQL, no I/O; not thread-safe.
 */
#ifndef LIB_POLICY_NET_H
#define LIB_POLICY_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/json/json.h"
#include "lib/policy/policy.h"

struct net_user {
	int64_t id;
	const char *name, *email;	/* "" if none */
	const char *provider_id;	/* "" if none */
	bool passkey;			/* logs in by passkey (user:*@passkey) */
	enum role role;
};

/* What an administrator, not the device, says of it. */
struct net_custom {
	const char *name, *value;	/* "custom:tier"; text, or a number, true, false as text */
};

/* What postures are asked of (tailcfg.Hostinfo); "" if not known. */
struct net_posture {
	const char *os, *os_version, *ts_version, *ts_track;
	bool ts_auto_update, ts_state_encrypted;
	const struct net_custom *custom;
	size_t n_custom;
};

struct net_node {
	int64_t id;
	int64_t user_id;		/* 0: tagged */
	const char *name;
	const char *const *tags;	/* "tag:web" */
	size_t n_tags;
	struct ip ip4, ip6;		/* family 0: none */
	const struct prefix *routes;	/* announced and approved, default routes too */
	size_t n_routes;
	const struct prefix *primary;	/* those of 'routes' that go to this node now;
					   default routes always */
	size_t n_primary;
	struct net_posture posture;
};

struct net;

struct net *net_new(void);
void net_free(struct net *t);

/*
 * What is in force; NULL allows everything.  The policy's arena must live until
 * the next call.  Costs a walk over all nodes.
 */
void net_set_policy(struct net *t, struct policy *p);
struct policy *net_policy(const struct net *t);

/* All users; those that are not in the list are gone. */
void net_set_users(struct net *t, const struct net_user *v, size_t n);

/* A node new or changed (everything is copied), or gone. */
void net_set_node(struct net *t, const struct net_node *n);
void net_drop_node(struct net *t, int64_t id);
const struct net_node *net_node(const struct net *t, int64_t id);
const struct net_user *net_user(const struct net *t, int64_t id);
const struct net_user *net_users(const struct net *t, size_t *n);	/* all, by ascending id */
size_t net_count(const struct net *t);

/* Calls fn(arg, node) for each node, by ascending id. */
void net_each(struct net *t, void (*fn)(void *arg, const struct net_node *n), void *arg);

/*
 * What net_set_node(), net_drop_node() and net_set_users() did since the last call:
 * 'touched' are nodes whose filter or SSH rules may differ, 'moved' those that others
 * may see otherwise (or no longer, or newly); a gone node is in neither.  Both are
 * supersets, ascending, in the arena.  net_set_policy() forgets what was collected.
 */
size_t net_take_touched(struct net *t, struct arena *a, int64_t **ids);
size_t net_take_moved(struct net *t, struct arena *a, int64_t **ids);

/*
 * One thing that is made from a net and kept with it (the SSH rules' sources): it
 * is good while 'generation' is what it was, and goes with the net by 'drop'.
 */
struct net_kept {
	uint64_t generation;	/* another one after every change that a rule can see */
	void *p;
	void (*drop)(void *p);
};
struct net_kept *net_kept(struct net *t);

/* ---- selectors (for what is built on this: ssh.h, attrs.h, selftest.h) ---- */

/* Is the node meant by the selector?  By its user, its tags, or its addresses. */
bool net_selects(struct net *t, uint32_t selector, const struct net_node *n);
bool net_selects_any(struct net *t, struct selectors s, const struct net_node *n);
/* Is the user meant (SEL_USER…, SEL_GROUP, SEL_MEMBER, SEL_ROLE)? */
bool net_selects_user(struct net *t, uint32_t selector, const struct net_user *u);
/* The addresses that it stands for: of nodes ("*": of all), or as written; in the arena. */
struct ipset net_addresses(struct net *t, struct arena *a, uint32_t selector);
/* Does the node satisfy one of the postures?  True for an empty list. */
bool net_posture_ok(struct net *t, const uint32_t *postures, size_t n, const struct net_node *nd);
/* May the owner of 'who' be given the tag?  tagOwners, over tags too. */
bool net_owns_tag(struct net *t, const struct net_user *u, const struct net_node *n, const char *tag);

/* ---- what a node gets ---- */

/* tailcfg.FilterRule array of a node: what may come in. */
void net_filter(struct net *t, int64_t id, struct buf *out);

/*
 * Bytes that differ when the filter differs, at a small part of its cost: hashes
 * stand for the lists of sources, which are nearly all of it.  Comparable
 * between nets.
 */
void net_filter_digest(struct net *t, int64_t id, struct buf *out);

/* Do the two see each other?  Symmetric; false for itself or unknown nodes. */
bool net_visible(struct net *t, int64_t viewer, int64_t peer);

/*
 * The ids of all that 'viewer' sees, ascending, in the arena.  Net_all_visible()
 * is true if everybody sees everybody (no rules), at no cost.
 */
size_t net_visible_ids(struct net *t, struct arena *a, int64_t viewer, int64_t **out);
bool net_all_visible(const struct net *t);

/*
 * The routes of 'peer' (subnets, default routes) that 'viewer' may use, a part of peer's
 * 'primary'; returns how many.  *out is in the arena.
 */
size_t net_routes_seen(struct net *t, struct arena *a, int64_t viewer, int64_t peer,
    struct prefix **out);

#endif
