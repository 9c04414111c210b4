/*
 * tests/unit/policy_random_test.c -- random policies against a plain evaluator, pair by pair.
 *
 * The evaluator reads the same rules from the test's own structs, one pair of
 * addresses at a time, and knows nothing of sets.  What a node's filter lets
 * in must be what the evaluator says: never more, never less.  And a net that
 * was brought up to date change by change must answer as a fresh one does, with
 * every filter that changed announced.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/ids.h"
#include "lib/policy/net.h"
#include "tests/unit/unit.h"

#define ROUNDS 150
#define NODES 14
#define USERS 4
#define TAGS 4
#define RULES 6
#define NAMES 3			/* selectors on a side */
#define STEPS 6

enum what { W_ALL, W_USER, W_GROUP, W_TAG, W_MEMBER, W_TAGGED, W_NET, W_NODE_IP, W_SELF, W_COUNT };

struct name {
	enum what w;
	int i;
};

struct line {			/* a rule */
	struct name src[NAMES], dst[NAMES];
	int n_src, n_dst, port_lo, port_hi;	/* port_lo 0: all */
	int proto;		/* 0: default */
};

struct fake {			/* a node */
	int64_t id;
	int user;		/* 0: tagged */
	unsigned tags;		/* bits */
	int net;		/* -1, or it routes 10.<net>.0.0/16 */
};

struct world {
	struct arena *a;
	unsigned seed;
	struct line rules[RULES];
	int n_rules;
	unsigned groups[2];	/* bits of users */
	struct fake nodes[NODES];
	int n_nodes;
};

static int
rnd(struct world *w, int n)
{
	w->seed = w->seed * 1103515245u + 12345u;
	return (int)(w->seed >> 16) % n;
}

/* ---- making one up ---- */

static struct name
make_name(struct world *w, bool dst)
{
	struct name n = { (enum what)rnd(w, W_SELF), 0 };

	if (dst && rnd(w, 6) == 0)
		n.w = W_SELF;
	n.i = n.w == W_GROUP ? rnd(w, 2) : n.w == W_NODE_IP ? rnd(w, NODES) : rnd(w, 4);
	return n;
}

/* autogroup:self takes users, groups and autogroup:member as sources only. */
static void
make_rule(struct world *w, struct line *r)
{
	bool self = false;

	memset(r, 0, sizeof(*r));
	r->n_src = 1 + rnd(w, NAMES);
	r->n_dst = 1 + rnd(w, NAMES);
	for (int i = 0; i < r->n_dst; i++) {
		r->dst[i] = make_name(w, true);
		self |= r->dst[i].w == W_SELF;
	}
	for (int i = 0; i < r->n_src; i++) {
		r->src[i] = make_name(w, false);
		if (self && r->src[i].w != W_USER && r->src[i].w != W_GROUP)
			r->src[i] = (struct name){ W_MEMBER, 0 };
	}
	if (rnd(w, 2)) {
		r->port_lo = 1 + rnd(w, 5);
		r->port_hi = r->port_lo + rnd(w, 3);
	}
	r->proto = rnd(w, 3) == 0 ? 6 : rnd(w, 4) == 0 ? 17 : 0;
}

static void
make_node(struct world *w, struct fake *n, int64_t id)
{
	*n = (struct fake){ .id = id, .net = rnd(w, 4) == 0 ? rnd(w, 4) : -1 };
	if (rnd(w, 2))
		n->user = 1 + rnd(w, USERS);
	else
		n->tags = 1u + (unsigned)rnd(w, (1 << TAGS) - 1);
}

static void
make_world(struct world *w)
{
	w->n_rules = 1 + rnd(w, RULES);
	for (int i = 0; i < w->n_rules; i++)
		make_rule(w, &w->rules[i]);
	for (int i = 0; i < 2; i++)
		w->groups[i] = (unsigned)rnd(w, 1 << USERS);
	w->n_nodes = 2 + rnd(w, NODES - 2);
	for (int i = 0; i < w->n_nodes; i++)
		make_node(w, &w->nodes[i], i + 1);
}

