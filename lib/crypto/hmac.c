/* lib/crypto/hmac.c -- HMAC-SHA-256 by libsodium, which takes keys of any length. */
#include "lib/crypto/hmac.h"

#include <sodium.h>

void
hmac_sha256(struct str secret, struct str a, struct str b, char out[static HMAC_HEX_SIZE])
{
	crypto_auth_hmacsha256_state st;
	unsigned char mac[crypto_auth_hmacsha256_BYTES];

	(void)crypto_auth_hmacsha256_init(&st, (const unsigned char *)secret.p, secret.n);
	(void)crypto_auth_hmacsha256_update(&st, (const unsigned char *)a.p, a.n);
	(void)crypto_auth_hmacsha256_update(&st, (const unsigned char *)b.p, b.n);
	(void)crypto_auth_hmacsha256_final(&st, mac);
	(void)sodium_bin2hex(out, HMAC_HEX_SIZE, mac, sizeof(mac));
	sodium_memzero(&st, sizeof(st));
}
