/* tests/store/migrate_test.c -- from one schema to the next, and what stands in the way. */
#include "tests/store/fixture.h"

#include <glob.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "lib/store/migrate.h"

#define MIGRATIONS_MAX 20

/* Ours and one more, with 'sql' as its text. */
static size_t
with_next(struct migration v[MIGRATIONS_MAX], const char *sql_text)
{
	size_t n = store_migrations_n;

	memcpy(v, store_migrations, n * sizeof(v[0]));
	v[n] = (struct migration){ v[n - 1].version + 1, "9999-next", sql_text };
	return n + 1;
}

/* The copies that are kept; the caller frees them. */
static glob_t
copies(struct fixture *f)
{
	glob_t g;

	(void)glob(arena_printf(f->a, "%s.v*", f->path), 0, NULL, &g);
	return g;
}

static size_t
copies_n(struct fixture *f)
{
	glob_t g = copies(f);
	size_t n = g.gl_pathc;

	globfree(&g);
	return n;
}

static void
fresh_and_again(void **state)
{
	struct fixture *f = *state;
	int64_t n;

	f->db = must_open(f, DB_SERVE);
	n = number(f->db, "SELECT count(*) FROM schema_migrations");
	assert_int_equal(n, store_migrations_n);
	assert_int_equal(number(f->db, "SELECT max(version) FROM schema_migrations"),
	    store_migrations[store_migrations_n - 1].version);
	assert_int_equal(number(f->db, "SELECT count(*) FROM schema_migrations"
	    " WHERE length(checksum) = 16 AND applied_ms > 1700000000000"), n);
	reopen(f, DB_SERVE);
	reopen(f, DB_USE);
	assert_int_equal(number(f->db, "SELECT count(*) FROM schema_migrations"), n);
	assert_int_equal(copies_n(f), 0);
}

