/*
 * lib/policy/read_names.c -- hosts, groups and tagOwners: the names that rules are made of.
 */
#include <ctype.h>
#include <string.h>

#include "lib/policy/policy_impl.h"

/*
 * Calls 'add' for each member whose name is new and for which 'why' finds
 * nothing wrong.
 */
struct section {
	const char *label;		/* "groups" */
	struct names *names;
	const char *(*why)(const char *name);
	void (*add)(struct reader *r, const char *name, const struct hj *m);
};

static void
declare(struct reader *r, const struct hj *v, const struct section *s)
{
	uint32_t n = 0;

	for (const struct hj *m = v ? v->child : NULL; m != NULL; m = m->next) {
		struct str key = str_trim(str_of(m->key));
		const char *name = arena_strndup(r->a, key.p, key.n);
		const char *why = s->why(name);

		if (why != NULL)
			bad(r, m->key_at, "%s[\"%s\"]: %s", s->label, name, why);
		else if (!names_add(s->names, r->a, str_of(name), n))
			bad(r, m->key_at, "%s[\"%s\"] is there twice", s->label, name);
		else {
			s->add(r, name, m);
			n++;
		}
	}
}

/* ---- hosts ---- */

static const char *
host_why(const char *name)
{
	struct iprange range;

	if (*name == '\0' || strpbrk(name, ":@*,") != NULL ||
	    iprange_read(str_of(name), &range))
		return "invalid host name";
	return NULL;
}

static void
add_host(struct reader *r, const char *name, const struct hj *m)
{
	struct policy_host *h = &r->p->hosts[r->p->n_hosts++];
	struct str text = m->type == HJ_STRING ? read_text(m) : (struct str){ "", 0 };
	struct iprange range;

	h->name = name;
	if (memchr(text.p, '-', text.n) != NULL || !iprange_read(text, &range))
		bad(r, m->at, "hostname contains invalid IP address: hostname \"%s\" "
		    "address \"%.*s\"", name, (int)text.n, text.p);
	else
		h->set = ipset_of(r->a, &range, 1);
}

void
read_hosts(struct reader *r, const struct hj *v)
{
	struct section s = { "hosts", &r->names->hosts, host_why, add_host };

	r->p->hosts = arena_array(r->a, v ? v->n : 0, sizeof(*r->p->hosts));
	declare(r, v, &s);
}

/* ---- groups ---- */

static const char *
group_why(const char *name)
{
	return str_starts(str_of(name), "group:") && strlen(name) > strlen("group:") ? NULL :
	    "group names must start with 'group:'";
}

static void
add_group(struct reader *r, const char *name, const struct hj *m)
{
	r->p->groups[r->p->n_groups++] = (struct policy_group){ .name = name, .at = m->key_at };
}

void
read_group_names(struct reader *r, const struct hj *v)
{
	struct section s = { "groups", &r->names->groups, group_why, add_group };

	r->p->groups = arena_array(r->a, v ? v->n : 0, sizeof(*r->p->groups));
	declare(r, v, &s);
}

/* A list of names under a name; NULL, and an error, if it is none. */
static const struct hj *
list_under(struct reader *r, const struct hj *m, const char *label)
{
	if (m->type == HJ_ARRAY)
		return m;
	if (m->type != HJ_NULL)
		bad(r, m->at, "%s[\"%s\"] must be a list", label, m->key);
	return NULL;
}

void
read_groups(struct reader *r, const struct hj *v)
{
	struct use use = { IN_MEMBERS, "groups", NULL, true };
	uint32_t i;

	for (const struct hj *m = v ? v->child : NULL; m != NULL; m = m->next) {
		if (!names_find(&r->names->groups, str_trim(str_of(m->key)), &i))
			continue;
		use.key = r->p->groups[i].name;
		r->p->groups[i].members = selector_list(r, &use, list_under(r, m, "groups"));
	}
}

/* ---- tagOwners ---- */

/* As tailcfg.CheckTag has it. */
static const char *
tag_why(const char *name)
{
	const char *s = name + strlen("tag:");

	if (!str_starts(str_of(name), "tag:"))
		return "tags must start with 'tag:'";
	if (*s == '\0')
		return "tag names must not be empty";
	if (!isascii((unsigned char)*s) || !isalpha((unsigned char)*s))
		return "tag names must start with a letter, after 'tag:'";
	for (; *s != '\0'; s++)
		if (!isascii((unsigned char)*s) || (!isalnum((unsigned char)*s) && *s != '-'))
			return "tag names can only contain numbers, letters, or dashes";
	return NULL;
}

static void
add_tag(struct reader *r, const char *name, const struct hj *m)
{
	r->p->tags[r->p->n_tags++] = (struct policy_tag){ .name = name, .at = m->key_at };
}

void
read_tag_names(struct reader *r, const struct hj *v)
{
	struct section s = { "tagOwners", &r->names->tags, tag_why, add_tag };

	r->p->tags = arena_array(r->a, v ? v->n : 0, sizeof(*r->p->tags));
	declare(r, v, &s);
}

void
read_tag_owners(struct reader *r, const struct hj *v)
{
	struct use use = { IN_OWNERS, "tagOwners", NULL, true };
	uint32_t i;

	for (const struct hj *m = v ? v->child : NULL; m != NULL; m = m->next) {
		if (!names_find(&r->names->tags, str_trim(str_of(m->key)), &i))
			continue;
		use.key = r->p->tags[i].name;
		r->p->tags[i].owners = selector_list(r, &use, list_under(r, m, "tagOwners"));
	}
}

/* ---- names of ipsets ---- */

static const char *
ipset_why(const char *name)
{
	return str_starts(str_of(name), "ipset:") && strlen(name) > strlen("ipset:") ? NULL :
	    "names of IP sets must start with 'ipset:'";
}

static void
add_ipset(struct reader *r, const char *name, const struct hj *m)
{
	r->p->ipsets[r->p->n_ipsets++] = (struct policy_ipset){ .name = name, .at = m->key_at };
}

void
read_ipset_names(struct reader *r, const struct hj *v)
{
	struct section s = { "ipsets", &r->names->ipsets, ipset_why, add_ipset };

	r->p->ipsets = arena_array(r->a, v ? v->n : 0, sizeof(*r->p->ipsets));
	declare(r, v, &s);
}

/* ---- names of postures ---- */

static const char *
posture_why(const char *name)
{
	return str_starts(str_of(name), "posture:") && strlen(name) > strlen("posture:") ? NULL :
	    "names of postures must start with 'posture:'";
}

static void
add_posture(struct reader *r, const char *name, const struct hj *m)
{
	r->p->postures[r->p->n_postures++] =
	    (struct policy_posture){ .name = name, .at = m->key_at };
}

void
read_posture_names(struct reader *r, const struct hj *v)
{
	struct section s = { "postures", &r->names->postures, posture_why, add_posture };

	r->p->postures = arena_array(r->a, v ? v->n : 0, sizeof(*r->p->postures));
	declare(r, v, &s);
}
