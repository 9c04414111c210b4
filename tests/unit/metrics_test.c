/*
 * tests/unit/metrics_test.c -- counters that processes share: the file, the text, and
 * that a process that dies takes its gauges along and nothing else.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/metrics/table.h"

#define PROCESSES 4
#define ADDITIONS 100000

static char folder[] = "/tmp/hrmetrics.XXXXXX";
static char path[64];
static struct arena *arena;
static struct buf text;

static int
setup(void **state)
{
	(void)state;
	memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/metrics.map", folder);
	arena = arena_new();
	buf_init(&text, 1 << 20);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	metrics_close();
	(void)unlink(path);
	(void)rmdir(folder);
	buf_fini(&text);
	arena_free(arena);
	return 0;
}

static const char *
rendered(void)
{
	struct metrics_samples s = { .arena = arena };

	buf_clear(&text);
	metrics_render(&s, &text);
	return arena_strndup(arena, (const char *)text.p, text.n);
}

static void
assert_line(const char *line)
{
	const char *all = rendered();

	if (strstr(all, arena_printf(arena, "\n%s\n", line)) == NULL)
		fail_msg("no line '%s' in:\n%s", line, all);
}

static void
assert_no(const char *part)
{
	if (strstr(rendered(), part) != NULL)
		fail_msg("'%s' is there", part);
}

static void
open_as(enum metrics_role role)
{
	if (!metrics_open(path, role))
		fail_msg("%s: %s", path, strerror(errno));
}

/* ---- the table ---- */

static void
rows_are_well_formed(void **state)
{
	(void)state;
	for (enum metric m = 0; m < METRIC_COUNT; m++) {
		const struct metric_row *r = &metrics_rows[m];
		bool counter = r->kind == KIND_COUNTER || r->kind == KIND_ASKED_COUNTER;

		assert_non_null(r->name);
		assert_int_equal(strncmp(r->name, "headrace_", 9), 0);
		assert_int_equal(strspn(r->name, "abcdefghijklmnopqrstuvwxyz_"), strlen(r->name));
		assert_int_equal(r->help[strlen(r->help) - 1], '.');
		assert_int_equal(str_ends(str_of(r->name), "_total"), counter);
		assert_int_equal(r->kind == KIND_HISTOGRAM, r->bounds != NULL);
		for (unsigned i = 1; i < metrics_bounds(r); i++)
			assert_true(r->bounds[i - 1] < r->bounds[i]);
		for (enum metric other = 0; other < m; other++)
			assert_string_not_equal(r->name, metrics_rows[other].name);
	}
}

static void
labels_have_all_their_values(void **state)
{
	(void)state;
	for (enum metric m = 0; m < METRIC_COUNT; m++)
		for (int i = 0; i < METRICS_LABELS; i++)
			for (unsigned v = 0; v < metrics_rows[m].label[i].n; v++)
				assert_non_null(metrics_rows[m].label[i].values[v]);
	assert_int_equal(metrics_rows[METRIC_REQUESTS].label[1].n, METRICS_STATUSES);
	for (int status = 100; status < 600; status++) {
		const char *name = metrics_rows[METRIC_REQUESTS].label[1].values[metrics_status(status)];

		if (strcmp(name, "other") != 0)
			assert_int_equal(strtol(name, NULL, 10), status);
	}
	assert_int_equal(metrics_status(200), 0);
	assert_int_equal(metrics_status(503), METRICS_STATUSES - 2);
}

/* ---- docs/metrics.md ---- */

static const char *
documentation(void)
{
	struct str out;
	const char *wrong = file_read(arena, "docs/metrics.md", 1 << 20, &out);

	if (wrong != NULL)
		fail_msg("docs/metrics.md: %s: run this test in the top folder", wrong);
	return out.p;
}

static const char *
type_name(const struct metric_row *r)
{
	return r->kind == KIND_HISTOGRAM ? "histogram" :
	    r->kind == KIND_COUNTER || r->kind == KIND_ASKED_COUNTER ? "counter" : "gauge";
}

