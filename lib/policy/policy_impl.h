/*
 * lib/policy/policy_impl.h -- what the files that read a policy share; for them only.
 *
 * A document is read in two rounds: first the names that it declares (hosts,
 * groups, tags, ipsets, postures), then what uses them, as a rule may stand
 * before the name that it uses.  All mistakes are collected; a function that
 * found one says so or goes on without what it could not read, and policy_parse()
 * gives out nothing if there was any.
 */
#ifndef LIB_POLICY_POLICY_IMPL_H
#define LIB_POLICY_POLICY_IMPL_H

#include "lib/policy/names.h"
#include "lib/policy/policy.h"

#define SELECTORS_START 64		/* a power of two: see selector_append() */
#define IPSET_RANGES_MAX 100000		/* of all ipsets together, nested ones counted again */
#define IPSET_DEPTH_MAX 32
#define RULES_START 64

/* The names of a document; policy_selector() needs them after it was read. */
struct policy_names {
	struct names selectors, hosts, groups, tags, ipsets, postures;	/* to indices */
};

struct reader {
	struct arena *a;
	struct policy *p;
	struct policy_names *names;
	const struct policy_context *ctx;	/* NULL: any domain may be named */
	struct policy_errors *errs;
	const uint32_t *postures;		/* defaultSrcPosture */
	size_t n_postures;
	size_t n_grants;			/* of p->rules; the others are of acls */
	bool selectors_full, rules_full, ranges_full;	/* too many: reported once */
};

#define bad(r, place, ...) policy_error_add((r)->a, (r)->errs, (place), __VA_ARGS__)

/* ---- selector.c: what a name means, and where it may stand ---- */

enum use_place {
	IN_SRC, IN_DST, IN_GRANT_DST, IN_SSH_SRC, IN_SSH_DST, IN_TARGET, IN_OWNERS, IN_APPROVERS,
	IN_MEMBERS, IN_VIA, IN_RECORDER, IN_IPSET
};

/* A list of names: where it is, and how an error about one of them begins. */
struct use {
	enum use_place place;
	const char *label;	/* "src=" */
	const char *key;	/* if not NULL, it begins label["key"]: "name": */
	bool quote;		/* the name in quotes, and a colon, come behind the label */
};

/* One name; false if it is none that may stand there, which is an error. */
must_check bool selector_read(struct reader *r, const struct use *u, struct place at,
    struct str text, uint32_t *out);

/* The addresses of one name, which does not become a selector. */
must_check bool selector_set(struct reader *r, const struct use *u, struct place at,
    struct str text, struct ipset *out);

/* A list of names (NULL: empty); those that are wrong are left out. */
struct selectors selector_list(struct reader *r, const struct use *u, const struct hj *list);

enum selector_kind selector_kind(const struct reader *r, uint32_t selector);
bool selectors_have(const struct reader *r, struct selectors s, enum selector_kind k);

/* NULL, or what is wrong with the domain in user:*@domain and localpart:*@domain. */
const char *selector_domain_why(struct arena *a, const struct policy_context *ctx,
    struct str domain);

/* ---- ports.c ---- */

bool ports_all(const struct port_range *v, size_t n);
/* May the protocol carry ports? */
bool ports_fit(uint8_t proto);
/* What a grant's "ip" says: "*", "80-90", "tcp:443". */
const char *ports_read_ip(struct arena *a, struct str text, struct policy_pass *out);
const char *ports_read_proto(struct arena *a, struct str text, uint8_t *out);

/* ---- read.c: objects and lists ---- */

struct field {
	const char *name;
	enum hj_type type;
	size_t slot;
};

#define FIELDS(table) (table), sizeof(table) / sizeof((table)[0])

/*
 * Sorts the members of 'o' into slots: two names of one slot are old and new name
 * of one thing.  Null counts as absent; unknown members and wrong types are
 * errors and absent.  False if 'o' is no object.
 */
bool read_fields(struct reader *r, const struct hj *o, const char *what,
    const struct field *fields, size_t n, const struct hj **slots);

/* The text without blanks around it; empty if absent. */
struct str read_text(const struct hj *v);
const char *read_trimmed(struct reader *r, const struct hj *v);

/* Is each entry text?  Each that is not is an error. */
bool read_texts_ok(struct reader *r, const struct hj *list, const char *what);
size_t read_texts(struct reader *r, const struct hj *list, const char *what,
    const char *const **out);

/* True, and an error, if there are more than 'max' entries. */
bool read_too_many(struct reader *r, const struct hj *list, const char *what, size_t max);

/* App capabilities of a grant or of nodeAttrs; NULL: none. */
size_t read_apps(struct reader *r, const struct hj *o, bool of_node, const struct policy_app **out);

/* ---- one function per section; v is NULL if the document has none ---- */

/* First round: names only, so that the second can refer to any. */
void read_hosts(struct reader *r, const struct hj *v);
void read_group_names(struct reader *r, const struct hj *v);
void read_tag_names(struct reader *r, const struct hj *v);
void read_ipset_names(struct reader *r, const struct hj *v);
void read_posture_names(struct reader *r, const struct hj *v);

void read_groups(struct reader *r, const struct hj *v);
void read_tag_owners(struct reader *r, const struct hj *v);
void read_ipsets(struct reader *r, const struct hj *v);
void read_postures(struct reader *r, const struct hj *v);
void read_grants(struct reader *r, const struct hj *v);
void read_acls(struct reader *r, const struct hj *v);
void read_ssh(struct reader *r, const struct hj *v);
void read_approvers(struct reader *r, const struct hj *v);
void read_attrs(struct reader *r, const struct hj *v);
void read_tests(struct reader *r, const struct hj *v);
void read_ssh_tests(struct reader *r, const struct hj *v);

/* Names of postures (srcPosture); those of defaultSrcPosture if it says none. */
void read_posture_list(struct reader *r, const struct hj *list, const uint32_t **out, size_t *n);
void read_default_posture(struct reader *r, const struct hj *list);

/* Attributes given by a test: terms that say what they equal. */
size_t read_posture_given(struct reader *r, const struct hj *o, const struct posture_term **out);

#endif
