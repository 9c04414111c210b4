/*
 * lib/base/arena.h -- memory that belongs to a task and goes with it.
 *
 * A handler allocates from its request's arena and frees nothing.  Allocation
 * never returns NULL: running out of memory ends the process, which its
 * supervisor starts again.  In sanitizer builds each piece is malloc'ed on its
 * own, so that an overrun is seen.
 */
#ifndef LIB_BASE_ARENA_H
#define LIB_BASE_ARENA_H

#include <stddef.h>

#include "lib/base/err.h"

struct arena;

/* A new empty arena; end it with arena_free(). */
struct arena *arena_new(void);
void arena_free(struct arena *a);

/* Gives back all pieces; keeps one block for the next task. */
void arena_reset(struct arena *a);

/* 'n' zeroed bytes, aligned for any type; never NULL. */
void *arena_alloc(struct arena *a, size_t n);

/* Room for 'count' items of 'size' bytes, zeroed; an overflow ends the process. */
void *arena_array(struct arena *a, size_t count, size_t size);

/*
 * An array that grows: 'v', or a bigger copy of it, with room for one more after
 * its first 'n' items of 'size' bytes; *cap (0 at first) is how many it holds.
 */
void *arena_room(struct arena *a, void *v, size_t n, size_t *cap, size_t size);

/* NUL-terminated copies. */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) printf_like(2, 3);

/* Calls fn(p) when the arena is reset or freed; last registered, first called. */
void arena_defer(struct arena *a, void (*fn)(void *), void *p);

#endif
