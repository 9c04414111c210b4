/*
 * cli/doctor_tunnel.c -- inside an upgraded connection: Noise, HTTP/2, and time.
 *
 * First we only listen: a server that speaks first is heard at once unless somebody
 * holds its words back.  Then we speak, which shows the other direction.  GET
 * /machine/whoami is what `tailscale debug ts2021` asks, and changes nothing.
 */
#include "cli/doctor_tunnel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"

#define BYTES_MAX (1024 * 1024)		/* of all that a server may send us */
#define EARLY_MAX 4096
#define MAGIC_BYTES (sizeof(TS2021_EARLY_MAGIC) - 1)

/* ---- HTTP/2's callbacks ---- */

static int
on_frame(nghttp2_session *h2, const nghttp2_frame *f, void *arg)
{
	struct doctor_tunnel *t = arg;

	(void)h2;
	t->frames++;
	if (f->hd.type == NGHTTP2_SETTINGS && (f->hd.flags & NGHTTP2_FLAG_ACK) == 0)
		t->settings = true;
	if (f->hd.type == NGHTTP2_PING && (f->hd.flags & NGHTTP2_FLAG_ACK) != 0)
		t->pongs++;
	return 0;
}

static int
on_header(nghttp2_session *h2, const nghttp2_frame *f, const uint8_t *name, size_t name_n,
    const uint8_t *value, size_t value_n, uint8_t flags, void *arg)
{
	struct doctor_tunnel *t = arg;
	int64_t status = 0;

	(void)h2;
	(void)f;
	(void)flags;
	if (name_n == 7 && memcmp(name, ":status", 7) == 0 &&
	    str_i64((struct str){ (const char *)value, value_n }, &status))
		t->status = (int)status;
	return 0;
}

static int
on_data(nghttp2_session *h2, uint8_t flags, int32_t id, const uint8_t *p, size_t n, void *arg)
{
	struct doctor_tunnel *t = arg;
	size_t room = sizeof(t->answer) - t->answer_n;

	(void)h2;
	(void)flags;
	(void)id;
	memcpy(t->answer + t->answer_n, p, n < room ? n : room);
	t->answer_n += n < room ? n : room;
	return 0;
}

static int
on_close(nghttp2_session *h2, int32_t id, uint32_t code, void *arg)
{
	struct doctor_tunnel *t = arg;

	(void)h2;
	(void)id;
	(void)code;
	t->answered = true;
	return 0;
}

static void
h2_open(struct doctor_tunnel *t)
{
	nghttp2_session_callbacks *cb;

	if (nghttp2_session_callbacks_new(&cb) != 0)
		fatal("out of memory (HTTP/2)");
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
	nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_close);
	/* Our SETTINGS wait, before the acknowledgement of those that we are about to read. */
	if (nghttp2_session_client_new(&t->h2, cb, t) != 0 ||
	    nghttp2_submit_settings(t->h2, NGHTTP2_FLAG_NONE, NULL, 0) != 0)
		fatal("out of memory (HTTP/2)");
	nghttp2_session_callbacks_del(cb);
}

/* ---- from the wire to HTTP/2 ---- */

/*
 * What may come first: a magic, a length, JSON.  A server need not send it: the first
 * byte of an HTTP/2 frame is no 0xff, as frames are never that long.
 */
static void
skip_early(struct doctor_tunnel *t)
{
	const uint8_t *p = t->plain.p;
	size_t n;

	if (t->plain.n == 0)
		return;
	if (p[0] != 0xff) {
		t->early_over = true;
		return;
	}
	if (t->plain.n < MAGIC_BYTES + 4)
		return;
	n = (size_t)p[5] << 24 | (size_t)p[6] << 16 | (size_t)p[7] << 8 | p[8];
	if (memcmp(p, TS2021_EARLY_MAGIC, MAGIC_BYTES) != 0 || n > EARLY_MAX) {
		t->garbage = true;
		t->why = "the early payload is none";
	} else if (t->plain.n >= MAGIC_BYTES + 4 + n) {
		buf_drop(&t->plain, MAGIC_BYTES + 4 + n);
		t->early_over = t->has_early = true;
	}
}

static void
feed_h2(struct doctor_tunnel *t)
{
	ssize_t n;

	if (!t->early_over)
		skip_early(t);
	if (!t->early_over || t->plain.n == 0)
		return;
	n = nghttp2_session_mem_recv(t->h2, t->plain.p, t->plain.n);
	if (n < 0) {
		t->garbage = true;
		t->why = nghttp2_strerror((int)n);
	}
	buf_clear(&t->plain);
}

static void
feed(struct doctor_tunnel *t, struct span in)
{
	t->bytes += in.n;
	t->heard_ms = clock_mono_ms();
	if (t->bytes > BYTES_MAX) {
		t->garbage = true;
		t->why = "the server does not stop talking";
	} else if (ts2021_feed(&t->ts, in, &t->plain) != OK) {
		t->garbage = true;
		t->why = "a record of it is broken";
		t->client = "chacha20poly1305: message authentication failed";
	} else {
		feed_h2(t);
	}
}

