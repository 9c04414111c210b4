/*
 * cli/doctor_noise.c -- the server's half of the Noise handshake, behind the 101.
 *
 * It is awaited byte by byte, because how many came before the end tells who is at fault:
 * none, and the web server has answered 101 by itself; some, and it cuts.
 */
#include "cli/doctor_tunnel.h"

#include <string.h>

#include "lib/base/clock.h"

/* The response, from 'rest' and the line: true if 'want' bytes are there. */
static bool
fill(struct doctor *d, struct probe_line *l, struct buf *b, size_t want, bool *cut)
{
	int64_t deadline = clock_mono_ms() + d->timeout_ms;
	uint8_t part[512];
	ssize_t n;

	while (b->n < want) {
		n = probe_recv(l, part, sizeof(part) < want - b->n ? sizeof(part) : want - b->n, deadline);
		if (n <= 0) {
			*cut = n == 0;
			return false;
		}
		buf_put(b, part, (size_t)n);
	}
	return true;
}

static void
not_whole(struct doctor *d, const struct buf *b, bool cut)
{
	doctor_found(d, !cut ? FOUND_NOISE_HANG : b->n > 0 ? FOUND_NOISE_CUT : FOUND_NOISE_CLOSED, NULL, "After 101: %zu of %d bytes, then %s.",
	    b->n, NOISE_RESPONSE_SIZE, cut ? "the connection was closed" : "nothing more in time");
}

/* An error frame says in words why the server does not want to. */
static void
judge_error(struct doctor *d, struct probe_line *l, struct buf *b)
{
	size_t n = (size_t)b->p[1] << 8 | b->p[2];
	const char *text;
	bool cut;

	n = n < TS2021_ERROR_MAX ? n : TS2021_ERROR_MAX;
	(void)fill(d, l, b, NOISE_HEAD_SIZE + n, &cut);
	n = b->n - NOISE_HEAD_SIZE < n ? b->n - NOISE_HEAD_SIZE : n;
	text = doctor_quote(d, (struct str){ (const char *)b->p + NOISE_HEAD_SIZE, n }, TS2021_ERROR_MAX);
	doctor_found(d, FOUND_NOISE_ERROR, text, "It says: \"%s\".", text);
}

bool
doctor_noise(struct doctor *d, struct probe_line *l, struct buf *b, struct noise_initiator *i,
    struct noise_session *s)
{
	bool cut;

	if (!fill(d, l, b, NOISE_HEAD_SIZE, &cut)) {
		not_whole(d, b, cut);
	} else if (b->p[0] == NOISE_ERROR) {
		judge_error(d, l, b);
	} else if (b->p[0] != NOISE_RESPONSE) {
		doctor_found(d, FOUND_NOISE_GARBAGE, arena_printf(d->arena, "%d", b->p[0]),
		    "After 101: \"%s\".", doctor_quote(d, buf_as_str(b), 60));
	} else if (!fill(d, l, b, NOISE_RESPONSE_SIZE, &cut)) {
		not_whole(d, b, cut);
	} else if (noise_finish(i, b->p, s) != OK) {
		doctor_found(d, FOUND_NOISE_FOREIGN, NULL, "The server's half was not made with its key of /key.");
	} else {
		return true;
	}
	return false;
}
