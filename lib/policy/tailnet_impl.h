/*
 * lib/policy/tailnet_impl.h -- what the files that read a tailnet file share.
 */
#ifndef LIB_POLICY_TAILNET_IMPL_H
#define LIB_POLICY_TAILNET_IMPL_H

#include "lib/policy/tailnet.h"

/* The file while it is read. */
struct reader {
	struct arena *a;
	struct policy_errors *errs;
	struct net_user *users;
	size_t n_users;
	struct net_node *nodes;
	size_t n_nodes;
};

#define bad(r, place, ...) policy_error_add((r)->a, (r)->errs, (place), __VA_ARGS__)

struct field {
	const char *name;
	enum hj_type type;
	bool needed;
};

/* Is 'v' an object with these members only?  null counts as absent. */
bool tailnet_object(struct reader *r, const struct hj *v, const struct field *fields,
    const char *what);

/* Text of a member, "" if absent. */
const char *tailnet_text(struct reader *r, const struct hj *o, const char *name);

/* The member's list if it is one, of text, and not too long; else NULL. */
const struct hj *tailnet_list(struct reader *r, const struct hj *o, const char *name);

/* The same as an array; answers its length. */
size_t tailnet_texts(struct reader *r, const struct hj *o, const char *name,
    const char *const **out);

/* A member "id" of at least 'least'; *id stays if there is none. */
bool tailnet_id(struct reader *r, const struct hj *o, int64_t least, int64_t *id);

/* The user of this name in a sorted array, or NULL. */
const struct net_user *tailnet_user(struct net_user *const *v, size_t n, const char *name);

/* Reads all nodes; 'users' is sorted by name. */
void tailnet_nodes(struct reader *r, const struct hj *nodes, struct net_user *const *users);

#endif
