/*
 * lib/metrics/process.c -- what the system says of the processes that have a slot.
 *
 * Whoever reads the metrics looks it up, so a process spends nothing on saying how it
 * is.  A pid alone is no name: another process may have it by now, so the time of the
 * start is compared.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/metrics/map.h"

#define STAT_MAX 1024
#define STAT_CPU 11	/* fields behind the name: utime and stime */
#define STAT_START 19
#define STAT_RSS 21

/* The text of /proc/PID/stat behind the name, which may hold anything. */
static const char *
read_stat(int32_t pid, char text[static STAT_MAX])
{
	char path[40], *end;
	FILE *f;
	size_t n;

	(void)snprintf(path, sizeof(path), "/proc/%" PRId32 "/stat", pid);
	if ((f = fopen(path, "re")) == NULL)
		return NULL;
	n = fread(text, 1, STAT_MAX - 1, f);
	(void)fclose(f);
	text[n] = '\0';
	end = strrchr(text, ')');
	return end != NULL && end[1] == ' ' ? end + 2 : NULL;
}

bool
metrics_process_read(int32_t pid, struct metrics_process *out)
{
	char text[STAT_MAX];
	struct str rest = str_of(read_stat(pid, text)), field;
	int64_t v;

	*out = (struct metrics_process){ 0 };
	for (int i = 0; i <= STAT_RSS; i++) {
		if (!str_cut(&rest, ' ', &field))
			return false;
		if (i == 0 && (str_is(field, "Z") || str_is(field, "X")))
			return false;		/* dead, and nobody has noticed yet */
		if (!str_i64(field, &v) || v < 0)
			continue;
		if (i == STAT_CPU || i == STAT_CPU + 1)
			out->cpu_ticks += (uint64_t)v;
		else if (i == STAT_START)
			out->start = (uint64_t)v;
		else if (i == STAT_RSS)
			out->resident_pages = (uint64_t)v;
	}
	return true;
}

bool
metrics_slot_alive(const struct metrics_slot *s, struct metrics_process *p)
{
	int32_t pid = atomic_load(&s->pid);

	return pid > 0 && metrics_process_read(pid, p) && p->start == s->start;
}

/* Newer systems count them; others have to be asked for the list. */
static uint64_t
open_fds(int32_t pid)
{
	char path[40];
	struct stat st;
	uint64_t n = 0;
	DIR *d;

	(void)snprintf(path, sizeof(path), "/proc/%" PRId32 "/fd", pid);
	if (stat(path, &st) == 0 && st.st_size > 0)
		return (uint64_t)st.st_size;
	if ((d = opendir(path)) == NULL)
		return 0;
	for (const struct dirent *e; (e = readdir(d)) != NULL;)
		n += e->d_name[0] != '.';
	(void)closedir(d);
	return n;
}

/* Asks of one process what the table has. */
static void
add_process(struct metrics_samples *s, size_t i, const struct metrics_process *p)
{
	const struct metrics_slot *slot = &metrics_map->slot[i];
	const char *role = metrics_roles[slot->role];
	const char *number = arena_printf(s->arena, "%zu", i);
	double tick = 1.0 / (double)sysconf(_SC_CLK_TCK);
	int32_t pid = atomic_load(&slot->pid);
	struct rlimit fds;

	metrics_sample(s, METRIC_PROCESS_CPU, role, number, (double)p->cpu_ticks * tick);
	metrics_sample(s, METRIC_PROCESS_MEMORY, role, number,
	    (double)p->resident_pages * (double)sysconf(_SC_PAGESIZE));
	metrics_sample(s, METRIC_PROCESS_FDS, role, number, (double)open_fds(pid));
	metrics_sample(s, METRIC_PROCESS_START, role, number, (double)slot->since_ms / 1e3);
	if (prlimit(pid, RLIMIT_NOFILE, NULL, &fds) == 0)
		metrics_sample(s, METRIC_PROCESS_FDS_MAX, role, number, (double)fds.rlim_cur);
}

void
metrics_processes(struct metrics_samples *s, bool alive[static METRICS_SLOTS])
{
	unsigned n[METRICS_ROLES] = { 0 };
	struct metrics_process p;

	for (size_t i = 0; i < METRICS_SLOTS; i++) {
		const struct metrics_slot *slot = &metrics_map->slot[i];

		alive[i] = slot->role < METRICS_ROLES && metrics_slot_alive(slot, &p);
		if (!alive[i])
			continue;
		n[slot->role]++;
		add_process(s, i, &p);
	}
	for (enum metrics_role r = 0; r < METRICS_CGI; r++)
		metrics_sample(s, METRIC_PROCESSES, metrics_roles[r], NULL, n[r]);
}
