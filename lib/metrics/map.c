/*
 * lib/metrics/map.c -- makes and maps the file, and takes a slot in it.
 *
 * All of that happens under a lock on the file.  A file of another layout may still be
 * mapped by processes of the program's older version: it is never changed but
 * unlinked, so that each side counts into its own.  Blocks are reserved at once: a
 * full disk must be an error here and not a signal at the first addition.
 */
#include "lib/metrics/map.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"

#define TRIES 8		/* somebody else replaces the file at the same time */

struct metrics_map *metrics_map;
struct metrics_slot *metrics_own;
struct metrics_place metrics_place[METRIC_COUNT];

/* ---- the layout ---- */

static uint64_t
hash_bytes(uint64_t h, const void *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h = (h ^ ((const uint8_t *)p)[i]) * 0x100000001b3u;	/* FNV-1a */
	return h;
}

static uint64_t
hash_text(uint64_t h, const char *s)
{
	return hash_bytes(h, s, strlen(s) + 1);
}

static uint64_t
hash_row(uint64_t h, const struct metric_row *r)
{
	h = hash_text(h, r->name);
	h = hash_bytes(h, &r->kind, sizeof(r->kind));
	for (int i = 0; i < METRICS_LABELS; i++)
		for (unsigned v = 0; v < r->label[i].n; v++)
			h = hash_text(h, r->label[i].values[v]);
	return hash_bytes(h, r->bounds, metrics_bounds(r) * sizeof(*r->bounds));
}

/* Gives each metric its cells; answers what tells this layout from others. */
static uint64_t
lay_out(void)
{
	uint64_t h = 0xcbf29ce484222325u, size = sizeof(struct metrics_map);
	uint32_t cells = 0, gauges = 0;

	for (enum metric m = 0; m < METRIC_COUNT; m++) {
		const struct metric_row *r = &metrics_rows[m];
		bool histogram = r->kind == KIND_HISTOGRAM;
		uint32_t stride = histogram ? METRICS_BUCKETS + metrics_bounds(r) + 1 : 1;
		uint32_t *next = r->kind == KIND_GAUGE ? &gauges : &cells;

		metrics_place[m] = (struct metrics_place){ *next, stride };
		if (r->kind == KIND_GAUGE || r->kind == KIND_COUNTER || histogram)
			*next += metrics_width(r) * stride;
		h = hash_row(h, r);
	}
	assert(cells <= METRICS_CELLS && gauges <= METRICS_GAUGES);
	return hash_bytes(h, &size, sizeof(size));
}

/* ---- the file ---- */

/* Is what we have locked still what the path names? */
static bool
is_current(int fd, const char *path, struct stat *st)
{
	struct stat named;

	return fstat(fd, st) == 0 && stat(path, &named) == 0 &&
	    st->st_dev == named.st_dev && st->st_ino == named.st_ino;
}

static struct metrics_map *
map_fd(int fd)
{
	void *p = mmap(NULL, sizeof(struct metrics_map), PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

static struct metrics_map *
make(int fd, uint64_t layout)
{
	struct metrics_map *m;
	int e = posix_fallocate(fd, 0, sizeof(*m));

	if (e != 0) {		/* of the wrong size it is replaced next time */
		errno = e;
		return NULL;
	}
	if ((m = map_fd(fd)) == NULL)
		return NULL;
	memcpy(m->magic, METRICS_MAGIC, sizeof(m->magic));
	m->layout = layout;
	m->since_ms = clock_wall_ms();
	return m;
}

/* NULL with errno ESTALE if the file is not ours to use. */
static struct metrics_map *
take(int fd, off_t size, uint64_t layout)
{
	struct metrics_map *m;

	errno = ESTALE;
	if (size != (off_t)sizeof(*m) || (m = map_fd(fd)) == NULL)
		return NULL;
	if (memcmp(m->magic, METRICS_MAGIC, sizeof(m->magic)) == 0 && m->layout == layout)
		return m;
	(void)munmap(m, sizeof(*m));
	errno = ESTALE;
	return NULL;
}

/* ---- slots ---- */

/* A slot that nobody uses; best one of the same role, whose series then go on. */
static struct metrics_slot *
free_slot(struct metrics_map *m, enum metrics_role role)
{
	struct metrics_slot *fresh = NULL, *any = NULL;
	struct metrics_process p;

	for (size_t i = 0; i < METRICS_SLOTS; i++) {
		struct metrics_slot *s = &m->slot[i];

		if (metrics_slot_alive(s, &p))
			continue;
		if (s->start != 0 && s->role == role)
			return s;
		if (fresh == NULL && s->start == 0)
			fresh = s;
		if (any == NULL)
			any = s;
	}
	return fresh != NULL ? fresh : any;
}

static struct metrics_slot *
slot_take(struct metrics_map *m, enum metrics_role role)
{
	struct metrics_slot *s = free_slot(m, role);
	struct metrics_process p;

	if (s == NULL || !metrics_process_read(getpid(), &p))
		return NULL;
	atomic_store(&s->pid, 0);
	for (size_t i = 0; i < METRICS_GAUGES; i++)
		atomic_store(&s->gauge[i], 0);
	s->role = role;
	s->start = p.start;
	s->since_ms = clock_wall_ms();
	atomic_store(&s->pid, getpid());
	return s;
}

/* ---- opening ---- */

/* Once: the file as it is, or a new one.  ESTALE: it was replaced meanwhile. */
static struct metrics_map *
try_open(const char *path, enum metrics_role role, uint64_t layout)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), e;
	struct metrics_map *m = NULL;
	struct stat st;

	if (fd < 0)
		return NULL;
	if (flock(fd, LOCK_EX) != 0 || !is_current(fd, path, &st)) {
		errno = ESTALE;
	} else if (st.st_size == 0) {
		m = make(fd, layout);
	} else if ((m = take(fd, st.st_size, layout)) == NULL && errno == ESTALE) {
		(void)unlink(path);
		errno = ESTALE;
	}
	if (m != NULL && role != METRICS_CGI)
		metrics_own = slot_take(m, role);
	e = errno;
	(void)flock(fd, LOCK_UN);	/* a mapping holds the file, and so the lock, open */
	(void)close(fd);
	errno = e;
	return m;
}

bool
metrics_open(const char *path, enum metrics_role role)
{
	uint64_t layout = lay_out();

	metrics_close();
	for (int i = 0; i < TRIES && metrics_map == NULL; i++) {
		metrics_map = try_open(path, role, layout);
		if (metrics_map == NULL && errno != ESTALE)
			break;
	}
	return metrics_map != NULL;
}

void
metrics_close(void)
{
	if (metrics_own != NULL)
		atomic_store(&metrics_own->pid, 0);
	if (metrics_map != NULL)
		(void)munmap(metrics_map, sizeof(*metrics_map));
	metrics_own = NULL;
	metrics_map = NULL;
}
