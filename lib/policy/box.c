/*
 * lib/policy/box.c -- access as boxes of sources, destinations and traffic.
 *
 * A packet filter is a list of such boxes that may overlap, so a difference
 * between two filters is found by taking boxes from boxes, not by comparing
 * lines.
 */
#include "lib/policy/box.h"

#include <string.h>

#include "lib/json/json.h"
#include "lib/policy/internet.h"

enum { ICMP = 1, TCP = 6, UDP = 17, ICMPV6 = 58, SCTP = 132 };

void
boxes_add(struct boxes *b, struct box one)
{
	if (one.src.n == 0 || one.dst.n == 0)
		return;
	if (b->n == BOXES_MAX) {
		b->over++;
		return;
	}
	b->v = arena_room(b->a, b->v, b->n, &b->room, sizeof(*b->v));
	b->v[b->n++] = one;
}

/* ---- from what a node is given ---- */

static struct ipset
read_ranges(struct arena *a, jv *list, const char *member)
{
	size_t n = json_len(list), count = 0;
	struct iprange *v = arena_array(a, n + 2, sizeof(*v));
	const char *text;

	for (size_t i = 0; i < n; i++) {
		text = member != NULL ? json_get_str(json_at(list, i), member, "") :
		    json_text(json_at(list, i));
		if (text != NULL && strcmp(text, "*") == 0) {
			v[0] = iprange_of_prefix((struct prefix){ .ip.family = 4 });
			v[1] = iprange_of_prefix((struct prefix){ .ip.family = 6 });
			return ipset_of(a, v, 2);
		}
		if (text != NULL && iprange_read(str_of(text), &v[count]))
			count++;
	}
	return ipset_of(a, v, count);
}

static void
set_proto(struct box *b, int64_t n)
{
	if (n >= 0 && n < 256)
		b->protos[n / 64] |= (uint64_t)1 << (n % 64);
}

static void
read_protos(struct box *b, jv *list)
{
	static const uint8_t usual[] = { ICMP, TCP, UDP, ICMPV6 };

	for (size_t i = 0; i < json_len(list); i++)
		set_proto(b, json_int(json_at(list, i)));
	for (size_t i = 0; json_len(list) == 0 && i < sizeof(usual); i++)
		set_proto(b, usual[i]);
}

/* Where the boxes of a node go, and what of their destinations is the node's. */
struct filling {
	struct boxes *out;
	struct ipset own, all;		/* its addresses; and its routes */
	struct box box;
	struct ipset dsts;		/* of a capability */
	bool check;
};

static void
add_ports(struct filling *f, jv *list)
{
	struct box b = f->box;
	struct arena *a = f->out->a;
	struct iprange r;
	jv *one, *ports;

	for (size_t i = 0; i < json_len(list); i++) {
		one = json_at(list, i);
		ports = json_get(one, "Ports");
		b.first = (uint16_t)json_get_i64(ports, "First", 0);
		b.last = (uint16_t)json_get_i64(ports, "Last", 0);
		b.dst = f->all;
		if (strcmp(json_get_str(one, "IP", ""), "*") != 0) {
			if (!iprange_read(str_of(json_get_str(one, "IP", "")), &r))
				continue;
			b.dst = ipset_both(a, f->all, ipset_of(a, &r, 1));
		}
		boxes_add(f->out, b);
	}
}

static void
add_cap(void *arg, const char *name, jv *value)
{
	struct filling *f = arg;
	struct arena *a = f->out->a;
	struct box b = { .src = f->box.src, .dst = f->dsts };

	b.kind = value == NULL ? arena_printf(a, "app %s", name) :
	    arena_printf(a, "app %s %s", name, json_dump(a, value));
	boxes_add(f->out, b);
}

static void
add_filter(struct filling *f, jv *rules)
{
	struct arena *a = f->out->a;
	jv *rule, *caps;

	for (size_t i = 0; i < json_len(rules); i++) {
		rule = json_at(rules, i);
		f->box = (struct box){ .kind = "",
			.src = read_ranges(a, json_get(rule, "SrcIPs"), NULL) };
		read_protos(&f->box, json_get(rule, "IPProto"));
		add_ports(f, json_get(rule, "DstPorts"));
		caps = json_get(rule, "CapGrant");
		for (size_t k = 0; k < json_len(caps); k++) {
			f->dsts = ipset_both(a, f->all,
			    read_ranges(a, json_get(json_at(caps, k), "Dsts"), NULL));
			json_each(json_get(json_at(caps, k), "CapMap"), add_cap, f);
		}
	}
}

/* A login that is mapped to nothing is refused. */
static void
add_login(void *arg, const char *name, jv *value)
{
	struct filling *f = arg;
	const char *to = json_text(value);
	struct box b = f->box;

	if (to == NULL || *to == '\0')
		return;
	b.kind = arena_printf(f->out->a, "ssh %s%s",
	    strcmp(name, "*") == 0 ? "any user but root" : name, f->check ? " (check)" : "");
	boxes_add(f->out, b);
}

static void
add_ssh(struct filling *f, jv *rules)
{
	jv *rule;

	for (size_t i = 0; i < json_len(rules); i++) {
		rule = json_at(rules, i);
		f->check = json_get(json_get(rule, "action"), "holdAndDelegate") != NULL;
		f->box = (struct box){ .dst = f->own,
			.src = read_ranges(f->out->a, json_get(rule, "principals"), "nodeIP") };
		json_each(json_get(rule, "sshUsers"), add_login, f);
	}
}