static void
every_row_is_documented(void **state)
{
	const char *doc = documentation();

	(void)state;
	for (enum metric m = 0; m < METRIC_COUNT; m++) {
		const struct metric_row *r = &metrics_rows[m];
		const char *first = r->label[0].name, *second = r->label[1].name;
		const char *line = arena_printf(arena, "\n| `%s` | %s | %s%s%s | ", r->name,
		    type_name(r), first ? first : "–", second ? ", " : "", second ? second : "");

		if (strstr(doc, line) == NULL)
			fail_msg("docs/metrics.md has no row that begins with %s", line + 1);
	}
}

static void
every_label_value_is_documented(void **state)
{
	const char *values = strstr(documentation(), "\n### Values of labels\n");

	(void)state;
	assert_non_null(values);
	for (enum metric m = 0; m < METRIC_COUNT; m++)
		for (int i = 0; i < METRICS_LABELS; i++)
			for (unsigned v = 0; v < metrics_rows[m].label[i].n; v++) {
				const char *word = arena_printf(arena, "`%s`",
				    metrics_rows[m].label[i].values[v]);

				if (strstr(values, word) == NULL)
					fail_msg("docs/metrics.md explains no label value %s", word);
			}
}

static bool
is_metric(struct str name)
{
	static const char *const parts[] = { "", "_bucket", "_sum", "_count" };

	for (enum metric m = 0; m < METRIC_COUNT; m++)
		for (size_t i = 0; i < COUNT(parts); i++)
			if ((i == 0 || metrics_rows[m].kind == KIND_HISTOGRAM) &&
			    str_is(name, arena_printf(arena, "%s%s", metrics_rows[m].name, parts[i])))
				return true;
	return false;
}

static void
no_stranger_is_documented(void **state)
{
	const char *p = documentation();

	(void)state;
	while ((p = strstr(p, "headrace_")) != NULL) {
		struct str name = { p, strspn(p, "abcdefghijklmnopqrstuvwxyz_") };

		if (!is_metric(name) && p[name.n] != '*')
			fail_msg("docs/metrics.md speaks of %.*s", (int)name.n, name.p);
		p += name.n;
	}
}

/* ---- one process ---- */

static void
without_a_file_nothing_happens(void **state)
{
	(void)state;
	assert_false(metrics_open("/nonexistent/metrics.map", METRICS_WEB));
	assert_int_equal(errno, ENOENT);
	metrics_add(METRIC_REQUESTS, 0, 1);
	metrics_set(METRIC_STREAMS, 0, 1);
	metrics_observe(METRIC_DB_WAIT_SECONDS, 0, 1);
	assert_line("headrace_streams 0");
	metrics_close();
}

static void
counters_count_and_are_labelled(void **state)
{
	unsigned cell = METRICS_F_API_V2 * METRICS_STATUSES;

	(void)state;
	open_as(METRICS_WEB);
	metrics_add(METRIC_REQUESTS, cell + metrics_status(404), 2);
	metrics_add(METRIC_REQUESTS, cell + metrics_status(418), 1);
	metrics_add(METRIC_REGISTRATIONS, METRICS_R_REFUSED, 7);
	assert_line("# TYPE headrace_requests_total counter");
	assert_line("headrace_requests_total{family=\"api_v2\",status=\"404\"} 2");
	assert_line("headrace_requests_total{family=\"api_v2\",status=\"other\"} 1");
	assert_no("status=\"200\"");		/* never touched */
	assert_line("headrace_registrations_total{result=\"refused\"} 7");
	assert_line("headrace_registrations_total{result=\"new\"} 0");
}

static void
histograms_add_up(void **state)
{
	(void)state;
	open_as(METRICS_WEB);
	metrics_observe(METRIC_DB_TXN_SECONDS, METRICS_WRITE, 100000);	/* on the bound */
	metrics_observe(METRIC_DB_TXN_SECONDS, METRICS_WRITE, 100001);
	metrics_observe(METRIC_DB_TXN_SECONDS, METRICS_WRITE, 3600000000000);
	metrics_observe(METRIC_DB_TXN_SECONDS, METRICS_WRITE, -5);
	assert_line("# TYPE headrace_db_transaction_seconds histogram");
	assert_line("headrace_db_transaction_seconds_bucket{kind=\"write\",le=\"0.0001\"} 2");
	assert_line("headrace_db_transaction_seconds_bucket{kind=\"write\",le=\"0.00025\"} 3");
	assert_line("headrace_db_transaction_seconds_bucket{kind=\"write\",le=\"10\"} 3");
	assert_line("headrace_db_transaction_seconds_bucket{kind=\"write\",le=\"+Inf\"} 4");
	assert_line("headrace_db_transaction_seconds_sum{kind=\"write\"} 3600.000200001");
	assert_line("headrace_db_transaction_seconds_count{kind=\"write\"} 4");
	assert_line("headrace_db_transaction_seconds_count{kind=\"read\"} 0");
}

