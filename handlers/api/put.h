/*
 * handlers/api/put.h -- how users, keys, nodes and logins look in REST v1.
 *
 * Every declared member is always there; ids are text, times RFC 3339, an
 * unset time is null, an empty list [].
 */
#ifndef HANDLERS_API_PUT_H
#define HANDLERS_API_PUT_H

#include "lib/http/req.h"
#include "lib/json/json.h"
#include "lib/model/model.h"

/* What nodes and keys refer to, both arrays by ascending id. */
struct put_refs {
	struct user *users;
	size_t n_users;
	struct authkey *keys;
	size_t n_keys;
};

/* Everything there is, for lists. */
must_check enum err put_refs_all(struct req *rq, struct put_refs *out);

/* All users, no keys. */
must_check enum err put_refs_users(struct req *rq, struct put_refs *out);

/* NULL if there is none, as for a tagged node. */
const struct user *put_refs_user(const struct put_refs *r, int64_t id);

/* An id as text. */
void put_id(struct jw *w, const char *name, int64_t id);

/* A time that may be none: null then. */
void put_time(struct jw *w, const char *name, int64_t ms);

/* "scopes": a stored list of names. */
void put_scopes(struct jw *w, const char *names);

/* One value each. */
void put_addresses(struct jw *w, const char *name, const struct node *n);
void put_user(struct jw *w, const struct user *u, const char *role);	/* NULL: neither role nor status is said */
void put_authkey(struct jw *w, const struct put_refs *refs,
    const struct authkey *k, const char *key_text);	/* NULL: masked */
void put_node(struct jw *w, struct req *rq, const struct put_refs *refs,
    const struct node *n);
void put_login(struct jw *w, struct req *rq, const struct login *l);
must_check enum err put_ssh_check(struct jw *w, struct req *rq, const struct ssh_check *c);
void put_waiting_node(struct jw *w, const struct put_refs *refs, const struct node *n);
void put_waiting_user(struct jw *w, const struct user *u);

/* Answers {"node": …} with the node as the database has it now. */
must_check enum err put_node_reply(struct req *rq, int64_t id);

#endif
