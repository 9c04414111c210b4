/*
 * lib/wire/zstd_frame.c -- zstd frames, and the framing of a map stream.
 *
 * Level 1: the same messages at level 3 cost twice the time for a few percent.
 */
#include "lib/wire/zstd_frame.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "lib/base/log.h"

#define LEVEL 1

struct zframe {
	ZSTD_CCtx *ctx;
};

static void
set(struct zframe *z, ZSTD_cParameter what, int value)
{
	if (ZSTD_isError(ZSTD_CCtx_setParameter(z->ctx, what, value)))
		fatal("libzstd refuses parameter %d", (int)what);
}

struct zframe *
zframe_new(void)
{
	struct zframe *z = xcalloc(1, sizeof(*z));

	z->ctx = ZSTD_createCCtx();
	if (z->ctx == NULL)
		fatal("out of memory (zstd)");
	set(z, ZSTD_c_compressionLevel, LEVEL);
	set(z, ZSTD_c_contentSizeFlag, 0);
	set(z, ZSTD_c_checksumFlag, 0);
	return z;
}

void
zframe_free(struct zframe *z)
{
	if (z == NULL)
		return;
	(void)ZSTD_freeCCtx(z->ctx);
	free(z);
}

void
zframe_put(struct zframe *z, struct span in, struct buf *out)
{
	size_t bound = ZSTD_compressBound(in.n), n;
	uint8_t *to = buf_room(out, bound);

	if (to == NULL)
		return;
	n = ZSTD_compress2(z->ctx, to, bound, in.p, in.n);
	if (ZSTD_isError(n))
		fatal("zstd: %s", ZSTD_getErrorName(n));
	out->n += n;
}

size_t
map_message_begin(struct buf *out)
{
	size_t mark = out->n;

	buf_le32(out, 0);
	return mark;
}

void
map_message_end(struct buf *out, size_t mark)
{
	size_t n;

	if (out->over)
		return;
	assert(out->n >= mark + MAP_PREFIX_SIZE);
	n = out->n - mark - MAP_PREFIX_SIZE;
	if (n > UINT32_MAX) {
		out->over = true;
		return;
	}
	for (size_t i = 0; i < MAP_PREFIX_SIZE; i++)
		out->p[mark + i] = (uint8_t)(n >> (8 * i));
}

void
map_message_put(struct buf *out, struct zframe *z, struct span json)
{
	size_t mark = map_message_begin(out);

	if (z != NULL)
		zframe_put(z, json, out);
	else
		buf_put(out, json.p, json.n);
	map_message_end(out, mark);
}

#define KEEPALIVE_JSON "{\"KeepAlive\":true}\n"

/* Magic, single segment with one byte of content size (19), one raw block. */
static const uint8_t keepalive_zstd[] =
	"\x1c\0\0\0" "\x28\xb5\x2f\xfd" "\x20\x13" "\x99\0\0" KEEPALIVE_JSON;
static const uint8_t keepalive_plain[] = "\x13\0\0\0" KEEPALIVE_JSON;

struct span
map_keepalive(bool zstd)
{
	if (zstd)
		return (struct span){ keepalive_zstd,
		    sizeof(keepalive_zstd) - 1 };
	return (struct span){ keepalive_plain, sizeof(keepalive_plain) - 1 };
}
