/*
 * handlers/web/page.h -- HTML pages from the templates in web/.
 *
 * A template is a fragment with {{name}} placeholders, whose values are always
 * escaped; web/head.html and web/foot.html stand around it.  Templates and icon
 * are part of the program, so a page needs no file at run time.
 */
#ifndef HANDLERS_WEB_PAGE_H
#define HANDLERS_WEB_PAGE_H

#include "handlers/web/asset.h"
#include "lib/http/req.h"

/* Ends with a NULL name. */
struct page_var { const char *name, *value; };

/*
 * Appends 'template' with its placeholders replaced.  A name that is not in
 * 'vars' is a bug of ours.
 */
void page_fill(struct buf *out, struct str template, const struct page_var *vars);

/* Appends text so that it is text in HTML, in quoted attributes too. */
void page_escape(struct buf *out, const char *s);

/* Answers 200 with the page 'body' between head and foot. */
void page_reply(struct req *rq, const char *title, enum asset body,
    const struct page_var *vars);

#endif
