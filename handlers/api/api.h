/*
 * handlers/api/api.h -- what the endpoints of REST v1 share.
 *
 * Every function that can fail has made the error text when it returns: the
 * caller only passes the code up.
 */
#ifndef HANDLERS_API_API_H
#define HANDLERS_API_API_H

#include "lib/http/req.h"
#include "lib/json/json.h"
#include "lib/model/model.h"
#include "lib/store/store.h"

#define API_BODY_MAX (16 * 1024)	/* of a request without long lists */
#define API_LIST_BODY_MAX (256 * 1024)	/* of one with tags or routes */

/* A member that a request's body may have. */
struct api_field {
	const char *name;
	enum json_type_wanted type;
};

/*
 * Reads the body as an object with these members and no others; null counts
 * as absent.  'fields' ends with a NULL name.
 */
must_check enum err api_body(struct req *rq, const struct api_field *fields, jv **out);

/* The same, but without a body *out is NULL (which has no members). */
must_check enum err api_body_optional(struct req *rq,
    const struct api_field *fields, jv **out);

/* An id, which is a decimal number as text; 0 if the member is absent. */
must_check enum err api_get_id(struct req *rq, jv *body, const char *name, int64_t *out);

/* A time; TIME_NONE if absent or Go's zero time, which means "not set". */
must_check enum err api_get_time(struct req *rq, jv *body, const char *name, int64_t *out);

/* A list of tags, checked, sorted, without doubles, as it is stored; "[]" if absent. */
must_check enum err api_get_tags(struct req *rq, jv *body, const char *name,
    const char **out);

/* The node, user or key that is meant; ERR_NOTFOUND says which one is not there. */
must_check enum err api_node_of_path(struct req *rq, struct node *out);
must_check enum err api_user_by_id(struct req *rq, int64_t id, struct user *out);
must_check enum err api_user_by_name(struct req *rq, const char *name, struct user *out);

/*
 * Fails with ERR_CONFLICT if another node of the same machine belongs to this
 * user already (0: is tagged): a machine has at most one node per owner.
 */
must_check enum err api_owner_free(struct req *rq, const struct node *n, int64_t user_id);

/* Starts the answer 200 with a JSON object; api_reply_end() closes it. */
void api_reply(struct req *rq, struct jw *w);
void api_reply_end(struct jw *w);

/* The answer {}. */
void api_reply_empty(struct req *rq);

#endif
