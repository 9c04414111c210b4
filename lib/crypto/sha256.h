/* lib/crypto/sha256.h -- SHA-256, where others compute it too: of a policy's text. */
#ifndef LIB_CRYPTO_SHA256_H
#define LIB_CRYPTO_SHA256_H

#include "lib/base/str.h"

#define SHA256_HEX_SIZE 65

void sha256_hex(struct str data, char out[static SHA256_HEX_SIZE]);

#endif
