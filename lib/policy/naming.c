/*
 * lib/policy/naming.c -- names for sets of addresses: whose are they?
 *
 * The widest name that fits goes first: a user or a tag if all its nodes are
 * in the set, then single nodes, then what is no node's.
 */
#include "lib/policy/naming.h"

#include <stdlib.h>
#include <string.h>

#include "lib/policy/internet.h"

#define RANGES_MAX 20	/* written out of one set */
#define BUT_MAX 3	/* names behind "all nodes but" */
#define NAMES_BYTES_MAX ((size_t)64 * 1024 * 1024)

/* A user or a tag, and how many nodes it has: at all, and in the set. */
struct owner {
	const char *name;
	size_t all, in;
	bool said;
};

struct naming {
	struct arena *a;
	struct net *t;
	struct owner *owners;	/* by name */
	size_t n, room;
	size_t all, in;		/* nodes: at all, in the set */
	struct ipset nodes;	/* all their addresses */
	struct ipset routes;	/* what is behind them */
	struct ipset internet;
	bool exit;		/* there is an exit node */
	struct ranges addresses, networks;	/* while they are gathered */
	struct ipset set;	/* that is named now */
	struct jw *w;
};

static const char *
user_name(const struct naming *k, const struct net_node *n)
{
	const struct net_user *u = net_user(k->t, n->user_id);

	return u == NULL ? "" : u->email[0] != '\0' ? u->email : u->name;
}

static int
by_name(const void *x, const void *y)
{
	const struct owner *a = x, *b = y;

	return strcmp(a->name, b->name);
}

static void
add_owner(struct naming *k, const char *name)
{
	k->owners = arena_room(k->a, k->owners, k->n, &k->room, sizeof(*k->owners));
	k->owners[k->n++] = (struct owner){ .name = name, .all = 1 };
}

static void
add_node(void *arg, const struct net_node *n)
{
	struct naming *k = arg;

	k->all++;
	ranges_add_ips(&k->addresses, &n->ip4, &n->ip6);
	for (size_t i = 0; i < n->n_routes; i++)
		if (prefix_is_default(&n->routes[i]))
			k->exit = true;
		else
			ranges_add(&k->networks, iprange_of_prefix(n->routes[i]));
	if (n->user_id != 0)
		add_owner(k, user_name(k, n));
	for (size_t i = 0; i < n->n_tags; i++)
		add_owner(k, n->tags[i]);
}

/* Every user and tag once, with the number of its nodes. */
static void
join_owners(struct naming *k)
{
	size_t n = 0;

	if (k->n == 0)
		return;
	qsort(k->owners, k->n, sizeof(*k->owners), by_name);
	for (size_t i = 1; i < k->n; i++)
		if (by_name(&k->owners[n], &k->owners[i]) == 0)
			k->owners[n].all++;
		else
			k->owners[++n] = k->owners[i];
	k->n = n + 1;
}

struct naming *
naming_new(struct arena *a, struct net *t)
{
	struct naming *k = arena_alloc(a, sizeof(*k));

	k->a = a;
	k->t = t;
	k->addresses.a = k->networks.a = a;
	net_each(t, add_node, k);
	join_owners(k);
	k->nodes = ipset_of(a, k->addresses.v, k->addresses.n);
	k->routes = ipset_of(a, k->networks.v, k->networks.n);
	k->internet = internet_ranges(a);
	if (k->exit)
		k->routes = ipset_union(a, k->routes, k->internet);
	return k;
}

struct ipset
naming_known(const struct naming *k)
{
	return ipset_union(k->a, k->nodes, k->routes);
}

static struct owner *
find_owner(const struct naming *k, const char *name)
{
	struct owner key = { .name = name };

	return bsearch(&key, k->owners, k->n, sizeof(key), by_name);
}

static bool
node_in(const struct naming *k, const struct net_node *n)
{
	return (n->ip4.family != 0 && ipset_has(k->set, &n->ip4)) ||
	    (n->ip6.family != 0 && ipset_has(k->set, &n->ip6));
}

