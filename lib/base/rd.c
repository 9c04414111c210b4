/* lib/base/rd.c -- a reading cursor whose error sticks. */
#include "lib/base/rd.h"

struct rd
rd_of(struct span in)
{
	return (struct rd){ in.p, in.n ? in.p + in.n : in.p, false };
}

size_t
rd_left(const struct rd *r)
{
	return r->bad ? 0 : (size_t)(r->end - r->p);
}

struct span
rd_bytes(struct rd *r, size_t n)
{
	struct span s = { r->p, n };

	if (n > rd_left(r) || r->bad) {
		r->bad = true;
		return (struct span){ NULL, 0 };
	}
	if (n > 0)
		r->p += n;
	return s;
}

static uint64_t
be(struct rd *r, size_t n)
{
	struct span s = rd_bytes(r, n);
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | s.p[i];
	return v;
}

uint8_t
rd_u8(struct rd *r)
{
	return (uint8_t)be(r, 1);
}

uint16_t
rd_be16(struct rd *r)
{
	return (uint16_t)be(r, 2);
}

uint32_t
rd_be32(struct rd *r)
{
	return (uint32_t)be(r, 4);
}

uint64_t
rd_be64(struct rd *r)
{
	return be(r, 8);
}
