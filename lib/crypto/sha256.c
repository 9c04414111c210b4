/* lib/crypto/sha256.c -- SHA-256, where others compute it too. */
#include "lib/crypto/sha256.h"

#include <sodium.h>

void
sha256_hex(struct str data, char out[static SHA256_HEX_SIZE])
{
	unsigned char hash[crypto_hash_sha256_BYTES];

	(void)crypto_hash_sha256(hash, (const unsigned char *)data.p, data.n);
	(void)sodium_bin2hex(out, SHA256_HEX_SIZE, hash, sizeof(hash));
}