/* No two cells of any two metrics are the same. */
static void
metrics_do_not_overlap(void **state)
{
	(void)state;
	open_as(METRICS_WEB);
	for (enum metric m = 0; m < METRIC_COUNT; m++) {
		const struct metric_row *r = &metrics_rows[m];

		for (unsigned i = 0; i < metrics_width(r); i++) {
			if (r->kind == KIND_COUNTER)
				metrics_add(m, i, 1);
			else if (r->kind == KIND_GAUGE)
				metrics_set(m, i, 1);
			else if (r->kind == KIND_HISTOGRAM)
				metrics_observe(m, i, INT64_MAX / 2);
		}
	}
	for (struct str rest = str_of(rendered()), line; str_cut(&rest, '\n', &line);) {
		if (line.n == 0 || line.p[0] == '#' || memmem(line.p, line.n, "_process", 8) ||
		    memmem(line.p, line.n, "_sum", 4) || memmem(line.p, line.n, "_since", 6))
			continue;
		if (!str_ends(line, " 1") && !str_ends(line, " 0"))
			fail_msg("%.*s", (int)line.n, line.p);
	}
}

static void
samples_are_escaped_and_may_be_missing(void **state)
{
	struct metrics_samples s = { .arena = arena };

	(void)state;
	metrics_sample(&s, METRIC_NODES, "a\"b\\c\nd", NULL, 5);
	metrics_sample(&s, METRIC_DB_BYTES, NULL, NULL, 12345678901234);
	metrics_render(&s, &text);
	buf_byte(&text, '\0');
	assert_non_null(strstr((char *)text.p, "\nheadrace_nodes{state=\"a\\\"b\\\\c\\nd\"} 5\n"));
	assert_non_null(strstr((char *)text.p, "\nheadrace_db_size_bytes 12345678901234\n"));
	assert_null(strstr((char *)text.p, "headrace_users"));
}

static void
own_process_is_shown(void **state)
{
	(void)state;
	open_as(METRICS_NOTIFIER);
	metrics_set(METRIC_STREAMS, 0, 42);
	assert_line("headrace_streams 42");
	assert_line("headrace_processes{role=\"notifier\"} 1");
	assert_line("headrace_processes{role=\"web\"} 0");
	assert_non_null(strstr(rendered(),
	    "\nheadrace_process_resident_memory_bytes{role=\"notifier\",slot=\"0\"} "));
	assert_non_null(strstr(rendered(), "\nheadrace_process_open_fds{role=\"notifier\""));
}

/* ---- the file ---- */

static void
file_is_private_and_kept(void **state)
{
	struct stat st;

	(void)state;
	open_as(METRICS_WEB);
	metrics_add(METRIC_DB_BUSY, 0, 3);
	metrics_set(METRIC_STREAMS, 0, 9);
	metrics_close();
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	open_as(METRICS_CGI);
	metrics_set(METRIC_STREAMS, 0, 5);	/* has no slot */
	assert_line("headrace_db_busy_total 3");
	assert_line("headrace_streams 0");
}

static void
put_file(const char *bytes, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* Whoever still has the old one goes on with it, and is not disturbed. */
static void
foreign_file_is_replaced(void **state)
{
	struct stat st;
	off_t size;
	FILE *f;

	(void)state;
	put_file("something else", 14);
	open_as(METRICS_WEB);
	metrics_add(METRIC_DB_BUSY, 0, 3);
	assert_int_equal(stat(path, &st), 0);
	size = st.st_size;
	f = fopen(path, "r+");			/* another layout, of the same size */
	assert_non_null(f);
	assert_int_equal(fseek(f, 8, SEEK_SET), 0);
	assert_int_equal(fwrite("12345678", 1, 8, f), 8);
	assert_int_equal(fclose(f), 0);
	open_as(METRICS_WEB);
	assert_line("headrace_db_busy_total 0");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, size);
	metrics_close();
	assert_int_equal(truncate(path, 100), 0);
	open_as(METRICS_WEB);
	assert_line("headrace_db_busy_total 0");
}

