/*
 * lib/model/model.h -- the things that a tailnet is made of, as plain structs.
 *
 * They mirror the rows of schema/; text is NUL-terminated UTF-8 in the arena
 * that the reader passed, never NULL unless said so.  Times are Unix
 * milliseconds; TIME_NONE stands for SQL NULL ("never").  Keys are kept in
 * their text form ("nodekey:…"), as the database and the JSON have them.
 */
#ifndef LIB_MODEL_MODEL_H
#define LIB_MODEL_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#define TIME_NONE INT64_MIN

/* The pseudo user that owns tagged nodes in what clients see. */
#define TAGGED_USER_ID 2147455555
#define TAGGED_USER_NAME "tagged-devices"
#define TAGGED_USER_DISPLAY "Tagged Devices"

struct user {			/* users */
	int64_t id;
	const char *name, *display_name, *email;
	const char *provider;	/* "" or "oidc" */
	const char *provider_id;	/* NULL if none */
	const char *picture_url;
	const char *role;	/* "member", "admin" …: names of enum role; NULL is written as "member" */
	const char *status;	/* "active", "suspended", "needs-approval"; NULL is written as a
				   new user of this provider begins */
	int64_t created_ms;
};

struct policy_version {		/* policies */
	int64_t id;		/* the version */
	const char *text;	/* HuJSON; NULL in lists */
	int64_t bytes;		/* of the text */
	const char *author;	/* for people; "" if not known */
	const char *source;	/* "cli", "api", "file", "shell" */
	const char *comment;
	int64_t rollback_of;	/* the version that was put back; 0: none */
	int64_t created_ms;
};

struct authkey {		/* authkeys */
	int64_t id;
	int64_t user_id;	/* 0 if the key belongs to nobody, only to tags */
	const char *prefix;	/* 12 hex digits */
	const char *hash;
	const char *description;
	const char *tags;	/* JSON array of text */
	bool reusable, ephemeral, used;
	bool preauthorized;	/* a device that joins with it need not wait */
	int64_t created_ms;
	int64_t expiry_ms;	/* TIME_NONE: never */
	int64_t revoked_ms;	/* TIME_NONE: not revoked */
};

struct apikey {			/* apikeys */
	int64_t id;
	int64_t user_id;	/* 0 if it is nobody's */
	const char *prefix;	/* 12 hex digits */
	const char *hash;
	const char *description;
	const char *scopes;	/* as lib/access/scope.h reads them */
	int64_t created_ms;
	int64_t expiry_ms;	/* TIME_NONE: never */
	int64_t last_used_ms;	/* to the minute; TIME_NONE: never */
};

struct oauth_client {		/* oauth_clients */
	const char *id;		/* 12 hex digits, the public part of its secret */
	int64_t user_id;	/* who made it; 0: nobody's key */
	const char *hash;
	const char *description;
	const char *scopes;
	const char *tags;	/* JSON array of text; NULL is written as "[]" */
	int64_t created_ms;
};

struct oauth_token {		/* oauth_tokens */
	const char *prefix;	/* 12 hex digits */
	const char *client_id;
	const char *hash;
	const char *scopes;
	const char *tags;	/* JSON array of text; NULL is written as "[]" */
	int64_t created_ms, expiry_ms;
};

struct node {			/* nodes */
	int64_t id;
	int64_t user_id;	/* 0 for a tagged node */
	const char *machine_key, *node_key;
	const char *disco_key;	/* "" until the first map request */
	const char *nl_key;	/* "" if none */
	const char *name;	/* DNS label */
	const char *hostname, *os, *client_version;
	int64_t cap;
	const char *ipv4, *ipv6;	/* NULL if none of that family */
	const char *tags;	/* JSON array, sorted; "[]" for a user's node */
	const char *hostinfo;	/* JSON object, without NetInfo */
	const char *netinfo;	/* JSON object */
	const char *endpoints;	/* JSON array of "ip:port" */
	int64_t home_derp;
	const char *routes;	/* JSON array of prefixes: announced */
	const char *approved;	/* JSON array of prefixes: allowed by an admin */
	bool ephemeral;
	int64_t authkey_id;	/* 0 if none (any more) */
	const char *register_method;	/* "authkey", "cli", "oidc" */
	bool online, expired;
	bool waits;		/* for an administrator to authorize it */
	bool suspended;		/* its user is not active; written by trigger */
	const char *client_address;	/* where it last connected from; "" if unknown */
	int64_t created_ms, last_seen_ms;
	int64_t expiry_ms;	/* TIME_NONE: never */
};

struct node_attribute {		/* node_attributes */
	int64_t node_id;
	const char *name;	/* "custom:tier" */
	const char *value;	/* JSON: text, a number, true or false */
	const char *comment;
	int64_t expiry_ms;	/* TIME_NONE: never */
};

struct setting {		/* settings */
	const char *name;	/* as handlers/control/setting.c lists them */
	const char *value;	/* JSON */
	int64_t updated_ms;
};

