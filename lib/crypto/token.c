/*
 * lib/crypto/token.c -- secrets that headrace makes: hskey-<kind>-<12>-<64>.
 *
 * Only lower-case hex is accepted, so that a token has one spelling.  The text
 * of the secret is hashed as it is written, not the bytes that it stands for.
 */
#include "lib/crypto/token.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "lib/crypto/key.h"

#define HASH_PREFIX "b2b:"
#define HASH_BYTES 32
#define KIND_MAX 16
#define LOGIN_LEN 24

static void
secret_hash(struct str secret, char out[static TOKEN_HASH_SIZE])
{
	uint8_t h[HASH_BYTES];

	(void)crypto_generichash(h, sizeof(h), (const uint8_t *)secret.p,
	    secret.n, NULL, 0);
	memcpy(out, HASH_PREFIX, sizeof(HASH_PREFIX));
	hex_write(h, sizeof(h), out + sizeof(HASH_PREFIX) - 1);
	sodium_memzero(h, sizeof(h));
}

void
token_new(const char *kind, struct token *out)
{
	uint8_t id[TOKEN_PREFIX_LEN / 2], random[TOKEN_SECRET_LEN / 2];
	char secret[TOKEN_SECRET_LEN + 1];

	random_bytes(id, sizeof(id));
	random_bytes(random, sizeof(random));
	hex_write(id, sizeof(id), out->prefix);
	hex_write(random, sizeof(random), secret);
	(void)snprintf(out->text, sizeof(out->text), "hskey-%.*s-%s-%s",
	    KIND_MAX, kind, out->prefix, secret);
	secret_hash((struct str){ secret, TOKEN_SECRET_LEN }, out->hash);
	sodium_memzero(random, sizeof(random));
	sodium_memzero(secret, sizeof(secret));
}

void
token_wipe(struct token *t)
{
	sodium_memzero(t, sizeof(*t));
}

static bool
lower_hex(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= '0' && s.p[i] <= '9') &&
		    !(s.p[i] >= 'a' && s.p[i] <= 'f'))
			return false;
	return true;
}

/* Takes the next part of 's' up to '-'; false unless it is 'want'. */
static bool
part_is(struct str *s, const char *want)
{
	struct str part;

	return str_cut(s, '-', &part) && str_is(part, want);
}

bool
token_parse(struct str text, const char *kind, struct str *prefix,
    struct str *secret)
{
	struct str rest = text;

	if (!part_is(&rest, "hskey") || !part_is(&rest, kind) ||
	    !str_cut(&rest, '-', prefix))
		return false;
	*secret = rest;
	return prefix->n == TOKEN_PREFIX_LEN && lower_hex(*prefix) &&
	    secret->n == TOKEN_SECRET_LEN && lower_hex(*secret);
}

bool
token_matches(struct str secret, const char *hash)
{
	char made[TOKEN_HASH_SIZE];
	size_t n;
	bool same;

	secret_hash(secret, made);
	n = strlen(made);
	same = strlen(hash) == n && sodium_memcmp(made, hash, n) == 0;
	sodium_memzero(made, sizeof(made));
	return same;
}

bool
token_same(struct str shown, struct str wanted)
{
	char hash[TOKEN_HASH_SIZE];
	bool same;

	secret_hash(wanted, hash);
	same = token_matches(shown, hash);
	sodium_memzero(hash, sizeof(hash));
	return same;
}

void
login_id_new(char out[static LOGIN_ID_SIZE])
{
	uint8_t r[LOGIN_LEN / 4 * 3];
	size_t n = sizeof(LOGIN_ID_PREFIX) - 1;

	random_bytes(r, sizeof(r));
	memcpy(out, LOGIN_ID_PREFIX, n);
	(void)sodium_bin2base64(out + n, LOGIN_ID_SIZE - n, r, sizeof(r),
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* A letter of URL-safe base64. */
static bool
url_letter(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

bool
login_id_valid(struct str id)
{
	size_t skip = sizeof(LOGIN_ID_PREFIX) - 1;

	if (id.n != skip + LOGIN_LEN || !str_starts(id, LOGIN_ID_PREFIX))
		return false;
	for (size_t i = skip; i < id.n; i++)
		if (!url_letter(id.p[i]))
			return false;
	return true;
}
