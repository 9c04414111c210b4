/*
 * handlers/control/admission.h -- who may bring a device, and whether it waits.
 *
 * Two things keep a device out: an administrator has not authorized it (node.waits),
 * and its user is not active (node.suspended, which follows the user).  Either way it
 * is a node with an address and a name, sees itself alone, and nobody sees it.
 */
#ifndef HANDLERS_CONTROL_ADMISSION_H
#define HANDLERS_CONTROL_ADMISSION_H

#include "lib/http/req.h"
#include "lib/model/model.h"

struct admission {
	int64_t user_id;	/* who logs in, or whose key it is; 0: nobody */
	int64_t owner_id;	/* whose the device will be; 0: a tagged one */
	const struct node *old;	/* the node that it is already; NULL: a new one */
};

/*
 * OK if the user may bring it; else 'refusal', with a text for them.  One who is
 * suspended brings nothing that was not theirs; one who waits for approval brings
 * devices that wait too, but none that would be nobody's.  *suspended: the device
 * will not be admitted, as its user is not.
 */
must_check enum err admission_check(struct req *rq, const struct admission *a, enum err refusal,
    bool *suspended);

/* Does a new device wait?  'approved': an administrator, or its key, says that it need not. */
must_check enum err admission_waits(struct req *rq, bool approved, bool *waits);

#endif
