/*
 * notifier/notifier.h -- the whole daemon: one thread, one event loop.
 *
 * Each part keeps its state in a struct of its own, all of them here; nothing
 * is global.  Output is never written where it is made: connections are marked
 * dirty and flushed once per turn of the loop (conn.h), so a turn that answers
 * hundreds of streams does each write once and no callback sees a connection
 * disappear under it.
 */
#ifndef NOTIFIER_NOTIFIER_H
#define NOTIFIER_NOTIFIER_H

#include <uv.h>

#include "lib/config/config.h"
#include "lib/crypto/noise.h"
#include "lib/wire/zstd_frame.h"
#include "notifier/call.h"
#include "notifier/conn.h"
#include "notifier/deliver.h"
#include "notifier/delta.h"
#include "notifier/h2.h"
#include "notifier/hold.h"
#include "notifier/limits.h"
#include "notifier/listen.h"
#include "notifier/presence.h"
#include "notifier/scrape.h"
#include "notifier/stream.h"
#include "notifier/tick.h"
#include "notifier/wake.h"
#include "notifier/wheel.h"

/* Memory for one step of work, never kept across a return to the loop. */
struct scratch {
	char *read;		/* READ_BYTES */
	struct buf plain;	/* opened records; plaintext to seal */
	struct buf sealed, wire;
	struct buf json;
	int64_t *ids;		/* of an open answer */
	uint32_t ids_room;
};

struct notifier {
	struct arena *arena;
	struct config cfg;
	const char *config_path;	/* as given; NULL: the usual places */
	struct noise_static noise;
	struct scratch scratch;
	struct zframe *zstd;

	uv_loop_t loop;
	uv_prepare_t before_poll;
	uv_check_t after_poll;
	uv_timer_t wheel_timer, shutdown_timer;
	uv_signal_t sig_term, sig_int, sig_hup;
	struct wheel wheel;
	bool stopping;

	struct listener listener;
	struct conns conns;
	struct h2_shared h2;
	struct calls calls;
	struct streams streams;
	struct holds holds;
	struct delta delta;
	struct wake wake;
	struct presence presence;
	struct tick tick;
	struct deliver deliver;
	struct scrapes scrapes;
};

/* Everything but the sockets; the configuration must be loaded. */
void notifier_init(struct notifier *n);
void notifier_start(struct notifier *n);	/* after the listener is open */
void notifier_run(struct notifier *n);		/* until a signal ends it */
void notifier_fini(struct notifier *n);

static inline int64_t
notifier_now(const struct notifier *n)
{
	return (int64_t)uv_now(&n->loop);
}

/* The buffer that every read uses: its bytes are consumed before the next. */
static inline uv_buf_t
notifier_read_buf(const struct notifier *n)
{
	return uv_buf_init(n->scratch.read, READ_BYTES);
}

#endif
