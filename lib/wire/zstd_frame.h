/*
 * lib/wire/zstd_frame.h -- zstd frames, and the framing of a map stream.
 *
 * A message of a map stream is a length (u32, little-endian) and that many
 * bytes: JSON, or zstd frames whose contents joined are JSON.  Frames are made
 * without content size and checksum: with a content size the client's decoder
 * copies all that it has so far for each further frame of a message.
 */
#ifndef LIB_WIRE_ZSTD_FRAME_H
#define LIB_WIRE_ZSTD_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/str.h"

#define MAP_PREFIX_SIZE 4	/* bytes of the length before a message */

/* A compressor that is used again and again; not for two threads at once. */
struct zframe;

struct zframe *zframe_new(void);
void zframe_free(struct zframe *z);	/* NULL is fine */

/* Appends one frame that holds 'in'; out->over if it does not fit. */
void zframe_put(struct zframe *z, struct span in, struct buf *out);

/*
 * A message in parts: begin leaves room for the length and returns a mark, the
 * caller appends JSON or frames, end fills the length in.
 */
size_t map_message_begin(struct buf *out);
void map_message_end(struct buf *out, size_t mark);

/* One whole message: one frame if 'z' is there, the plain JSON if it is NULL. */
void map_message_put(struct buf *out, struct zframe *z, struct span json);

/*
 * The keep-alive message, ready to be sent.  Its JSON ends with a newline: a
 * client remembers the bytes of a plain {"KeepAlive":true} and drops another
 * message of the same compressed length (protocol guide, 6.4).
 */
struct span map_keepalive(bool zstd);

#endif
