/* lib/crypto/noise_sym.c -- the running state of a Noise handshake. */
#include "lib/crypto/noise_sym.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

static const uint8_t zero_nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

void
noise_sym_hash(struct noise_sym *y, const uint8_t *p, size_t n)
{
	blake2s(y->h, (struct span){ y->h, sizeof(y->h) }, (struct span){ p, n });
}

void
noise_sym_init(struct noise_sym *y, uint16_t version,
    const struct key32 *responder_pub)
{
	static const char name[] = "Noise_IK_25519_ChaChaPoly_BLAKE2s";
	char prologue[48];
	int n;

	blake2s(y->h, (struct span){ (const uint8_t *)name, sizeof(name) - 1 },
	    (struct span){ NULL, 0 });
	memcpy(y->ck, y->h, sizeof(y->ck));
	memset(y->k, 0, sizeof(y->k));
	n = snprintf(prologue, sizeof(prologue),
	    "Tailscale Control Protocol v%u", version);
	noise_sym_hash(y, (const uint8_t *)prologue, (size_t)n);
	noise_sym_hash(y, responder_pub->b, KEY_BYTES);
}

void
noise_sym_wipe(struct noise_sym *y)
{
	sodium_memzero(y, sizeof(*y));
}

enum err
noise_sym_dh(struct noise_sym *y, const struct key32 *priv,
    const struct key32 *pub)
{
	struct key32 shared;
	enum err e = ERR_AUTH;

	if (crypto_scalarmult(shared.b, priv->b, pub->b) == 0) {
		blake2s_hkdf2(y->ck, (struct span){ shared.b, KEY_BYTES },
		    y->ck, y->k);
		e = OK;
	}
	key_wipe(&shared);
	return e;
}

void
noise_sym_seal(struct noise_sym *y, const uint8_t *plain, size_t n, uint8_t *out)
{
	(void)crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, plain, n,
	    y->h, sizeof(y->h), NULL, zero_nonce, y->k);
	noise_sym_hash(y, out, n + NOISE_TAG_SIZE);
}

enum err
noise_sym_open(struct noise_sym *y, const uint8_t *sealed, size_t n,
    uint8_t *plain)
{
	if (crypto_aead_chacha20poly1305_ietf_decrypt(plain, NULL, NULL, sealed,
	    n, y->h, sizeof(y->h), zero_nonce, y->k) != 0)
		return ERR_AUTH;
	noise_sym_hash(y, sealed, n);
	return OK;
}

void
noise_sym_split(const struct noise_sym *y,
    uint8_t initiator[static BLAKE2S_BYTES],
    uint8_t responder[static BLAKE2S_BYTES])
{
	blake2s_hkdf2(y->ck, (struct span){ NULL, 0 }, initiator, responder);
}
