/*
 * lib/netmap/node_json.h -- nodes and users as maps show them (tailcfg.Node, PeerChange, UserProfile).
 *
 * Pure: model structs in, JSON out.  Whatever stands in the database, what
 * comes out is decodable by every client; a value that is not gets left out.
 */
#ifndef LIB_NETMAP_NODE_JSON_H
#define LIB_NETMAP_NODE_JSON_H

#include <stdbool.h>

#include "lib/json/json.h"
#include "lib/model/model.h"
#include "lib/policy/attrs.h"

/* What a node is shown with besides its row. */
struct node_view {
	const char *base_domain;	/* "" if none */
	bool expired;			/* its key has run out */
	bool no_ipv4;			/* its IPv4 address is shown to nobody */
	struct str hostinfo;		/* as peers see it, if that is known already; else empty */
	const struct net_node *as;	/* the node to the policy: the routes that go to it; NULL: none */
};

/*
 * Where in the text of a peer that stands which not all viewers see alike, so
 * that a viewer's own can be put in its place: what is between the brackets of
 * Addresses and AllowedIPs, and the member PrimaryRoutes with its comma.
 */
struct node_marks {
	size_t addresses[2], allowed[2], primary[2];	/* from, to */
	size_t hostinfo[2];		/* its value, which may be used again */
};

/* Those parts as a viewer has them; what it sees of the routes is in 'routes'. */
void node_json_addresses(struct buf *out, const struct net_node *n, bool ipv4,
    const struct prefix *routes, size_t n_routes);
void node_json_primary(struct buf *out, const struct prefix *routes, size_t n_routes);

/* False for a row whose keys no client could decode; it must stay out of maps. */
bool node_showable(const struct node *n);

/* A node as its peers see it; 'marks' may be NULL. */
void node_json_peer(struct jw *w, struct arena *a, const struct node *n,
    const struct node_view *v, struct node_marks *marks);

/* A node as it sees itself, in the net 't', with v->as. */
void node_json_self(struct jw *w, struct arena *a, const struct node *n,
    const struct node_view *v, struct net *t, const struct attrs_base *base);

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
