/*
 * lib/wire/cgi.c -- the head of a CGI answer: status, headers, empty line.
 *
 * Names and values are checked here, so that whoever passes them on into
 * HTTP/1 or HTTP/2 cannot be made to write a line that nobody meant.
 */
#include "lib/wire/cgi.h"

#include <string.h>
#include <strings.h>

void
cgi_head_init(struct cgi_head *h)
{
	*h = (struct cgi_head){ .status = 0 };
	buf_init(&h->text, CGI_HEAD_MAX);
}

void
cgi_head_fini(struct cgi_head *h)
{
	buf_fini(&h->text);
}

static struct str
at(const struct cgi_head *h, uint32_t from, uint32_t n)
{
	return (struct str){ (const char *)h->text.p + from, n };
}

static bool
same_name(struct str a, const char *b)
{
	return a.n == strlen(b) && strncasecmp(a.p, b, a.n) == 0;
}

bool
cgi_head_at(const struct cgi_head *h, size_t i, struct str *name,
    struct str *value)
{
	const struct cgi_field *f = &h->fields[i];

	if (i >= h->n_fields)
		return false;
	*name = at(h, f->name, f->name_n);
	*value = at(h, f->value, f->value_n);
	return true;
}

struct str
cgi_head_get(const struct cgi_head *h, const char *name)
{
	struct str k, v;

	for (size_t i = 0; cgi_head_at(h, i, &k, &v); i++)
		if (same_name(k, name))
			return v;
	return (struct str){ NULL, 0 };
}

/* A token of HTTP: letters, digits and some marks. */
static bool
name_sound(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i], low = (char)(c | 0x20);

		if (!(low >= 'a' && low <= 'z') && !(c >= '0' && c <= '9') &&
		    (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL))
			return false;
	}
	return s.n > 0;
}

static bool
value_sound(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < 0x20 && s.p[i] != '\t') ||
		    s.p[i] == 0x7f)
			return false;
	return true;
}

/* "404 Not Found" or "404". */
static bool
status_read(struct str s, int *out)
{
	struct str code;
	int64_t v;

	if (!str_cut(&s, ' ', &code) || code.n != 3 || !str_i64(code, &v) ||
	    v < 200 || v > 599)
		return false;
	*out = (int)v;
	return true;
}

/* Takes a line without its end. */
static enum err
line_take(struct cgi_head *h, struct str line)
{
	struct str name, value = line;
	const char *base = (const char *)h->text.p;

	if (!str_cut(&value, ':', &name) || value.p == NULL)
		return ERR_BADREQ;
	value = str_trim(value);
	if (!name_sound(name) || !value_sound(value))
		return ERR_BADREQ;
	if (same_name(name, "Status"))
		return h->status == 0 && status_read(value, &h->status) ?
		    OK : ERR_BADREQ;
	if (h->n_fields == CGI_FIELDS_MAX)
		return ERR_TOOBIG;
	h->fields[h->n_fields++] = (struct cgi_field){
		(uint32_t)(name.p - base), (uint32_t)name.n,
		(uint32_t)(value.p - base), (uint32_t)value.n,
	};
	return OK;
}

/* The empty line: the head is there. */
static enum err
head_end(struct cgi_head *h)
{
	if (h->n_fields == 0 && h->status == 0)
		return ERR_BADREQ;
	if (h->status == 0)
		h->status = cgi_head_get(h, "Location").p != NULL ? 302 : 200;
	h->done = true;
	return OK;
}

/* Copies one line, or the part of it that is there; takes it if whole. */
static enum err
feed_line(struct cgi_head *h, struct span *in)
{
	const uint8_t *lf = memchr(in->p, '\n', in->n);
	size_t n = lf != NULL ? (size_t)(lf - in->p) + 1 : in->n;
	struct str line;

	buf_put(&h->text, in->p, n);
	if (h->text.over)
		return ERR_TOOBIG;
	in->p += n;
	in->n -= n;
	if (lf == NULL)
		return OK;
	line = at(h, (uint32_t)h->line, (uint32_t)(h->text.n - h->line - 1));
	h->line = h->text.n;
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line.n == 0 ? head_end(h) : line_take(h, line);
}

enum err
cgi_head_feed(struct cgi_head *h, struct span *in)
{
	enum err e = h->bad ? ERR_BADREQ : OK;

	while (e == OK && !h->done && in->n > 0)
		e = feed_line(h, in);
	h->bad = e != OK;
	return e;
}
