/*
 * handlers/control/enroll.c -- how a device becomes a node, or the node it was again.
 *
 * A client that loses our answer asks again with another node key and the same
 * machine key, so a single-use key that this very machine used on the node at
 * hand is taken again: registration is idempotent on (key, machine).
 */
#include "handlers/control/enroll.h"

#include <string.h>

#include "handlers/control/admission.h"
#include "handlers/control/approve_address.h"
#include "handlers/control/approve_net.h"
#include "handlers/control/approve_node.h"
#include "handlers/control/approve_tags.h"
#include "handlers/control/naming.h"
#include "handlers/control/setting.h"
#include "lib/netmap/tags.h"
#include "lib/store/store.h"

/* On whose behalf, as what. */
struct claim {
	int64_t user_id;	/* 0 if tagged */
	const char *tags;	/* "[]" if a user's */
	bool ephemeral;
	int64_t authkey_id;	/* 0: none */
	const char *method;
	bool approved;		/* a new device need not wait */
	bool suspended;		/* it is not admitted, as its user is not */
	struct net *net;	/* the policy; NULL if there is none */
};

/* The nodes of one machine key, sorted out. */
struct machine {
	const struct node *of_user;	/* of the user in question */
	const struct node *tagged;
	const struct node *other;	/* a user's, the last one seen */
	size_t n_users;			/* nodes owned by users */
};

static bool
is_tagged(const struct node *n)
{
	return n->user_id == 0;
}

static enum err
machine_nodes(struct req *rq, const char *machine_key, int64_t user_id,
    struct machine *m)
{
	struct node *v;
	size_t n;
	enum err e;

	*m = (struct machine){ 0 };
	e = store_nodes_by_machine(rq->db, rq->arena, machine_key, &v, &n);
	for (size_t i = 0; e == OK && i < n; i++) {
		if (is_tagged(&v[i])) {
			m->tagged = &v[i];
			continue;
		}
		m->n_users++;
		m->other = &v[i];
		if (v[i].user_id == user_id)
			m->of_user = &v[i];
	}
	return e;
}

static enum err
new_expiry(struct req *rq, const struct device *d, const struct claim *c, int64_t *out)
{
	int64_t life = 0;
	enum err e = OK;

	*out = TIME_NONE;
	if (c->user_id == 0)
		return OK;
	if (d->want_expiry_ms != TIME_NONE && d->want_expiry_ms > rq->now_ms)
		*out = d->want_expiry_ms;
	else if ((e = setting_key_life(rq, &life)) == OK && life > 0)
		*out = rq->now_ms + life;
	return e;
}

/* What the device says of itself, onto the row. */
static enum err
take_device(struct req *rq, const struct device *d, struct node *n)
{
	enum err e = naming_follow(rq, n, d->host.hostname);

	n->node_key = d->node_key;
	n->nl_key = d->nl_key;
	n->cap = d->cap;
	n->os = d->host.os;
	n->client_version = d->host.client_version;
	n->hostinfo = d->host.json;
	n->routes = d->host.routes;
	if (d->host.netinfo != NULL) {
		n->netinfo = d->host.netinfo;
		if (d->host.home_derp > 0)
			n->home_derp = d->host.home_derp;
	}
	n->last_seen_ms = rq->now_ms;
	/* Who approves a login may be elsewhere. */
	if (rq->origin == ORIGIN_CONTROL && rq->remote_addr[0] != '\0')
		n->client_address = rq->remote_addr;
	return e;
}

static enum err
update_node(struct req *rq, const struct device *d, const struct claim *c,
    const struct node *old, struct node *out)
{
	enum err e;

	*out = *old;
	if ((e = take_device(rq, d, out)) != OK)
		return e;
	out->user_id = c->user_id;
	out->tags = c->tags;
	out->ephemeral = c->ephemeral || d->ephemeral;
	out->authkey_id = c->authkey_id;
	out->register_method = c->method;
	out->suspended = c->suspended;	/* as a trigger writes it */
	out->expired = false;
	if ((e = new_expiry(rq, d, c, &out->expiry_ms)) != OK)
		return e;
	approve_node(rq, c->net, out);
	return store_node_update(rq->db, out);
}

