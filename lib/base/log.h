/*
 * lib/base/log.h -- one line per event on standard error; memory that cannot fail.
 *
 * A line is "level ident text".  Programs log, at their boundary;
 * lib/ returns errors instead.  Never pass a secret: keys and tokens are
 * printed with key_short(), or not at all.
 */
#ifndef LIB_BASE_LOG_H
#define LIB_BASE_LOG_H

#include <stddef.h>

#include "lib/base/err.h"

enum log_level { LOG_NONE = -1, LOG_ERR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* 'ident' is kept, not copied.  LOG_NONE is for commands, which report errors themselves. */
void log_init(const char *ident, enum log_level level);

void log_err(const char *fmt, ...) printf_like(1, 2);
void log_warn(const char *fmt, ...) printf_like(1, 2);
void log_info(const char *fmt, ...) printf_like(1, 2);
void log_debug(const char *fmt, ...) printf_like(1, 2);

/* Logs and ends the process with status 1. */
_Noreturn void fatal(const char *fmt, ...) printf_like(1, 2);

/* malloc and friends that end the process instead of returning NULL. */
void *xmalloc(size_t n);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s);

#endif
