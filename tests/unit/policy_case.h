/* tests/unit/policy_case.h -- a policy and a tailnet as texts, made into a net. */
#ifndef TESTS_UNIT_POLICY_CASE_H
#define TESTS_UNIT_POLICY_CASE_H

#include "lib/policy/net.h"
#include "lib/policy/tailnet.h"
#include "tests/unit/unit.h"

struct policy_case {
	struct arena *a;
	struct net *t;
	struct buf out;
};

static inline void
policy_case_open(struct policy_case *c, const char *policy, const char *tailnet)
{
	struct policy_errors errs = { .n = 0 };
	struct tailnet tn;
	struct policy *p;

	*c = (struct policy_case){ .a = arena_new(), .t = net_new() };
	buf_init(&c->out, 1 << 20);
	if (!tailnet_read(c->a, str_of(arena_strdup(c->a, tailnet)), c->t, &tn, &errs))
		fail_msg("tailnet: %s", policy_errors_text(c->a, &errs));
	p = policy_parse(c->a, str_of(arena_strdup(c->a, policy)), &tn.ctx, &errs);
	if (!p)
		fail_msg("policy: %s", policy_errors_text(c->a, &errs));
	net_set_policy(c->t, p);
}

static inline void
policy_case_close(struct policy_case *c)
{
	buf_fini(&c->out);
	net_free(c->t);
	arena_free(c->a);
}

/* The node of that name, which is in the net. */
struct policy_case_find {
	const char *name;
	const struct net_node *found;
};

static inline void
policy_case_is(void *arg, const struct net_node *n)
{
	struct policy_case_find *f = arg;

	if (strcmp(n->name, f->name) == 0)
		f->found = n;
}

static inline const struct net_node *
policy_case_node(struct policy_case *c, const char *name)
{
	struct policy_case_find f = { .name = name };

	net_each(c->t, policy_case_is, &f);
	if (!f.found)
		fail_msg("no node %s", name);
	return f.found;
}

#endif
