/*
 * lib/base/buf.h -- a growing byte buffer with a maximum.
 *
 * Errors stick: once a write would pass 'max', 'over' is set, that write and
 * all later ones do nothing, and one check at the end is enough.
 */
#ifndef LIB_BASE_BUF_H
#define LIB_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/str.h"

struct buf {
	uint8_t *p;
	size_t n, cap, max;
	bool over;
};

void buf_init(struct buf *b, size_t max);
void buf_fini(struct buf *b);			/* frees; the struct may be used again */
void buf_clear(struct buf *b);			/* empties, keeps the memory */

void buf_put(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_byte(struct buf *b, uint8_t c);
void buf_printf(struct buf *b, const char *fmt, ...) printf_like(2, 3);
void buf_be16(struct buf *b, uint16_t v);
void buf_be32(struct buf *b, uint32_t v);
void buf_be64(struct buf *b, uint64_t v);
void buf_le32(struct buf *b, uint32_t v);

/* Room for 'n' more bytes at b->p + b->n, or NULL if over the maximum. */
uint8_t *buf_room(struct buf *b, size_t n);

/* Takes the first 'n' bytes away (n <= b->n). */
void buf_drop(struct buf *b, size_t n);

/* The bytes as text in the arena; the buffer is freed. */
char *buf_text(struct buf *b, struct arena *a);

struct span buf_span(const struct buf *b);
struct str buf_as_str(const struct buf *b);

#endif