/* ---- as text, and as a net ---- */

static const char *
name_text(struct world *w, struct name n)
{
	switch (n.w) {
	case W_ALL:
		return "*";
	case W_USER:
		return arena_printf(w->a, "user%d@example.com", n.i + 1);
	case W_GROUP:
		return arena_printf(w->a, "group:g%d", n.i);
	case W_TAG:
		return arena_printf(w->a, "tag:t%d", n.i);
	case W_MEMBER:
		return "autogroup:member";
	case W_TAGGED:
		return "autogroup:tagged";
	case W_NET:
		return arena_printf(w->a, "10.%d.0.0/16", n.i);
	case W_NODE_IP:
		return arena_printf(w->a, "100.64.0.%d", n.i + 1);
	default:
		return "autogroup:self";
	}
}

static void
put_rule(struct world *w, const struct line *r, struct buf *out)
{
	static const char *const proto[] = { [6] = "tcp", [17] = "udp" };

	buf_str(out, "{\"action\":\"accept\",");
	if (r->proto != 0)
		buf_printf(out, "\"proto\":\"%s\",", proto[r->proto]);
	buf_str(out, "\"src\":[");
	for (int i = 0; i < r->n_src; i++)
		buf_printf(out, "\"%s\",", name_text(w, r->src[i]));
	buf_str(out, "],\"dst\":[");
	for (int i = 0; i < r->n_dst; i++)
		if (r->port_lo == 0)
			buf_printf(out, "\"%s:*\",", name_text(w, r->dst[i]));
		else
			buf_printf(out, "\"%s:%d-%d\",", name_text(w, r->dst[i]), r->port_lo,
			    r->port_hi);
	buf_str(out, "]},\n");
}

static const char *
world_text(struct world *w)
{
	struct buf out;

	buf_init(&out, POLICY_BYTES_MAX);
	buf_str(&out, "{\"groups\":{");
	for (int g = 0; g < 2; g++) {
		buf_printf(&out, "\"group:g%d\":[", g);
		for (int u = 0; u < USERS; u++)
			if (w->groups[g] >> u & 1)
				buf_printf(&out, "\"user%d@example.com\",", u + 1);
		buf_str(&out, "],");
	}
	buf_str(&out, "},\"tagOwners\":{");
	for (int i = 0; i < TAGS; i++)
		buf_printf(&out, "\"tag:t%d\":[],", i);
	buf_str(&out, "},\"acls\":[\n");
	for (int i = 0; i < w->n_rules; i++)
		put_rule(w, &w->rules[i], &out);
	buf_str(&out, "]}");
	return buf_text(&out, w->a);
}

static void
set_node(struct world *w, struct net *t, const struct fake *f)
{
	struct prefix p;
	const char *tags[TAGS];
	struct net_node n = { .id = f->id, .user_id = f->user, .name = "n",
		.posture = { "", "", "", "", false, false, NULL, 0 }, .tags = tags,
		.routes = &p, .primary = &p };

	assert_true(ip_read(str_of(arena_printf(w->a, "100.64.0.%d", (int)f->id)), &n.ip4));
	assert_true(ip_read(str_of(arena_printf(w->a, "fd7a:115c:a1e0::%d", (int)f->id)), &n.ip6));
	for (int i = 0; i < TAGS; i++)
		if (f->tags >> i & 1)
			tags[n.n_tags++] = arena_printf(w->a, "tag:t%d", i);
	if (f->net >= 0) {
		assert_true(prefix_read(str_of(arena_printf(w->a, "10.%d.0.0/16", f->net)), &p));
		n.n_routes = n.n_primary = 1;
	}
	net_set_node(t, &n);
}

