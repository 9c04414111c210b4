/*
 * notifier/limits.h -- every limit of the daemon that is not configuration.
 *
 * Who may cost us what: a connection before its first request, a client, all
 * clients together, the workers.
 */
#ifndef NOTIFIER_LIMITS_H
#define NOTIFIER_LIMITS_H

/* ---- connections ---- */

#define HEAD_BYTES_MAX (16u * 1024)	/* HTTP/1 head before the upgrade */
#define FIRST_REQUEST_MS 15000		/* from accept to the first whole request */
#define PING_MS 50000			/* between two HTTP/2 PINGs */
#define PING_MISSES_MAX 2
#define STALL_MS 30000			/* output that does not move */
#define LINGER_MS 2000			/* after the last byte we write, for an EOF */
#define SHUTDOWN_MS 3000		/* from SIGTERM to the end */

#define READ_BYTES (64u * 1024)		/* one read(), shared by all */
#define FLUSH_BYTES (64u * 1024)	/* plaintext gathered for one write() */

/* ---- HTTP/2 ---- */

#define H2_STREAMS_MAX 128		/* per connection, at a time */
#define H2_HEADER_BYTES_MAX (16u * 1024)
#define H2_PATH_MAX 2048
#define H2_TABLE_BYTES 256		/* HPACK table we use when we send */
#define BODY_BYTES_MAX (1u << 20)	/* of an inner request */
#define BODIES_BYTES_CONN (4u << 20)	/* of all requests of one connection */
#define BODIES_BYTES_ALL (128u << 20)	/* of all requests */
#define REQUEST_MS 30000		/* from a request's first byte to its last */

/* ---- calls to workers ---- */

#define CALLS_RUNNING_MAX 64
#define CALLS_QUEUED_MAX 32768
#define CALLS_QUEUED_BYTES_MAX (64u << 20)
#define CALL_ANSWER_BYTES_MAX (256u << 20)
#define CALL_MS 60000			/* one attempt */
#define CALL_RETRY_MS 250		/* while control.sock does not accept */
#define CALL_DOWN_MS 10000		/* after that long, 503 */
#define CALL_DEATHS_MAX 3		/* workers that die of one request */

/* ---- held requests ---- */

#define HOLD_MS 60000
#define HOLD_AGAIN_MS 1000		/* at least, between two questions */
#define HOLDS_MAX 16384

/* ---- streams ---- */

#define FIRST_BYTES_MAX (64u << 20)	/* first maps that are not yet sent, in sum */
#define QUEUE_BYTES_MIN (1u << 20)	/* a slow reader's queue, besides its first map */
#define REFRESH_RETRY_MS 1000
#define KEEPALIVE_JITTER_MS 9000	/* at most; a fifth of the interval */
#define MESSAGE_BYTES_MAX (256u << 20)

/* ---- metrics.listen ---- */

#define SCRAPES_MAX 16			/* connections */
#define SCRAPE_MS 10000			/* from accept to the end */
#define SCRAPE_LISTEN_RETRY_MS 5000	/* while the address is in use */

/* ---- the rest ---- */

#define DELTA_SPACING_MS 4		/* between two questions under load */
#define DELTA_SHARE 4			/* handing out takes half of the time, one part in so many … */
#define DELTA_BURST_MS 800		/* … once this much at a stretch is used up */
#define DELTA_RETRY_MS 1000
#define WAL_DEBOUNCE_MS 10
#define FILES_DEBOUNCE_MS 250
#define WATCH_RETRY_MS 5000
#define WATCH_PAUSE_MS 100	/* after a change, before the next is seen */
#define PRESENCE_BATCH_MS 200
#define PRESENCE_SYNC_EXTRA_MS 3000	/* after the grace, at the start */
#define DELIVER_SPACING_MS 100		/* between two calls that send to webhooks */
#define DELIVER_RETRY_MS 10000		/* after one that failed */
#define DELIVER_MAX_MS 3600000
#define TICK_MIN_MS 1000
#define TICK_MAX_MS 60000

#endif
