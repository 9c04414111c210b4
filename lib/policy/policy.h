/*
 * lib/policy/policy.h -- a policy document, read and checked: the tailnet's rules as structs.
 *
 * Pure: text in, structs in an arena out.  It says nothing about which nodes
 * there are; that is lib/policy/net.h.  Every name that a rule uses ("tag:web",
 * "group:dev", a prefix) is one entry of 'selectors', however often it is
 * written, so that what it stands for is worked out once.
 */
#ifndef LIB_POLICY_POLICY_H
#define LIB_POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/json/hujson.h"
#include "lib/policy/ipset.h"

/* Limits; more is an error with its place. */
#define POLICY_BYTES_MAX (1024u * 1024)
#define POLICY_RULES_MAX 20000		/* acls + grants + ssh, each */
#define POLICY_SELECTORS_MAX 20000	/* different names in all rules */
#define POLICY_ERRORS_MAX 20		/* reported together */

/* What a user may be; one each (tailcfg has no words for them). */
enum role {
	ROLE_MEMBER, ROLE_OWNER, ROLE_ADMIN, ROLE_IT_ADMIN, ROLE_NETWORK_ADMIN,
	ROLE_BILLING_ADMIN, ROLE_AUDITOR, ROLE_COUNT
};
const char *role_name(enum role r);		/* "it-admin" */
must_check bool role_read(const char *s, enum role *out);

enum selector_kind {
	SEL_ALL,		/* "*" */
	SEL_RANGE,		/* address, prefix, range, host name: 'set' */
	SEL_USER,		/* 'name': email or name as written */
	SEL_USER_DOMAIN,	/* user:*@example.com: 'name' is the domain */
	SEL_USER_PASSKEY,	/* user:*@passkey */
	SEL_GROUP,		/* 'index' in groups */
	SEL_TAG,		/* 'name': "tag:web" */
	SEL_MEMBER,		/* autogroup:member */
	SEL_ROLE,		/* autogroup:admin …: 'role' */
	SEL_TAGGED,		/* autogroup:tagged */
	SEL_SELF,		/* autogroup:self */
	SEL_INTERNET,		/* autogroup:internet: 'set' */
	SEL_DANGER_ALL,		/* autogroup:danger-all */
	SEL_SHARED,		/* autogroup:shared: nobody, as no node is shared in */
	SEL_IPSET,		/* ipset:name: 'set'; 'index' in ipsets */
	SEL_SERVICE		/* svc:name */
};

struct selector {
	enum selector_kind kind;
	const char *text;	/* as written, trimmed; unique among the selectors */
	const char *name;
	enum role role;
	size_t index;
	struct ipset set;
};

/* Indices into policy.selectors. */
struct selectors {
	const uint32_t *v;
	size_t n;
};

struct policy_group {
	const char *name;		/* "group:dev" */
	struct selectors members;	/* SEL_USER, SEL_USER_DOMAIN … */
	struct place at;
};

struct policy_ipset {
	const char *name;		/* "ipset:prod" */
	struct ipset set;		/* what its lines add and take away, in order */
	struct place at;
};

struct policy_tag {			/* tagOwners */
	const char *name;		/* "tag:web" */
	struct selectors owners;	/* users, groups, tags, autogroups of users */
	struct place at;
};

struct port_range {
	uint16_t first, last;		/* 0-65535: all */
};

/* What may pass: protocols (none: the client's default, TCP UDP ICMP) and ports. */
struct policy_pass {
	const uint8_t *protos;		/* IP protocol numbers */
	size_t n_protos;
	const struct port_range *ports;
	size_t n_ports;
};

struct policy_app {			/* an app capability and its arguments */
	const char *name;		/* "tailscale.com/cap/drive" */
	const char *json;		/* array of objects, compact; "null" if none was given */
};

/*
 * A line of 'acls' or 'grants'.  An acl with several destinations is one rule
 * for each of them, as each has ports of its own; 'part' counts them.
 */
struct policy_rule {
	bool grant;
	size_t number, part;		/* acls[number].dst[part]; part is 0 for grants */
	struct place at;		/* of the rule, or of the acl's dst */
	struct selectors src, dst;
	const struct policy_pass *pass;	/* of an acl: one */
	size_t n_pass;
	const struct policy_app *app;
	size_t n_app;
	struct selectors via;		/* SEL_TAG */
	const uint32_t *postures;	/* one of them must hold; none: all devices */
	size_t n_postures;
};

enum ssh_action { SSH_ACCEPT, SSH_CHECK };
enum ssh_user_kind { SSH_USER_LITERAL, SSH_USER_NONROOT, SSH_USER_LOCALPART };

struct ssh_user {
	enum ssh_user_kind kind;
	const char *name;		/* literal as written; localpart: the domain */
};

struct policy_ssh {
	enum ssh_action action;
	size_t number;			/* ssh[number] */
	struct place at;
	struct selectors src, dst;
	const struct ssh_user *users;
	size_t n_users;
	int64_t check_period_ms;	/* 0: always; the default is 12 h */
	const char *const *accept_env;
	size_t n_accept_env;
	struct selectors recorder;	/* SEL_TAG, SEL_RANGE */
	bool enforce_recorder;
	const uint32_t *postures;
	size_t n_postures;
};

