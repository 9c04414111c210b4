/* handlers/control/control.c -- reading what a client's machine sends. */
#include "handlers/control/control.h"

#include "lib/base/clock.h"
#include "lib/crypto/key.h"

enum err
control_body(struct req *rq, jv **out)
{
	const char *why = NULL;
	struct str text = { (const char *)rq->body.p, rq->body.n };

	*out = json_parse(rq->arena, text, CONTROL_DEPTH_MAX, &why);
	if (*out == NULL)
		return req_fail(rq, ERR_BADREQ, "invalid JSON: %s", why ? why : "null");
	if (!json_is(*out, JSON_OBJ))
		return req_fail(rq, ERR_BADREQ, "the body must be a JSON object");
	return OK;
}

enum err
control_key(struct req *rq, jv *body, const char *name, const char *prefix,
    const char **out)
{
	const char *text = json_get_str(body, name, NULL);
	char norm[KEY_TEXT_SIZE];
	struct key32 k;

	*out = "";
	if (text == NULL && !json_wrong(body, name, JSON_STR))
		return OK;
	if (text == NULL || !key_read(str_of(text), prefix, &k))
		return req_fail(rq, ERR_BADREQ, "%s must be \"%s\" and 64 hex digits",
		    name, prefix);
	if (!key_is_zero(&k))
		*out = arena_strdup(rq->arena, key_write(&k, prefix, norm));
	return OK;
}

enum err
control_time(struct req *rq, jv *body, const char *name, int64_t *ms)
{
	const char *text = json_get_str(body, name, NULL);

	*ms = TIME_NONE;
	if (text == NULL && !json_wrong(body, name, JSON_STR))
		return OK;
	if (text == NULL || !rfc3339_read(str_of(text), ms))
		return req_fail(rq, ERR_BADREQ, "%s must be an RFC 3339 time", name);
	if (*ms < 0)	/* before 1970: the zero time */
		*ms = TIME_NONE;
	return OK;
}