static void
a_link_is_not_followed(void **state)
{
	(void)state;
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_false(metrics_open(path, METRICS_WEB));
	assert_int_equal(errno, ELOOP);
}

/* ---- several processes ---- */

static pid_t
child(enum metrics_role role, int ready)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)alarm(60);	/* should the test end without ending us */
	if (!metrics_open(path, role))
		_exit(1);
	for (int i = 0; i < ADDITIONS; i++) {
		metrics_add(METRIC_DB_BUSY, 0, 1);
		metrics_observe(METRIC_DB_WAIT_SECONDS, 0, 1000);
	}
	metrics_set(METRIC_WORKERS_BUSY, METRICS_CONTROL, 1);
	if (write(ready, "x", 1) != 1)
		_exit(1);
	for (;;)
		(void)pause();
}

static void
dying_takes_only_gauges_along(void **state)
{
	pid_t pid[PROCESSES];
	int ready[2];
	char c;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	for (int i = 0; i < PROCESSES; i++)
		pid[i] = child(METRICS_CONTROL, ready[1]);
	for (int i = 0; i < PROCESSES; i++)
		assert_int_equal(read(ready[0], &c, 1), 1);
	open_as(METRICS_WEB);
	assert_line("headrace_db_busy_total 400000");
	assert_line("headrace_db_lock_wait_seconds_count 400000");
	assert_line("headrace_db_lock_wait_seconds_sum 0.400000000");
	assert_line("headrace_workers_busy{role=\"control\"} 4");
	assert_line("headrace_processes{role=\"control\"} 4");
	(void)kill(pid[1], SIGKILL);
	assert_int_equal(waitpid(pid[1], NULL, 0), pid[1]);
	assert_line("headrace_workers_busy{role=\"control\"} 3");
	assert_line("headrace_processes{role=\"control\"} 3");
	assert_line("headrace_db_busy_total 400000");
	for (int i = 0; i < PROCESSES; i++)
		if (i != 1) {
			(void)kill(pid[i], SIGKILL);
			(void)waitpid(pid[i], NULL, 0);
		}
	metrics_close();
	open_as(METRICS_CONTROL);	/* takes one of their slots */
	assert_line("headrace_processes{role=\"control\"} 1");
	assert_line("headrace_workers_busy{role=\"control\"} 0");
	assert_line("headrace_db_busy_total 400000");
	(void)close(ready[0]);
	(void)close(ready[1]);
}

/* All at once on a file that is not there: one makes it, all use it. */
static void
starting_together_makes_one_file(void **state)
{
	pid_t pid[16];

	(void)state;
	for (int i = 0; i < 16; i++) {
		pid[i] = fork();
		if (pid[i] == 0) {
			if (!metrics_open(path, METRICS_WEB))
				_exit(1);
			metrics_add(METRIC_DB_BUSY, 0, 1);
			_exit(0);
		}
	}
	for (int i = 0; i < 16; i++) {
		int status;

		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
	open_as(METRICS_WEB);
	assert_line("headrace_db_busy_total 16");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rows_are_well_formed),
		TEST(labels_have_all_their_values),
		TEST(every_row_is_documented),
		TEST(every_label_value_is_documented),
		TEST(no_stranger_is_documented),
		TEST(without_a_file_nothing_happens),
		TEST(counters_count_and_are_labelled),
		TEST(histograms_add_up),
		TEST(metrics_do_not_overlap),
		TEST(samples_are_escaped_and_may_be_missing),
		TEST(own_process_is_shown),
		TEST(file_is_private_and_kept),
		TEST(foreign_file_is_replaced),
		TEST(a_link_is_not_followed),
		TEST(dying_takes_only_gauges_along),
		TEST(starting_together_makes_one_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
