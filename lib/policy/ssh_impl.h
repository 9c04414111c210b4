/* lib/policy/ssh_impl.h -- what a rule says about one source or one login; for the ssh*.c files only. */
#ifndef LIB_POLICY_SSH_IMPL_H
#define LIB_POLICY_SSH_IMPL_H

#include "lib/policy/ssh.h"

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

/*
 * The SSHAction after which a session runs: accept, forwarding, recorders.  Where
 * a recording is required and no recorder is there, one that the client denies.
 */
void ssh_accept_json(struct net *t, struct arena *a, const struct policy_ssh *r, struct jw *w);

#endif
