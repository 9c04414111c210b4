/*
 * handlers/web/docs.h -- the pages that show the API's document to people.
 */
#ifndef HANDLERS_WEB_DOCS_H
#define HANDLERS_WEB_DOCS_H

#include "handlers/api/openapi.h"

/* Appends a row of the API as a <details>, with an example that asks 'url' by curl. */
void docs_put_operation(struct buf *out, struct arena *a, const char *url, const struct route *r);

#endif
