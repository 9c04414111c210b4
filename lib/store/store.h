/*
 * lib/store/store.h -- everything that the rest of headrace asks of the database.
 *
 * One file per table implements it (user.c, node.c, authkey.c, …).  Reads fill
 * structs whose text lives in the arena passed before the output.  Lookups and
 * changes of a row that is not there answer ERR_NOTFOUND; a clash with a UNIQUE
 * column or a reference ERR_CONFLICT; a value that a CHECK refuses (JSON that is
 * none) ERR_BADREQ; a disk that is full, read-only or fails ERR_STORAGE; a lock
 * that is not given ERR_BUSY; a broken database ERR_INTERNAL.  db_errmsg() has the
 * text.  Functions that write are called inside db_begin_write().  NULL text is
 * stored as "" where the struct does not allow NULL, as "[]" or "{}" where it is
 * JSON.
 */
#ifndef LIB_STORE_STORE_H
#define LIB_STORE_STORE_H

#include "lib/model/model.h"
#include "lib/store/db.h"

/* ---- users (user.c) ---- */
must_check enum err store_user_create(struct db *db, const struct user *u, int64_t *id);
must_check enum err store_user_by_id(struct db *db, struct arena *a, int64_t id, struct user *out);
/* A local user by name; ERR_CONFLICT if only several others match. */
must_check enum err store_user_by_name(struct db *db, struct arena *a, const char *name, struct user *out);
/* All users by id; *out is an arena array of *n. */
must_check enum err store_users(struct db *db, struct arena *a, struct user **out, size_t *n);
must_check enum err store_user_rename(struct db *db, int64_t id, const char *name);
/* ERR_BADREQ if there is no such role. */
must_check enum err store_user_set_role(struct db *db, int64_t id, const char *role);
/* ERR_BADREQ if there is no such status; the devices of a user who is not active are suspended. */
must_check enum err store_user_set_status(struct db *db, int64_t id, const char *status);
/* Its auth keys go with it; ERR_CONFLICT while it has nodes. */
must_check enum err store_user_delete(struct db *db, int64_t id);
must_check enum err store_user_node_count(struct db *db, int64_t id, int64_t *n);
/* What the nodes say of their users: of those who have some, by ascending id; of one, who may have none. */
must_check enum err store_users_devices(struct db *db, struct arena *a, struct user_devices **out, size_t *n);
must_check enum err store_user_devices(struct db *db, int64_t id, struct user_devices *out);

/* ---- pre-auth keys (authkey.c) ---- */
must_check enum err store_authkey_create(struct db *db, const struct authkey *k, int64_t *id);
must_check enum err store_authkey_by_prefix(struct db *db, struct arena *a, struct str prefix, struct authkey *out);
must_check enum err store_authkey_by_id(struct db *db, struct arena *a, int64_t id, struct authkey *out);
must_check enum err store_authkeys(struct db *db, struct arena *a, struct authkey **out, size_t *n);
/* Marks a single-use key used; ERR_CONFLICT if it already was, or is gone (compare and set). */
must_check enum err store_authkey_consume(struct db *db, int64_t id);
/* A key that ran out before 'at_ms' keeps its own time. */
must_check enum err store_authkey_expire(struct db *db, int64_t id, int64_t at_ms);
/* It lets nobody in any more, but stays to be looked at; ERR_NOTFOUND if it was revoked before. */
must_check enum err store_authkey_revoke(struct db *db, int64_t id, int64_t at_ms);
/* Forgets those that were revoked before that. */
must_check enum err store_authkeys_prune(struct db *db, int64_t before_ms);
must_check enum err store_authkey_delete(struct db *db, int64_t id);

/* ---- API keys (apikey.c) ---- */
must_check enum err store_apikey_create(struct db *db, const struct apikey *k, int64_t *id);
must_check enum err store_apikey_by_prefix(struct db *db, struct arena *a, struct str prefix, struct apikey *out);
must_check enum err store_apikey_by_id(struct db *db, struct arena *a, int64_t id, struct apikey *out);
must_check enum err store_apikeys(struct db *db, struct arena *a, struct apikey **out, size_t *n);
/* A key that ran out before 'at_ms' keeps its own time. */
must_check enum err store_apikey_expire(struct db *db, int64_t id, int64_t at_ms);
must_check enum err store_apikey_delete(struct db *db, int64_t id);
/* Notes its last use; OK if the key is gone. */
must_check enum err store_apikey_used(struct db *db, int64_t id, int64_t at_ms);

