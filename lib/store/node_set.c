/*
 * lib/store/node_set.c -- single changes to nodes, and what time does to them.
 *
 * Each names only the columns that it means: the triggers compare what SET
 * names, so a change of presence costs no look at a Hostinfo.
 */
#include "lib/store/store.h"

static const char q_node_rename[] = "UPDATE nodes SET name = ?2 WHERE id = ?1";

enum err
store_node_rename(struct db *db, int64_t id, const char *name)
{
	struct stmt *s = db_stmt(db, q_node_rename);

	bind_i64(s, 1, id);
	bind_text(s, 2, name);
	return stmt_end_change(s);
}

static const char q_node_set_expiry[] =
	"UPDATE nodes SET expiry_ms = ?2, expired = ?3 WHERE id = ?1";

enum err
store_node_set_expiry(struct db *db, int64_t id, int64_t expiry_ms, bool expired)
{
	struct stmt *s = db_stmt(db, q_node_set_expiry);

	bind_i64(s, 1, id);
	bind_time(s, 2, expiry_ms);
	bind_bool(s, 3, expired);
	return stmt_end_change(s);
}

static const char q_node_set_tags[] =
	"UPDATE nodes SET tags = ?2, user_id = NULL WHERE id = ?1";

enum err
store_node_set_tags(struct db *db, int64_t id, const char *tags_json)
{
	struct stmt *s = db_stmt(db, q_node_set_tags);

	bind_i64(s, 1, id);
	bind_text(s, 2, tags_json);
	return stmt_end_change(s);
}

static const char q_node_set_user[] =
	"UPDATE nodes SET user_id = ?2, tags = '[]' WHERE id = ?1";

enum err
store_node_set_user(struct db *db, int64_t id, int64_t user_id)
{
	struct stmt *s = db_stmt(db, q_node_set_user);

	bind_i64(s, 1, id);
	bind_i64(s, 2, user_id);
	return stmt_end_change(s);
}

static const char q_node_set_approved[] =
	"UPDATE nodes SET approved = ?2 WHERE id = ?1";

enum err
store_node_set_approved(struct db *db, int64_t id, const char *routes_json)
{
	struct stmt *s = db_stmt(db, q_node_set_approved);

	bind_i64(s, 1, id);
	bind_text(s, 2, routes_json);
	return stmt_end_change(s);
}

static const char q_node_set_ipv4[] = "UPDATE nodes SET ipv4 = ?2 WHERE id = ?1";
static const char q_node_set_ipv6[] = "UPDATE nodes SET ipv6 = ?2 WHERE id = ?1";

enum err
store_node_set_address(struct db *db, int64_t id, const struct ip *ip)
{
	struct stmt *s = ip->family == 6 ? db_stmt(db, q_node_set_ipv6) :
	    db_stmt(db, q_node_set_ipv4);
	char text[IP_TEXT_SIZE];

	bind_i64(s, 1, id);
	bind_text(s, 2, ip_write(ip, text));
	return stmt_end_change(s);
}

static const char q_node_set_addresses[] =
	"UPDATE nodes SET ipv4 = ?2, ipv6 = ?3 WHERE id = ?1";

enum err
store_node_set_addresses(struct db *db, int64_t id, const char *ipv4, const char *ipv6)
{
	struct stmt *s = db_stmt(db, q_node_set_addresses);

	bind_i64(s, 1, id);
	bind_text(s, 2, ipv4);
	bind_text(s, 3, ipv6);
	return stmt_end_change(s);
}

static const char q_node_set_authorized[] =
	"UPDATE nodes SET authorized = ?2 WHERE id = ?1";

enum err
store_node_set_authorized(struct db *db, int64_t id, bool authorized)
{
	struct stmt *s = db_stmt(db, q_node_set_authorized);

	bind_i64(s, 1, id);
	bind_bool(s, 2, authorized);
	return stmt_end_change(s);
}

/* Triggers keep what is left of it in nodes_gone and free its addresses. */
static const char q_node_delete[] = "DELETE FROM nodes WHERE id = ?1";

enum err
store_node_delete(struct db *db, int64_t id)
{
	struct stmt *s = db_stmt(db, q_node_delete);

	bind_i64(s, 1, id);
	return stmt_end_change(s);
}

static const char q_nodes_delete_of_user[] = "DELETE FROM nodes WHERE user_id = ?1";

enum err
store_nodes_delete_of_user(struct db *db, int64_t user_id, int64_t *n)
{
	struct stmt *s = db_stmt(db, q_nodes_delete_of_user);

	bind_i64(s, 1, user_id);
	return stmt_end_count(s, n);
}

static const char q_node_set_presence[] =
	"UPDATE nodes SET online = ?2, last_seen_ms = ?3 WHERE id = ?1 AND online <> ?2";

/* Nothing changes if that is known already, or if the node has gone meanwhile. */
enum err
store_node_set_presence(struct db *db, int64_t id, bool online, int64_t at_ms)
{
	struct stmt *s = db_stmt(db, q_node_set_presence);

	bind_i64(s, 1, id);
	bind_bool(s, 2, online);
	bind_i64(s, 3, at_ms);
	return stmt_run(s);
}

/* ---- time ---- */

static const char q_nodes_mark_expired[] =
	"UPDATE nodes SET expired = 1 WHERE expiry_ms <= ?1 AND expired = 0";

enum err
store_nodes_mark_expired(struct db *db, int64_t now_ms, int64_t *n)
{
	struct stmt *s = db_stmt(db, q_nodes_mark_expired);

	bind_i64(s, 1, now_ms);
	return stmt_end_count(s, n);
}

static const char q_nodes_reap_ephemeral[] =
	"DELETE FROM nodes WHERE ephemeral = 1 AND online = 0 AND last_seen_ms <= ?1";

enum err
store_nodes_reap_ephemeral(struct db *db, int64_t before_ms, int64_t *n)
{
	struct stmt *s = db_stmt(db, q_nodes_reap_ephemeral);

	bind_i64(s, 1, before_ms);
	return stmt_end_count(s, n);
}

static const char q_nodes_next_due[] =
	"SELECT (SELECT min(expiry_ms) FROM nodes"
	" WHERE expiry_ms IS NOT NULL AND expired = 0),"
	" (SELECT min(last_seen_ms) + ?1 FROM nodes WHERE ephemeral = 1 AND online = 0)";

enum err
store_nodes_next_due(struct db *db, int64_t ephemeral_timeout_ms, int64_t *at_ms)
{
	struct stmt *s = db_stmt(db, q_nodes_next_due);
	int64_t idle;

	bind_i64(s, 1, ephemeral_timeout_ms);
	*at_ms = TIME_NONE;
	if (stmt_row(s)) {
		*at_ms = col_time(s, 0);
		idle = col_time(s, 1);
		if (*at_ms == TIME_NONE || (idle != TIME_NONE && idle < *at_ms))
			*at_ms = idle;
	}
	return stmt_end_row(s);
}
