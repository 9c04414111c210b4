/*
 * lib/policy/selftest_ssh.c -- the 'sshTests' of a policy: who may log in where, and as whom.
 *
 * SSH rules know devices by their user or their tags, so devices that are alike
 * in that are asked about once, however many there are.
 */
#include <string.h>

#include "lib/policy/selftest_impl.h"
#include "lib/policy/ssh.h"

/* Ends that differ in user or tags. */
struct ends {
	struct arena *a;
	struct net *t;
	uint32_t sel;
	struct ssh_end *v;
	size_t n, room;
};

static bool
same_tags(const struct net_node *x, const struct net_node *y)
{
	if (x->n_tags != y->n_tags)
		return false;
	for (size_t i = 0; i < x->n_tags; i++)
		if (strcmp(x->tags[i], y->tags[i]) != 0)
			return false;
	return true;
}

static void
ends_add(struct ends *e, struct ssh_end end)
{
	e->v = arena_room(e->a, e->v, e->n, &e->room, sizeof(*e->v));
	e->v[e->n++] = end;
}

static void
add_node(void *arg, const struct net_node *n)
{
	struct ends *e = arg;

	if (!net_selects(e->t, e->sel, n))
		return;
	for (size_t i = 0; i < e->n; i++)
		if (e->v[i].node->user_id == n->user_id && same_tags(e->v[i].node, n))
			return;
	ends_add(e, (struct ssh_end){ .node = n });
}

/* A source may have no device yet; then it is its user or tag. */
static void
add_without_device(struct ends *e, const struct selector *s)
{
	const struct net_user *u;
	size_t n;

	if (s->kind == SEL_TAG) {
		ends_add(e, (struct ssh_end){ .tag = s->name });
		return;
	}
	u = net_users(e->t, &n);
	for (size_t i = 0; i < n; i++)
		if (net_selects_user(e->t, e->sel, &u[i]))
			ends_add(e, (struct ssh_end){ .user = &u[i] });
}

static bool
kind_ok(const struct selector *s)
{
	switch (s->kind) {
	case SEL_USER:
	case SEL_USER_DOMAIN:
	case SEL_USER_PASSKEY:
	case SEL_GROUP:
	case SEL_TAG:
	case SEL_MEMBER:
	case SEL_ROLE:
	case SEL_TAGGED:
		return true;
	case SEL_RANGE:
		return s->set.n == 1 && ip_eq(&s->set.v[0].lo, &s->set.v[0].hi);
	default:
		return false;
	}
}

static bool
read_ends(struct selftest_job *j, struct place at, const char *text, bool src,
    struct ends *out)
{
	const struct selector *s;

	*out = (struct ends){ .a = j->a, .t = j->t };
	if (!selftest_name(j, at, text, &out->sel))
		return false;
	s = &j->p->selectors[out->sel];
	if (!kind_ok(s)) {
		selftest_fail(j, at, "\"%s\" cannot be an end of an SSH test", text);
		return false;
	}
	net_each(j->t, add_node, out);
	if (out->n == 0 && src)
		add_without_device(out, s);
	if (out->n == 0)
		selftest_fail(j, at, "\"%s\" means no device in this tailnet", text);
	return out->n > 0;
}

/* ---- asking ---- */

struct ssh_question {
	struct selftest_job *j;
	const struct policy_ssh_test *test;
	const struct ends *src, *dst;
	const char *dst_text;
};

enum wanted { WANT_ACCEPT, WANT_DENY, WANT_CHECK };

static bool
satisfied(enum wanted w, enum ssh_verdict v)
{
	switch (w) {
	case WANT_ACCEPT:
		return v != SSH_REFUSED;
	case WANT_CHECK:
		return v == SSH_CHECKED;
	default:
		return v == SSH_REFUSED;
	}
}

static const char *
end_name(struct selftest_job *j, const struct ssh_end *e)
{
	const struct net_user *u = e->user;

	if (u != NULL)
		return arena_printf(j->a, "a device of %s", u->email[0] ? u->email : u->name);
	return e->tag != NULL ? e->tag : e->node->name;
}

static void
report(const struct ssh_question *q, struct place at, const char *login, enum wanted w,
    const struct ssh_ask *ask, const struct ssh_answer *got)
{
	static const char *const wanted[] = { "ALLOWED", "DENIED", "CHECKED" };
	static const char *const verdicts[] = { "DENIED", "ALLOWED", "CHECKED" };
	struct selftest_job *j = q->j;
	const char *rule = got->rule == NULL ? "no rule allows it" :
	    arena_printf(j->a, "by line %u, ssh[%zu]", got->rule->at.line, got->rule->number);

	selftest_fail(j, at, "%s -> %s@%s: expected %s, got %s (%s to %s: %s)", q->test->src,
	    login, q->dst_text, wanted[w], verdicts[got->verdict], end_name(j, &ask->src),
	    end_name(j, &ask->dst), rule);
}

/* One login, for all of the sources on all of the destinations. */
static void
ask_all(const struct ssh_question *q, const struct policy_expect *e, enum wanted w)
{
	struct posture_given given = { q->test->posture, q->test->n_posture };
	struct ssh_ask ask = { .login = e->text, .given = &given };
	struct ssh_answer got;

	q->j->out->checks++;
	if (e->text[0] == '\0') {
		selftest_fail(q->j, e->at, "an empty name is no user to log in as");
		return;
	}
	for (size_t i = 0; i < q->src->n; i++)
		for (size_t k = 0; k < q->dst->n; k++) {
			ask.src = q->src->v[i];
			ask.dst = q->dst->v[k];
			got = ssh_allows(q->j->t, &ask);
			if (!satisfied(w, got.verdict)) {
				report(q, e->at, e->text, w, &ask, &got);
				return;
			}
		}
}

static void
ask_list(const struct ssh_question *q, const struct policy_expect *v, size_t n, enum wanted w)
{
	for (size_t i = 0; i < n; i++)
		ask_all(q, &v[i], w);
}

static void
run_test(struct selftest_job *j, const struct policy_ssh_test *test)
{
	struct ends src, dst;
	struct ssh_question q = { j, test, &src, &dst, NULL };

	if (test->n_accept + test->n_deny + test->n_check == 0)
		selftest_fail(j, test->at, "the SSH test neither accepts, denies nor checks anybody");
	if (test->n_dst == 0)
		selftest_fail(j, test->at, "the SSH test has no destination");
	if (!read_ends(j, test->at, test->src, true, &src))
		return;
	for (size_t i = 0; i < test->n_dst; i++) {
		q.dst_text = test->dst[i].text;
		if (!read_ends(j, test->dst[i].at, q.dst_text, false, &dst))
			continue;
		ask_list(&q, test->accept, test->n_accept, WANT_ACCEPT);
		ask_list(&q, test->deny, test->n_deny, WANT_DENY);
		ask_list(&q, test->check, test->n_check, WANT_CHECK);
	}
}

void
selftest_ssh(struct selftest_job *j)
{
	for (size_t i = 0; i < j->p->n_ssh_tests; i++)
		run_test(j, &j->p->ssh_tests[i]);
}
