/*
 * lib/policy/read_rules.c -- acls and grants, which become one list of rules.
 *
 * An acl's destinations have ports of their own, so each makes a rule; the
 * sources are read once and shared.
 */
#include <string.h>

#include "lib/policy/policy_impl.h"

/* ---- both ---- */

/* Room for one more rule; NULL, and an error, if there are too many. */
static struct policy_rule *
add_rule(struct reader *r, struct place at)
{
	struct policy *p = r->p;
	size_t n = p->n_rules;
	struct policy_rule *v;

	if (n - r->n_grants == POLICY_RULES_MAX) {
		if (!r->rules_full)
			bad(r, at, "more than %d rules", POLICY_RULES_MAX);
		r->rules_full = true;
		return NULL;
	}
	if (p->rules == NULL || (n >= RULES_START && (n & (n - 1)) == 0)) {
		v = arena_array(r->a, n > 0 ? 2 * n : RULES_START, sizeof(*v));
		if (n > 0)
			memcpy(v, p->rules, n * sizeof(*v));
		p->rules = v;
	}
	p->rules[n].at = at;
	p->n_rules++;
	return &p->rules[n];
}

/* autogroup:self in dst takes users as sources only; an acl's "*" means users then. */
static bool
self_ok(struct reader *r, struct selectors src, struct selectors dst, bool any_ok)
{
	if (!selectors_have(r, dst, SEL_SELF))
		return true;
	for (size_t i = 0; i < src.n; i++)
		switch (selector_kind(r, src.v[i])) {
		case SEL_USER:
		case SEL_USER_DOMAIN:
		case SEL_USER_PASSKEY:
		case SEL_GROUP:
		case SEL_MEMBER:
		case SEL_ROLE:
			break;
		case SEL_ALL:
			if (any_ok)
				break;
			/* fallthrough */
		default:
			return false;
		}
	return true;
}

static const char self_why[] =
    "autogroup:self can only be used with users, groups, or supported autogroups";

/* ---- acls ---- */

enum { ACL_ACTION, ACL_PROTO, ACL_SRC, ACL_DST, ACL_POSTURE, ACL_FIELDS };

static const struct field acl_fields[] = {
	{ "action", HJ_STRING, ACL_ACTION }, { "proto", HJ_STRING, ACL_PROTO },
	{ "src", HJ_ARRAY, ACL_SRC }, { "dst", HJ_ARRAY, ACL_DST },
	{ "users", HJ_ARRAY, ACL_SRC }, { "ports", HJ_ARRAY, ACL_DST },
	{ "srcPosture", HJ_ARRAY, ACL_POSTURE },
};

/* What the rules of one acl have in common. */
struct acl {
	struct policy_rule rule;
	uint8_t proto;			/* 0: none */
	const char *proto_text;
};

/* An entry without the notes of a program that keeps them in keys with '#'. */
static struct hj
without_notes(const struct hj *o)
{
	struct hj out = *o, **at = &out.child;

	if (o->type != HJ_OBJECT)
		return out;
	while (*at != NULL)
		if ((*at)->key[0] == '#')
			*at = (*at)->next;
		else
			at = &(*at)->next;
	return out;
}

/*
 * Splits "host:ports" at the last colon; brackets may stand around an IPv6
 * address ("[fd7a::1]:22", "[fd7a::]/64:22").
 */
static const char *
split_target(struct reader *r, struct str text, struct str *host, struct str *ports)
{
	const char *colon = memrchr(text.p, ':', text.n), *close;
	struct iprange range;

	if (colon == NULL)
		return "hostport must contain a colon (\":\")";
	*host = (struct str){ text.p, (size_t)(colon - text.p) };
	*ports = (struct str){ colon + 1, text.n - host->n - 1 };
	if (host->n == 0 || host->p[0] != '[')
		return NULL;
	close = memchr(host->p, ']', host->n);
	if (close == NULL)
		return "the bracket is not closed";
	host->p = arena_printf(r->a, "%.*s%.*s", (int)(close - host->p - 1), host->p + 1,
	    (int)(host->p + host->n - close - 1), close + 1);
	host->n -= 2;
	if (!iprange_read(*host, &range) || range.lo.family != 6)
		return "brackets may stand around an IPv6 address only";
	return NULL;
}

static const char *
read_acl_ports(struct reader *r, const struct acl *acl, struct str text, struct policy_pass *pass)
{
	uint8_t *proto;
	const char *why;

	if (!policy_ports(r->a, text, &pass->ports, &pass->n_ports, &why))
		return why;
	if (acl->proto == 0)
		return NULL;
	if (!ports_fit(acl->proto) && !ports_all(pass->ports, pass->n_ports))
		return arena_printf(r->a, "protocol does not support specific ports: \"%s\", "
		    "only \"*\" is allowed", acl->proto_text);
	proto = arena_alloc(r->a, sizeof(*proto));
	*proto = acl->proto;
	pass->protos = proto;
	pass->n_protos = 1;
	return NULL;
}

static void
read_acl_target(struct reader *r, struct acl *acl, const struct hj *e)
{
	static const struct use use = { IN_DST, "dst=", NULL, true };
	struct policy_pass *pass = arena_alloc(r->a, sizeof(*pass));
	struct str text = read_text(e), host, ports;
	uint32_t *sel = arena_alloc(r->a, sizeof(*sel));
	const char *why = split_target(r, text, &host, &ports);
	struct policy_rule *rule;

	if (why == NULL)
		why = read_acl_ports(r, acl, ports, pass);
	if (why != NULL) {
		bad(r, e->at, "dst=\"%.*s\": %s", (int)text.n, text.p, why);
		return;
	}
	if (!selector_read(r, &use, e->at, host, sel))
		return;
	acl->rule.dst = (struct selectors){ sel, 1 };
	if (!self_ok(r, acl->rule.src, acl->rule.dst, true))
		bad(r, e->at, "%s", self_why);
	else if ((rule = add_rule(r, e->at)) != NULL) {
		*rule = acl->rule;
		rule->at = e->at;
		rule->pass = pass;
		rule->n_pass = 1;
	}
}

