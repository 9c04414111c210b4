/* tests/store/db_test.c -- statements, transactions, and failures of the machine. */
#include "tests/store/fixture.h"

#include <errno.h>
#include <sys/mount.h>

static const char q_count_users[] = "SELECT count(*) FROM users";
static const char q_insert_user[] =
	"INSERT INTO users (name, created_ms) VALUES (?1, ?2)";
static const char q_rename_user[] = "UPDATE users SET name = ?2 WHERE id = ?1";
static const char q_user_texts[] =
	"SELECT name, provider_id, created_ms, id FROM users WHERE id = ?1";

static void
statement_cache(void **state)
{
	struct fixture *f = *state;
	struct stmt *s = db_stmt(f->db, q_count_users), *again;

	assert_true(stmt_row(s));
	assert_int_equal(col_i64(s, 0), 0);
	assert_ok(stmt_end_row(s));
	again = db_stmt(f->db, q_count_users);
	assert_ptr_equal(s, again);
	assert_ok(stmt_end(again));
	assert_int_equal(sql(f->db, "DELETE FROM users"), SQLITE_OK);
	/* Not a plan to keep: this test counts all on purpose. */
	sqlite3_finalize(s->p);
	s->p = NULL;
}

static void
binds_and_columns(void **state)
{
	struct fixture *f = *state;
	struct stmt *s = db_stmt(f->db, q_insert_user);
	char small[4];

	bind_str(s, 1, STR("alice"));
	bind_bool(s, 2, true);
	assert_ok(stmt_run(s));
	s = db_stmt(f->db, q_user_texts);
	bind_i64(s, 1, db_last_id(f->db));
	assert_true(stmt_row(s));
	assert_string_equal(col_text(s, 0, f->a), "alice");
	assert_string_equal(col_text(s, 1, f->a), "");
	assert_null(col_text_null(s, 1, f->a));
	assert_true(col_time(s, 1) == TIME_NONE);
	assert_true(col_bool(s, 2));
	col_text_into(s, 0, small, sizeof(small));
	assert_string_equal(small, "ali");
	assert_false(stmt_row(s));
	assert_false(stmt_row(s));
	assert_ok(stmt_end_row(s));
}

static void
errors_stick(void **state)
{
	struct fixture *f = *state;
	struct stmt *s = db_stmt(f->db, q_insert_user);

	bind_text(s, 1, "x");
	bind_i64(s, 3, 1);		/* there is no ?3 */
	bind_i64(s, 2, 1);
	assert_false(stmt_row(s));
	assert_int_equal(stmt_run(s), ERR_INTERNAL);
	assert_int_equal(number(f->db, "SELECT count(*) FROM users"), 0);
	s = db_stmt(f->db, q_insert_user);	/* and the next use begins anew */
	bind_text(s, 1, NULL);
	bind_i64(s, 2, 1);
	assert_int_equal(stmt_run(s), ERR_BADREQ);
	s = db_stmt(f->db, q_insert_user);
	bind_text(s, 1, "x");
	bind_i64(s, 2, 1);
	assert_ok(stmt_run(s));
}

static void
endings(void **state)
{
	struct fixture *f = *state;
	struct stmt *s = db_stmt(f->db, q_rename_user);
	int64_t n;

	bind_i64(s, 1, 1);
	bind_text(s, 2, "x");
	assert_int_equal(stmt_end_change(s), ERR_NOTFOUND);
	add_user(f->db, "a");
	s = db_stmt(f->db, q_rename_user);
	bind_i64(s, 1, 1);
	bind_text(s, 2, "x");
	assert_ok(stmt_end_count(s, &n));
	assert_int_equal(n, 1);
	s = db_stmt(f->db, q_user_texts);
	bind_i64(s, 1, 9);
	assert_false(stmt_row(s));
	assert_int_equal(stmt_end_row(s), ERR_NOTFOUND);
	s = db_stmt(f->db, q_user_texts);
	bind_i64(s, 1, 9);
	assert_false(stmt_row(s));
	assert_ok(stmt_end(s));
}

static void
transactions(void **state)
{
	struct fixture *f = *state;
	struct user u = { .name = "r" };
	int64_t id;

	assert_false(db_in_txn(f->db));
	db_rollback(f->db);
	assert_ok(db_begin_write(f->db));
	assert_true(db_in_txn(f->db));
	add_user(f->db, "a");
	assert_ok(db_commit(f->db));
	assert_int_equal(db_writes(f->db), 1);
	assert_ok(db_begin_write(f->db));
	assert_ok(db_commit(f->db));
	assert_int_equal(db_writes(f->db), 1);
	assert_ok(db_begin_write(f->db));
	add_user(f->db, "b");
	db_rollback(f->db);
	assert_false(db_in_txn(f->db));
	assert_int_equal(number(f->db, "SELECT count(*) FROM users"), 1);
	/* A reader cannot write. */
	assert_ok(db_begin_read(f->db));
	assert_int_equal(store_user_create(f->db, &u, &id), ERR_INTERNAL);
	db_rollback(f->db);
	assert_ok(db_begin_write(f->db));
	assert_ok(store_user_create(f->db, &u, &id));
	assert_ok(db_commit(f->db));
	assert_int_equal(db_writes(f->db), 2);
}

