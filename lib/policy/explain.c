/*
 * lib/policy/explain.c -- which rule lets one reach another, and if none: what comes nearest.
 *
 * A name may be what people know (a node's or user's name) or what policies
 * know; a node goes first, as it is the narrower meaning.
 */
#include "lib/policy/explain.h"

#include <string.h>

#include "lib/policy/internet.h"
#include "lib/policy/reach.h"

enum { TCP = 6, UDP = 17 };

/* One end of the question. */
struct end {
	const char *name;
	const struct net_node *node;	/* NULL: several, or none */
	struct crowd who;
};

struct explain {
	struct arena *a;
	struct net *t;
	struct policy *p;
	const struct policy_context *ctx;
	struct reach *x;
	struct jw *w;
	struct end src, dst;
	struct traffic tr;
	const char *proto;
	const char **why;
};

/* ---- who is meant ---- */

struct by_name {
	struct str name;
	int64_t id;
	const struct net_node *found;
};

static void
match_node(void *arg, const struct net_node *n)
{
	struct by_name *b = arg;

	if (n->id == b->id || (b->found == NULL && str_is(b->name, n->name)))
		b->found = n;
}

static bool
node_end(struct explain *q, const char *text, struct end *out)
{
	struct by_name b = { .name = str_of(text) };
	struct iprange v[2];
	size_t n = 0;

	if (!str_i64(b.name, &b.id))
		b.id = 0;
	net_each(q->t, match_node, &b);
	if (b.found == NULL)
		return false;
	if (b.found->ip4.family != 0)
		v[n++] = iprange_of_ip(b.found->ip4);
	if (b.found->ip6.family != 0)
		v[n++] = iprange_of_ip(b.found->ip6);
	*out = (struct end){ .name = b.found->name, .node = b.found };
	out->who.set = ipset_of(q->a, v, n);
	return true;
}

/* "ann" is a user here, though a policy would want "ann@". */
static const char *
user_text(struct explain *q, const char *text)
{
	size_t n;
	const struct net_user *u = net_users(q->t, &n);

	for (size_t i = 0; i < n; i++)
		if (strcmp(u[i].name, text) == 0 && strchr(text, '@') == NULL)
			return arena_printf(q->a, "%s@", text);
	return text;
}

static bool
policy_end(struct explain *q, const char *text, struct end *out)
{
	enum selector_kind k;
	uint32_t sel;

	if (!policy_selector(q->a, q->p, q->ctx, text, &sel, q->why) &&
	    !policy_selector(q->a, q->p, q->ctx, user_text(q, text), &sel, q->why))
		return false;
	k = q->p->selectors[sel].kind;
	*out = (struct end){ .name = text };
	if (k == SEL_SELF || k == SEL_SERVICE || k == SEL_SHARED) {
		*q->why = "means nobody by itself";
		return false;
	}
	*q->why = "means nobody in this tailnet";
	return reach_crowd(q->x, sel, &out->who);
}

static bool
read_end(struct explain *q, const char *text, struct end *out)
{
	*q->why = "is empty";
	if (*text != '\0' && strlen(text) <= EXPLAIN_TEXT_MAX &&
	    (node_end(q, text, out) || policy_end(q, text, out)))
		return true;
	if (strlen(text) > EXPLAIN_TEXT_MAX)
		*q->why = arena_printf(q->a, "a name has more than %u bytes", EXPLAIN_TEXT_MAX);
	else
		*q->why = arena_printf(q->a, "\"%s\": %s", text, *q->why);
	return false;
}

/* The part behind the last colon if it is a port: "::1" has none, "[::1]:80" has. */
static const char *
port_of(const char *text)
{
	const char *colon = strrchr(text, ':');
	struct iprange r;

	if (colon == NULL || iprange_read(str_of(text), &r) || colon[1] == '\0' ||
	    colon[1 + strspn(colon + 1, "0123456789")] != '\0')
		return NULL;
	return colon + 1;
}

