/*
 * lib/policy/tailnet_node.c -- the nodes of a tailnet file, and which of them carries a route.
 */
#include "lib/policy/tailnet_impl.h"

#include <stdlib.h>
#include <string.h>

#include "lib/policy/posture.h"

static void
read_address(struct reader *r, const struct hj *v, const char *name, uint8_t family,
    struct ip *out)
{
	const struct hj *m = hujson_get(v, name);

	if (m == NULL || m->type != HJ_STRING || *m->text == '\0')
		return;
	if (!ip_read(str_of(m->text), out) || out->family != family)
		bad(r, m->at, "\"%s\" is no IPv%d address", m->text, family);
}

/* The prefixes of a member, without doubles. */
static size_t
prefixes_of(struct reader *r, const struct hj *o, const char *name, struct prefix **out)
{
	const struct hj *list = tailnet_list(r, o, name);
	struct prefix *v, p;
	size_t n = 0, i;

	*out = NULL;
	if (list == NULL)
		return 0;
	v = *out = arena_array(r->a, list->n, sizeof(*v));
	for (const struct hj *m = list->child; m != NULL; m = m->next) {
		if (!prefix_read(str_of(m->text), &p) || prefix_has_host_bits(&p)) {
			bad(r, m->at, "\"%s\" is no prefix%s", m->text,
			    strchr(m->text, '/') ? " (or has bits after its length)" : "");
			continue;
		}
		for (i = 0; i < n && !prefix_eq(&v[i], &p); i++)
			;
		if (i == n)
			v[n++] = p;
	}
	return n;
}

/* Routes in force: announced and approved. */
static void
read_routes(struct reader *r, const struct hj *v, struct net_node *n)
{
	struct prefix *announced, *approved, *both;
	size_t n_announced = prefixes_of(r, v, "routable_ips", &announced);
	size_t n_approved = prefixes_of(r, v, "approved_routes", &approved);

	both = arena_array(r->a, n_announced + 1, sizeof(*both));
	for (size_t i = 0; i < n_announced; i++)
		for (size_t k = 0; k < n_approved; k++)
			if (prefix_eq(&announced[i], &approved[k]))
				both[n->n_routes++] = announced[i];
	n->routes = both;
}

/* "attributes": {"custom:tier": "prod", "custom:score": 50} */
static void
read_custom(struct reader *r, const struct hj *o, struct net_posture *p)
{
	struct net_custom *v;

	if (o == NULL || o->type != HJ_OBJECT)
		return;
	if (o->n > TAILNET_LIST_MAX) {
		bad(r, o->at, "\"attributes\" has more than %u entries", TAILNET_LIST_MAX);
		return;
	}
	p->custom = v = arena_array(r->a, o->n + 1, sizeof(*v));
	for (const struct hj *m = o->child; m != NULL; m = m->next) {
		const char *value = m->type == HJ_BOOL ? (m->b ? "true" : "false") :
		    m->type == HJ_STRING || m->type == HJ_NUMBER ? m->text : NULL;

		if (!posture_custom_name(str_of(m->key)))
			bad(r, m->key_at, "\"%s\" is no custom attribute", m->key);
		else if (value == NULL || strlen(value) > TAILNET_TEXT_MAX)
			bad(r, m->at, "\"%s\" takes text, a number, true or false", m->key);
		else
			v[p->n_custom++] = (struct net_custom){ m->key, value };
	}
}

static void
read_posture(struct reader *r, const struct hj *v, struct net_posture *p)
{
	const struct hj *updates = hujson_get(v, "auto_update");
	const struct hj *sealed = hujson_get(v, "state_encrypted");

	p->os = tailnet_text(r, v, "os");
	p->os_version = tailnet_text(r, v, "os_version");
	p->ts_version = tailnet_text(r, v, "version");
	p->ts_track = tailnet_text(r, v, "release_track");
	p->ts_auto_update = updates != NULL && updates->b;
	p->ts_state_encrypted = sealed != NULL && sealed->b;
	read_custom(r, hujson_get(v, "attributes"), p);
}

/* Who a node belongs to: a user, or its tags. */
static void
read_owner(struct reader *r, const struct hj *v, struct net_user *const *users,
    struct net_node *n)
{
	const char *name = tailnet_text(r, v, "user");
	const struct net_user *u;

	n->n_tags = tailnet_texts(r, v, "tags", &n->tags);
	for (size_t i = 0; i < n->n_tags; i++)
		if (strncmp(n->tags[i], "tag:", 4) != 0 || n->tags[i][4] == '\0')
			bad(r, v->at, "node \"%s\": \"%s\" is no tag", n->name, n->tags[i]);
	if ((*name == '\0') == (n->n_tags == 0)) {
		bad(r, v->at, "node \"%s\" needs either a user or tags", n->name);
	} else if (*name != '\0') {
		if ((u = tailnet_user(users, r->n_users, name)) == NULL)
			bad(r, v->at, "node \"%s\": there is no user \"%s\"", n->name, name);
		else
			n->user_id = u->id;
	}
}

