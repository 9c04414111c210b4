/*
 * tests/store/upgrade_test.c -- a database of the first release, with rows in every
 * table, brought up to today's schema: nothing is lost, all of it works.
 */
#include "tests/store/fixture.h"

#include <glob.h>

#include "lib/store/backup.h"
#include "lib/store/migrate.h"

#define FIRST 2		/* migrations that the first release had: 0000 and 0001 */

/* Of what it was released with: these texts may never change again, but for comments. */
static const char *const first_sums[FIRST] = { "13dd3f478513a11e", "9c7d7970e7111e0a" };

static const char rows[] =
	"INSERT INTO users (name, display_name, email, role, created_ms) VALUES"
	" ('alice', 'Alice A.', 'alice@example.com', 'admin', 1780000000000),"
	" ('bob', '', '', 'member', 1780000000001);"
	"INSERT INTO users (name, provider, provider_id, created_ms)"
	" VALUES ('carol', 'oidc', 'https://id.example/7', 1780000000002);"
	"INSERT INTO authkeys (user_id, prefix, hash, tags, reusable, used, created_ms, expiry_ms)"
	" VALUES (1, 'aaaaaaaaaaaa', 'b2b:00', '[]', 1, 1, 1780000000000, NULL),"
	" (NULL, 'bbbbbbbbbbbb', 'b2b:11', '[\"tag:web\"]', 0, 0, 1780000000000, 1790000000000);"
	"INSERT INTO nodes (user_id, machine_key, node_key, disco_key, name, hostname, os, ipv4, ipv6,"
	"  tags, hostinfo, routes, approved, authkey_id, online, created_ms, last_seen_ms, expiry_ms)"
	" VALUES (1, 'mkey:1', 'nodekey:1', 'discokey:1', 'web1', 'Web 1', 'linux', '100.64.0.1',"
	"  'fd7a:115c:a1e0::1', '[]', '{\"OS\":\"linux\"}', '[\"10.0.0.0/8\"]', '[]', 1, 1,"
	"  1780000000000, 1780000000000, 1999000000000),"
	" (NULL, 'mkey:2', 'nodekey:2', '', 'db', 'db', 'linux', '100.64.0.2', NULL,"
	"  '[\"tag:web\"]', '{}', '[]', '[]', NULL, 0, 1780000000000, 1780000000000, NULL),"
	" (2, 'mkey:3', 'nodekey:3', '', 'old', 'old', '', '100.64.0.3', NULL, '[]', '{}', '[]', '[]',"
	"  NULL, 0, 1780000000000, 1780000000000, NULL);"
	"UPDATE nodes SET approved = routes;"		/* fills route_primaries */
	"DELETE FROM nodes WHERE name = 'old';"		/* fills nodes_gone and address_free */
	"INSERT INTO address_next (prefix, next) VALUES ('100.64.0.0/10', '100.64.0.4');"
	"INSERT INTO logins (id, machine_key, node_key, hostinfo, created_ms, expiry_ms)"
	" VALUES ('hskey-authreq-aaaaaaaaaaaaaaaaaaaaaaaa', 'mkey:9', 'nodekey:9',"
	"  '{\"Hostname\":\"laptop\"}', 1780000000000, 9990000000000);"
	"INSERT INTO ssh_checks (id, src_node, dst_node, local_user, created_ms, expiry_ms)"
	" VALUES ('hskey-authreq-bbbbbbbbbbbbbbbbbbbbbbbb', 1, 2, 'root', 1780000000000, 9990000000000);"
	"INSERT INTO documents (name, content, updated_ms) VALUES ('dns', '{\"x\":1}', 1780000000000);"
	"INSERT INTO policies (text, author, source, comment)"
	" VALUES ('{\"acls\":[]}', 'alice', 'cli', 'the first');";

