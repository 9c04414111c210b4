/*
 * handlers/internal/policy_shell.c -- a policy that was typed into the sqlite3 shell: approving its routes.
 *
 * Whoever sets a policy by command, call or file approves in the same
 * transaction.  The shell cannot, so the tick looks for versions that came from
 * there.  Those from before this process have had their time.
 */
#include "handlers/internal/policy_shell.h"

#include <string.h>

#include "handlers/control/approve_node.h"
#include "handlers/control/netload.h"
#include "handlers/control/policy_load.h"
#include "lib/store/store.h"

static int64_t seen = -1;	/* the newest version when this process looked last */

/* Whom approvers mean follows from a device's own tags and owner: no nodes are needed. */
static enum err
approve(struct req *rq)
{
	struct net *t = netload_new(rq);
	struct policy_loaded loaded;
	enum err e;

	if ((e = policy_load(rq, rq->arena, &loaded)) != OK ||
	    (e = netload_users(rq, t)) != OK)
		return e;
	net_set_policy(t, loaded.policy);
	return approve_all(rq, t);
}

static enum err
from_shell(struct req *rq, bool *yes)
{
	struct policy_version v;
	enum err e = store_policy_newest(rq->db, rq->arena, INT64_MAX, &v);

	*yes = e == OK && strcmp(v.source, "shell") == 0;
	return e == ERR_NOTFOUND ? OK : e;
}

enum err
policy_shell_refresh(struct req *rq)
{
	int64_t newest;
	bool shell;
	enum err e = store_policy_last(rq->db, &newest);

	if (e != OK || newest == seen)
		return e;
	if (seen < 0) {
		seen = newest;
		return OK;
	}
	if ((e = from_shell(rq, &shell)) != OK)
		return e;
	if (shell && (e = db_begin_write(rq->db)) == OK)
		e = db_end_write(rq->db, approve(rq));
	if (e == OK)
		seen = newest;
	return e;
}
