/*
 * tests/fuzz/fuzz.h -- what a fuzz target is made of.
 *
 * One function that takes any bytes and returns 0; it asserts what must hold.
 * libFuzzer calls it, and so does replay.c for the inputs that are kept.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Takes the first byte off 'in'; 0 if there is none. */
static inline uint8_t
take_byte(struct span *in)
{
	if (in->n == 0)
		return 0;
	in->n--;
	return *in->p++;
}

/* Takes the next piece of at most 'step' bytes off 'in'. */
static inline struct span
take_piece(struct span *in, size_t step)
{
	struct span s = { in->p, in->n < step ? in->n : step };

	in->p += s.n;
	in->n -= s.n;
	return s;
}

#endif
