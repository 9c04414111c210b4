/*
 * fcgi/worker.c -- answers FastCGI requests, one at a time, and keeps no truth.
 *
 * libfcgi accepts and parses.  Three things it cannot do are done here:
 *
 * - Waiting for a connection happens in epoll_pwait() with the signals unblocked
 *   only there, so that SIGTERM and SIGHUP are seen between requests and never
 *   lost between a check and accept().  A connection wakes one idle worker, not
 *   all (EPOLLEXCLUSIVE), and mostly the same one, whose caches are warm.
 * - Answers are written as records of 64 KiB with writev(); libfcgi's own stream
 *   copies everything through 8 KiB, and a map of 5,000 peers is megabytes.
 * - The connection is closed after each request.  A server that keeps it open
 *   would have this worker to itself.
 */
#include "fcgi/worker.h"

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fcgi/carry.h"
#include "fcgi/limits.h"
#include "handlers/routes.h"
#include "lib/base/heap.h"
#include "lib/base/log.h"

static volatile sig_atomic_t want_stop, want_reload;

static void
on_signal(int sig)
{
	if (sig == SIGHUP)
		want_reload = 1;
	else if (sig != SIGALRM)
		want_stop = 1;
}

/*
 * Without SA_RESTART: an alarm must break a read() or write() that hangs.
 * 'open_mask' gets the mask to wait with.
 */
static void
catch_signals(sigset_t *open_mask)
{
	static const int caught[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };
	struct sigaction sa = { .sa_handler = on_signal };
	sigset_t closed;

	(void)sigemptyset(&closed);
	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++) {
		(void)sigaction(caught[i], &sa, NULL);
		(void)sigaddset(&closed, caught[i]);
	}
	(void)sigaction(SIGALRM, &sa, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigprocmask(SIG_BLOCK, &closed, open_mask);
	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		(void)sigdelset(open_mask, caught[i]);
}

/* Breaks what hangs after 'sec', again every second; 0: no more. */
static void
set_alarm(int sec)
{
	struct itimerval t = { { sec ? 1 : 0, 0 }, { sec, 0 } };

	(void)setitimer(ITIMER_REAL, &t, NULL);
}

static size_t
read_body(void *arg, void *to, size_t n)
{
	int got = FCGX_GetStr(to, n < 65536 ? (int)n : 65536, arg);

	return got > 0 ? (size_t)got : 0;
}

/* ---- the answer ---- */

#define RECORD_MAX 65528	/* a multiple of 8, so that no padding is needed */
#define RECORDS_AT_ONCE 16
#define FCGI_VERSION 1
#define FCGI_STDOUT 6

struct record_head { uint8_t b[8]; };

static bool
write_vector(int fd, struct iovec *v, int n)
{
	ssize_t put;

	while (n > 0) {
		put = writev(fd, v, n);
		if (put < 0)
			return false;
		for (; n > 0 && (size_t)put >= v->iov_len; v++, n--)
			put -= (ssize_t)v->iov_len;
		if (n > 0) {
			v->iov_base = (char *)v->iov_base + put;
			v->iov_len -= (size_t)put;
		}
	}
	return true;
}

static struct record_head
record_head(int id, size_t len)
{
	return (struct record_head){ { FCGI_VERSION, FCGI_STDOUT, (uint8_t)(id >> 8),
	    (uint8_t)id, (uint8_t)(len >> 8), (uint8_t)len, 0, 0 } };
}

/* Writes 'data' as records of standard output. */
static bool
write_records(int fd, int id, struct span data)
{
	struct record_head heads[RECORDS_AT_ONCE];
	struct iovec v[2 * RECORDS_AT_ONCE];
	size_t len;
	int n;

	while (data.n > 0) {
		for (n = 0; n < RECORDS_AT_ONCE && data.n > 0; n++) {
			len = data.n < RECORD_MAX ? data.n : RECORD_MAX;
			heads[n] = record_head(id, len);
			v[2 * n] = (struct iovec){ &heads[n], sizeof(heads[n]) };
			v[2 * n + 1] = (struct iovec){ (void *)(uintptr_t)data.p, len };
			data.p += len;
			data.n -= len;
		}
		if (!write_vector(fd, v, 2 * n))
			return false;
	}
	return true;
}

