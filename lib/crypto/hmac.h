/* lib/crypto/hmac.h -- signing what is sent, with a secret that both sides know. */
#ifndef LIB_CRYPTO_HMAC_H
#define LIB_CRYPTO_HMAC_H

#include "lib/base/str.h"

#define HMAC_HEX_SIZE 65	/* of HMAC-SHA-256 as hex digits, NUL */

/* HMAC-SHA-256 of 'a' and 'b', one after the other, in hex. */
void hmac_sha256(struct str secret, struct str a, struct str b, char out[static HMAC_HEX_SIZE]);

#endif
