/*
 * lib/crypto/noise.h -- Noise IK as Tailscale clients speak it: ts2021.
 *
 * Noise_IK_25519_ChaChaPoly_BLAKE2s with one deviation: nonces are big-endian.
 * The responder is the control server; the initiator serves tests and checks
 * of a running server.  Pure: bytes in, bytes out.  Not for several threads.
 */
#ifndef LIB_CRYPTO_NOISE_H
#define LIB_CRYPTO_NOISE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/crypto/key.h"
#include "lib/crypto/noise_sym.h"

#define NOISE_INITIATION_SIZE 101
#define NOISE_RESPONSE_SIZE 51
#define NOISE_HEAD_SIZE 3		/* type, length */
#define NOISE_RECORD_MAX 4096		/* bytes on the wire, head included */
#define NOISE_OVERHEAD (NOISE_HEAD_SIZE + NOISE_TAG_SIZE)
#define NOISE_PLAIN_MAX (NOISE_RECORD_MAX - NOISE_OVERHEAD)

enum noise_type {
	NOISE_INITIATION = 1,
	NOISE_RESPONSE,
	NOISE_ERROR,
	NOISE_RECORD
};

/* The responder's own key pair, made once: a handshake needs both halves. */
struct noise_static { struct key32 priv, pub; };

/* What a handshake proved about the initiator. */
struct noise_peer {
	struct key32 machine;
	uint16_t version;
};

/* Keys and counters of both directions; wipe it when the connection ends. */
struct noise_session {
	uint8_t send_key[KEY_BYTES], recv_key[KEY_BYTES];
	uint64_t send_n, recv_n;
	uint8_t hash[BLAKE2S_BYTES];	/* names this handshake */
};

void noise_static_init(struct noise_static *self, const struct key32 *priv);
void noise_static_wipe(struct noise_static *self);
void noise_session_wipe(struct noise_session *s);

/*
 * Answers an initiation.  ERR_BADREQ: it is not shaped like one.  ERR_AUTH: it
 * was not made for our key.  On an error nothing usable is in the outputs.
 */
must_check enum err noise_respond(const struct noise_static *self,
    const uint8_t in[static NOISE_INITIATION_SIZE],
    uint8_t out[static NOISE_RESPONSE_SIZE], struct noise_session *s,
    struct noise_peer *peer);

/* The same with a given ephemeral key; for test vectors only. */
must_check enum err noise_respond_with(const struct noise_static *self,
    const struct key32 *ephemeral,
    const uint8_t in[static NOISE_INITIATION_SIZE],
    uint8_t out[static NOISE_RESPONSE_SIZE], struct noise_session *s,
    struct noise_peer *peer);

/* The caller fills 'self', 'control' (the server's public key) and 'version'. */
struct noise_initiator {
	struct noise_static self;
	struct key32 control, ephemeral;
	uint16_t version;
	struct noise_sym sym;
};

/* ERR_AUTH: the server's key is of low order. */
must_check enum err noise_initiate(struct noise_initiator *i,
    uint8_t out[static NOISE_INITIATION_SIZE]);
must_check enum err noise_initiate_with(struct noise_initiator *i,
    const struct key32 *ephemeral, uint8_t out[static NOISE_INITIATION_SIZE]);

/* Takes the response; wipes the secrets in 'i' whatever comes of it. */
must_check enum err noise_finish(struct noise_initiator *i,
    const uint8_t in[static NOISE_RESPONSE_SIZE], struct noise_session *s);

/*
 * Writes one record of n + NOISE_OVERHEAD bytes.  'plain' may be anywhere, or
 * exactly out + NOISE_HEAD_SIZE.  ERR_TOOBIG: n is over NOISE_PLAIN_MAX, or
 * all nonces are used up.
 */
must_check enum err noise_seal(struct noise_session *s, const uint8_t *plain,
    size_t n, uint8_t *out);

/*
 * Opens a record without its head; 'n' counts the tag, 'plain' gets
 * n - NOISE_TAG_SIZE bytes and may be 'sealed'.  ERR_AUTH: end the connection.
 */
must_check enum err noise_open(struct noise_session *s, const uint8_t *sealed,
    size_t n, uint8_t *plain);

/* Type and length in front of everything but an initiation. */
void noise_head_write(uint8_t out[static NOISE_HEAD_SIZE], enum noise_type type,
    uint16_t len);

#endif
