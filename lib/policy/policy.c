/*
 * lib/policy/policy.c -- a policy document as a whole: its sections, in an order
 * in which each finds the names that it uses.
 */
#include "lib/policy/policy.h"

#include <stdlib.h>
#include <string.h>

#include "lib/policy/policy_impl.h"

enum {
	TOP_GROUPS, TOP_HOSTS, TOP_IPSETS, TOP_TAGS, TOP_ACLS, TOP_GRANTS, TOP_SSH, TOP_APPROVERS,
	TOP_ATTRS, TOP_POSTURES, TOP_DEFAULT_POSTURE, TOP_TESTS, TOP_SSH_TESTS, TOP_DERP,
	TOP_NO_IPV4, TOP_RANDOM_PORT, TOP_CGNAT, TOP_FIELDS
};

static const struct field fields[] = {
	{ "groups", HJ_OBJECT, TOP_GROUPS }, { "hosts", HJ_OBJECT, TOP_HOSTS },
	{ "ipsets", HJ_OBJECT, TOP_IPSETS }, { "tagOwners", HJ_OBJECT, TOP_TAGS },
	{ "acls", HJ_ARRAY, TOP_ACLS }, { "grants", HJ_ARRAY, TOP_GRANTS },
	{ "ssh", HJ_ARRAY, TOP_SSH }, { "autoApprovers", HJ_OBJECT, TOP_APPROVERS },
	{ "nodeAttrs", HJ_ARRAY, TOP_ATTRS }, { "postures", HJ_OBJECT, TOP_POSTURES },
	{ "defaultSrcPosture", HJ_ARRAY, TOP_DEFAULT_POSTURE },
	{ "tests", HJ_ARRAY, TOP_TESTS }, { "sshTests", HJ_ARRAY, TOP_SSH_TESTS },
	{ "derpMap", HJ_OBJECT, TOP_DERP }, { "disableIPv4", HJ_BOOL, TOP_NO_IPV4 },
	{ "randomizeClientPort", HJ_BOOL, TOP_RANDOM_PORT },
	{ "OneCGNATRoute", HJ_STRING, TOP_CGNAT },
};

/* ---- what concerns the tailnet as a whole ---- */

/* Only its shape; whoever uses it knows what a region is. */
static void
read_derp_map(struct reader *r, const struct hj *v)
{
	const struct hj *regions;
	int64_t id;

	if (v == NULL)
		return;
	regions = hujson_get(v, "Regions");
	if (regions != NULL && regions->type != HJ_OBJECT && regions->type != HJ_NULL) {
		bad(r, regions->at, "derpMap: \"Regions\" must be an object");
		return;
	}
	for (const struct hj *m = regions ? regions->child : NULL; m != NULL; m = m->next) {
		if (!str_i64(str_of(m->key), &id) || id < 1)
			bad(r, m->key_at, "derpMap: region \"%s\" is no positive number", m->key);
		else if (m->type != HJ_OBJECT && m->type != HJ_NULL)
			bad(r, m->at, "derpMap: region \"%s\" must be an object", m->key);
	}
	r->p->derp_map = hujson_json(r->a, v);
}

static void
read_cgnat(struct reader *r, const struct hj *v)
{
	const char *text = read_trimmed(r, v);

	r->p->one_cgnat_route = text;
	if (*text != '\0' && strcmp(text, "mac-always") != 0 && strcmp(text, "mac-never") != 0)
		bad(r, v->at, "OneCGNATRoute must be \"\", \"mac-always\" or \"mac-never\"");
}

/* ---- the document ---- */

static void
read_names(struct reader *r, const struct hj *const *f)
{
	read_hosts(r, f[TOP_HOSTS]);
	read_group_names(r, f[TOP_GROUPS]);
	read_tag_names(r, f[TOP_TAGS]);
	read_ipset_names(r, f[TOP_IPSETS]);
	read_posture_names(r, f[TOP_POSTURES]);
}

static void
read_sections(struct reader *r, const struct hj *const *f)
{
	read_ipsets(r, f[TOP_IPSETS]);
	read_groups(r, f[TOP_GROUPS]);
	read_tag_owners(r, f[TOP_TAGS]);
	read_postures(r, f[TOP_POSTURES]);
	read_default_posture(r, f[TOP_DEFAULT_POSTURE]);
	read_grants(r, f[TOP_GRANTS]);
	read_acls(r, f[TOP_ACLS]);
	read_ssh(r, f[TOP_SSH]);
	read_approvers(r, f[TOP_APPROVERS]);
	read_attrs(r, f[TOP_ATTRS]);
	read_tests(r, f[TOP_TESTS]);
	read_ssh_tests(r, f[TOP_SSH_TESTS]);
	read_derp_map(r, f[TOP_DERP]);
	read_cgnat(r, f[TOP_CGNAT]);
	r->p->disable_ipv4 = f[TOP_NO_IPV4] != NULL && f[TOP_NO_IPV4]->b;
	r->p->randomize_client_port = f[TOP_RANDOM_PORT] != NULL && f[TOP_RANDOM_PORT]->b;
}

static void
read_document(struct reader *r, const struct hj *doc)
{
	const struct hj *f[TOP_FIELDS];

	if (!read_fields(r, doc, "a policy", FIELDS(fields), f))
		return;
	/* Not by 'f': a null would be a way to allow everything that nobody means. */
	r->p->has_rules = hujson_get(doc, "acls") != NULL || hujson_get(doc, "grants") != NULL;
	read_names(r, f);
	read_sections(r, f);
}

static int
by_place(const void *pa, const void *pb)
{
	const struct policy_error *a = pa, *b = pb;

	if (a->at.line != b->at.line)
		return a->at.line < b->at.line ? -1 : 1;
	return a->at.col < b->at.col ? -1 : a->at.col > b->at.col;
}

static struct policy *
new_policy(struct arena *a, struct policy_names **names)
{
	struct policy *p = arena_alloc(a, sizeof(*p));

	*names = arena_alloc(a, sizeof(**names));
	names_init(&(*names)->selectors);
	names_init(&(*names)->hosts);
	names_init(&(*names)->groups);
	names_init(&(*names)->tags);
	names_init(&(*names)->ipsets);
	names_init(&(*names)->postures);
	p->names = *names;
	p->one_cgnat_route = "";
	return p;
}

struct policy *
policy_parse(struct arena *a, struct str text, const struct policy_context *ctx,
    struct policy_errors *errs)
{
	struct policy_names *names;
	struct policy *p = new_policy(a, &names);
	struct reader r = { .a = a, .p = p, .names = names, .ctx = ctx, .errs = errs };
	const struct hj *doc;
	struct place at;
	const char *why;

	*errs = (struct policy_errors){ .n = 0 };
	if (text.n > POLICY_BYTES_MAX) {
		bad(&r, ((struct place){ 0, 0 }), "the policy has more than %u bytes",
		    POLICY_BYTES_MAX);
		return NULL;
	}
	doc = hujson_parse(a, text, &at, &why);
	if (doc == NULL && at.line == 0)
		return p;
	if (doc == NULL)
		bad(&r, at, "%s", why);
	else
		read_document(&r, doc);
	if (errs->n > 1)
		qsort(errs->v, errs->n, sizeof(errs->v[0]), by_place);
	return errs->n == 0 ? p : NULL;
}
