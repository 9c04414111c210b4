/*
 * lib/policy/attrs.c -- node attributes: gathered from all entries that mean a node, then merged.
 *
 * Attributes of one name are one capability, whoever gives them; the arguments
 * of app capabilities follow each other in the order of the document.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/policy/attrs.h"

#define CAP_FUNNEL_PORTS "https://tailscale.com/cap/funnel-ports?ports=443,8443,10000"
#define NEXTDNS "nextdns:"
#define NEXTDNS_PROFILE_MAX 64
#define CAPS_FIXED 16		/* base capabilities and switches, at most */

struct cap {
	const char *name;
	struct str args;	/* without the brackets; empty for none */
	size_t order;
};

struct caps {
	struct cap *v;
	size_t n;
};

/* ---- gathering ---- */

static void
add(struct caps *c, const char *name, const char *args)
{
	struct str s = str_of(args);

	if (s.n >= 2 && s.p[0] == '[')
		s = (struct str){ s.p + 1, s.n - 2 };
	else
		s.n = 0;	/* "null" */
	c->v[c->n] = (struct cap){ name, s, c->n };
	c->n++;
}

static bool
is_macos(const struct net_node *n)
{
	return n->posture.os && strcasecmp(n->posture.os, "macOS") == 0;
}

/* What the policy's switches stand for, as an attribute; NULL if not this one, or not here. */
static const char *
switched(const struct policy *p, const struct net_node *n, size_t which)
{
	switch (which) {
	case 0:
		return p->randomize_client_port ? "randomize-client-port" : NULL;
	case 1:
		return p->disable_ipv4 ? "disable-ipv4" : NULL;
	case 2:
		if (!is_macos(n) || !p->one_cgnat_route)
			return NULL;
		if (strcmp(p->one_cgnat_route, "mac-always") == 0)
			return "one-cgnat?v=true";
		return strcmp(p->one_cgnat_route, "mac-never") == 0 ? "one-cgnat?v=false" : NULL;
	default:
		return NULL;
	}
}
#define SWITCHES 3

static size_t
room_for(struct net *t)
{
	const struct policy *p = net_policy(t);
	size_t n = CAPS_FIXED + SWITCHES;

	for (size_t i = 0; p && i < p->n_attrs; i++)
		n += 2 * p->attrs[i].n_attrs + p->attrs[i].n_app;
	return n;
}

static void
add_role(struct caps *c, const struct net_user *u)
{
	if (!u)
		return;
	if (u->role == ROLE_OWNER)
		add(c, "https://tailscale.com/cap/is-owner", NULL);
	if (u->role == ROLE_OWNER || u->role == ROLE_ADMIN || u->role == ROLE_IT_ADMIN ||
	    u->role == ROLE_NETWORK_ADMIN)
		add(c, "https://tailscale.com/cap/is-admin", NULL);
}

static void
add_base(struct caps *c, struct arena *a, const struct attrs_base *base)
{
	struct buf b;
	struct jw w;

	add(c, "https://tailscale.com/cap/ssh", NULL);
	add(c, "ssh-env-vars", NULL);		/* without it a client ignores acceptEnv */
	add(c, "probe-udp-lifetime", NULL);
	add(c, "store-appc-routes", NULL);
	if (base->taildrop)
		add(c, "https://tailscale.com/cap/file-sharing", NULL);
	add(c, "default-auto-update", base->auto_update ? "[true]" : "[false]");
	if (!base->tailnet || !base->tailnet[0])
		return;
	buf_init(&b, 8 * strlen(base->tailnet) + 16);
	jw_init(&w, &b);
	jw_arr(&w);
	jw_str(&w, base->tailnet);
	jw_end_arr(&w);
	add(c, "tailnet-display-name", buf_text(&b, a));
}

static void
add_entry(struct caps *c, const struct policy_attr *e)
{
	for (size_t i = 0; i < e->n_attrs; i++) {
		add(c, e->attrs[i], NULL);
		if (strcmp(e->attrs[i], "funnel") == 0)
			add(c, CAP_FUNNEL_PORTS, NULL);
	}
	for (size_t i = 0; i < e->n_app; i++)
		add(c, e->app[i].name, e->app[i].json);
}

static void
add_policy(struct caps *c, struct net *t, const struct net_node *n)
{
	const struct policy *p = net_policy(t);

	for (size_t i = 0; p && i < p->n_attrs; i++)
		if (net_selects_any(t, p->attrs[i].target, n))
			add_entry(c, &p->attrs[i]);
	for (size_t i = 0; p && i < SWITCHES; i++)
		if (switched(p, n, i))
			add(c, switched(p, n, i), NULL);
}

/* ---- writing ---- */