static void
count_node(void *arg, const struct net_node *n)
{
	struct naming *k = arg;

	if (!node_in(k, n))
		return;
	k->in++;
	if (n->user_id != 0)
		find_owner(k, user_name(k, n))->in++;
	for (size_t i = 0; i < n->n_tags; i++)
		find_owner(k, n->tags[i])->in++;
}

/* Says the owner if all its nodes are in the set; once. */
static bool
say_owner(struct naming *k, const char *name)
{
	struct owner *o = find_owner(k, name);

	if (o->in < o->all)
		return false;
	if (!o->said)
		jw_str(k->w, o->name);
	o->said = true;
	return true;
}

static void
say_node(void *arg, const struct net_node *n)
{
	struct naming *k = arg;

	if (!node_in(k, n) || (n->user_id != 0 && say_owner(k, user_name(k, n))))
		return;
	for (size_t i = 0; i < n->n_tags; i++)
		if (say_owner(k, n->tags[i]))
			return;
	jw_str(k->w, n->name);
}

static bool
covers(struct ipset x, struct ipset y)
{
	for (size_t i = 0; i < y.n; i++)
		if (!ipset_covers(x, y.v[i]))
			return false;
	return true;
}

/* What is no node's: networks behind nodes, the internet. */
static void
say_others(struct naming *k)
{
	struct ipset rest = ipset_minus(k->a, k->set, k->nodes);
	char text[IPRANGE_TEXT_SIZE];

	if (rest.n > 0 && covers(rest, k->internet)) {
		jw_str(k->w, "the internet");
		rest = ipset_minus(k->a, rest, k->internet);
	}
	for (size_t i = 0; i < rest.n && i < RANGES_MAX; i++)
		jw_str(k->w, iprange_write(rest.v[i], text));
	if (rest.n > RANGES_MAX)
		jw_str(k->w, arena_printf(k->a, "%zu more ranges", rest.n - RANGES_MAX));
}

/* Who of the tailnet's nodes is in the set: counted, by owner. */
static void
count(struct naming *k, struct ipset set)
{
	k->set = set;
	k->in = 0;
	for (size_t i = 0; i < k->n; i++) {
		k->owners[i].in = 0;
		k->owners[i].said = false;
	}
	net_each(k->t, count_node, k);
}

/* The names of the nodes in the set, as a JSON array of its own. */
static jv *
names_of(struct naming *k, struct ipset set)
{
	struct jw *out = k->w, w;
	struct buf b;
	jv *list;

	buf_init(&b, NAMES_BYTES_MAX);
	jw_init(&w, &b);
	k->w = &w;
	count(k, set);
	jw_arr(&w);
	net_each(k->t, say_node, k);
	jw_end_arr(&w);
	k->w = out;
	list = json_parse(k->a, buf_as_str(&b), 2, NULL);
	buf_fini(&b);
	return list;
}

/* "all nodes but ann@example.com", where that is shorter; false if it is not. */
static bool
say_all_but(struct naming *k, struct ipset set)
{
	jv *rest;
	const char *text = "";

	if (2 * k->in <= k->all)
		return false;
	rest = names_of(k, ipset_minus(k->a, k->nodes, set));
	if (json_len(rest) == 0 || json_len(rest) > BUT_MAX)
		return false;
	for (size_t i = 0; i < json_len(rest); i++)
		text = arena_printf(k->a, "%s%s%s", text, i > 0 ? ", " : "",
		    json_text(json_at(rest, i)));
	jw_str(k->w, arena_printf(k->a, "all nodes but %s", text));
	return true;
}

void
naming_put(struct naming *k, struct ipset set, struct jw *w)
{
	k->w = w;
	count(k, set);
	jw_arr(w);
	if (k->in == k->all && k->all > 0) {
		jw_str(w, "all nodes");
	} else if (!say_all_but(k, set)) {
		count(k, set);
		net_each(k->t, say_node, k);
	}
	k->set = set;
	say_others(k);
	jw_end_arr(w);
}
