/*
 * handlers/control/enroll.h -- how a device becomes a node, or the node it was again.
 *
 * The two ways in (a pre-auth key, a login that a person completed) differ in
 * who vouches; what they do to the nodes of that machine key is here.
 */
#ifndef HANDLERS_CONTROL_ENROLL_H
#define HANDLERS_CONTROL_ENROLL_H

#include "lib/http/req.h"
#include "lib/model/model.h"
#include "lib/netmap/hostinfo.h"

/* What a device says of itself in a RegisterRequest. */
struct device {
	const char *machine_key;	/* proved by Noise */
	const char *node_key;
	int64_t holder_id;		/* the node that has node_key now; 0 if none */
	const char *nl_key;		/* "" if none */
	int64_t cap;
	struct hostinfo host;
	bool ephemeral;
	int64_t want_expiry_ms;		/* TIME_NONE: no wish */
};

/*
 * With a pre-auth key that exists and whose secret has been checked.  Inside a
 * write transaction.  ERR_FORBIDDEN: the key may not (the text is the client's).
 * ERR_CONFLICT: the node key already is another user's node on this machine;
 * the client must make a new one.
 */
must_check enum err enroll_authkey(struct req *rq, const struct device *d,
    const struct authkey *k, struct node *out);

/*
 * With a login that an administrator completes for user 'u'; marks the login
 * done, and authorizes the device.  Inside a write transaction.  ERR_CONFLICT: the
 * machine has both a tagged node and one of this user, or the node key is taken.
 */
must_check enum err enroll_login(struct req *rq, const struct login *l,
    const struct user *u, struct node *out);

#endif
