/*
 * lib/policy/ssh_json.c -- the tailcfg.SSHPolicy that a destination's client enforces.
 *
 * Sources are listed address by address, sorted as text, as Tailscale's service
 * does.  Where a rule names localpart users, each user's devices are a rule of
 * their own, since each maps to another login.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/policy/ssh_impl.h"

#define RECORDER_PORT 80	/* where tsrecorder listens in the tailnet */
#define NOT_RECORDED "tailscale: sessions here must be recorded, and no recorder is available\n"

struct nodes {
	const struct net_node **v;
	size_t n, cap;
	struct arena *a;
};

struct texts {
	const char **v;
	size_t n;
};

struct out {
	struct net *t;
	struct arena *a;
	struct jw w;
	const struct net_node *node;
	const char *server_url;
};

static void
nodes_add(struct nodes *to, const struct net_node *n)
{
	if (to->n == to->cap) {
		size_t cap = to->cap ? to->cap * 2 : 64;
		const struct net_node **v = arena_array(to->a, cap, sizeof(*v));

		if (to->n > 0)
			memcpy(v, to->v, to->n * sizeof(*v));
		to->v = v;
		to->cap = cap;
	}
	to->v[to->n++] = n;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
texts_sort(struct texts *x)
{
	if (x->n > 1)
		qsort(x->v, x->n, sizeof(*x->v), by_text);
}

/* ---- sources: nodes by owner, the tagged ones last, then by id ---- */

struct pick {
	struct net *t;
	const struct policy_ssh *r;
	int64_t owner;		/* only this user's; 0: all */
	struct nodes found;
};

static void
pick_source(void *arg, const struct net_node *n)
{
	struct pick *p = arg;

	if (p->owner != 0 && n->user_id != p->owner)
		return;
	if (ssh_from(p->t, p->r, &(struct ssh_end){ .node = n }, NULL))
		nodes_add(&p->found, n);
}

static int
by_owner(const void *pa, const void *pb)
{
	const struct net_node *a = *(const struct net_node *const *)pa;
	const struct net_node *b = *(const struct net_node *const *)pb;

	if (a->user_id != b->user_id) {
		if (a->user_id == 0 || b->user_id == 0)
			return a->user_id == 0 ? 1 : -1;
		return a->user_id < b->user_id ? -1 : 1;
	}
	return a->id < b->id ? -1 : a->id > b->id;
}

/*
 * A rule with localpart users is also told to its sources, each for itself,
 * where they are no destinations: Tailscale's service does so.
 */
static struct nodes
sources_of(const struct out *o, const struct policy_ssh *r)
{
	enum ssh_reach reach = ssh_to(o->t, r, &(struct ssh_end){ .node = o->node });
	struct pick p = { .t = o->t, .r = r, .found.a = o->a };

	if (reach == SSH_REACH_SELF)
		p.owner = o->node->user_id;
	if (reach != SSH_REACH_NONE)
		net_each(o->t, pick_source, &p);
	else if (ssh_has_user_kind(r, SSH_USER_LOCALPART))
		pick_source(&p, o->node);
	if (p.found.n > 1)
		qsort(p.found.v, p.found.n, sizeof(*p.found.v), by_owner);
	return p.found;
}

/* ---- principals ---- */

static bool
tag_is_source(const struct policy *p, const struct policy_ssh *r, const char *tag)
{
	for (size_t i = 0; i < r->src.n; i++) {
		const struct selector *s = &p->selectors[r->src.v[i]];

		if (s->kind == SEL_TAGGED || (s->kind == SEL_TAG && strcmp(s->name, tag) == 0))
			return true;
	}
	return false;
}

/* A tagged device is listed once for each of its tags that is meant. */
static size_t
times_listed(const struct policy *p, const struct policy_ssh *r, const struct net_node *n)
{
	size_t times = 0;

	for (size_t i = 0; i < n->n_tags; i++)
		times += tag_is_source(p, r, n->tags[i]);
	return times ? times : 1;
}

static void
texts_add_ip(struct texts *x, struct arena *a, const struct ip *ip, size_t times)
{
	char text[IP_TEXT_SIZE];
	const char *copy;

	if (ip->family == 0)
		return;
	copy = arena_strdup(a, ip_write(ip, text));
	for (size_t i = 0; i < times; i++)
		x->v[x->n++] = copy;
}

static struct texts
addresses_of(struct out *o, const struct policy_ssh *r, const struct nodes *from)
{
	const struct policy *p = net_policy(o->t);
	struct texts x = { 0 };
	size_t room = 0;

	for (size_t i = 0; i < from->n; i++)
		room += 2 * times_listed(p, r, from->v[i]);
	x.v = arena_array(o->a, room, sizeof(*x.v));
	for (size_t i = 0; i < from->n; i++) {
		size_t times = times_listed(p, r, from->v[i]);

		texts_add_ip(&x, o->a, &from->v[i]->ip4, times);
		texts_add_ip(&x, o->a, &from->v[i]->ip6, times);
	}
	texts_sort(&x);
	return x;
}

static void
write_principals(struct jw *w, const struct texts *x)
{
	jw_key(w, "principals");
	jw_arr(w);
	for (size_t i = 0; i < x->n; i++) {
		jw_obj(w);
		jw_kstr(w, "nodeIP", x->v[i]);
		jw_end_obj(w);
	}
	jw_end_arr(w);
}

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

struct recorder_pick {
	struct net *t;
	const struct policy_ssh *r;
	struct nodes found;
};

static void
pick_recorder(void *arg, const struct net_node *n)
{
	struct recorder_pick *p = arg;

	if (net_selects_any(p->t, p->r->recorder, n))
		nodes_add(&p->found, n);
}

static struct texts
recorders_of(struct net *t, struct arena *a, const struct policy_ssh *r)
{
	struct recorder_pick p = { .t = t, .r = r, .found.a = a };
	char ip[IP_TEXT_SIZE];
	struct texts x = { 0 };

	if (r->recorder.n > 0)
		net_each(t, pick_recorder, &p);
	x.v = arena_array(a, 2 * p.found.n, sizeof(*x.v));
	for (size_t i = 0; i < p.found.n; i++) {
		const struct net_node *n = p.found.v[i];

		if (n->ip4.family != 0)
			x.v[x.n++] = arena_printf(a, "%s:%d", ip_write(&n->ip4, ip), RECORDER_PORT);
		if (n->ip6.family != 0)
			x.v[x.n++] = arena_printf(a, "[%s]:%d", ip_write(&n->ip6, ip), RECORDER_PORT);
	}
	texts_sort(&x);
	return x;
}

static void
write_recorders(struct jw *w, const struct policy_ssh *r, const struct texts *recorders)
{
	if (recorders->n == 0)
		return;
	jw_key(w, "recorders");
	jw_arr(w);
	for (size_t i = 0; i < recorders->n; i++)
		jw_str(w, recorders->v[i]);
	jw_end_arr(w);
	if (!r->enforce_recorder)
		return;
	jw_key(w, "onRecordingFailure");
	jw_obj(w);
	jw_kstr(w, "RejectSessionWithMessage", NOT_RECORDED);
	jw_kstr(w, "TerminateSessionWithMessage", NOT_RECORDED);
	jw_end_obj(w);
}

/*
 * Not "reject": that would turn away the rule's sources for all logins, this
 * only those that the rule is about.
 */
static bool
write_unrecorded(struct jw *w, const struct policy_ssh *r, const struct texts *recorders)
{
	if (r->recorder.n == 0 || !r->enforce_recorder || recorders->n > 0)
		return false;
	jw_kstr(w, "message", NOT_RECORDED);
	return true;
}

void
ssh_accept_json(struct net *t, struct arena *a, const struct policy_ssh *r, struct jw *w)
{
	struct texts recorders = recorders_of(t, a, r);

	jw_obj(w);
	if (!write_unrecorded(w, r, &recorders)) {
		jw_kbool(w, "accept", true);
		jw_kbool(w, "allowAgentForwarding", true);
		jw_kbool(w, "allowLocalPortForwarding", true);
		jw_kbool(w, "allowRemotePortForwarding", true);
		write_recorders(w, r, &recorders);
	}
	jw_end_obj(w);
}

static void
write_check(struct out *o, const struct policy_ssh *r)
{
	struct texts recorders = recorders_of(o->t, o->a, r);

	jw_obj(&o->w);
	if (!write_unrecorded(&o->w, r, &recorders)) {
		jw_kstr(&o->w, "holdAndDelegate",
		    arena_printf(o->a, "%s%s", o->server_url, SSH_CHECK_PATH));
		write_recorders(&o->w, r, &recorders);
	}
	jw_end_obj(&o->w);
}

static void
write_action(struct out *o, const struct policy_ssh *r)
{
	jw_key(&o->w, "action");
	if (r->action == SSH_CHECK)
		write_check(o, r);
	else
		ssh_accept_json(o->t, o->a, r, &o->w);
	if (r->n_accept_env == 0)
		return;
	jw_key(&o->w, "acceptEnv");
	jw_arr(&o->w);
	for (size_t i = 0; i < r->n_accept_env; i++)
		jw_str(&o->w, r->accept_env[i]);
	jw_end_arr(&o->w);
}

/* ---- rules ---- */

/* One rule of tailcfg: for the rule's own users, and for a localpart one more. */
static void
write_rule(struct out *o, const struct policy_ssh *r, const struct nodes *from,
    struct str localpart)
{
	struct texts x = addresses_of(o, r, from);

	if (x.n == 0)
		return;
	jw_obj(&o->w);
	write_principals(&o->w, &x);
	write_users(o, r);
	write_action(o, r);
	jw_end_obj(&o->w);
	if (localpart.n == 0)
		return;
	jw_obj(&o->w);
	write_principals(&o->w, &x);
	jw_key(&o->w, "sshUsers");
	jw_obj(&o->w);
	write_login(o, localpart);
	jw_end_obj(&o->w);
	write_action(o, r);
	jw_end_obj(&o->w);
}

static void
write_by_owner(struct out *o, const struct policy_ssh *r, const struct nodes *all)
{
	for (size_t from = 0, to = 0; from < all->n; from = to) {
		int64_t owner = all->v[from]->user_id;
		struct nodes part = { .v = all->v + from };

		while (to < all->n && all->v[to]->user_id == owner)
			to++;
		part.n = to - from;
		write_rule(o, r, &part,
		    ssh_localpart(r, owner ? net_user(o->t, owner) : NULL));
	}
}

static void
write_rules(struct out *o, enum ssh_action action)
{
	const struct policy *p = net_policy(o->t);

	for (size_t i = 0; i < p->n_ssh; i++) {
		const struct policy_ssh *r = &p->ssh[i];
		struct nodes from;

		if (r->action != action)
			continue;
		from = sources_of(o, r);
		if (ssh_has_user_kind(r, SSH_USER_LOCALPART))
			write_by_owner(o, r, &from);
		else
			write_rule(o, r, &from, (struct str){ 0 });
	}
}

bool
ssh_policy_json(struct net *t, int64_t node, const char *server_url, struct buf *out)
{
	const struct policy *p = net_policy(t);
	struct out o = { .t = t, .node = net_node(t, node), .server_url = server_url };

	if (!p || !p->has_ssh || !o.node)
		return false;
	o.a = arena_new();
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
