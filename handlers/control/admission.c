/* handlers/control/admission.c -- who may bring a device, and whether it waits. */
#include "handlers/control/admission.h"

#include <string.h>

#include "handlers/control/setting.h"
#include "lib/netmap/node_json.h"
#include "lib/store/store.h"

static enum err
refuse(struct req *rq, const struct user *u, enum err refusal)
{
	if (strcmp(u->status, "suspended") == 0)
		return req_fail(rq, refusal, "user %s is suspended; ask an administrator",
		    user_login_name(u));
	return req_fail(rq, refusal, "user %s waits for approval; ask an administrator",
	    user_login_name(u));
}

enum err
admission_check(struct req *rq, const struct admission *a, enum err refusal, bool *suspended)
{
	bool theirs = a->owner_id == a->user_id;
	struct user u;
	enum err e;

	*suspended = false;
	if (a->user_id == 0)
		return OK;
	if ((e = store_user_by_id(rq->db, rq->arena, a->user_id, &u)) != OK)
		return e;
	if (strcmp(u.status, "active") == 0)
		return OK;
	*suspended = theirs;
	if (theirs && (strcmp(u.status, "needs-approval") == 0 ||
	    (a->old != NULL && a->old->user_id == u.id)))
		return OK;
	return refuse(rq, &u, refusal);
}

enum err
admission_waits(struct req *rq, bool approved, bool *waits)
{
	struct settings s;
	enum err e;

	*waits = false;
	if (approved)
		return OK;
	if ((e = setting_load(rq, &s)) == OK)
		*waits = s.devices_approval;
	return e;
}
