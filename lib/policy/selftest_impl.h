/* lib/policy/selftest_impl.h -- what the two kinds of tests share; for selftest*.c only. */
#ifndef LIB_POLICY_SELFTEST_IMPL_H
#define LIB_POLICY_SELFTEST_IMPL_H

#include "lib/policy/selftest.h"

struct selftest_job {
	struct arena *a;
	struct net *t;
	struct policy *p;
	const struct policy_context *ctx;
	struct selftest *out;
};

void selftest_fail(struct selftest_job *j, struct place at, const char *fmt, ...)
    printf_like(3, 4);

/* The selector of a name in a test; false, and a failure, if it is none. */
must_check bool selftest_name(struct selftest_job *j, struct place at, const char *text,
    uint32_t *out);

/* All sshTests. */
void selftest_ssh(struct selftest_job *j);

#endif
