/*
 * lib/policy/read_tests.c -- tests and sshTests, kept as text.
 *
 * Whether a test makes sense is judged when it is run: one that names what is
 * not there has failed, which is not the same as a document that cannot be read.
 */
#include <string.h>

#include "lib/policy/policy_impl.h"

/* A list of expectations with the place of each. */
static size_t
read_expects(struct reader *r, const struct hj *list, const struct policy_expect **out)
{
	struct policy_expect *v;
	size_t n = 0;

	*out = NULL;
	if (list == NULL || !read_texts_ok(r, list, "an entry of a test"))
		return 0;
	v = arena_array(r->a, list->n + 1, sizeof(*v));
	for (const struct hj *e = list->child; e != NULL; e = e->next)
		v[n++] = (struct policy_expect){ read_trimmed(r, e), e->at };
	*out = v;
	return n;
}

/* ---- tests ---- */

enum { T_SRC, T_PROTO, T_ACCEPT, T_DENY, T_POSTURE, T_FIELDS };

static const struct field test_fields[] = {
	{ "src", HJ_STRING, T_SRC }, { "user", HJ_STRING, T_SRC },
	{ "proto", HJ_STRING, T_PROTO },
	{ "accept", HJ_ARRAY, T_ACCEPT }, { "allow", HJ_ARRAY, T_ACCEPT },
	{ "deny", HJ_ARRAY, T_DENY }, { "srcPostureAttrs", HJ_OBJECT, T_POSTURE },
};

static void
read_test(struct reader *r, const struct hj *v, struct policy_test *t)
{
	const struct hj *f[T_FIELDS];

	t->at = v->at;
	t->src = t->proto = "";
	if (!read_fields(r, v, "a test", FIELDS(test_fields), f))
		return;
	t->src = read_trimmed(r, f[T_SRC]);
	t->proto = read_trimmed(r, f[T_PROTO]);
	t->n_posture = read_posture_given(r, f[T_POSTURE], &t->posture);
	t->n_accept = read_expects(r, f[T_ACCEPT], &t->accept);
	t->n_deny = read_expects(r, f[T_DENY], &t->deny);
}

void
read_tests(struct reader *r, const struct hj *v)
{
	if (v == NULL || read_too_many(r, v, "tests", POLICY_RULES_MAX))
		return;
	r->p->tests = arena_array(r->a, v->n, sizeof(*r->p->tests));
	for (const struct hj *e = v->child; e != NULL; e = e->next) {
		r->p->tests[r->p->n_tests].number = r->p->n_tests;
		read_test(r, e, &r->p->tests[r->p->n_tests++]);
	}
}

/* ---- sshTests ---- */

enum { S_SRC, S_DST, S_ACCEPT, S_DENY, S_CHECK, S_POSTURE, S_FIELDS };

static const struct field ssh_fields[] = {
	{ "src", HJ_STRING, S_SRC }, { "dst", HJ_ARRAY, S_DST },
	{ "accept", HJ_ARRAY, S_ACCEPT }, { "deny", HJ_ARRAY, S_DENY },
	{ "check", HJ_ARRAY, S_CHECK }, { "srcPostureAttrs", HJ_OBJECT, S_POSTURE },
};

static void
read_ssh_test(struct reader *r, const struct hj *v, struct policy_ssh_test *t)
{
	const struct hj *f[S_FIELDS];

	t->at = v->at;
	t->src = "";
	if (!read_fields(r, v, "an ssh test", FIELDS(ssh_fields), f))
		return;
	t->src = read_trimmed(r, f[S_SRC]);
	t->n_posture = read_posture_given(r, f[S_POSTURE], &t->posture);
	t->n_dst = read_expects(r, f[S_DST], &t->dst);
	t->n_accept = read_expects(r, f[S_ACCEPT], &t->accept);
	t->n_deny = read_expects(r, f[S_DENY], &t->deny);
	t->n_check = read_expects(r, f[S_CHECK], &t->check);
}

void
read_ssh_tests(struct reader *r, const struct hj *v)
{
	if (v == NULL || read_too_many(r, v, "sshTests", POLICY_RULES_MAX))
		return;
	r->p->ssh_tests = arena_array(r->a, v->n, sizeof(*r->p->ssh_tests));
	for (const struct hj *e = v->child; e != NULL; e = e->next) {
		r->p->ssh_tests[r->p->n_ssh_tests].number = r->p->n_ssh_tests;
		read_ssh_test(r, e, &r->p->ssh_tests[r->p->n_ssh_tests++]);
	}
}
