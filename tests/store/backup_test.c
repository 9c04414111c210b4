/* tests/store/backup_test.c -- copies made while others write, are killed, or are in the way. */
#include "tests/store/fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "lib/store/backup.h"

#define WRITERS 3
#define COPIES 6

static const char *
in_dir(struct fixture *f, const char *name)
{
	return arena_printf(f->a, "%s/%s", f->dir, name);
}

static void
write_text(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

static const char *
content(struct fixture *f, const char *path)
{
	char buf[256] = "";
	FILE *in = fopen(path, "r");

	if (in == NULL)
		return "(none)";
	buf[fread(buf, 1, sizeof(buf) - 1, in)] = '\0';
	(void)fclose(in);
	return arena_strdup(f->a, buf);
}

static enum err
copy_to(struct fixture *f, const char *to)
{
	struct backup_file key = { BACKUP_KEY, STR("privkey:00") };

	return backup_write(f->db, to, false, &key, 1, NULL, NULL);
}

/* ---- others write ---- */

/* Two users in each transaction, until somebody kills it. */
static void
write_pairs(struct fixture *f, int who)
{
	struct db *db = must_open(f, DB_USE);

	for (int i = 0;; i++) {
		char *text = sqlite3_mprintf("BEGIN IMMEDIATE;"
		    "INSERT INTO users (name, display_name, created_ms) VALUES"
		    " ('l%d-%d', '', 1);"
		    "INSERT INTO users (name, display_name, created_ms) VALUES"
		    " ('r%d-%d', '', 1); COMMIT", who, i, who, i);

		if (sql(db, text) != SQLITE_OK)
			(void)sql(db, "ROLLBACK");
		sqlite3_free(text);
		(void)usleep(500);
	}
}

static void
start_writers(struct fixture *f, pid_t pids[WRITERS])
{
	for (int i = 0; i < WRITERS; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			write_pairs(f, i);
	}
}

static void
kill_writers(const pid_t pids[WRITERS])
{
	for (int i = 0; i < WRITERS; i++) {
		assert_int_equal(kill(pids[i], SIGKILL), 0);
		assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
	}
}

/* In a copy are whole transactions; its number of users. */
static int64_t
check_copy(struct fixture *f, const char *from)
{
	const char *to = arena_printf(f->a, "%s.back", from), *why = "";
	struct config cfg = f->cfg;
	struct backup_info info;
	struct db *db;
	struct buf text;
	int64_t n;

	if (backup_extract(f->a, from, to, &info, &why) != OK)
		fail_msg("%s", why);
	assert_true(str_is(info.key.content, "privkey:00"));
	cfg.db_path = to;
	buf_init(&text, 4096);
	assert_ok(db_open(&cfg, DB_USE, &db, &text));
	if (db_check_all(db, &text) != OK || backup_schema_check(db, &text) != OK)
		fail_msg("%.*s", (int)text.n, (const char *)text.p);
	n = number(db, "SELECT count(*) FROM users");
	assert_int_equal(number(db, "SELECT count(*) FROM users WHERE name LIKE 'l%'"),
	    number(db, "SELECT count(*) FROM users WHERE name LIKE 'r%'"));
	assert_int_equal(n, info.users);
	buf_fini(&text);
	db_close(db);
	return n;
}

static void
copies_under_load(void **state)
{
	struct fixture *f = *state;
	const char *names[COPIES];
	pid_t pids[WRITERS];
	int64_t n, before = -1;

	start_writers(f, pids);
	for (int i = 0; i < COPIES; i++) {
		names[i] = in_dir(f, arena_printf(f->a, "copy%d", i));
		(void)usleep(30000);
		assert_ok(copy_to(f, names[i]));
	}
	kill_writers(pids);
	for (int i = 0; i < COPIES; i++) {
		n = check_copy(f, names[i]);
		assert_true(n > before);
		before = n;
	}
	assert_true(before > 0);
}

/* ---- the same as what was copied ---- */

/* Rows of a table that only one of both has. */
static int64_t
differing(struct db *db, const char *table)
{
	char *text = sqlite3_mprintf("SELECT (SELECT count(*) FROM (SELECT * FROM main.\"%w\""
	    " EXCEPT SELECT * FROM other.\"%w\")) + (SELECT count(*) FROM (SELECT * FROM other.\"%w\""
	    " EXCEPT SELECT * FROM main.\"%w\"))", table, table, table, table);
	int64_t n = number(db, text);

	sqlite3_free(text);
	return n;
}

static void
what_comes_back_is_the_same(void **state)
{
	struct fixture *f = *state;
	const char *to = in_dir(f, "copy"), *back = in_dir(f, "back"), *why;
	struct backup_info info;
	sqlite3_stmt *p = NULL;
	int tables = 0;

	for (int i = 1; i < 50; i++)
		(void)add_node(f, add_user(f->db, arena_printf(f->a, "u%d", i)), i);
	assert_ok(copy_to(f, to));
	assert_ok(backup_extract(f->a, to, back, &info, &why));
	assert_int_equal(info.nodes, 49);
	assert_int_equal(sql(f->db, arena_printf(f->a, "ATTACH '%s' AS other", back)), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(f->db->h, "SELECT name FROM sqlite_schema"
	    " WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'", -1, &p, NULL),
	    SQLITE_OK);
	for (; sqlite3_step(p) == SQLITE_ROW; tables++)
		assert_int_equal(differing(f->db, (const char *)sqlite3_column_text(p, 0)), 0);
	sqlite3_finalize(p);
	assert_true(tables > 10);
	assert_int_equal(sql(f->db, "DETACH other"), SQLITE_OK);
}

/* ---- in the way ---- */

static void
names_that_are_taken(void **state)
{
	struct fixture *f = *state;
	const char *to = in_dir(f, "copy"), *part = in_dir(f, "copy.part");
	int fd;

	write_text(to, "precious");
	assert_int_equal(copy_to(f, to), ERR_CONFLICT);
	assert_string_equal(content(f, to), "precious");
	assert_int_equal(access(part, F_OK), -1);
	assert_ok(backup_write(f->db, to, true, NULL, 0, NULL, NULL));
	assert_int_equal(unlink(to), 0);

	write_text(part, "what a killed backup has left");
	fd = open(part, O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(copy_to(f, to), ERR_CONFLICT);
	assert_string_equal(content(f, part), "what a killed backup has left");
	(void)close(fd);
	assert_ok(copy_to(f, to));
	assert_int_equal(access(part, F_OK), -1);
	(void)check_copy(f, to);
}

static void
names_of_others(void **state)
{
	struct fixture *f = *state;
	const char *to = in_dir(f, "copy"), *part = in_dir(f, "copy.part");
	const char *other = in_dir(f, "other");

	write_text(other, "precious");
	assert_int_equal(symlink(other, part), 0);
	assert_int_equal(copy_to(f, to), ERR_INTERNAL);
	assert_int_equal(unlink(part), 0);
	assert_int_equal(link(other, part), 0);
	assert_int_equal(copy_to(f, to), ERR_CONFLICT);
	assert_string_equal(content(f, other), "precious");
	assert_int_equal(access(to, F_OK), -1);
}

/* ---- killed ---- */

static void
killed_copies(void **state)
{
	struct fixture *f = *state;
	const char *to = in_dir(f, "copy");
	pid_t pid;

	for (int i = 1; i <= 20; i++)
		(void)add_user(f->db, arena_printf(f->a, "u%d", i));
	for (int i = 0; i < 12; i++) {
		if ((pid = fork()) == 0) {
			f->db = must_open(f, DB_USE);
			_exit(copy_to(f, to) != OK);
		}
		(void)usleep((useconds_t)(1000 * i));
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		if (access(to, F_OK) == 0) {
			assert_int_equal(check_copy(f, to), 20);
			assert_int_equal(unlink(arena_printf(f->a, "%s.back", to)), 0);
			assert_int_equal(unlink(to), 0);
		}
	}
	assert_ok(copy_to(f, to));
	assert_int_equal(check_copy(f, to), 20);
}

/* ---- into its place ---- */

static void
keeps_what_is_there(void **state)
{
	struct fixture *f = *state;
	const char *path = in_dir(f, "x.db"), *kept = in_dir(f, "x.kept"), *why;
	const char *from = in_dir(f, "new");
	bool had;

	write_text(from, "new");
	assert_ok(backup_place(f->a, from, path, kept, &had, &why));
	assert_false(had);
	assert_string_equal(content(f, path), "new");

	write_text(from, "newer");
	write_text(in_dir(f, "x.db-wal"), "log");
	assert_ok(backup_place(f->a, from, path, kept, &had, &why));
	assert_true(had);
	assert_string_equal(content(f, path), "newer");
	assert_string_equal(content(f, kept), "new");
	assert_string_equal(content(f, in_dir(f, "x.kept-wal")), "log");
	assert_int_equal(access(in_dir(f, "x.db-wal"), F_OK), -1);

	write_text(from, "newest");
	assert_int_equal(backup_place(f->a, from, path, kept, &had, &why), ERR_INTERNAL);
	assert_non_null(strstr(why, "cannot keep"));
	assert_string_equal(content(f, path), "newer");
	assert_string_equal(content(f, kept), "new");
}

/* The log of a database that is gone would be taken for that of its successor. */
static void
log_of_a_lost_database(void **state)
{
	struct fixture *f = *state;
	const char *to = in_dir(f, "copy"), *fresh = in_dir(f, "fresh"), *why;
	struct backup_info info;
	bool had;

	assert_ok(copy_to(f, to));
	(void)add_user(f->db, "later");
	assert_int_equal(sql(f->db, "PRAGMA wal_autocheckpoint = 0"), SQLITE_OK);
	assert_ok(backup_extract(f->a, to, fresh, &info, &why));
	assert_int_equal(unlink(f->path), 0);
	assert_ok(backup_settle(f->a, f->path, &why));
	assert_ok(backup_place(f->a, fresh, f->path, in_dir(f, "kept"), &had, &why));
	assert_true(had);
	reopen(f, DB_USE);
	assert_int_equal(number(f->db, "SELECT count(*) FROM users"), 0);
}

static void
says_who_has_it_open(void **state)
{
	struct fixture *f = *state;
	const char *why = "";

	(void)add_user(f->db, "alice");
	assert_int_equal(backup_settle(f->a, f->path, &why), ERR_BUSY);
	db_close(f->db);
	f->db = NULL;
	assert_ok(backup_settle(f->a, f->path, &why));
	assert_int_equal(access(arena_printf(f->a, "%s-wal", f->path), F_OK), -1);
	f->db = must_open(f, DB_USE);
	assert_int_equal(number(f->db, "SELECT count(*) FROM users"), 1);
}

/* What the quick check of /health does not see. */
static void
an_index_that_is_not_its_table(void **state)
{
	struct fixture *f = *state;
	sqlite3 *h = NULL;	/* our own connections do not let anybody do this */
	struct buf why;

	(void)add_user(f->db, "alice");
	assert_int_equal(sqlite3_open(f->path, &h), SQLITE_OK);
	assert_int_equal(sqlite3_exec(h, "CREATE INDEX theirs ON users (name);"
	    "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET"
	    " sql = 'CREATE INDEX theirs ON users (created_ms)' WHERE name = 'theirs'",
	    NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(h);
	reopen(f, DB_USE);
	buf_init(&why, 4096);
	assert_ok(db_check(f->db, &why));
	assert_int_equal(db_check_all(f->db, &why), ERR_INTERNAL);
	buf_byte(&why, '\0');
	assert_non_null(strstr((char *)why.p, "theirs"));
	buf_fini(&why);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup_file, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(copies_under_load), T(what_comes_back_is_the_same), T(names_that_are_taken),
		T(names_of_others), T(killed_copies), T(keeps_what_is_there),
		T(log_of_a_lost_database), T(says_who_has_it_open),
		T(an_index_that_is_not_its_table),
	};

	return cmocka_run_group_tests_name("backup", tests, NULL, NULL);
}
