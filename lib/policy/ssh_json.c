/*
 * lib/policy/ssh_json.c -- the tailcfg.SSHPolicy that a destination's client enforces.
 *
 * Where a rule names localpart users, each user's devices are a rule of their
 * own, since each maps to another login.
 */
#include <string.h>

#include "lib/policy/ssh_impl.h"

#define NOT_RECORDED "tailscale: sessions here must be recorded, and no recorder is available\n"

struct out {
	struct net *t;
	struct arena *a;
	struct jw w;
	const struct net_node *node;
	const char *check_url;
};

/* ---- users ---- */

static bool
is_repeated(const struct policy_ssh *r, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (r->users[k].kind == SSH_USER_LITERAL &&
		    str_eq(ssh_literal(&r->users[k]), ssh_literal(&r->users[i])))
			return true;
	return false;
}

static void
write_login(struct out *o, struct str name)
{
	const char *text = arena_strndup(o->a, name.p, name.n);

	jw_kstr(&o->w, text, text);
}

/* root is always there: a '*' must not mean it. */
static void
write_users(struct out *o, const struct policy_ssh *r)
{
	const char *root = "";

	jw_key(&o->w, "sshUsers");
	jw_obj(&o->w);
	if (ssh_has_user_kind(r, SSH_USER_NONROOT))
		jw_kstr(&o->w, "*", "=");
	for (size_t i = 0; i < r->n_users; i++) {
		struct str name = ssh_literal(&r->users[i]);

		if (r->users[i].kind != SSH_USER_LITERAL)
			continue;
		if (str_is(name, "root"))
			root = "root";
		else if (name.n > 0 && !str_is(name, "*") && !is_repeated(r, i))
			write_login(o, name);
	}
	jw_kstr(&o->w, "root", root);
	jw_end_obj(&o->w);
}

/* ---- actions ---- */

static void
write_recorders(struct jw *w, const struct ssh_sources *s)
{
	if (s->n_recorders == 0)
		return;
	jw_key(w, "recorders");
	jw_arr(w);
	for (size_t i = 0; i < s->n_recorders; i++)
		jw_str(w, s->recorders[i]);
	jw_end_arr(w);
	if (!s->rule->enforce_recorder)
		return;
	jw_key(w, "onRecordingFailure");
	jw_obj(w);
	jw_kstr(w, "RejectSessionWithMessage", NOT_RECORDED);
	jw_kstr(w, "TerminateSessionWithMessage", NOT_RECORDED);
	jw_end_obj(w);
}

static bool
lacks_recorder(const struct ssh_sources *s)
{
	return s->rule->enforce_recorder && s->rule->recorder.n > 0 && s->n_recorders == 0;
}

/*
 * An action without a verdict, which clients deny.  Not "reject": that would turn
 * the rule's sources away for all logins, this only for those of the rule.
 */
static void
write_unrecorded(struct jw *w)
{
	jw_obj(w);
	jw_kstr(w, "message", NOT_RECORDED);
	jw_end_obj(w);
}

void
ssh_accept_json(struct net *t, const struct policy_ssh *r, struct jw *w)
{
	const struct ssh_sources *s = ssh_sources(t, r);

	if (lacks_recorder(s)) {
		write_unrecorded(w);
		return;
	}
	jw_obj(w);
	jw_kbool(w, "accept", true);
	jw_kbool(w, "allowAgentForwarding", true);
	jw_kbool(w, "allowLocalPortForwarding", true);
	jw_kbool(w, "allowRemotePortForwarding", true);
	write_recorders(w, s);
	jw_end_obj(w);
}

static void
write_check(struct out *o, const struct policy_ssh *r)
{
	const struct ssh_sources *s = ssh_sources(o->t, r);

	if (lacks_recorder(s)) {
		write_unrecorded(&o->w);
		return;
	}
	jw_obj(&o->w);
	jw_kstr(&o->w, "holdAndDelegate", o->check_url);
	write_recorders(&o->w, s);
	jw_end_obj(&o->w);
}

static void
write_action(struct out *o, const struct policy_ssh *r)
{
	jw_key(&o->w, "action");
	if (r->action == SSH_CHECK)
		write_check(o, r);
	else
		ssh_accept_json(o->t, r, &o->w);
	if (r->n_accept_env == 0)
		return;
	jw_key(&o->w, "acceptEnv");
	jw_arr(&o->w);
	for (size_t i = 0; i < r->n_accept_env; i++)
		jw_str(&o->w, r->accept_env[i]);
	jw_end_arr(&o->w);
}

