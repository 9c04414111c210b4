/*
 * lib/crypto/key.h -- 32-byte keys and their text forms, random bytes, base64.
 *
 * Only lib/crypto includes libsodium's headers.  Text forms are those of
 * tailscale.com/types/key: a prefix and 64 hex digits.
 */
#ifndef LIB_CRYPTO_KEY_H
#define LIB_CRYPTO_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/str.h"

#define KEY_BYTES 32
#define KEY_TEXT_SIZE 80	/* the longest prefix, 64 digits, NUL */

#define MKEY_PREFIX "mkey:"
#define NODEKEY_PREFIX "nodekey:"
#define DISCOKEY_PREFIX "discokey:"
#define PRIVKEY_PREFIX "privkey:"
#define CHALPUB_PREFIX "chalpub:"
#define NLPUB_PREFIX "nlpub:"

struct key32 { uint8_t b[KEY_BYTES]; };

/* Starts libsodium; ends the process if that fails.  Call once, first. */
void crypto_init(void);

/* prefix + 64 lower-case hex digits. */
const char *key_write(const struct key32 *k, const char *prefix,
    char out[static KEY_TEXT_SIZE]);

/* The whole of 's' must be the prefix and 64 hex digits of either case. */
must_check bool key_read(struct str s, const char *prefix, struct key32 *out);

/* Is 's' a well-formed, non-zero key of this kind? */
bool key_valid(struct str s, const char *prefix);
bool key_is_zero(const struct key32 *k);

/* "[abcde]"-like short form of a text key for logs: prefix and 8 digits. */
const char *key_short(const char *text, char out[static 32]);

void key_generate(struct key32 *priv);
void key_public(const struct key32 *priv, struct key32 *pub);
void key_wipe(struct key32 *k);

/*
 * Reads a private key file ("privkey:<hex>\n"), or makes it with mode 0600 if
 * it is not there.  ERR_BADREQ: not a key.  ERR_INTERNAL: errno says why.
 */
must_check enum err key_file_load(const char *path, struct key32 *priv);
must_check enum err key_file_load_or_make(const char *path, struct key32 *priv);

void random_bytes(void *p, size_t n);
uint32_t random_below(uint32_t bound);

/* 2n lower-case hex digits and a NUL. */
void hex_write(const uint8_t *p, size_t n, char *out);

/* Standard padded base64; false if malformed or more than 'room' bytes. */
must_check bool base64_read(struct str s, uint8_t *out, size_t room, size_t *n);
void base64_write(struct buf *out, const uint8_t *p, size_t n);

#endif
