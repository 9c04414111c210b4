/*
 * cli/doctor_tunnel.c -- inside an upgraded connection: Noise, HTTP/2, and time.
 *
 * First we only listen: a server that speaks first is heard at once unless somebody
 * holds its words back.  Then we speak, which shows the other direction.  GET
 * /machine/whoami is what `tailscale debug ts2021` asks, and changes nothing.
 */
#include "cli/doctor.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/ip.h"
#include "lib/base/log.h"
#include "lib/crypto/noise.h"
#include "lib/wire/ts2021.h"

#define BYTES_MAX (1024 * 1024)		/* of all that a server may send us */
#define EARLY_MAX 4096
#define ANSWER_MAX 512
#define MAGIC_BYTES (sizeof(TS2021_EARLY_MAGIC) - 1)
#define SILENCE_MS 60000	/* headrace says something every 50 s, and clients wait for 120 */

struct doctor_tunnel {
	struct probe_line *line;
	struct ts2021 ts;
	nghttp2_session *h2;
	struct buf plain;	/* what has been opened and not yet read */
	size_t bytes;		/* that have arrived, in all */
	bool early_over, has_early;
	bool closed, garbage;
	const char *why;

	/* What HTTP/2 has seen. */
	bool settings, answered;
	unsigned pongs, frames;
	int status;
	char answer[ANSWER_MAX];
	size_t answer_n;
	int64_t heard_ms;	/* when something came last */
};

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

static bool
ended(const struct doctor_tunnel *t)
{
	return t->closed || t->garbage;
}

