/*
 * lib/crypto/blake2s.h -- BLAKE2s-256, HMAC and HKDF over it, as Noise wants.
 *
 * Not for several threads: one digest context serves the process.
 */
#ifndef LIB_CRYPTO_BLAKE2S_H
#define LIB_CRYPTO_BLAKE2S_H

#include <stdint.h>

#include "lib/base/str.h"

#define BLAKE2S_BYTES 32
#define BLAKE2S_BLOCK 64

/* HASH(a || b), unkeyed. */
void blake2s(uint8_t out[static BLAKE2S_BYTES], struct span a, struct span b);

/* HMAC(key, a || b).  'out' may be the key. */
void blake2s_hmac(uint8_t out[static BLAKE2S_BYTES],
    const uint8_t key[static BLAKE2S_BYTES], struct span a, struct span b);

/*
 * HKDF with two outputs: prk = HMAC(ck, ikm), t1 = HMAC(prk, 1),
 * t2 = HMAC(prk, t1 || 2).  't1' may be 'ck'.
 */
void blake2s_hkdf2(const uint8_t ck[static BLAKE2S_BYTES], struct span ikm,
    uint8_t t1[static BLAKE2S_BYTES], uint8_t t2[static BLAKE2S_BYTES]);

#endif