static void
send_answer(FCGX_Request *fr, const struct req *rq)
{
	struct buf head;

	buf_init(&head, 2 * REQ_HEAD_MAX);
	carry_head(rq, &head);
	if (!write_records(fr->ipcFd, fr->requestId, buf_span(&head)) ||
	    !write_records(fr->ipcFd, fr->requestId, buf_span(&rq->out)))
		log_debug("the answer was not taken: %s", strerror(errno));
	buf_fini(&head);
}

/* ---- the loop ---- */

#define ACCEPT_PAUSE_US 10000	/* no descriptors, no memory: do not spin */

struct worker {
	struct backend backend;
	struct arena *arena;
	enum origin origin;
	enum metrics_role role;
	const char *ident;		/* in the log */
	sigset_t open_mask;
	int fd, epoll;
};

static void
answer_one(struct worker *w, FCGX_Request *fr)
{
	struct carry_source src = { fr->envp, read_body, fr->in, .has_end = true };
	struct req rq;

	metrics_set(METRIC_WORKERS_BUSY, w->role, 1);
	if (carry_read(&w->backend, w->arena, w->origin, &src, &rq)) {
		set_alarm(0);	/* work may take its time */
		carry_dispatch(&w->backend, &rq);
	}
	set_alarm(WORKER_WRITE_S);
	send_answer(fr, &rq);
	FCGX_Finish_r(fr);
	FCGX_Free(fr, 1);
	set_alarm(0);
	req_end(&rq);
	arena_reset(w->arena);
	metrics_set(METRIC_WORKERS_BUSY, w->role, 0);
}

static void
watch_socket(struct worker *w)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLEXCLUSIVE };

	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (w->epoll < 0 || epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->fd, &ev) != 0)
		fatal("cannot watch the listening socket: %s", strerror(errno));
}

/* Waits until a connection may be there or a signal came. */
static void
wait_for_work(struct worker *w)
{
	struct epoll_event ev;

	if (epoll_pwait(w->epoll, &ev, 1, -1, &w->open_mask) < 0 && errno != EINTR)
		fatal("cannot wait for requests: %s", strerror(errno));
}

static void
set_log(struct worker *w)
{
	log_init(w->ident, (enum log_level)w->backend.cfg->log_level);
}

static void
worker_loop(struct worker *w)
{
	FCGX_Request fr;
	int rc;

	if (FCGX_InitRequest(&fr, w->fd, FCGI_FAIL_ACCEPT_ON_INTR) != 0)
		fatal("cannot start libfcgi");
	while (!want_stop) {
		wait_for_work(w);
		if (want_reload) {
			want_reload = 0;
			backend_reload(&w->backend);
			set_log(w);
		}
		if (want_stop)
			break;
		set_alarm(CARRY_READ_S);
		rc = FCGX_Accept_r(&fr);
		if (rc == 0)
			answer_one(w, &fr);
		set_alarm(0);
		if (rc != 0 && rc != -EAGAIN)	/* EAGAIN: another worker was faster */
			(void)usleep(ACCEPT_PAUSE_US);
	}
}

/* ---- the start ---- */

#define ROLE_FLAG 256	/* plus a role: getopt's value of --web and the like */

static const char usage[] =
	"usage: headrace worker [--web | --control | --deltas | --webhooks | --routes]\n"
	"                       [-c FILE]\n"
	"Answers FastCGI requests on the socket whose number is in HEADRACE_LISTEN_FD,\n"
	"else on standard input.  headrace serve starts workers; so can a web server.\n"
	"  --web      requests come from the world (default)\n"
	"  --control  requests come from headrace-notifier on a private socket\n"
	"  --deltas   the same: the one worker that tells it what has changed\n"
	"  --webhooks the same: the one worker that tells other servers\n"
	"  --routes   print the table of endpoints\n"
	"  -c FILE    configuration\n";

