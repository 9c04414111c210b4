/*
 * lib/netmap/node_json.h -- nodes and users as maps show them (tailcfg.Node, PeerChange, UserProfile).
 *
 * Pure: model structs in, JSON out.  Whatever stands in the database, what
 * comes out is decodable by every client; a value that is not gets left out.
 */
#ifndef LIB_NETMAP_NODE_JSON_H
#define LIB_NETMAP_NODE_JSON_H

#include <stdbool.h>

#include "lib/config/config.h"
#include "lib/json/json.h"
#include "lib/model/model.h"
#include "lib/netmap/routes.h"

/* What a node is shown with besides its row. */
struct node_view {
	const char *base_domain;	/* "" if none */
	struct routes serving;		/* prefixes that go to this node */
	bool expired;			/* its key has run out */
};

/* False for a row whose keys no client could decode; it must stay out of maps. */
bool node_showable(const struct node *n);

/* A node as its peers see it. */
void node_json_peer(struct jw *w, struct arena *a, const struct node *n,
    const struct node_view *v);

/* A node as it sees itself; cfg says which capabilities it has. */
void node_json_self(struct jw *w, struct arena *a, const struct node *n,
    const struct node_view *v, const struct config *cfg);

/*
 * What a deleted node is told of itself: its key ran out at 'at_ms', so that
 * its client asks to log in again.  'id' is its old id.
 */
void node_json_gone(struct jw *w, const struct node_gone *g, const char *base_domain);

/* Which fields a PeerChange holds. */
enum { PATCH_ENDPOINTS = 1, PATCH_DERP = 2, PATCH_ONLINE = 4, PATCH_EXPIRY = 8 };

void node_json_patch(struct jw *w, struct arena *a, const struct node *n, unsigned fields);

/* tailcfg.UserProfile; node_json_tagged_profile() is the pseudo user of tagged nodes. */
void node_json_profile(struct jw *w, const struct user *u);
void node_json_tagged_profile(struct jw *w);

/* What clients see as login and display name. */
const char *user_login_name(const struct user *u);
const char *user_shown_name(const struct user *u);

#endif
