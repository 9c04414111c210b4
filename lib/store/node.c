/*
 * lib/store/node.c -- nodes as rows: insert, update, find, list.
 *
 * Together with node_set.c the only SQL that writes to nodes.  An update is two
 * statements: SQLite rewrites an index whenever its column is named in SET,
 * though the value is the same, and the columns that have one hardly change.
 */
#include "lib/store/store.h"

#include <string.h>

#define NODE_COLS_WITH(long_ones) \
	"id, user_id, machine_key, node_key, disco_key, nl_key, name, " \
	"hostname, os, client_version, cap, ipv4, ipv6, tags, " long_ones ", " \
	"home_derp, routes, approved, ephemeral, authkey_id, " \
	"register_method, online, expired, created_ms, last_seen_ms, expiry_ms, " \
	"authorized, suspended, client_address"
#define NODE_COLS NODE_COLS_WITH("hostinfo, netinfo, endpoints")

static void
node_read(struct stmt *s, struct arena *a, struct node *n)
{
	*n = (struct node){
		.id = col_i64(s, 0),
		.user_id = col_i64(s, 1),
		.machine_key = col_text(s, 2, a),
		.node_key = col_text(s, 3, a),
		.disco_key = col_text(s, 4, a),
		.nl_key = col_text(s, 5, a),
		.name = col_text(s, 6, a),
		.hostname = col_text(s, 7, a),
		.os = col_text(s, 8, a),
		.client_version = col_text(s, 9, a),
		.cap = col_i64(s, 10),
		.ipv4 = col_text_null(s, 11, a),
		.ipv6 = col_text_null(s, 12, a),
		.tags = col_text(s, 13, a),
		.hostinfo = col_text(s, 14, a),
		.netinfo = col_text(s, 15, a),
		.endpoints = col_text(s, 16, a),
		.home_derp = col_i64(s, 17),
		.routes = col_text(s, 18, a),
		.approved = col_text(s, 19, a),
		.ephemeral = col_bool(s, 20),
		.authkey_id = col_i64(s, 21),
		.register_method = col_text(s, 22, a),
		.online = col_bool(s, 23),
		.expired = col_bool(s, 24),
		.created_ms = col_i64(s, 25),
		.last_seen_ms = col_i64(s, 26),
		.expiry_ms = col_time(s, 27),
		.waits = !col_bool(s, 28),
		.suspended = col_bool(s, 29),
		.client_address = col_text(s, 30, a),
	};
}

static const char *
json_or(const char *text, const char *empty)
{
	return text != NULL && text[0] != '\0' ? text : empty;
}

/* ?1 to ?17: what an update writes in any case. */
static void
bind_plain(struct stmt *s, const struct node *n)
{
	bind_i64(s, 1, n->id);
	bind_text(s, 2, text_of(n->disco_key));
	bind_text(s, 3, text_of(n->nl_key));
	bind_text(s, 4, text_of(n->hostname));
	bind_text(s, 5, text_of(n->os));
	bind_text(s, 6, text_of(n->client_version));
	bind_i64(s, 7, n->cap);
	bind_text(s, 8, json_or(n->hostinfo, "{}"));
	bind_text(s, 9, json_or(n->netinfo, "{}"));
	bind_text(s, 10, json_or(n->endpoints, "[]"));
	bind_i64(s, 11, n->home_derp);
	bind_text(s, 12, json_or(n->routes, "[]"));
	bind_text(s, 13, json_or(n->approved, "[]"));
	bind_text(s, 14, n->register_method != NULL ? n->register_method : "authkey");
	bind_bool(s, 15, n->online);
	bind_i64(s, 16, n->last_seen_ms);
	bind_text(s, 17, text_of(n->client_address));
}

/* From ?i on: what stands in an index, and hardly ever changes. */
static void
bind_indexed(struct stmt *s, int i, const struct node *n)
{
	bind_id(s, i, n->user_id);
	bind_text(s, i + 1, n->machine_key);
	bind_text(s, i + 2, n->node_key);
	bind_text(s, i + 3, n->name);
	bind_text(s, i + 4, n->ipv4);
	bind_text(s, i + 5, n->ipv6);
	bind_text(s, i + 6, json_or(n->tags, "[]"));
	bind_bool(s, i + 7, n->ephemeral);
	bind_id(s, i + 8, n->authkey_id);
	bind_bool(s, i + 9, n->expired);
	bind_time(s, i + 10, n->expiry_ms);
}

