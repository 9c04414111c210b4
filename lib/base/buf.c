/* lib/base/buf.c -- a growing byte buffer with a maximum. */
#include "lib/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void
buf_fini(struct buf *b)
{
	free(b->p);
	buf_init(b, b->max);
}

void
buf_clear(struct buf *b)
{
	b->n = 0;
	b->over = false;
}

/* buf_room() with 'slack' bytes behind that do not count. */
static uint8_t *
room(struct buf *b, size_t n, size_t slack)
{
	size_t cap = b->cap ? b->cap : 256;

	if (b->over || n > b->max - b->n) {
		b->over = true;
		return NULL;
	}
	if (b->p == NULL || b->n + n + slack > b->cap) {
		while (cap < b->n + n + slack)
			cap *= 2;
		b->p = xrealloc(b->p, cap);
		b->cap = cap;
	}
	return b->p + b->n;
}

uint8_t *
buf_room(struct buf *b, size_t n)
{
	return room(b, n, 0);
}

void
buf_put(struct buf *b, const void *p, size_t n)
{
	uint8_t *to = n > 0 ? buf_room(b, n) : NULL;

	if (to == NULL)
		return;
	memcpy(to, p, n);
	b->n += n;
}

void
buf_str(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void
buf_byte(struct buf *b, uint8_t c)
{
	buf_put(b, &c, 1);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	uint8_t *to;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	to = n < 0 ? NULL : room(b, (size_t)n, 1);
	if (to != NULL) {
		(void)vsnprintf((char *)to, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	}
	va_end(again);
}

void
buf_be16(struct buf *b, uint16_t v)
{
	buf_put(b, (uint8_t[]){ v >> 8, v & 0xff }, 2);
}

void
buf_be32(struct buf *b, uint32_t v)
{
	buf_be16(b, v >> 16);
	buf_be16(b, v & 0xffff);
}

void
buf_be64(struct buf *b, uint64_t v)
{
	buf_be32(b, v >> 32);
	buf_be32(b, v & 0xffffffff);
}

void
buf_le32(struct buf *b, uint32_t v)
{
	buf_be32(b, __builtin_bswap32(v));
}

void
buf_drop(struct buf *b, size_t n)
{
	if (n > 0 && n < b->n)
		memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

char *
buf_text(struct buf *b, struct arena *a)
{
	char *text = arena_strndup(a, b->n ? (const char *)b->p : "", b->n);

	buf_fini(b);
	return text;
}

struct span
buf_span(const struct buf *b)
{
	return (struct span){ b->p, b->n };
}

struct str
buf_as_str(const struct buf *b)
{
	return (struct str){ (const char *)b->p, b->n };
}