static enum err
insert_node(struct req *rq, const struct device *d, const struct claim *c,
    const struct node *sibling, struct node *out)
{
	enum err e;

	*out = (struct node){
		.user_id = c->user_id, .tags = c->tags,
		.machine_key = d->machine_key, .disco_key = "", .client_address = "",
		.hostname = d->host.hostname,
		.netinfo = sibling ? sibling->netinfo : "{}",
		.home_derp = sibling ? sibling->home_derp : 0,
		.endpoints = "[]", .approved = "[]",
		.ephemeral = c->ephemeral || d->ephemeral,
		.authkey_id = c->authkey_id, .register_method = c->method,
		.suspended = c->suspended, .created_ms = rq->now_ms,
	};
	if ((e = admission_waits(rq, c->approved, &out->waits)) != OK ||
	    (e = naming_free(rq, d->host.hostname, NULL, &out->name)) != OK ||
	    (e = take_device(rq, d, out)) != OK ||
	    (e = new_expiry(rq, d, c, &out->expiry_ms)) != OK ||
	    (e = approve_addresses(rq, c->net, out)) != OK)
		return e;
	approve_node(rq, c->net, out);
	return store_node_insert(rq->db, out, &out->id);
}

/* Updates 'old' or, if there is none, makes a node. */
static enum err
enroll(struct req *rq, const struct device *d, const struct claim *c,
    const struct node *old, const struct node *sibling, struct node *out)
{
	if (d->holder_id != 0 && (old == NULL || d->holder_id != old->id))
		return req_fail(rq, ERR_CONFLICT, "node key already in use");
	return old != NULL ? update_node(rq, d, c, old, out) :
	    insert_node(rq, d, c, sibling, out);
}

/* ---- by pre-auth key ---- */

/* May the key admit a device now?  'old' is the node that it would renew. */
static enum err
key_check(struct req *rq, const struct authkey *k, const struct node *old, bool *consume)
{
	bool again = old != NULL && old->authkey_id == k->id &&
	    !node_key_expired(old, rq->now_ms);

	*consume = false;
	if (k->revoked_ms != TIME_NONE)
		return req_fail(rq, ERR_FORBIDDEN, "authkey revoked");
	if (k->expiry_ms != TIME_NONE && k->expiry_ms <= rq->now_ms)
		return req_fail(rq, ERR_FORBIDDEN, "authkey expired");
	if (k->reusable || (k->used && again))
		return OK;
	if (k->used)
		return req_fail(rq, ERR_FORBIDDEN, "authkey already used");
	*consume = true;
	return OK;
}

static enum err
key_consume(struct req *rq, const struct authkey *k)
{
	enum err e = store_authkey_consume(rq->db, k->id);

	if (e == ERR_CONFLICT)
		return req_fail(rq, ERR_FORBIDDEN, "authkey already used");
	return e;
}

/* Which node of the machine this key renews; NULL for a new one. */
static enum err
node_for_key(struct req *rq, const struct authkey *k, bool wants_tags,
    const struct machine *m, const struct node **out)
{
	const struct node *tagged_first = m->tagged ? m->tagged : m->of_user;

	if (strcmp(k->tags, "[]") == 0) {
		*out = wants_tags || m->of_user == NULL ? tagged_first : m->of_user;
		return OK;
	}
	*out = m->tagged ? m->tagged : m->other;
	if (m->tagged == NULL && m->n_users > 1)
		return req_fail(rq, ERR_FORBIDDEN, "this machine has several nodes of "
		    "different users; delete those that are not in use first");
	return OK;
}

