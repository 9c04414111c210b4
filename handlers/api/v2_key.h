/* handlers/api/v2_key.h -- how keys look in REST v2, and which of them a caller may see. */
#ifndef HANDLERS_API_V2_KEY_H
#define HANDLERS_API_V2_KEY_H

#include "handlers/api/v2.h"

/* Three kinds of key are one kind of thing there; each has scopes of its own. */
enum key_kind { KEY_AUTH, KEY_API, KEY_CLIENT, KEY_KINDS };

struct v2_key {
	enum key_kind kind;
	struct authkey auth;
	struct apikey api;
	struct oauth_client client;
};

/* The scope to read keys of a kind, and to change them. */
enum scope v2_key_scope_read(enum key_kind kind);
enum scope v2_key_scope(enum key_kind kind);

/*
 * The key of the path; ERR_NOTFOUND if there is none, or none that the caller may
 * read: the two cannot be told apart.  To change it (change) the caller needs the
 * scope for that, too.
 */
must_check enum err v2_key_of_path(struct req *rq, bool change, struct v2_key *out);

/* The one value; 'secret' is the whole key right after it was made, else NULL. */
void v2_key_put(struct jw *w, const struct v2_key *k, int64_t now_ms, const char *secret);

/* The answer that is one key. */
void v2_key_reply(struct req *rq, const struct v2_key *k, const char *secret);

extern const struct api_object shape_v2_key;

#endif
