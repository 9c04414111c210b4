/*
 * lib/json/write.c -- writing JSON into a buffer.
 *
 * Maps of thousands of peers pass through here, so plain text is copied in
 * runs and numbers are written without printf.
 */
#include <assert.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/json/json.h"

void
jw_init(struct jw *w, struct buf *out)
{
	*w = (struct jw){ .out = out };
}

/* The comma that is due before a value or a key. */
static void
separate(struct jw *w)
{
	if (w->after_key) {
		w->after_key = false;
		return;
	}
	if (w->comma[w->depth])
		buf_byte(w->out, ',');
	w->comma[w->depth] = true;
}

static void
open_level(struct jw *w, char c)
{
	separate(w);
	buf_byte(w->out, (uint8_t)c);
	assert(w->depth + 1 < JW_DEPTH_MAX);
	w->comma[++w->depth] = false;
}

static void
close_level(struct jw *w, char c)
{
	assert(w->depth > 0 && !w->after_key);
	w->depth--;
	buf_byte(w->out, (uint8_t)c);
}

void
jw_obj(struct jw *w)
{
	open_level(w, '{');
}

void
jw_end_obj(struct jw *w)
{
	close_level(w, '}');
}

void
jw_arr(struct jw *w)
{
	open_level(w, '[');
}

void
jw_end_arr(struct jw *w)
{
	close_level(w, ']');
}

/* The length of the UTF-8 sequence at p, or 0 if none starts there. */
static size_t
sequence_len(const char *p, size_t left)
{
	unsigned char c = (unsigned char)*p;
	size_t n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;

	return n <= left && str_utf8_valid((struct str){ p, n }) ? n : 0;
}

/* Bytes that stand for themselves at the start of 's'. */
static size_t
plain_run(struct str s)
{
	size_t n = 0, seq;
	unsigned char c;

	while (n < s.n) {
		c = (unsigned char)s.p[n];
		if (c < 0x20 || c == '"' || c == '\\')
			break;
		seq = c < 0x80 ? 1 : sequence_len(s.p + n, s.n - n);
		if (seq == 0)
			break;
		n += seq;
	}
	return n;
}

static void
put_escaped(struct buf *out, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char named[32] = {
		['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r',
	};
	char u[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

	if (c >= 0x80)
		buf_str(out, "\xef\xbf\xbd");
	else if (c >= 0x20)
		buf_put(out, (char[]){ '\\', (char)c }, 2);
	else if (named[c] != '\0')
		buf_put(out, (char[]){ '\\', named[c] }, 2);
	else
		buf_put(out, u, sizeof(u));
}

static void
put_quoted(struct buf *out, struct str s)
{
	size_t n;

	buf_byte(out, '"');
	while (s.n > 0) {
		n = plain_run(s);
		buf_put(out, s.p, n);
		if (n < s.n)
			put_escaped(out, (unsigned char)s.p[n++]);
		s.p += n;
		s.n -= n;
	}
	buf_byte(out, '"');
}

void
jw_key(struct jw *w, const char *name)
{
	assert(w->depth > 0 && !w->after_key);
	separate(w);
	put_quoted(w->out, str_of(name));
	buf_byte(w->out, ':');
	w->after_key = true;
}

void
jw_strn(struct jw *w, struct str s)
{
	separate(w);
	put_quoted(w->out, s);
}

void
jw_str(struct jw *w, const char *s)
{
	if (s == NULL)
		jw_null(w);
	else
		jw_strn(w, str_of(s));
}

void
jw_i64(struct jw *w, int64_t v)
{
	uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v;
	char text[24], *p = text + sizeof(text);

	do {
		*--p = (char)('0' + u % 10);
		u /= 10;
	} while (u > 0);
	if (v < 0)
		*--p = '-';
	separate(w);
	buf_put(w->out, p, (size_t)(text + sizeof(text) - p));
}

void
jw_raw(struct jw *w, struct str json)
{
	separate(w);
	buf_put(w->out, json.p, json.n);
}

void
jw_bool(struct jw *w, bool v)
{
	jw_raw(w, v ? STR("true") : STR("false"));
}

void
jw_null(struct jw *w)
{
	jw_raw(w, STR("null"));
}

void
jw_time(struct jw *w, int64_t ms)
{
	char text[RFC3339_SIZE];

	jw_str(w, rfc3339_write(ms, text));
}

void
jw_kstr(struct jw *w, const char *k, const char *s)
{
	jw_key(w, k);
	jw_str(w, s);
}

void
jw_ki64(struct jw *w, const char *k, int64_t v)
{
	jw_key(w, k);
	jw_i64(w, v);
}

void
jw_kbool(struct jw *w, const char *k, bool v)
{
	jw_key(w, k);
	jw_bool(w, v);
}

void
jw_kraw(struct jw *w, const char *k, const char *json)
{
	jw_key(w, k);
	jw_raw(w, str_of(json));
}

void
jw_ktime(struct jw *w, const char *k, int64_t ms)
{
	jw_key(w, k);
	jw_time(w, ms);
}
