/*
 * lib/policy/selftest.c -- the 'tests' of a policy: sources that must or must not reach a port.
 *
 * A test is strict about its form: one port, one host; a prefix as destination
 * or a port list would leave open what has to hold for which part.
 */
#include "lib/policy/selftest.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/policy/reach.h"
#include "lib/policy/selftest_impl.h"

enum { TCP = 6, UDP = 17, SCTP = 132 };

/* ---- failures ---- */

void
selftest_fail(struct selftest_job *j, struct place at, const char *fmt, ...)
{
	struct selftest *out = j->out;
	char text[2048];
	va_list ap;

	if (out->n == SELFTEST_FAILURES_MAX) {
		out->more++;
		return;
	}
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	out->v[out->n++] = (struct selftest_failure){ at, arena_strdup(j->a, text) };
}

bool
selftest_name(struct selftest_job *j, struct place at, const char *text, uint32_t *out)
{
	const char *why = "";

	if (*text == '\0')
		selftest_fail(j, at, "an empty name means nobody");
	else if (policy_selector(j->a, j->p, j->ctx, text, out, &why))
		return true;
	else
		selftest_fail(j, at, "\"%s\": %s", text, why);
	return false;
}

const char *
selftest_text(struct arena *a, const struct selftest *s)
{
	struct buf b;

	buf_init(&b, SELFTEST_FAILURES_MAX * 2200);
	buf_str(&b, "test(s) failed");
	for (size_t i = 0; i < s->n; i++)
		buf_printf(&b, "\nline %u: %s", s->v[i].at.line, s->v[i].text);
	if (s->more > 0)
		buf_printf(&b, "\nand %zu more", s->more);
	return buf_text(&b, a);
}

/* ---- reading a test ---- */

struct question {
	struct selftest_job *j;
	struct reach *x;
	const struct policy_test *test;
	struct crowd src, dst;
	struct traffic tr;
};

static bool
read_proto(struct question *q)
{
	uint8_t n = 0;

	q->tr.n_protos = 1;
	if (*q->test->proto == '\0') {
		q->tr = (struct traffic){ .protos = { TCP, UDP }, .n_protos = 2 };
		return true;
	}
	if (policy_proto(str_of(q->test->proto), &n) && (n == TCP || n == UDP || n == SCTP)) {
		q->tr.protos[0] = n;
		return true;
	}
	selftest_fail(q->j, q->test->at, "proto \"%s\": a test is about tcp, udp or sctp",
	    q->test->proto);
	return false;
}

/* May the kind stand on that side of a test?  What is there depends on nobody's view. */
static bool
kind_ok(enum selector_kind k, bool dst)
{
	switch (k) {
	case SEL_SELF:
	case SEL_INTERNET:
	case SEL_DANGER_ALL:
	case SEL_SHARED:
	case SEL_SERVICE:
		return false;
	default:
		return !dst || k != SEL_IPSET;
	}
}

static bool
is_one_address(struct ipset s)
{
	return s.n == 1 && ip_eq(&s.v[0].lo, &s.v[0].hi);
}

static bool
read_side(struct question *q, struct place at, const char *text, bool dst)
{
	const struct selector *s;
	uint32_t sel;

	if (!selftest_name(q->j, at, text, &sel))
		return false;
	s = &q->j->p->selectors[sel];
	if (!kind_ok(s->kind, dst))
		selftest_fail(q->j, at, "\"%s\" cannot be the %s of a test", text,
		    dst ? "destination" : "source");
	else if (dst && s->kind == SEL_RANGE && !is_one_address(s->set))
		selftest_fail(q->j, at, "\"%s\" is more than one address", text);
	else if (!reach_crowd(q->x, sel, dst ? &q->dst : &q->src))
		selftest_fail(q->j, at, "\"%s\" means nobody in this tailnet", text);
	else
		return true;
	return false;
}

/* "host:80"; an IPv6 address may stand in brackets. */
static bool
read_target(struct question *q, const struct policy_expect *e)
{
	const char *colon = strrchr(e->text, ':');
	const char *host = e->text;
	size_t n;
	int64_t port;

	if (colon == NULL) {
		selftest_fail(q->j, e->at, "\"%s\": a destination is HOST:PORT", e->text);
		return false;
	}
	if (!str_i64(str_of(colon + 1), &port) || port < 1 || port > 65535) {
		selftest_fail(q->j, e->at, "\"%s\": the port is one number from 1 to 65535",
		    e->text);
		return false;
	}
	n = (size_t)(colon - host);
	if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
		host++;
		n -= 2;
	}
	q->tr.port = (uint16_t)port;
	return read_side(q, e->at, arena_strndup(q->j->a, host, n), true);
}