/* ---- rules ---- */

/* A rule of tailcfg up to its users. */
static void
begin_rule(struct out *o, struct str principals)
{
	jw_obj(&o->w);
	jw_key(&o->w, "principals");
	jw_raw(&o->w, principals);
}

static void
write_rule(struct out *o, const struct policy_ssh *r, struct str principals)
{
	if (principals.n <= strlen("[]"))
		return;
	begin_rule(o, principals);
	write_users(o, r);
	write_action(o, r);
	jw_end_obj(&o->w);
}

/* The rule's own users, and then the login that is the owner's alone. */
static void
write_part(struct out *o, const struct ssh_sources *s, struct ssh_part *part)
{
	struct str principals = ssh_principals(o->t, s, part);
	struct str login = ssh_localpart(s->rule, part->owner ? net_user(o->t, part->owner) : NULL);

	write_rule(o, s->rule, principals);
	if (login.n == 0 || principals.n <= strlen("[]"))
		return;
	begin_rule(o, principals);
	jw_key(&o->w, "sshUsers");
	jw_obj(&o->w);
	write_login(o, login);
	jw_end_obj(&o->w);
	write_action(o, s->rule);
	jw_end_obj(&o->w);
}

static void
write_to_all(struct out *o, struct ssh_sources *s)
{
	if (!ssh_has_user_kind(s->rule, SSH_USER_LOCALPART)) {
		write_rule(o, s->rule, ssh_principals(o->t, s, &s->all));
		return;
	}
	for (size_t i = 0; i < s->n_parts; i++)
		write_part(o, s, &s->parts[i]);
}

static void
write_to_self(struct out *o, struct ssh_sources *s)
{
	struct ssh_part *part = ssh_sources_of(s, o->node->user_id);

	if (part)
		write_part(o, s, part);
}

/*
 * A rule with localpart users is told to its sources too, each for itself, where
 * they are no destinations: Tailscale's service does so.
 */
static void
write_to_source(struct out *o, const struct policy_ssh *r)
{
	struct ssh_sources s = { .rule = r };
	struct ssh_part self = { .owner = o->node->user_id, .v = &o->node, .n = 1 };

	if (ssh_has_user_kind(r, SSH_USER_LOCALPART) &&
	    ssh_from(o->t, r, &(struct ssh_end){ .node = o->node }, NULL))
		write_part(o, &s, &self);
}

static void
write_rules(struct out *o, enum ssh_action action)
{
	const struct policy *p = net_policy(o->t);
	const struct ssh_end self = { .node = o->node };

	for (size_t i = 0; i < p->n_ssh; i++) {
		const struct policy_ssh *r = &p->ssh[i];

		if (r->action != action)
			continue;
		switch (ssh_to(o->t, r, &self)) {
		case SSH_REACH_ALL:
			write_to_all(o, ssh_sources(o->t, r));
			break;
		case SSH_REACH_SELF:
			write_to_self(o, ssh_sources(o->t, r));
			break;
		case SSH_REACH_NONE:
			write_to_source(o, r);
			break;
		}
	}
}

const char *
ssh_session_url(struct arena *a, const char *server_url)
{
	static const char plain[] = "http://";

	if (strncmp(server_url, plain, strlen(plain)) != 0)
		return server_url;
	return arena_printf(a, "https://%s", server_url + strlen(plain));
}

bool
ssh_policy_json(struct net *t, int64_t node, const char *server_url, struct buf *out)
{
	const struct policy *p = net_policy(t);
	struct out o = { .t = t, .node = net_node(t, node) };

	if (!p || !p->has_ssh || !o.node)
		return false;
	ssh_sources_trim(t);
	o.a = arena_new();
	o.check_url = arena_printf(o.a, "%s%s", ssh_session_url(o.a, server_url), SSH_CHECK_PATH);
	jw_init(&o.w, out);
	jw_obj(&o.w);
	jw_key(&o.w, "rules");
	jw_arr(&o.w);
	write_rules(&o, SSH_CHECK);
	write_rules(&o, SSH_ACCEPT);
	jw_end_arr(&o.w);
	jw_end_obj(&o.w);
	arena_free(o.a);
	return true;
}