static const char q_node_insert[] =
	"INSERT INTO nodes (id, disco_key, nl_key, hostname, os, client_version, cap,"
	" hostinfo, netinfo, endpoints, home_derp, routes, approved, register_method,"
	" online, last_seen_ms, client_address, user_id, machine_key, node_key, name, ipv4, ipv6, tags,"
	" ephemeral, authkey_id, expired, expiry_ms, created_ms, authorized, tailnet_id)"
	" VALUES (nullif(?1, 0), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"
	" ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, "
	TAILNET ")";

enum err
store_node_insert(struct db *db, const struct node *n, int64_t *id)
{
	struct stmt *s = db_stmt(db, q_node_insert);
	enum err e;

	bind_plain(s, n);
	bind_indexed(s, 18, n);
	bind_i64(s, 29, n->created_ms);
	bind_bool(s, 30, !n->waits);
	if ((e = stmt_run(s)) == OK)
		*id = db_last_id(db);
	return e;
}

static const char q_node_update[] =
	"UPDATE nodes SET disco_key = ?2, nl_key = ?3, hostname = ?4, os = ?5,"
	" client_version = ?6, cap = ?7, hostinfo = ?8, netinfo = ?9, endpoints = ?10,"
	" home_derp = ?11, routes = ?12, approved = ?13, register_method = ?14,"
	" online = ?15, last_seen_ms = ?16, client_address = ?17"
	" WHERE id = ?1";

static enum err
update_plain(struct db *db, const struct node *n)
{
	struct stmt *s = db_stmt(db, q_node_update);

	bind_plain(s, n);
	return stmt_end_change(s);
}

static const char q_node_update_indexed[] =
	"UPDATE nodes SET user_id = ?2, machine_key = ?3, node_key = ?4, name = ?5,"
	" ipv4 = ?6, ipv6 = ?7, tags = ?8, ephemeral = ?9, authkey_id = ?10,"
	" expired = ?11, expiry_ms = ?12"
	" WHERE id = ?1 AND (machine_key <> ?3 OR node_key <> ?4"
	" OR name <> ?5 COLLATE BINARY OR tags <> ?8 OR ephemeral <> ?9 OR expired <> ?11"
	" OR user_id IS DISTINCT FROM ?2 OR ipv4 IS DISTINCT FROM ?6"
	" OR ipv6 IS DISTINCT FROM ?7 OR authkey_id IS DISTINCT FROM ?10"
	" OR expiry_ms IS DISTINCT FROM ?12)";

static enum err
update_indexed(struct db *db, const struct node *n)
{
	struct stmt *s = db_stmt(db, q_node_update_indexed);

	bind_i64(s, 1, n->id);
	bind_indexed(s, 2, n);
	return stmt_run(s);
}

enum err
store_node_update(struct db *db, const struct node *n)
{
	enum err e = update_plain(db, n);

	return e != OK ? e : update_indexed(db, n);
}

/* ---- one ---- */

static enum err
read_one(struct stmt *s, struct arena *a, struct node *out)
{
	if (stmt_row(s))
		node_read(s, a, out);
	return stmt_end_row(s);
}

static const char q_node_by_id[] = "SELECT " NODE_COLS " FROM nodes WHERE id = ?1";

enum err
store_node_by_id(struct db *db, struct arena *a, int64_t id, struct node *out)
{
	struct stmt *s = db_stmt(db, q_node_by_id);

	bind_i64(s, 1, id);
	return read_one(s, a, out);
}

static const char q_node_by_node_key[] =
	"SELECT " NODE_COLS " FROM nodes WHERE node_key = ?1";

enum err
store_node_by_node_key(struct db *db, struct arena *a, const char *key, struct node *out)
{
	struct stmt *s = db_stmt(db, q_node_by_node_key);

	bind_text(s, 1, key);
	return read_one(s, a, out);
}

static const char q_node_by_name[] =
	"SELECT " NODE_COLS " FROM nodes WHERE tailnet_id = " TAILNET " AND name = ?1";

enum err
store_node_by_name(struct db *db, struct arena *a, const char *name, struct node *out)
{
	struct stmt *s = db_stmt(db, q_node_by_name);

	bind_text(s, 1, name);
	return read_one(s, a, out);
}

static const char q_node_by_ipv4[] =
	"SELECT " NODE_COLS " FROM nodes WHERE tailnet_id = " TAILNET " AND ipv4 = ?1";
static const char q_node_by_ipv6[] =
	"SELECT " NODE_COLS " FROM nodes WHERE tailnet_id = " TAILNET " AND ipv6 = ?1";

