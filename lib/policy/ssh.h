/*
 * lib/policy/ssh.h -- who may open an SSH session on a node, and as whom.
 *
 * Two views of the same rules: the form that a destination's client enforces
 * (tailcfg.SSHPolicy), and the question about one source, one destination and
 * one login, for checks and for the policy's own tests.  Both go through the
 * rules in the client's order: all 'check' rules, then all 'accept' rules, the
 * first that matches decides.
 */
#ifndef LIB_POLICY_SSH_H
#define LIB_POLICY_SSH_H

#include "lib/policy/net.h"
#include "lib/policy/posture.h"

/* Where a client asks for the outcome of a check; it fills in the variables. */
#define SSH_CHECK_PATH \
	"/machine/ssh/action/$SRC_NODE_ID/to/$DST_NODE_ID?local_user=$LOCAL_USER"

/*
 * A server's address as a client must be given it for what it asks in its Noise
 * session: with https, though the server itself may be http.  For http the client
 * would open a plain connection, and send its other requests there too.
 */
const char *ssh_session_url(struct arena *a, const char *server_url);

/*
 * Writes the tailcfg.SSHPolicy of a node as a destination.  False, and nothing
 * is written, if the policy has no ssh section: then none is to be sent.
 * 'server_url' ("https://hr.example.com") goes before SSH_CHECK_PATH.
 */
bool ssh_policy_json(struct net *t, int64_t node, const char *server_url, struct buf *out);

enum ssh_verdict { SSH_REFUSED, SSH_ACCEPTED, SSH_CHECKED };

/*
 * One end of a session: exactly one of these.  A user or a tag without a node
 * is for tests of a policy, which may be about devices that are yet to come.
 */
struct ssh_end {
	const struct net_node *node;
	const struct net_user *user;
	const char *tag;		/* "tag:web" */
};

struct ssh_ask {
	struct ssh_end src, dst;
	const char *login;		/* "root" */
	const struct posture_given *given;	/* a test's attributes of src, in place of the
						   device's own; NULL: the device's own */
};

struct ssh_answer {
	enum ssh_verdict verdict;
	int64_t check_period_ms;	/* SSH_CHECKED: how long a check holds; 0: not at all */
	const struct policy_ssh *rule;	/* that decided; NULL if refused */
};

struct ssh_answer ssh_allows(struct net *t, const struct ssh_ask *ask);

/*
 * For the endpoint behind SSH_CHECK_PATH: is a session between these two nodes
 * as this user subject to a check, and for how long does a passed one hold
 * (0: ask each time)?  False if no check rule matches, or a node is unknown.
 */
must_check bool ssh_check_period(struct net *t, int64_t src, int64_t dst,
    const char *local_user, int64_t *period_ms);

/*
 * Writes the tailcfg.SSHAction that ends a passed check: accept, with the
 * recorders of its rule.  False, and nothing is written, if no check rule
 * matches (any more).
 */
must_check bool ssh_passed_json(struct net *t, int64_t src, int64_t dst,
    const char *local_user, struct buf *out);

#endif
