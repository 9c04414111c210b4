/*
 * lib/policy/read_ssh.c -- the ssh section: who may open a session, where, and as whom.
 *
 * Beyond names and durations a rule is checked as a whole: what is tagged
 * belongs to nobody and so gets nobody's devices, and a person's device as
 * destination is for that person alone.
 */
#include <string.h>
#include <strings.h>

#include "lib/policy/goduration.h"
#include "lib/policy/policy_impl.h"

#define NS_PER_MS INT64_C(1000000)
#define CHECK_DEFAULT_MS INT64_C(12 * 3600 * 1000)
#define CHECK_MAX_NS (INT64_C(168 * 3600) * 1000 * NS_PER_MS)

enum {
	SSH_ACTION, SSH_SRC, SSH_DST, SSH_USERS, SSH_PERIOD, SSH_ENV, SSH_RECORDER,
	SSH_ENFORCE, SSH_POSTURE, SSH_FIELDS
};

static const struct field fields[] = {
	{ "action", HJ_STRING, SSH_ACTION }, { "src", HJ_ARRAY, SSH_SRC },
	{ "dst", HJ_ARRAY, SSH_DST }, { "users", HJ_ARRAY, SSH_USERS },
	{ "checkPeriod", HJ_STRING, SSH_PERIOD }, { "acceptEnv", HJ_ARRAY, SSH_ENV },
	{ "recorder", HJ_ARRAY, SSH_RECORDER }, { "enforceRecorder", HJ_BOOL, SSH_ENFORCE },
	{ "srcPosture", HJ_ARRAY, SSH_POSTURE },
};

static void
read_action(struct reader *r, struct policy_ssh *s, const struct hj *v)
{
	struct str text = read_text(v);

	if (str_is(text, "check"))
		s->action = SSH_CHECK;
	else if (text.n == 0)
		bad(r, v ? v->at : s->at, "action must be specified");
	else if (!str_is(text, "accept"))
		bad(r, v->at, "\"%.*s\" is not a valid action", (int)text.n, text.p);
}

/* ---- users ---- */

static const char *
read_user(struct reader *r, const char *text, struct ssh_user *out)
{
	static const char pattern[] = "localpart:*@";
	struct str s = str_trim(str_of(text));

	*out = (struct ssh_user){ SSH_USER_LITERAL, text };
	if (s.n == 0 || str_is(s, "*"))
		return arena_printf(r->a, "user \"%.*s\" is not valid", (int)s.n, s.p);
	if (str_is(s, "autogroup:nonroot"))
		out->kind = SSH_USER_NONROOT;
	if (!str_starts(s, pattern) || s.n == sizeof(pattern) - 1)
		return NULL;
	out->kind = SSH_USER_LOCALPART;
	out->name = arena_strndup(r->a, s.p + sizeof(pattern) - 1, s.n - sizeof(pattern) + 1);
	return selector_domain_why(r->a, r->ctx, str_of(out->name));
}

static void
read_users(struct reader *r, struct policy_ssh *s, const struct hj *list)
{
	struct ssh_user *v;
	const char *why;

	if (list == NULL || list->n == 0) {
		bad(r, list ? list->at : s->at, "users must be specified");
		return;
	}
	if (!read_texts_ok(r, list, "a user"))
		return;
	v = arena_array(r->a, list->n, sizeof(*v));
	for (const struct hj *e = list->child; e != NULL; e = e->next)
		if ((why = read_user(r, e->text, &v[s->n_users])) != NULL)
			bad(r, e->at, "%s", why);
		else
			s->n_users++;
	s->users = v;
}

/* ---- checkPeriod, acceptEnv ---- */

static void
read_period(struct reader *r, struct policy_ssh *s, const struct hj *v)
{
	const char *text = read_trimmed(r, v), *why;
	int64_t ns = 0;

	s->check_period_ms = s->action == SSH_CHECK ? CHECK_DEFAULT_MS : 0;
	if (*text == '\0')
		return;
	if (s->action != SSH_CHECK)
		bad(r, v->at, "checkPeriod is only valid with action \"check\"");
	if (strcmp(text, "always") == 0)
		s->check_period_ms = 0;
	else if (!goduration_read(r->a, text, &ns, &why))
		bad(r, v->at, "%s", why);
	else if (ns < 0)
		bad(r, v->at, "checkPeriod %s must be a positive duration",
		    goduration_write(r->a, ns));
	else if (ns > CHECK_MAX_NS)
		bad(r, v->at, "checkPeriod %s is above the max (168h)",
		    goduration_write(r->a, ns));
	else
		s->check_period_ms = ns / NS_PER_MS;
}

