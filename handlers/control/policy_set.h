/*
 * handlers/control/policy_set.h -- judging a policy, and making it the one in force.
 *
 * A new policy must read, may name only domains of this tailnet, and its own
 * tests must hold for the users and nodes that there are.  The API, the command
 * line and the watched file all come through here.
 */
#ifndef HANDLERS_CONTROL_POLICY_SET_H
#define HANDLERS_CONTROL_POLICY_SET_H

#include "lib/http/req.h"
#include "lib/policy/net.h"
#include "lib/policy/selftest.h"

struct policy_verdict {
	const char *why;	/* all that is wrong, in lines; NULL: it may be set */
	size_t checks;		/* how many assertions of its tests were tried */
	struct net *net;	/* users and nodes with the policy; NULL if it does not read */
};

/*
 * Judges a text, which may hold anything.  Inside a transaction; all that 'out'
 * points to is good until the request ends.
 */
must_check enum err policy_judge(struct req *rq, struct str text, struct policy_verdict *out);

#define POLICY_ANY_VERSION (-1)

struct policy_new {
	struct str text;
	const char *source;	/* "cli", "api", "file" */
	const char *author, *comment;	/* for people; NULL if not known */
	int64_t rollback_of;	/* the version that it repeats; 0: none */
	int64_t expect;		/* the newest version must be this, else ERR_CONFLICT */
};

struct policy_was_set {
	int64_t version;
	int64_t at_ms;		/* when that version was made */
	bool unchanged;		/* the newest version has this text already: none was added */
};

/*
 * Judges and adds a version, and approves routes by it.  Refused: ERR_BADREQ,
 * with every mistake in rq->errmsg.  Outside a transaction: the judging is in
 * one that keeps no writer waiting.
 */
must_check enum err policy_set(struct req *rq, const struct policy_new *p,
    struct policy_was_set *out);

/* ERR_BADREQ if the policy is a file's, so that nothing else may set it. */
must_check enum err policy_may_set(struct req *rq);

#endif