static void
read_node(struct reader *r, const struct hj *v, struct net_user *const *users)
{
	static const struct field fields[] = {
		{ "id", HJ_NUMBER, false }, { "hostname", HJ_STRING, false },
		{ "user", HJ_STRING, false }, { "tags", HJ_ARRAY, false },
		{ "ipv4", HJ_STRING, false }, { "ipv6", HJ_STRING, false },
		{ "routable_ips", HJ_ARRAY, false }, { "approved_routes", HJ_ARRAY, false },
		{ "os", HJ_STRING, false }, { "os_version", HJ_STRING, false },
		{ "version", HJ_STRING, false }, { "release_track", HJ_STRING, false },
		{ "auto_update", HJ_BOOL, false }, { "state_encrypted", HJ_BOOL, false },
		{ "attributes", HJ_OBJECT, false },
		{ NULL, HJ_NULL, false },
	};
	struct net_node *n = &r->nodes[r->n_nodes];

	if (*v->key == '\0' || strlen(v->key) > TAILNET_TEXT_MAX) {
		bad(r, v->key_at, "a node's name has 1 to %u bytes", TAILNET_TEXT_MAX);
		return;
	}
	*n = (struct net_node){ .id = (int64_t)r->n_nodes + 1, .name = v->key };
	r->n_nodes++;
	if (!tailnet_object(r, v, fields, arena_printf(r->a, "node \"%s\"", n->name)) ||
	    !tailnet_id(r, v, 1, &n->id))
		return;
	read_owner(r, v, users, n);
	read_address(r, v, "ipv4", 4, &n->ip4);
	read_address(r, v, "ipv6", 6, &n->ip6);
	read_routes(r, v, n);
	read_posture(r, v, &n->posture);
}

static int
by_id(const void *x, const void *y)
{
	const struct net_node *a = x, *b = y;

	return a->id < b->id ? -1 : a->id > b->id;
}

/* An address of a node, to find those that have the same. */
struct claim {
	struct ip ip;
	const struct net_node *node;
};

static int
by_address(const void *x, const void *y)
{
	const struct claim *a = x, *b = y;

	return ip_cmp(&a->ip, &b->ip);
}

/* No two nodes have the same id or address. */
static void
check_nodes(struct reader *r, const struct hj *nodes)
{
	struct claim *v = arena_array(r->a, 2 * r->n_nodes + 1, sizeof(*v));
	const struct net_node *node;
	size_t n = 0;

	for (size_t i = 0; i < r->n_nodes; i++) {
		node = &r->nodes[i];
		if (i > 0 && r->nodes[i - 1].id == node->id)
			bad(r, nodes->at, "nodes \"%s\" and \"%s\" have the same id",
			    r->nodes[i - 1].name, node->name);
		if (node->ip4.family != 0)
			v[n++] = (struct claim){ node->ip4, node };
		if (node->ip6.family != 0)
			v[n++] = (struct claim){ node->ip6, node };
	}
	qsort(v, n, sizeof(*v), by_address);
	for (size_t i = 1; i < n; i++)
		if (ip_eq(&v[i - 1].ip, &v[i].ip))
			bad(r, nodes->at, "nodes \"%s\" and \"%s\" have the same address",
			    v[i - 1].node->name, v[i].node->name);
}

/* ---- which node carries a route ---- */

struct offer {
	struct prefix route;
	struct net_node *node;
	struct prefix *primary;	/* the node's, with room for all its routes */
};

static int
by_route(const void *x, const void *y)
{
	const struct offer *a = x, *b = y;
	int d = prefix_cmp(&a->route, &b->route);

	return d != 0 ? d : by_id(a->node, b->node);
}

/* The lowest id has a subnet; each exit node is one for itself. */
static void
elect(struct reader *r)
{
	struct net_node *node;
	struct prefix *primary;
	struct offer *v;
	size_t n = 0, total = 0;

	for (size_t i = 0; i < r->n_nodes; i++)
		total += r->nodes[i].n_routes;
	v = arena_array(r->a, total + 1, sizeof(*v));
	for (size_t i = 0; i < r->n_nodes; i++) {
		node = &r->nodes[i];
		primary = arena_array(r->a, node->n_routes + 1, sizeof(*primary));
		node->primary = primary;
		for (size_t k = 0; k < node->n_routes; k++)
			v[n++] = (struct offer){ node->routes[k], node, primary };
	}
	qsort(v, n, sizeof(*v), by_route);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || prefix_is_default(&v[i].route) ||
		    !prefix_eq(&v[i - 1].route, &v[i].route))
			v[i].primary[v[i].node->n_primary++] = v[i].route;
}

void
tailnet_nodes(struct reader *r, const struct hj *nodes, struct net_user *const *users)
{
	if (nodes->n > TAILNET_NODES_MAX) {
		bad(r, nodes->at, "more than %u nodes", TAILNET_NODES_MAX);
		return;
	}
	r->nodes = arena_array(r->a, nodes->n + 1, sizeof(*r->nodes));
	for (const struct hj *v = nodes->child; v != NULL; v = v->next)
		read_node(r, v, users);
	qsort(r->nodes, r->n_nodes, sizeof(*r->nodes), by_id);
	check_nodes(r, nodes);
	elect(r);
}
