/*
 * lib/crypto/token.h -- secrets that headrace makes: hskey-<kind>-<12>-<64>.
 *
 * The 12 hex digits are public and find the row; the 64 are 256 random bits,
 * of which only a hash is stored.  256 random bits cannot be guessed, so a fast
 * hash (BLAKE2b, compared in constant time) protects them.
 */
#ifndef LIB_CRYPTO_TOKEN_H
#define LIB_CRYPTO_TOKEN_H

#include <stdbool.h>

#include "lib/base/err.h"
#include "lib/base/str.h"

#define TOKEN_PREFIX_LEN 12
#define TOKEN_SECRET_LEN 64
#define TOKEN_TEXT_SIZE 128
#define TOKEN_HASH_SIZE 80	/* "b2b:" and 64 hex digits, NUL */
#define LOGIN_ID_PREFIX "hskey-authreq-"
#define LOGIN_ID_SIZE 40	/* the prefix and 24 characters, NUL */

struct token {
	char text[TOKEN_TEXT_SIZE];		/* shown once */
	char prefix[TOKEN_PREFIX_LEN + 1];
	char hash[TOKEN_HASH_SIZE];
};

/* kind: "auth", "api", "client".  Wipe the text with token_wipe() after use. */
void token_new(const char *kind, struct token *out);
void token_wipe(struct token *t);

/*
 * Takes "hskey-<kind>-<prefix>-<secret>" apart; both parts are borrowed.
 * False if it has not that form (lengths and alphabet are checked).
 */
must_check bool token_parse(struct str text, const char *kind,
    struct str *prefix, struct str *secret);

/* Does 'secret' have this stored hash?  Constant time for a given hash. */
bool token_matches(struct str secret, const char *hash);

/*
 * Is 'shown' the secret 'wanted', which is not one that we made?  How long it takes
 * tells nothing of either, their lengths included.
 */
bool token_same(struct str shown, struct str wanted);

/* A new id of a pending login, "hskey-authreq-…". */
void login_id_new(char out[static LOGIN_ID_SIZE]);
bool login_id_valid(struct str id);

#endif
