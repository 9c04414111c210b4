/*
 * lib/policy/tailnet.c -- a tailnet described in a file.
 *
 * Somebody wrote the file by hand or by a script, so every mistake is an error
 * with its line: a misspelt member that was passed over would be a preview of
 * another tailnet.  All that is wrong is reported together; the net is filled
 * only by a file without mistakes.
 */
#include "lib/policy/tailnet.h"

#include <stdlib.h>
#include <string.h>

#include "lib/policy/posture.h"

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
static bool
object_ok(struct reader *r, const struct hj *v, const struct field *fields, const char *what)
{
	size_t before = r->errs->n;
	const struct field *f;

	if (v->type != HJ_OBJECT) {
		bad(r, v->at, "%s is no object", what);
		return false;
	}
	for (const struct hj *m = v->child; m != NULL; m = m->next) {
		for (f = fields; f->name != NULL && strcmp(f->name, m->key) != 0; f++)
			;
		if (f->name == NULL)
			bad(r, m->key_at, "%s: unknown member \"%s\"", what, m->key);
		else if (m->type != f->type && m->type != HJ_NULL)
			bad(r, m->at, "%s: \"%s\" is of the wrong type", what, m->key);
	}
	for (f = fields; f->name != NULL; f++)
		if (f->needed && hujson_get(v, f->name) == NULL)
			bad(r, v->at, "%s: \"%s\" is missing", what, f->name);
	return r->errs->n == before;
}

/* Text of a member, "" if absent. */
static const char *
text_of(struct reader *r, const struct hj *o, const char *name)
{
	const struct hj *m = hujson_get(o, name);

	if (m == NULL || m->type != HJ_STRING)
		return "";
	if (strlen(m->text) > TAILNET_TEXT_MAX)
		bad(r, m->at, "\"%s\" has more than %u bytes", name, TAILNET_TEXT_MAX);
	return m->text;
}

/* The member's list if it is one, of text, and not too long; else NULL. */
static const struct hj *
list_of(struct reader *r, const struct hj *o, const char *name)
{
	const struct hj *list = hujson_get(o, name);

	if (list == NULL || list->type != HJ_ARRAY)
		return NULL;
	if (list->n > TAILNET_LIST_MAX) {
		bad(r, list->at, "\"%s\" has more than %u entries", name, TAILNET_LIST_MAX);
		return NULL;
	}
	for (const struct hj *v = list->child; v != NULL; v = v->next)
		if (v->type != HJ_STRING || strlen(v->text) > TAILNET_TEXT_MAX) {
			bad(r, v->at, "\"%s\" takes text of at most %u bytes", name,
			    TAILNET_TEXT_MAX);
			return NULL;
		}
	return list;
}

static size_t
texts_of(struct reader *r, const struct hj *o, const char *name, const char *const **out)
{
	const struct hj *list = list_of(r, o, name);
	const char **v;
	size_t n = 0;

	if (list == NULL)
		return 0;
	v = arena_array(r->a, list->n, sizeof(*v));
	for (const struct hj *m = list->child; m != NULL; m = m->next)
		v[n++] = m->text;
	*out = v;
	return n;
}

static bool
id_of(struct reader *r, const struct hj *o, int64_t least, int64_t *id)
{
	const struct hj *m = hujson_get(o, "id");

	if (m == NULL || m->type != HJ_NUMBER)
		return true;
	if (str_i64(str_of(m->text), id) && *id >= least)
		return true;
	bad(r, m->at, "the id \"%s\" is no positive integer", m->text);
	return false;
}

/* ---- users ---- */

static void
read_user(struct reader *r, const struct hj *v)
{
	static const struct field fields[] = {
		{ "id", HJ_NUMBER, false }, { "name", HJ_STRING, true },
		{ "email", HJ_STRING, false }, { "role", HJ_STRING, false },
		{ NULL, HJ_NULL, false },
	};
	struct net_user *u = &r->users[r->n_users];
	const char *role;
	int64_t id = 0;

	if (!object_ok(r, v, fields, "user") || !id_of(r, v, 0, &id))
		return;
	/* Only the names refer to users here, and 0 would be "tagged". */
	*u = (struct net_user){ .id = (int64_t)r->n_users + 1, .name = text_of(r, v, "name"),
		.email = text_of(r, v, "email"), .provider_id = "" };
	role = text_of(r, v, "role");
	if (*u->name == '\0')
		bad(r, v->at, "a user without a name");
	else if (*role != '\0' && !role_read(role, &u->role))
		bad(r, v->at, "user \"%s\": there is no role \"%s\"", u->name, role);
	r->n_users++;
}

static int
by_user_name(const void *x, const void *y)
{
	const struct net_user *const *a = x, *const *b = y;

	return strcmp((*a)->name, (*b)->name);
}

/* The users by name; 'v' has r->n_users entries. */
static struct net_user **
sort_users(struct reader *r)
{
	struct net_user **v = arena_array(r->a, r->n_users + 1, sizeof(*v));

	for (size_t i = 0; i < r->n_users; i++)
		v[i] = &r->users[i];
	qsort(v, r->n_users, sizeof(*v), by_user_name);
	return v;
}

static const struct net_user *
find_user(struct net_user *const *v, size_t n, const char *name)
{
	struct net_user key = { .name = name };
	const struct net_user *k = &key;
	struct net_user *const *found = bsearch(&k, v, n, sizeof(*v), by_user_name);

	return found != NULL ? *found : NULL;
}