static void
copy_is_kept(void **state)
{
	struct fixture *f = *state;
	struct migration v[MIGRATIONS_MAX];
	size_t n = with_next(v, "ALTER TABLE users ADD COLUMN shoe INTEGER;");
	struct stat st;
	sqlite3 *old;
	sqlite3_stmt *p;
	glob_t g;

	add_user(f->db, "alice");
	assert_ok(migrate_apply(f->db, v, n));
	assert_int_equal(number(f->db, "SELECT count(shoe) FROM users"), 0);
	assert_ok(migrate_apply(f->db, v, n));
	g = copies(f);
	assert_int_equal(g.gl_pathc, 1);
	assert_non_null(strstr(g.gl_pathv[0], arena_printf(f->a,
	    "headrace.db.v%04d-20", store_migrations[store_migrations_n - 1].version)));
	assert_int_equal(stat(g.gl_pathv[0], &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(sqlite3_open(g.gl_pathv[0], &old), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(old, "SELECT name FROM users", -1, &p, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(p), SQLITE_ROW);
	assert_string_equal(sqlite3_column_text(p, 0), "alice");
	sqlite3_finalize(p);
	assert_int_equal(sqlite3_exec(old, "SELECT shoe FROM users", NULL, NULL, NULL),
	    SQLITE_ERROR);
	sqlite3_close(old);

	/* The copy is a database that this program opens. */
	f->cfg.db_path = g.gl_pathv[0];
	db_close(must_open(f, DB_USE));
	f->cfg.db_path = f->path;
	globfree(&g);
}

static int
teardown_mount(void **state)
{
	(void)umount2(((struct fixture *)*state)->dir, MNT_DETACH);
	return teardown(state);
}

/* Without room for the copy nothing is changed. */
static void
no_room_for_the_copy(void **state)
{
	struct fixture *f = *state;
	struct migration v[MIGRATIONS_MAX];
	size_t n = with_next(v, "CREATE TABLE next (x INTEGER) STRICT;");

	if (mount("none", f->dir, "tmpfs", 0, "size=4m,mode=755") != 0)
		skip();
	f->db = must_open(f, DB_SERVE);
	for (int i = 0; i < 50; i++)
		assert_ok(store_document_put(f->db, arena_printf(f->a, "d%d", i),
		    arena_printf(f->a, "\"%07000d\"", i), T0));
	assert_int_equal(sql(f->db, "PRAGMA wal_checkpoint(TRUNCATE)"), SQLITE_OK);
	assert_int_equal(system(arena_printf(f->a, "head -c 6m /dev/zero >%s/filler"
	    " 2>/dev/null; truncate -s -100k %s/filler", f->dir, f->dir)), 0);
	assert_int_equal(migrate_apply(f->db, v, n), ERR_INTERNAL);
	assert_non_null(strstr(db_errmsg(f->db), "cannot copy it to"));
	assert_non_null(strstr(db_errmsg(f->db), "make room in folder"));
	assert_int_equal(copies_n(f), 0);
	assert_int_equal(number(f->db, "SELECT count(*) FROM sqlite_schema WHERE name = 'next'"), 0);
	assert_int_equal(system(arena_printf(f->a, "rm %s/filler", f->dir)), 0);
	assert_int_equal(number(f->db, "SELECT count(*) FROM documents"), 50);
}

static void
newer_and_older(void **state)
{
	struct fixture *f = *state;
	struct migration v[MIGRATIONS_MAX];
	size_t n = with_next(v, "CREATE TABLE next (x INTEGER) STRICT;");

	assert_int_equal(migrate_check(f->db, v, n), ERR_CONFLICT);
	assert_non_null(strstr(db_errmsg(f->db), "`headrace serve` brings it up to date"));
	assert_ok(migrate_apply(f->db, v, n));
	must_refuse(f, DB_SERVE, ERR_CONFLICT, arena_printf(f->a,
	    "made by a newer headrace (schema %d,", v[n - 1].version));
	must_refuse(f, DB_USE, ERR_CONFLICT, "install that version or newer");
}

static void
failing_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct migration v[MIGRATIONS_MAX];
	size_t n = with_next(v, "CREATE TABLE next (x INTEGER) STRICT; INSERT INTO nowhere VALUES (1);");

	add_user(f->db, "alice");
	assert_int_equal(migrate_apply(f->db, v, n), ERR_CONFLICT);
	assert_non_null(strstr(db_errmsg(f->db), "9999-next"));
	assert_int_equal(number(f->db, "SELECT count(*) FROM sqlite_schema WHERE name = 'next'"), 0);
	assert_int_equal(sqlite3_get_autocommit(f->db->h), 1);
	db_close(must_open(f, DB_SERVE));
}

static void
another_text(void **state)
{
	struct fixture *f = *state;
	struct migration v[MIGRATIONS_MAX];
	size_t n = with_next(v, "CREATE TABLE next (x TEXT) STRICT;");

	assert_ok(migrate_apply(f->db, v, n));
	v[n - 1].sql = "-- a better comment\nCREATE TABLE next (\n\tx TEXT -- said so\n) STRICT;\n";
	assert_ok(migrate_check(f->db, v, n));
	v[n - 1].sql = "CREATE TABLE next (x INTEGER) STRICT;";
	assert_int_equal(migrate_check(f->db, v, n), ERR_CONFLICT);
	assert_int_equal(migrate_apply(f->db, v, n), ERR_CONFLICT);
	assert_non_null(strstr(db_errmsg(f->db), "unreleased version"));
}

/* A replication tool's tables were there first, and stay. */
static void
foreign_tables(void **state)
{
	struct fixture *f = *state;
	struct migration v[MIGRATIONS_MAX];
	size_t n = with_next(v, "CREATE TABLE next (x INTEGER) STRICT;");
	sqlite3 *h;

	assert_int_equal(sqlite3_open(f->path, &h), SQLITE_OK);
	assert_int_equal(sqlite3_exec(h, "CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY,"
	    " seq INTEGER); INSERT INTO _litestream_seq VALUES (1, 42)", NULL, NULL, NULL),
	    SQLITE_OK);
	f->db = must_open(f, DB_SERVE);
	assert_int_equal(sqlite3_exec(h, "UPDATE _litestream_seq SET seq = 43", NULL, NULL, NULL),
	    SQLITE_OK);
	assert_ok(migrate_apply(f->db, v, n));
	assert_int_equal(number(f->db, "SELECT seq FROM _litestream_seq"), 43);
	sqlite3_close(h);
}

static void
file_of_another_program(void **state)
{
	struct fixture *f = *state;
	sqlite3 *h;

	assert_int_equal(sqlite3_open(f->path, &h), SQLITE_OK);
	assert_int_equal(sqlite3_exec(h, "CREATE TABLE users (id INTEGER); CREATE TABLE migrations"
	    " (id TEXT); INSERT INTO users VALUES (7)", NULL, NULL, NULL), SQLITE_OK);
	must_refuse(f, DB_SERVE, ERR_CONFLICT, "seems to belong to another program");
	must_refuse(f, DB_SERVE, ERR_CONFLICT, "table users already exists");
	assert_int_equal(sqlite3_exec(h, "SELECT id FROM users", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(h);
}

/* Two processes run 'fn' at the same moment; both must succeed. */
static void
both(struct fixture *f, int (*fn)(struct fixture *))
{
	int go[2], status;
	char c;

	assert_int_equal(pipe(go), 0);
	for (int i = 0; i < 2; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {
			(void)close(go[1]);
			(void)!read(go[0], &c, 1);	/* until the parent closes it */
			_exit(fn(f));
		}
	}
	(void)close(go[0]);
	(void)close(go[1]);
	for (int i = 0; i < 2; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
}

static int
serve_once(struct fixture *f)
{
	struct db *db;
	struct buf why;

	buf_init(&why, 4096);
	if (db_open(&f->cfg, DB_SERVE, &db, &why) != OK) {
		(void)fprintf(stderr, "%.*s\n", (int)why.n, (const char *)why.p);
		return 1;
	}
	db_close(db);
	return 0;
}

static void
two_on_a_new_file(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 20; i++) {
		both(f, serve_once);
		f->db = must_open(f, DB_USE);
		assert_int_equal(number(f->db, "SELECT count(*) FROM tailnets"), 1);
		assert_int_equal(copies_n(f), 0);
		db_close(f->db);
		f->db = NULL;
		assert_int_equal(unlink(f->path), 0);
	}
}

static int
migrate_once(struct fixture *f)
{
	struct migration v[MIGRATIONS_MAX];
	size_t n = with_next(v, "CREATE TABLE next (x INTEGER) STRICT; INSERT INTO next VALUES (1);");
	struct db *db;
	struct buf why;
	enum err e;

	buf_init(&why, 4096);
	if (db_open(&f->cfg, DB_SERVE, &db, &why) != OK)
		return db == NULL && strstr((char *)why.p, "newer") != NULL ? 0 : 1;
	e = migrate_apply(db, v, n);
	db_close(db);
	return e == OK ? 0 : 2;
}

static void
two_on_an_old_file(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 10; i++) {
		db_close(must_open(f, DB_SERVE));
		both(f, migrate_once);
		assert_int_equal(copies_n(f), 1);
		assert_int_equal(system(arena_printf(f->a, "rm -f %s*", f->path)), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(fresh_and_again, setup_folder, teardown),
		cmocka_unit_test_setup_teardown(copy_is_kept, setup_file, teardown),
		cmocka_unit_test_setup_teardown(no_room_for_the_copy, setup_folder,
		    teardown_mount),
		cmocka_unit_test_setup_teardown(newer_and_older, setup_file, teardown),
		cmocka_unit_test_setup_teardown(failing_changes_nothing, setup_file, teardown),
		cmocka_unit_test_setup_teardown(another_text, setup_file, teardown),
		cmocka_unit_test_setup_teardown(foreign_tables, setup_folder, teardown),
		cmocka_unit_test_setup_teardown(file_of_another_program, setup_folder, teardown),
		cmocka_unit_test_setup_teardown(two_on_a_new_file, setup_folder, teardown),
		cmocka_unit_test_setup_teardown(two_on_an_old_file, setup_folder, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