static void
must_exec(sqlite3 *h, const char *text)
{
	if (sqlite3_exec(h, text, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(h));
}

/* The file as the first release left it. */
static void
first_release(struct fixture *f)
{
	sqlite3 *h;

	assert_int_equal(sqlite3_open(f->path, &h), SQLITE_OK);
	for (size_t i = 0; i < FIRST; i++) {
		must_exec(h, store_migrations[i].sql);
		must_exec(h, arena_printf(f->a, "INSERT INTO schema_migrations"
		    " (version, name, checksum, applied_ms) VALUES (%d, '%s', '%s', 1780000000000)",
		    store_migrations[i].version, store_migrations[i].name, first_sums[i]));
	}
	must_exec(h, rows);
	sqlite3_close(h);
}

/* Attaches the copy that was kept, as "old". */
static void
attach_copy(struct fixture *f)
{
	glob_t g;

	assert_int_equal(glob(arena_printf(f->a, "%s.v0001-*", f->path), 0, NULL, &g), 0);
	assert_int_equal(g.gl_pathc, 1);
	assert_int_equal(sql(f->db, arena_printf(f->a, "ATTACH '%s' AS old", g.gl_pathv[0])), SQLITE_OK);
	globfree(&g);
}

/* The first column of all rows. */
static size_t
texts(struct fixture *f, const char *query, const char *out[], size_t room)
{
	sqlite3_stmt *p = NULL;
	size_t n = 0;

	assert_int_equal(sqlite3_prepare_v2(f->db->h, query, -1, &p, NULL), SQLITE_OK);
	while (sqlite3_step(p) == SQLITE_ROW && n < room)
		out[n++] = arena_strdup(f->a, (const char *)sqlite3_column_text(p, 0));
	sqlite3_finalize(p);
	return n;
}

/* How many rows of x.table are not in y.table. */
static int64_t
rows_beyond(struct fixture *f, const char *columns, const char *table, const char *x, const char *y)
{
	return number(f->db, arena_printf(f->a, "SELECT count(*) FROM (SELECT %s FROM %s.%s"
	    " EXCEPT SELECT %s FROM %s.%s)", columns, x, table, columns, y, table));
}

/* Every row of the table that the old file has is there, the same in its columns, and no other. */
static void
table_is_the_same(struct fixture *f, const char *table)
{
	const char *columns[1];

	assert_int_equal(texts(f, arena_printf(f->a, "SELECT group_concat(name) FROM"
	    " pragma_table_info('%s', 'old')", table), columns, 1), 1);
	if (number(f->db, arena_printf(f->a, "SELECT count(*) FROM old.%s", table)) == 0)
		fail_msg("this test puts no row into %s", table);
	assert_int_equal(rows_beyond(f, columns[0], table, "old", "main"), 0);
	if (strcmp(table, "schema_migrations") != 0)
		assert_int_equal(rows_beyond(f, columns[0], table, "main", "old"), 0);
}

static void
upgraded(struct fixture *f)
{
	first_release(f);
	must_refuse(f, DB_USE, ERR_CONFLICT, "`headrace serve` brings it up to date");
	f->db = must_open(f, DB_SERVE);
}

static void
rows_are_kept(void **state)
{
	struct fixture *f = *state;
	const char *tables[40];
	size_t n;

	upgraded(f);
	attach_copy(f);
	n = texts(f, "SELECT name FROM old.sqlite_schema WHERE type = 'table'"
	    " AND name NOT LIKE 'sqlite_%'", tables, 40);
	assert_true(n >= 13);
	for (size_t i = 0; i < n; i++)
		table_is_the_same(f, tables[i]);
}

/* What there was before goes on as if nothing had come between. */
static void
new_columns_change_nothing(void **state)
{
	struct fixture *f = *state;

	upgraded(f);
	assert_int_equal(number(f->db, "SELECT count(*) FROM nodes WHERE authorized = 1 AND suspended = 0"), 2);
	assert_int_equal(number(f->db, "SELECT count(*) FROM users WHERE status = 'active'"), 3);
	assert_int_equal(number(f->db, "SELECT count(*) FROM authkeys WHERE preauthorized = 0"), 2);
	assert_int_equal(number(f->db, "SELECT node_id FROM route_primaries"), 1);
	assert_int_equal(number(f->db, "SELECT count(*) FROM route_offers"), 1);
	assert_int_equal(number(f->db, "SELECT count(*) FROM settings"), 0);
}

static void
it_checks_clean(void **state)
{
	struct fixture *f = *state;
	const char *views[40], *found[2];
	struct buf why;
	size_t n;

	upgraded(f);
	buf_init(&why, 65536);
	if (backup_schema_check(f->db, &why) != OK || why.n != 0)
		fail_msg("%.*s", (int)why.n, (const char *)why.p);
	buf_fini(&why);
	assert_int_equal(texts(f, "PRAGMA integrity_check", found, 2), 1);
	assert_string_equal(found[0], "ok");
	assert_int_equal(texts(f, "PRAGMA foreign_key_check", found, 2), 0);
	n = texts(f, "SELECT name FROM sqlite_schema WHERE type = 'view'", views, 40);
	assert_true(n >= 8);
	for (size_t i = 0; i < n; i++)
		assert_true(number(f->db, arena_printf(f->a, "SELECT count(*) FROM %s", views[i])) >= 0);
	reopen(f, DB_USE);	/* the check may scan the schema: no plan of it is looked at */
}

/* Our own functions read and write what the first release wrote. */
static void
it_is_used(void **state)
{
	struct fixture *f = *state;
	struct authkey k;
	struct login l;
	struct node n;
	int64_t before, after;

	upgraded(f);
	assert_ok(store_node_by_id(f->db, f->a, 1, &n));
	assert_string_equal(n.name, "web1");
	assert_false(n.waits);
	assert_ok(store_authkey_by_id(f->db, f->a, 2, &k));
	assert_string_equal(k.tags, "[\"tag:web\"]");
	assert_ok(store_login_by_id(f->db, f->a, "hskey-authreq-aaaaaaaaaaaaaaaaaaaaaaaa", &l));
	assert_ok(store_change_last(f->db, &before));
	assert_ok(store_node_rename(f->db, 1, "web9"));
	assert_ok(store_change_last(f->db, &after));
	assert_true(after > before);
	assert_int_equal(number(f->db, "SELECT count(*) FROM audit_log WHERE target = 'web9'"), 1);
	assert_true(add_user(f->db, "dave") > 3);
	assert_true(add_node(f, 1, 9) > 3);
	reopen(f, DB_USE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rows_are_kept, setup_folder, teardown),
		cmocka_unit_test_setup_teardown(new_columns_change_nothing, setup_folder, teardown),
		cmocka_unit_test_setup_teardown(it_checks_clean, setup_folder, teardown),
		cmocka_unit_test_setup_teardown(it_is_used, setup_folder, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