/* ---- OAuth clients and their tokens (oauth.c) ---- */
must_check enum err store_oauth_client_create(struct db *db, const struct oauth_client *c);
must_check enum err store_oauth_client_by_id(struct db *db, struct arena *a, struct str id, struct oauth_client *out);
/* All, oldest first. */
must_check enum err store_oauth_clients(struct db *db, struct arena *a, struct oauth_client **out, size_t *n);
/* Writes description, scopes and tags; tokens with what it had before end. */
must_check enum err store_oauth_client_set(struct db *db, const struct oauth_client *c);
/* Its tokens end with it. */
must_check enum err store_oauth_client_delete(struct db *db, const char *id);
must_check enum err store_oauth_token_create(struct db *db, const struct oauth_token *t);
/* How many a client has, those that have run out and still wait for the tick included. */
must_check enum err store_oauth_token_count(struct db *db, const char *client_id, int64_t *n);
must_check enum err store_oauth_token_by_prefix(struct db *db, struct arena *a, struct str prefix, struct oauth_token *out);
/* Removes those that have run out. */
must_check enum err store_oauth_tokens_prune(struct db *db, int64_t now_ms);

/* ---- wrong keys (token_failure.c) ---- */

#define TOKEN_FAILURE_WINDOW_MS (60 * 1000)	/* a failure counts for so long */
#define TOKEN_FAILURE_ROWS_MAX 1000	/* addresses that are told apart */

/* How many failures this address has had within the window. */
must_check enum err store_token_failures(struct db *db, const char *address, int64_t now_ms, int64_t *n);
/*
 * Counts one more.  Once there are rows for so many addresses, further ones share
 * the row "other", which store_token_failures() asks for an address without a row.
 */
must_check enum err store_token_failure_note(struct db *db, const char *address, int64_t now_ms);
must_check enum err store_token_failures_prune(struct db *db, int64_t now_ms);

/* ---- nodes (node.c) ---- */
must_check enum err store_node_insert(struct db *db, const struct node *n, int64_t *id);
/* Writes all columns of node n->id that are not its identity. */
must_check enum err store_node_update(struct db *db, const struct node *n);
must_check enum err store_node_by_id(struct db *db, struct arena *a, int64_t id, struct node *out);
must_check enum err store_node_by_node_key(struct db *db, struct arena *a, const char *key, struct node *out);
must_check enum err store_node_by_name(struct db *db, struct arena *a, const char *name, struct node *out);
must_check enum err store_node_by_address(struct db *db, struct arena *a, const char *ip, struct node *out);
/* All nodes of one machine key, by id. */
must_check enum err store_nodes_by_machine(struct db *db, struct arena *a, const char *machine_key, struct node **out, size_t *n);
/*
 * All nodes by id; calls fn for each with text in 'a' (fn may reset 'a').  fn
 * may look up single rows; it must not list nodes or change any.
 */