/* Reads until done(t), the end of the connection, or the deadline. */
static bool
run_until(struct doctor_tunnel *t, bool (*done)(const struct doctor_tunnel *), bool speak,
    int64_t deadline_ms)
{
	uint8_t part[8192];
	ssize_t n = 1;

	while (!done(t) && !ended(t) && n >= 0 && clock_mono_ms() < deadline_ms) {
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

/* ---- the handshake ---- */

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
	doctor_found(d, cut ? FOUND_NOISE_CUT : FOUND_NOISE_HANG, NULL, "After 101: %zu of %d bytes, then %s.",
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

static bool
shake_hands(struct doctor *d, struct probe_line *l, struct buf *b, struct noise_initiator *i,
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
		doctor_found(d, FOUND_NOISE_KEY, NULL, "The server's half was not made with its key of /key.");
	} else {
		return true;
	}
	return false;
}

/* ---- HTTP/2 ---- */

static bool
has_settings(const struct doctor_tunnel *t)
{
	return t->settings;
}

static bool
has_pong(const struct doctor_tunnel *t)
{
	return t->pongs > 0;
}

static bool
has_answer(const struct doctor_tunnel *t)
{
	return t->answered;
}

static bool
never(const struct doctor_tunnel *t)
{
	(void)t;
	return false;
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

/* Says what it means that HTTP/2 did not get so far. */
static void
judge_h2(struct doctor *d, const struct doctor_tunnel *t, enum doctor_id hang, const char *when)
{
	if (t->garbage)
		doctor_found(d, FOUND_H2_GARBAGE, t->why, "%s: %s.", when, t->why);
	else if (t->closed)
		doctor_found(d, FOUND_H2_CUT, NULL, "%s: the connection was closed.", when);
	else
		doctor_found(d, hang, NULL, "%s: nothing in time.", when);
}

static bool
try_h2(struct doctor *d, struct doctor_tunnel *t)
{
	if (!run_until(t, has_settings, false, clock_mono_ms() + d->timeout_ms)) {
		judge_h2(d, t, FOUND_H2_HANG, "After the handshake, where HTTP/2 begins");
		return false;
	}
	if (nghttp2_submit_ping(t->h2, NGHTTP2_FLAG_NONE, NULL) != 0)
		fatal("out of memory (HTTP/2)");
	ask_whoami(d, t);
	if (!run_until(t, has_pong, true, clock_mono_ms() + d->timeout_ms)) {
		judge_h2(d, t, FOUND_H2_ONEWAY, "After our PING");
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
	if (!shake_hands(d, l, &b, i, &s)) {
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

/* ---- what headrace says inside ---- */

/* whoami answers "mkey:… from ADDRESS". */
static void
judge_client_address(struct doctor *d, struct str text)
{
	struct str from, word;
	struct ip ip, to = ip_of(d->address);

	while (str_cut(&text, ' ', &word))
		from = word;
	doctor_saw(d, "%s, from %s", d->about, doctor_quote(d, from, 60));
	if (!ip_read(str_trim(from), &ip))
		doctor_found(d, FOUND_CLIENT_ADDRESS, NULL, "It sees \"%s\".", doctor_quote(d, from, 60));
	else if ((ip.family == 4 && ip.b[0] == 127) != (to.family == 4 && to.b[0] == 127) &&
	    ip.family == to.family)
		doctor_found(d, FOUND_CLIENT_ADDRESS, NULL, "It sees %s.", doctor_quote(d, from, 60));
}

void
doctor_inner(struct doctor *d)
{
	struct doctor_tunnel *t = d->tunnel;
	struct str text;

	if (!run_until(t, has_answer, true, clock_mono_ms() + d->timeout_ms)) {
		if (ended(t))
			judge_h2(d, t, FOUND_INNER, "While /machine/whoami was asked");
		else
			doctor_found(d, FOUND_INNER, "503", "/machine/whoami was not answered in time.");
		d->facts &= ~(unsigned)FACT_TUNNEL;
		return;
	}
	text = (struct str){ t->answer, t->answer_n };
	doctor_saw(d, "Noise, %sHTTP/2; /machine/whoami: %d", t->has_early ? "early payload, " : "", t->status);
	if (t->status != 200)
		doctor_found(d, FOUND_INNER, arena_printf(d->arena, "%d", t->status),
		    "/machine/whoami: %d, \"%s\".", t->status, doctor_quote(d, text, 160));
	else
		judge_client_address(d, text);
}

/* ---- time ---- */

static void
judge_idle(struct doctor *d, const struct doctor_tunnel *t, int64_t began_ms, int64_t frames)
{
	double s = (double)(clock_mono_ms() - began_ms) / 1000, silence = (double)(clock_mono_ms() - t->heard_ms) / 1000;

	if (t->closed)
		doctor_found(d, FOUND_IDLE_CUT, NULL, "It was cut after %.1f s.", s);
	else if (t->garbage)
		judge_h2(d, t, FOUND_H2_GARBAGE, "While idle");
	else if (silence * 1000 > SILENCE_MS)
		doctor_found(d, FOUND_IDLE_SILENT, NULL, "Nothing came for %.0f s.", silence);
	else
		doctor_saw(d, "open after %.0f s; signs of life from the server: %lld", s, (long long)frames);
}

/* Listens for so long, and says on a terminal how much is left. */
static void
wait_idle(struct doctor *d, struct doctor_tunnel *t)
{
	int64_t now = clock_mono_ms(), end = now + d->wait_ms;

	while (now < end && !ended(t)) {
		doctor_progress(d, arena_printf(d->arena, "idle, %lld s more", (long long)(end - now + 999) / 1000));
		(void)run_until(t, never, true, now + 1000 < end ? now + 1000 : end);
		now = clock_mono_ms();
	}
}

/* Nothing is said but what HTTP/2 must answer; at the end a PING shows that it is alive. */
void
doctor_idle(struct doctor *d)
{
	struct doctor_tunnel *t = d->tunnel;
	int64_t began = t->heard_ms;
	unsigned frames = t->frames;

	if (d->wait_ms == 0) {
		doctor_skip(d, "not looked at; --wait 2m shows who cuts a connection on which little happens");
		return;
	}
	wait_idle(d, t);
	frames = t->frames - frames;
	t->pongs = 0;
	if (!ended(t) && nghttp2_submit_ping(t->h2, NGHTTP2_FLAG_NONE, NULL) != 0)
		fatal("out of memory (HTTP/2)");
	if (!ended(t) && clock_mono_ms() - t->heard_ms < SILENCE_MS &&
	    !run_until(t, has_pong, true, clock_mono_ms() + d->timeout_ms))
		t->closed = true;
	judge_idle(d, t, began, frames);
}