/* Sends what HTTP/2 wants to say: requests, and the answers to PINGs and SETTINGS. */
static void
flush(struct doctor_tunnel *t, int64_t deadline_ms)
{
	const uint8_t *p;
	struct buf sealed;
	ssize_t n;

	buf_init(&sealed, BYTES_MAX);
	while ((n = nghttp2_session_mem_send(t->h2, &p)) > 0)
		if (ts2021_seal(&t->ts, (struct span){ p, (size_t)n }, &sealed) != OK)
			break;
	if (sealed.n > 0 && !probe_send(t->line, buf_span(&sealed), deadline_ms))
		t->closed = true;
	buf_fini(&sealed);
}

bool
doctor_tunnel_ended(const struct doctor_tunnel *t)
{
	return t->closed || t->garbage;
}

bool
doctor_tunnel_run(struct doctor_tunnel *t, bool (*done)(const struct doctor_tunnel *), bool speak,
    int64_t deadline_ms)
{
	uint8_t part[8192];
	ssize_t n = 1;

	while (!done(t) && !doctor_tunnel_ended(t) && n >= 0 && clock_mono_ms() < deadline_ms) {
		if (speak)
			flush(t, deadline_ms);
		n = probe_recv(t->line, part, sizeof(part), deadline_ms);
		if (n == 0)
			t->closed = true;
		else if (n > 0)
			feed(t, (struct span){ part, (size_t)n });
	}
	return done(t);
}

/* ---- HTTP/2 ---- */

static bool
has_settings(const struct doctor_tunnel *t)
{
	return t->settings;
}

bool
doctor_tunnel_ponged(const struct doctor_tunnel *t)
{
	return t->pongs > 0;
}

void
doctor_tunnel_ping(struct doctor_tunnel *t)
{
	t->pongs = 0;
	if (nghttp2_submit_ping(t->h2, NGHTTP2_FLAG_NONE, NULL) != 0)
		fatal("out of memory (HTTP/2)");
}

static void
ask_whoami(struct doctor *d, struct doctor_tunnel *t)
{
	const char *host = strstr(d->url.base, "://") + 3;
	nghttp2_nv nv[] = {
#define NV(name, value) { (uint8_t *)(uintptr_t)(name), (uint8_t *)(uintptr_t)(value), \
	    strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE }
		NV(":method", "GET"), NV(":scheme", "https"), NV(":authority", host),
		NV(":path", "/machine/whoami"),
#undef NV
	};

	if (nghttp2_submit_request(t->h2, NULL, nv, sizeof(nv) / sizeof(nv[0]), NULL, NULL) < 0)
		fatal("out of memory (HTTP/2)");
}

void
doctor_tunnel_judge(struct doctor *d, const struct doctor_tunnel *t, enum doctor_id hang, const char *when)
{
	if (t->garbage)
		doctor_found(d, FOUND_H2_GARBAGE, t->client, "%s: %s.", when, t->why);
	else if (t->closed)
		doctor_found(d, FOUND_H2_CUT, NULL, "%s: the connection was closed.", when);
	else
		doctor_found(d, hang, NULL, "%s: nothing in time.", when);
}

static bool
try_h2(struct doctor *d, struct doctor_tunnel *t)
{
	if (!doctor_tunnel_run(t, has_settings, false, clock_mono_ms() + d->timeout_ms)) {
		doctor_tunnel_judge(d, t, FOUND_H2_HANG, "After the handshake, where HTTP/2 begins");
		return false;
	}
	doctor_tunnel_ping(t);
	ask_whoami(d, t);
	if (!doctor_tunnel_run(t, doctor_tunnel_ponged, true, clock_mono_ms() + d->timeout_ms)) {
		doctor_tunnel_judge(d, t, FOUND_H2_ONEWAY, "After our PING");
		return false;
	}
	return true;
}

void
doctor_tunnel_begin(struct doctor *d, struct probe_line *l, struct str rest, struct noise_initiator *i)
{
	struct doctor_tunnel *t = arena_alloc(d->arena, sizeof(*t));
	struct noise_session s;
	struct buf b;

	buf_init(&b, 2 * PROBE_HEAD_MAX);
	buf_put(&b, rest.p, rest.n);
	if (!doctor_noise(d, l, &b, i, &s)) {
		buf_fini(&b);
		probe_close(l);
		return;
	}
	t->line = l;
	d->tunnel = t;
	ts2021_init(&t->ts, &s);
	noise_session_wipe(&s);
	buf_init(&t->plain, BYTES_MAX);
	h2_open(t);
	if (b.n > NOISE_RESPONSE_SIZE)
		feed(t, (struct span){ b.p + NOISE_RESPONSE_SIZE, b.n - NOISE_RESPONSE_SIZE });
	buf_fini(&b);
	if (try_h2(d, t))
		d->facts |= FACT_TUNNEL;
}

void
doctor_tunnel_end(struct doctor *d)
{
	struct doctor_tunnel *t = d->tunnel;

	if (t == NULL)
		return;
	nghttp2_session_del(t->h2);
	ts2021_fini(&t->ts);
	buf_fini(&t->plain);
	probe_close(t->line);
	d->tunnel = NULL;
}
