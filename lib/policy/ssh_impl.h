/* lib/policy/ssh_impl.h -- the parts of the SSH rules; for the ssh*.c files only. */
#ifndef LIB_POLICY_SSH_IMPL_H
#define LIB_POLICY_SSH_IMPL_H

#include "lib/policy/ssh.h"

/* ---- ssh.c: what a rule says about one source or one login ---- */

/* Does one of the rule's sources mean it, its postures included? */
bool ssh_from(struct net *t, const struct policy_ssh *r, const struct ssh_end *src,
    const struct posture_given *given);

/* How a rule reaches a destination. */
enum ssh_reach {
	SSH_REACH_NONE,
	SSH_REACH_SELF,		/* autogroup:self: for sources of the same user */
	SSH_REACH_ALL
};
enum ssh_reach ssh_to(struct net *t, const struct policy_ssh *r, const struct ssh_end *dst);

/*
 * "alice" of alice@example.com where localpart:*@example.com is among the
 * rule's users, as a piece of u->email; empty if the rule says none for 'u'.
 */
struct str ssh_localpart(const struct policy_ssh *r, const struct net_user *u);

bool ssh_has_user_kind(const struct policy_ssh *r, enum ssh_user_kind kind);

/* A literal user as logins are compared: without the blanks that a policy may have around it. */
struct str ssh_literal(const struct ssh_user *u);

/* ---- ssh_sources.c: a rule's sources, worked out once for all its destinations ---- */

/* Some of a rule's sources: all, or those of one owner. */
struct ssh_part {
	int64_t owner;		/* 0: tagged devices */
	const struct net_node *const *v;
	size_t n;
	struct str principals;	/* JSON array; made when first asked for */
};

struct ssh_sources {
	const struct policy_ssh *rule;
	struct ssh_part all;
	struct ssh_part *parts;	/* by owner, tagged devices last */
	size_t n_parts;
	const char **recorders;	/* "100.64.0.9:80" */
	size_t n_recorders;
};

/* Good until the net changes, or until ssh_sources_trim(). */
struct ssh_sources *ssh_sources(struct net *t, const struct policy_ssh *r);
void ssh_sources_trim(struct net *t);		/* gives back what has become too much */

/* The part of one user; NULL if none of the sources is the user's. */
struct ssh_part *ssh_sources_of(struct ssh_sources *s, int64_t owner);
struct str ssh_principals(struct net *t, const struct ssh_sources *s, struct ssh_part *part);

/* ---- ssh_json.c ---- */

/*
 * The SSHAction after which a session runs: accept, forwarding, recorders.  Where
 * a recording is required and no recorder is there, one that the client denies.
 */
void ssh_accept_json(struct net *t, const struct policy_ssh *r, struct jw *w);

#endif
