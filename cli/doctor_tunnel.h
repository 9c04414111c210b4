/* cli/doctor_tunnel.h -- a connection inside which HTTP/2 is spoken over Noise, and what it showed. */
#ifndef CLI_DOCTOR_TUNNEL_H
#define CLI_DOCTOR_TUNNEL_H

#include <nghttp2/nghttp2.h>

#include "cli/doctor.h"
#include "lib/crypto/noise.h"
#include "lib/wire/ts2021.h"

#define DOCTOR_ANSWER_MAX 512		/* kept of what is answered inside */

struct doctor_tunnel {
	struct probe_line *line;
	struct ts2021 ts;
	nghttp2_session *h2;
	struct buf plain;	/* what has been opened and not yet read */
	size_t bytes;		/* that have arrived, in all */
	bool early_over, has_early;
	bool closed, garbage;
	const char *why;	/* it is garbage, */
	const char *client;	/* and what clients say of that; NULL: not known */

	/* What HTTP/2 has seen. */
	bool settings, answered;
	unsigned pongs, frames;
	int status;
	char answer[DOCTOR_ANSWER_MAX];
	size_t answer_n;
	int64_t heard_ms;	/* when something came last */
};

/*
 * The server's half of the handshake, of which 'b' has the beginning; what comes behind it
 * stays in 'b'.  False, and a finding, if it does not come about.
 */
must_check bool doctor_noise(struct doctor *d, struct probe_line *l, struct buf *b,
    struct noise_initiator *i, struct noise_session *s);	/* doctor_noise.c */

/* Nothing more can come: the other side has closed it, or what it says makes no sense. */
bool doctor_tunnel_ended(const struct doctor_tunnel *t);

/* Reads, and if 'speak' writes, until done(t), the end, or the deadline; answers done(t). */
bool doctor_tunnel_run(struct doctor_tunnel *t, bool (*done)(const struct doctor_tunnel *),
    bool speak, int64_t deadline_ms);

/* Asks for a sign of life; doctor_tunnel_ponged() when it came. */
void doctor_tunnel_ping(struct doctor_tunnel *t);
bool doctor_tunnel_ponged(const struct doctor_tunnel *t);

/* Finds 'hang' if it is open and silent, else what its end means. */
void doctor_tunnel_judge(struct doctor *d, const struct doctor_tunnel *t, enum doctor_id hang,
    const char *when);

#endif