static struct net *
world_net(struct world *w, struct policy *p)
{
	struct net *t = net_new();
	struct net_user u[USERS];

	for (int i = 0; i < USERS; i++)
		u[i] = (struct net_user){ .id = i + 1, .name = "", .provider_id = "",
			.email = arena_printf(w->a, "user%d@example.com", i + 1) };
	net_set_users(t, u, USERS);
	net_set_policy(t, p);
	for (int i = 0; i < w->n_nodes; i++)
		set_node(w, t, &w->nodes[i]);
	return t;
}

/* ---- the plain evaluator ---- */

/* An address: of node 'node' (not NULL), or 10.<net>.0.9 behind whoever routes it. */
struct addr {
	const struct fake *node;
	int net;
	bool six;
};

static bool
named(const struct world *w, struct name n, struct addr x)
{
	const struct fake *f = x.node;

	switch (n.w) {
	case W_ALL:
		return true;
	case W_USER:
		return f != NULL && f->user == n.i + 1;
	case W_GROUP:
		return f != NULL && f->user != 0 && (w->groups[n.i] >> (f->user - 1) & 1);
	case W_TAG:
		return f != NULL && (f->tags >> n.i & 1);
	case W_MEMBER:
		return f != NULL && f->user != 0;
	case W_TAGGED:
		return f != NULL && f->user == 0;
	case W_NET:
		return f == NULL && x.net == n.i;
	case W_NODE_IP:
		return f != NULL && !x.six && f->id == n.i + 1;
	default:
		return false;
	}
}

static bool
allowed(const struct world *w, struct addr src, struct addr dst, int proto, int port)
{
	for (int i = 0; i < w->n_rules; i++) {
		const struct line *r = &w->rules[i];
		bool from = false, to = false;
		for (int k = 0; k < r->n_src; k++)
			from |= named(w, r->src[k], src);
		for (int k = 0; k < r->n_dst; k++)
			to |= r->dst[k].w == W_SELF ? src.node != NULL && dst.node != NULL &&
			    src.node->user != 0 && src.node->user == dst.node->user :
			    named(w, r->dst[k], dst);
		if (from && to && (r->proto == 0 || r->proto == proto) &&
		    (r->port_lo == 0 || (port >= r->port_lo && port <= r->port_hi)))
			return true;
	}
	return false;
}

/* ---- what a client makes of a filter ---- */

static bool
text_has(const char *list, const char *addr)
{
	struct iprange r;
	struct ip ip;

	if (strcmp(list, "*") == 0)
		return true;
	assert_true(ip_read(str_of(addr), &ip));
	assert_true(iprange_read(str_of(list), &r));
	return ip.family == r.lo.family && ip_cmp(&r.lo, &ip) <= 0 && ip_cmp(&ip, &r.hi) <= 0;
}

static bool
lets_in(jv *filter, const char *src, const char *dst, int proto, int port)
{
	for (size_t i = 0; i < json_len(filter); i++) {
		jv *r = json_at(filter, i), *protos = json_get(r, "IPProto");
		bool from = false, ok = json_len(protos) == 0;
		for (size_t k = 0; k < json_len(protos); k++)
			ok |= json_int(json_at(protos, k)) == proto;
		for (size_t k = 0; k < json_len(json_get(r, "SrcIPs")); k++)
			from |= text_has(json_text(json_at(json_get(r, "SrcIPs"), k)), src);
		for (size_t k = 0; ok && from && k < json_len(json_get(r, "DstPorts")); k++) {
			jv *d = json_at(json_get(r, "DstPorts"), k), *p = json_get(d, "Ports");
			if (text_has(json_get_str(d, "IP", ""), dst) &&
			    json_get_i64(p, "First", -1) <= port &&
			    port <= json_get_i64(p, "Last", -1))
				return true;
		}
	}
	return false;
}

static const char *
addr_text(struct world *w, struct addr x)
{
	if (x.node == NULL)
		return arena_printf(w->a, "10.%d.0.9", x.net);
	return arena_printf(w->a, x.six ? "fd7a:115c:a1e0::%d" : "100.64.0.%d", (int)x.node->id);
}

