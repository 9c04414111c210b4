/*
 * lib/wire/ts2021.h -- the record layer of a /ts2021 connection.
 *
 * Pure: bytes in, plaintext out, and the reverse.  Records say nothing about
 * what is in them; HTTP/2 frames may begin and end anywhere.
 */
#ifndef LIB_WIRE_TS2021_H
#define LIB_WIRE_TS2021_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/str.h"
#include "lib/crypto/key.h"
#include "lib/crypto/noise.h"

#define TS2021_UPGRADE "tailscale-control-protocol"
#define TS2021_HEADER "X-Tailscale-Handshake"
#define TS2021_EARLY_MAGIC "\xff\xff\xffTS"	/* before what may come before HTTP/2 */
#define TS2021_ERROR_MAX 200		/* bytes of text in an error frame */

struct ts2021 {
	struct noise_session session;
	struct buf part;	/* a record that has not arrived as a whole */
	bool dead;
};

/* Takes the session over; the caller wipes its copy. */
void ts2021_init(struct ts2021 *t, const struct noise_session *s);
void ts2021_fini(struct ts2021 *t);

/*
 * Takes the initiation from the header's value.  ERR_BADREQ: not base64.
 * ERR_TOOBIG: base64 of something of another length.
 */
must_check enum err ts2021_initiation_read(struct str value,
    uint8_t out[static NOISE_INITIATION_SIZE], uint16_t *version);

/*
 * Appends what the records in 'in' hold to 'plain'; a record may be cut
 * anywhere.  ERR_BADREQ: not a record.  ERR_AUTH: forged.  ERR_TOOBIG: 'plain'
 * is full.  After an error the connection must end; so says each later call.
 */
must_check enum err ts2021_feed(struct ts2021 *t, struct span in,
    struct buf *plain);

/*
 * Appends 'plain' in as few records as possible.  ERR_TOOBIG: 'out' is full or
 * the nonces are used up; if anything was sealed, the connection must end.
 */
must_check enum err ts2021_seal(struct ts2021 *t, struct span plain,
    struct buf *out);

/* Bytes that ts2021_seal() makes of 'n' bytes. */
size_t ts2021_sealed_size(size_t n);

/* The plaintext that a server may send first. */
void ts2021_early_payload(struct buf *out, const struct key32 *challenge_pub);

/* What may be sent instead of the response.  Never echo input in 'text'. */
void ts2021_error(struct buf *out, const char *text);

#endif
