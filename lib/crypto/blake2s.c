/*
 * lib/crypto/blake2s.c -- BLAKE2s-256, HMAC and HKDF over it, as Noise wants.
 *
 * libsodium has only BLAKE2b, so the digest is OpenSSL's.  It is fetched once:
 * a fetch for each hash would cost more than the hash.  HMAC is written out
 * here, because OpenSSL's has a context to set up for each of the 32-byte
 * inputs of a handshake.
 */
#include "lib/crypto/blake2s.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <string.h>

#include "lib/base/log.h"

static EVP_MD *md;
static EVP_MD_CTX *ctx;

static void
start(void)
{
	if (md == NULL)
		md = EVP_MD_fetch(NULL, "BLAKE2S-256", NULL);
	if (ctx == NULL)
		ctx = EVP_MD_CTX_new();
	if (md == NULL || ctx == NULL)
		fatal("libcrypto has no BLAKE2s-256");
}

/* Hashes 'n' parts one after the other. */
static void
digest(uint8_t out[static BLAKE2S_BYTES], const struct span *parts, size_t n)
{
	int good;

	if (ctx == NULL)
		start();
	good = EVP_DigestInit_ex2(ctx, md, NULL);
	for (size_t i = 0; i < n; i++)
		if (parts[i].n > 0)
			good &= EVP_DigestUpdate(ctx, parts[i].p, parts[i].n);
	good &= EVP_DigestFinal_ex(ctx, out, NULL);
	if (good != 1)
		fatal("BLAKE2s fails");
}

void
blake2s(uint8_t out[static BLAKE2S_BYTES], struct span a, struct span b)
{
	digest(out, (struct span[]){ a, b }, 2);
}

/* The key, padded to a block and xored with 'x'. */
static void
pad(uint8_t block[static BLAKE2S_BLOCK],
    const uint8_t key[static BLAKE2S_BYTES], uint8_t x)
{
	memset(block, x, BLAKE2S_BLOCK);
	for (size_t i = 0; i < BLAKE2S_BYTES; i++)
		block[i] ^= key[i];
}

void
blake2s_hmac(uint8_t out[static BLAKE2S_BYTES],
    const uint8_t key[static BLAKE2S_BYTES], struct span a, struct span b)
{
	uint8_t inner_key[BLAKE2S_BLOCK], outer_key[BLAKE2S_BLOCK];
	uint8_t inner[BLAKE2S_BYTES];

	pad(inner_key, key, 0x36);
	pad(outer_key, key, 0x5c);
	digest(inner, (struct span[]){ { inner_key, BLAKE2S_BLOCK }, a, b }, 3);
	digest(out, (struct span[]){ { outer_key, BLAKE2S_BLOCK },
	    { inner, BLAKE2S_BYTES } }, 2);
	sodium_memzero(inner_key, sizeof(inner_key));
	sodium_memzero(outer_key, sizeof(outer_key));
	sodium_memzero(inner, sizeof(inner));
}

void
blake2s_hkdf2(const uint8_t ck[static BLAKE2S_BYTES], struct span ikm,
    uint8_t t1[static BLAKE2S_BYTES], uint8_t t2[static BLAKE2S_BYTES])
{
	static const uint8_t one = 1, two = 2;
	const struct span none = { NULL, 0 };
	uint8_t prk[BLAKE2S_BYTES];

	blake2s_hmac(prk, ck, ikm, none);
	blake2s_hmac(t1, prk, (struct span){ &one, 1 }, none);
	blake2s_hmac(t2, prk, (struct span){ t1, BLAKE2S_BYTES },
	    (struct span){ &two, 1 });
	sodium_memzero(prk, sizeof(prk));
}