static jv *
filter_of(struct world *w, struct net *t, int64_t id)
{
	struct buf out;
	const char *why = "", *text;
	jv *v;

	buf_init(&out, 1u << 24);
	net_filter(t, id, &out);
	text = buf_text(&out, w->a);
	v = json_parse(w->a, str_of(text), JSON_DEPTH_DEFAULT, &why);
	if (v == NULL)
		fail_msg("node %d: %s: %s", (int)id, why, text);
	return v;
}

static bool
check_pair(struct world *w, jv *filter, struct addr src, struct addr dst)
{
	static const int protos[] = { 6, 17 };
	bool any = false;

	for (size_t k = 0; k < 2; k++)
		for (int port = 1; port < 9; port++) {
			bool want = allowed(w, src, dst, protos[k], port);
			bool got = lets_in(filter, addr_text(w, src), addr_text(w, dst),
			    protos[k], port);
			any |= want;
			if (want != got)
				fail_msg("%s -> %s proto %d port %d: expected %d, got %d in\n%s",
				    addr_text(w, src), addr_text(w, dst), protos[k], port,
				    want, got, world_text(w));
		}
	return any;
}

/* Is the network routed by anybody?  Only then "*" means it as a source. */
static bool
routed(const struct world *w, int net)
{
	for (int i = 0; i < w->n_nodes; i++)
		if (w->nodes[i].net == net)
			return true;
	return false;
}

/* Everything that may send to node 'd' or to the network behind it. */
static void
check_node(struct world *w, struct net *t, const struct fake *d)
{
	jv *filter = filter_of(w, t, d->id);

	for (int i = 0; i < w->n_nodes; i++) {
		const struct fake *s = &w->nodes[i];
		bool direct, back, reach;
		if (s == d)
			continue;
		direct = check_pair(w, filter, (struct addr){ s, -1, false },
		    (struct addr){ d, -1, false });
		direct |= check_pair(w, filter, (struct addr){ s, -1, true },
		    (struct addr){ d, -1, true });
		if (d->net >= 0)
			direct |= check_pair(w, filter, (struct addr){ s, -1, false },
			    (struct addr){ NULL, d->net, false });
		if (s->net >= 0)
			direct |= check_pair(w, filter, (struct addr){ NULL, s->net, false },
			    (struct addr){ d, -1, false });
		back = net_visible(t, s->id, d->id);
		reach = net_visible(t, d->id, s->id);
		assert_int_equal(back, reach);
		if (direct && !reach)
			fail_msg("%d may reach %d and does not see it in\n%s", (int)s->id,
			    (int)d->id, world_text(w));
	}
	for (int net = 0; net < 4; net++)
		if (routed(w, net))
			check_pair(w, filter, (struct addr){ NULL, net, false },
			    (struct addr){ d, -1, false });
}

/* Who sees whom without any traffic between them, or their networks? */
static bool
reaches(struct world *w, const struct fake *a, const struct fake *b)
{
	struct addr from[3] = { { a, -1, false }, { a, -1, true }, { NULL, a->net, false } };
	struct addr to[3] = { { b, -1, false }, { b, -1, true }, { NULL, b->net, false } };

	for (int i = 0; i < (a->net >= 0 ? 3 : 2); i++)
		for (int k = 0; k < (b->net >= 0 ? 3 : 2); k++)
			for (int port = 1; port < 9; port++)
				if (allowed(w, from[i], to[k], 6, port) ||
				    allowed(w, from[i], to[k], 17, port))
					return true;
	return false;
}

static void
check_views(struct world *w, struct net *t)
{
	for (int i = 0; i < w->n_nodes; i++) {
		int64_t *ids;
		size_t n = net_visible_ids(t, w->a, w->nodes[i].id, &ids);
		for (int k = 0; k < w->n_nodes; k++) {
			const struct fake *a = &w->nodes[i], *b = &w->nodes[k];
			bool sees = ids_has(ids, n, b->id);
			if (i == k)
				continue;
			assert_int_equal(sees, net_visible(t, a->id, b->id));
			if (sees != (reaches(w, a, b) || reaches(w, b, a)))
				fail_msg("%d sees %d: %d in\n%s", (int)a->id, (int)b->id, sees,
				    world_text(w));
		}
	}
}

