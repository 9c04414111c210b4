/*
 * handlers/api/api.h -- what the endpoints of REST v1 share.
 *
 * Every function that can fail has made the error text when it returns: the
 * caller only passes the code up.
 */
#ifndef HANDLERS_API_API_H
#define HANDLERS_API_API_H

#include "handlers/api/op.h"
#include "lib/http/req.h"
#include "lib/http/route.h"
#include "lib/json/json.h"
#include "lib/model/model.h"
#include "lib/store/store.h"

#define API_BODY_MAX (16 * 1024)	/* of a request without long lists */
#define API_LIST_BODY_MAX (256 * 1024)	/* of one with tags or routes */

/*
 * Reads the body as the row's op describes it (body.c): ERR_BADREQ if it is
 * missing or no JSON, ERR_MEDIA if its Content-Type is another, ERR_INVALID, with
 * the place, for a member that is unknown, missing, of another type or too long.
 * Where the op says that it may be missing, *out is NULL then, which has no
 * members.  Null counts as absent unless the field has API_NULL.
 */
must_check enum err api_body(struct req *rq, jv **out);

/* Does a value fit its field (length, words, form, range)?  Else ERR_INVALID, with the place. */
must_check enum err api_check_text(struct req *rq, const struct api_field *f, const char *at,
    const char *text);
must_check enum err api_check_number(struct req *rq, const struct api_field *f, const char *at,
    int64_t n);
enum err api_wrong_type(struct req *rq, enum api_type type, const char *at);

/* The id in a member that api_body() has checked; 0 if absent. */
int64_t api_get_id(jv *body, const char *name);

/* The time in such a member; TIME_NONE if absent or Go's zero time, which means "not set". */
int64_t api_get_time(jv *body, const char *name);

/* The number in ?name=, 0 if it is absent or empty. */
must_check enum err api_query_id(struct req *rq, const char *name, int64_t *out);

/* Is ?name=true (or 1) there?  Another word than true or false is an error. */
must_check enum err api_query_bool(struct req *rq, const char *name, bool *out);

/* Has 'id' the form of a login's id?  Else ERR_BADREQ, with the place. */
must_check enum err api_check_login_id(struct req *rq, const char *id, const char *at);

/* A list of tags, checked, sorted, without doubles, as it is stored; "[]" if absent. */
must_check enum err api_get_tags(struct req *rq, jv *body, const char *name,
    const char **out);

/* A list of names of scopes; ERR_BADREQ names the one that there is not.  Absent: none. */
must_check enum err api_get_scopes(struct req *rq, jv *body, const char *name,
    scope_set *out);

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