/* The tags of the node as long as its key is good: they may own further ones. */
static const char *
present_tags(const struct req *rq, const struct node *old)
{
	return old != NULL && !node_key_expired(old, rq->now_ms) ? old->tags : "[]";
}

/*
 * Does the device ask for tags that it has not?  A known node that asks for less
 * keeps what an admin gave it; without a policy its wish counts for nothing.
 */
static bool
asks_for_tags(struct req *rq, const struct device *d, const struct claim *c,
    const struct node *old)
{
	if (old == NULL)
		return d->host.bad_tags || strcmp(d->host.request_tags, "[]") != 0;
	return c->net != NULL && !tags_within(rq->arena, d->host.request_tags, old->tags);
}

/* What is no tag at all is refused by whatever way the device comes. */
static enum err
check_tag_form(struct req *rq, const struct device *d)
{
	return !d->host.bad_tags ? OK : req_fail(rq, ERR_BADREQ, "requested tags are "
	    "invalid: a tag is \"tag:\" and lower-case letters, digits, '-', '_' or '.', "
	    "a letter first");
}

/* Gives the tags that the device asks for, beside those of its key. */
static enum err
claim_tags(struct req *rq, const struct device *d, const struct authkey *k,
    const struct node *old, struct claim *c)
{
	bool tagged = strcmp(k->tags, "[]") != 0;
	struct approve_tags ask = {
		.want = d->host.request_tags, .user_id = tagged ? 0 : k->user_id,
		.given = k->tags, .present = present_tags(rq, old),
	};
	enum err e;

	if ((e = check_tag_form(rq, d)) != OK ||
	    (e = approve_tags(rq, c->net, &ask, ERR_FORBIDDEN)) != OK)
		return e;
	c->user_id = 0;
	c->tags = tags_union(rq->arena, k->tags, d->host.request_tags);
	return OK;
}

/*
 * The node that asks again with the key it has: nothing but its news changes, and
 * its tags only when it authenticates anew, for which clients make another key.
 */
static enum err
refresh_node(struct req *rq, const struct device *d, const struct claim *c,
    const struct node *old, struct node *out)
{
	enum err e;

	*out = *old;
	if ((e = take_device(rq, d, out)) != OK)
		return e;
	approve_node(rq, c->net, out);
	return store_node_update(rq->db, out);
}

static bool
is_refresh(const struct req *rq, const struct device *d, const struct claim *c,
    const struct node *old)
{
	return old != NULL && strcmp(old->node_key, d->node_key) == 0 &&
	    !node_key_expired(old, rq->now_ms) && is_tagged(old) == (c->user_id == 0);
}

static struct claim
claim_of_key(const struct authkey *k, const struct node *old, struct net *net)
{
	bool tagged = strcmp(k->tags, "[]") != 0;
	bool keeps_tags = !tagged && old != NULL && is_tagged(old);

	return (struct claim){
		.user_id = tagged || keeps_tags ? 0 : k->user_id,
		.tags = keeps_tags ? old->tags : k->tags,
		.ephemeral = k->ephemeral,
		.authkey_id = k->id,
		.method = "authkey",
		.approved = k->preauthorized,
		.net = net,
	};
}

/* May the key's user bring it, as what has been claimed? */
static enum err
check_user(struct req *rq, int64_t user_id, const struct node *old, enum err refusal,
    struct claim *c)
{
	struct admission a = { .user_id = user_id, .owner_id = c->user_id, .old = old };

	return admission_check(rq, &a, refusal, &c->suspended);
}

enum err
enroll_authkey(struct req *rq, const struct device *d, const struct authkey *k,
    struct node *out)
{
	const struct node *old;
	struct machine m;
	struct claim c;
	struct net *net;
	bool consume;
	enum err e;

