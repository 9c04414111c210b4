/*
 * tests/fuzz/fuzz_policy.c -- any text is a policy or has errors with their places; what a
 * policy points to is there.
 */
#include "lib/policy/policy.h"
#include "tests/fuzz/fuzz.h"

static const char *const domains[] = { "example.com" };
static const struct policy_context ctx = { domains, 1 };

static void
check_selectors(const struct policy *p, struct selectors s)
{
	for (size_t i = 0; i < s.n; i++)
		assert(s.v[i] < p->n_selectors);
}

static void
check_postures(const struct policy *p, const uint32_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert(v[i] < p->n_postures);
}

static void
check_set(struct ipset s)
{
	for (size_t i = 0; i < s.n; i++)
		assert(ip_cmp(&s.v[i].lo, &s.v[i].hi) <= 0 &&
		    (i == 0 || ip_cmp(&s.v[i - 1].hi, &s.v[i].lo) < 0));
}

static void
check_rule(const struct policy *p, const struct policy_rule *r)
{
	check_selectors(p, r->src);
	check_selectors(p, r->dst);
	check_selectors(p, r->via);
	check_postures(p, r->postures, r->n_postures);
	assert(r->n_pass + r->n_app > 0);
	for (size_t i = 0; i < r->n_pass; i++) {
		assert(r->pass[i].n_ports > 0);
		for (size_t k = 0; k < r->pass[i].n_ports; k++)
			assert(r->pass[i].ports[k].first <= r->pass[i].ports[k].last);
	}
}

static void
check_ssh(const struct policy *p, const struct policy_ssh *s)
{
	check_selectors(p, s->src);
	check_selectors(p, s->dst);
	check_selectors(p, s->recorder);
	check_postures(p, s->postures, s->n_postures);
	assert(s->n_users > 0 && s->check_period_ms >= 0);
	for (size_t i = 0; i < s->n_users; i++)
		assert(s->users[i].name != NULL);
}

static void
check_names(const struct policy *p)
{
	for (size_t i = 0; i < p->n_selectors; i++) {
		const struct selector *s = &p->selectors[i];
		check_set(s->set);
		assert(s->text[0] != '\0' && s->kind != SEL_SERVICE);
		assert(s->kind != SEL_GROUP || s->index < p->n_groups);
		assert(s->kind != SEL_IPSET || s->index < p->n_ipsets);
	}
	for (size_t i = 0; i < p->n_groups; i++)
		check_selectors(p, p->groups[i].members);
	for (size_t i = 0; i < p->n_tags; i++)
		check_selectors(p, p->tags[i].owners);
	for (size_t i = 0; i < p->n_ipsets; i++)
		check_set(p->ipsets[i].set);
}

static void
check_policy(struct arena *a, struct policy *p)
{
	const char *why;
	uint32_t sel;

	check_names(p);
	for (size_t i = 0; i < p->n_rules; i++)
		check_rule(p, &p->rules[i]);
	for (size_t i = 0; i < p->n_ssh; i++)
		check_ssh(p, &p->ssh[i]);
	for (size_t i = 0; i < p->n_attrs; i++)
		check_selectors(p, p->attrs[i].target);
	for (size_t i = 0; i < p->n_tests; i++)
		if (policy_selector(a, p, &ctx, p->tests[i].src, &sel, &why))
			assert(sel < p->n_selectors);
		else
			assert(why[0] != '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str text = { (const char *)data, n };
	struct arena *a = arena_new();
	struct policy_errors errs;
	struct policy *p = policy_parse(a, text, &ctx, &errs);

	assert((p == NULL) == (errs.n > 0));
	if (p != NULL)
		check_policy(a, p);
	else
		assert(str_utf8_valid(str_of(policy_errors_text(a, &errs))));
	arena_free(a);
	return 0;
}
