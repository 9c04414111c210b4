/*
 * handlers/actor.c -- tells the audit log who is at work.
 *
 * Only the few requests that change what people decide about are anybody's work; what
 * devices report all day costs no write more than it did.
 */
#include "handlers/actor.h"

#include "handlers/api/op.h"
#include "lib/access/caller.h"
#include "lib/base/log.h"
#include "lib/http/route.h"
#include "lib/store/store.h"

#define DENIED_BUSY_MS 20	/* a refusal does not wait for a lock */
#define MACHINE_SHOWN 17	/* of a machine key: enough to find it */

static const char *const caller_kinds[] = {
	[CALLER_LOCAL] = "cli", [CALLER_KEY] = "key", [CALLER_TOKEN] = "token",
};

static void
of_caller(const struct req *rq, struct actor *out)
{
	const struct caller *c = rq->caller;

	*out = (struct actor){
		.kind = caller_kinds[c->kind], .id = c->id, .name = c->name,
		.user = c->user_name,
		.address = c->kind == CALLER_LOCAL ? "" : rq->remote_addr,
		.action = rq->route->op->id,
	};
}

static struct actor
of_machine(const struct req *rq, const char *action)
{
	return (struct actor){ "node", rq->machine_key,
	    arena_printf(rq->arena, "device %.*s", MACHINE_SHOWN, rq->machine_key), "",
	    rq->remote_addr, action };
}

bool
actor_of(const struct req *rq, struct actor *out)
{
	const struct route *r = rq->route;

	if (r->txn != TXN_WRITE && r->txn != TXN_OWN)
		return false;
	if (rq->caller != NULL && r->op != NULL) {
		of_caller(rq, out);
		return true;
	}
	if (r->action == NULL)
		return false;
	*out = rq->machine_key != NULL ? of_machine(rq, r->action) :
	    (struct actor){ "server", "", "headrace", "", "", r->action };
	return true;
}

enum err
actor_machine(struct req *rq, const char *action)
{
	struct actor who = of_machine(rq, action);

	return db_actor_note(rq->db, &who);
}

void
actor_denied(struct req *rq)
{
	struct actor who;
	enum err e;

	of_caller(rq, &who);
	if ((e = db_begin_write_within(rq->db, DENIED_BUSY_MS)) == OK)
		e = db_end_write(rq->db, store_audit_denied(rq->db, &who, rq->path, rq->now_ms));
	if (e != OK)
		log_warn("a refusal is not in the audit log: %s", db_errmsg(rq->db));
}
