/*
 * lib/policy/tailnet.c -- a tailnet described in a file.
 *
 * Somebody wrote the file by hand or by a script, so every mistake is an error
 * with its line: a misspelt member that was passed over would be a preview of
 * another tailnet.  All that is wrong is reported together; the net is filled
 * only by a file without mistakes.
 */
#include "lib/policy/tailnet_impl.h"

#include <stdlib.h>
#include <string.h>

bool
tailnet_object(struct reader *r, const struct hj *v, const struct field *fields, const char *what)
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

const char *
tailnet_text(struct reader *r, const struct hj *o, const char *name)
{
	const struct hj *m = hujson_get(o, name);

	if (m == NULL || m->type != HJ_STRING)
		return "";
	if (strlen(m->text) > TAILNET_TEXT_MAX)
		bad(r, m->at, "\"%s\" has more than %u bytes", name, TAILNET_TEXT_MAX);
	return m->text;
}

const struct hj *
tailnet_list(struct reader *r, const struct hj *o, const char *name)
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

size_t
tailnet_texts(struct reader *r, const struct hj *o, const char *name, const char *const **out)
{
	const struct hj *list = tailnet_list(r, o, name);
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

bool
tailnet_id(struct reader *r, const struct hj *o, int64_t least, int64_t *id)
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

	if (!tailnet_object(r, v, fields, "user") || !tailnet_id(r, v, 0, &id))
		return;
	/* Only the names refer to users here, and 0 would be "tagged". */
	*u = (struct net_user){ .id = (int64_t)r->n_users + 1, .name = tailnet_text(r, v, "name"),
		.email = tailnet_text(r, v, "email"), .provider_id = "" };
	role = tailnet_text(r, v, "role");
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

const struct net_user *
tailnet_user(struct net_user *const *v, size_t n, const char *name)
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

/* ---- the whole ---- */

static void
read_settings(struct reader *r, const struct hj *v, struct tailnet *out)
{
	static const struct field fields[] = {
		{ "owner", HJ_STRING, false }, { "domains", HJ_ARRAY, false },
		{ "dns", HJ_OBJECT, false }, { "settings", HJ_OBJECT, false },
		{ NULL, HJ_NULL, false },
	};

	if (v == NULL || v->type != HJ_OBJECT || !tailnet_object(r, v, fields, "tailnet"))
		return;
	out->owner = tailnet_text(r, v, "owner");
	out->ctx.n_domains = tailnet_texts(r, v, "domains", &out->ctx.domains);
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

	if (!tailnet_object(r, root, fields, "the tailnet file"))
		return;
	users = hujson_get(root, "users");
	nodes = hujson_get(root, "nodes");
	if (users->type != HJ_ARRAY || nodes->type != HJ_OBJECT) {
		bad(r, root->at, "\"users\" and \"nodes\" cannot be null");
		return;
	}
	if ((sorted = read_users(r, users)) == NULL)
		return;
	tailnet_nodes(r, nodes, sorted);
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