static bool
read_target(struct explain *q, const char *text)
{
	const char *port = port_of(text);
	size_t n = port != NULL ? (size_t)(port - 1 - text) : strlen(text);
	int64_t number = 0;

	q->tr.any_port = port == NULL;
	if (port != NULL && (!str_i64(str_of(port), &number) || number < 1 || number > 65535)) {
		*q->why = arena_printf(q->a, "\"%s\": a port is 1 to 65535", text);
		return false;
	}
	q->tr.port = (uint16_t)number;
	if (n > 2 && text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	return read_end(q, arena_strndup(q->a, text, n), &q->dst);
}

static bool
read_proto(struct explain *q, const char *proto)
{
	q->proto = proto;
	q->tr.n_protos = 1;
	if (*proto == '\0') {
		q->tr.protos[0] = TCP;
		q->tr.protos[1] = UDP;
		q->tr.n_protos = 2;
		return true;
	}
	if (policy_proto(str_of(proto), &q->tr.protos[0]))
		return true;
	*q->why = arena_printf(q->a, "\"%s\" is no protocol", proto);
	return false;
}

/* ---- the answer ---- */

static void
put_selectors(struct explain *q, const char *key, struct selectors s)
{
	jw_key(q->w, key);
	jw_arr(q->w);
	for (size_t i = 0; i < s.n; i++)
		jw_str(q->w, q->p->selectors[s.v[i]].text);
	jw_end_arr(q->w);
}

static void
put_rule(struct explain *q, size_t i, const char *key, const char *text)
{
	const struct policy_rule *r = &q->p->rules[i];

	jw_obj(q->w);
	jw_ki64(q->w, "line", r->at.line);
	jw_kstr(q->w, "section", r->grant ? "grants" : "acls");
	jw_ki64(q->w, "number", (int64_t)r->number);
	put_selectors(q, "src", r->src);
	put_selectors(q, "dst", r->dst);
	put_selectors(q, "via", r->via);
	jw_kstr(q->w, "passes", reach_rule_ports(q->a, r));
	jw_kstr(q->w, key, text);
	jw_end_obj(q->w);
}

static void
put_end(struct explain *q, const char *key, const struct end *e)
{
	jw_key(q->w, key);
	jw_obj(q->w);
	jw_kstr(q->w, "name", e->name);
	jw_kstr(q->w, "addresses", reach_text(q->a, &e->who));
	jw_end_obj(q->w);
}

/* The rules that let it pass; returns whom they do not. */
static struct crowd
put_rules(struct explain *q)
{
	struct crowd left = q->src.who, through;
	size_t shown = 0;

	jw_key(q->w, "rules");
	jw_arr(q->w);
	for (size_t i = 0; i < q->p->n_rules && shown < EXPLAIN_RULES_MAX; i++) {
		if (!reach_passes(&q->p->rules[i], &q->tr))
			continue;
		through = reach_through(q->x, i, &q->src.who, &q->dst.who);
		if (reach_nobody(&through))
			continue;
		put_rule(q, i, "for", reach_text(q->a, &through));
		left = reach_without(q->a, &left, &through);
		shown++;
	}
	jw_end_arr(q->w);
	return left;
}

/* Does the rule name the source node, and only its posture is wrong? */
static bool
wrong_posture(struct explain *q, const struct policy_rule *r)
{
	return q->src.node != NULL && r->n_postures > 0 &&
	    net_selects_any(q->t, r->src, q->src.node) &&
	    !net_posture_ok(q->t, r->postures, r->n_postures, q->src.node);
}

/* Why a rule does not let 'left' pass; NULL if it is about something else. */
static const char *
near_miss(struct explain *q, size_t i, const struct crowd *left)
{
	const struct policy_rule *r = &q->p->rules[i];
	struct crowd through = reach_through(q->x, i, left, &q->dst.who);

	if (!reach_nobody(&through))
		return reach_passes(r, &q->tr) ? NULL : "is for other traffic";
	if (!reach_leads(q->x, i, &q->dst.who))
		return NULL;
	if (wrong_posture(q, r))
		return "asks for a posture that the device does not have";
	return arena_printf(q->a, "is not for %s", reach_text(q->a, left));
}

/* First the rules that a change of ports would make right, then the others. */
static void
put_nearest(struct explain *q, const struct crowd *left)
{
	const char *why;
	size_t shown = 0;

	jw_key(q->w, "nearest");
	jw_arr(q->w);
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < q->p->n_rules && shown < EXPLAIN_RULES_MAX; i++) {
			why = reach_nobody(left) ? NULL : near_miss(q, i, left);
			if (why == NULL || (strcmp(why, "is for other traffic") == 0) != (pass == 0))
				continue;
			put_rule(q, i, "why", why);
			shown++;
		}
	jw_end_arr(q->w);
}