	if ((e = approve_net(rq, k->user_id, &net)) != OK ||
	    (e = machine_nodes(rq, d->machine_key, k->user_id, &m)) != OK ||
	    (e = node_for_key(rq, k, net && strcmp(d->host.request_tags, "[]") != 0,
	    &m, &old)) != OK)
		return e;
	c = claim_of_key(k, old, net);
	if (is_refresh(rq, d, &c, old))
		return refresh_node(rq, d, &c, old, out);
	if ((e = key_check(rq, k, old, &consume)) != OK ||
	    (asks_for_tags(rq, d, &c, old) && (e = claim_tags(rq, d, k, old, &c)) != OK) ||
	    (e = check_user(rq, k->user_id, old, ERR_FORBIDDEN, &c)) != OK ||
	    (consume && (e = key_consume(rq, k)) != OK))
		return e;
	return enroll(rq, d, &c, old, m.other, out);
}

/* ---- by a completed login ---- */

static enum err
device_of_login(struct req *rq, const struct login *l, struct device *d)
{
	jv *host = json_parse(rq->arena, str_of(l->hostinfo), JSON_DEPTH_DEFAULT, NULL);
	struct node holder;
	enum err e = store_node_by_node_key(rq->db, rq->arena, l->node_key, &holder);

	*d = (struct device){
		.machine_key = l->machine_key, .node_key = l->node_key,
		.holder_id = e == OK ? holder.id : 0,
		.nl_key = l->nl_key, .cap = l->cap, .ephemeral = l->ephemeral,
		.want_expiry_ms = l->want_expiry_ms,
	};
	if (e != OK && e != ERR_NOTFOUND)
		return e;
	return hostinfo_read(rq->arena, host, &d->host);
}

/* Which node of the machine a login of this user renews; NULL for a new one. */
static enum err
node_for_login(struct req *rq, const struct machine *m, const struct node **out)
{
	*out = m->of_user ? m->of_user : m->tagged;
	if (m->tagged != NULL && m->of_user != NULL)
		return req_fail(rq, ERR_CONFLICT, "this machine has a tagged node (%s) and "
		    "one of this user (%s); delete one of them first",
		    m->tagged->name, m->of_user->name);
	return OK;
}

/* What it asks for is what it gets; without a wish the node is the user's. */
static enum err
claim_login(struct req *rq, const struct device *d, const struct user *u,
    const struct node *old, struct claim *c)
{
	struct approve_tags ask = {
		.want = d->host.request_tags, .user_id = u->id,
		.given = "[]", .present = present_tags(rq, old),
	};
	enum err e = approve_tags(rq, c->net, &ask, ERR_BADREQ);

	c->tags = d->host.request_tags;
	c->user_id = strcmp(c->tags, "[]") == 0 ? u->id : 0;
	return e;
}

/* Who completes the login is the one for whom a device would wait. */
static enum err
authorize(struct req *rq, struct node *n)
{
	if (!n->waits)
		return OK;
	n->waits = false;
	return store_node_set_authorized(rq->db, n->id, true);
}

enum err
enroll_login(struct req *rq, const struct login *l, const struct user *u,
    struct node *out)
{
	struct claim c = { .method = "cli", .approved = true };
	const struct node *old;
	struct machine m;
	struct device d;
	enum err e;

	if ((e = approve_net(rq, u->id, &c.net)) != OK ||
	    (e = device_of_login(rq, l, &d)) != OK ||
	    (e = check_tag_form(rq, &d)) != OK ||
	    (e = machine_nodes(rq, d.machine_key, u->id, &m)) != OK ||
	    (e = node_for_login(rq, &m, &old)) != OK ||
	    (e = claim_login(rq, &d, u, old, &c)) != OK ||
	    (e = check_user(rq, u->id, old, ERR_BADREQ, &c)) != OK ||
	    (e = enroll(rq, &d, &c, old, m.other, out)) != OK ||
	    (e = authorize(rq, out)) != OK)
		return e;
	return store_login_done(rq->db, l->id, out->id);
}
