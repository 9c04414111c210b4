/*
 * lib/base/rd.h -- a reading cursor whose error sticks.
 *
 * A codec reads field after field and checks 'bad' once.  After an error every
 * read gives zero, so a forgotten check cannot leak memory.
 */
#ifndef LIB_BASE_RD_H
#define LIB_BASE_RD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/str.h"

struct rd {
	const uint8_t *p, *end;
	bool bad;
};

struct rd rd_of(struct span in);
size_t rd_left(const struct rd *r);
uint8_t rd_u8(struct rd *r);
uint16_t rd_be16(struct rd *r);
uint32_t rd_be32(struct rd *r);
uint64_t rd_be64(struct rd *r);

/* The next 'n' bytes, borrowed; empty and 'bad' if there are fewer. */
struct span rd_bytes(struct rd *r, size_t n);

#endif
