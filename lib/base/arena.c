/*
 * lib/base/arena.c -- a list of blocks with a bump pointer in the first.
 *
 * Blocks double up to BLOCK_MAX; a piece larger than the next block gets one of
 * its own.  arena_reset() keeps the largest ordinary block, so a worker's steady
 * state allocates nothing.
 */
#include "lib/base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"

#define BLOCK_MIN 8192u
#define BLOCK_MAX (256u * 1024)
#define ALIGN 16u

#if defined(__has_feature)	/* clang */
#if __has_feature(address_sanitizer)
#define ONE_PIECE_PER_BLOCK 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ONE_PIECE_PER_BLOCK 1
#endif
#ifndef ONE_PIECE_PER_BLOCK
#define ONE_PIECE_PER_BLOCK 0
#endif

struct block {
	struct block *next;
	size_t size, used;
	_Alignas(ALIGN) unsigned char data[];
};

struct deferred {
	struct deferred *next;
	void (*fn)(void *);
	void *p;
};

struct arena {
	struct block *blocks;
	struct deferred *deferred;
	size_t next_size;
};

struct arena *
arena_new(void)
{
	struct arena *a = xcalloc(1, sizeof(*a));

	a->next_size = BLOCK_MIN;
	return a;
}

/* Adds a block to the list that begins at '*list'. */
static struct block *
block_add(struct block **list, size_t size)
{
	struct block *b = xmalloc(sizeof(*b) + size);

	b->size = size;
	b->used = 0;
	b->next = *list;
	*list = b;
	return b;
}

static struct block *
block_for(struct arena *a, size_t n)
{
	size_t size = a->next_size;

	if (ONE_PIECE_PER_BLOCK)
		return block_add(&a->blocks, n);
	if (a->blocks != NULL && a->blocks->size - a->blocks->used >= n)
		return a->blocks;
	if (n > size)	/* behind the first, which stays in use */
		return block_add(a->blocks ? &a->blocks->next : &a->blocks, n);
	if (a->next_size < BLOCK_MAX)
		a->next_size *= 2;
	return block_add(&a->blocks, size);
}

void *
arena_alloc(struct arena *a, size_t n)
{
	size_t want = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	struct block *b;
	void *p;

	if (n > PTRDIFF_MAX / 2)
		fatal("arena: allocation of %zu bytes", n);
	if (ONE_PIECE_PER_BLOCK)
		want = n;	/* padding would hide an overrun */
	b = block_for(a, want);
	p = b->data + b->used;
	b->used += want;
	return memset(p, 0, n);
}

void *
arena_array(struct arena *a, size_t count, size_t size)
{
	size_t n;

	if (__builtin_mul_overflow(count, size, &n))
		fatal("arena: %zu items of %zu bytes", count, size);
	return arena_alloc(a, n);
}

static void
run_deferred(struct arena *a)
{
	struct deferred *d;

	while ((d = a->deferred) != NULL) {
		a->deferred = d->next;
		d->fn(d->p);
	}
}

/* Frees all blocks but the largest ordinary one if 'keep'. */
static void
free_blocks(struct arena *a, int keep)
{
	struct block *b, *next, *kept = NULL;

	for (b = a->blocks; b != NULL; b = next) {
		next = b->next;
		if (keep && !ONE_PIECE_PER_BLOCK && b->size <= BLOCK_MAX &&
		    (kept == NULL || b->size > kept->size)) {
			free(kept);
			kept = b;
		} else {
			free(b);
		}
	}
	if (kept != NULL) {
		kept->next = NULL;
		kept->used = 0;
	}
	a->blocks = kept;
}

void
arena_reset(struct arena *a)
{
	run_deferred(a);
	free_blocks(a, 1);
}

void
arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	run_deferred(a);
	free_blocks(a, 0);
	free(a);
}

char *
arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *p = arena_alloc(a, n + 1);

	if (n > 0)
		memcpy(p, s, n);
	return p;
}

void *
arena_room(struct arena *a, void *v, size_t n, size_t *cap, size_t size)
{
	void *bigger;

	if (n < *cap)
		return v;
	*cap = *cap ? *cap * 2 : 16;
	bigger = arena_array(a, *cap, size);
	if (n > 0)
		memcpy(bigger, v, n * size);
	return bigger;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *p;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		fatal("arena_printf: bad format");
	p = arena_alloc(a, (size_t)n + 1);
	(void)vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return p;
}

void
arena_defer(struct arena *a, void (*fn)(void *), void *p)
{
	struct deferred *d = arena_alloc(a, sizeof(*d));

	d->fn = fn;
	d->p = p;
	d->next = a->deferred;
	a->deferred = d;
}
