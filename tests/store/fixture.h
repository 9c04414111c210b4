/* tests/store/fixture.h -- a database and the usual rows, for the store tests. */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/store/db_impl.h"
#include "lib/store/store.h"
#include "tests/store/plan.h"

#define assert_ok(e) assert_int_equal((e), OK)
#define T0 1790000000000	/* a time for rows */

struct fixture {	/* f->db may be NULL */
	struct db *db;
	struct arena *a;
	struct config cfg;
	char dir[64];		/* "" for a database in memory */
	char path[96];
};

__attribute__((unused)) static struct db *
must_open(struct fixture *f, enum db_mode mode)
{
	struct db *db;
	struct buf why;

	buf_init(&why, 4096);
	if (db_open(&f->cfg, mode, &db, &why) != OK)
		fail_msg("%.*s", (int)why.n, (const char *)why.p);
	buf_fini(&why);
	return db;
}

__attribute__((unused)) static void
reopen(struct fixture *f, enum db_mode mode)
{
	db_close(f->db);
	f->db = NULL;
	f->db = must_open(f, mode);
}

/* Opens and expects a failure whose text has 'part' in it. */
__attribute__((unused)) static void
must_refuse(struct fixture *f, enum db_mode mode, enum err want, const char *part)
{
	struct db *db;
	struct buf why;

	buf_init(&why, 4096);
	assert_int_equal(db_open(&f->cfg, mode, &db, &why), want);
	assert_null(db);
	buf_byte(&why, '\0');
	if (strstr((char *)why.p, part) == NULL ||
	    strstr((char *)why.p, f->cfg.db_path) == NULL)
		fail_msg("not the expected text: %s", (char *)why.p);
	buf_fini(&why);
}

/* A new folder, with no database in it yet. */
__attribute__((unused)) static void
folder_make(struct fixture *f)
{
	strcpy(f->dir, "/tmp/headrace-store-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	(void)snprintf(f->path, sizeof(f->path), "%s/headrace.db", f->dir);
	f->cfg.db_path = f->path;
}

__attribute__((unused)) static int
setup_folder(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->a = arena_new();
	folder_make(f);
	*state = f;
	return 0;
}

__attribute__((unused)) static int
setup_file(void **state)
{
	struct fixture *f;

	setup_folder(state);
	f = *state;
	f->db = must_open(f, DB_SERVE);
	return 0;
}

__attribute__((unused)) static int
setup_memory(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->a = arena_new();
	f->db = must_open(f, DB_MEMORY);
	*state = f;
	return 0;
}

__attribute__((unused)) static int
teardown(void **state)
{
	struct fixture *f = *state;
	char cmd[128];

	if (f->db != NULL)
		plans_check(f->db);
	db_close(f->db);
	arena_free(f->a);
	if (f->dir[0] != '\0') {
		(void)snprintf(cmd, sizeof(cmd), "rm -rf '%s'", f->dir);
		assert_int_equal(system(cmd), 0);
	}
	free(f);
	return 0;
}

/* What a person would type into the sqlite3 shell: a result code. */
__attribute__((unused)) static int
sql(struct db *db, const char *text)
{
	return sqlite3_exec(db->h, text, NULL, NULL, NULL);
}

__attribute__((unused)) static int64_t
number(struct db *db, const char *text)
{
	sqlite3_stmt *p = NULL;
	int64_t v = -1;

	if (sqlite3_prepare_v2(db->h, text, -1, &p, NULL) != SQLITE_OK)
		fail_msg("%s: %s", text, sqlite3_errmsg(db->h));
	if (sqlite3_step(p) == SQLITE_ROW)
		v = sqlite3_column_int64(p, 0);
	sqlite3_finalize(p);
	return v;
}

__attribute__((unused)) static int64_t
add_user(struct db *db, const char *name)
{
	struct user u = { .name = name, .display_name = "", .created_ms = T0 };
	int64_t id;

	assert_ok(store_user_create(db, &u, &id));
	return id;
}

/* A node called "n<i>", with keys and addresses made from 'i'. */
__attribute__((unused)) static struct node
node_like(struct arena *a, int64_t user_id, int i)
{
	return (struct node){
		.user_id = user_id,
		.machine_key = arena_printf(a, "mkey:%064x", i),
		.node_key = arena_printf(a, "nodekey:%064x", i),
		.disco_key = "", .nl_key = "",
		.name = arena_printf(a, "n%d", i),
		.hostname = arena_printf(a, "host%d", i),
		.os = "linux", .client_version = "1.102.5", .cap = 130,
		.ipv4 = arena_printf(a, "100.64.%d.%d", i >> 8, i & 255),
		.ipv6 = arena_printf(a, "fd7a:115c:a1e0::%x", i),
		.tags = "[]", .hostinfo = "{\"OS\":\"linux\"}", .netinfo = "{}",
		.endpoints = "[]", .routes = "[]", .approved = "[]",
		.register_method = "authkey",
		.created_ms = T0, .last_seen_ms = T0, .expiry_ms = TIME_NONE,
	};
}

__attribute__((unused)) static int64_t
add_node(struct fixture *f, int64_t user_id, int i)
{
	struct node n = node_like(f->a, user_id, i);
	int64_t id;

	assert_ok(store_node_insert(f->db, &n, &id));
	return id;
}

#endif