static struct net_user **
read_users(struct reader *r, const struct hj *list)
{
	struct net_user **sorted;

	if (list->n > TAILNET_USERS_MAX) {
		bad(r, list->at, "more than %u users", TAILNET_USERS_MAX);
		return NULL;
	}
	r->users = arena_array(r->a, list->n + 1, sizeof(*r->users));
	for (const struct hj *v = list->child; v != NULL; v = v->next)
		read_user(r, v);
	sorted = sort_users(r);
	for (size_t i = 1; i < r->n_users; i++)
		if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0)
			bad(r, list->at, "two users are called \"%s\"", sorted[i]->name);
	return sorted;
}

/* The owner, by e-mail address or name; an address means the user of its local part, too. */
static void
mark_owner(struct reader *r, const struct hj *tailnet, const char *owner)
{
	size_t local = strcspn(owner, "@");
	struct net_user *u, *found = NULL;

	if (*owner == '\0')
		return;
	for (u = r->users; u < r->users + r->n_users; u++)
		if (strcmp(u->email, owner) == 0 || strcmp(u->name, owner) == 0)
			found = u;
	for (u = r->users; found == NULL && u < r->users + r->n_users; u++)
		if (*u->email == '\0' && strlen(u->name) == local &&
		    strncmp(u->name, owner, local) == 0)
			found = u;
	if (found == NULL)
		bad(r, tailnet->at, "no user is the owner \"%s\"", owner);
	else
		found->role = ROLE_OWNER;
}

/* ---- nodes ---- */

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
	const struct hj *list = list_of(r, o, name);
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

	p->os = text_of(r, v, "os");
	p->os_version = text_of(r, v, "os_version");
	p->ts_version = text_of(r, v, "version");
	p->ts_track = text_of(r, v, "release_track");
	p->ts_auto_update = updates != NULL && updates->b;
	p->ts_state_encrypted = sealed != NULL && sealed->b;
	read_custom(r, hujson_get(v, "attributes"), p);
}

/* Who a node belongs to: a user, or its tags. */
static void
read_owner(struct reader *r, const struct hj *v, struct net_user *const *users,
    struct net_node *n)
{
	const char *name = text_of(r, v, "user");
	const struct net_user *u;

	n->n_tags = texts_of(r, v, "tags", &n->tags);
	for (size_t i = 0; i < n->n_tags; i++)
		if (strncmp(n->tags[i], "tag:", 4) != 0 || n->tags[i][4] == '\0')
			bad(r, v->at, "node \"%s\": \"%s\" is no tag", n->name, n->tags[i]);
	if ((*name == '\0') == (n->n_tags == 0)) {
		bad(r, v->at, "node \"%s\" needs either a user or tags", n->name);
	} else if (*name != '\0') {
		if ((u = find_user(users, r->n_users, name)) == NULL)
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
	if (!object_ok(r, v, fields, arena_printf(r->a, "node \"%s\"", n->name)) ||
	    !id_of(r, v, 1, &n->id))
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

static void
read_nodes(struct reader *r, const struct hj *nodes, struct net_user *const *users)
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

/* ---- the whole ---- */

static void
read_settings(struct reader *r, const struct hj *v, struct tailnet *out)
{
	static const struct field fields[] = {
		{ "owner", HJ_STRING, false }, { "domains", HJ_ARRAY, false },
		{ "dns", HJ_OBJECT, false }, { "settings", HJ_OBJECT, false },
		{ NULL, HJ_NULL, false },
	};

	if (v == NULL || v->type != HJ_OBJECT || !object_ok(r, v, fields, "tailnet"))
		return;
	out->owner = text_of(r, v, "owner");
	out->ctx.n_domains = texts_of(r, v, "domains", &out->ctx.domains);
	mark_owner(r, v, out->owner);
}

static void
read_root(struct reader *r, const struct hj *root, struct tailnet *out)
{
	static const struct field fields[] = {
		{ "users", HJ_ARRAY, true }, { "nodes", HJ_OBJECT, true },
		{ "tailnet", HJ_OBJECT, false }, { NULL, HJ_NULL, false },
	};
	const struct hj *users, *nodes;
	struct net_user **sorted;

	if (!object_ok(r, root, fields, "the tailnet file"))
		return;
	users = hujson_get(root, "users");
	nodes = hujson_get(root, "nodes");
	if (users->type != HJ_ARRAY || nodes->type != HJ_OBJECT) {
		bad(r, root->at, "\"users\" and \"nodes\" cannot be null");
		return;
	}
	if ((sorted = read_users(r, users)) == NULL)
		return;
	read_nodes(r, nodes, sorted);
	read_settings(r, hujson_get(root, "tailnet"), out);
}

bool
tailnet_read(struct arena *a, struct str text, struct net *t, struct tailnet *out,
    struct policy_errors *errs)
{
	struct reader r = { .a = a, .errs = errs };
	struct place at = { 0, 0 };
	const char *why = NULL;
	struct hj *root;

	*out = (struct tailnet){ .owner = "" };
	if (text.n > TAILNET_BYTES_MAX) {
		bad(&r, at, "the tailnet file has more than %zu bytes", TAILNET_BYTES_MAX);
		return false;
	}
	if ((root = hujson_parse(a, text, &at, &why)) == NULL) {
		bad(&r, at, "%s", at.line > 0 && why != NULL ? why : "the file is empty");
		return false;
	}
	read_root(&r, root, out);
	if (errs->n > 0)
		return false;
	net_set_users(t, r.users, r.n_users);
	for (size_t i = 0; i < r.n_nodes; i++)
		net_set_node(t, &r.nodes[i]);
	return true;
}
