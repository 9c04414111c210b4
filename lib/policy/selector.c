/*
 * lib/policy/selector.c -- names in rules: what each means, and where it may stand.
 *
 * A name is looked at once; after that it is found by its text.  So a document
 * that repeats its names costs a lookup per word.  Which kind of name may stand
 * where is one table, with the service's own words for what it refuses.
 */
#include <string.h>
#include <strings.h>

#include "lib/policy/internet.h"
#include "lib/policy/policy_impl.h"

/* ---- the selectors of a policy ---- */

/* The array has room up to the next power of two, so its number says when it is full. */
static uint32_t
selector_append(struct arena *a, struct policy *p, const struct selector *s)
{
	size_t n = p->n_selectors;
	bool full = n >= SELECTORS_START && (n & (n - 1)) == 0;
	struct selector *v;

	if (p->selectors == NULL || full) {
		v = arena_array(a, full ? 2 * n : SELECTORS_START, sizeof(*v));
		if (n > 0)
			memcpy(v, p->selectors, n * sizeof(*v));
		p->selectors = v;
	}
	p->selectors[n] = *s;
	p->n_selectors++;
	return (uint32_t)n;
}

enum selector_kind
selector_kind(const struct reader *r, uint32_t selector)
{
	return r->p->selectors[selector].kind;
}

bool
selectors_have(const struct reader *r, struct selectors s, enum selector_kind k)
{
	for (size_t i = 0; i < s.n; i++)
		if (selector_kind(r, s.v[i]) == k)
			return true;
	return false;
}

/* ---- what a name means ---- */

/* Where names are looked up. */
struct scope {
	struct arena *a;
	const struct policy *p;
	const struct policy_names *names;
	const struct policy_context *ctx;
};

static const struct {
	const char *name;
	enum selector_kind kind;
	enum role role;
} autogroups[] = {
	{ "member", SEL_MEMBER, ROLE_MEMBER },
	{ "members", SEL_MEMBER, ROLE_MEMBER },		/* its old name */
	{ "owner", SEL_ROLE, ROLE_OWNER },
	{ "admin", SEL_ROLE, ROLE_ADMIN },
	{ "it-admin", SEL_ROLE, ROLE_IT_ADMIN },
	{ "network-admin", SEL_ROLE, ROLE_NETWORK_ADMIN },
	{ "billing-admin", SEL_ROLE, ROLE_BILLING_ADMIN },
	{ "auditor", SEL_ROLE, ROLE_AUDITOR },
	{ "tagged", SEL_TAGGED, ROLE_MEMBER },
	{ "self", SEL_SELF, ROLE_MEMBER },
	{ "internet", SEL_INTERNET, ROLE_MEMBER },
	{ "danger-all", SEL_DANGER_ALL, ROLE_MEMBER },
	{ "shared", SEL_SHARED, ROLE_MEMBER },
};

static const char *
read_autogroup(const struct scope *sc, const char *name, struct selector *out)
{
	out->kind = SEL_MEMBER;
	for (size_t i = 0; i < sizeof(autogroups) / sizeof(autogroups[0]); i++) {
		if (strcmp(autogroups[i].name, name) != 0)
			continue;
		out->kind = autogroups[i].kind;
		out->role = autogroups[i].role;
		if (out->kind == SEL_INTERNET)
			out->set = internet_ranges(sc->a);
		return NULL;
	}
	return arena_printf(sc->a, "invalid autogroup: got \"autogroup:%s\", must be one of "
	    "[autogroup:member autogroup:owner autogroup:admin autogroup:it-admin "
	    "autogroup:network-admin autogroup:billing-admin autogroup:auditor "
	    "autogroup:tagged autogroup:self autogroup:internet autogroup:danger-all "
	    "autogroup:shared]", name);
}