struct policy_approver {
	struct prefix prefix;		/* routes */
	const char *service;		/* services: "svc:web" or "tag:web"; NULL else */
	struct selectors who;
	struct place at;
};

struct policy_attr {			/* nodeAttrs[number] */
	size_t number;
	struct place at;
	struct selectors target;
	const char *const *attrs;
	size_t n_attrs;
	const struct policy_app *app;
	size_t n_app;
	struct ipset pool;		/* ipPool */
	bool has_pool;
};

enum posture_op {
	POSTURE_EQ, POSTURE_NE, POSTURE_LT, POSTURE_LE, POSTURE_GT, POSTURE_GE,
	POSTURE_IN, POSTURE_NOT_IN, POSTURE_IS_SET, POSTURE_NOT_SET
};

struct posture_term {			/* node:tsVersion >= '1.40' */
	const char *attr;
	enum posture_op op;
	const char *const *values;	/* without their quotes */
	size_t n_values;
};

struct policy_posture {
	const char *name;		/* "posture:fresh" */
	const struct posture_term *terms;	/* all must hold */
	size_t n_terms;
	struct place at;
};

/* A check that a policy makes of itself; run by lib/policy/selftest.h. */
struct policy_expect {
	const char *text;		/* as written: "tag:web:80", or a login name */
	struct place at;
};

struct policy_test {			/* tests[number] */
	size_t number;
	struct place at;
	const char *src, *proto;	/* "" if absent */
	const struct posture_term *posture;	/* srcPostureAttrs, as EQ terms */
	size_t n_posture;
	const struct policy_expect *accept, *deny;
	size_t n_accept, n_deny;
};

struct policy_ssh_test {		/* sshTests[number] */
	size_t number;
	struct place at;
	const char *src;
	const struct posture_term *posture;
	size_t n_posture;
	const struct policy_expect *dst, *accept, *deny, *check;
	size_t n_dst, n_accept, n_deny, n_check;
};

struct policy_host {
	const char *name;
	struct ipset set;
};

struct policy {
	struct selector *selectors;
	size_t n_selectors;
	struct policy_host *hosts;
	size_t n_hosts;
	struct policy_group *groups;
	size_t n_groups;
	struct policy_ipset *ipsets;
	size_t n_ipsets;
	struct policy_tag *tags;
	size_t n_tags;
	bool has_rules;			/* 'acls' or 'grants' is there; without, all may pass */
	struct policy_rule *rules;	/* the grants, then the acls */
	size_t n_rules;
	bool has_ssh;
	struct policy_ssh *ssh;
	size_t n_ssh;
	struct policy_approver *routes, *services;
	size_t n_routes, n_services;
	struct selectors exit_node;
	struct policy_attr *attrs;
	size_t n_attrs;
	struct policy_posture *postures;
	size_t n_postures;
	struct policy_test *tests;
	size_t n_tests;
	struct policy_ssh_test *ssh_tests;
	size_t n_ssh_tests;
	const char *derp_map;		/* tailcfg.DERPMap as JSON; NULL if absent */
	bool disable_ipv4, randomize_client_port;
	const char *one_cgnat_route;	/* "", "mac-always", "mac-never" */
	const struct policy_names *names;	/* for policy_selector() alone */
};

/* What of the tailnet a document may refer to; no context (NULL) lets any domain pass. */
struct policy_context {
	const char *const *domains;	/* from which its users come */
	size_t n_domains;
};

/* What is wrong, in the order of the document. */
struct policy_error {
	struct place at;		/* line 0: of the whole */
	const char *text;
};

struct policy_errors {
	struct policy_error v[POLICY_ERRORS_MAX];
	size_t n;
	size_t more;			/* that did not fit */
};

void policy_error_add(struct arena *a, struct policy_errors *errs, struct place at,
    const char *fmt, ...) printf_like(4, 5);

/* All of them, a line each: "line 3, column 7: text". */
const char *policy_errors_text(struct arena *a, const struct policy_errors *errs);

/*
 * Reads and checks a document.  NULL if anything is wrong; then 'errs' says
 * what.  An empty text is a policy that allows everything ({}).  All memory is
 * in 'a', which must also own 'text'.
 */
struct policy *policy_parse(struct arena *a, struct str text,
    const struct policy_context *ctx, struct policy_errors *errs);

/*
 * A name outside a document (a test's source, `policy explain`) as a selector of
 * 'p', which gets a new one if no rule has it.  False with *why if it is none.
 */
must_check bool policy_selector(struct arena *a, struct policy *p,
    const struct policy_context *ctx, const char *text, uint32_t *out, const char **why);

/* "80", "80-90,443", "*": false with *why. */
must_check bool policy_ports(struct arena *a, struct str text,
    const struct port_range **v, size_t *n, const char **why);

/* What people know a common one by ("tcp"), else its number as text, in the arena. */
const char *policy_proto_name(struct arena *a, unsigned proto);

/* "tcp", "6": an IP protocol number; false if it is none. */
must_check bool policy_proto(struct str text, uint8_t *out);

#endif