static int
by_name(const void *pa, const void *pb)
{
	const struct cap *a = pa, *b = pb;
	int c = strcmp(a->name, b->name);

	if (c != 0)
		return c;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* All of one name; returns where the next begins. */
static size_t
write_cap(struct jw *w, struct arena *a, const struct caps *c, size_t from)
{
	size_t to = from, room = 3;
	struct buf b;

	while (to < c->n && strcmp(c->v[to].name, c->v[from].name) == 0)
		room += c->v[to++].args.n + 1;
	buf_init(&b, room);
	for (size_t i = from; i < to; i++) {
		if (c->v[i].args.n == 0)
			continue;
		buf_byte(&b, b.n ? ',' : '[');
		buf_put(&b, c->v[i].args.p, c->v[i].args.n);
	}
	buf_str(&b, b.n ? "]" : "null");
	jw_kraw(w, c->v[from].name, buf_text(&b, a));
	return to;
}

static void
write_caps(struct jw *w, struct arena *a, struct caps *c)
{
	if (c->n > 1)
		qsort(c->v, c->n, sizeof(*c->v), by_name);
	jw_key(w, "CapMap");
	jw_obj(w);
	for (size_t i = 0; i < c->n;)
		i = write_cap(w, a, c, i);
	jw_end_obj(w);
}

void
attrs_self_json(struct net *t, const struct net_node *n, const struct attrs_base *base,
    struct jw *w)
{
	struct arena *a = arena_new();
	struct caps c = { .v = arena_array(a, room_for(t), sizeof(*c.v)) };

	add_base(&c, a, base);
	if (n != NULL) {
		add_role(&c, n->user_id ? net_user(t, n->user_id) : NULL);
		add_policy(&c, t, n);
	}
	write_caps(w, a, &c);
	arena_free(a);
}

/* Every approved exit node is suggested, with or without the attribute of that name. */
void
attrs_peer_json(const struct net_node *n, struct jw *w)
{
	for (size_t i = 0; i < n->n_routes; i++) {
		if (!prefix_is_default(&n->routes[i]))
			continue;
		jw_key(w, "CapMap");
		jw_obj(w);
		jw_kraw(w, "suggest-exit-node", "null");
		jw_end_obj(w);
		return;
	}
}

/* ---- attributes that are for us ---- */

bool
attrs_has(struct net *t, const struct net_node *n, const char *attr)
{
	const struct policy *p = net_policy(t);

	for (size_t i = 0; p && i < SWITCHES; i++)
		if (switched(p, n, i) && strcmp(switched(p, n, i), attr) == 0)
			return true;
	for (size_t i = 0; p && i < p->n_attrs; i++)
		for (size_t k = 0; k < p->attrs[i].n_attrs; k++)
			if (strcmp(p->attrs[i].attrs[k], attr) == 0 &&
			    net_selects_any(t, p->attrs[i].target, n))
				return true;
	return false;
}

bool
attrs_ipv4_shown(struct net *t, const struct net_node *viewer, const struct net_node *n)
{
	return !attrs_has(t, n, "disable-ipv4") && !attrs_has(t, viewer, "disable-ipv4");
}

/* It becomes part of a URL. */
static bool
profile_ok(const char *s)
{
	size_t n = 0;

	for (; s[n]; n++)
		if (!isalnum((unsigned char)s[n]) && !strchr("._-", s[n]))
			return false;
	return n > 0 && n <= NEXTDNS_PROFILE_MAX && strcmp(s, ".") != 0 && strcmp(s, "..") != 0;
}

static void
nextdns_attr(const char *attr, struct attrs_nextdns *out)
{
	const char *s;

	if (strncmp(attr, NEXTDNS, strlen(NEXTDNS)) != 0)
		return;
	s = attr + strlen(NEXTDNS);
	if (strcmp(s, "no-device-info") == 0)
		out->no_device_info = true;
	else if (profile_ok(s) && (!out->profile || strcmp(s, out->profile) < 0))
		out->profile = s;
}

bool
attrs_nextdns(struct net *t, const struct net_node *n, struct attrs_nextdns *out)
{
	const struct policy *p = net_policy(t);

	*out = (struct attrs_nextdns){ 0 };
	for (size_t i = 0; p && i < p->n_attrs; i++)
		if (net_selects_any(t, p->attrs[i].target, n))
			for (size_t k = 0; k < p->attrs[i].n_attrs; k++)
				nextdns_attr(p->attrs[i].attrs[k], out);
	return out->profile != NULL;
}

bool
attrs_pool(struct net *t, const struct net_node *n, struct ipset *out)
{
	const struct policy *p = net_policy(t);

	for (size_t i = 0; p && i < p->n_attrs; i++) {
		if (!p->attrs[i].has_pool || !net_selects_any(t, p->attrs[i].target, n))
			continue;
		*out = p->attrs[i].pool;
		return true;
	}
	return false;
}
