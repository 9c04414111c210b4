/* handlers/internal/policy_shell.h -- a policy that was typed into the sqlite3 shell. */
#ifndef HANDLERS_INTERNAL_POLICY_SHELL_H
#define HANDLERS_INTERNAL_POLICY_SHELL_H

#include "lib/http/req.h"

/*
 * Approves what a policy approves that came by the shell since the last look;
 * outside a transaction.  Costs one lookup if there is none.
 */
must_check enum err policy_shell_refresh(struct req *rq);

#endif