must_check enum err store_nodes_each(struct db *db, struct arena *a, void (*fn)(void *arg, const struct node *n), void *arg);
/* The same with "{}" and "[]" for netinfo and endpoints, and for a Hostinfo that says nothing of ShieldsUp. */
must_check enum err store_nodes_each_brief(struct db *db, struct arena *a, void (*fn)(void *arg, const struct node *n), void *arg);
must_check enum err store_nodes(struct db *db, struct arena *a, struct node **out, size_t *n);
/* Those that wait for an administrator to authorize them, by id. */
must_check enum err store_nodes_waiting(struct db *db, struct arena *a, struct node **out, size_t *n);
/* Those that announce routes, by id. */
must_check enum err store_nodes_announcing(struct db *db, struct arena *a, struct node **out, size_t *n);
must_check enum err store_node_count(struct db *db, int64_t *n);
must_check enum err store_node_name_taken(struct db *db, const char *name, bool *taken);
must_check enum err store_node_rename(struct db *db, int64_t id, const char *name);
must_check enum err store_node_set_expiry(struct db *db, int64_t id, int64_t expiry_ms, bool expired);
must_check enum err store_node_set_tags(struct db *db, int64_t id, const char *tags_json);	/* clears the user */
must_check enum err store_node_set_user(struct db *db, int64_t id, int64_t user_id);		/* clears the tags */
must_check enum err store_node_set_approved(struct db *db, int64_t id, const char *routes_json);
/* True lets it in; false makes it wait for an administrator (again). */
must_check enum err store_node_set_authorized(struct db *db, int64_t id, bool authorized);
/* ERR_CONFLICT if another node has the address. */
must_check enum err store_node_set_address(struct db *db, int64_t id, const struct ip *ip);
/* Both addresses of a node; NULL is none. */
must_check enum err store_node_set_addresses(struct db *db, int64_t id, const char *ipv4, const char *ipv6);
must_check enum err store_node_delete(struct db *db, int64_t id);
must_check enum err store_nodes_delete_of_user(struct db *db, int64_t user_id, int64_t *n);
/* OK, and nothing is written, if that is known already or the node is gone. */
must_check enum err store_node_set_presence(struct db *db, int64_t id, bool online, int64_t at_ms);
/* Ids of nodes that the database believes online. */
must_check enum err store_nodes_online(struct db *db, struct arena *a, int64_t **ids, size_t *n);
/* Marks nodes whose expiry passed by 'now' as expired; *n says how many. */
must_check enum err store_nodes_mark_expired(struct db *db, int64_t now_ms, int64_t *n);
/* Deletes ephemeral nodes last seen at or before 'before_ms' and offline; *n says how many. */
must_check enum err store_nodes_reap_ephemeral(struct db *db, int64_t before_ms, int64_t *n);
/* The earliest time at which one of the two above has work; TIME_NONE if none. */
must_check enum err store_nodes_next_due(struct db *db, int64_t ephemeral_timeout_ms, int64_t *at_ms);
must_check enum err store_node_gone_by_key(struct db *db, struct arena *a, const char *node_key, struct node_gone *out);
must_check enum err store_node_gone_by_id(struct db *db, struct arena *a, int64_t id, struct node_gone *out);
must_check enum err store_nodes_gone_prune(struct db *db, int64_t before_ms);

/* ---- attributes of nodes (node_attribute.c) ---- */
/* Puts it in place of one of this name.  ERR_CONFLICT if there is no such node. */
must_check enum err store_node_attribute_put(struct db *db, const struct node_attribute *v, int64_t now_ms);
must_check enum err store_node_attribute_delete(struct db *db, int64_t node_id, const char *name);
/* Those of one node, by name. */
must_check enum err store_node_attributes(struct db *db, struct arena *a, int64_t node_id, struct node_attribute **out, size_t *n);
/* Removes those whose time has passed; *n says how many. */
must_check enum err store_node_attributes_expire(struct db *db, int64_t now_ms, int64_t *n);
/* When the next of them runs out; TIME_NONE if none does. */
must_check enum err store_node_attributes_next_due(struct db *db, int64_t *at_ms);

/* ---- routes (route.c) ---- */
/* The subnets that go to this node, of all that offer them; text in 'a'. */
must_check enum err store_routes_served(struct db *db, struct arena *a, int64_t node_id, const char ***out, size_t *n);

/* ---- addresses (address.c) ---- */
/*
 * A free address of the prefix: the oldest hole, else the next never given, or a
 * random one.  Skips network and broadcast address (but for a prefix of one or
 * two addresses), 100.100.100.100,
 * 100.115.92.0/23 and fd7a:115c:a1e0::53.  ERR_TOOBIG: the prefix is used up.
 * Holds until the transaction ends; the node's row then keeps it.
 */
must_check enum err store_address_take(struct db *db, const struct prefix *p, enum allocation how, struct ip *out);
/*
 * The same from a pool: 'n' ranges inside the prefix, ascending and
 * disjoint.  It takes no holes: its own way round comes to them.
 */
must_check enum err store_address_take_pool(struct db *db, const struct prefix *p,
    const struct iprange *v, size_t n, enum allocation how, struct ip *out);
/* Is 'ip' in the prefix and none of those that are skipped?  It may be taken. */
bool store_address_allowed(const struct prefix *p, const struct ip *ip);

