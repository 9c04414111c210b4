/*
 * handlers/web/page.c -- HTML pages from the templates in web/.
 *
 * Substitution knows one thing, {{name}}, and escapes every value for text and
 * quoted attributes: a template cannot ask for raw HTML, so nothing that a
 * client sends can become markup.
 */
#include "handlers/web/page.h"

#include <assert.h>
#include <string.h>

void
page_escape(struct buf *out, const char *s)
{
	for (; *s != '\0'; s++)
		switch (*s) {
		case '&':
			buf_str(out, "&amp;");
			break;
		case '<':
			buf_str(out, "&lt;");
			break;
		case '>':
			buf_str(out, "&gt;");
			break;
		case '"':
			buf_str(out, "&quot;");
			break;
		case '\'':
			buf_str(out, "&#39;");
			break;
		default:
			buf_byte(out, (uint8_t)*s);
		}
}

static const char *
value_of(const struct page_var *vars, struct str name)
{
	for (; vars->name != NULL; vars++)
		if (str_is(name, vars->name))
			return vars->value;
	return NULL;
}

/* The next "{{" or "}}" in 's', as an offset; s.n if there is none. */
static size_t
find_mark(struct str s, const char *mark)
{
	const char *at = memmem(s.p, s.n, mark, 2);

	return at == NULL ? s.n : (size_t)(at - s.p);
}

void
page_fill(struct buf *out, struct str template, const struct page_var *vars)
{
	const char *value;
	size_t n;

	while ((n = find_mark(template, "{{")) < template.n) {
		buf_put(out, template.p, n);
		template.p += n + 2;
		template.n -= n + 2;
		n = find_mark(template, "}}");
		assert(n < template.n);
		value = value_of(vars, (struct str){ template.p, n });
		assert(value != NULL);
		page_escape(out, value);
		template.p += n + 2;
		template.n -= n + 2;
	}
	buf_put(out, template.p, template.n);
}

void
page_reply(struct req *rq, const char *title, enum asset body,
    const struct page_var *vars)
{
	const struct page_var head[] = { { "title", title }, { NULL, NULL } };

	req_reply(rq, 200, "text/html; charset=utf-8");
	page_fill(&rq->out, asset_text(ASSET_HEAD), head);
	page_fill(&rq->out, asset_text(body), vars);
	page_fill(&rq->out, asset_text(ASSET_FOOT), head);
}