static struct ipset
node_set(struct arena *a, const struct net_node *n, bool routes)
{
	struct ranges r = { .a = a };
	bool exit = false;

	ranges_add_ips(&r, &n->ip4, &n->ip6);
	for (size_t i = 0; routes && i < n->n_routes; i++)
		if (prefix_is_default(&n->routes[i]))
			exit = true;
		else
			ranges_add(&r, iprange_of_prefix(n->routes[i]));
	if (exit)
		return ipset_union(a, ipset_of(a, r.v, r.n), internet_ranges(a));
	return ipset_of(a, r.v, r.n);
}

void
boxes_of_node(const struct net_node *n, const struct buf *filter, const struct buf *ssh,
    struct boxes *out)
{
	struct arena *a = out->a;
	struct filling f = { .out = out };
	jv *doc;

	f.own = node_set(a, n, false);
	f.all = node_set(a, n, true);
	add_filter(&f, json_parse(a, buf_as_str(filter), JSON_DEPTH_DEFAULT, NULL));
	doc = ssh->n > 0 ? json_parse(a, buf_as_str(ssh), JSON_DEPTH_DEFAULT, NULL) : NULL;
	add_ssh(&f, json_get(doc, "rules"));
}

/* ---- boxes from boxes ---- */

static bool
protos_meet(const struct box *x, const struct box *y)
{
	bool none = true;

	for (size_t i = 0; i < 4; i++) {
		if (x->protos[i] & y->protos[i])
			return true;
		none = none && (x->protos[i] | y->protos[i]) == 0;
	}
	return none;	/* not traffic */
}

static bool
boxes_meet(const struct box *x, const struct box *y)
{
	return strcmp(x->kind, y->kind) == 0 && protos_meet(x, y) && x->first <= y->last &&
	    y->first <= x->last && ipset_meets(x->dst, y->dst) && ipset_meets(x->src, y->src);
}

/* x without the protocols of y; what they share stays in x. */
static void
cut_protos(struct box *x, const struct box *y, struct boxes *out)
{
	struct box rest = *x;
	bool any = false;

	for (size_t i = 0; i < 4; i++) {
		rest.protos[i] &= ~y->protos[i];
		x->protos[i] &= y->protos[i];
		any = any || rest.protos[i] != 0;
	}
	if (any)
		boxes_add(out, rest);
}

static void
cut_ports(struct box *x, const struct box *y, struct boxes *out)
{
	struct box rest = *x;

	if (x->first < y->first) {
		rest.last = (uint16_t)(y->first - 1);
		boxes_add(out, rest);
	}
	rest = *x;
	if (x->last > y->last) {
		rest.first = (uint16_t)(y->last + 1);
		boxes_add(out, rest);
	}
}

/* Adds x without y, which meets it, as up to five boxes. */
static void
cut(struct box x, const struct box *y, struct boxes *out)
{
	struct box rest = x;

	rest.src = ipset_minus(out->a, x.src, y->src);
	boxes_add(out, rest);
	x.src = ipset_both(out->a, x.src, y->src);
	rest = x;
	rest.dst = ipset_minus(out->a, x.dst, y->dst);
	boxes_add(out, rest);
	x.dst = ipset_both(out->a, x.dst, y->dst);
	cut_protos(&x, y, out);
	cut_ports(&x, y, out);
}

static bool
has_same(const struct boxes *y, const struct box *x)
{
	for (size_t i = 0; i < y->n; i++)
		if (strcmp(y->v[i].kind, x->kind) == 0 && y->v[i].first == x->first &&
		    y->v[i].last == x->last &&
		    memcmp(y->v[i].protos, x->protos, sizeof(x->protos)) == 0 &&
		    ipset_eq(y->v[i].dst, x->dst) && ipset_eq(y->v[i].src, x->src))
			return true;
	return false;
}

void
boxes_minus(const struct boxes *x, const struct boxes *y, struct boxes *out)
{
	struct boxes work, next;

	for (size_t i = 0; i < x->n; i++) {
		if (has_same(y, &x->v[i]))
			continue;
		work = (struct boxes){ .a = out->a };
		boxes_add(&work, x->v[i]);
		for (size_t k = 0; k < y->n && work.n > 0; k++) {
			next = (struct boxes){ .a = out->a };
			for (size_t m = 0; m < work.n; m++)
				if (boxes_meet(&work.v[m], &y->v[k]))
					cut(work.v[m], &y->v[k], &next);
				else
					boxes_add(&next, work.v[m]);
			out->over += next.over;
			work = next;
		}
		for (size_t m = 0; m < work.n; m++)
			boxes_add(out, work.v[m]);
	}
}

/* ---- in words ---- */

static bool
box_proto(const struct box *b, unsigned n)
{
	return b->protos[n / 64] >> (n % 64) & 1;
}

static const char *
ports_text(struct arena *a, const struct box *b)
{
	if (b->first == 0 && b->last == 65535)
		return "*";
	if (b->first == b->last)
		return arena_printf(a, "%u", b->first);
	return arena_printf(a, "%u-%u", b->first, b->last);
}

const char *
box_access(struct arena *a, const struct box *b)
{
	const char *text = "";
	bool usual = box_proto(b, TCP) && box_proto(b, UDP) && box_proto(b, ICMP);

	if (*b->kind != '\0')
		return b->kind;
	if (usual)
		text = ports_text(a, b);
	for (unsigned n = 0; n < 256; n++) {
		if (!box_proto(b, n) || (usual && (n == TCP || n == UDP || n == ICMP || n == ICMPV6)))
			continue;
		text = arena_printf(a, "%s%s%s", text, *text ? ", " : "",
		    policy_proto_name(a, n));
		if (n == TCP || n == UDP || n == SCTP)
			text = arena_printf(a, "%s:%s", text, ports_text(a, b));
	}
	return text;
}
