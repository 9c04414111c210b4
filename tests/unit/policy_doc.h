/*
 * tests/unit/policy_doc.h -- policy documents for tests: most of them begin with
 * the same names, so that only what is tested has to be written.
 */
#ifndef TESTS_UNIT_POLICY_DOC_H
#define TESTS_UNIT_POLICY_DOC_H

#include "lib/policy/policy.h"

#include "tests/unit/unit.h"

static const char *const domains[] = { "example.com", "example.net" };
static const struct policy_context ctx = { domains, COUNT(domains) };

/* What most documents here refer to; goes before the part that is tested. */
#define BASE \
	"{ // a comment\n" \
	"\"groups\": {\"group:dev\": [\"ann@example.com\", \"bob@example.com\"]},\n" \
	"\"hosts\": {\"web\": \"10.0.0.1\", \"net\": \"10.1.0.0/16\"},\n" \
	"\"tagOwners\": {\"tag:a\": [\"group:dev\"], \"tag:b\": [\"tag:a\", \"autogroup:admin\"]},\n" \
	"\"ipsets\": {\"ipset:x\": [\"add 10.0.0.0/8\", \"remove 10.2.0.0/16\"]},\n" \
	"\"postures\": {\"posture:new\": [\"node:tsVersion >= '1.40'\"]},\n"
#define ACL(src, dst) \
	BASE "\"acls\": [{\"action\": \"accept\", \"src\": [" src "], \"dst\": [" dst "]}]}"
#define GRANT(rest) BASE "\"grants\": [{\"src\": [\"*\"], " rest "}]}"
#define SSH(rest) BASE "\"ssh\": [{\"action\": \"accept\", " rest "}]}"
#define ROOT "\"users\": [\"root\"]"

static struct arena *a;		/* of one test */
static struct policy_errors errs;

static inline int
setup(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static inline int
teardown(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

static inline struct policy *
parse(const char *text)
{
	struct policy *p = policy_parse(a, str_of(text), &ctx, &errs);

	if (p == NULL)
		fail_msg("refused: %s\n%s", policy_errors_text(a, &errs), text);
	return p;
}

#endif