const char *
selector_domain_why(struct arena *a, const struct policy_context *ctx, struct str domain)
{
	if (ctx == NULL)
		return NULL;
	for (size_t i = 0; i < ctx->n_domains; i++)
		if (strlen(ctx->domains[i]) == domain.n &&
		    strncasecmp(ctx->domains[i], domain.p, domain.n) == 0)
			return NULL;
	return arena_printf(a, "%.*s is not associated with this Tailnet and cannot be used in "
	    "user:*@<domain> expressions", (int)domain.n, domain.p);
}

/* user:*@example.com, user:*@passkey */
static const char *
read_user_pattern(const struct scope *sc, const char *text, struct selector *out)
{
	const char *domain = text + strlen("user:*@");

	out->kind = SEL_USER_DOMAIN;
	if (!str_starts(str_of(text), "user:*@") || *domain == '\0')
		return arena_printf(sc->a, "\"%s\": after \"user:\" comes *@<domain>", text);
	if (strcmp(domain, "passkey") == 0) {
		out->kind = SEL_USER_PASSKEY;
		return NULL;
	}
	out->name = domain;
	return selector_domain_why(sc->a, sc->ctx, str_of(domain));
}

static const char *
read_user(const struct scope *sc, const char *text, struct selector *out)
{
	out->kind = SEL_USER;
	if (strchr(text, '*') != NULL)
		return arena_printf(sc->a, "\"%s\": all users of a domain are user:*@<domain>",
		    text);
	return NULL;
}

static const char *
read_group(const struct scope *sc, const char *text, struct selector *out)
{
	uint32_t i = 0;

	out->kind = SEL_GROUP;
	if (!names_find(&sc->names->groups, str_of(text), &i))
		return arena_printf(sc->a, "group not defined in policy: \"%s\"", text);
	out->index = i;
	return NULL;
}

static const char *
read_tag(const struct scope *sc, const char *text, struct selector *out)
{
	uint32_t i = 0;

	out->kind = SEL_TAG;
	if (!names_find(&sc->names->tags, str_of(text), &i))
		return arena_printf(sc->a, "tag not found: \"%s\"", text);
	return NULL;
}

static const char *
read_ipset(const struct scope *sc, const char *text, struct selector *out)
{
	uint32_t i = 0;

	out->kind = SEL_IPSET;
	if (!names_find(&sc->names->ipsets, str_of(text), &i))
		return arena_printf(sc->a, "ipset not defined in policy: \"%s\"", text);
	out->index = i;
	out->set = sc->p->ipsets[i].set;
	return NULL;
}

static const char *
read_host(const struct scope *sc, const char *text, struct selector *out)
{
	uint32_t i = 0;

	out->kind = SEL_RANGE;
	if (strchr(text, ':') != NULL || *text == '\0')
		return arena_printf(sc->a, "invalid alias format: \"%s\"", text);
	if (!names_find(&sc->names->hosts, str_of(text), &i))
		return arena_printf(sc->a, "host not defined in policy: \"%s\"", text);
	out->set = sc->p->hosts[i].set;
	return NULL;
}

static bool
read_range(const struct scope *sc, const char *text, struct selector *out)
{
	struct iprange range;

	if (!iprange_read(str_of(text), &range))
		return false;
	out->kind = SEL_RANGE;
	out->set = ipset_of(sc->a, &range, 1);
	return true;
}

/* Fills in 'out', the kind always; NULL, or what is wrong with the name. */
static const char *
read_name(const struct scope *sc, const char *text, struct selector *out)
{
	struct str s = str_of(text);

	*out = (struct selector){ .text = text, .name = text };
	if (strcmp(text, "*") == 0) {
		out->kind = SEL_ALL;
		return NULL;
	}
	if (read_range(sc, text, out))
		return NULL;
	if (str_starts(s, "user:"))
		return read_user_pattern(sc, text, out);
	if (str_starts(s, "group:"))
		return read_group(sc, text, out);
	if (str_starts(s, "tag:"))
		return read_tag(sc, text, out);
	if (str_starts(s, "autogroup:"))
		return read_autogroup(sc, text + strlen("autogroup:"), out);
	if (str_starts(s, "ipset:"))
		return read_ipset(sc, text, out);
	if (str_starts(s, "svc:")) {
		out->kind = SEL_SERVICE;
		return "services are not supported yet";
	}
	return strchr(text, '@') != NULL ? read_user(sc, text, out) : read_host(sc, text, out);
}

