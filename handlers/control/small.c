/*
 * handlers/control/small.c -- small endpoints inside a Noise session.
 *
 * What a client may ask for and headrace does not have answers 404 with a text,
 * which clients take as "not here"; these two have an answer.
 */
#include "handlers/control/control.h"
#include "handlers/routes.h"

/*
 * POST /machine/update-health: clients before 1.90 say here what troubles them.
 * It concerns only the device itself, so it is taken and not kept.
 */
static enum err
update_health(struct req *rq)
{
	req_reply(rq, 200, NULL);
	return OK;
}

const struct route route_machine_update_health = {
	.method = HTTP_POST,
	.path = "/machine/update-health",
	.auth = AUTH_MACHINE,
	.txn = TXN_NONE,
	.body_max = CONTROL_BODY_MAX,
	.handle = update_health,
};

/* GET /machine/whoami: what `tailscale debug ts2021` asks to see that it got through. */
static enum err
whoami(struct req *rq)
{
	req_reply(rq, 200, "text/plain; charset=utf-8");
	buf_printf(&rq->out, "%s from %s\n", rq->machine_key, rq->remote_addr);
	return OK;
}

const struct route route_machine_whoami = {
	.method = HTTP_GET,
	.path = "/machine/whoami",
	.auth = AUTH_MACHINE,
	.txn = TXN_NONE,
	.body_max = 0,
	.handle = whoami,
};
