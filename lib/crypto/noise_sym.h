/*
 * lib/crypto/noise_sym.h -- the running state of a Noise handshake.
 *
 * Both roles and the tests drive it: hash 'h' of all that was said, chaining
 * key 'ck', and the key 'k' of the last Diffie-Hellman.  All nonces are zero,
 * which is sound because each 'k' seals one text only.
 */
#ifndef LIB_CRYPTO_NOISE_SYM_H
#define LIB_CRYPTO_NOISE_SYM_H

#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/str.h"
#include "lib/crypto/blake2s.h"
#include "lib/crypto/key.h"

#define NOISE_TAG_SIZE 16

struct noise_sym {
	uint8_t h[BLAKE2S_BYTES], ck[BLAKE2S_BYTES], k[BLAKE2S_BYTES];
};

/* Starts with the protocol's name, the version, and the responder's key. */
void noise_sym_init(struct noise_sym *y, uint16_t version,
    const struct key32 *responder_pub);
void noise_sym_wipe(struct noise_sym *y);

void noise_sym_hash(struct noise_sym *y, const uint8_t *p, size_t n);

/* Mixes X25519(priv, pub) into ck and k.  ERR_AUTH: 'pub' is of low order. */
must_check enum err noise_sym_dh(struct noise_sym *y, const struct key32 *priv,
    const struct key32 *pub);

/* Seals 'n' bytes with k into n + NOISE_TAG_SIZE, and hashes the result. */
void noise_sym_seal(struct noise_sym *y, const uint8_t *plain, size_t n,
    uint8_t *out);

/* The reverse; 'n' counts the tag.  ERR_AUTH: not sealed with this state. */
must_check enum err noise_sym_open(struct noise_sym *y, const uint8_t *sealed,
    size_t n, uint8_t *plain);

/* The two keys of the session: initiator's and responder's sending key. */
void noise_sym_split(const struct noise_sym *y,
    uint8_t initiator[static BLAKE2S_BYTES],
    uint8_t responder[static BLAKE2S_BYTES]);

#endif