/* ---- where it may stand ---- */

#define K(kind) (1u << SEL_##kind)
#define USERS (K(USER) | K(USER_DOMAIN) | K(USER_PASSKEY) | K(GROUP) | K(MEMBER) | K(ROLE))
#define WRITTEN (K(ALL) | K(RANGE) | K(IPSET))
#define TAGS (K(TAG) | K(TAGGED))

static const uint32_t allowed[] = {
	[IN_SRC] = USERS | WRITTEN | TAGS | K(DANGER_ALL) | K(SHARED),
	[IN_DST] = USERS | WRITTEN | TAGS | K(SELF) | K(INTERNET),
	[IN_GRANT_DST] = USERS | WRITTEN | TAGS | K(SELF) | K(INTERNET),
	[IN_SSH_SRC] = USERS | TAGS,
	[IN_SSH_DST] = K(USER) | K(MEMBER) | TAGS | K(SELF),
	[IN_TARGET] = USERS | WRITTEN | TAGS,
	[IN_OWNERS] = USERS | K(TAG),
	[IN_APPROVERS] = USERS | TAGS,
	[IN_MEMBERS] = K(USER) | K(USER_DOMAIN) | K(USER_PASSKEY),
	[IN_VIA] = K(TAG),
	[IN_RECORDER] = K(TAG) | K(RANGE),
	[IN_IPSET] = K(RANGE) | K(IPSET) | K(INTERNET),
};

static const char *
ssh_refusal(struct arena *a, enum use_place place, const struct selector *s)
{
	if (s->kind == SEL_ALL && place == IN_SSH_DST)
		return "invalid dst \"*\"; use autogroup:member or autogroup:tagged";
	if (s->kind == SEL_ALL)
		return "invalid src \"*\"; use autogroup:member or autogroup:tagged";
	return arena_printf(a, "invalid %s \"%s\"", place == IN_SSH_DST ? "dst" : "src", s->text);
}

static const char *
refusal(struct arena *a, enum use_place place, const struct selector *s)
{
	bool src = place == IN_SRC || place == IN_SSH_SRC;

	if (s->kind == SEL_SELF && src)
		return "\"autogroup:self\" not valid on the src side of a rule";
	if (s->kind == SEL_INTERNET)
		return "\"autogroup:internet\" can only be used in ACL destinations";
	if (s->kind == SEL_DANGER_ALL && (place == IN_DST || place == IN_GRANT_DST))
		return "cannot use autogroup:danger-all as a dst";
	if (place == IN_SSH_DST || place == IN_SSH_SRC)
		return ssh_refusal(a, place, s);
	if (place == IN_MEMBERS)
		return s->kind == SEL_GROUP ? "group members cannot be recursive" :
		    "username must contain @";
	if (place == IN_VIA)
		return "via can only be a tag";
	return arena_printf(a, "\"%s\" cannot be used here", s->text);
}

static const char default_route_why[] =
    "to allow all IP addresses, use \"*\" or \"autogroup:internet\"";

static bool
may_stand(enum use_place place, const struct selector *s)
{
	return allowed[place] >> s->kind & 1;
}

/* NULL if the selector may stand there. */
static const char *
refusal_if(struct arena *a, enum use_place place, const struct selector *s)
{
	if (!may_stand(place, s))
		return refusal(a, place, s);
	if (place == IN_GRANT_DST && s->kind == SEL_RANGE && str_ends(str_of(s->text), "/0"))
		return default_route_why;
	return NULL;
}

