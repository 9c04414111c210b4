/*
 * handlers/internal/deliver.c -- POST /internal/deliver: tells webhooks what they wait for.
 *
 * The notifier calls it when something waits, at a worker of its own, because a server
 * that hangs takes seconds.  A claim is committed before anything is sent, and events go
 * only after the other side has said 2xx: whoever dies in between leaves them to the
 * next, once the claim has run out.
 */
#include <inttypes.h>

#include "handlers/internal/event.h"
#include "handlers/routes.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/crypto/hmac.h"
#include "lib/fetch/post.h"
#include "lib/store/store.h"

#define WEBHOOKS_AT_ONCE 8
#define EVENTS_AT_ONCE 100
#define CLAIM_MS (3 * POST_TIMEOUT_MS)
#define GIVE_UP_MS (24LL * 60 * 60 * 1000)	/* an event that nobody took for a day is dropped */
#define NEVER_MS (-1)

static const int64_t pauses_ms[] = {
	10 * 1000, 60 * 1000, 5 * 60 * 1000, 30 * 60 * 1000, 2 * 60 * 60 * 1000, 6 * 60 * 60 * 1000,
};
#define N_PAUSES (sizeof(pauses_ms) / sizeof(pauses_ms[0]))

struct delivery {
	struct webhook w;
	int64_t last_event;	/* that goes with it */
	const char *headers[3];
};

struct deliveries {
	struct delivery v[WEBHOOKS_AT_ONCE];
	struct post posts[WEBHOOKS_AT_ONCE];
	size_t n;
};

/* Anew with every attempt: receivers look at the age of a signature. */
static void
sign(struct req *rq, struct delivery *d, struct str body)
{
	const char *t = arena_printf(rq->arena, "%" PRId64, clock_wall_ms() / 1000);
	char mac[HMAC_HEX_SIZE];

	hmac_sha256(str_of(d->w.secret), str_of(arena_printf(rq->arena, "%s.", t)), body, mac);
	d->headers[0] = "Content-Type: application/json";
	d->headers[1] = arena_printf(rq->arena, "Tailscale-Webhook-Signature: t=%s,v1=%s", t, mac);
}

static enum err
prepare(struct req *rq, struct delivery *d, struct post *p)
{
	struct webhook_event *v;
	size_t n, taken;
	enum err e = store_webhook_events(rq->db, rq->arena, d->w.id, EVENTS_AT_ONCE, &v, &n);

	if (e != OK || n == 0)
		return e != OK ? e : ERR_NOTFOUND;
	if ((e = event_body(rq, &d->w, v, n, &p->body, &taken)) != OK)
		return e;
	d->last_event = v[taken - 1].id;
	sign(rq, d, p->body);
	p->url = d->w.url;
	p->headers = d->headers;
	return OK;
}

static enum err
claim_due(struct req *rq, struct deliveries *all)
{
	struct webhook *due;
	size_t n;
	enum err e = store_webhooks_due(rq->db, rq->arena, rq->now_ms, WEBHOOKS_AT_ONCE, &due, &n);

	for (size_t i = 0; e == OK && i < n; i++) {
		all->v[all->n].w = due[i];
		e = prepare(rq, &all->v[all->n], &all->posts[all->n]);
		if (e == OK && (e = store_webhook_claim(rq->db, due[i].id,
		    rq->now_ms + CLAIM_MS)) == OK)
			all->n++;
	}
	return e;
}

static enum err
note_failure(struct req *rq, const struct delivery *d, const struct post *p, int64_t now_ms)
{
	size_t i = d->w.failures < (int64_t)N_PAUSES ? (size_t)d->w.failures : N_PAUSES - 1;
	struct webhook_failure f = { now_ms + pauses_ms[i], now_ms - GIVE_UP_MS, p->why };
	int64_t dropped;
	enum err e = store_webhook_failed(rq->db, d->w.id, &f, &dropped);

	log_warn("webhook %" PRId64 ": %s; again in %" PRId64 " s", d->w.id, p->why,
	    pauses_ms[i] / 1000);
	if (e == OK && dropped > 0)
		log_warn("webhook %" PRId64 ": %" PRId64 " events were not taken in time and "
		    "are dropped", d->w.id, dropped);
	return e;
}

static enum err
note_results(struct req *rq, const struct deliveries *all, int64_t now_ms)
{
	enum err e = OK;

	for (size_t i = 0; e == OK && i < all->n; i++)
		e = all->posts[i].done ?
		    store_webhook_sent(rq->db, all->v[i].w.id, all->v[i].last_event) :
		    note_failure(rq, &all->v[i], &all->posts[i], now_ms);
	return e;
}

static enum err
reply(struct req *rq, int64_t now_ms)
{
	int64_t due, wait = NEVER_MS;
	enum err e = store_webhooks_next(rq->db, &due);

	if (e != OK)
		return e;
	if (due != TIME_NONE)
		wait = due > now_ms ? due - now_ms : 0;
	req_reply(rq, 200, "text/plain");
	buf_printf(&rq->out, "%" PRId64 "\n", wait);
	return OK;
}

/* Nothing is written, and no lock taken, when nothing is due. */
static enum err
internal_deliver(struct req *rq)
{
	struct deliveries all = { .n = 0 };
	int64_t begun_ms = clock_mono_ms(), now_ms, due;
	enum err e = store_webhooks_next(rq->db, &due);

	if (e != OK || due == TIME_NONE || due > rq->now_ms)
		return e != OK ? e : reply(rq, rq->now_ms);
	if ((e = db_begin_write(rq->db)) != OK ||
	    (e = db_end_write(rq->db, claim_due(rq, &all))) != OK)
		return e;
	post_all(rq->arena, all.posts, all.n);
	now_ms = rq->now_ms + clock_mono_ms() - begun_ms;
	if ((e = db_begin_write(rq->db)) != OK ||
	    (e = db_end_write(rq->db, note_results(rq, &all, now_ms))) != OK)
		return e;
	return reply(rq, now_ms);
}

const struct route route_internal_deliver = {
	.method = HTTP_POST,
	.path = "/internal/deliver",
	.auth = AUTH_NOTIFIER,
	.txn = TXN_OWN,
	.body_max = 4096,
	.handle = internal_deliver,
};
