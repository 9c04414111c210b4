/*
 * handlers/web/verify.c -- POST /verify: may this node use a DERP relay?
 *
 * Asked by derper -verify-client-url for each connection.  The lookup is always
 * fresh, because a client connects to the relay seconds after it registered;
 * a node whose key has run out, or that is not admitted, is refused.
 */
#include "handlers/routes.h"
#include "lib/crypto/key.h"
#include "lib/json/json.h"
#include "lib/store/store.h"

#define BODY_MAX 4096

static enum err
admitted(struct req *rq, const char *node_key, bool *allow)
{
	struct node n;
	enum err e = store_node_by_node_key(rq->db, rq->arena, node_key, &n);

	*allow = e == OK && node_admitted(&n) && !n.expired &&
	    !node_key_expired(&n, rq->now_ms);
	return e == ERR_NOTFOUND ? OK : e;
}

static enum err
verify(struct req *rq)
{
	struct str body = { (const char *)rq->body.p, rq->body.n };
	jv *doc = json_parse(rq->arena, body, JSON_DEPTH_DEFAULT, NULL);
	const char *text = json_get_str(doc, "NodePublic", "");
	char node_key[KEY_TEXT_SIZE];
	struct key32 k;
	struct jw w;
	bool allow;
	enum err e;

	if (!json_is(doc, JSON_OBJ) || !key_read(str_of(text), NODEKEY_PREFIX, &k))
		return req_fail(rq, ERR_BADREQ, "Bad Request: invalid JSON");
	e = admitted(rq, key_write(&k, NODEKEY_PREFIX, node_key), &allow);
	if (e != OK)
		return e;

	req_reply(rq, 200, "application/json");
	jw_init(&w, &rq->out);
	jw_obj(&w);
	jw_kbool(&w, "Allow", allow);
	jw_end_obj(&w);
	return OK;
}

const struct route route_verify = {
	.method = HTTP_POST,
	.path = "/verify",
	.auth = AUTH_PUBLIC,
	.txn = TXN_READ,
	.body_max = BODY_MAX,
	.handle = verify,
};