/* ---- logins (login.c) ---- */
must_check enum err store_login_create(struct db *db, const struct login *l);
must_check enum err store_login_by_id(struct db *db, struct arena *a, const char *id, struct login *out);
must_check enum err store_logins(struct db *db, struct arena *a, struct login **out, size_t *n);
/* The waiting login of this machine and node key, so that a retry gets the same URL. */
must_check enum err store_login_waiting(struct db *db, struct arena *a, const char *machine_key, const char *node_key, struct login *out);
/* These two: ERR_CONFLICT if it does not wait any more. */
must_check enum err store_login_done(struct db *db, const char *id, int64_t node_id);
must_check enum err store_login_reject(struct db *db, const char *id);
must_check enum err store_logins_expire(struct db *db, int64_t now_ms, int64_t *n);
/* How many wait for an answer. */
must_check enum err store_login_count(struct db *db, int64_t *n);
/* Removes the oldest waiting login, to make room for another. */
must_check enum err store_login_drop_oldest(struct db *db);

/* ---- SSH checks (ssh_check.c) ---- */
must_check enum err store_ssh_check_create(struct db *db, const struct ssh_check *c);
must_check enum err store_ssh_check_by_id(struct db *db, struct arena *a, const char *id, struct ssh_check *out);
/* One that waits for the same: two nodes and a login; of several any. */
must_check enum err store_ssh_check_waiting(struct db *db, struct arena *a, int64_t src, int64_t dst,
    const char *local_user, struct ssh_check *out);
/* Has such a session been approved after 'since_ms'? */
must_check enum err store_ssh_check_passed(struct db *db, int64_t src, int64_t dst, const char *local_user, int64_t since_ms, bool *passed);
/* Those that wait, oldest first. */
must_check enum err store_ssh_checks(struct db *db, struct arena *a, struct ssh_check **out, size_t *n);
/* ERR_CONFLICT if it does not wait any more. */
must_check enum err store_ssh_check_decide(struct db *db, const char *id, bool approve, int64_t now_ms);
/* Rejects what has waited too long and removes what was decided long ago; *n says how many ran out. */
must_check enum err store_ssh_checks_expire(struct db *db, int64_t now_ms, int64_t *n);
must_check enum err store_ssh_check_count(struct db *db, int64_t *n);
/* Rejects the one that has waited longest, to make room for another. */
must_check enum err store_ssh_check_drop_oldest(struct db *db, int64_t now_ms);

/* ---- documents (document.c) ---- */
/* NULL content in *out if there is none. */
must_check enum err store_document(struct db *db, struct arena *a, const char *name, const char **out);
/* Stores it; unchanged content writes nothing. */
must_check enum err store_document_put(struct db *db, const char *name, const char *content, int64_t now_ms);

/* ---- settings (setting.c) ---- */
/* NULL in *json if it is not set. */
must_check enum err store_setting(struct db *db, struct arena *a, const char *name, const char **json);
/* All that are set, by name. */
must_check enum err store_settings(struct db *db, struct arena *a, struct setting **out, size_t *n);
/* ERR_BADREQ if the value is no JSON. */
must_check enum err store_setting_put(struct db *db, const char *name, const char *json, int64_t now_ms);
/* OK if it was not set. */
must_check enum err store_setting_delete(struct db *db, const char *name);

/* ---- how many of what (counts.c) ---- */
must_check enum err store_counts(struct db *db, int64_t now_ms, struct counts *out);

/* ---- policies (policy.c) ---- */
/* Adds a version; *id is its number.  ERR_BADREQ if the text is over 1 MiB. */
must_check enum err store_policy_add(struct db *db, const struct policy_version *p, int64_t *id);
must_check enum err store_policy_by_id(struct db *db, struct arena *a, int64_t id, struct policy_version *out);
/* The newest version before 'below' (INT64_MAX: of all); ERR_NOTFOUND if there is none. */
must_check enum err store_policy_newest(struct db *db, struct arena *a, int64_t below, struct policy_version *out);
/* The newest version's number; 0 if there is none. */
must_check enum err store_policy_last(struct db *db, int64_t *id);
/* The newest 'max' versions, newest first, without their text. */
must_check enum err store_policies(struct db *db, struct arena *a, size_t max, struct policy_version **out, size_t *n);

