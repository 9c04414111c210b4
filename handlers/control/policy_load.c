/*
 * handlers/control/policy_load.c -- which policy is in force: the one place that says so.
 *
 * The policies table is open to the sqlite3 shell and to older and newer
 * programs, so its newest row need not read.  The tailnet goes on with the one
 * before; only if nothing reads is everything denied, as the rules that were
 * meant cannot be known.  The same holds while a file's policy was never read.
 */
#include "handlers/control/policy_load.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "lib/config/config.h"
#include "lib/store/store.h"

static const char policy_deny_all[] = "{\"grants\": []}";

static struct policy *
parse(struct arena *a, const char *text, const char **why)
{
	struct policy_errors errs = { .n = 0 };
	struct policy *p = policy_parse(a, str_of(text), NULL, &errs);

	if (p == NULL)
		*why = policy_errors_text(a, &errs);
	return p;
}

/* In mode file the file has not been read yet, or it never could be. */
static const char *
why_nothing(struct req *rq, struct arena *a, const struct policy_loaded *p)
{
	if (p->newest == 0)
		return arena_printf(a, "%s has not been taken over yet, so everything is denied",
		    rq->cfg->policy_path);
	return arena_printf(a, "no version of the policy can be read, so everything is denied; "
	    "version %" PRId64 ":\n%s", p->newest, p->problem);
}

static enum err
deny_all(struct req *rq, struct arena *a, struct policy_loaded *out)
{
	const char *why = "";

	out->policy = parse(a, policy_deny_all, &why);
	if (out->policy == NULL)
		return req_fail(rq, ERR_INTERNAL, "the policy without rules: %s", why);
	out->problem = why_nothing(rq, a, out);
	return OK;
}

enum err
policy_load(struct req *rq, struct arena *a, struct policy_loaded *out)
{
	struct policy_version v = { .id = INT64_MAX };
	const char *why;
	enum err e;

	*out = (struct policy_loaded){ .text = "" };
	while ((e = store_policy_newest(rq->db, a, v.id, &v)) == OK) {
		if (out->newest == 0)
			out->newest = v.id;
		if ((out->policy = parse(a, v.text, &why)) != NULL) {
			out->version = v.id;
			out->text = v.text;
			out->since_ms = v.created_ms;
			return OK;
		}
		if (out->problem == NULL)
			out->problem = why;
	}
	if (e != ERR_NOTFOUND)
		return e;
	if (out->newest == 0 && rq->cfg->policy_mode == POLICY_DATABASE)
		return OK;
	return deny_all(rq, a, out);
}

/* ---- owner and domains ---- */

static const char *
domain_of(const char *email)
{
	const char *at = strrchr(email, '@');

	return at != NULL ? at + 1 : "";
}

static bool
has_domain(const struct policy_context *ctx, const char *domain)
{
	for (size_t i = 0; i < ctx->n_domains; i++)
		if (strcasecmp(ctx->domains[i], domain) == 0)
			return true;
	return false;
}

static enum err
domains_of_users(struct req *rq, struct arena *a, struct policy_context *out)
{
	const char **domains;
	struct user *users;
	size_t n;
	enum err e = store_users(rq->db, a, &users, &n);

	if (e != OK)
		return e;
	out->domains = domains = arena_array(a, n, sizeof(*domains));
	for (size_t i = 0; i < n; i++) {
		const char *domain = domain_of(users[i].email);

		if (*domain != '\0' && !has_domain(out, domain))
			domains[out->n_domains++] = domain;
	}
	return OK;
}

enum err
policy_load_context(struct req *rq, struct arena *a, struct policy_context *out)
{
	const char **one, *domain = domain_of(rq->cfg->owner);

	*out = (struct policy_context){ rq->cfg->domains.v, rq->cfg->domains.n };
	if (out->n_domains > 0)
		return OK;
	if (*domain == '\0')
		return domains_of_users(rq, a, out);
	one = arena_array(a, 1, sizeof(*one));
	one[0] = domain;
	*out = (struct policy_context){ one, 1 };
	return OK;
}

/* A name alone is meant only of local users: others can choose theirs elsewhere. */
static bool
is_owner(const char *owner, const struct user *u)
{
	size_t n = strlen(owner);

	if (n == 0)
		return false;
	if (owner[n - 1] == '@')
		return u->provider[0] == '\0' && strlen(u->name) == n - 1 &&
		    strncasecmp(u->name, owner, n - 1) == 0;
	return strcasecmp(u->email, owner) == 0;
}

enum role
policy_load_role(const struct req *rq, const struct user *u)
{
	enum role role = ROLE_MEMBER;

	if (is_owner(rq->cfg->owner, u))
		return ROLE_OWNER;
	return role_read(u->role, &role) ? role : ROLE_MEMBER;
}
