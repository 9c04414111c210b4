/*
 * notifier/scrape.h -- metrics.listen: an address that answers GET /metrics and no more.
 *
 * The notifier has the event loop and the reader of HTTP; what the metrics are, and who
 * may read them, is for a worker to say (/internal/metrics).
 */
#ifndef NOTIFIER_SCRAPE_H
#define NOTIFIER_SCRAPE_H

#include <stddef.h>

#include "notifier/listen.h"
#include "notifier/wheel.h"

struct notifier;
struct scrape;

struct scrapes {
	struct listener *listener;	/* NULL: none, or not yet */
	struct wheel_timer retry;	/* of an address that was in use */
	struct notifier *n;
	struct scrape *all;
	size_t n_open;
};

/* Nothing without metrics.listen.  An address in use is no reason not to start. */
void scrapes_start(struct notifier *n);

/* Takes no more; those that are open end. */
void scrapes_stop(struct notifier *n);

#endif
