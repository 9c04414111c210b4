/* handlers/api/policy_put.h -- what the endpoints that set and show policies share. */
#ifndef HANDLERS_API_POLICY_PUT_H
#define HANDLERS_API_POLICY_PUT_H

#include "handlers/api/op.h"
#include "handlers/control/policy_set.h"
#include "lib/http/req.h"
#include "lib/json/json.h"

/* "policy", "version", "updatedAt": members of an open object. */
void put_policy_text(struct jw *w, const char *text, int64_t version, int64_t at_ms);

/* ETag: the version that a change expects to find. */
void policy_etag(struct req *rq, int64_t version);

/* What a change may have in its head, for the document. */
extern const struct api_field policy_set_headers[];

/* Everything of a change but its text: author, comment, expectVersion. */
must_check enum err policy_read_new(struct req *rq, jv *body, struct policy_new *out);

/* Sets it and answers with it, or says why not.  Outside a transaction. */
must_check enum err policy_set_reply(struct req *rq, const struct policy_new *p);

#endif
