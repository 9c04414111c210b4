/*
 * lib/wire/ts2021.c -- the record layer of a /ts2021 connection.
 *
 * Whole records are opened straight from the input into the output; only a
 * record that is cut is kept.  Its memory goes when it is complete, because
 * ten thousand idle connections should not hold a record's worth each.
 */
#include "lib/wire/ts2021.h"

#include <assert.h>
#include <string.h>

void
ts2021_init(struct ts2021 *t, const struct noise_session *s)
{
	*t = (struct ts2021){ .session = *s };
	buf_init(&t->part, NOISE_RECORD_MAX);
}

void
ts2021_fini(struct ts2021 *t)
{
	noise_session_wipe(&t->session);
	buf_fini(&t->part);
	t->dead = true;
}

enum err
ts2021_initiation_read(struct str value,
    uint8_t out[static NOISE_INITIATION_SIZE], uint16_t *version)
{
	uint8_t any[4 * NOISE_INITIATION_SIZE];
	size_t n;

	if (value.n > sizeof(any))
		return ERR_TOOBIG;
	if (!base64_read(value, any, sizeof(any), &n))
		return ERR_BADREQ;
	if (n != NOISE_INITIATION_SIZE)
		return ERR_TOOBIG;
	memcpy(out, any, n);
	*version = (uint16_t)(any[0] << 8 | any[1]);
	return OK;
}

/* ---- reading ---- */

/*
 * The size on the wire of the record that 'in' starts with; 0 if too little of
 * it is there to say.  The length is judged before its bytes are waited for.
 */
static enum err
record_size(struct span in, size_t *size)
{
	*size = 0;
	if (in.n >= 1 && in.p[0] != NOISE_RECORD)
		return ERR_BADREQ;
	if (in.n < NOISE_HEAD_SIZE)
		return OK;
	*size = NOISE_HEAD_SIZE + (size_t)(in.p[1] << 8 | in.p[2]);
	if (*size < NOISE_OVERHEAD || *size > NOISE_RECORD_MAX)
		return ERR_BADREQ;
	return OK;
}

/* Opens a whole record. */
static enum err
record_open(struct ts2021 *t, struct span record, struct buf *plain)
{
	size_t n = record.n - NOISE_OVERHEAD;
	uint8_t none, *to = n > 0 ? buf_room(plain, n) : &none;
	enum err e;

	if (to == NULL)
		return ERR_TOOBIG;
	e = noise_open(&t->session, record.p + NOISE_HEAD_SIZE,
	    record.n - NOISE_HEAD_SIZE, to);
	if (e == OK)
		plain->n += n;
	return e;
}

/* Moves up to 'n' bytes from 'in' to the record that is kept. */
static void
keep(struct ts2021 *t, struct span *in, size_t n)
{
	n = n < in->n ? n : in->n;
	buf_put(&t->part, in->p, n);
	in->p += n;
	in->n -= n;
}

/* Completes the record that is kept, if 'in' reaches so far. */
static enum err
feed_part(struct ts2021 *t, struct span *in, struct buf *plain)
{
	size_t size;
	enum err e;

	if (t->part.n < NOISE_HEAD_SIZE)
		keep(t, in, NOISE_HEAD_SIZE - t->part.n);
	if ((e = record_size(buf_span(&t->part), &size)) != OK || size == 0)
		return e;
	keep(t, in, size - t->part.n);
	if (t->part.n < size)
		return OK;
	e = record_open(t, buf_span(&t->part), plain);
	buf_fini(&t->part);
	return e;
}

/* Opens the whole records in 'in' and keeps what is left. */
static enum err
feed_whole(struct ts2021 *t, struct span in, struct buf *plain)
{
	size_t size;
	enum err e;

	while (in.n > 0) {
		if ((e = record_size(in, &size)) != OK)
			return e;
		if (size == 0 || size > in.n)
			break;
		e = record_open(t, (struct span){ in.p, size }, plain);
		if (e != OK)
			return e;
		in.p += size;
		in.n -= size;
	}
	keep(t, &in, in.n);
	return OK;
}

enum err
ts2021_feed(struct ts2021 *t, struct span in, struct buf *plain)
{
	enum err e = OK;

	if (t->dead)
		return ERR_BADREQ;
	if (t->part.n > 0)
		e = feed_part(t, &in, plain);
	if (e == OK)
		e = feed_whole(t, in, plain);
	t->dead = e != OK;
	return e;
}

/* ---- writing ---- */

size_t
ts2021_sealed_size(size_t n)
{
	return n + (n + NOISE_PLAIN_MAX - 1) / NOISE_PLAIN_MAX * NOISE_OVERHEAD;
}

enum err
ts2021_seal(struct ts2021 *t, struct span plain, struct buf *out)
{
	size_t total = ts2021_sealed_size(plain.n), n;
	uint8_t *to = buf_room(out, total);	/* NULL if full, or if n is 0 */
	enum err e;

	if (t->dead || out->over)
		return ERR_TOOBIG;
	for (; plain.n > 0; plain.p += n, plain.n -= n) {
		n = plain.n < NOISE_PLAIN_MAX ? plain.n : NOISE_PLAIN_MAX;
		if ((e = noise_seal(&t->session, plain.p, n, to)) != OK) {
			t->dead = true;
			return e;
		}
		to += n + NOISE_OVERHEAD;
	}
	out->n += total;
	return OK;
}

/* ---- what comes before records ---- */

void
ts2021_early_payload(struct buf *out, const struct key32 *challenge_pub)
{
	static const char form[] = "{\"nodeKeyChallenge\":\"%s\"}";
	char key[KEY_TEXT_SIZE];

	(void)key_write(challenge_pub, CHALPUB_PREFIX, key);
	buf_put(out, TS2021_EARLY_MAGIC, sizeof(TS2021_EARLY_MAGIC) - 1);
	buf_be32(out, (uint32_t)(sizeof(form) - 1 - 2 + strlen(key)));
	buf_printf(out, form, key);
}

void
ts2021_error(struct buf *out, const char *text)
{
	size_t n = strlen(text);
	uint8_t head[NOISE_HEAD_SIZE];

	assert(n <= TS2021_ERROR_MAX);
	noise_head_write(head, NOISE_ERROR, (uint16_t)n);
	buf_put(out, head, sizeof(head));
	buf_put(out, text, n);
}
