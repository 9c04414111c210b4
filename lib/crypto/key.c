/*
 * lib/crypto/key.c -- 32-byte keys and their text forms, random bytes, base64.
 *
 * Text that holds a private key is wiped before its memory is given back; a
 * key file is made under another name and linked into place, so that two
 * programs that start together agree on one key and none reads half a file.
 */
#include "lib/crypto/key.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/log.h"

#define KEY_FILE_MAX 256	/* bytes read of a key file */

void
crypto_init(void)
{
	if (sodium_init() < 0)
		fatal("libsodium does not start");
}

/* ---- text ---- */

void
hex_write(const uint8_t *p, size_t n, char *out)
{
	(void)sodium_bin2hex(out, 2 * n + 1, p, n);
}

const char *
key_write(const struct key32 *k, const char *prefix,
    char out[static KEY_TEXT_SIZE])
{
	size_t n = strlen(prefix);

	if (n > KEY_TEXT_SIZE - 2 * KEY_BYTES - 1)
		fatal("key prefix of %zu bytes", n);
	memcpy(out, prefix, n);
	hex_write(k->b, KEY_BYTES, out + n);
	return out;
}

bool
key_read(struct str s, const char *prefix, struct key32 *out)
{
	size_t skip = strlen(prefix), n;

	if (s.n != skip + 2 * KEY_BYTES || !str_starts(s, prefix))
		return false;
	return sodium_hex2bin(out->b, KEY_BYTES, s.p + skip, s.n - skip, NULL,
	    &n, NULL) == 0 && n == KEY_BYTES;
}

bool
key_is_zero(const struct key32 *k)
{
	return sodium_is_zero(k->b, KEY_BYTES) == 1;
}

bool
key_valid(struct str s, const char *prefix)
{
	struct key32 k;
	bool good = key_read(s, prefix, &k) && !key_is_zero(&k);

	key_wipe(&k);
	return good;
}

const char *
key_short(const char *text, char out[static 32])
{
	struct str rest = str_of(text), prefix = { 0 };
	bool secret = str_starts(rest, PRIVKEY_PREFIX);

	if (rest.n == 0 || !str_cut(&rest, ':', &prefix) || rest.p == NULL)
		(void)snprintf(out, 32, "[no key]");
	else
		(void)snprintf(out, 32, "%.*s:%.8s", prefix.n < 16 ?
		    (int)prefix.n : 16, prefix.p, secret ? "(hidden)" : rest.p);
	return out;
}

/* ---- making ---- */

void
random_bytes(void *p, size_t n)
{
	randombytes_buf(p, n);
}

uint32_t
random_below(uint32_t bound)
{
	return randombytes_uniform(bound);
}

void
key_generate(struct key32 *priv)
{
	random_bytes(priv->b, KEY_BYTES);
	/* Clamped, as other programs store private keys. */
	priv->b[0] &= 248;
	priv->b[31] = (priv->b[31] & 127) | 64;
}

void
key_public(const struct key32 *priv, struct key32 *pub)
{
	if (crypto_scalarmult_base(pub->b, priv->b) != 0)
		fatal("cannot make a public key");
}

void
key_wipe(struct key32 *k)
{
	sodium_memzero(k, sizeof(*k));
}

/* ---- files ---- */

/* Closes 'fd' and leaves errno alone. */
static void
close_quietly(int fd)
{
	int saved = errno;

	(void)close(fd);
	errno = saved;
}

enum err
key_file_load(const char *path, struct key32 *priv)
{
	char text[KEY_FILE_MAX];
	enum err e = ERR_BADREQ;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return ERR_INTERNAL;
	n = read(fd, text, sizeof(text));
	close_quietly(fd);
	if (n < 0)
		e = ERR_INTERNAL;
	else if (key_read(str_trim((struct str){ text, (size_t)n }),
	    PRIVKEY_PREFIX, priv) && !key_is_zero(priv))
		e = OK;
	sodium_memzero(text, sizeof(text));
	return e;
}

/* Writes a new key to 'path', which must not be there yet. */
static bool
key_file_write(const char *path)
{
	char text[KEY_TEXT_SIZE + 1];
	struct key32 priv;
	size_t n;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool good = false;

	if (fd < 0)
		return false;
	key_generate(&priv);
	n = strlen(key_write(&priv, PRIVKEY_PREFIX, text));
	text[n++] = '\n';
	good = write(fd, text, n) == (ssize_t)n && fsync(fd) == 0;
	close_quietly(fd);
	sodium_memzero(text, sizeof(text));
	key_wipe(&priv);
	return good;
}

/* Makes 'path' unless it is there already; false with errno. */
static bool
key_file_make(const char *path)
{
	char tmp[PATH_MAX], mark[9];
	uint8_t r[4];
	bool good;
	int n, saved;

	random_bytes(r, sizeof(r));
	hex_write(r, sizeof(r), mark);
	n = snprintf(tmp, sizeof(tmp), "%s.%s", path, mark);
	if (n < 0 || (size_t)n >= sizeof(tmp)) {
		errno = ENAMETOOLONG;
		return false;
	}
	good = key_file_write(tmp) &&
	    (link(tmp, path) == 0 || errno == EEXIST);
	saved = errno;
	(void)unlink(tmp);
	errno = saved;
	return good;
}

enum err
key_file_load_or_make(const char *path, struct key32 *priv)
{
	enum err e = key_file_load(path, priv);

	if (e != ERR_INTERNAL || errno != ENOENT)
		return e;
	return key_file_make(path) ? key_file_load(path, priv) : ERR_INTERNAL;
}

/* ---- base64 ---- */

/* libsodium 1.0.18 takes some bytes over 0x7f for letters. */
static bool
all_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] & 0x80) != 0)
			return false;
	return true;
}

bool
base64_read(struct str s, uint8_t *out, size_t room, size_t *n)
{
	return all_ascii(s) && sodium_base642bin(out, room, s.p, s.n, NULL, n, NULL,
	    sodium_base64_VARIANT_ORIGINAL) == 0;
}

void
base64_write(struct buf *out, const uint8_t *p, size_t n)
{
	size_t size = sodium_base64_encoded_len(n,
	    sodium_base64_VARIANT_ORIGINAL);
	uint8_t *to = buf_room(out, size);

	if (to == NULL)
		return;
	(void)sodium_bin2base64((char *)to, size, p, n,
	    sodium_base64_VARIANT_ORIGINAL);
	out->n += size - 1;	/* without the NUL */
}