struct user_devices {		/* what the nodes say of their user */
	int64_t user_id;
	int64_t count;
	int64_t last_seen_ms;
	bool online;
};

struct node_gone {		/* nodes_gone */
	int64_t id;
	const char *node_key, *machine_key, *name;
	const char *ipv4, *ipv6;	/* NULL if none */
	int64_t gone_ms;
};

struct login {			/* logins */
	const char *id;		/* hskey-authreq-<24> */
	const char *machine_key, *node_key, *old_node_key, *nl_key;
	int64_t cap;
	const char *hostinfo;	/* JSON as sent */
	bool ephemeral;
	int64_t want_expiry_ms;	/* TIME_NONE: no wish */
	const char *state;	/* "waiting", "done", "rejected" */
	int64_t node_id;	/* 0 until done */
	int64_t created_ms, expiry_ms;
};

struct audit_row {		/* audit_log */
	int64_t id, at_ms;
	const char *actor_kind;	/* "key", "token", "cli", "node", "server", "shell" */
	const char *actor_id, *actor, *user, *address;
	const char *action, *outcome;	/* "done" or "denied" */
	const char *target_kind, *target_id, *target;
	const char *before, *after;	/* JSON objects: what differs */
};

struct webhook {		/* webhooks */
	int64_t id;
	const char *url;	/* its path may be a secret */
	const char *provider;	/* "", "slack", "mattermost", "googlechat", "discord" */
	const char *subscriptions;	/* JSON array of types of events */
	const char *secret, *creator;
	int64_t created_ms, updated_ms;
	int64_t failures, next_ms, dropped;
	const char *error;
};

struct webhook_event {		/* webhook_outbox */
	int64_t id, webhook_id, at_ms;
	const char *type, *subject;
	const char *data;	/* JSON object */
};

struct ssh_check {		/* ssh_checks */
	const char *id;		/* hskey-authreq-<24> */
	int64_t src_node, dst_node;
	const char *local_user;
	const char *state;	/* "waiting", "approved", "rejected" */
	int64_t created_ms;
	int64_t decided_ms;	/* TIME_NONE while it waits */
	int64_t expiry_ms;
};

/* Kinds of rows in changes; the text is in lib/store/change.c. */
enum change_kind {
	CHANGE_NODE,		/* node 'id' as a whole */
	CHANGE_NODE_PATCH,	/* subject: letters of e(ndpoints), d(ERP), o(nline) */
	CHANGE_NODE_EXPIRY,
	CHANGE_NODE_SELF,	/* node 'id' as it sees itself */
	CHANGE_NODE_ADMISSION,	/* node 'id' was let in, or is not any more */
	CHANGE_NODE_GONE,
	CHANGE_USER,
	CHANGE_LOGIN,		/* subject: the id of a login or SSH check */
	CHANGE_DOCUMENT,	/* subject: the document's name */
	CHANGE_POLICY,		/* id: the version that was added */
	CHANGE_OTHER		/* written by a newer program */
};

struct change {			/* changes */
	int64_t seq, at_ms;
	enum change_kind kind;
	int64_t id;
	const char *subject;
};

/* How many there are; each node is in one state, as in the view show_nodes. */
struct counts {
	int64_t online, offline, expired, waiting, suspended;
	int64_t ephemeral, tagged;	/* nodes of any state */
	int64_t users_active, users_suspended, users_waiting;
	int64_t authkeys, apikeys;	/* that are good now */
	int64_t logins, ssh_checks;	/* that wait */
	int64_t change_seq, policy_version;
	int64_t webhooks_ok, webhooks_failing, webhooks_dropped;	/* events given up */
	int64_t outbox;			/* events for webhooks that wait */
	int64_t outbox_since_ms;	/* when the oldest of them was; TIME_NONE: there is none */
};

/* Names of rows in documents; the content is JSON. */
#define DOCUMENT_DNS "dns"		/* tailcfg.DNSConfig */
#define DOCUMENT_DERPMAP "derpmap"	/* tailcfg.DERPMap */
#define DOCUMENT_RECORDS "extra_records"	/* of the watched file */
#define DOCUMENT_DERP_FETCHED "derp_fetched"	/* {"at_ms":…,"map":…} from addresses */
#define DOCUMENT_POLICY_FILE "policy_file"	/* {"path":…,"problem":… or null,"seen":…} */
#define DOCUMENT_SETTINGS "settings"	/* what else of the configuration maps show */

/* Has the node's key run out at 'now_ms'? */
static inline bool
node_key_expired(const struct node *n, int64_t now_ms)
{
	return n->expiry_ms != TIME_NONE && n->expiry_ms <= now_ms;
}

/* May the node see others, and be seen?  One that may not is in nobody's map but its own. */
static inline bool
node_admitted(const struct node *n)
{
	return !n->waits && !n->suspended;
}

#endif
