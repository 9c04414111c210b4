/*
 * handlers/web/key.c -- GET /key?v=N: the server's Noise key.
 *
 * Clients ask before every login attempt, so the file is read once per process.
 * legacyPublicKey is all zeros, as headscale sends it: the protocol that it
 * belonged to is gone, and clients older than CAP_NOISE get an empty body.
 */
#include <errno.h>
#include <string.h>

#include "handlers/routes.h"
#include "lib/config/config.h"
#include "lib/crypto/key.h"
#include "lib/json/json.h"

#define CAP_NOISE 39

/* The public key of this process, "" until the first request. */
static char server_key[KEY_TEXT_SIZE];

static enum err
load_key(struct req *rq)
{
	struct key32 priv, pub;
	enum err e = key_file_load(rq->cfg->noise_key_path, &priv);

	if (e != OK)
		return req_fail(rq, ERR_INTERNAL, "cannot read the Noise key %s: %s",
		    rq->cfg->noise_key_path,
		    e == ERR_BADREQ ? "it is not a private key" : strerror(errno));
	key_public(&priv, &pub);
	key_wipe(&priv);
	(void)key_write(&pub, MKEY_PREFIX, server_key);
	return OK;
}

static void
put_keys(struct req *rq)
{
	const struct key32 none = { { 0 } };
	char legacy[KEY_TEXT_SIZE];
	struct jw w;

	jw_init(&w, &rq->out);
	jw_obj(&w);
	jw_kstr(&w, "legacyPublicKey", key_write(&none, MKEY_PREFIX, legacy));
	jw_kstr(&w, "publicKey", server_key);
	jw_end_obj(&w);
}

static enum err
key(struct req *rq)
{
	const char *v = req_query(rq, "v");
	int64_t cap;
	enum err e;

	if (v == NULL || *v == '\0')
		return req_fail(rq, ERR_BADREQ, "capability version must be set");
	if (!str_i64(str_of(v), &cap))
		return req_fail(rq, ERR_BADREQ, "invalid capability version");
	if (server_key[0] == '\0' && (e = load_key(rq)) != OK)
		return e;

	req_reply(rq, 200, "application/json");
	if (cap >= CAP_NOISE)
		put_keys(rq);
	return OK;
}

const struct route route_key = {
	.method = HTTP_GET,
	.path = "/key",
	.auth = AUTH_PUBLIC,
	.txn = TXN_NONE,
	.handle = key,
};
