/*
 * lib/policy/ssh.c -- one source, one destination, one login: which SSH rule decides?
 *
 * The order is the client's, which walks the rules that ssh_json.c gives it:
 * checks come first whatever the document's order, so that no 'accept' can
 * take a check away.
 */
#include <string.h>
#include <strings.h>

#include "lib/policy/ssh_impl.h"

/* ---- who is meant ---- */

static bool
means(struct net *t, uint32_t selector, const struct ssh_end *e)
{
	const struct selector *s = &net_policy(t)->selectors[selector];

	if (e->node)
		return net_selects(t, selector, e->node);
	if (s->kind == SEL_ALL)
		return true;
	if (e->user)
		return net_selects_user(t, selector, e->user);
	return s->kind == SEL_TAGGED || (s->kind == SEL_TAG && strcmp(s->name, e->tag) == 0);
}

static bool
means_any(struct net *t, struct selectors s, const struct ssh_end *e)
{
	for (size_t i = 0; i < s.n; i++)
		if (means(t, s.v[i], e))
			return true;
	return false;
}

/* Whose it is; 0 if it is tagged. */
static int64_t
owner_of(const struct ssh_end *e)
{
	if (e->node)
		return e->node->user_id;
	return e->user ? e->user->id : 0;
}

/* A user or a tag has no device, so it satisfies no posture. */
static bool
posture_ok(struct net *t, const struct policy_ssh *r, const struct ssh_end *src,
    const struct posture_given *given)
{
	if (given)
		return posture_any_given(net_policy(t), r->postures, r->n_postures, given);
	if (src->node)
		return net_posture_ok(t, r->postures, r->n_postures, src->node);
	return r->n_postures == 0;
}

bool
ssh_from(struct net *t, const struct policy_ssh *r, const struct ssh_end *src,
    const struct posture_given *given)
{
	return means_any(t, r->src, src) && posture_ok(t, r, src, given);
}

enum ssh_reach
ssh_to(struct net *t, const struct policy_ssh *r, const struct ssh_end *dst)
{
	const struct policy *p = net_policy(t);
	enum ssh_reach reach = SSH_REACH_NONE;

	for (size_t i = 0; i < r->dst.n; i++) {
		if (p->selectors[r->dst.v[i]].kind == SEL_SELF) {
			if (owner_of(dst) != 0)
				reach = SSH_REACH_SELF;
		} else if (means(t, r->dst.v[i], dst)) {
			return SSH_REACH_ALL;
		}
	}
	return reach;
}

/* ---- as whom ---- */

struct str
ssh_literal(const struct ssh_user *u)
{
	return str_trim(str_of(u->name));
}

bool
ssh_has_user_kind(const struct policy_ssh *r, enum ssh_user_kind kind)
{
	for (size_t i = 0; i < r->n_users; i++)
		if (r->users[i].kind == kind)
			return true;
	return false;
}

/* A '*' would be everybody's login to the client. */
struct str
ssh_localpart(const struct policy_ssh *r, const struct net_user *u)
{
	const char *at = u ? strrchr(u->email, '@') : NULL;
	struct str local = { u ? u->email : NULL, at ? (size_t)(at - u->email) : 0 };

	if (local.n == 0 || str_is(local, "*"))
		return (struct str){ 0 };
	for (size_t i = 0; i < r->n_users; i++)
		if (r->users[i].kind == SSH_USER_LOCALPART &&
		    strcasecmp(r->users[i].name, at + 1) == 0)
			return local;
	return (struct str){ 0 };
}

static bool
login_ok(struct net *t, const struct policy_ssh *r, const struct ssh_end *src,
    struct str login)
{
	int64_t owner = owner_of(src);

	if (login.n == 0)
		return false;
	for (size_t i = 0; i < r->n_users; i++) {
		if (r->users[i].kind == SSH_USER_NONROOT && !str_is(login, "root"))
			return true;
		if (r->users[i].kind == SSH_USER_LITERAL &&
		    str_eq(login, ssh_literal(&r->users[i])))
			return true;
	}
	return owner != 0 &&
	    str_eq(login, ssh_localpart(r, src->user ? src->user : net_user(t, owner)));
}

/* ---- which rule ---- */

static bool
matches(struct net *t, const struct policy_ssh *r, const struct ssh_ask *ask)
{
	enum ssh_reach reach = ssh_to(t, r, &ask->dst);

	if (reach == SSH_REACH_NONE || !ssh_from(t, r, &ask->src, ask->given))
		return false;
	if (reach == SSH_REACH_SELF && owner_of(&ask->src) != owner_of(&ask->dst))
		return false;
	return login_ok(t, r, &ask->src, str_of(ask->login));
}

static const struct policy_ssh *
first_match(struct net *t, enum ssh_action action, const struct ssh_ask *ask)
{
	const struct policy *p = net_policy(t);

	for (size_t i = 0; p && i < p->n_ssh; i++)
		if (p->ssh[i].action == action && matches(t, &p->ssh[i], ask))
			return &p->ssh[i];
	return NULL;
}

struct ssh_answer
ssh_allows(struct net *t, const struct ssh_ask *ask)
{
	const struct policy_ssh *r = first_match(t, SSH_CHECK, ask);

	if (r)
		return (struct ssh_answer){ SSH_CHECKED, r->check_period_ms, r };
	r = first_match(t, SSH_ACCEPT, ask);
	return (struct ssh_answer){ r ? SSH_ACCEPTED : SSH_REFUSED, 0, r };
}

/* ---- checks ---- */

static const struct policy_ssh *
check_rule(struct net *t, int64_t src, int64_t dst, const char *local_user)
{
	struct ssh_ask ask = {
		.src.node = net_node(t, src),
		.dst.node = net_node(t, dst),
		.login = local_user,
	};

	if (!ask.src.node || !ask.dst.node)
		return NULL;
	return first_match(t, SSH_CHECK, &ask);
}

bool
ssh_check_period(struct net *t, int64_t src, int64_t dst, const char *local_user,
    int64_t *period_ms)
{
	const struct policy_ssh *r = check_rule(t, src, dst, local_user);

	*period_ms = r ? r->check_period_ms : 0;
	return r != NULL;
}

bool
ssh_passed_json(struct net *t, int64_t src, int64_t dst, const char *local_user,
    struct buf *out)
{
	const struct policy_ssh *r = check_rule(t, src, dst, local_user);
	struct jw w;

	if (!r)
		return false;
	jw_init(&w, out);
	ssh_accept_json(t, r, &w);
	return true;
}