static void
read_acl_proto(struct reader *r, struct acl *acl, const struct hj *v)
{
	const char *why;

	acl->proto_text = read_trimmed(r, v);
	if (*acl->proto_text == '\0')
		return;
	why = ports_read_proto(r->a, str_of(acl->proto_text), &acl->proto);
	if (why != NULL)
		bad(r, v->at, "%s", why);
}

static void
read_acl(struct reader *r, const struct hj *v, size_t number)
{
	static const struct use use = { IN_SRC, "src=", NULL, false };
	struct acl acl = { .rule = { .number = number } };
	struct hj o = without_notes(v);
	const struct hj *f[ACL_FIELDS];

	if (!read_fields(r, &o, "an acl", FIELDS(acl_fields), f))
		return;
	if (f[ACL_ACTION] == NULL || strcmp(f[ACL_ACTION]->text, "accept") != 0)
		bad(r, f[ACL_ACTION] ? f[ACL_ACTION]->at : v->at,
		    "action=\"%s\" is not supported", f[ACL_ACTION] ? f[ACL_ACTION]->text : "");
	read_acl_proto(r, &acl, f[ACL_PROTO]);
	acl.rule.src = selector_list(r, &use, f[ACL_SRC]);
	read_posture_list(r, f[ACL_POSTURE], &acl.rule.postures, &acl.rule.n_postures);
	if (f[ACL_DST] == NULL || !read_texts_ok(r, f[ACL_DST], "a dst"))
		return;
	for (const struct hj *e = f[ACL_DST]->child; e != NULL; e = e->next, acl.rule.part++)
		read_acl_target(r, &acl, e);
}

void
read_acls(struct reader *r, const struct hj *v)
{
	size_t number = 0;

	if (v == NULL || read_too_many(r, v, "acls", POLICY_RULES_MAX))
		return;
	for (const struct hj *e = v->child; e != NULL; e = e->next)
		read_acl(r, e, number++);
}

/* ---- grants ---- */

enum { GRANT_SRC, GRANT_DST, GRANT_IP, GRANT_APP, GRANT_VIA, GRANT_POSTURE, GRANT_FIELDS };

static const struct field grant_fields[] = {
	{ "src", HJ_ARRAY, GRANT_SRC }, { "dst", HJ_ARRAY, GRANT_DST },
	{ "ip", HJ_ARRAY, GRANT_IP }, { "app", HJ_OBJECT, GRANT_APP },
	{ "via", HJ_ARRAY, GRANT_VIA }, { "srcPosture", HJ_ARRAY, GRANT_POSTURE },
};

static size_t
read_grant_ip(struct reader *r, const struct hj *list, const struct policy_pass **out)
{
	struct policy_pass *v;
	const char *why;
	size_t n = 0;

	if (list == NULL || !read_texts_ok(r, list, "an ip"))
		return 0;
	v = arena_array(r->a, list->n, sizeof(*v));
	for (const struct hj *e = list->child; e != NULL; e = e->next)
		if ((why = ports_read_ip(r->a, read_text(e), &v[n])) != NULL)
			bad(r, e->at, "ip=\"%s\": %s", e->text, why);
		else
			n++;
	*out = v;
	return n;
}

static bool
is_empty(const struct hj *v)
{
	return v == NULL || v->n == 0;
}

static void
read_grant(struct reader *r, const struct hj *v, size_t number)
{
	static const struct use src = { IN_SRC, "src=", NULL, false };
	static const struct use dst = { IN_GRANT_DST, "dst=", NULL, true };
	static const struct use via = { IN_VIA, "via=", NULL, true };
	struct policy_rule rule = { .grant = true, .number = number, .at = v->at }, *slot;
	const struct hj *f[GRANT_FIELDS];

	if (!read_fields(r, v, "a grant", FIELDS(grant_fields), f))
		return;
	rule.src = selector_list(r, &src, f[GRANT_SRC]);
	rule.dst = selector_list(r, &dst, f[GRANT_DST]);
	rule.n_pass = read_grant_ip(r, f[GRANT_IP], &rule.pass);
	rule.n_app = read_apps(r, f[GRANT_APP], false, &rule.app);
	rule.via = selector_list(r, &via, f[GRANT_VIA]);
	read_posture_list(r, f[GRANT_POSTURE], &rule.postures, &rule.n_postures);
	if (is_empty(f[GRANT_IP]) && is_empty(f[GRANT_APP]))
		bad(r, v->at, "ip and app can not both be empty");
	if (rule.n_app > 0 && selectors_have(r, rule.dst, SEL_INTERNET))
		bad(r, f[GRANT_DST]->at, "cannot use app grants with autogroup:internet");
	if (!self_ok(r, rule.src, rule.dst, false))
		bad(r, f[GRANT_DST]->at, "%s", self_why);
	if ((slot = add_rule(r, v->at)) != NULL)
		*slot = rule;
}

void
read_grants(struct reader *r, const struct hj *v)
{
	size_t number = 0;

	if (v == NULL || read_too_many(r, v, "grants", POLICY_RULES_MAX))
		return;
	for (const struct hj *e = v->child; e != NULL; e = e->next)
		read_grant(r, e, number++);
	r->n_grants = r->p->n_rules;
}
