/*
 * lib/base/log.c -- log lines to standard error, one write() each.
 *
 * One write keeps lines of several processes whole on the same terminal or
 * pipe.  Control characters in the text are replaced: what a client sends must
 * not be able to forge a line.
 */
#include "lib/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static const char *log_ident = "headrace";
static enum log_level log_max = LOG_INFO;
static const char *const level_names[] = { "error", "warn", "info", "debug" };

void
log_init(const char *ident, enum log_level level)
{
	log_ident = ident;
	log_max = level;
}

static size_t
at_most(int n, size_t room)
{
	if (n < 0)
		return 0;
	return (size_t)n < room ? (size_t)n : room - 1;
}

static void
log_line(enum log_level level, const char *fmt, va_list ap)
{
	char line[LINE_MAX_BYTES];
	int saved = errno;
	size_t n, i, head;

	if (level > log_max)
		return;
	head = at_most(snprintf(line, sizeof(line), "%s %s ",
	    level_names[level], log_ident), sizeof(line));
	n = head + at_most(vsnprintf(line + head, sizeof(line) - head, fmt, ap),
	    sizeof(line) - head);
	for (i = head; i < n; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[n] = '\n';
	if (write(STDERR_FILENO, line, n + 1) < 0) {
		/* Nobody is left to tell. */
	}
	errno = saved;
}

#define LOG_FN(name, level)			\
	void					\
	name(const char *fmt, ...)		\
	{					\
		va_list ap;			\
		va_start(ap, fmt);		\
		log_line(level, fmt, ap);	\
		va_end(ap);			\
	}

LOG_FN(log_err, LOG_ERR)
LOG_FN(log_warn, LOG_WARN)
LOG_FN(log_info, LOG_INFO)
LOG_FN(log_debug, LOG_DEBUG)

void
fatal(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(LOG_ERR, fmt, ap);
	va_end(ap);
	exit(1);
}

void *
xmalloc(size_t n)
{
	void *p = malloc(n ? n : 1);

	if (p == NULL)
		fatal("out of memory (%zu bytes)", n);
	return p;
}

void *
xcalloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (p == NULL)
		fatal("out of memory (%zu x %zu bytes)", count, size);
	return p;
}

void *
xrealloc(void *old, size_t n)
{
	void *p = realloc(old, n ? n : 1);

	if (p == NULL)
		fatal("out of memory (%zu bytes)", n);
	return p;
}

char *
xstrdup(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(xmalloc(n), s, n);
}