static void
print_routes(void)
{
	struct buf out;

	buf_init(&out, 64 * 1024);
	routes_print(&out);
	(void)fwrite(out.p, 1, out.n, stdout);
	buf_fini(&out);
}

/* Sets what kind of worker it is, and 'config'; -1 to go on, else the exit status. */
static int
read_options(int argc, char **argv, struct worker *w, const char **config)
{
	static const char *const idents[METRICS_WORKER_ROLES] = {
		[METRICS_WEB] = "web-worker", [METRICS_CONTROL] = "control-worker",
		[METRICS_DELTAS] = "delta-worker", [METRICS_WEBHOOKS] = "webhook-worker",
	};
	static const struct option options[] = {
		{ "web", no_argument, NULL, ROLE_FLAG + METRICS_WEB },
		{ "control", no_argument, NULL, ROLE_FLAG + METRICS_CONTROL },
		{ "deltas", no_argument, NULL, ROLE_FLAG + METRICS_DELTAS },
		{ "webhooks", no_argument, NULL, ROLE_FLAG + METRICS_WEBHOOKS },
		{ "config", required_argument, NULL, 'c' },
		{ "routes", no_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' }, { 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		if (c >= ROLE_FLAG) {
			w->role = (enum metrics_role)(c - ROLE_FLAG);
			w->origin = w->role == METRICS_WEB ? ORIGIN_WEB : ORIGIN_CONTROL;
			w->ident = idents[w->role];
		} else if (c == 'c') {
			*config = optarg;
		} else if (c == 'r') {
			print_routes();
			return 0;
		} else {
			(void)fputs(usage, c == 'h' ? stdout : stderr);
			return c == 'h' ? 0 : 2;
		}
	}
	return -1;
}

/* The listening socket; it must not block, because workers race for connections. */
static int
listen_fd(void)
{
	const char *text = getenv("HEADRACE_LISTEN_FD");
	int64_t fd = 0;
	int flags, listening = 0;
	socklen_t len = sizeof(listening);

	if (text != NULL && (!str_i64(str_of(text), &fd) || fd < 0 || fd > 1023))
		fatal("HEADRACE_LISTEN_FD is not a file descriptor: %s", text);
	if (getsockopt((int)fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) != 0 ||
	    !listening)
		fatal("file descriptor %d is not a listening socket; headrace serve or "
		    "a web server starts workers with one", (int)fd);
	flags = fcntl((int)fd, F_GETFL);
	if (flags < 0 || fcntl((int)fd, F_SETFL, flags | O_NONBLOCK) < 0)
		fatal("cannot set up the listening socket: %s", strerror(errno));
	return (int)fd;
}

int
worker_main(int argc, char **argv)
{
	struct worker w = { .origin = ORIGIN_WEB, .role = METRICS_WEB, .ident = "web-worker" };
	const char *config = NULL;
	int status = read_options(argc, argv, &w, &config);

	if (status >= 0)
		return status;
	log_init("worker", LOG_INFO);
	w.fd = listen_fd();
	if (FCGX_Init() != 0)
		fatal("cannot start libfcgi");
	heap_limit(WORKER_KEEP_BYTES, 0);
	watch_socket(&w);
	catch_signals(&w.open_mask);
	if (!backend_start(&w.backend, config, w.origin == ORIGIN_CONTROL))
		return 1;
	set_log(&w);
	backend_metrics(w.backend.cfg, w.role);
	w.arena = arena_new();
	if (w.origin == ORIGIN_CONTROL && !backend_db(&w.backend))
		log_info("the first request tries again");
	worker_loop(&w);
	metrics_close();
	arena_free(w.arena);
	backend_stop(&w.backend);
	return 0;
}
