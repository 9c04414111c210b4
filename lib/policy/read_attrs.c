/*
 * lib/policy/read_attrs.c -- nodeAttrs and autoApprovers: what nodes get besides access.
 */
#include <string.h>

#include "lib/policy/policy_impl.h"

/* ---- nodeAttrs ---- */

enum { ATTR_TARGET, ATTR_ATTR, ATTR_APP, ATTR_POOL, ATTR_FIELDS };

static const struct field attr_fields[] = {
	{ "target", HJ_ARRAY, ATTR_TARGET }, { "attr", HJ_ARRAY, ATTR_ATTR },
	{ "app", HJ_OBJECT, ATTR_APP }, { "ipPool", HJ_ARRAY, ATTR_POOL },
};

/* Addresses are given out of 100.64.0.0/10, in which two stretches are taken. */
static const char *
pool_why(struct iprange r)
{
	static const char *const taken[] = { "100.100.100.0/24", "100.115.92.0/23" };
	struct iprange all, not;

	if (!iprange_read(STR("100.64.0.0/10"), &all) || ip_cmp(&r.lo, &all.lo) < 0 ||
	    ip_cmp(&r.hi, &all.hi) > 0)
		return "is not in 100.64.0.0/10";
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (iprange_read(str_of(taken[i]), &not) && ip_cmp(&r.lo, &not.hi) <= 0 &&
		    ip_cmp(&not.lo, &r.hi) <= 0)
			return "overlaps 100.100.100.0/24 or 100.115.92.0/23, which are reserved";
	return NULL;
}

static void
read_pool(struct reader *r, struct policy_attr *attr, const struct hj *list)
{
	struct iprange *v;
	size_t n = 0;
	const char *why;

	if (list == NULL || list->n == 0 || !read_texts_ok(r, list, "an ipPool"))
		return;
	v = arena_array(r->a, list->n, sizeof(*v));
	for (const struct hj *e = list->child; e != NULL; e = e->next) {
		if (!iprange_read(read_text(e), &v[n]))
			why = "is no prefix";
		else
			why = pool_why(v[n]);
		if (why != NULL)
			bad(r, e->at, "ipPool \"%s\" %s", e->text, why);
		else
			n++;
	}
	attr->has_pool = true;
	attr->pool = ipset_of(r->a, v, n);
}

static void
read_attr(struct reader *r, const struct hj *v, struct policy_attr *attr)
{
	static const struct use target = { IN_TARGET, "target=", NULL, true };
	const struct hj *f[ATTR_FIELDS];

	attr->at = v->at;
	if (!read_fields(r, v, "an entry of nodeAttrs", FIELDS(attr_fields), f))
		return;
	attr->target = selector_list(r, &target, f[ATTR_TARGET]);
	attr->n_attrs = read_texts(r, f[ATTR_ATTR], "an attr", &attr->attrs);
	for (size_t i = 0; i < attr->n_attrs; i++)
		if (attr->attrs[i][0] == '\0')
			bad(r, f[ATTR_ATTR]->at, "an attr cannot be empty");
	attr->n_app = read_apps(r, f[ATTR_APP], true, &attr->app);
	read_pool(r, attr, f[ATTR_POOL]);
}

void
read_attrs(struct reader *r, const struct hj *v)
{
	if (v == NULL || read_too_many(r, v, "nodeAttrs", POLICY_RULES_MAX))
		return;
	r->p->attrs = arena_array(r->a, v->n, sizeof(*r->p->attrs));
	for (const struct hj *e = v->child; e != NULL; e = e->next) {
		r->p->attrs[r->p->n_attrs].number = r->p->n_attrs;
		read_attr(r, e, &r->p->attrs[r->p->n_attrs++]);
	}
}

/* ---- autoApprovers ---- */

enum { AUTO_ROUTES, AUTO_EXIT, AUTO_SERVICES, AUTO_FIELDS };

static const struct field auto_fields[] = {
	{ "routes", HJ_OBJECT, AUTO_ROUTES }, { "exitNode", HJ_ARRAY, AUTO_EXIT },
	{ "services", HJ_OBJECT, AUTO_SERVICES },
};

/* The key: a prefix, or an address as a prefix of all its bits. */
static const char *
read_route_key(struct str text, struct policy_approver *out)
{
	if (prefix_read(text, &out->prefix)) {
		out->prefix = prefix_masked(out->prefix);
		return NULL;
	}
	if (!ip_read(text, &out->prefix.ip))
		return "is no prefix";
	out->prefix.bits = out->prefix.ip.family == 4 ? 32 : 128;
	return NULL;
}

/* A service by its name, or all that have a tag. */
static const char *
read_service_key(struct reader *r, struct str text, struct policy_approver *out)
{
	uint32_t tag;

	if (!names_find(&r->names->tags, text, &tag) &&
	    (!str_starts(text, "svc:") || text.n == strlen("svc:")))
		return "is neither a service (\"svc:web\") nor a tag of tagOwners";
	out->service = arena_strndup(r->a, text.p, text.n);
	return NULL;
}

static size_t
read_approver_map(struct reader *r, const struct hj *o, bool service, struct policy_approver **out)
{
	struct use use = { IN_APPROVERS, service ? "services" : "routes", NULL, true };
	struct policy_approver *v;
	const char *why;
	size_t n = 0;

	if (o == NULL)
		return 0;
	v = arena_array(r->a, o->n + 1, sizeof(*v));
	for (const struct hj *m = o->child; m != NULL; m = m->next) {
		struct str key = str_trim(str_of(m->key));
		v[n] = (struct policy_approver){ .at = m->key_at };
		use.key = m->key;
		why = service ? read_service_key(r, key, &v[n]) : read_route_key(key, &v[n]);
		if (why != NULL)
			bad(r, m->key_at, "%s[\"%s\"] %s", use.label, m->key, why);
		else if (m->type != HJ_ARRAY && m->type != HJ_NULL)
			bad(r, m->at, "%s[\"%s\"] must be a list", use.label, m->key);
		else
			v[n++].who = selector_list(r, &use, m);
	}
	*out = v;
	return n;
}

void
read_approvers(struct reader *r, const struct hj *v)
{
	static const struct use use = { IN_APPROVERS, "exitNode=", NULL, true };
	const struct hj *f[AUTO_FIELDS];

	if (v == NULL || !read_fields(r, v, "autoApprovers", FIELDS(auto_fields), f))
		return;
	r->p->n_routes = read_approver_map(r, f[AUTO_ROUTES], false, &r->p->routes);
	r->p->exit_node = selector_list(r, &use, f[AUTO_EXIT]);
	r->p->n_services = read_approver_map(r, f[AUTO_SERVICES], true, &r->p->services);
}
