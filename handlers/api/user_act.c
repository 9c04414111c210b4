/*
 * handlers/api/user_act.c -- what an administrator may do to a user: one set of rules for
 * v1 and v2.
 */
#include "handlers/api/user_act.h"

#include <inttypes.h>
#include <string.h>

#include "handlers/api/api.h"
#include "handlers/control/policy_load.h"
#include "lib/access/caller.h"

static enum err
may_give(struct req *rq, const char *role)
{
	if (scope_within(scope_of_role(role), rq->caller->scopes))
		return OK;
	return req_fail(rq, ERR_FORBIDDEN, "the role %s may do more than this key", role);
}

enum err
user_act_may(struct req *rq, const struct user *u)
{
	return may_give(rq, role_name(policy_load_role(rq, u)));
}

enum err
user_act_may_own(struct req *rq, const struct user *u)
{
	return rq->caller->user_id == u->id ? OK : user_act_may(rq, u);
}

/* An administrator who is locked out, or a tailnet without its owner, helps nobody. */
static enum err
not_needed(struct req *rq, const struct user *u, const char *verb)
{
	struct user plain = *u;

	plain.role = "member";
	if (rq->caller->user_id == u->id)
		return req_fail(rq, ERR_BADREQ, "you cannot %s yourself", verb);
	if (policy_load_role(rq, &plain) == ROLE_OWNER)
		return req_fail(rq, ERR_BADREQ, "user %" PRId64 " \"%s\" is the tailnet's "
		    "owner by its configuration (tailnet.owner)", u->id, u->name);
	return OK;
}

static const struct {
	const char *verb, *not_from, *result;
} actions[] = {
	[USER_APPROVE] = { "approve", "suspended", "active" },
	[USER_SUSPEND] = { "suspend", "", "suspended" },
	[USER_RESTORE] = { "restore", "needs-approval", "active" },
};

enum err
user_act_status(struct req *rq, const struct user *u, enum user_action what)
{
	enum err e = user_act_may(rq, u);

	if (e == OK && what == USER_SUSPEND)
		e = not_needed(rq, u, "suspend");
	if (e != OK)
		return e;
	if (strcmp(u->status, actions[what].not_from) == 0)
		return req_fail(rq, ERR_BADREQ, "user %" PRId64 " \"%s\" is %s: %s", u->id,
		    u->name, u->status, what == USER_APPROVE ? "restore it instead" :
		    "approve it instead");
	return store_user_set_status(rq->db, u->id, actions[what].result);
}

static const char *
role_names(struct req *rq)
{
	const char *all = role_name((enum role)0);

	for (int r = 1; r < ROLE_COUNT; r++)
		all = arena_printf(rq->arena, "%s, %s", all, role_name((enum role)r));
	return all;
}

enum err
user_act_role(struct req *rq, const struct user *u, const char *name)
{
	enum role role;
	enum err e;

	if (!role_read(name, &role))
		return req_fail_at(rq, ERR_BADREQ, "body.role",
		    "\"%.64s\" is no role; it is one of %s", name, role_names(rq));
	if ((e = user_act_may(rq, u)) != OK || (e = may_give(rq, role_name(role))) != OK)
		return e;
	return store_user_set_role(rq->db, u->id, role_name(role));
}

static enum err
no_devices(struct req *rq, const struct user *u)
{
	int64_t nodes;
	enum err e = store_user_node_count(rq->db, u->id, &nodes);

	if (e != OK || nodes == 0)
		return e;
	return req_fail(rq, ERR_BADREQ, "user not empty: node(s) found: \"%s\" owns %" PRId64
	    "; move or delete them first", u->name, nodes);
}

enum err
user_act_delete(struct req *rq, const struct user *u, bool devices)
{
	int64_t gone;
	enum err e;

	if ((e = user_act_may(rq, u)) != OK || (e = not_needed(rq, u, "delete")) != OK ||
	    (e = devices ? store_nodes_delete_of_user(rq->db, u->id, &gone) :
	    no_devices(rq, u)) != OK)
		return e;
	return store_user_delete(rq->db, u->id);
}
