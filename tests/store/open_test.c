/* tests/store/open_test.c -- paths that do not work, and what is said about them. */
#include "tests/store/fixture.h"

#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define NOBODY 65534

static mode_t
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void
write_file(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

static void
makes_private_files(void **state)
{
	struct fixture *f = *state;
	char wal[128];

	(void)umask(0);
	f->db = must_open(f, DB_SERVE);
	add_user(f->db, "a");
	(void)snprintf(wal, sizeof(wal), "%s-wal", f->path);
	assert_int_equal(mode_of(f->path), 0600);
	assert_int_equal(mode_of(wal), 0600);
	(void)snprintf(wal, sizeof(wal), "%s-shm", f->path);
	assert_int_equal(mode_of(wal), 0600);
}

static void
settings(void **state)
{
	struct fixture *f = *state;

	f->cfg.sync = SYNC_FULL;
	f->db = must_open(f, DB_SERVE);
	assert_int_equal(number(f->db, "PRAGMA synchronous"), 2);
	f->cfg.sync = SYNC_NORMAL;
	reopen(f, DB_USE);
	assert_int_equal(number(f->db, "PRAGMA synchronous"), 1);
	assert_int_equal(number(f->db, "PRAGMA foreign_keys"), 1);
	assert_int_equal(number(f->db, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
}

static void
not_there(void **state)
{
	struct fixture *f = *state;
	char path[200];

	must_refuse(f, DB_USE, ERR_STORAGE, "`headrace serve` makes it");
	assert_int_equal(access(f->path, F_OK), -1);	/* and looking made none */
	(void)snprintf(path, sizeof(path), "%s/no/headrace.db", f->dir);
	f->cfg.db_path = path;
	must_refuse(f, DB_SERVE, ERR_STORAGE, "/no: No such file or directory; make the folder");
	write_file(f->path, "");
	(void)snprintf(path, sizeof(path), "%s/x", f->path);
	must_refuse(f, DB_SERVE, ERR_STORAGE, "is not a folder; set database.path");
	f->cfg.db_path = f->dir;
	must_refuse(f, DB_SERVE, ERR_STORAGE, "cannot be opened");
}

static void
not_a_database(void **state)
{
	struct fixture *f = *state;

	write_file(f->path, "This is a letter to somebody, and it is longer than a header."
	    " SQLite looks at a hundred bytes before it makes up its mind about a file.");
	must_refuse(f, DB_SERVE, ERR_INTERNAL, "is not an SQLite database");
	must_refuse(f, DB_USE, ERR_INTERNAL, "is not an SQLite database");
}

static void
empty_file(void **state)
{
	struct fixture *f = *state;

	write_file(f->path, "");
	must_refuse(f, DB_USE, ERR_CONFLICT, "`headrace serve` brings it up to date");
	f->db = must_open(f, DB_SERVE);
}

static void
damaged(void **state)
{
	struct fixture *f = *state;
	struct buf why;
	FILE *file;
	int64_t page;

	f->db = must_open(f, DB_SERVE);
	for (int i = 0; i < 200; i++)
		add_user(f->db, arena_printf(f->a, "user%d", i));
	page = number(f->db, "SELECT rootpage FROM sqlite_schema WHERE name = 'user_name'");
	db_close(f->db);
	f->db = NULL;
	file = fopen(f->path, "r+");
	assert_non_null(file);
	assert_int_equal(fseek(file, (page - 1) * 4096, SEEK_SET), 0);
	assert_int_equal(fputc(0x77, file), 0x77);
	assert_int_equal(fclose(file), 0);
	f->db = must_open(f, DB_USE);
	buf_init(&why, 65536);
	assert_int_equal(db_check(f->db, &why), ERR_INTERNAL);
	assert_true(why.n > 0);
	buf_fini(&why);
}

/* Runs 'fn' as somebody without rights; root may write anywhere. */
static void
as_nobody(struct fixture *f, void (*fn)(struct fixture *))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 ||
		    setuid(NOBODY) != 0))
			_exit(2);
		fn(f);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* must_refuse() for a child, where cmocka cannot jump out of a failure. */
static void
child_refuses(struct fixture *f, const char *part)
{
	struct db *db;
	struct buf why;

	buf_init(&why, 4096);
	if (db_open(&f->cfg, DB_SERVE, &db, &why) != ERR_STORAGE)
		_exit(3);
	buf_byte(&why, '\0');
	if (strstr((char *)why.p, part) == NULL) {
		(void)fprintf(stderr, "not the expected text: %s\n", (char *)why.p);
		_exit(4);
	}
	buf_fini(&why);
}

static void
folder_refused(struct fixture *f)
{
	child_refuses(f, "cannot write to folder");
}

static void
file_refused(struct fixture *f)
{
	child_refuses(f, "cannot write to the file");
}

static void
unreadable_refused(struct fixture *f)
{
	child_refuses(f, "cannot be opened");
}

static void
rights(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(chmod(f->dir, 0555), 0);
	as_nobody(f, folder_refused);
	assert_int_equal(chmod(f->dir, 0777), 0);
	f->db = must_open(f, DB_SERVE);
	assert_int_equal(chmod(f->path, 0444), 0);
	as_nobody(f, file_refused);
	assert_int_equal(chmod(f->path, 0), 0);
	if (geteuid() == 0)
		as_nobody(f, unreadable_refused);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(makes_private_files, setup_folder, teardown),
		cmocka_unit_test_setup_teardown(settings, setup_folder, teardown),
		cmocka_unit_test_setup_teardown(not_there, setup_folder, teardown),
		cmocka_unit_test_setup_teardown(not_a_database, setup_folder, teardown),
		cmocka_unit_test_setup_teardown(empty_file, setup_folder, teardown),
		cmocka_unit_test_setup_teardown(damaged, setup_folder, teardown),
		cmocka_unit_test_setup_teardown(rights, setup_folder, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