/* Has some node an address of the set, or a route to it? */
struct carrier {
	struct ipset set, internet;
	bool found;
};

static void
match_carrier(void *arg, const struct net_node *n)
{
	struct carrier *c = arg;

	if ((n->ip4.family != 0 && ipset_has(c->set, &n->ip4)) ||
	    (n->ip6.family != 0 && ipset_has(c->set, &n->ip6)))
		c->found = true;
	for (size_t i = 0; i < n->n_primary && !c->found; i++)
		c->found = prefix_is_default(&n->primary[i]) ? ipset_meets(c->set, c->internet) :
		    ipset_overlaps(c->set, iprange_of_prefix(n->primary[i]));
}

static void
put_notes(struct explain *q)
{
	struct carrier c = { .set = q->dst.who.set, .internet = internet_ranges(q->a) };

	net_each(q->t, match_carrier, &c);
	jw_key(q->w, "notes");
	jw_arr(q->w);
	if (!q->p->has_rules)
		jw_str(q->w, "the policy has neither acls nor grants: everything may pass");
	if (c.set.n > 0 && !c.found)
		jw_str(q->w, "no node has an address of the destination or an approved route to it");
	if (q->src.who.set.n == 0)
		jw_str(q->w, "the source has no device yet");
	if (q->dst.who.set.n == 0)
		jw_str(q->w, "the destination has no device yet");
	jw_end_arr(q->w);
}

static void
put_answer(struct explain *q)
{
	struct crowd left = { .probes = NULL }, through;

	put_end(q, "src", &q->src);
	put_end(q, "dst", &q->dst);
	jw_kstr(q->w, "proto", q->proto);
	jw_key(q->w, "port");
	if (q->tr.any_port)
		jw_null(q->w);
	else
		jw_i64(q->w, q->tr.port);
	left = put_rules(q);
	if (!q->p->has_rules)
		left = (struct crowd){ .probes = NULL };
	through = reach_without(q->a, &q->src.who, &left);
	jw_kbool(q->w, "allowed", reach_nobody(&left));
	jw_kbool(q->w, "partly", !reach_nobody(&left) && !reach_nobody(&through));
	jw_kstr(q->w, "left", reach_text(q->a, &left));
	put_nearest(q, &left);
	put_notes(q);
}

bool
explain_json(struct arena *a, struct net *t, const struct policy_context *ctx,
    const struct explain_ask *ask, struct jw *w, const char **why)
{
	struct explain q = { .a = a, .t = t, .p = net_policy(t), .ctx = ctx, .w = w, .why = why };
	struct selector *before = q.p->selectors;
	size_t n_before = q.p->n_selectors;
	bool ok;

	q.x = reach_new(a, t);
	ok = read_proto(&q, ask->proto) && read_end(&q, ask->src, &q.src) &&
	    read_target(&q, ask->dst);
	if (ok)
		put_answer(&q);
	q.p->selectors = before;
	q.p->n_selectors = n_before;
	return ok;
}
