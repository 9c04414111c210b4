/*
 * cli/doctor_inner.c -- what headrace says inside a tunnel, and whether somebody cuts it when
 * little happens.
 */
#include "cli/doctor_tunnel.h"

#include "lib/base/clock.h"
#include "lib/base/ip.h"

#define SILENCE_MS 60000	/* headrace says something every 50 s, and clients wait for 120 */

/* ---- what headrace says inside ---- */

static bool
has_answer(const struct doctor_tunnel *t)
{
	return t->answered;
}

/* whoami answers "mkey:… from ADDRESS". */
static void
judge_client_address(struct doctor *d, struct str text)
{
	struct str from = STR(""), word;
	struct ip ip, to = ip_of(d->address);

	while (str_cut(&text, ' ', &word))
		from = word;
	if (!ip_read(str_trim(from), &ip)) {
		doctor_found(d, FOUND_CLIENT_ADDRESS, NULL, "It sees no address.");
		return;
	}
	doctor_saw(d, "%s, from %s", d->about, doctor_quote(d, from, 60));
	if ((ip.family == 4 && ip.b[0] == 127) != (to.family == 4 && to.b[0] == 127) &&
	    ip.family == to.family)
		doctor_found(d, FOUND_CLIENT_ADDRESS, NULL, "It sees %s.", doctor_quote(d, from, 60));
}

void
doctor_inner(struct doctor *d)
{
	struct doctor_tunnel *t = d->tunnel;
	struct str text;

	if (!doctor_tunnel_run(t, has_answer, true, clock_mono_ms() + d->timeout_ms)) {
		if (doctor_tunnel_ended(t))
			doctor_tunnel_judge(d, t, FOUND_INNER, "While /machine/whoami was asked");
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

static bool
never(const struct doctor_tunnel *t)
{
	(void)t;
	return false;
}

static void
judge_idle(struct doctor *d, const struct doctor_tunnel *t, int64_t began_ms, int64_t frames)
{
	double s = (double)(clock_mono_ms() - began_ms) / 1000, silence = (double)(clock_mono_ms() - t->heard_ms) / 1000;

	if (t->closed)
		doctor_found(d, FOUND_IDLE_CUT, NULL, "It was cut after %.1f s.", s);
	else if (t->garbage)
		doctor_tunnel_judge(d, t, FOUND_H2_GARBAGE, "While idle");
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

	while (now < end && !doctor_tunnel_ended(t)) {
		doctor_progress(d, arena_printf(d->arena, "idle, %lld s more", (long long)(end - now + 999) / 1000));
		(void)doctor_tunnel_run(t, never, true, now + 1000 < end ? now + 1000 : end);
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
	if (!doctor_tunnel_ended(t))
		doctor_tunnel_ping(t);
	if (!doctor_tunnel_ended(t) && clock_mono_ms() - t->heard_ms < SILENCE_MS &&
	    !doctor_tunnel_run(t, doctor_tunnel_ponged, true, clock_mono_ms() + d->timeout_ms))
		t->closed = true;
	judge_idle(d, t, began, frames);
}
