/*
 * lib/policy/selftest.h -- runs the checks that a policy makes of itself: 'tests', 'sshTests'.
 *
 * A test names one source and lists what it must reach and must not.  "Must"
 * means every device of the source, "must not" means none of them; a name that
 * means nobody is a failure.
 */
#ifndef LIB_POLICY_SELFTEST_H
#define LIB_POLICY_SELFTEST_H

#include "lib/policy/net.h"

#define SELFTEST_FAILURES_MAX 50	/* reported; the others are counted */

struct selftest_failure {
	struct place at;
	const char *text;
};

struct selftest {
	struct selftest_failure v[SELFTEST_FAILURES_MAX];
	size_t n;
	size_t more;		/* that did not fit */
	size_t checks;		/* done, failed or not */
};

/*
 * Runs the tests of the policy that is in force in 't' (not NULL) against its
 * nodes.  True if all hold.  The texts are in 'a'.
 */
bool selftest_run(struct arena *a, struct net *t, const struct policy_context *ctx,
    struct selftest *out);

/* "test(s) failed", then a line each: "line 12: a -> b:80: expected ALLOWED, got DENIED (…)". */
const char *selftest_text(struct arena *a, const struct selftest *s);

#endif
