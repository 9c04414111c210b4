/*
 * fcgi/cgi.c -- plain CGI: one request from the environment and standard input.
 *
 * For machines where nothing may run all the time.  The request comes from the
 * world, so nothing in it is believed.
 */
#include "fcgi/cgi.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fcgi/carry.h"
#include "fcgi/limits.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"

/* A web server that promises more than it sends may keep us waiting for it, but not for ever. */
static size_t
read_stdin(void *arg, void *to, size_t n)
{
	const int64_t *until_ms = arg;
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	int64_t left = *until_ms - clock_mono_ms();
	ssize_t got;

	if (left <= 0 || poll(&p, 1, (int)left) <= 0)
		return 0;
	got = read(STDIN_FILENO, to, n);
	return got > 0 ? (size_t)got : 0;
}

static bool
write_all(const uint8_t *p, size_t n)
{
	ssize_t put;

	while (n > 0) {
		put = write(STDOUT_FILENO, p, n);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		p += put;
		n -= (size_t)put;
	}
	return true;
}

static bool
send_answer(const struct req *rq)
{
	struct buf head;
	bool ok;

	buf_init(&head, 2 * REQ_HEAD_MAX);
	carry_head(rq, &head);
	ok = write_all(head.p, head.n) && write_all(rq->out.p, rq->out.n);
	buf_fini(&head);
	return ok;
}

static const char config_fault[] =
	"Status: 500 Internal Server Error\r\n"
	"Content-Type: text/plain; charset=utf-8\r\n\r\n"
	"headrace has no usable configuration; its error log says why\n";

int
cgi_main(void)
{
	int64_t until_ms = clock_mono_ms() + CARRY_READ_S * 1000;
	struct carry_source src = { .env = environ, .read = read_stdin, .arg = &until_ms };
	struct backend b;
	struct arena *a;
	struct req rq;
	bool ok;

	log_init("headrace-cgi", LOG_WARN);
	if (!backend_start(&b, NULL, false)) {
		(void)write_all((const uint8_t *)config_fault, strlen(config_fault));
		return 0;	/* an answer was given; the server need not add its own */
	}
	log_init("headrace-cgi", (enum log_level)b.cfg->log_level);
	backend_metrics(b.cfg, METRICS_CGI);
	a = arena_new();
	if (carry_read(&b, a, ORIGIN_WEB, &src, &rq))
		carry_dispatch(&b, &rq);
	ok = send_answer(&rq);
	req_end(&rq);
	arena_free(a);
	backend_stop(&b);
	return ok ? 0 : 1;
}