static struct policy *
parse(struct world *w, const char *text)
{
	struct policy_context ctx = { (const char *const[]){ "example.com" }, 1 };
	struct policy_errors errs = { .n = 0 };
	struct policy *p = policy_parse(w->a, str_of(text), &ctx, &errs);

	if (p == NULL)
		fail_msg("%s\n%s", policy_errors_text(w->a, &errs), text);
	return p;
}

static void
test_never_wider_never_narrower(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= ROUNDS; seed++) {
		struct world w = { .a = arena_new(), .seed = seed * 7919 };
		struct net *t;
		make_world(&w);
		t = world_net(&w, parse(&w, world_text(&w)));
		for (int i = 0; i < w.n_nodes; i++)
			check_node(&w, t, &w.nodes[i]);
		check_views(&w, t);
		net_free(t);
		arena_free(w.a);
	}
}

/* ---- change by change ---- */

static const char *
filter_text(struct world *w, struct net *t, int64_t id)
{
	struct buf out;

	buf_init(&out, 1u << 24);
	net_filter(t, id, &out);
	return buf_text(&out, w->a);
}

static void
change(struct world *w, struct net *t)
{
	int i = rnd(w, w->n_nodes);

	if (rnd(w, 4) == 0 && w->n_nodes > 2) {
		net_drop_node(t, w->nodes[i].id);
		w->nodes[i] = w->nodes[--w->n_nodes];
	} else if (rnd(w, 3) == 0 && w->n_nodes < NODES) {
		int64_t id = 1;
		for (int k = 0; k < w->n_nodes; k++)
			id = w->nodes[k].id >= id ? w->nodes[k].id + 1 : id;
		make_node(w, &w->nodes[w->n_nodes], id);
		set_node(w, t, &w->nodes[w->n_nodes++]);
	} else {
		make_node(w, &w->nodes[i], w->nodes[i].id);
		set_node(w, t, &w->nodes[i]);
	}
}

static void
step(struct world *w, struct net *t, struct policy *p)
{
	const char *before[256];
	struct net *fresh;
	int64_t *touched, *moved, *x, *y;
	size_t n, m;

	for (int i = 0; i < w->n_nodes; i++)
		before[w->nodes[i].id] = filter_text(w, t, w->nodes[i].id);
	net_take_touched(t, w->a, &touched);
	net_take_moved(t, w->a, &moved);
	change(w, t);
	n = net_take_touched(t, w->a, &touched);
	m = net_take_moved(t, w->a, &moved);
	(void)m;
	fresh = world_net(w, p);
	for (int i = 0; i < w->n_nodes; i++) {
		int64_t id = w->nodes[i].id;
		const char *now = filter_text(w, t, id);
		size_t nx = net_visible_ids(t, w->a, id, &x);
		size_t ny = net_visible_ids(fresh, w->a, id, &y);
		assert_string_equal(now, filter_text(w, fresh, id));
		assert_int_equal(nx, ny);
		assert_memory_equal(x, y, nx * sizeof(*x));
		if (!ids_has(touched, n, id))
			assert_string_equal(now, before[id]);
	}
	net_free(fresh);
}

static void
test_changes_as_afresh(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= ROUNDS; seed++) {
		struct world w = { .a = arena_new(), .seed = seed * 104729 };
		struct policy *p;
		struct net *t;
		make_world(&w);
		p = parse(&w, world_text(&w));
		t = world_net(&w, p);
		for (int i = 0; i < STEPS; i++)
			step(&w, t, p);
		net_free(t);
		arena_free(w.a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_never_wider_never_narrower),
		cmocka_unit_test(test_changes_as_afresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