static void
the_end_of_a_write_follows_its_error(void **state)
{
	struct fixture *f = *state;

	assert_ok(db_begin_write(f->db));
	add_user(f->db, "a");
	assert_int_equal(db_end_write(f->db, ERR_FORBIDDEN), ERR_FORBIDDEN);
	assert_false(db_in_txn(f->db));
	assert_int_equal(number(f->db, "SELECT count(*) FROM users"), 0);
	assert_ok(db_begin_write(f->db));
	add_user(f->db, "a");
	assert_ok(db_end_write(f->db, OK));
	assert_int_equal(number(f->db, "SELECT count(*) FROM users"), 1);
}

static void
two_connections(void **state)
{
	struct fixture *f = *state;
	struct db *other = must_open(f, DB_USE);
	int64_t before, after, own;

	assert_ok(db_data_version(f->db, &before));
	add_user(f->db, "own");
	assert_ok(db_data_version(f->db, &own));
	assert_int_equal(before, own);
	/* A reader keeps its view, and holds nobody up. */
	assert_ok(db_begin_read(f->db));
	assert_int_equal(number(f->db, "SELECT count(*) FROM users"), 1);
	assert_ok(db_begin_write(other));
	add_user(other, "other");
	assert_ok(db_commit(other));
	assert_int_equal(number(f->db, "SELECT count(*) FROM users"), 1);
	assert_ok(db_commit(f->db));
	assert_int_equal(number(f->db, "SELECT count(*) FROM users"), 2);
	assert_ok(db_data_version(f->db, &after));
	assert_int_not_equal(before, after);
	db_close(other);
}

static void
locked(void **state)
{
	struct fixture *f = *state;
	struct db *other = must_open(f, DB_USE);

	db_set_busy(other, 30);
	assert_ok(db_begin_write(f->db));
	assert_int_equal(db_begin_write(other), ERR_BUSY);
	assert_non_null(strstr(db_errmsg(other), f->path));
	assert_non_null(strstr(db_errmsg(other), "another program holds its lock"));
	assert_false(db_in_txn(other));
	assert_ok(db_begin_read(other));
	assert_ok(db_commit(other));
	assert_ok(db_commit(f->db));
	assert_ok(db_begin_write(other));
	assert_ok(db_commit(other));
	db_close(other);
}

/* Writes until something gives; that must be the disk. */
static void
fill(struct fixture *f)
{
	enum err e = OK;
	char name[2048];
	struct user u = { .name = name };
	int64_t id;

	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	for (int i = 0; i < 100000 && e == OK; i++) {
		assert_ok(db_begin_write(f->db));
		(void)snprintf(name, 16, "%015d", i);
		name[15] = '-';
		e = store_user_create(f->db, &u, &id);
		if (e == OK)
			e = db_commit(f->db);
		else
			db_rollback(f->db);
	}
	assert_int_equal(e, ERR_STORAGE);
	assert_false(db_in_txn(f->db));
	assert_non_null(strstr(db_errmsg(f->db), "the disk is full"));
	assert_non_null(strstr(db_errmsg(f->db), f->path));
}

static void
page_limit(void **state)
{
	struct fixture *f = *state;
	int64_t kept;

	assert_int_equal(sql(f->db, arena_printf(f->a, "PRAGMA max_page_count = %d",
	    (int)number(f->db, "PRAGMA page_count") + 60)), SQLITE_OK);
	fill(f);
	kept = number(f->db, "SELECT count(*) FROM users");
	assert_true(kept > 10);
	assert_int_equal(sql(f->db, "PRAGMA max_page_count = 100000"), SQLITE_OK);
	assert_ok(db_begin_write(f->db));
	add_user(f->db, "room again");
	assert_ok(db_commit(f->db));
	assert_int_equal(number(f->db, "SELECT count(*) FROM users"), kept + 1);
}

static int
teardown_mount(void **state)
{
	(void)umount2(((struct fixture *)*state)->dir, MNT_DETACH);
	return teardown(state);
}

/* A real file system without room; needs root to mount one. */
static void
disk_full(void **state)
{
	struct fixture *f = *state;
	int64_t kept;

	if (mount("none", f->dir, "tmpfs", 0, "size=2m,mode=755") != 0) {
		print_message("cannot mount a tmpfs here: %s\n", strerror(errno));
		skip();
	}
	f->db = must_open(f, DB_SERVE);
	fill(f);
	kept = number(f->db, "SELECT count(*) FROM users");
	assert_true(kept > 10);
	reopen(f, DB_USE);
	assert_int_equal(number(f->db, "SELECT count(*) FROM users"), kept);
	assert_int_equal(number(f->db, "SELECT quick_check = 'ok' FROM pragma_quick_check"), 1);
}

/* A new file where there is no room even for the schema. */
static void
disk_full_at_start(void **state)
{
	struct fixture *f = *state;

	if (mount("none", f->dir, "tmpfs", 0, "size=64k,mode=755") != 0)
		skip();
	must_refuse(f, DB_SERVE, ERR_STORAGE, "the disk is full");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(statement_cache, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(binds_and_columns, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(errors_stick, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(endings, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(transactions, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(the_end_of_a_write_follows_its_error, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(two_connections, setup_file, teardown),
		cmocka_unit_test_setup_teardown(locked, setup_file, teardown),
		cmocka_unit_test_setup_teardown(page_limit, setup_file, teardown),
		cmocka_unit_test_setup_teardown(disk_full, setup_folder, teardown_mount),
		cmocka_unit_test_setup_teardown(disk_full_at_start, setup_folder,
		    teardown_mount),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