static void
read_env(struct reader *r, struct policy_ssh *s, const struct hj *list)
{
	s->n_accept_env = read_texts(r, list, "an entry of acceptEnv", &s->accept_env);
	for (size_t i = 0; i < s->n_accept_env; i++)
		if (s->accept_env[i][0] == '\0')
			bad(r, list->at, "acceptEnv values cannot be empty");
}

/* ---- the rule as a whole ---- */

static bool
same_user(const struct reader *r, uint32_t x, uint32_t y)
{
	const struct selector *v = r->p->selectors;

	return v[x].kind == SEL_USER && v[y].kind == SEL_USER &&
	    strcasecmp(v[x].name, v[y].name) == 0;
}

/* What a rule's sources are, as far as its destinations care. */
struct sources {
	bool tagged;		/* some are */
	bool one_user;		/* all are the first, a user */
	const struct policy_ssh *s;
};

static struct sources
sources_of(const struct reader *r, const struct policy_ssh *s)
{
	struct sources out = { .one_user = true, .s = s };

	out.tagged = selectors_have(r, s->src, SEL_TAG) ||
	    selectors_have(r, s->src, SEL_TAGGED);
	for (size_t i = 0; i < s->src.n && out.one_user; i++)
		out.one_user = same_user(r, s->src.v[0], s->src.v[i]);
	return out;
}

static const char *
target_why(const struct reader *r, const struct sources *from, uint32_t dst)
{
	switch (selector_kind(r, dst)) {
	case SEL_USER:
		if (from->tagged)
			return "tags in SSH source cannot access user-owned devices";
		if (from->one_user &&
		    (from->s->src.n == 0 || same_user(r, from->s->src.v[0], dst)))
			return NULL;
		return "user destination requires source to contain only that same user";
	case SEL_MEMBER:
		return from->tagged ? "tags in SSH source cannot access autogroup:member "
		    "(user-owned devices)" : NULL;
	case SEL_SELF:
		return from->tagged ? "autogroup:self destination requires source to contain "
		    "only users or groups, not tags or autogroup:tagged" : NULL;
	default:
		return NULL;
	}
}

static void
check_targets(struct reader *r, const struct policy_ssh *s, const struct hj *list)
{
	struct sources from = sources_of(r, s);
	const char *why;

	for (size_t i = 0; i < s->dst.n; i++)
		if ((why = target_why(r, &from, s->dst.v[i])) != NULL)
			bad(r, list->at, "dst=\"%s\": %s", r->p->selectors[s->dst.v[i]].text,
			    why);
}

static void
read_rule(struct reader *r, const struct hj *v, struct policy_ssh *s)
{
	static const struct use src = { IN_SSH_SRC, "src=", NULL, false };
	static const struct use dst = { IN_SSH_DST, "dst=", NULL, true };
	static const struct use recorder = { IN_RECORDER, "recorder=", NULL, true };
	const struct hj *f[SSH_FIELDS];

	s->at = v->at;
	if (!read_fields(r, v, "an ssh rule", FIELDS(fields), f))
		return;
	read_action(r, s, f[SSH_ACTION]);
	s->src = selector_list(r, &src, f[SSH_SRC]);
	s->dst = selector_list(r, &dst, f[SSH_DST]);
	read_users(r, s, f[SSH_USERS]);
	read_period(r, s, f[SSH_PERIOD]);
	read_env(r, s, f[SSH_ENV]);
	s->recorder = selector_list(r, &recorder, f[SSH_RECORDER]);
	s->enforce_recorder = f[SSH_ENFORCE] != NULL && f[SSH_ENFORCE]->b;
	read_posture_list(r, f[SSH_POSTURE], &s->postures, &s->n_postures);
	check_targets(r, s, f[SSH_DST]);
}

void
read_ssh(struct reader *r, const struct hj *v)
{
	if (v == NULL || read_too_many(r, v, "ssh rules", POLICY_RULES_MAX))
		return;
	r->p->has_ssh = true;
	r->p->ssh = arena_array(r->a, v->n, sizeof(*r->p->ssh));
	for (const struct hj *e = v->child; e != NULL; e = e->next) {
		r->p->ssh[r->p->n_ssh].number = r->p->n_ssh;
		read_rule(r, e, &r->p->ssh[r->p->n_ssh++]);
	}
}