enum err
store_node_by_address(struct db *db, struct arena *a, const char *ip, struct node *out)
{
	struct stmt *s = strchr(ip, ':') != NULL ? db_stmt(db, q_node_by_ipv6) :
	    db_stmt(db, q_node_by_ipv4);

	bind_text(s, 1, ip);
	return read_one(s, a, out);
}

static const char q_node_name_taken[] =
	"SELECT 1 FROM nodes WHERE tailnet_id = " TAILNET " AND name = ?1";

enum err
store_node_name_taken(struct db *db, const char *name, bool *taken)
{
	struct stmt *s = db_stmt(db, q_node_name_taken);

	bind_text(s, 1, name);
	*taken = stmt_row(s);
	return stmt_end(s);
}

/* ---- many ---- */

static enum err
read_all(struct stmt *s, struct arena *a, struct node **out, size_t *n)
{
	size_t cap = 0;

	*out = NULL;
	*n = 0;
	while (stmt_row(s)) {
		*out = arena_room(a, *out, *n, &cap, sizeof(**out));
		node_read(s, a, &(*out)[(*n)++]);
	}
	return stmt_end(s);
}

static const char q_nodes_by_machine[] =
	"SELECT " NODE_COLS " FROM nodes WHERE machine_key = ?1 ORDER BY id";

enum err
store_nodes_by_machine(struct db *db, struct arena *a, const char *machine_key,
    struct node **out, size_t *n)
{
	struct stmt *s = db_stmt(db, q_nodes_by_machine);

	bind_text(s, 1, machine_key);
	return read_all(s, a, out, n);
}

/* In the order of the rows: '+' keeps SQLite from an index on tailnet_id and a sort. */
static const char q_nodes[] =
	"SELECT " NODE_COLS " FROM nodes WHERE +tailnet_id = " TAILNET " ORDER BY id";

enum err
store_nodes(struct db *db, struct arena *a, struct node **out, size_t *n)
{
	return read_all(db_stmt(db, q_nodes), a, out, n);
}

static const char q_nodes_announcing[] =
	"SELECT " NODE_COLS " FROM nodes WHERE +tailnet_id = " TAILNET
	" AND routes <> '[]' ORDER BY id";

enum err
store_nodes_announcing(struct db *db, struct arena *a, struct node **out, size_t *n)
{
	return read_all(db_stmt(db, q_nodes_announcing), a, out, n);
}

static const char q_nodes_waiting[] =
	"SELECT " NODE_COLS " FROM nodes WHERE authorized = 0 ORDER BY id";

enum err
store_nodes_waiting(struct db *db, struct arena *a, struct node **out, size_t *n)
{
	return read_all(db_stmt(db, q_nodes_waiting), a, out, n);
}

static enum err
each(struct stmt *s, struct arena *a, void (*fn)(void *arg, const struct node *n), void *arg)
{
	struct node n;

	while (stmt_row(s)) {
		node_read(s, a, &n);
		fn(arg, &n);
	}
	return stmt_end(s);
}

enum err
store_nodes_each(struct db *db, struct arena *a,
    void (*fn)(void *arg, const struct node *n), void *arg)
{
	return each(db_stmt(db, q_nodes), a, fn, arg);
}

/* A list shows one thing of a Hostinfo, which few have. */
static const char q_nodes_brief[] =
	"SELECT " NODE_COLS_WITH("iif(instr(hostinfo, '\"ShieldsUp\"') > 0, hostinfo, '{}'),"
	" '{}', '[]'") " FROM nodes WHERE +tailnet_id = " TAILNET " ORDER BY id";

enum err
store_nodes_each_brief(struct db *db, struct arena *a,
    void (*fn)(void *arg, const struct node *n), void *arg)
{
	return each(db_stmt(db, q_nodes_brief), a, fn, arg);
}

static const char q_node_count[] =
	"SELECT count(*) FROM nodes WHERE tailnet_id = " TAILNET;

enum err
store_node_count(struct db *db, int64_t *n)
{
	struct stmt *s = db_stmt(db, q_node_count);

	if (stmt_row(s))
		*n = col_i64(s, 0);
	return stmt_end_row(s);
}

/* node_online holds nobody else. */
static const char q_nodes_online[] = "SELECT id FROM nodes WHERE online = 1 ORDER BY id";

enum err
store_nodes_online(struct db *db, struct arena *a, int64_t **ids, size_t *n)
{
	struct stmt *s = db_stmt(db, q_nodes_online);
	size_t cap = 0;

	*ids = NULL;
	*n = 0;
	while (stmt_row(s)) {
		*ids = arena_room(a, *ids, *n, &cap, sizeof(**ids));
		(*ids)[(*n)++] = col_i64(s, 0);
	}
	return stmt_end(s);
}
