/* notifier/http1.c -- reading the head of an HTTP/1 request with http_parser. */
#include "notifier/head.h"

#include <string.h>
#include <strings.h>

#include "notifier/limits.h"

#define NAME_MAX_BYTES 256

static const struct {
	const char *name;
	enum head_field field;
} known[] = {
	{ "upgrade", FIELD_UPGRADE },
	{ "x-tailscale-handshake", FIELD_HANDSHAKE },
	{ "sec-websocket-key", FIELD_WS_KEY },
	{ "sec-websocket-version", FIELD_WS_VERSION },
	{ "sec-websocket-protocol", FIELD_WS_PROTOCOL },
	{ "x-forwarded-for", FIELD_FORWARDED },
	{ "via", FIELD_VIA },
	{ "authorization", FIELD_AUTHORIZATION },
};

static enum head_field
field_of(const struct buf *name)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strlen(known[i].name) == name->n &&
		    strncasecmp(known[i].name, (char *)name->p, name->n) == 0)
			return known[i].field;
	return FIELD_NONE;
}

static int
put(struct http1 *p, struct buf *b, const char *at, size_t n)
{
	buf_put(b, at, n);
	p->too_big = p->too_big || b->over;
	return p->too_big;
}

static int
on_url(http_parser *parser, const char *at, size_t n)
{
	struct http1 *p = parser->data;

	return put(p, &p->head->target, at, n);
}

static int
on_name(http_parser *parser, const char *at, size_t n)
{
	struct http1 *p = parser->data;

	if (p->in_value)
		buf_clear(&p->name);
	p->in_value = false;
	return put(p, &p->name, at, n);
}

static int
on_value(http_parser *parser, const char *at, size_t n)
{
	struct http1 *p = parser->data;

	if (!p->in_value) {
		p->in_value = true;
		p->field = field_of(&p->name);
		/* A second header of that name continues the list of the first. */
		if (p->head->field[p->field].n > 0)
			buf_str(&p->head->field[p->field], ", ");
	}
	if (p->field == FIELD_NONE)
		return 0;
	return put(p, &p->head->field[p->field], at, n);
}

static int
on_head_end(http_parser *parser)
{
	struct http1 *p = parser->data;

	buf_str(&p->head->method,
	    http_method_str((enum http_method)parser->method));
	/* Without a length it is the largest number. */
	p->head->has_body = (parser->flags & F_CHUNKED) != 0 ||
	    (parser->content_length != 0 && parser->content_length != UINT64_MAX);
	p->done = true;
	return 2;	/* what follows is not HTTP/1 any more */
}

void
http1_init(struct http1 *p, struct head *h)
{
	*p = (struct http1){ .head = h };
	http_parser_init(&p->parser, HTTP_REQUEST);
	p->parser.data = p;
	http_parser_settings_init(&p->settings);
	p->settings.on_url = on_url;
	p->settings.on_header_field = on_name;
	p->settings.on_header_value = on_value;
	p->settings.on_headers_complete = on_head_end;
	buf_init(&p->name, NAME_MAX_BYTES);
}

void
http1_fini(struct http1 *p)
{
	buf_fini(&p->name);
}

ssize_t
http1_feed(struct http1 *p, struct span in)
{
	size_t n = http_parser_execute(&p->parser, &p->settings,
	    (const char *)in.p, in.n);
	enum http_errno e = HTTP_PARSER_ERRNO(&p->parser);

	if (p->done)
		return (ssize_t)n;
	if (p->too_big || e == HPE_HEADER_OVERFLOW ||
	    p->parser.nread > HEAD_BYTES_MAX)
		return -2;
	return e == HPE_OK ? (ssize_t)n : -1;
}