/* ---- the audit log (audit.c) ---- */
/* Which rows; "" or TIME_NONE or 0 for a part that does not matter. */
struct audit_filter {
	int64_t since_ms, until_ms;
	int64_t before_id;	/* older than this row: the next page */
	const char *actor;	/* id, name, user or kind */
	const char *target;	/* id, name or kind */
	const char *action;
	size_t max;
};
/* Newest first. */
must_check enum err store_audit(struct db *db, struct arena *a, const struct audit_filter *f, struct audit_row **out, size_t *n);
/* A refusal, noted at most once a minute for the same actor and action. */
must_check enum err store_audit_denied(struct db *db, const struct actor *who, const char *path, int64_t now_ms);
/* Forgets what is older, but nothing of the last 30 days. */
must_check enum err store_audit_prune(struct db *db, int64_t before_ms);

/* ---- webhooks (webhook.c) ---- */
#define WEBHOOK_WAITING_MAX 10000	/* events of one; beyond, the oldest go when sending fails */

must_check enum err store_webhook_create(struct db *db, const struct webhook *w, int64_t *id);
must_check enum err store_webhook_by_id(struct db *db, struct arena *a, int64_t id, struct webhook *out);
/* All, oldest first. */
must_check enum err store_webhooks(struct db *db, struct arena *a, struct webhook **out, size_t *n);
must_check enum err store_webhook_subscribe(struct db *db, int64_t id, const char *subscriptions, int64_t now_ms);
must_check enum err store_webhook_rotate(struct db *db, int64_t id, const char *secret, int64_t now_ms);
/* With what it has still to be told. */
must_check enum err store_webhook_delete(struct db *db, int64_t id);
/* An event to see whether it works, which does not wait for a pause to end. */
must_check enum err store_webhook_test(struct db *db, int64_t id, int64_t now_ms);
/* An event for each key that runs out by then and has none. */
must_check enum err store_webhooks_note_expiring(struct db *db, int64_t now_ms, int64_t until_ms);
/* Those that have events and need not wait. */
must_check enum err store_webhooks_due(struct db *db, struct arena *a, int64_t now_ms, size_t max, struct webhook **out, size_t *n);
/* When the next is due; TIME_NONE if nothing waits. */
must_check enum err store_webhooks_next(struct db *db, int64_t *due_ms);
/* Nobody else sends for it until then. */
must_check enum err store_webhook_claim(struct db *db, int64_t id, int64_t until_ms);
/* What it has to be told, oldest first. */
must_check enum err store_webhook_events(struct db *db, struct arena *a, int64_t webhook_id, size_t max,
    struct webhook_event **out, size_t *n);
/* It was told everything up to this event. */
must_check enum err store_webhook_sent(struct db *db, int64_t id, int64_t last_event);
struct webhook_failure {
	int64_t next_ms;	/* no new attempt before */
	int64_t drop_before_ms;	/* events older than this are given up: *dropped of them */
	const char *error;
};
must_check enum err store_webhook_failed(struct db *db, int64_t id, const struct webhook_failure *f, int64_t *dropped);

/* ---- changes (change.c) ---- */
must_check enum err store_change_last(struct db *db, int64_t *seq);
/*
 * Changes after 'seq' in order.  ERR_TOOBIG: there are more than 'max', rows
 * after 'seq' have been dropped already, or 'seq' is yet to come (the file was
 * put back from a copy); then only a full reload is right.
 */
must_check enum err store_changes_since(struct db *db, struct arena *a, int64_t seq, size_t max, struct change **out, size_t *n);
/*
 * Is there a change of that kind after 'seq'?  Yes also if that cannot be known
 * any more.  Costs a look at each change after 'seq', but no text.
 */
must_check enum err store_changes_have(struct db *db, int64_t seq, enum change_kind kind, bool *yes);
/* Drops rows older than that; the newest stays always. */
must_check enum err store_changes_prune(struct db *db, int64_t before_ms);
/* Notes by hand a change that only the node itself cares for. */
must_check enum err store_change_note(struct db *db, enum change_kind kind, int64_t id, const char *subject);

#endif
