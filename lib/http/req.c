/*
 * lib/http/req.c -- one request and its answer, whoever carries it.
 *
 * Percent-decoding is strict, because whatever is decoded twice or halfway is
 * a way around somebody's check: a malformed target is refused as a whole
 * before any handler sees it, so req_query() cannot fail later.
 */
#include "lib/http/req.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/http/percent.h"

void
req_begin(struct req *rq)
{
	rq->status = 0;
	rq->ctype = NULL;
	rq->errmsg[0] = '\0';
	rq->err_at = NULL;
	rq->path_begin = "";
	rq->route = NULL;
	rq->caller = NULL;
	memset(rq->vars, 0, sizeof(rq->vars));
	buf_init(&rq->head, REQ_HEAD_MAX);
	buf_init(&rq->out, REQ_OUT_MAX);
}

void
req_end(struct req *rq)
{
	buf_fini(&rq->head);
	buf_fini(&rq->out);
}

static bool
has_escaped_slash(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == '%' && percent_at(s, i) == '/')
			return true;
	return false;
}

static enum err
bad_target(struct req *rq, const char *at, const char *fault)
{
	return req_fail_at(rq, ERR_BADREQ, at, "%s", fault);
}

static enum err
read_target(struct req *rq, struct str path, struct str query)
{
	if (path.n > REQ_PATH_MAX || query.n > REQ_QUERY_MAX)
		return bad_target(rq, path.n > REQ_PATH_MAX ? "path" : "query",
		    "the address is too long");
	if (path.n == 0 || path.p[0] != '/')
		return bad_target(rq, "path", "the path does not begin with /");
	if (has_escaped_slash(path))
		return bad_target(rq, "path", "the path has an escaped slash");
	rq->path = percent_decode(rq->arena, path, false);
	if (rq->path == NULL)
		return bad_target(rq, "path", "the path is badly escaped");
	if (percent_decode(rq->arena, query, true) == NULL)
		return bad_target(rq, "query", "the query is badly escaped");
	return OK;
}

void
req_target(struct req *rq, struct str target)
{
	struct str path = { NULL, 0 }, query = target;

	(void)str_cut(&query, '?', &path);
	rq->query = "";
	if (read_target(rq, path, query) != OK) {
		rq->path = NULL;
		rq->path_begin = arena_strndup(rq->arena, path.p,
		    path.n < REQ_PATH_BEGIN ? path.n : REQ_PATH_BEGIN);
	} else if (query.n > 0) {
		rq->query = arena_strndup(rq->arena, query.p, query.n);
	}
}

static const char *
lookup(const struct req_param *list, const char *name)
{
	for (; list != NULL && list->name != NULL; list++)
		if (strcmp(list->name, name) == 0)
			return list->value;
	return NULL;
}

const char *
req_param(const struct req *rq, const char *name)
{
	return lookup(rq->params, name);
}

const char *
req_var(const struct req *rq, const char *name)
{
	return lookup(rq->vars, name);
}

enum err
req_var_i64(struct req *rq, const char *name, int64_t *out)
{
	const char *v = req_var(rq, name);

	if (!str_i64(str_of(v), out))
		return req_fail_at(rq, ERR_BADREQ, arena_printf(rq->arena, "path.%s", name),
		    "%s is not a number: '%.32s'", name, v == NULL ? "" : v);
	return OK;
}

const char *
req_query_nth(const struct req *rq, const char *name, size_t i)
{
	struct str rest = str_of(rq->query), item, key;
	const char *k;

	while (str_cut(&rest, '&', &item)) {
		(void)str_cut(&item, '=', &key);
		k = percent_decode(rq->arena, key, true);
		if (k != NULL && strcmp(k, name) == 0 && i-- == 0)
			return percent_decode(rq->arena, item, true);
	}
	return NULL;
}

const char *
req_query(const struct req *rq, const char *name)
{
	return req_query_nth(rq, name, 0);
}

enum err
req_fail(struct req *rq, enum err e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(rq->errmsg, sizeof(rq->errmsg), fmt, ap);
	va_end(ap);
	rq->err_at = NULL;
	return e;
}

enum err
req_fail_at(struct req *rq, enum err e, const char *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(rq->errmsg, sizeof(rq->errmsg), fmt, ap);
	va_end(ap);
	rq->err_at = at;
	return e;
}

void
req_reply(struct req *rq, int status, const char *ctype)
{
	rq->status = status;
	rq->ctype = ctype;
	buf_clear(&rq->out);
}

/* Bytes that would end or break the line become '_'. */
static void
put_header_text(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++)
		buf_byte(b, (unsigned char)*s < 0x20 || *s == 0x7f ? '_' : (uint8_t)*s);
}

void
req_header(struct req *rq, const char *name, const char *value)
{
	put_header_text(&rq->head, name);
	buf_str(&rq->head, ": ");
	put_header_text(&rq->head, value);
	buf_str(&rq->head, "\r\n");
}

void
req_reply_text(struct req *rq, int status, const char *text)
{
	req_reply(rq, status, "text/plain; charset=utf-8");
	buf_str(&rq->out, text);
}