/* A name that means nothing: what matters more is that it could not stand there. */
static const char *
unknown_why(struct arena *a, enum use_place place, const struct selector *s, const char *why)
{
	if (!may_stand(place, s))
		return s->kind == SEL_SERVICE ? why : refusal(a, place, s);
	if (place == IN_VIA)
		return arena_printf(a, "tag \"%s\" not found", s->text);
	return why;
}

/* ---- reading ---- */

/* One error, in the words of the list that the name stands in; false. */
static bool
refuse(struct reader *r, const struct use *u, struct place at, const struct selector *s,
    const char *why)
{
	if (s->kind == SEL_USER_DOMAIN && may_stand(u->place, s))
		bad(r, at, "%s%s", u->place == IN_SSH_SRC ? "[ssh] " : "", why);
	else if (why == default_route_why)
		bad(r, at, "dst \"%s\": %s", s->text, why);
	else if (u->key != NULL)
		bad(r, at, "%s[\"%s\"]: \"%s\": %s", u->label, u->key, s->text, why);
	else if (u->quote)
		bad(r, at, "%s\"%s\": %s", u->label, s->text, why);
	else
		bad(r, at, "%s%s", u->label, why);
	return false;
}

static bool
add_selector(struct reader *r, struct place at, const struct selector *s, uint32_t *out)
{
	if (r->p->n_selectors >= POLICY_SELECTORS_MAX) {
		if (!r->selectors_full)
			bad(r, at, "more than %d different names in the policy",
			    POLICY_SELECTORS_MAX);
		r->selectors_full = true;
		return false;
	}
	*out = selector_append(r->a, r->p, s);
	return names_add(&r->names->selectors, r->a, str_of(s->text), *out);
}

/* A name that no rule had so far; false, and an error, if it may not stand there. */
static bool
read_new(struct reader *r, const struct use *u, struct place at, struct str text,
    struct selector *out)
{
	struct scope sc = { r->a, r->p, r->names, r->ctx };
	const char *why;

	why = read_name(&sc, arena_strndup(r->a, text.n > 0 ? text.p : "", text.n), out);
	why = why != NULL ? unknown_why(r->a, u->place, out, why) :
	    refusal_if(r->a, u->place, out);
	return why == NULL || refuse(r, u, at, out, why);
}

bool
selector_read(struct reader *r, const struct use *u, struct place at, struct str text,
    uint32_t *out)
{
	struct selector s;
	const char *why;

	text = str_trim(text);
	if (!names_find(&r->names->selectors, text, out))
		return read_new(r, u, at, text, &s) && add_selector(r, at, &s, out);
	s = r->p->selectors[*out];
	why = refusal_if(r->a, u->place, &s);
	return why == NULL || refuse(r, u, at, &s, why);
}

bool
selector_set(struct reader *r, const struct use *u, struct place at, struct str text,
    struct ipset *out)
{
	struct selector s;

	if (!read_new(r, u, at, str_trim(text), &s))
		return false;
	*out = s.set;
	return true;
}

struct selectors
selector_list(struct reader *r, const struct use *u, const struct hj *list)
{
	uint32_t *v;
	size_t n = 0;

	if (list == NULL)
		return (struct selectors){ NULL, 0 };
	v = arena_array(r->a, list->n + 1, sizeof(*v));
	for (const struct hj *e = list->child; e != NULL; e = e->next) {
		if (e->type != HJ_STRING)
			bad(r, e->at, "a name must be text");
		else if (selector_read(r, u, e->at, str_of(e->text), &v[n]))
			n++;
	}
	return (struct selectors){ v, n };
}

bool
policy_selector(struct arena *a, struct policy *p, const struct policy_context *ctx,
    const char *text, uint32_t *out, const char **why)
{
	struct scope sc = { a, p, p->names, ctx };
	struct str s = str_trim(str_of(text));
	struct selector sel;

	if (names_find(&p->names->selectors, s, out))
		return true;
	*why = read_name(&sc, arena_strndup(a, s.n > 0 ? s.p : "", s.n), &sel);
	if (*why != NULL)
		return false;
	*out = selector_append(a, p, &sel);
	return true;
}
