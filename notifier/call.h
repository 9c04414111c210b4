/*
 * notifier/call.h -- asking the workers: one FastCGI request, one connection.
 *
 * The kernel gives a connection on control.sock to an idle worker.  The whole
 * answer is read before anybody is told of it, so no worker ever waits for a
 * slow client, and a worker that dies in the middle costs nothing: all requests
 * may be asked twice, and a new attempt is made.
 *
 * calls.c decides when a call may start; call.c runs one.
 */
#ifndef NOTIFIER_CALL_H
#define NOTIFIER_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/wire/cgi.h"
#include "notifier/wheel.h"

struct notifier;
struct attempt;

enum call_class {
	CALL_OWN,	/* delta, presence, tick: at once, uncounted */
	CALL_SMALL,	/* of a client */
	CALL_MAP,	/* its answer is a first map: when there is room for it */
	CALL_CLASSES
};

struct call {
	struct notifier *n;
	struct call *next, *prev;	/* queue, or those running */
	enum call_class cls;
	const char *path;		/* the socket that it is for */
	bool running;
	struct buf request;		/* encoded; kept for another attempt */
	struct cgi_head head;
	struct buf body;		/* of the answer */
	struct attempt *attempt;
	struct wheel_timer timer;	/* of the attempt, or until the next one */
	unsigned deaths;
	int64_t started_ms;		/* of the first attempt */
	uint64_t asked_ns;		/* when it was made, by uv_hrtime() */

	/*
	 * Called once, with the answer in head and body if 'e' is OK; may take
	 * the body's memory.  The call is freed afterwards.
	 */
	void (*done)(struct call *c, enum err e);
	void *owner;
};

/* What a call asks.  Texts are copied. */
struct call_ask {
	enum call_class cls;
	/* For the worker of its own that does this, if it can be reached. */
	bool delta, webhook;
	const char *method, *uri;
	struct span body;
	const char *machine_key;	/* NULL: the notifier asks for itself */
	uint16_t capver;
	const char *remote;		/* the client's address, or NULL */
	const char *authorization;	/* a header to pass on, or NULL */
	bool held;
};

/* Queues a call, or starts it; NULL if the queue is full. */
struct call *call_new(struct notifier *n, const struct call_ask *ask,
    void (*done)(struct call *, enum err), void *owner);

/*
 * The owner does not want the answer any more: a call that has not started
 * goes, another runs to its end and nobody is told.
 */
void call_drop(struct call *c);

/* ---- between call.c and calls.c ---- */

struct call *call_make(struct notifier *n, const struct call_ask *ask);
void call_start(struct call *c);
void call_cancel(struct call *c);	/* of one that runs; calls_end() follows */
void call_free(struct call *c);		/* of one that does not run */

struct calls {
	const char *path;		/* control.sock */
	const char *delta_path, *webhook_path;
	struct call *queue[CALL_CLASSES];	/* circular lists; NULL: empty */
	struct call *running;
	unsigned n_running[CALL_CLASSES], n_queued;
	unsigned running_max;
	size_t queued_bytes;
	size_t first_bytes;		/* of first maps that are not sent yet */
	size_t first_size;		/* of the latest first maps, the largest */
	bool open;			/* clients' calls may start */
	bool map_turn;
	int64_t down_ms;		/* workers do not accept since; 0: they do */
};

void calls_init(struct notifier *n);
void calls_fini(struct notifier *n);	/* ends all with ERR_BUSY */

/* Starts what may start.  Called once per turn of the event loop. */
void calls_pump(struct notifier *n);

/* From an attempt: did workers accept? */
void calls_up(struct notifier *n);
void calls_down(struct notifier *n, int why);

/* A call is over: takes it from the running ones, tells its owner, frees it. */
void calls_end(struct call *c, enum err e);

/* Clients' calls may start from now on: we know where we are. */
void calls_open(struct notifier *n);

#endif
