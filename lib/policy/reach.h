/*
 * lib/policy/reach.h -- does a rule let these sources reach this destination?
 *
 * Beneath the tests of a policy and `policy explain`.  Both ask about whoever a
 * name means, so a question is about sets of addresses, and a rule answers with
 * the part of the sources that it lets through: the cost is that of the ranges,
 * not of pairs of nodes.  A user or tag without any device is asked about as
 * the device that it might have.
 */
#ifndef LIB_POLICY_REACH_H
#define LIB_POLICY_REACH_H

#include "lib/policy/net.h"
#include "lib/policy/posture.h"

/* Whom a name means: addresses or, if there are none, devices yet to come. */
struct crowd {
	struct ipset set;
	const struct net_node *probes;
	size_t n_probes;
};

/* The protocols of a question (any of them will do), and the port. */
struct traffic {
	uint8_t protos[4];
	size_t n_protos;
	uint16_t port;
	bool any_port;
};

struct reach;

/*
 * For the policy that is in force in 't'; all memory is in 'a'.  'given' are the
 * attributes that all sources have; NULL: each device has its own.
 */
struct reach *reach_new(struct arena *a, struct net *t);
void reach_given(struct reach *x, const struct posture_given *given);

/* Whom the selector means in this net; false if nobody at all. */
must_check bool reach_crowd(struct reach *x, uint32_t selector, struct crowd *out);
bool reach_nobody(const struct crowd *c);

/* By number in policy.rules: whom of 'src' does it mean as a source? */
struct crowd reach_sources(struct reach *x, size_t rule, const struct crowd *src);
/* Whom of 'src' does it let reach some of 'dst', whatever the traffic? */
struct crowd reach_through(struct reach *x, size_t rule, const struct crowd *src,
    const struct crowd *dst);
/* Does it lead to some of 'dst' at all (other than by autogroup:self)? */
bool reach_leads(struct reach *x, size_t rule, const struct crowd *dst);
/* Does it let such traffic pass? */
bool reach_passes(const struct policy_rule *r, const struct traffic *tr);

/* What of 'x' is not in 'y'. */
struct crowd reach_without(struct arena *a, const struct crowd *x, const struct crowd *y);

/* "100.64.0.1, 100.64.0.2 and 3 more", "a device of ann@example.com". */
const char *reach_text(struct arena *a, const struct crowd *c);

/* A rule as people call it: "line 7 (acls[2])". */
const char *reach_rule_name(struct arena *a, const struct policy_rule *r);

/* What it lets pass: "tcp:80,443-450; icmp". */
const char *reach_rule_ports(struct arena *a, const struct policy_rule *r);

#endif