/* ---- asking ---- */

/*
 * What stands in the way of 'left': a rule that leads there for other traffic,
 * or for others, is what was probably meant.
 */
static const char *
nearest(struct question *q, const struct crowd *left)
{
	struct arena *a = q->j->a;
	const struct policy_rule *r, *other = NULL;
	struct crowd through;

	for (size_t i = 0; i < q->j->p->n_rules; i++) {
		r = &q->j->p->rules[i];
		through = reach_through(q->x, i, left, &q->dst);
		if (!reach_nobody(&through))
			return arena_printf(a, "%s lets %s pass: %s", reach_rule_name(a, r),
			    reach_text(a, left), reach_rule_ports(a, r));
		if (other == NULL && reach_passes(r, &q->tr) && reach_leads(q->x, i, &q->dst))
			other = r;
	}
	if (other != NULL)
		return arena_printf(a, "%s is not for %s", reach_rule_name(a, other),
		    reach_text(a, left));
	return arena_printf(a, "no rule leads %s there", reach_text(a, left));
}

static void
expect_accept(struct question *q, const struct policy_expect *e)
{
	struct crowd left = q->src, through;

	if (!q->j->p->has_rules)
		return;
	for (size_t i = 0; i < q->j->p->n_rules && !reach_nobody(&left); i++) {
		if (!reach_passes(&q->j->p->rules[i], &q->tr))
			continue;
		through = reach_through(q->x, i, &left, &q->dst);
		if (!reach_nobody(&through))
			left = reach_without(q->j->a, &left, &through);
	}
	if (!reach_nobody(&left))
		selftest_fail(q->j, e->at, "%s -> %s: expected ALLOWED, got DENIED (%s)",
		    q->test->src, e->text, nearest(q, &left));
}

static void
expect_deny(struct question *q, const struct policy_expect *e)
{
	struct crowd through = q->src;
	const char *who = "without acls and grants everything";
	size_t i = 0, n = q->j->p->n_rules;

	if (q->j->p->has_rules) {
		for (; i < n; i++) {
			if (!reach_passes(&q->j->p->rules[i], &q->tr))
				continue;
			through = reach_through(q->x, i, &q->src, &q->dst);
			if (!reach_nobody(&through))
				break;
		}
		if (i == n)
			return;
		who = reach_rule_name(q->j->a, &q->j->p->rules[i]);
	}
	selftest_fail(q->j, e->at, "%s -> %s: expected DENIED, got ALLOWED (%s lets %s pass)",
	    q->test->src, e->text, who, reach_text(q->j->a, &through));
}

static void
run_test(struct selftest_job *j, struct reach *x, const struct policy_test *test)
{
	struct question q = { .j = j, .x = x, .test = test };
	struct posture_given given = { test->posture, test->n_posture };

	reach_given(x, &given);
	if (test->n_accept + test->n_deny == 0)
		selftest_fail(j, test->at, "the test neither accepts nor denies anything");
	if (!read_proto(&q) || !read_side(&q, test->at, test->src, false))
		return;
	for (size_t i = 0; i < test->n_accept; i++, j->out->checks++)
		if (read_target(&q, &test->accept[i]))
			expect_accept(&q, &test->accept[i]);
	for (size_t i = 0; i < test->n_deny; i++, j->out->checks++)
		if (read_target(&q, &test->deny[i]))
			expect_deny(&q, &test->deny[i]);
}

bool
selftest_run(struct arena *a, struct net *t, const struct policy_context *ctx,
    struct selftest *out)
{
	struct policy *p = net_policy(t);
	struct selftest_job j = { a, t, p, ctx, out };
	struct selector *before = p->selectors;
	size_t n_before = p->n_selectors;
	struct reach *x = reach_new(a, t);

	*out = (struct selftest){ .n = 0 };
	for (size_t i = 0; i < p->n_tests; i++)
		run_test(&j, x, &p->tests[i]);
	selftest_ssh(&j);
	/* The names of tests are not the policy's, and may live in another arena. */
	p->selectors = before;
	p->n_selectors = n_before;
	return out->n == 0;
}
